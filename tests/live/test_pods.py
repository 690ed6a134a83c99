"""What a Pod asks for and this lab cannot have is no fault of the learner's; what does not stay up is never up."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.live.support import Cli

BUSYBOX = "busybox-security-context"
GVISOR = "gvisor-runtimeclass"
SETTLED = 90
"""Seconds for the kubelet to have tried."""

RIGHT: dict[str, Any] = {
    "securityContext": {"runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 2000},
    "containers": [
        {
            "name": "busybox",
            "image": "busybox:1.28",
            "command": ["sh", "-c", "sleep 1h"],
            "securityContext": {"allowPrivilegeEscalation": False},
            "volumeMounts": [{"name": "scratch", "mountPath": "/data/test"}],
        }
    ],
    "volumes": [{"name": "scratch", "emptyDir": {}}],
}
ALWAYS = {**RIGHT, "containers": [{**RIGHT["containers"][0], "imagePullPolicy": "Always"}]}
USERS = {**RIGHT, "hostUsers": False}
BESIDE = {**RIGHT, "containers": [*RIGHT["containers"], {"name": "odd", "image": "registry.invalid/tools:1"}]}


def apply(ckslab: Cli, name: str, spec: dict[str, Any]) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    ckslab.kubectl("apply", "--filename=-", stdin=json.dumps(pod))


def graded(ckslab: Cli, exercise: str) -> dict[str, dict[str, Any]]:
    """Criterion -> its verdict and words."""
    told = json.loads(ckslab("grade", exercise, "--json").stdout)
    return {criterion["id"]: criterion for criterion in told["criteria"]}


def settled(ckslab: Cli, exercise: str, name: str) -> dict[str, dict[str, Any]]:
    """The grade, once the Pod is no longer being made."""
    deadline = time.monotonic() + SETTLED
    while time.monotonic() < deadline:
        found = graded(ckslab, exercise)
        if "grade again" not in found[name]["found"]:
            return found
    pytest.fail(f"the Pod is still being made: {found[name]['found']}")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param(ALWAYS, ("`imagePullPolicy: Always`", "no registry that answers", "IfNotPresent"), id="always"),
        pytest.param(USERS, ("`hostUsers: false`", "create the Pod anew without it"), id="user-namespaces"),
        pytest.param(BESIDE, ("images that are there already", "busybox:1.28"), id="another-image"),
    ],
)
def test_what_the_lab_cannot_have_is_no_fault_of_the_learner(
    ckslab: Cli, spec: dict[str, Any], words: tuple[str, ...]
) -> None:
    """A machine that reaches a registry has it after all: then the Pod runs, and nothing is broken."""
    ckslab.must("start", BUSYBOX)
    apply(ckslab, BUSYBOX, spec)
    found = settled(ckslab, BUSYBOX, "runs")["runs"]
    assert found["verdict"] != "fail"
    if found["verdict"] == "broken":
        assert all(word in found["found"] for word in words), found["found"]


def test_an_image_of_another_name_than_the_tasks_is_the_learners(ckslab: Cli) -> None:
    ckslab.must("start", BUSYBOX)
    apply(
        ckslab,
        BUSYBOX,
        {"containers": [{**RIGHT["containers"][0], "image": "registry.invalid/busybox:1.28"}]}
        | {"volumes": RIGHT["volumes"]},
    )
    found = settled(ckslab, BUSYBOX, "runs")["runs"]
    assert found["verdict"] == "fail"
    assert "Images on kube-worker-1: " in found["found"]


@pytest.mark.parametrize("seconds", [0, 3, 12])
def test_a_container_that_ends_is_not_up_whenever_one_grades(ckslab: Cli, seconds: int) -> None:
    ckslab.must("start", GVISOR)
    name = "container-runtime-sandbox"
    group = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": name}, "handler": "runsc"}
    ckslab.kubectl("apply", "--filename=-", stdin=json.dumps(group))
    command = ["sh", "-c", f"sleep {seconds}; echo these were my last words"]
    apply(
        ckslab,
        "nginx",
        {"runtimeClassName": name, "containers": [{"name": "nginx", "image": "nginx:1.23.2", "command": command}]},
    )
    # It has ended once; from now on it is up, down or about to be started, by the moment.
    ckslab.kubectl("wait", "--for=jsonpath={.status.containerStatuses[0].restartCount}=1", "pod/nginx", "--timeout=90s")
    for _ in range(6):
        found = graded(ckslab, GVISOR)
        assert (found["runs"]["verdict"], found["sandboxed"]["verdict"]) == ("fail", "fail"), found
        assert "these were my last words" in found["runs"]["found"]
        time.sleep(2)


def test_a_right_pod_is_graded_the_moment_it_was_made(ckslab: Cli) -> None:
    ckslab.must("start", BUSYBOX)
    apply(ckslab, BUSYBOX, RIGHT)
    found = graded(ckslab, BUSYBOX)
    assert {name: criterion["verdict"] for name, criterion in found.items() if name != "file"} == dict.fromkeys(
        ("runs", "volume", "user-and-group", "fs-group", "no-escalation"), "pass"
    )
