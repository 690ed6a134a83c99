"""Looks that go deeper than objects: what the API server would do, what etcd holds, what a Pod's network lets out."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from checkers.api import DryRun, LabBroken, LearnerBroke, NoObservation, NotSeen, Refused
from lab.grading.observe import KubernetesObserver
from tests.unit.support.api_server import SILENCE, ApiServer
from tests.unit.support.clocks import Hands
from tests.unit.support.control_plane import container
from tests.unit.support.engines import HandMadeEngine, done

PODS = "/api/v1/namespaces/default/pods"
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "probe-"}, "spec": {}}
WEB = {"metadata": {"name": "web", "uid": "u1"}, "spec": {"nodeName": "kube-control-plane"}}
BRIEF = 0.2
"""Seconds: the bound of looks that are never answered."""


@pytest.fixture
def observer(engine: HandMadeEngine) -> KubernetesObserver:
    return KubernetesObserver(engine, clock=Hands().clock)


# Dry runs


def test_a_dry_run_stores_nothing_and_takes_no_unknown_field(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers[PODS] = (201, {"metadata": {"name": "probe-x"}})
    ruling = observer.dry_run(POD)
    assert ruling.accepted
    assert api.sent == [POD]
    assert "dryRun=All" in api.asked[-1]
    assert "fieldValidation=Strict" in api.asked[-1]


def test_a_dry_run_may_be_asked_as_another_user(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers[PODS] = (201, {})
    observer.dry_run(POD, user="somebody")
    assert api.headers[-1]["impersonate-user"] == "somebody"
    assert api.groups == ["system:masters"]
    observer.dry_run(POD)
    assert "impersonate-user" not in api.headers[-1]


def test_a_service_account_asks_as_a_member_of_its_groups(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers[PODS] = (201, {})
    observer.dry_run(POD, user="system:serviceaccount:kube-system:replicaset-controller")
    assert api.groups == ["system:masters", "system:serviceaccounts", "system:serviceaccounts:kube-system"]


REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


def test_a_review_tells_whether_somebody_may_and_why(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers[REVIEWS] = (201, {"status": {"allowed": True, "reason": "RBAC: allowed"}})
    assert observer.review({"user": "somebody"}) == DryRun(True, "RBAC: allowed")
    assert api.sent[-1]["spec"] == {"user": "somebody"}
    api.answers[REVIEWS] = (201, {"status": {"allowed": False}})
    assert observer.review({"user": "somebody"}) == DryRun(False)


@pytest.mark.parametrize(("status", "error"), [(422, Refused), (503, NotSeen)])
def test_a_review_that_was_not_made_is_no_answer(
    api: ApiServer, observer: KubernetesObserver, status: int, error: type[NoObservation]
) -> None:
    api.answers[REVIEWS] = (status, {"message": "no"})
    with pytest.raises(error):
        observer.review({"user": "somebody"})


def test_an_object_is_asked_about_in_its_own_namespace(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers["/api/v1/namespaces/shop/pods"] = (201, {})
    assert observer.dry_run({**POD, "metadata": {"generateName": "x-", "namespace": "shop"}}).accepted


@pytest.mark.parametrize(
    ("headers", "warnings"),
    [
        ([], ()),
        (
            ['299 - "would violate PodSecurity \\"baseline\\""', '299 - "old"'],
            ('would violate PodSecurity "baseline"', "old"),
        ),
        (['299 - "one, two", 299 - "three"'], ("one, two", "three")),
        (['299 - "不允许"'], ("不允许",)),
        (['199 - "no warning of an API server"'], ()),
    ],
)
def test_warnings_are_told(
    api: ApiServer, observer: KubernetesObserver, headers: list[str], warnings: tuple[str, ...]
) -> None:
    api.warnings, api.answers[PODS] = headers, (201, {})
    assert observer.dry_run(POD).warnings == warnings


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (403, 'pods "x" is forbidden: violates PodSecurity'),
        (404, 'namespaces "default" not found'),
        (409, 'pods "x" already exists'),
        (500, 'failed calling webhook "validation.gatekeeper.sh": connection refused'),
        (503, 'admission webhook "a.b.c" denied the request: come back later'),
    ],
)
def test_a_refusal_has_the_api_servers_words(
    api: ApiServer, observer: KubernetesObserver, status: int, said: str
) -> None:
    api.answers[PODS] = (status, {"message": said})
    ruling = observer.dry_run(POD)
    assert not ruling.accepted
    assert ruling.message == said


def test_a_kind_that_is_not_served_is_refused(observer: KubernetesObserver) -> None:
    ruling = observer.dry_run({**POD, "kind": "Pot"})
    assert ruling.message == 'no matches for kind "Pot" in version "v1"'


@pytest.mark.parametrize("status", [429, 503, 504])
def test_an_api_server_that_is_too_busy_has_decided_nothing(
    api: ApiServer, observer: KubernetesObserver, status: int
) -> None:
    api.answers[PODS] = (status, {"message": "the server has received too many requests"})
    with pytest.raises(NotSeen, match="too many requests"):
        observer.dry_run(POD)


# etcd


def etcd_holds(engine: HandMadeEngine, **pairs: bytes) -> None:
    kvs = [{"key": _base64(key.encode()), "value": _base64(value)} for key, value in pairs.items()]
    engine.node.answers["etcdctl"] = done(stdout=json.dumps({"kvs": kvs, "count": len(kvs)}))


def test_the_keys_below_a_prefix(engine: HandMadeEngine, observer: KubernetesObserver) -> None:
    etcd_holds(engine, a=b"", b=b"")
    assert observer.etcd_keys("/registry/secrets/") == ["a", "b"]
    assert engine.node.ran[-1].endswith("get --prefix --keys-only -- /registry/secrets/")


def test_the_bytes_under_a_key_are_those_on_the_disk(engine: HandMadeEngine, observer: KubernetesObserver) -> None:
    etcd_holds(engine, a=b"k8s:enc:aescbc:v1:key1:\x00\xff\n")
    assert observer.etcd_value("a") == b"k8s:enc:aescbc:v1:key1:\x00\xff\n"


def test_under_a_key_that_is_not_there_is_nothing(engine: HandMadeEngine, observer: KubernetesObserver) -> None:
    engine.node.answers["etcdctl"] = done(stdout='{"header": {}}')
    assert observer.etcd_value("a") is None
    assert observer.etcd_keys("a") == []


def test_all_values_below_a_prefix_come_at_once(engine: HandMadeEngine, observer: KubernetesObserver) -> None:
    etcd_holds(engine, a=b"k8s:enc:\xff", b=b"plain")
    assert observer.etcd_values("/registry/secrets/") == {"a": b"k8s:enc:\xff", "b": b"plain"}
    assert len([line for line in engine.node.ran if "etcdctl" in line]) == 1


def test_what_the_api_server_does_not_show_is_told_with_its_own_words(
    api: ApiServer, engine: HandMadeEngine, observer: KubernetesObserver
) -> None:
    etcd_holds(engine, **{f"/registry/secrets/shop/{name}": b"" for name in ("shown", "locked", "gone")})
    api.answers["/api/v1"] = {"resources": [{"name": "secrets", "kind": "Secret", "namespaced": True}]}
    api.answers["/api/v1/namespaces/shop/secrets/shown"] = {"kind": "Secret"}
    api.answers["/api/v1/namespaces/shop/secrets/locked"] = (500, {"message": "no matching prefix found"})
    assert observer.unreadable("Secret", "/registry/secrets/") == {
        "/registry/secrets/shop/locked": "no matching prefix found",
        "/registry/secrets/shop/gone": "/api/v1/namespaces/shop/secrets/gone not found",
    }


def test_an_api_server_that_is_too_busy_to_show_one_leaves_it_open(
    api: ApiServer, engine: HandMadeEngine, observer: KubernetesObserver
) -> None:
    etcd_holds(engine, **{"/registry/secrets/shop/one": b""})
    api.answers["/api/v1"] = {"resources": [{"name": "secrets", "kind": "Secret", "namespaced": True}]}
    api.answers["/api/v1/namespaces/shop/secrets/one"] = (429, {"message": "storage is (re)initializing"})
    with pytest.raises(NotSeen):
        observer.unreadable("Secret", "/registry/secrets/")


def test_etcd_is_read_while_the_api_server_is_down(tmp_path: Path) -> None:
    engine = HandMadeEngine(kubeconfig=tmp_path / "none")
    etcd_holds(engine, a=b"value")
    assert KubernetesObserver(engine).etcd_value("a") == b"value"


def test_an_etcd_that_does_not_answer_is_the_labs_fault(engine: HandMadeEngine, observer: KubernetesObserver) -> None:
    engine.node.answers["etcdctl"] = done(code=1, stderr="context deadline exceeded")
    with pytest.raises(LabBroken, match="context deadline exceeded"):
        observer.etcd_value("a")


# Requests from a Pod


def has_a_sandbox(engine: HandMadeEngine, curl: Any) -> None:
    engine.node.answers |= {
        "crictl pods": done(stdout="newest\nolder\n"),
        "crictl inspectp newest": done(stdout='{"info": {"pid": 4711}}'),
        "nsenter": curl,
    }


def test_a_request_goes_out_from_the_network_of_the_pod(
    api: ApiServer, engine: HandMadeEngine, observer: KubernetesObserver
) -> None:
    api.answers[f"{PODS}/web"] = WEB
    has_a_sandbox(engine, done(stdout="HTTP/1.1 403 Forbidden\r\n\r\n"))
    ran = observer.request("web", "https://10.96.0.1/")
    assert (ran.code, ran.stdout[:12]) == (0, "HTTP/1.1 403")
    assert "--label=io.kubernetes.pod.uid=u1" in engine.node.ran[0]
    assert engine.node.ran[-1].startswith("nsenter --net=/proc/4711/ns/net curl ")
    assert engine.node.ran[-1].endswith("-- https://10.96.0.1/")


@pytest.mark.parametrize("pod", [None, {**WEB, "spec": {}}, WEB], ids=["absent", "nowhere", "without a sandbox"])
def test_where_the_pod_has_no_network_no_request_was_refused(
    api: ApiServer, engine: HandMadeEngine, observer: KubernetesObserver, pod: object
) -> None:
    if pod:
        api.answers[f"{PODS}/web"] = pod
    engine.node.answers["crictl pods"] = done()
    with pytest.raises(NotSeen, match="web"):
        observer.request("web", "http://10.0.0.1")


# Why nothing comes back


def test_a_silent_api_server_is_explained_by_what_its_node_shows_and_not_waited_for_again(
    api: ApiServer, engine: HandMadeEngine
) -> None:
    api.answers[f"{PODS}/web"] = SILENCE
    crashed = container("etcd", timedelta(minutes=5), ended=2, log="panic: no such directory")
    engine.node.answers |= crashed
    observer = KubernetesObserver(engine, bound=BRIEF, clock=Hands().clock)
    for _ in range(2):
        with pytest.raises(LearnerBroke, match="etcd on kube-control-plane ended with exit code 2"):
            observer.get("Pod", "web", "default")
    assert len([path for path in api.asked if path.endswith("/web")]) == 1


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
