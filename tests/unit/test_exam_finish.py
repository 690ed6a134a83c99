"""The end of a sitting: closed, settled, graded twice, opened again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from checkers.api import Check, Finding, Observer, Verdict
from lab.catalog.model import Criterion, Exercise, Localized
from lab.errors import LabError
from lab.exam import recordings
from lab.exam.finish import AGAIN, SETTLE, Finish, hand_in
from lab.exam.hosts import Host
from lab.exam.sittings import Journal, Sittings
from lab.exam.state import Phase
from lab.exam.verdicts import TaskGrade
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import done
from tests.unit.support.exam_labs import ExamLab, session
from tests.unit.support.exercises import exercise, finding
from tests.unit.support.sittings import HOSTS, Computer, database, plan

pytestmark = pytest.mark.usefixtures("english")


def judged(name: str, verdicts: Sequence[Verdict]) -> Exercise:
    """An exercise that is judged so, one time after the other; the last verdict stays."""
    left = list(verdicts)

    def look(lab: Observer) -> Finding:
        return finding(left.pop(0) if len(left) > 1 else left[0])

    found = Criterion("one", Localized("it holds", "成立"), 4, Check("test.one", look), {})
    return replace(exercise([found], name=name), domain="first", objective="about")


class Sat:
    """Four tasks on two hosts, handed in after a minute."""

    def __init__(self, **verdicts: Sequence[Verdict]) -> None:
        self.computer = Computer()
        sittings = Sittings(database())
        exercises = [judged(f"ex-{n}", verdicts.get(f"ex_{n}", [Verdict.PASS])) for n in (1, 2, 3, 4)]
        self.labs = [ExamLab(lab="cks"), ExamLab(lab="cks-2")]
        self.hands = Hands()
        self.hosts = [
            Host(name, session(lab, exercises, self.hands)) for name, lab in zip(HOSTS, self.labs, strict=True)
        ]
        sitting = sittings.begin(plan(), self.computer.now(), dict(zip(HOSTS, ("cks", "cks-2"), strict=True)))
        self.journal = Journal(sittings, sitting, self.computer.now)
        self.computer.wait(60)
        self.journal.hand_in()
        self.number = sitting.number
        self.finish = Finish(sitting, self.journal, self.hosts, Path("state"))

    def run(self) -> None:
        self.finish.run(clock=self.hands.clock)

    def grade(self, position: int) -> TaskGrade:
        grade = self.journal.state().task(position).grade
        assert grade is not None
        return grade


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_task_is_graded_and_the_sitting_with_it() -> None:
    sat = Sat(ex_2=[Verdict.FAIL])
    sat.run()
    assert sat.journal.state().phase is Phase.GRADED
    assert [sat.grade(n).earned for n in (1, 2, 3, 4)] == [4, 0, 4, 4]


def test_two_grades_that_differ_were_not_seen() -> None:
    sat = Sat(ex_1=[Verdict.FAIL, Verdict.PASS], ex_2=[Verdict.PASS, Verdict.FAIL])
    sat.run()
    assert [sat.grade(n).criteria[0].verdict for n in (1, 2)] == [Verdict.UNSEEN, Verdict.UNSEEN]


def test_the_machines_are_closed_before_anything_is_graded_and_open_when_all_is() -> None:
    sat = Sat()
    sat.run()
    for lab in sat.labs:
        for node in (lab.workstation, lab.node):
            assert [line.split()[-1] for line in node.ran if "access" in line] == ["close", "reopen"]
        assert lab.node.ran[0].endswith("close")


def test_who_hands_in_closes_the_machines_at_once_and_a_host_that_is_gone_keeps_nobody_from_it() -> None:
    sat = Sat()
    sat.labs[0].workstation.answers["access close"] = LabError("node.gone", node="base")
    hand_in(sat.journal, sat.hosts)
    assert sat.labs[1].did("access close")
    assert sat.journal.state().phase is Phase.ENDED


def test_what_is_on_its_way_may_arrive() -> None:
    sat = Sat()
    terminating = {"items": [{"metadata": {"deletionTimestamp": "now"}, "status": {"phase": "Running"}}]}
    sat.labs[0].node.answers["get pods --all-namespaces"] = done(stdout=json.dumps(terminating))
    sat.run()
    assert sat.hands.passed == pytest.approx(SETTLE, abs=2)
    assert sat.journal.state().phase is Phase.GRADED


def test_a_task_that_was_done_on_another_host_names_it() -> None:
    # Task 1 is on the second host; the third time that it is judged is on the first.
    sat = Sat(ex_1=[Verdict.FAIL, Verdict.FAIL, Verdict.PASS])
    sat.run()
    assert (sat.grade(1).elsewhere, sat.grade(1).earned) == (HOSTS[0], 0)
    assert sat.grade(2).elsewhere == ""


def test_what_was_seen_is_saved_to_be_judged_again() -> None:
    sat = Sat()
    sat.run()
    assert recordings.path(Path("state"), sat.number, 3).is_file()


def test_a_host_that_cannot_be_observed_is_nobodys_failure() -> None:
    sat = Sat()

    def refuse(*_: object) -> object:
        raise LabError("node.gone", node="kube-control-plane")

    sat.hosts[1].session.observe = refuse  # type: ignore[assignment]
    sat.run()
    assert [sat.grade(n).criteria[0].verdict for n in (1, 3)] == [Verdict.BROKEN, Verdict.BROKEN]
    assert [sat.grade(n).earned for n in (2, 4)] == [4, 4]


def test_a_host_that_is_gone_at_the_end_is_nobodys_failure_and_the_others_are_graded() -> None:
    sat = Sat()
    sat.labs[1].workstation.answers["access close"] = LabError("node.gone", node="base")
    sat.run()
    assert sat.hands.passed >= AGAIN
    assert [sat.grade(n).criteria[0].verdict for n in (1, 3)] == [Verdict.BROKEN, Verdict.BROKEN]
    assert [sat.grade(n).earned for n in (2, 4)] == [4, 4]
    assert sat.journal.state().phase is Phase.GRADED


def test_the_tasks_of_a_host_that_was_given_up_are_not_graded() -> None:
    sat = Sat()
    sat.journal.lost(HOSTS[1])
    sat.run()
    assert sat.journal.state().task(1).grade is None
    assert sat.journal.state().phase is Phase.GRADED
    assert sat.labs[1].node.ran == []


def test_grading_that_was_cut_off_goes_on_where_it_was() -> None:
    sat = Sat(ex_1=[Verdict.FAIL])
    sat.journal.graded(1, TaskGrade(()))
    sat.run()
    assert sat.grade(1).criteria == ()
    assert sat.grade(3).earned == 4
