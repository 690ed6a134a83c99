"""Looks at a cluster, against a stand-in for its API server."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checkers.api import LabBroken, NoExec, NotSeen, Ran
from lab.errors import LabError
from lab.grading.observe import KubernetesObserver
from tests.unit.support.api_server import SILENCE, SUCCESS, ApiServer, exited
from tests.unit.support.clocks import Hands
from tests.unit.support.control_plane import healthy
from tests.unit.support.engines import HandMadeEngine, HandMadeNode, done

POD = "/api/v1/namespaces/default/pods/web"
BRIEF = 0.2
"""Seconds: the bound of looks that are never answered."""


@pytest.fixture
def observer(engine: HandMadeEngine) -> KubernetesObserver:
    return KubernetesObserver(engine, ["busybox:1.28"])


# Objects


def test_an_object_is_read_from_its_path(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers[POD] = {"kind": "Pod"}
    assert observer.get("Pod", "web", "default") == {"kind": "Pod"}


def test_an_object_that_is_not_there_is_none(observer: KubernetesObserver) -> None:
    assert observer.get("Pod", "web", "default") is None


def test_an_object_without_a_namespace(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers["/api/v1/nodes/kube-worker-1"] = {"kind": "Node"}
    assert observer.get("Node", "kube-worker-1") == {"kind": "Node"}


def test_any_kind_works_and_its_path_is_discovered_once(api: ApiServer, observer: KubernetesObserver) -> None:
    group = "/apis/templates.gatekeeper.sh/v1"
    api.answers[group] = {
        "resources": [{"name": "constrainttemplates", "kind": "ConstraintTemplate", "namespaced": False}]
    }
    api.answers[f"{group}/constrainttemplates"] = {"items": [{"kind": "ConstraintTemplate"}]}
    for _ in range(2):
        found = observer.list("ConstraintTemplate", version="templates.gatekeeper.sh/v1")
        assert list(found) == [{"kind": "ConstraintTemplate"}]
    assert api.asked.count(group) == 1


def test_of_a_kind_that_is_not_served_there_are_none(observer: KubernetesObserver) -> None:
    assert list(observer.list("ConstraintTemplate", version="templates.gatekeeper.sh/v1")) == []
    assert observer.get("ConstraintTemplate", "x", version="templates.gatekeeper.sh/v1") is None


def test_objects_of_all_namespaces(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers["/api/v1/pods"] = {"items": [{"kind": "Pod"}]}
    assert len(observer.list("Pod")) == 1


def test_objects_of_one_name_are_picked_by_the_api_server(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers["/api/v1/pods"] = {"items": [{"kind": "Pod"}]}
    observer.list("Pod", name="web")
    assert api.asked[-1] == "/api/v1/pods?fieldSelector=metadata.name%3Dweb"


def test_the_time_is_the_api_servers(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers["/version"] = {"gitVersion": "v1.35.4"}
    assert abs((observer.now() - datetime.now(UTC)).total_seconds()) < 60
    assert observer.now().microsecond == 0  # HTTP tells whole seconds; this computer's clock would not


def test_to_wait_is_to_let_time_pass(engine: HandMadeEngine) -> None:
    hands = Hands()
    before = hands.clock.seconds()
    KubernetesObserver(engine, clock=hands.clock).wait(3.0)
    assert hands.clock.seconds() - before == 3.0


def test_credentials_are_those_of_the_labs_kubeconfig(
    api: ApiServer, observer: KubernetesObserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/home/someone/.kube/config")
    observer.get("Pod", "web", "default")
    assert api.headers[-1]["authorization"] == "Bearer secret"


def test_the_users_proxy_is_not_asked(
    api: ApiServer, observer: KubernetesObserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    api.frames = [(1, b"hello\n"), (3, SUCCESS)]
    assert observer.get("Pod", "web", "default") is None
    assert observer.exec("web", "main", ["true"]).stdout == "hello\n"


def test_the_version_of_the_api_server(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers["/version"] = {"gitVersion": "v1.36.1"}
    assert observer.kubernetes() == "v1.36.1"


# Events and logs


def test_events_are_of_this_very_object_and_oldest_first(api: ApiServer, observer: KubernetesObserver) -> None:
    late = {"message": "late", "lastTimestamp": "2026-01-01T00:00:09Z", "metadata": {}}
    early = {"message": "early", "eventTime": "2026-01-01T00:00:01.000000Z", "metadata": {}}
    api.answers["/api/v1/namespaces/default/events"] = {"items": [late, early]}
    assert observer.events({"metadata": {"uid": "u1", "namespace": "default"}}) == ["early", "late"]
    assert api.asked[-1].endswith("?fieldSelector=involvedObject.uid%3Du1")


def test_the_last_lines_of_the_run_before(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers[f"{POD}/log"] = "one\ntwo\n"
    assert observer.logs("web", "main", previous=True) == ["one", "two"]
    assert "previous=true" in api.asked[-1]


def test_a_container_without_logs_has_none(observer: KubernetesObserver) -> None:
    assert list(observer.logs("web", "main")) == []


# What goes wrong


def test_an_api_server_that_is_not_there_is_the_labs_fault(tmp_path: Path) -> None:
    api = ApiServer()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: refused
        api.port = taken.getsockname()[1]
        engine = HandMadeEngine(HandMadeNode(answers=healthy()), kubeconfig=api.kubeconfig(tmp_path))
        observer = KubernetesObserver(engine)
        with pytest.raises(LabBroken) as caught:
            observer.get("Pod", "web", "default")
        assert "Connection refused" in caught.value.words.en
        assert "ckslab status" in caught.value.words.zh
        with pytest.raises(LabBroken):
            observer.exec("web", "main", ["id"])


def test_an_api_server_that_does_not_answer_in_time_was_not_seen(api: ApiServer, engine: HandMadeEngine) -> None:
    api.answers["/api/v1"] = SILENCE
    with pytest.raises(NotSeen) as caught:
        KubernetesObserver(engine, bound=BRIEF).get("Pod", "web", "default")
    assert "GET /api/v1" in caught.value.words.en


def test_a_forbidden_look_is_the_labs_fault_and_told_in_the_api_servers_words(
    api: ApiServer, observer: KubernetesObserver
) -> None:
    api.answers[POD] = (403, {"message": 'pods "web" is forbidden'})
    with pytest.raises(LabBroken) as caught:
        observer.get("Pod", "web", "default")
    assert 'pods "web" is forbidden' in caught.value.words.en


def test_a_lab_without_credentials_is_broken(tmp_path: Path) -> None:
    observer = KubernetesObserver(HandMadeEngine(kubeconfig=tmp_path / "none"))
    with pytest.raises(LabBroken) as caught:
        observer.get("Pod", "web", "default")
    assert "ckslab up" in caught.value.words.en


def test_no_version_is_told_of_an_api_server_that_does_not_answer(tmp_path: Path) -> None:
    assert KubernetesObserver(HandMadeEngine(kubeconfig=tmp_path / "none")).kubernetes() == ""


# Commands in containers


def test_a_command_gives_its_outputs_apart(api: ApiServer, observer: KubernetesObserver) -> None:
    api.frames = [(1, b"uid=1000 "), (2, b"careful"), (1, b"gid=3000\n"), (3, SUCCESS)]
    assert observer.exec("web", "main", ["id"]) == Ran(0, "uid=1000 gid=3000\n", "careful")


def test_each_argument_of_a_command_is_passed_as_it_is(api: ApiServer, observer: KubernetesObserver) -> None:
    api.frames = [(3, SUCCESS)]
    observer.exec("web", "main", ["sh", "-c", "echo a&b"], "shop")
    assert api.asked[-1] == (
        "/api/v1/namespaces/shop/pods/web/exec?container=main&stdout=true&stderr=true"
        "&command=sh&command=-c&command=echo+a%26b"
    )
    assert api.headers[-1]["authorization"] == "Bearer secret"


def test_a_command_that_fails_has_its_exit_code(api: ApiServer, observer: KubernetesObserver) -> None:
    api.frames = [(2, b"No such file or directory\n"), (3, exited(2))]
    assert observer.exec("web", "main", ["ls"]).code == 2


def test_a_program_that_is_not_in_the_image_cannot_be_begun(api: ApiServer, observer: KubernetesObserver) -> None:
    said = 'exec: "cat": executable file not found in $PATH'
    api.frames = [(3, {"status": "Failure", "reason": "InternalError", "message": said})]
    with pytest.raises(NoExec) as caught:
        observer.exec("web", "main", ["cat"])
    assert said in caught.value.words.en


def test_a_container_that_has_just_ended_cannot_be_entered(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers[f"{POD}/exec"] = (500, {"message": 'container not found ("main")'})
    with pytest.raises(NoExec) as caught:
        observer.exec("web", "main", ["cat"])
    assert 'container not found ("main")' in caught.value.words.en


def test_a_connection_that_ends_before_the_command_tells_nothing(api: ApiServer, observer: KubernetesObserver) -> None:
    api.frames = [(1, b"half")]
    with pytest.raises(NoExec):
        observer.exec("web", "main", ["cat"])


def test_a_kubelet_that_does_not_answer_is_the_labs_fault(api: ApiServer, observer: KubernetesObserver) -> None:
    said = "error dialing backend: dial tcp 10.0.0.2:10250: connect: connection refused"
    api.answers[f"{POD}/exec"] = (500, {"message": said})
    with pytest.raises(LabBroken) as caught:
        observer.exec("web", "main", ["cat"])
    assert said in caught.value.words.en


def test_a_command_that_does_not_end_was_not_seen(api: ApiServer, engine: HandMadeEngine) -> None:
    api.frames = [(1, b"begun"), SILENCE]
    with pytest.raises(NotSeen) as caught:
        KubernetesObserver(engine, bound=BRIEF).exec("web", "main", ["sleep", "1h"])
    assert "sleep 1h" in caught.value.words.en


# Nodes


def test_a_command_on_a_node(engine: HandMadeEngine, observer: KubernetesObserver) -> None:
    engine.node.answers["cat"] = done(stdout="text", stderr="error", code=1)
    assert observer.on_node("kube-control-plane", ["cat", "/etc/hostname"]) == Ran(1, "text", "error")


def test_a_node_that_is_gone_is_the_labs_fault(engine: HandMadeEngine, observer: KubernetesObserver) -> None:
    engine.node.answers["cat"] = LabError("observe.no_kubelet", said="gone")
    with pytest.raises(LabBroken) as caught:
        observer.on_node("kube-control-plane", ["cat"])
    assert "gone" in caught.value.words.zh


def test_a_node_that_does_not_answer_in_time_was_not_seen(engine: HandMadeEngine, observer: KubernetesObserver) -> None:
    engine.node.answers["cat"] = LabError("node.timeout")
    with pytest.raises(NotSeen, match="kube-control-plane: cat"):
        observer.on_node("kube-control-plane", ["cat"])


def test_base_is_asked_by_its_name(engine: HandMadeEngine, observer: KubernetesObserver) -> None:
    engine.workstation.answers["cat"] = done(stdout="mine")
    assert observer.on_node("base", ["cat", "notes"]) == Ran(0, "mine", "")


def test_a_node_that_the_lab_does_not_have(observer: KubernetesObserver) -> None:
    with pytest.raises(LabBroken, match="kube-worker-9"):
        observer.on_node("kube-worker-9", ["cat"])


# Images


def test_the_images_of_the_task_are_the_labs_to_provide(observer: KubernetesObserver) -> None:
    assert observer.provides("docker.io/library/busybox:1.28")
    assert not observer.provides("busybocks:1.28")
