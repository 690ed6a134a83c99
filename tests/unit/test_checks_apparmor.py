"""AppArmor profiles: loaded on a node, holding every container, refusing one file and letting another be written."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from checkers.api import Finding, LabBroken, NotSeen, Ran, Text, Verdict
from checkers.apparmor import confined, loaded, writes
from tests.unit.support.observations import (
    FINISHED,
    NAME,
    HandMade,
    Object,
    container,
    node,
    pod,
    seeing,
    waiting,
)

PROFILE, HELD = "web-files", "web-files (enforce)"
CONTROL_PLANE, WORKER = "kube-control-plane", "kube-worker-1"
ASKED = {"appArmorProfile": {"type": "Localhost", "localhostProfile": PROFILE}}
OF_RUNTIME = {"appArmorProfile": {"type": "RuntimeDefault"}}
KEPT, LET = "/etc/hosts", "/data/journal"
OPENED, NO_PERMISSION = Ran(0, "", ""), "Permission denied"


def lists(*profiles: str) -> dict[str, Ran]:
    """What a node says of the profiles that its kernel has loaded."""
    return {"cat /sys/kernel/security/apparmor/profiles": Ran(0, "".join(f"{profile}\n" for profile in profiles), "")}


def found_on(worker: Sequence[str], control_plane: Sequence[str] = ()) -> Finding:
    lab = HandMade(
        [node(CONTROL_PLANE), node()], on_nodes={WORKER: lists(*worker), CONTROL_PLANE: lists(*control_plane)}
    )
    return loaded(lab, node=WORKER, profile=PROFILE)


def held(**labels: str) -> dict[str, dict[str, Ran]]:
    """What the worker says of the processes of these containers."""
    message = {}
    for pid, (name, label) in enumerate(labels.items(), start=1):
        message[f"crictl inspect {name}"] = Ran(0, json.dumps({"info": {"pid": pid}}), "")
        message[f"cat /proc/{pid}/attr/current"] = Ran(0, f"{label}\n", "")
    return {WORKER: message}


def refusal(words: str, file: str) -> Ran:
    return Ran(1, "", f"sh: can't create {file}: {words}\n")


class Opening(HandMade):
    """Containers that open whatever file is asked for, but for those of `refusals`: (container, file) -> the words."""

    def __init__(self, obj: Object, labels: dict[str, str], refusals: dict[tuple[str, str], str]) -> None:
        super().__init__([obj, node()], on_nodes=held(**labels))
        self._refusals = refusals

    def exec(self, pod: str, container: str, argv: Sequence[str], namespace: str = "default") -> Ran:
        words = self._refusals.get((container, argv[-1]))
        if words == "no shell":
            return super().exec(pod, container, argv, namespace)
        return refusal(words, argv[-1]) if words else OPENED


def tried(obj: Object, labels: dict[str, str], refusals: dict[tuple[str, str], str]) -> Finding:
    return writes(Opening(obj, labels, refusals), pod=NAME, profile=PROFILE, refused=KEPT, allowed=LET)


# Loaded


def test_a_profile_that_is_loaded_in_enforce_mode_passes_whatever_else_is_loaded() -> None:
    finding = found_on(["cri-containerd.apparmor.d (enforce)", HELD])
    assert finding.verdict is Verdict.PASS
    assert finding.found.en == "kube-worker-1: web-files (enforce)"


def test_a_profile_that_is_not_loaded_fails() -> None:
    finding = found_on(["web-files-old (enforce)"])
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == "kube-worker-1: web-files is not loaded"


def test_complain_mode_fails_and_is_reported() -> None:
    finding = found_on(["web-files (complain)"])
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == "kube-worker-1: web-files (complain)"


def test_a_profile_that_is_loaded_on_another_node_only_fails_and_that_is_reported() -> None:
    finding = found_on([], [HELD])
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == "kube-worker-1: web-files is not loaded; kube-control-plane: web-files (enforce)"


def test_another_node_that_cannot_be_looked_at_is_left_out() -> None:
    lab = HandMade([node(CONTROL_PLANE), node()], on_nodes={WORKER: lists()})
    assert loaded(lab, node=WORKER, profile=PROFILE).found.en == "kube-worker-1: web-files is not loaded"


def test_a_node_that_is_gone_is_the_labs_fault() -> None:
    class Gone(HandMade):
        def on_node(self, node: str, argv: Sequence[str]) -> Ran:
            raise LabBroken(Text("the machine is gone", "机器不见了"))

    with pytest.raises(LabBroken):
        loaded(Gone([node()]), node=WORKER, profile=PROFILE)


# Confined


@pytest.mark.parametrize(
    "obj",
    [
        pod(securityContext=ASKED),
        pod([container(securityContext=ASKED)]),
        pod([container(securityContext=ASKED)], securityContext=OF_RUNTIME),
    ],
    ids=["at the Pod", "at the container", "at the container before the Pod"],
)
def test_a_process_that_the_profile_holds_passes_wherever_that_was_asked_for(obj: Object) -> None:
    finding = confined(seeing(obj, on_nodes=held(main=HELD)), pod=NAME, profile=PROFILE)
    assert finding.verdict is Verdict.PASS
    assert finding.found.en == "container main: web-files (enforce), appArmorProfile: Localhost web-files"


@pytest.mark.parametrize(
    ("context", "label"),
    [
        (ASKED, "web-files (complain)"),
        (OF_RUNTIME, "cri-containerd.apparmor.d (enforce)"),
        ({}, "cri-containerd.apparmor.d (enforce)"),
        ({"appArmorProfile": {"type": "Unconfined"}}, "unconfined"),
        (ASKED, "unconfined"),
        (ASKED, "web-files-old (enforce)"),
    ],
)
def test_a_process_that_something_else_holds_fails_and_it_is_reported_what(context: Object, label: str) -> None:
    lab = seeing(pod(securityContext=context), on_nodes=held(main=label))
    finding = confined(lab, pod=NAME, profile=PROFILE)
    assert finding.verdict is Verdict.FAIL
    assert label in finding.found.en


def test_what_was_asked_for_is_reported_beside_what_came_of_it() -> None:
    asked_for = {
        name: confined(
            seeing(pod(securityContext=context), on_nodes=held(main="runtime (enforce)")), pod=NAME, profile=PROFILE
        ).found.en
        for name, context in (("default", OF_RUNTIME), ("nothing", {}))
    }
    assert asked_for == {
        "default": "container main: runtime (enforce), appArmorProfile: RuntimeDefault",
        "nothing": "container main: runtime (enforce), appArmorProfile: null",
    }


def test_every_container_must_be_held_and_only_the_others_are_reported() -> None:
    obj = pod([container(securityContext=ASKED), container("helper")])
    finding = confined(seeing(obj, on_nodes=held(main=HELD, helper="unconfined")), pod=NAME, profile=PROFILE)
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == "container helper: unconfined, appArmorProfile: null"


@pytest.mark.parametrize(("context", "verdict"), [(ASKED, Verdict.PASS), ({}, Verdict.FAIL)])
def test_an_init_container_that_has_ended_is_taken_at_its_word(context: Object, verdict: Verdict) -> None:
    obj = pod([container(securityContext=ASKED)], init=[container("prepare", securityContext=context)])
    assert confined(seeing(obj, on_nodes=held(main=HELD)), pod=NAME, profile=PROFILE).verdict is verdict


def test_a_container_that_has_just_ended_is_not_judged() -> None:
    lab = seeing(pod(), on_nodes={WORKER: {"crictl inspect main": Ran(1, "", "not found")}})
    with pytest.raises(NotSeen, match="container main"):
        confined(lab, pod=NAME, profile=PROFILE)


def test_a_process_that_has_just_ended_is_not_judged() -> None:
    no_process = held(main=HELD)
    no_process[WORKER]["cat /proc/1/attr/current"] = Ran(1, "", "No such file or directory")
    with pytest.raises(NotSeen, match="container main"):
        confined(seeing(pod(), on_nodes=no_process), pod=NAME, profile=PROFILE)


BLOCKED = pod(
    phase="Pending",
    states={"main": waiting("CreateContainerError", "apparmor profile not found web-files")},
    securityContext=ASKED,
)


def test_a_pod_that_its_node_does_not_start_for_want_of_the_profile_fails_with_the_nodes_words() -> None:
    for finding in (confined(seeing(BLOCKED), pod=NAME, profile=PROFILE), tried(BLOCKED, {}, {})):
        assert finding.verdict is Verdict.FAIL
        assert "apparmor profile not found web-files" in finding.found.en


def test_no_pod_fails() -> None:
    assert confined(HandMade(), pod=NAME, profile=PROFILE).verdict is Verdict.FAIL


def test_a_pod_whose_node_is_gone_is_the_labs_fault() -> None:
    lab = HandMade([BLOCKED, node(ready="Unknown", message="Kubelet stopped posting node status.")])
    assert confined(lab, pod=NAME, profile=PROFILE).verdict is Verdict.BROKEN


# Written


def test_a_file_that_the_profile_refuses_and_one_that_it_lets_be_written_pass() -> None:
    finding = tried(pod(), {"main": HELD}, {("main", KEPT): NO_PERMISSION})
    assert finding.verdict is Verdict.PASS
    message = "web-files (enforce); /etc/hosts: Permission denied; /data/journal can be written"
    assert finding.found.en == f"container main: {message}"


def test_a_file_that_can_be_written_fails() -> None:
    finding = tried(pod(), {"main": "unconfined"}, {})
    assert finding.verdict is Verdict.FAIL
    assert "/etc/hosts can be written" in finding.found.en


def test_where_nothing_can_be_written_the_refusal_counts_for_nothing() -> None:
    refusals = {("main", KEPT): NO_PERMISSION, ("main", LET): NO_PERMISSION}
    assert tried(pod(), {"main": HELD}, refusals).verdict is Verdict.FAIL


def test_a_read_only_file_system_is_not_the_profiles_doing() -> None:
    assert tried(pod(), {"main": HELD}, {("main", KEPT): "Read-only file system"}).verdict is Verdict.FAIL


def test_the_refusal_must_be_about_that_very_file() -> None:
    class OfAnother(Opening):
        def exec(self, pod: str, container: str, argv: Sequence[str], namespace: str = "default") -> Ran:
            return refusal(NO_PERMISSION, "/dev/null") if argv[-1] == KEPT else OPENED

    lab = OfAnother(pod(), {"main": HELD}, {})
    assert writes(lab, pod=NAME, profile=PROFILE, refused=KEPT, allowed=LET).verdict is Verdict.FAIL


def test_the_files_own_permissions_are_not_the_profiles_doing() -> None:
    assert tried(pod(), {"main": "web-files (complain)"}, {("main", KEPT): NO_PERMISSION}).verdict is Verdict.FAIL


TWO = pod([container(), container("helper")])


def test_every_container_must_be_kept_from_it() -> None:
    finding = tried(TWO, {"main": HELD, "helper": "unconfined"}, {("main", KEPT): NO_PERMISSION})
    assert finding.verdict is Verdict.FAIL
    assert "container helper: unconfined; /etc/hosts can be written" in finding.found.en


def test_one_container_that_can_do_its_work_is_enough() -> None:
    refusals = {
        ("main", KEPT): NO_PERMISSION,
        ("helper", KEPT): NO_PERMISSION,
        ("helper", LET): "No such file or directory",
    }
    assert tried(TWO, {"main": HELD, "helper": HELD}, refusals).verdict is Verdict.PASS


def test_a_container_without_a_shell_is_left_out() -> None:
    refusals = {("main", KEPT): NO_PERMISSION, ("helper", KEPT): "no shell"}
    assert tried(TWO, {"main": HELD, "helper": HELD}, refusals).verdict is Verdict.PASS


def test_where_no_container_has_a_shell_nothing_is_judged() -> None:
    with pytest.raises(NotSeen, match="has a shell"):
        tried(pod(), {"main": HELD}, {("main", KEPT): "no shell"})


def test_a_finished_container_has_nothing_to_try_it_in() -> None:
    obj = pod([container(), container("helper")], states={"helper": FINISHED}, restartPolicy="OnFailure")
    assert tried(obj, {"main": HELD}, {("main", KEPT): NO_PERMISSION}).verdict is Verdict.PASS


# The causes that a known mistake goes by


@pytest.mark.parametrize(
    ("worker", "control_plane", "causes"),
    [
        ([], [], {"not-loaded"}),
        ([], [HELD], {"loaded-elsewhere"}),
        (["web-files (complain)"], [HELD], {"complain"}),
        (["web-files (kill)"], [], frozenset()),
    ],
)
def test_why_the_profile_is_not_in_force(worker: list[str], control_plane: list[str], causes: set[str]) -> None:
    assert found_on(worker, control_plane).causes == causes


OTHER = {"appArmorProfile": {"type": "Localhost", "localhostProfile": "other"}}


@pytest.mark.parametrize(
    ("main", "helpers", "causes"),
    [
        ({}, {}, {"profile-unset", "profile-unset-though-loaded"}),
        (OF_RUNTIME, OF_RUNTIME, {"runtime-default"}),
        ({"appArmorProfile": {"type": "Unconfined"}}, {"appArmorProfile": {"type": "Unconfined"}}, {"unconfined"}),
        (OTHER, OTHER, {"other-profile"}),
        (ASKED, {}, {"some-containers-only"}),
        (ASKED, OF_RUNTIME, frozenset()),
        (OTHER, {}, frozenset()),
    ],
)
def test_what_the_pod_asks_for_instead(main: Object, helpers: Object, causes: set[str]) -> None:
    obj = pod([container(securityContext=main), container("helper", securityContext=helpers)])
    message = held(main="cri (enforce)", helper="cri (enforce)")
    message[WORKER] |= lists(HELD)
    assert confined(seeing(obj, on_nodes=message), pod=NAME, profile=PROFILE).causes == causes


def test_an_unset_profile_that_is_not_loaded_either_is_not_told_as_loaded() -> None:
    message = held(main="cri (enforce)")
    message[WORKER] |= lists()
    assert confined(seeing(pod(), on_nodes=message), pod=NAME, profile=PROFILE).causes == {"profile-unset"}


def test_a_pod_that_does_not_run_tells_what_it_asks_for() -> None:
    states = {"main": waiting("CreateContainerError", "apparmor profile not found web-files")}
    obj = pod([container(securityContext=ASKED)], states=states)
    assert confined(seeing(obj), pod=NAME, profile=PROFILE).causes == {"not-running", "profile-asked-for"}


@pytest.mark.parametrize(("words", "causes"), [(NO_PERMISSION, {"refuses-too-much"}), ("Read-only", frozenset())])
def test_a_profile_that_refuses_what_must_be_written(words: str, causes: set[str]) -> None:
    obj = pod([container(volumeMounts=[{"name": "data", "mountPath": "/data"}])])
    found = tried(obj, {"main": HELD}, {("main", KEPT): NO_PERMISSION, ("main", LET): words})
    assert found.causes == causes


def test_where_the_volume_is_gone_the_profile_is_not_to_blame() -> None:
    refusals = {("main", KEPT): NO_PERMISSION, ("main", LET): "No such file or directory"}
    assert tried(pod(), {"main": HELD}, refusals).causes == {"no-volume"}
