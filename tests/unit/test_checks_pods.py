"""Whether a Pod runs what a task asks for."""

from __future__ import annotations

from typing import Any

import pytest

from checkers.api import Finding, Verdict, is_image
from checkers.kit.trouble import CAUSES
from checkers.pods import runs
from checkers.registry import checks
from tests.unit.support.observations import NAME, HandMade, container, pod, seeing, waiting

COMMAND = ("sh", "-c", "sleep 1h")


def finding_of(lab: HandMade) -> Finding:
    return runs(lab, pod=NAME, image="busybox:1.28", command=COMMAND)


@pytest.mark.parametrize(
    "spec",
    [
        {"command": ["sh", "-c", "sleep 1h"]},
        {"command": ["sh", "-c"], "args": ["sleep 1h"]},
        {"command": ["/bin/sh"], "args": ["-c", "sleep 1h"]},
        {"command": None, "args": ["sh", "-c", "sleep 1h"]},
    ],
)
def test_every_way_to_write_the_command_passes(spec: dict[str, Any]) -> None:
    assert finding_of(seeing(pod([container(**spec)]))).verdict is Verdict.PASS


@pytest.mark.parametrize("command", [["sleep", "1h"], ["sh", "-c", "sleep 2h"], ["sh"], None])
def test_another_command_fails_and_is_reported(command: list[str] | None) -> None:
    finding = finding_of(seeing(pod([container(command=command)])))
    assert finding.verdict is Verdict.FAIL
    assert "busybox:1.28" in finding.found.en


def test_where_no_command_is_asked_for_any_will_do() -> None:
    lab = seeing(pod([container(command=["sleep", "1h"])]))
    assert runs(lab, pod=NAME, image="busybox:1.28").verdict is Verdict.PASS
    assert runs(lab, pod=NAME, image="nginx:1.23.2").verdict is Verdict.FAIL


def test_another_image_fails() -> None:
    assert finding_of(seeing(pod([container(image="busybox:latest")]))).verdict is Verdict.FAIL


def test_the_order_of_containers_makes_no_difference() -> None:
    others = [container("proxy", image="envoy:1", command=["envoy"]), container()]
    assert finding_of(seeing(pod(others))).verdict is Verdict.PASS


def test_an_init_container_is_not_what_runs() -> None:
    obj = pod([container(image="envoy:1")], init=[container("prepare")])
    assert finding_of(seeing(obj)).verdict is Verdict.FAIL


def test_no_pod_fails() -> None:
    assert finding_of(HandMade()).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "name",
    [
        "busybox:1.28",
        "docker.io/busybox:1.28",
        "docker.io/library/busybox:1.28",
        "index.docker.io/library/busybox:1.28",
        "busybox:1.28@sha256:74f634b1bc1bd74535d5209589734efbd44a25f4e2dc96d78784576a3eb5b335",
    ],
)
def test_names_of_the_same_image(name: str) -> None:
    assert is_image(name, "busybox:1.28")


@pytest.mark.parametrize("name", ["busybox", "busybox:1.29", "quay.io/busybox:1.28", "docker.io/me/busybox:1.28"])
def test_names_of_other_images(name: str) -> None:
    assert not is_image(name, "busybox:1.28")


def test_a_registry_with_a_port_is_a_registry() -> None:
    assert is_image("localhost:5000/web", "localhost:5000/web:latest")


# The causes that a known mistake goes by


def causes(obj: dict[str, Any], **more: Any) -> frozenset[str]:
    return finding_of(seeing(obj, **more)).causes


ENDED = {"terminated": {"exitCode": 1, "reason": "Error"}}


@pytest.mark.parametrize(
    ("main", "words"),
    [
        (container(), {"own-command"}),
        (container(command=None), {"no-command"}),
        (container(image="envoy:1"), {"another-ends"}),
    ],
)
def test_which_container_does_not_stay_up_and_what_it_runs(main: dict[str, Any], words: set[str]) -> None:
    assert causes(pod([main], states={"main": ENDED})) == {"not-running", "does-not-stay-up", *words}


def test_a_command_that_is_not_in_the_image_is_not_one_that_ends() -> None:
    message = 'exec: "sleep 1h": executable file not found in $PATH'
    end = {"terminated": {"exitCode": 128, "reason": "StartError", "message": message}}
    assert causes(pod(states={"main": end})) == {"not-running", "command-not-found"}


def test_an_image_that_is_not_the_tasks_and_cannot_be_had() -> None:
    obj = pod([container(image="busybocks:1")], states={"main": waiting("ErrImagePull", "not found")})
    assert causes(obj) == {"not-running", "image-not-there"}


def test_a_sandbox_that_cannot_be_made() -> None:
    obj = pod(phase="Pending", states={"main": waiting("ContainerCreating")})
    message = 'Failed to create pod sandbox: no runtime for "x" is configured'
    assert causes(obj, messages=[message]) == {"not-running", "no-sandbox"}


def test_a_pod_elsewhere_is_a_cause_and_no_pod_at_all_is_none() -> None:
    assert finding_of(HandMade([pod(metadata={"namespace": "shop"})])).causes == {"pod-elsewhere"}
    assert finding_of(HandMade()).causes == frozenset()


def test_what_is_the_labs_has_no_cause_of_the_learners() -> None:
    assert causes(pod(states={"main": waiting("ErrImagePull", "no such host")})) == frozenset()


def test_every_cause_is_declared() -> None:
    declared = checks()["pods.runs"].causes
    assert {"not-running", "does-not-stay-up", "another-ends", "own-command", "no-command"} <= declared
    assert set(CAUSES) <= declared
