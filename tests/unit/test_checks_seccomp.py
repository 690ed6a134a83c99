"""Filters of system calls, by observations made by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checkers.api import Finding, NotSeen, Ran, Verdict
from checkers.seccomp import held, installed, lets, refuses
from tests.unit.support.observations import NAME, HandMade, Object, container, node, pod, proc_status, seeing, waiting

PROFILE = "profiles/web.json"
ROOT = "/var/lib/kubelet/seccomp"
LOCALHOST = {"seccompProfile": {"type": "Localhost", "localhostProfile": PROFILE}}

# Installed


def on_nodes(**files: str) -> Finding:
    """What each node has below the directory of profiles."""
    names = {"worker": "kube-worker-1", "control_plane": "kube-control-plane"}
    lab = HandMade(
        [node(name) for name in names.values()],
        on_nodes={names[short]: {"find": Ran(0, paths, "")} for short, paths in files.items()},
    )
    return installed(lab, node="kube-worker-1", profile=PROFILE)


def test_a_profile_at_its_place_passes() -> None:
    finding = on_nodes(worker=f"{ROOT}/{PROFILE}\n", control_plane="")
    assert (finding.verdict, finding.found.en) == (Verdict.PASS, f"kube-worker-1: {ROOT}/{PROFILE}")


@pytest.mark.parametrize(
    ("worker", "control_plane", "causes"),
    [
        ("", "", {"not-there"}),
        ("", f"{ROOT}/{PROFILE}\n", {"elsewhere"}),
        (f"{ROOT}/web.json\n", "", {"other-path"}),
        ("", f"{ROOT}/web.json\n", {"not-there"}),
    ],
)
def test_a_profile_that_is_not_at_its_place(worker: str, control_plane: str, causes: set[str]) -> None:
    finding = on_nodes(worker=worker, control_plane=control_plane)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)


def test_where_the_profile_lies_instead_is_told() -> None:
    finding = on_nodes(worker=f"{ROOT}/web.json\n", control_plane=f"{ROOT}/{PROFILE}\n")
    assert finding.found.en == f"kube-worker-1: {ROOT}/web.json; kube-control-plane: {ROOT}/{PROFILE}"


# Held


def filtered(mode: int) -> dict[str, Ran]:
    return {"cat /proc/1/status": Ran(0, f"{proc_status().stdout}Seccomp:\t{mode}\n", "")}


def holding(obj: Object, **modes: int) -> Finding:
    lab = seeing(obj, {name: filtered(mode) for name, mode in modes.items()})
    return held(lab, workload=NAME, kind="Pod", profile=PROFILE)


@pytest.mark.parametrize("level", ["pod", "container"])
def test_a_container_that_names_the_profile_and_has_a_filter_passes(level: str) -> None:
    of_pod, of_container = (
        (LOCALHOST, {}) if level == "pod" else ({"seccompProfile": {"type": "Unconfined"}}, LOCALHOST)
    )
    finding = holding(pod([container(securityContext=of_container)], securityContext=of_pod), main=2)
    assert finding.verdict is Verdict.PASS
    assert finding.found.en == f"container main: Seccomp: 2, seccompProfile: Localhost {PROFILE}"


@pytest.mark.parametrize(
    ("context", "mode", "cause"),
    [
        ({}, 0, "profile-unset"),
        ({"seccompProfile": {"type": "RuntimeDefault"}}, 2, "runtime-default"),
        ({"seccompProfile": {"type": "Unconfined"}}, 0, "unconfined"),
        ({"seccompProfile": {"type": "Localhost", "localhostProfile": "web.json"}}, 2, "other-profile"),
        ({"privileged": True, **LOCALHOST}, 0, "unconfined"),
    ],
)
def test_a_container_that_has_another_filter_or_none(context: dict[str, Any], mode: int, cause: str) -> None:
    finding = holding(pod([container(securityContext=context)]), main=mode)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {cause})


def test_a_field_without_a_filter_in_the_kernel_fails() -> None:
    assert holding(pod(securityContext=LOCALHOST), main=0).verdict is Verdict.FAIL


def test_one_container_of_two() -> None:
    finding = holding(pod([container(securityContext=LOCALHOST), container("helper")]), main=2, helper=0)
    assert finding.found.en == "container helper: Seccomp: 0, seccompProfile: null"
    assert finding.causes == {"some-containers", "profile-unset"}


def test_an_init_container_that_has_ended_counts_by_its_fields() -> None:
    exempt = container("prepare", securityContext={"seccompProfile": {"type": "Unconfined"}})
    finding = holding(pod(init=[exempt], securityContext=LOCALHOST), main=2)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"some-containers", "unconfined"})


def test_a_pod_whose_profile_is_not_on_its_node() -> None:
    said = f'cannot load seccomp profile "{ROOT}/{PROFILE}": no such file'
    obj = pod(phase="Pending", states={"main": waiting("CreateContainerError", said)}, securityContext=LOCALHOST)
    assert holding(obj).causes == {"not-running", "seccomp-profile-absent"}


# Refuses

REFUSED = Ran(1, "", "mkdir: can't create directory '/proc': Operation not permitted\n")
OTHER_ERROR = Ran(1, "", "mkdir: can't create directory '/proc': Permission denied\n")
ENDED = Ran(159, "", "")
MADE = Ran(1, "", "mkdir: can't create directory '/proc': File exists\n")
LISTED = Ran(0, "/proc\n", "")
REFUSING = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}],
}


def tried(*tries: tuple[Ran, Ran], rules: dict[str, Any] | None = None, file: str = "", **spec: Any) -> Finding:
    """What comes of both commands in each container, the filter that the runtime has set for all, and its file."""
    names = ["main", "helper"][: len(tries)]
    runs = {name: {"mkdir": refused, "ls": allowed} for name, (refused, allowed) in zip(names, tries, strict=True)}
    info = {"runtimeSpec": {"linux": {"seccomp": rules or REFUSING}}}
    of_node = {"crictl": Ran(0, json.dumps({"info": info}), ""), "cat": Ran(0, file, "")}
    obj = pod([container(name) for name in names] or [container()], **spec)
    lab = seeing(obj, runs, on_nodes={"kube-worker-1": of_node})
    return refuses(
        lab,
        workload=NAME,
        kind="Pod",
        refused=["mkdir", "/proc"],
        otherwise="File exists",
        allowed=["ls", "-d", "/proc"],
        calls=["mkdir", "mkdirat"],
    )


@pytest.mark.parametrize("refused", [REFUSED, OTHER_ERROR, ENDED])
def test_a_command_that_is_refused_beside_one_that_works_passes(refused: Ran) -> None:
    assert tried((refused, LISTED)).verdict is Verdict.PASS


def test_what_both_commands_said_is_told() -> None:
    finding = tried((MADE, LISTED))
    assert finding.found.en == (
        "container main: exit code 1: mkdir: can't create directory '/proc': File exists; exit code 0: /proc"
    )


@pytest.mark.parametrize(
    ("tries", "causes"),
    [
        ([(MADE, LISTED)], {"not-refused"}),
        ([(REFUSED, LISTED), (MADE, LISTED)], {"refused-in-some"}),
        ([(REFUSED, Ran(1, "", "ls: Operation not permitted"))], {"refuses-too-much"}),
    ],
)
def test_what_is_wrong_with_a_filter(tries: list[tuple[Ran, Ran]], causes: set[str]) -> None:
    finding = tried(*tries)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)


def test_a_profile_of_the_node_that_does_not_refuse() -> None:
    assert tried((MADE, LISTED), securityContext=LOCALHOST).causes == {"not-refused", "profile-lets"}


def test_a_call_that_no_program_of_the_image_makes_is_known_from_the_runtime() -> None:
    rules = {**REFUSING, "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}
    finding = tried((REFUSED, LISTED), rules=rules)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"call-left"})
    assert finding.found.en.endswith("its filter lets mkdirat through")


def test_a_file_that_lets_a_call_through_by_now_is_the_filter_of_the_next_container() -> None:
    loose = {**REFUSING, "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}
    finding = tried((REFUSED, LISTED), file=json.dumps(loose), securityContext=LOCALHOST)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"file-lets"})
    assert finding.found.en == f"kube-worker-1: {ROOT}/{PROFILE} lets mkdirat through"


@pytest.mark.parametrize("file", [json.dumps(REFUSING), "", "no profile", "[]"])
def test_a_file_that_refuses_or_starts_no_container_lets_nothing_through(file: str) -> None:
    assert tried((REFUSED, LISTED), file=file, securityContext=LOCALHOST).verdict is Verdict.PASS


def test_containers_without_the_programs_show_nothing() -> None:
    with pytest.raises(NotSeen):
        tried()


@pytest.mark.parametrize(
    ("default", "rules", "expected"),
    [
        ("SCMP_ACT_ALLOW", [], True),
        ("SCMP_ACT_LOG", [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}], False),
        ("SCMP_ACT_ERRNO", [{"names": ["mkdirat"], "action": "SCMP_ACT_ALLOW"}], False),
        ("SCMP_ACT_ERRNO", [{"names": ["mkdir"], "action": "SCMP_ACT_ALLOW"}], True),
        ("SCMP_ACT_ALLOW", [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1}]}], True),
        ("SCMP_ACT_ALLOW", [{"names": ["mkdir"], "action": "SCMP_ACT_KILL", "args": None}], False),
    ],
)
def test_what_a_filter_lets_through(default: str, rules: list[dict[str, Any]], expected: bool) -> None:
    assert lets({"defaultAction": default, "syscalls": rules}, "mkdir") is expected
