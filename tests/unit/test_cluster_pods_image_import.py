"""How host nodes come to the node image: by the runtime of this computer, or by a Pod that runs their own programs."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import pytest

from lab.cluster.engine import Completed
from lab.cluster.host import containers, processes
from lab.cluster.host.containers import Containers
from lab.cluster.host.processes import OnLine
from lab.cluster.pods import image_import, loader
from lab.cluster.pods.hosting import HostCluster
from lab.errors import LabError
from lab.progress import Progress, ignore
from tests.unit.support.engines import done
from tests.unit.support.host_cluster import HandMadeHost, waiting

pytestmark = pytest.mark.usefixtures("english")

IMAGE = "localhost/ckslab-node:1"
NAMESPACE = "ckslab-own"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
LOADER = f"{PODS}/image-loader"
HOST = HostCluster("/home/me/config", "classroom")
OF_KIND = "kind://podman/classroom/classroom-worker"


def node(
    *images: str, runtime: str = "containerd://2.1.0", provider: str = "aws:///eu/i-1", processor: str = "amd64"
) -> dict[str, Any]:
    """A node of the host cluster with these images, the largest first."""
    listed = [{"names": [f"{image}@sha256:0", image], "sizeBytes": -number} for number, image in enumerate(images)]
    info = {"containerRuntimeVersion": runtime, "architecture": processor}
    return {
        "metadata": {"name": "far"},
        "spec": {"providerID": provider},
        "status": {"images": listed, "nodeInfo": info},
    }


class Saving:
    """`podman save`. `failure`: what it says, should it fail."""

    stdout = object()
    failure = b""

    def __init__(self, argv: Sequence[str], *, stderr: IO[bytes], **_: Any) -> None:
        self.argv = argv
        stderr.write(self.failure)

    def __enter__(self) -> Saving:
        return self

    def __exit__(self, *_: object) -> None: ...

    def poll(self) -> int | None:
        return 1 if self.failure else None


@dataclass
class Stage:
    """A host cluster, what was run to hand an image over, and what comes back.

    Attributes:
        here: containers of this computer.
        has: the containerd of the node has the image.
        listing: what comes back where it is asked for that, if not its images.
        taking: what comes back of the import.
    """

    host: HandMadeHost
    here: set[str] = field(default_factory=set)
    has: bool = False
    listing: Completed | None = None
    taking: Completed = field(default_factory=done)
    ran: list[str] = field(default_factory=list)

    def give(self, *nodes: dict[str, Any], on_progress: Any = ignore) -> None:
        image_import.import_image(IMAGE, Containers("docker"), HOST, NAMESPACE, nodes, on_progress)

    def fails(self, *nodes: dict[str, Any]) -> LabError:
        with pytest.raises(LabError) as caught:
            self.give(*nodes)
        return caught.value

    def run(self, argv: Sequence[str], *, env: Mapping[str, str], timeout: float) -> Completed:
        self.ran.append(" ".join(argv))
        return self.listing or done(argv, stdout=f"{IMAGE}\n" if self.has else "")

    def watch(self, argv: Sequence[str], *, env: Mapping[str, str], on_line: OnLine, stdin: object) -> Completed:
        assert stdin is Saving.stdout
        self.ran.append(" ".join(argv))
        on_line(None)
        self.has = self.taking.ok
        return self.taking


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(HandMadeHost().install(monkeypatch))
    monkeypatch.setattr(processes, "run", stage.run)
    monkeypatch.setattr(processes, "watch", stage.watch)
    monkeypatch.setattr(subprocess, "Popen", Saving)
    monkeypatch.setattr(Saving, "failure", b"")
    monkeypatch.setattr(containers, "find", lambda runtime: Containers(runtime))
    monkeypatch.setattr(Containers, "inspect", lambda _, name: [{}] if name in stage.here else [])
    return stage


def test_a_node_of_kind_is_given_the_image_by_the_runtime_that_it_is_a_container_of(stage: Stage) -> None:
    stage.here = {"classroom-worker"}
    stage.give(node(provider=OF_KIND))
    assert stage.ran[1].startswith("podman exec --interactive classroom-worker ctr --namespace k8s.io images import")
    assert stage.host.did == []


def test_a_node_that_has_the_image_is_not_given_it_again(stage: Stage) -> None:
    stage.give(node(IMAGE))
    assert stage.ran == stage.host.did == []


def test_a_node_that_another_lab_has_just_given_the_image_is_not_given_it_again(stage: Stage) -> None:
    stage.has = True
    stage.give(node("pause"))
    (asked,) = stage.ran
    assert f"images list --quiet name=={IMAGE}" in asked


def test_another_node_is_given_it_by_a_pod_that_is_removed_again(stage: Stage) -> None:
    stage.give(node("large", "pause"))
    assert stage.host.did == [f"DELETE {LOADER}", f"POST {PODS}", f"DELETE {LOADER}"]
    assert all("image-loader -- chroot /node ctr --namespace k8s.io images" in line for line in stage.ran)
    assert "images import" in stage.ran[1]


def test_the_pod_is_on_that_node_and_made_of_any_image_that_is_there(stage: Stage) -> None:
    stage.give(node("large", "pause"))
    spec = stage.host.bodies[PODS]["spec"]
    (container,) = spec["containers"]
    assert (spec["nodeName"], container["image"], container["imagePullPolicy"]) == ("far", "pause", "Never")
    assert spec["activeDeadlineSeconds"]


def test_its_programs_are_the_nodes_and_it_writes_none_of_the_nodes_files(stage: Stage) -> None:
    stage.give(node("pause"))
    spec = stage.host.bodies[PODS]["spec"]
    paths = {volume["name"]: volume["hostPath"]["path"] for volume in spec["volumes"]}
    mounts = spec["containers"][0]["volumeMounts"]
    there = {each["mountPath"]: paths[each["name"]] for each in mounts}
    assert there == {"/node": "/", "/usr": "/usr", "/bin": "/bin", "/lib": "/lib", "/lib64": "/lib64"}
    assert all(each["readOnly"] for each in mounts)


def test_a_directory_that_only_some_processors_have_is_not_made_on_others(stage: Stage) -> None:
    stage.give(node("pause", processor="arm64"))
    assert "lib64" not in str(stage.host.bodies[PODS])


def test_a_node_of_kind_on_another_computer_is_given_it_by_a_pod(stage: Stage) -> None:
    stage.give(node("pause", provider=OF_KIND))
    assert stage.host.made() == ["pods"]


def test_an_older_containerd_is_asked_for_what_it_knows(stage: Stage) -> None:
    stage.give(node("pause", runtime="containerd://1.6.20"))
    assert stage.ran[1].endswith("images import --all-platforms -")


def test_a_node_without_containerd_is_told_and_nothing_is_made(stage: Stage) -> None:
    error = stage.fails(node("pause", runtime="cri-o://1.34.0"))
    assert (error.key, error.came_back) == ("pods.image", "cri-o://1.34.0")
    assert stage.host.did == []


def test_where_the_api_server_refuses_the_pod_its_words_are_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise LabError("pods.refused", "hostPath volumes are not allowed", request="POST")

    monkeypatch.setattr(HostCluster, "create", refuse)
    error = stage.fails(node("pause"))
    assert (error.key, error.came_back) == ("pods.image", "hostPath volumes are not allowed")


@pytest.mark.parametrize(
    "starts",
    [
        waiting("ErrImageNeverPull", "no chroot"),
        {
            "phase": "Failed",
            "containerStatuses": [{"name": "node", "state": {"terminated": {"message": "no chroot"}}}],
        },
        {"phase": "Failed", "message": "no chroot"},
    ],
)
def test_a_pod_that_the_node_does_not_start_is_told_and_removed(stage: Stage, starts: dict[str, Any]) -> None:
    stage.host.starts = starts
    error = stage.fails(node("pause"))
    assert error.key == "pods.image"
    assert "no chroot" in error.came_back
    assert stage.host.did[-1] == f"DELETE {LOADER}"


def test_a_node_without_ctr_is_told(stage: Stage) -> None:
    stage.listing = done(code=127, stderr="chroot: failed to run command 'ctr': No such file or directory")
    error = stage.fails(node("pause"))
    assert error.key == "pods.image"
    assert "'ctr'" in error.came_back


def test_a_full_disk_is_told_as_such_and_the_pod_removed(stage: Stage) -> None:
    stage.taking = done(code=1, stdout="ctr: write /var/lib/containerd: no space left on device")
    assert stage.fails(node("pause")).key == "pods.disk"
    assert stage.host.did[-1] == f"DELETE {LOADER}"


def test_an_import_whose_connection_broke_is_not_taken_for_done(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the code of the command is lost, and kubectl ends as if all were well."""
    monkeypatch.setattr(processes, "watch", lambda *_, **__: done())
    assert stage.fails(node("pause")).key == "pods.not-taken"


def test_an_import_that_fails_says_why(stage: Stage) -> None:
    stage.taking = done(code=1, stdout="ctr: unexpected EOF")
    error = stage.fails(node("pause"))
    assert (error.key, error.came_back) == ("pods.not-taken", "ctr: unexpected EOF")


def test_a_runtime_that_does_not_hand_out_the_image_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Saving, "failure", b"Error: /var/tmp is full")
    error = stage.fails(node("pause"))
    assert (error.key, error.came_back) == ("engine.refused", "Error: /var/tmp is full")
    assert error.params["command"] == f"docker save {IMAGE}"


def test_whoever_thinks_better_of_it_leaves_no_pod(stage: Stage) -> None:
    def interrupt(news: Progress) -> None:
        if stage.ran:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage.give(node("pause"), on_progress=interrupt)
    assert stage.host.did[1:] == [f"POST {PODS}", f"DELETE {LOADER}"]


def test_a_namespace_for_it_alone_takes_privileged_pods_and_is_removed(stage: Stage) -> None:
    with loader.namespace(HOST, "monday") as name:
        body = stage.host.objects[f"/api/v1/namespaces/{name}"]
    assert name == "ckslab-monday-images"
    assert body["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert f"/api/v1/namespaces/{name}" not in stage.host.objects


def test_a_namespace_of_somebody_else_is_neither_used_nor_removed(stage: Stage) -> None:
    place = "/api/v1/namespaces/ckslab-monday-images"
    stage.host.objects[place] = {"metadata": {"name": "ckslab-monday-images", "uid": "theirs"}}
    with pytest.raises(LabError) as caught, loader.namespace(HOST, "monday"):
        pass
    assert caught.value.key == "pods.taken"
    assert place in stage.host.objects
