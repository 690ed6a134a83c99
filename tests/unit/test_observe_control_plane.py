"""An API server that does not answer: whose fault it is, by what its node shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from checkers.api import LabBroken, LearnerBroke, NoLook, NotSeen
from lab.cluster.engine import Completed
from lab.errors import LabError
from lab.grading.control_plane import trouble
from lab.grading.machines import Machines
from tests.unit.support.clocks import Hands
from tests.unit.support.control_plane import LONG_AGO, container, healthy, manifest
from tests.unit.support.engines import HandMadeEngine, HandMadeNode, done

API, ETCD = "kube-apiserver", "etcd"
Shown = Mapping[str, Completed | Exception]

A_MINUTE, TWO_MINUTES = timedelta(minutes=1), timedelta(minutes=2)
CRASH = (
    'E1125 03:51:31.744182       1 run.go:72] "command failed" err="open /etc/kubernetes/enc/none.yaml: no such file"'
)


def found(*shown: Shown) -> NoLook | None:
    """What is told of a node that shows this, and is healthy in all else."""
    answers: dict[str, Completed | Exception] = {}
    for own in (*reversed(shown), healthy()):
        answers |= {words: said for words, said in own.items() if words not in answers}
    engine = HandMadeEngine(HandMadeNode(answers=answers))
    return trouble(Machines(engine, 10), Hands().clock)


def test_where_everything_runs_nothing_explains_it() -> None:
    assert found() is None


def test_a_container_that_ended_with_an_error_is_the_learners_and_its_last_words_are_told() -> None:
    told = found(manifest(API, A_MINUTE), container(API, timedelta(seconds=20), ended=1, log=f"I1125 begin\n{CRASH}\n"))
    assert isinstance(told, LearnerBroke)
    assert "exit code 1" in told.words.en
    assert "open /etc/kubernetes/enc/none.yaml: no such file" in told.words.zh
    assert "run.go" not in told.words.en
    assert "begin" not in told.words.en


def test_a_program_that_tells_all_its_flags_still_has_its_error_told() -> None:
    log = "\n".join(["Error: unknown flag: --alow", "Usage:", *(f"  --flag-{number}" for number in range(99))])
    told = found(manifest(API, A_MINUTE), container(API, timedelta(seconds=20), ended=1, log=log))
    assert told is not None
    assert "Its last lines: Error: unknown flag: --alow Mend" in told.words.en


def test_etcd_explains_an_api_server_that_waits_for_it() -> None:
    told = found(
        manifest(ETCD, A_MINUTE), container(ETCD, timedelta(seconds=20), ended=2, log="panic: no such directory")
    )
    assert isinstance(told, LearnerBroke)
    assert "etcd on kube-control-plane" in told.words.en


@pytest.mark.parametrize(
    "end", [{"ended": 137, "reason": "OOMKilled"}, {"ended": 1, "log": "E1125 write /x: No space left on device"}]
)
def test_a_machine_that_is_too_small_is_the_labs(end: dict[str, object]) -> None:
    assert isinstance(found(manifest(API, A_MINUTE), container(API, timedelta(seconds=20), **end)), LabBroken)  # type: ignore[arg-type]


def test_a_manifest_that_is_gone_is_the_learners() -> None:
    told = found({"kube-apiserver.yaml": done(code=1, stderr="No such file")})
    assert isinstance(told, LearnerBroke)
    assert "There is no /etc/kubernetes/manifests/kube-apiserver.yaml" in told.words.en


@pytest.mark.parametrize(
    "line",
    [
        '"Could not process manifest file" err="invalid pod: [x: Required value]" path="kube-apiserver.yaml"',
        'MountVolume.SetUp failed for volume "enc" pod "kube-apiserver": hostPath type check: /enc is not a file',
    ],
)
def test_a_manifest_that_the_kubelet_refuses_is_the_learners(line: str) -> None:
    noise = 'err="Post https://10.0.0.2:6443: connect: connection refused" event="Error syncing pod kube-apiserver"'
    complaint = {"journalctl": done(stdout=f"{line}\n{noise}\n")}
    told = found(manifest(API, A_MINUTE), container(API, LONG_AGO, ended=0), complaint)
    assert isinstance(told, LearnerBroke)
    assert "invalid pod" in told.words.en or "/enc is not a file" in told.words.en


def test_an_api_server_that_is_being_replaced_is_not_seen_yet() -> None:
    told = found(manifest(API, timedelta(seconds=10)), container(API, LONG_AGO))
    assert isinstance(told, NotSeen)


def test_the_end_of_a_container_of_an_earlier_manifest_says_nothing_of_this_one() -> None:
    told = found(manifest(API, timedelta(seconds=10)), container(API, A_MINUTE, ended=1, log=CRASH))
    assert isinstance(told, NotSeen)


def test_an_api_server_that_has_just_been_started_is_not_seen_yet() -> None:
    assert isinstance(found(manifest(API, TWO_MINUTES), container(API, timedelta(seconds=5))), NotSeen)


def test_an_api_server_that_never_comes_though_nothing_is_wrong_with_it_is_the_labs() -> None:
    assert found(manifest(API, TWO_MINUTES), container(API, LONG_AGO, ended=0)) is None


def test_a_node_that_is_gone_is_the_labs() -> None:
    told = found({"etcd.yaml": LabError("node.gone", node="kube-control-plane")})
    assert isinstance(told, LabBroken)
    assert "ckslab up" in told.words.en
