"""Whether a Pod runs what a task asks for."""

from __future__ import annotations

from typing import Any

import pytest

from checkers.api import Finding, Verdict
from checkers.pods import is_image, runs
from tests.unit.support.observations import NAME, HandMade, container, pod, seeing

COMMAND = ("sh", "-c", "sleep 1h")


def look(lab: HandMade) -> Finding:
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
    assert look(seeing(pod([container(**spec)]))).verdict is Verdict.PASS


@pytest.mark.parametrize("command", [["sleep", "1h"], ["sh", "-c", "sleep 2h"], ["sh"], None])
def test_another_command_fails_and_is_told(command: list[str] | None) -> None:
    finding = look(seeing(pod([container(command=command)])))
    assert finding.verdict is Verdict.FAIL
    assert "busybox:1.28" in finding.found.en


def test_where_no_command_is_asked_for_any_will_do() -> None:
    lab = seeing(pod([container(command=["sleep", "1h"])]))
    assert runs(lab, pod=NAME, image="busybox:1.28").verdict is Verdict.PASS
    assert runs(lab, pod=NAME, image="nginx:1.23.2").verdict is Verdict.FAIL


def test_another_image_fails() -> None:
    assert look(seeing(pod([container(image="busybox:latest")]))).verdict is Verdict.FAIL


def test_the_order_of_containers_makes_no_difference() -> None:
    others = [container("proxy", image="envoy:1", command=["envoy"]), container()]
    assert look(seeing(pod(others))).verdict is Verdict.PASS


def test_an_init_container_is_not_what_runs() -> None:
    obj = pod([container(image="envoy:1")], init=[container("prepare")])
    assert look(seeing(obj)).verdict is Verdict.FAIL


def test_no_pod_fails() -> None:
    assert look(HandMade()).verdict is Verdict.FAIL


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
