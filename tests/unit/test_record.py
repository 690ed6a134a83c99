"""Recordings: what was seen once is shown again, and holds no secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from checkers.api import DryRun, LabBroken, LearnerBroke, NoExec, NoObservation, NotSeen, Ran, Refused, Text
from lab.grading.record import Recorder, Replay, public
from tests.unit.support.certificates import CERTIFICATE, CERTIFICATE_REQUEST
from tests.unit.support.exercises import criterion, exercise
from tests.unit.support.observations import HandMade, pod

PASSWORD = "correct-horse"  # noqa: S105 - nobody's
KEY = "/registry/secrets/shop/db"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"  # noqa: S105 - nobody's


def base64_of(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def secret(**values: str) -> dict[str, Any]:
    return {
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop", "managedFields": [{"manager": "kubectl"}]},
        "data": {name: base64_of(value) for name, value in values.items()},
    }


@dataclass
class Cluster(HandMade):
    """An observer that can look everywhere."""

    stored: Mapping[str, bytes] = field(default_factory=dict)
    ran: Ran = field(default_factory=lambda: Ran(0, "", ""))
    ruling: DryRun = field(default_factory=lambda: DryRun(accepted=False, message="no", warnings=("careful",)))

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        return self.ran

    def request(self, pod: str, url: str, namespace: str = "default") -> Ran:
        return self.ran

    def dry_run(self, manifest: Mapping[str, Any]) -> DryRun:
        return self.ruling

    def review(self, asked: Mapping[str, Any]) -> DryRun:
        return DryRun(accepted=True, message="RBAC: allowed")

    def etcd_keys(self, prefix: str) -> Sequence[str]:
        return [key for key in self.stored if key.startswith(prefix)]

    def etcd_value(self, key: str) -> bytes | None:
        return self.stored.get(key)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "recordings" / "solution.jsonl"


def saved(recorder: Recorder, file: Path, *values: str) -> Replay:
    recorder.save(file, values)
    return Replay(file)


# Shown again


def test_every_look_is_shown_again(file: Path) -> None:
    cluster = Cluster([pod(), secret(key="short")], stored={KEY: b"\x00\xff"}, messages=["pulled"], lines=["one"])
    cluster.runs = {"main": {"id": Ran(0, "uid=0\n", "careful")}}
    cluster.ruling = DryRun(accepted=True, warnings=("careful",))
    recorder = Recorder(cluster)

    def looks(lab: Recorder | Replay) -> list[Any]:
        return [
            lab.get("Pod", "web", "default"),
            lab.get("Pod", "none", "default"),
            list(lab.list("Pod", "default")),
            lab.exec("web", "main", ["id"]),
            lab.on_node("kube-worker-1", ["true"]),
            list(lab.events(pod())),
            list(lab.logs("web", "main", previous=True)),
            lab.dry_run({"kind": "Pod"}),
            lab.review({"user": "somebody"}),
            list(lab.etcd_keys("/registry/")),
            lab.etcd_value(KEY),
            lab.etcd_value("/none"),
            lab.etcd_values("/registry/"),
            lab.unreadable("Secret", "/registry/secrets/"),
            lab.fingerprints("salt"),
            lab.request("web", "http://10.0.0.1"),
            lab.provides("busybox:1.28"),
            lab.now(),
            list(lab.list("Pod", name="none")),
        ]

    seen = looks(recorder)
    assert looks(saved(recorder, file)) == seen


@pytest.mark.parametrize("kind", [NotSeen, NoExec, LabBroken, LearnerBroke, Refused])
def test_a_look_that_came_to_nothing_comes_to_nothing_again(file: Path, kind: type[NoObservation]) -> None:
    recorder = Recorder(HandMade(fails=kind(Text("gone", "没了"))))
    with pytest.raises(kind):
        recorder.get("Pod", "web")
    with pytest.raises(kind) as caught:
        saved(recorder, file).get("Pod", "web")
    assert type(caught.value) is kind
    assert caught.value.words == Text("gone", "没了")


def test_what_changed_while_it_was_looked_at_changes_again(file: Path) -> None:
    cluster = HandMade()
    recorder = Recorder(cluster)
    for lines in (["a"], ["a"], ["b"]):
        cluster.lines = lines
        recorder.logs("web", "main")
    replay = saved(recorder, file)
    assert [list(replay.logs("web", "main")) for _ in range(4)] == [["a"], ["a"], ["b"], ["b"]]
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2


def test_a_replay_waits_for_nothing_and_shows_what_was_seen_afterwards(file: Path) -> None:
    recorder = Recorder(HandMade([pod()], later=[[]]))

    def looks(lab: Recorder | Replay) -> list[Any]:
        before = lab.get("Pod", "web", "default"), lab.now()
        lab.wait(4.0)
        return [*before, lab.get("Pod", "web", "default"), lab.now()]

    seen = looks(recorder)
    assert seen[2] is None
    assert looks(saved(recorder, file)) == seen


def test_a_recording_that_holds_no_time_is_of_long_ago(file: Path) -> None:
    assert saved(Recorder(HandMade()), file).now().year == 9999


def test_a_look_that_was_never_taken_is_told(file: Path) -> None:
    replay = saved(Recorder(HandMade()), file)
    with pytest.raises(LookupError, match=r"solution\.jsonl.*exec"):
        replay.exec("web", "main", ["id"])


def test_what_says_nothing_of_an_object_is_left_out(file: Path) -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": "{...}", "mine": "kept"}
    recorder = Recorder(HandMade([pod(metadata={"managedFields": [{}], "annotations": annotations})]))
    recorder.get("Pod", "web", "default")
    found = saved(recorder, file).get("Pod", "web", "default") or {}
    assert "managedFields" not in found["metadata"]
    assert found["metadata"]["annotations"] == {"mine": "kept"}


def test_of_all_pods_those_of_the_cluster_itself_are_kept_by_name(file: Path) -> None:
    system = pod(metadata={"name": "etcd", "namespace": "kube-system"})
    recorder = Recorder(HandMade([pod(), system]))
    recorder.list("Pod")
    mine, its = saved(recorder, file).list("Pod")
    assert "spec" in mine
    assert its == {"metadata": {"name": "etcd", "namespace": "kube-system", "uid": "u1"}}


# No secret


def test_a_secret_is_masked_alike_wherever_it_stands(file: Path) -> None:
    plain = f"k8s\0Secret{PASSWORD}{base64_of(PASSWORD)}".encode()
    cluster = Cluster([secret(password=PASSWORD)], stored={KEY: plain}, ran=Ran(0, f"password={PASSWORD}", ""))
    recorder = Recorder(cluster)
    recorder.etcd_value(KEY)
    recorder.on_node("kube-worker-1", ["cat", "/proc/7/environ"])
    recorder.get("Secret", "db", "shop")
    replay = saved(recorder, file)
    assert PASSWORD not in file.read_text(encoding="utf-8")
    masked = base64.b64decode((replay.get("Secret", "db", "shop") or {})["data"]["password"]).decode()
    assert len(masked) == len(PASSWORD)
    assert replay.on_node("kube-worker-1", ["cat", "/proc/7/environ"]).stdout == f"password={masked}"
    assert replay.etcd_value(KEY) == f"k8s\0Secret{masked}{base64_of(masked)}".encode()


def test_a_secret_that_was_only_seen_in_etcd_is_masked_too(file: Path) -> None:
    recorder = Recorder(Cluster([secret(password=PASSWORD)], stored={KEY: f"k8s\0{PASSWORD}".encode()}))
    recorder.etcd_value(KEY)
    value = saved(recorder, file).etcd_value(KEY)
    assert value is not None
    assert value.startswith(b"k8s\0")
    assert PASSWORD.encode() not in value


def test_of_a_secret_that_nobody_can_read_any_more_only_the_beginning_is_kept(file: Path) -> None:
    recorder = Recorder(
        Cluster(fails=LabBroken(Text("down", "")), stored={KEY: b"k8s:enc:aescbc:v1:key1:" + b"x" * 99})
    )
    recorder.etcd_value(KEY)
    value = saved(recorder, file).etcd_value(KEY)
    assert value is not None
    assert value.startswith(b"k8s:enc:aescbc:v1:key1:")
    assert len(value) == 32


def test_of_all_that_etcd_holds_only_the_heads_are_kept(file: Path) -> None:
    plain = b"k8s\0\n\x0c\n\x02v1\x12\x06Secret\x12" + b"name" * 4 + PASSWORD.encode()
    encrypted = b"k8s:enc:aescbc:v1:a-key-with-a-long-name-of-its-own:"
    recorder = Recorder(Cluster(stored={"/a": plain, "/b": encrypted + b"\xff" * 40}))
    recorder.etcd_values("/")
    found = saved(recorder, file).etcd_values("/")
    assert found == {"/a": plain[:32], "/b": encrypted}
    assert PASSWORD.encode() not in found["/a"]


def test_what_the_exercise_itself_names_stays_readable(file: Path) -> None:
    recorder = Recorder(Cluster([secret(password=PASSWORD)]))
    recorder.get("Secret", "db", "shop")
    assert saved(recorder, file, PASSWORD).get("Secret", "db", "shop") is not None
    assert base64_of(PASSWORD) in file.read_text(encoding="utf-8")


def test_an_exercise_names_what_stands_in_its_criteria() -> None:
    own = criterion("a")
    own = type(own)(own.id, own.title, own.points, own.check, {"name": "db", "values": [PASSWORD], "map": {"x": "y"}})
    assert public(exercise([own])) == ["db", PASSWORD, "y"]


@pytest.mark.parametrize(
    "credential",
    [
        TOKEN,
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        base64_of("-----BEGIN PRIVATE KEY-----\nMIID"),
        base64_of(f"{CERTIFICATE}-----BEGIN PRIVATE KEY-----\nMIID"),
        "secret: dGhpcnR5LXR3by1ieXRlcy1vZi1yYW5kb20ta2V5cyE=",
    ],
)
def test_what_looks_like_a_credential_is_masked(file: Path, credential: str) -> None:
    recorder = Recorder(Cluster(ran=Ran(0, f"a {credential} b", ""), lines=[credential]))
    recorder.on_node("kube-worker-1", ["cat", "x"])
    recorder.logs("web", "main")
    saved(recorder, file)
    text = file.read_text(encoding="utf-8")
    assert json.dumps(credential)[1:-1].removeprefix("secret: ") not in text
    assert "a " in text


@pytest.mark.parametrize("public", [CERTIFICATE, base64_of(CERTIFICATE_REQUEST)])
def test_certificates_and_requests_for_some_stay(file: Path, public: str) -> None:
    recorder = Recorder(Cluster(ran=Ran(0, f"a {public} b", "")))
    recorder.on_node("kube-worker-1", ["cat", "x"])
    saved(recorder, file)
    assert Replay(file).on_node("kube-worker-1", ["cat", "x"]).stdout == f"a {public} b"
