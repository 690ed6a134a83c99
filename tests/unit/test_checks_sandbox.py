"""The RuntimeClass that leads to a sandbox, and the kernel that the processes of a Pod have to do with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from checkers.api import DryRun, Finding, NotSeen, Ran, Verdict
from checkers.sandbox import gvisor, inside, outside, runtime_class, uses_class
from tests.unit.support.observations import NAME, HandMade, Object, container, node, pod, seeing, waiting

CLASS = "sandbox"
GVISOR, RUNC = "io.containerd.runsc.v1", "io.containerd.runc.v2"
OF_NODE = Ran(0, "Linux version 6.12.0 (builder@host)\n", "")
OF_GVISOR = Ran(0, "Linux version 4.19.0-gvisor #1 SMP\n", "")
NO_SUCH = Ran(128, "", "loading container: file does not exist")


def class_of(handler: str, name: str = CLASS) -> Object:
    return {"kind": "RuntimeClass", "metadata": {"name": name}, "handler": handler}


def with_handlers(*names: str) -> Object:
    worker = node()
    worker["status"]["runtimeHandlers"] = [{"name": name} for name in ("", *names)]
    return worker


def classes(*objects: Object) -> Finding:
    return runtime_class(HandMade([*objects, with_handlers("runsc", "runc")]), name=CLASS, handler="runsc")


def run_by(**runtimes: str) -> dict[str, Ran]:
    """What a node says: the runtime of each container, and the kernel that gVisor's see."""
    message = {"cat /proc/version": OF_NODE}
    for name, runtime in runtimes.items():
        message[f"crictl inspect {name}"] = Ran(0, json.dumps({"info": {"runtimeType": runtime, "pid": 7}}), "")
        read = f"runsc --root=/run/containerd/runsc/k8s.io read {name} /proc/version"
        message[read] = OF_GVISOR if runtime == GVISOR else NO_SUCH
    return message


def finding_of(obj: Object, on_node: dict[str, Ran], **more: Any) -> Finding:
    return gvisor(seeing(obj, on_nodes={"kube-worker-1": on_node}, **more), pod=NAME)


def test_the_class_with_the_handler_passes() -> None:
    assert classes(class_of("runc", "other"), class_of("runsc")).verdict is Verdict.PASS


def test_no_class_fails() -> None:
    assert classes().found.en == "there is no RuntimeClass; kube-worker-1 knows the handlers runc, runsc"


def test_another_handler_fails_and_the_nodes_handlers_are_reported() -> None:
    finding = classes(class_of("gvisor"))
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == "RuntimeClass sandbox: handler gvisor; kube-worker-1 knows the handlers runc, runsc"


def test_a_class_of_another_name_fails_and_is_reported() -> None:
    assert "RuntimeClass gvisor: handler runsc" in classes(class_of("runsc", "gvisor")).found.en


@pytest.mark.parametrize(("used", "verdict"), [(CLASS, Verdict.PASS), ("gvisor", Verdict.FAIL), (None, Verdict.FAIL)])
def test_the_pod_must_name_the_class(used: str | None, verdict: Verdict) -> None:
    lab = seeing(pod(runtimeClassName=used))
    assert uses_class(lab, pod=NAME, runtime_class=CLASS).verdict is verdict


def test_a_pod_that_does_not_run_yet_names_its_class_all_the_same() -> None:
    lab = seeing(pod(phase="Pending", runtimeClassName=CLASS, states={"main": waiting("ContainerCreating")}))
    assert uses_class(lab, pod=NAME, runtime_class=CLASS).verdict is Verdict.PASS


def test_no_pod_names_no_class() -> None:
    assert uses_class(HandMade(), pod=NAME, runtime_class=CLASS).verdict is Verdict.FAIL


def test_a_container_with_gvisors_kernel_passes_whatever_its_image_has() -> None:
    finding = finding_of(pod(), run_by(main=GVISOR))
    assert finding.verdict is Verdict.PASS
    assert finding.found.en == "container main: run by io.containerd.runsc.v1; Linux version 4.19.0-gvisor #1 SMP"


def test_a_container_on_the_nodes_kernel_fails_whatever_it_shows() -> None:
    pretends = {"main": {"cat /proc/version": OF_GVISOR}}
    finding = finding_of(pod(runtimeClassName=CLASS), run_by(main=RUNC), runs=pretends)
    assert finding.verdict is Verdict.FAIL
    message = "run by io.containerd.runc.v2; the node's own kernel, Linux version 6.12.0 (builder@host)"
    assert finding.found.en == f"container main: {message}"


def test_every_running_container_counts_and_only_the_wrong_one_is_reported() -> None:
    obj = pod([container(), container("helper")])
    finding = finding_of(obj, run_by(main=GVISOR, helper=RUNC))
    assert finding.verdict is Verdict.FAIL
    assert finding.found.zh.startswith("容器 helper：")
    assert "main" not in finding.found.en


def test_a_finished_init_container_has_no_kernel_to_see() -> None:
    assert finding_of(pod(init=[container("prepare")]), run_by(main=GVISOR)).verdict is Verdict.PASS


def test_where_gvisor_cannot_tell_the_container_is_asked() -> None:
    too_old = {**run_by(main=GVISOR), "runsc": Ran(2, "", "unknown subcommand")}
    del too_old["runsc --root=/run/containerd/runsc/k8s.io read main /proc/version"]
    assert finding_of(pod(), too_old, runs={"main": {"cat": OF_GVISOR}}).verdict is Verdict.PASS
    assert finding_of(pod(), too_old, runs={"main": {"cat": OF_NODE}}).verdict is Verdict.FAIL
    with pytest.raises(NotSeen):
        finding_of(pod(), too_old)


def test_a_container_that_has_just_ended_is_not_judged() -> None:
    with pytest.raises(NotSeen, match="container main"):
        finding_of(pod(), {"crictl inspect main": Ran(1, "", "not found")})


def test_a_pod_whose_handler_no_node_knows_fails_with_the_runtimes_words() -> None:
    message = 'Failed to create pod sandbox: no runtime for "gvisor" is configured'
    obj = pod(phase="Pending", states={"main": waiting("ContainerCreating")})
    finding = finding_of(obj, {}, messages=["Successfully assigned default/web", message])
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en.endswith(message)


@pytest.mark.parametrize(("images", "verdict"), [((), Verdict.FAIL), (("busybox:1.28",), Verdict.BROKEN)])
def test_an_image_that_cannot_be_had_is_the_labs_fault_only_if_the_task_names_it(
    images: tuple[str, ...], verdict: Verdict
) -> None:
    obj = pod(phase="Pending", states={"main": waiting("ErrImagePull", "not found")})
    assert finding_of(obj, {}, images=images).verdict is verdict


# The causes that a known mistake goes by


@pytest.mark.parametrize(
    ("objects", "causes"),
    [
        ((), frozenset()),
        ((class_of("gvisor"),), {"handler-unknown"}),
        ((class_of("runc"),), {"handler-runc"}),
        ((class_of("runsc", "gvisor"),), {"other-name"}),
        ((class_of("runc", "gvisor"),), frozenset()),
    ],
)
def test_what_is_wrong_with_the_classes(objects: tuple[Object, ...], causes: set[str]) -> None:
    assert classes(*objects).causes == causes


@pytest.mark.parametrize(
    ("used", "causes"),
    [
        (None, {"no-class"}),
        ("alike", {"other-class", "other-class-alike"}),
        ("unlike", {"other-class"}),
        ("absent", {"other-class"}),
    ],
)
def test_what_the_pod_uses_instead(used: str | None, causes: set[str]) -> None:
    lab = seeing(pod(runtimeClassName=used))
    lab.objects += [class_of("runsc"), class_of("runsc", "alike"), class_of("runc", "unlike")]
    assert uses_class(lab, pod=NAME, runtime_class=CLASS).causes == causes


# Workloads


@dataclass(eq=False)
class Admitting(HandMade):
    """Whether Pods without a RuntimeClass are accepted."""

    accepts: bool = True

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        return DryRun(self.accepts or bool(manifest["spec"]["runtimeClassName"]))


def stateful_set(*pods: Object, template_class: str | None = None) -> Admitting:
    """A StatefulSet whose Pods are on one node: containers called `good` are run by gVisor, others are not."""
    made = "2026-01-01T00:00:00Z"
    owner = {"ownerReferences": [{"uid": "w1", "controller": True}], "creationTimestamp": made}
    for number, obj in enumerate(pods):
        obj["metadata"] |= {"name": f"{NAME}-{number}", "uid": f"p{number}", **owner}
    workload = {
        "kind": "StatefulSet",
        "metadata": {"name": NAME, "namespace": "default", "uid": "w1", "creationTimestamp": made},
        "spec": {"replicas": len(pods), "template": {"spec": {"containers": [], "runtimeClassName": template_class}}},
        "status": {"observedGeneration": 1, "updatedReplicas": len(pods)},
    }
    on_node = run_by(good=GVISOR, bad=RUNC)
    return Admitting([workload, *pods, node()], on_nodes={"kube-worker-1": on_node})


def good() -> Object:
    return pod([container("good")], runtimeClassName=CLASS)


def bad(used: str | None = None) -> Object:
    return pod([container("bad")], runtimeClassName=used)


def of_set(cluster: Admitting) -> Finding:
    return inside(cluster, workload=NAME, kind="StatefulSet")


def test_a_workload_is_in_the_sandbox_when_each_of_its_pods_is() -> None:
    assert of_set(stateful_set(good(), good(), template_class=CLASS)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("template_class", "verdict"),
    [(None, Verdict.FAIL), ("unlike", Verdict.FAIL), ("absent", Verdict.FAIL), ("alike", Verdict.PASS)],
)
def test_the_next_pods_are_to_be_in_the_sandbox_as_well(template_class: str | None, verdict: Verdict) -> None:
    cluster = stateful_set(good(), template_class=template_class)
    cluster.objects += [class_of("runsc"), class_of("runsc", "alike"), class_of("runc", "unlike")]
    finding = of_set(cluster)
    assert (finding.verdict, finding.causes) == (verdict, {"next-outside"} if verdict is Verdict.FAIL else set())


@pytest.mark.parametrize(
    ("pods", "template_class", "causes"),
    [
        ([bad()], None, {"no-class"}),
        ([bad()], CLASS, {"template-only"}),
        ([bad("runc")], "runc", {"other-handler"}),
        ([good(), bad()], CLASS, {"template-only", "some-pods"}),
        ([good(), bad()], None, {"no-class", "some-pods", "others-inside"}),
    ],
)
def test_why_a_pod_of_a_workload_is_outside(pods: list[Object], template_class: str | None, causes: set[str]) -> None:
    finding = of_set(stateful_set(*pods, template_class=template_class))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)


def test_a_workload_whose_next_pod_is_refused_was_left_outside() -> None:
    cluster = stateful_set(bad())
    cluster.accepts = False
    assert of_set(cluster).causes == {"no-class", "next-refused"}


def test_one_container_outside_is_enough() -> None:
    assert of_set(stateful_set(pod([container("good"), container("bad")], runtimeClassName=CLASS))).causes


@pytest.mark.parametrize(("made", "verdict"), [(bad, Verdict.PASS), (good, Verdict.FAIL)])
def test_a_workload_that_is_to_stay_outside(made: Any, verdict: Verdict) -> None:
    assert outside(stateful_set(made()), workload=NAME, kind="StatefulSet").verdict is verdict


def test_a_pod_that_runs_on_another_node_than_the_one_that_is_named_fails() -> None:
    lab = seeing(pod(), on_nodes={"kube-worker-1": run_by(main=GVISOR)})
    assert gvisor(lab, pod=NAME, node="kube-worker-1").verdict is Verdict.PASS
    assert gvisor(lab, pod=NAME, node="kube-control-plane").causes == {"on-another-node"}


@pytest.mark.parametrize(("used", "cause"), [(None, "no-class"), (CLASS, "other-handler")])
def test_why_a_pod_is_outside(used: str | None, cause: str) -> None:
    assert finding_of(pod(runtimeClassName=used), run_by(main=RUNC)).causes == {cause}
