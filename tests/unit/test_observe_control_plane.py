"""An API server that does not answer: whose fault it is, by what its node shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from checkers.api import LabBroken, LearnerBroke, NoObservation, NotSeen, Verdict
from lab.cluster.engine import Completed
from lab.errors import LabError
from lab.grading.control_plane import Down, trouble, why_down
from lab.grading.machines import Machines
from tests.unit.support.clocks import BEGAN, Hands
from tests.unit.support.control_plane import LONG_AGO, container, healthy, manifest
from tests.unit.support.engines import HandMadeEngine, HandMadeNode, done

API, ETCD = "kube-apiserver", "etcd"
Shown = Mapping[str, Completed | Exception]

A_MINUTE, TWO_MINUTES = timedelta(minutes=1), timedelta(minutes=2)
CRASH = (
    'E1125 03:51:31.744182       1 run.go:72] "command failed" err="open /etc/kubernetes/enc/none.yaml: no such file"'
)


def node(*shown: Shown) -> HandMadeEngine:
    """A lab whose control plane shows this, and is healthy in all else."""
    answers: dict[str, Completed | Exception] = {}
    for part in (*reversed(shown), healthy()):
        answers |= {words: said for words, said in part.items() if words not in answers}
    return HandMadeEngine(HandMadeNode(answers=answers))


def found(*shown: Shown) -> NoObservation | None:
    """What an observation raises where nothing comes back."""
    return trouble(Machines(node(*shown), 10), Hands().clock)


def why(*shown: Shown) -> Down:
    """What is said to whoever asks."""
    return why_down(node(*shown), Hands().clock)


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
    assert "Its last lines:\nError: unknown flag: --alow\nMend" in told.words.en


def test_an_error_of_several_lines_is_told_whole() -> None:
    log = 'E1127 07:23:16.2 3808 run.go:72] "command failed" err=<\n\terror while parsing:\n\tkey is there\n >\n'
    told = why(manifest(API, A_MINUTE), container(API, timedelta(seconds=20), ended=1, log=f"{log}I1127 bye\n"))
    assert told.log == ('"command failed" err=< error while parsing: key is there >',)


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


def test_the_end_of_the_api_server_is_told_though_etcd_was_started_a_moment_ago() -> None:
    new_etcd = container(ETCD, timedelta(seconds=40))
    told = found(new_etcd, manifest(API, A_MINUTE), container(API, timedelta(seconds=20), ended=1, log=CRASH))
    assert isinstance(told, LearnerBroke)
    assert "no such file" in told.words.en


def test_a_container_that_is_up_for_a_moment_between_two_ends_is_no_start() -> None:
    again = crashing_again(runs_for=timedelta(seconds=2))
    told = found(manifest(API, TWO_MINUTES), container(API, A_MINUTE, ended=1, log=CRASH), again)
    assert isinstance(told, LearnerBroke)
    assert "no such file" in told.words.en


def test_a_container_that_was_started_after_its_file_was_mended_only_needs_time() -> None:
    again = crashing_again(runs_for=timedelta(seconds=2))
    mended = {"find -L /etc/kubernetes/enc": done(stdout="/etc/kubernetes/enc/config.yaml\n")}
    told = found(manifest(API, TWO_MINUTES), container(API, A_MINUTE, ended=1, log=CRASH), again, mended)
    assert isinstance(told, NotSeen)
    assert "is being started" in told.words.en


def test_until_the_kubelet_starts_it_again_a_mended_file_is_nobodys_fault() -> None:
    mended = {"find -L /etc/kubernetes/enc": done(stdout="/etc/kubernetes/enc/config.yaml\n")}
    told = found(manifest(API, TWO_MINUTES), container(API, A_MINUTE, ended=1, log=CRASH), mended)
    assert isinstance(told, NotSeen)
    assert "changed since" in told.words.en
    assert "no such file" in told.words.en


def test_without_a_kubelet_nothing_starts_and_that_is_said() -> None:
    told = found(manifest(API, A_MINUTE), {"is-active kubelet": done(code=3, stdout="inactive\n")}, gone(API))
    assert isinstance(told, LearnerBroke)
    assert "systemctl start kubelet" in told.words.en


def test_one_that_runs_by_another_manifest_and_does_not_answer_is_the_learners() -> None:
    told = why(manifest(API, TWO_MINUTES), container(API, A_MINUTE + A_MINUTE), {f"{API}.yaml /etc": done(code=1)})
    assert told.verdict is Verdict.FAIL
    assert "is not the one that the lab was made with" in told.why.en


def test_an_api_server_that_ends_is_told_before_an_etcd_whose_manifest_was_changed() -> None:
    ends = container(API, timedelta(seconds=20), ended=1, log=CRASH)
    told = why({f"{ETCD}.yaml /etc": done(code=1)}, manifest(API, A_MINUTE), ends)
    assert told.log == ('"command failed" err="open /etc/kubernetes/enc/none.yaml: no such file"',)


def test_where_nothing_was_touched_it_is_the_labs() -> None:
    told = why()
    assert told.verdict is Verdict.BROKEN
    assert "ckslab --name cks status" in told.mend.en


def test_why_an_api_server_is_down_is_one_sentence_its_log_and_what_to_do() -> None:
    told = why(manifest(API, A_MINUTE), container(API, timedelta(seconds=20), ended=1, log=CRASH))
    assert told.verdict is Verdict.FAIL
    assert "kube-apiserver on kube-control-plane ended with exit code 1" in told.why.en
    assert told.log == ('"command failed" err="open /etc/kubernetes/enc/none.yaml: no such file"',)
    assert "/etc/kubernetes/manifests/kube-apiserver.yaml" in told.mend.zh


def test_of_a_node_that_is_gone_the_lab_says_so_itself() -> None:
    told = why({"etcd.yaml": LabError("node.gone", node="kube-control-plane")})
    assert told.verdict is Verdict.BROKEN
    assert "ckslab up" in told.words.en


def gone(part: str) -> Shown:
    """No container of the part is left."""
    return {f"container.name={part}": done(stdout="{}")}


def crashing_again(*, runs_for: timedelta) -> Shown:
    """One that ended a minute ago, and one that was started since and runs."""
    ended, runs = BEGAN - A_MINUTE, BEGAN - runs_for
    listed = [
        {"id": f"id-of-{API}", "state": "CONTAINER_EXITED", "createdAt": str(int(ended.timestamp() * 1e9))},
        {"id": "new", "state": "CONTAINER_RUNNING", "createdAt": str(int(runs.timestamp() * 1e9))},
    ]
    return {f"container.name={API}": done(stdout=json.dumps({"containers": listed}))}


def test_a_node_that_is_gone_is_the_labs() -> None:
    told = found({"etcd.yaml": LabError("node.gone", node="kube-control-plane")})
    assert isinstance(told, LabBroken)
    assert "ckslab up" in told.words.en
