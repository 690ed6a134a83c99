"""What a check costs: no more observations, and none that grows, where a cluster holds 500 objects of what it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from checkers.api import Finding, Observer, Ran
from checkers.apparmor import confined, loaded
from checkers.pod_security import warned_of
from checkers.pods import runs
from checkers.sandbox import gvisor, runtime_class, uses_class
from checkers.security_context import identity, no_escalation
from checkers.volumes import empty_dir, file_group, fs_group
from lab.grading.observation import Observation, Observations
from tests.unit.support.observations import NAME, Object, node, pod, proc_status
from tests.unit.test_checks_pod_security import PodSecurity, namespace

MANY = 500
ABSENT = {"pod": "absent"}


class Counted(Observations):
    """Observes through another observer, and counts what was asked and how many objects came back."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.asked = 0
        self.objects = 0

    def wait(self, seconds: float) -> None:
        self._observer.wait(seconds)

    def observe(self, observation: Observation) -> Any:
        self.asked += 1
        found = getattr(self._observer, observation.name)(**observation.arguments)
        self.objects += len(found) if observation.name == "list" else 0
        return found


def cluster(others: int) -> PodSecurity:
    """The namespace of an exercise and one Pod, beside so many others of each kind."""
    objects: list[Object] = [pod(), node(), namespace("audited"), namespace("default")]
    for number in range(others):
        objects += [
            pod(metadata={"name": f"other-{number}"}),
            namespace(f"other-{number}"),
            {"kind": "RuntimeClass", "metadata": {"name": f"other-{number}"}, "handler": "runc"},
        ]
    made = PodSecurity(objects)
    made.runs = {"main": {"cat": proc_status()}}
    made.on_nodes = {"kube-worker-1": {"cat": Ran(0, "", "")}}
    return made


def cost(check: Callable[..., Finding], others: int, **parameters: Any) -> tuple[int, int]:
    counted = Counted(cluster(others))
    check(counted, **parameters)
    return counted.asked, counted.objects


@pytest.mark.parametrize(
    ("check", "parameters"),
    [
        (runs, {"image": "busybox:1.28"}),
        (runs, ABSENT | {"image": "busybox:1.28"}),
        (empty_dir, {"path": "/data/test"}),
        (empty_dir, ABSENT | {"path": "/data/test"}),
        (fs_group, {"group": 1}),
        (fs_group, ABSENT | {"group": 1}),
        (file_group, ABSENT | {"path": "/data/x", "group": 1}),
        (uses_class, {"runtime_class": "x"}),
        (uses_class, ABSENT | {"runtime_class": "x"}),
        (gvisor, ABSENT),
        (confined, ABSENT | {"profile": "x"}),
        (warned_of, {"namespace": "default", "level": "baseline"}),
        (warned_of, ABSENT | {"namespace": "audited", "level": "baseline"}),
    ],
)
def test_a_check_of_one_pod_reads_no_other(check: Callable[..., Finding], parameters: dict[str, Any]) -> None:
    parameters = {"pod": NAME, **parameters}
    assert cost(check, MANY, **parameters) == cost(check, 0, **parameters)


@pytest.mark.parametrize("name", [NAME, "absent"])
@pytest.mark.parametrize(("check", "parameters"), [(identity, {"user": 1, "group": 1}), (no_escalation, {})])
def test_a_check_of_a_workload_that_is_one_pod_reads_no_other(
    check: Callable[..., Finding], parameters: dict[str, Any], name: str
) -> None:
    parameters = {"workload": name, "kind": "Pod", **parameters}
    assert cost(check, MANY, **parameters) == cost(check, 0, **parameters)


def test_a_runtime_class_that_is_there_is_read_alone() -> None:
    assert cost(runtime_class, MANY, name="other-7", handler="runc") == (1, 0)


@pytest.mark.parametrize(
    ("check", "parameters"),
    [
        (runtime_class, {"name": "absent", "handler": "runsc"}),
        (loaded, {"node": "kube-worker-1", "profile": "x"}),
    ],
)
def test_a_check_that_lists_asks_no_more_of_many(check: Callable[..., Finding], parameters: dict[str, Any]) -> None:
    few, many = Counted(cluster(1)), Counted(cluster(MANY))
    check(few, **parameters)
    check(many, **parameters)
    assert many.asked == few.asked
