"""What the processes of a Pod are, by what the kernel shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checkers.api import NotSeen, Ran, Text, Verdict
from checkers.security_context import capabilities, forbids_root, identity, no_escalation, not_root
from tests.unit.support.observations import NAME, HandMade, container, node, pod, proc_status, seeing, waiting
from tests.unit.test_checks_kit_workload import of, workload

TIGHT = {"runAsUser": 1000, "runAsGroup": 3000, "allowPrivilegeEscalation": False}
GVISOR_STATUS = Ran(0, "Name:\tsh\nPid:\t1\nSeccomp:\t0\n", "")


def shows(**what: Any) -> dict[str, Ran]:
    return {"cat /proc/1/status": proc_status(**what)}


def verdicts(lab: HandMade) -> tuple[Verdict, Verdict]:
    """Of ids and escalation."""
    return (
        identity(lab, workload=NAME, kind="Pod", user=1000, group=3000).verdict,
        no_escalation(lab, workload=NAME, kind="Pod").verdict,
    )


ALL_PASS = (Verdict.PASS,) * 2
ALL_FAIL = (Verdict.FAIL,) * 2


def test_a_process_that_is_as_asked_passes() -> None:
    assert verdicts(seeing(pod(), {"main": shows()})) == ALL_PASS


def test_the_kernel_is_believed_and_not_the_fields() -> None:
    obj = pod([container(securityContext=TIGHT)], securityContext={"fsGroup": 2000})
    root = shows(user=0, group=0, groups="", no_new_privileges=0)
    assert verdicts(seeing(obj, {"main": root})) == ALL_FAIL


def test_a_wrong_group_fails_and_is_reported() -> None:
    finding = identity(seeing(pod(), {"main": shows(group=0)}), workload=NAME, kind="Pod", user=1000, group=3000)
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == "container main: user 1000, group 0"
    assert finding.found.zh == "容器 main：用户 1000，组 0"
    assert finding.why is not None
    assert finding.link.startswith("https://kubernetes.io/")


def test_a_second_container_counts_and_only_the_wrong_one_is_reported() -> None:
    obj = pod([container(), container("helper")])
    lab = seeing(obj, {"main": shows(), "helper": shows(no_new_privileges=0)})
    finding = no_escalation(lab, workload=NAME, kind="Pod")
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == "container helper: NoNewPrivs 0"


def test_a_second_container_that_is_right_passes() -> None:
    obj = pod([container(), container("helper")])
    assert verdicts(seeing(obj, {"main": shows(), "helper": shows()})) == ALL_PASS


def test_a_native_sidecar_counts_as_a_running_container() -> None:
    obj = pod(init=[container("proxy", restartPolicy="Always")])
    lab = seeing(obj, {"main": shows(), "proxy": shows(user=0)})
    assert (
        identity(lab, workload=NAME, kind="Pod", user=1000, group=3000).found.en == "sidecar proxy: user 0, group 3000"
    )


def test_a_running_ephemeral_container_counts() -> None:
    obj = pod(ephemeral=[container("debugger")])
    lab = seeing(obj, {"main": shows(), "debugger": shows(no_new_privileges=0)})
    found = no_escalation(lab, workload=NAME, kind="Pod").found
    assert found.en.startswith("ephemeral container debugger: NoNewPrivs 0; ")
    assert "only a new Pod is without it" in found.en
    assert "重新创建" in found.zh


def test_where_the_ephemeral_container_is_right_nobody_is_told_to_make_the_pod_anew() -> None:
    obj = pod(ephemeral=[container("debugger")])
    lab = seeing(obj, {"main": shows(no_new_privileges=0), "debugger": shows()})
    assert no_escalation(lab, workload=NAME, kind="Pod").found.en == "container main: NoNewPrivs 0"


def test_an_ended_ephemeral_container_does_not_count() -> None:
    obj = pod(ephemeral=[container("debugger")], states={"debugger": {"terminated": {"exitCode": 0}}})
    assert verdicts(seeing(obj, {"main": shows()})) == ALL_PASS


def test_a_finished_init_container_is_judged_by_its_fields() -> None:
    obj = pod(init=[container("prepare", securityContext=TIGHT)], securityContext={"fsGroup": 2000})
    assert verdicts(seeing(obj, {"main": shows()})) == ALL_PASS


def test_a_finished_init_container_gets_what_the_pod_sets() -> None:
    shared = {"runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 2000}
    obj = pod(init=[container("prepare")], securityContext=shared)
    assert verdicts(seeing(obj, {"main": shows()})) == (Verdict.PASS, Verdict.FAIL)


def test_a_containers_own_field_goes_before_the_pods() -> None:
    obj = pod(init=[container("prepare", securityContext={"runAsUser": 0})], securityContext={"runAsUser": 1000})
    finding = identity(seeing(obj, {"main": shows()}), workload=NAME, kind="Pod", user=1000, group=3000)
    assert finding.found.en == "init container prepare: user 0, group not set"


def test_escalation_that_is_not_set_is_allowed() -> None:
    obj = pod(init=[container("prepare")])
    finding = no_escalation(seeing(obj, {"main": shows()}), workload=NAME, kind="Pod")
    assert finding.found.en == "init container prepare: allowPrivilegeEscalation is not false"


def test_where_processes_are_shared_the_containers_own_process_is_looked_at() -> None:
    obj = pod(shareProcessNamespace=True)
    pause = proc_status(user=65535, group=65535)
    lab = seeing(obj, {"main": {"cat /proc/1/status": pause, "cat /proc/self/status": proc_status()}})
    assert verdicts(lab) == ALL_PASS


def test_a_container_without_cat_is_looked_at_from_its_node() -> None:
    inspected = Ran(0, json.dumps({"info": {"pid": 4711}}), "")
    on_node = {"crictl inspect main": inspected, "cat /proc/4711/status": proc_status()}
    assert verdicts(seeing(pod(), on_nodes={"kube-worker-1": on_node})) == ALL_PASS


def test_a_sandboxed_container_without_cat_is_judged_by_its_fields() -> None:
    obj = pod([container(securityContext=TIGHT)], runtimeClassName="gvisor", securityContext={"fsGroup": 2000})
    assert verdicts(seeing(obj)) == ALL_PASS


def test_in_gvisor_the_ids_come_from_id_and_escalation_from_the_field() -> None:
    obj = pod([container(securityContext={"allowPrivilegeEscalation": False})], runtimeClassName="gvisor")
    runs = {"cat": GVISOR_STATUS, "id": Ran(0, "uid=1000(web) gid=3000 groups=2000(data),3000", "")}
    assert verdicts(seeing(obj, {"main": runs})) == ALL_PASS


def test_a_pod_that_does_not_run_fails_with_its_reason() -> None:
    obj = pod(phase="Pending", states={"main": waiting("CreateContainerConfigError", "no such secret")})
    finding = no_escalation(seeing(obj), workload=NAME, kind="Pod")
    assert finding.verdict is Verdict.FAIL
    assert "no such secret" in finding.found.en


def test_an_image_of_the_task_that_cannot_be_had_is_broken() -> None:
    obj = pod(phase="Pending", states={"main": waiting("ErrImagePull", "connection refused")})
    assert no_escalation(seeing(obj), workload=NAME, kind="Pod").verdict is Verdict.BROKEN


def test_an_observation_that_takes_too_long_is_left_to_the_grader() -> None:
    with pytest.raises(NotSeen):
        no_escalation(HandMade(fails=NotSeen(Text("slow", "慢"))), workload=NAME, kind="Pod")


# The causes that a known mistake goes by


def causes_of_ids(obj: Any, **processes: dict[str, Any]) -> frozenset[str]:
    lab = seeing(obj, {name: shows(**process) for name, process in processes.items()})
    return identity(lab, workload=NAME, kind="Pod", user=1000, group=3000).causes


def test_a_group_that_nobody_has_set_is_the_images() -> None:
    assert causes_of_ids(pod(securityContext={"runAsUser": 1000}), main={"group": 0}) == {"group-unset"}
    assert causes_of_ids(pod(securityContext={"runAsGroup": 0}), main={"group": 0}) == frozenset()
    assert causes_of_ids(pod(), main={"user": 0, "group": 0}) == frozenset()


def test_an_init_container_that_has_ended_without_a_group() -> None:
    obj = pod(init=[container("prepare", securityContext={"runAsUser": 1000})])
    assert causes_of_ids(obj, main={}) == {"group-unset"}


def test_a_container_that_has_nothing_of_its_own_beside_one_that_has() -> None:
    right = container(securityContext=TIGHT)
    obj = pod([right, container("helper")])
    assert "other-container-without" in causes_of_ids(obj, main={}, helper={"user": 0, "group": 0})
    both = pod([right, container("helper", securityContext={"runAsUser": 0})])
    assert "other-container-without" not in causes_of_ids(both, main={}, helper={"user": 0, "group": 0})


@pytest.mark.parametrize(
    ("context", "causes"), [({}, {"escalation-unset"}), ({"allowPrivilegeEscalation": True}, frozenset())]
)
def test_escalation_that_is_not_forbidden(context: dict[str, Any], causes: set[str]) -> None:
    lab = seeing(pod([container(securityContext=context)]), {"main": shows(no_new_privileges=0)})
    assert no_escalation(lab, workload=NAME, kind="Pod").causes == causes


def test_a_debugger_is_the_cause_only_where_all_else_is_right() -> None:
    obj = pod(ephemeral=[container("debugger")])
    wrong = shows(no_new_privileges=0)
    assert no_escalation(seeing(obj, {"main": shows(), "debugger": wrong}), workload=NAME, kind="Pod").causes == {
        "ephemeral-container"
    }
    assert (
        "ephemeral-container"
        not in no_escalation(seeing(obj, {"main": wrong, "debugger": wrong}), workload=NAME, kind="Pod").causes
    )


def test_only_the_named_container_is_asked_about() -> None:
    obj = pod([container(), container("helper")])
    lab = seeing(obj, {"main": shows(), "helper": shows(user=0)})
    assert identity(lab, workload=NAME, kind="Pod", user=1000, group=3000, containers=["main"]).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("shared", "context", "causes"),
    [
        ({"runAsUser": 1000, "runAsGroup": 3000}, {"runAsUser": 0}, {"of-pod"}),
        ({"runAsUser": 1000, "runAsGroup": 3000}, {}, {"inherited"}),
        ({"runAsUser": 1000}, {"runAsUser": 0}, set()),
        ({"runAsUser": 1000}, {}, set()),
    ],
)
def test_whose_ids_a_container_has(shared: dict[str, Any], context: dict[str, Any], causes: set[str]) -> None:
    obj = pod([container(securityContext=context)], securityContext=shared)
    assert causes_of_ids(obj, main={"user": 0, "group": 0}) == causes


# Not as root


@pytest.mark.parametrize(("user", "verdict"), [(1000, Verdict.PASS), (0, Verdict.FAIL)])
def test_a_process_of_root_is_known_from_the_kernel(user: int, verdict: Verdict) -> None:
    obj = pod(securityContext={"runAsUser": 1000 - user, "runAsNonRoot": True})
    assert not_root(seeing(obj, {"main": shows(user=user)}), workload=NAME, kind="Pod").verdict is verdict


@pytest.mark.parametrize(("shared", "verdict"), [({"runAsNonRoot": True}, Verdict.PASS), ({}, Verdict.FAIL)])
def test_of_a_container_that_has_ended_the_kubelet_has_made_sure(shared: dict[str, Any], verdict: Verdict) -> None:
    obj = pod(init=[container("prepare")], securityContext=shared)
    assert not_root(seeing(obj, {"main": shows()}), workload=NAME, kind="Pod").verdict is verdict


def test_a_container_that_makes_itself_root_beside_one_that_is_right() -> None:
    obj = pod([container(), container("helper", securityContext={"runAsUser": 0})])
    lab = seeing(obj, {"main": shows(), "helper": shows(user=0)})
    assert not_root(lab, workload=NAME, kind="Pod").causes == {"some-containers", "root-by-container"}


@pytest.mark.parametrize(
    ("shared", "context", "causes"),
    [
        (True, None, None),
        (None, True, None),
        (None, None, {"requirement-gone"}),
        (False, None, {"requirement-gone"}),
        (True, False, {"requirement-off-in-container"}),
    ],
)
def test_root_is_forbidden_by_the_pod_or_the_container(
    shared: bool | None, context: bool | None, causes: set[str] | None
) -> None:
    obj = pod([container(securityContext={"runAsNonRoot": context})], securityContext={"runAsNonRoot": shared})
    finding = forbids_root(seeing(obj, {"main": shows()}), workload=NAME, kind="Pod")
    assert finding.verdict is (Verdict.FAIL if causes else Verdict.PASS)
    assert finding.causes == (causes or set())


def test_a_pod_whose_user_is_root_against_its_own_requirement() -> None:
    said = "container's runAsUser breaks non-root policy (pod: web, container: main)"
    obj = pod(phase="Pending", states={"main": waiting("CreateContainerConfigError", said)})
    assert forbids_root(seeing(obj), workload=NAME, kind="Pod").causes == {"not-running", "root-asked-for"}


# Capabilities

BIND, DEFAULTS, EVERY = "0000000000000400", "00000000a80425fb", "000001ffffffffff"
DROPS: dict[str, Any] = {"capabilities": {"drop": ["ALL"]}}


def bounded(bits: str) -> dict[str, Ran]:
    """What the kernel shows of a process whose bounding set has these bits."""
    status = proc_status().stdout + f"CapPrm:\t0000000000000000\nCapBnd:\t{bits}\n"
    return {"cat /proc/1/status": Ran(0, status, "")}


def held(obj: Any, allowed: tuple[str, ...] = (), apart_from: tuple[str, ...] = (), **bits: str) -> Any:
    lab = seeing(obj, {name: bounded(of_container) for name, of_container in bits.items()})
    return capabilities(lab, workload=NAME, kind="Pod", allowed=allowed, apart_from=apart_from)


@pytest.mark.parametrize(
    ("allowed", "bits", "verdict"),
    [
        ((), "0", Verdict.PASS),
        ((), BIND, Verdict.FAIL),
        (("NET_BIND_SERVICE",), BIND, Verdict.PASS),
        (("NET_BIND_SERVICE",), "0", Verdict.PASS),
        (("NET_BIND_SERVICE",), DEFAULTS, Verdict.FAIL),
        (("DEFAULT",), DEFAULTS, Verdict.PASS),
        (("DEFAULT",), EVERY, Verdict.FAIL),
    ],
)
def test_what_a_process_could_come_to_have_counts(allowed: tuple[str, ...], bits: str, verdict: Verdict) -> None:
    assert held(pod(), allowed, main=bits).verdict is verdict


def test_capabilities_are_told_by_name() -> None:
    assert held(pod(), main="0000000000000401").found.en == "container main: capabilities CHOWN NET_BIND_SERVICE"
    assert held(pod(), main="0").found.zh == "容器 main：capabilities 无"


def test_a_privileged_container_is_one_whatever_it_drops() -> None:
    obj = pod([container(securityContext={"privileged": True, **DROPS})])
    finding = held(obj, ("DEFAULT",), main="0")
    assert finding.causes == {"privileged"}
    assert finding.found.en == "container main: privileged, capabilities none"


def test_containers_that_may_have_more_are_left_out() -> None:
    obj = pod([container(), container("helper", securityContext=DROPS)])
    assert held(obj, (), ("main",), main=DEFAULTS, helper="0").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("context", "cause"),
    [
        ({}, "none-dropped"),
        ({"capabilities": {"add": ["CHOWN"]}}, "none-dropped"),
        ({"capabilities": {"drop": ["NET_RAW"]}}, "some-dropped"),
        ({"capabilities": {"add": ["SYS_ADMIN"]}}, "added"),
        ({"capabilities": {"drop": ["all"], "add": ["CHOWN"]}}, "added"),
        ({"privileged": True}, "privileged"),
    ],
)
def test_how_a_container_came_to_have_more(context: dict[str, Any], cause: str) -> None:
    assert held(pod([container(securityContext=context)]), main=EVERY).causes == {cause}


def test_where_containers_have_more_for_different_reasons_none_is_given() -> None:
    obj = pod([container(), container("helper", securityContext={"capabilities": {"drop": ["KILL"]}})])
    assert held(obj, main=DEFAULTS, helper=DEFAULTS).causes == set()


def test_an_init_container_that_has_ended_has_what_it_asked_for() -> None:
    obj = pod([container(securityContext=DROPS)], init=[container("prepare")])
    assert held(obj, main="0").causes == {"none-dropped", "some-containers", "init-container-left"}
    assert held(pod(init=[container("prepare", securityContext=DROPS)]), main="0").verdict is Verdict.PASS


def test_pods_that_are_older_than_their_template_have_what_they_were_made_with() -> None:
    """A DaemonSet that replaces its Pods only where somebody deletes them."""
    owner = workload("DaemonSet", desiredNumberScheduled=1, updatedNumberScheduled=0)
    owner["spec"]["template"] = {"spec": {"containers": [container(securityContext=DROPS)]}}
    obj = of("w1", "web-a", [container(securityContext={"privileged": True})])
    cluster = HandMade([owner, obj, node()], {"main": bounded(EVERY)})
    finding = capabilities(cluster, workload="web", kind="DaemonSet", namespace="shop")
    assert finding.causes == {"privileged", "pods-left"}
    assert finding.found.en == "container main: privileged, capabilities ALL"


def test_a_template_that_is_wrong_is_told() -> None:
    owner = workload("DaemonSet", desiredNumberScheduled=1)
    owner["spec"]["template"] = {"spec": {"containers": [container()]}}
    obj = of("w1", "web-a", [container(securityContext=DROPS)])
    cluster = HandMade([owner, obj, node()], {"main": bounded("0")})
    finding = capabilities(cluster, workload="web", kind="DaemonSet", namespace="shop")
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en.startswith("the next Pods, by the template: container main: capabilities CHOWN")
