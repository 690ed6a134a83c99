"""An exam of a class: given to all at once, extended, watched to its end, and on the board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from checkers.api import Verdict
from lab import log
from lab.catalog.model import Catalog, Exercise, Scenario
from lab.cluster.engine import Engine
from lab.cluster.engine import State as LabState
from lab.errors import LabError, UsageError
from lab.exam.hosts import Host
from lab.exam.prepare import Wish
from lab.exam.proctor import MEND_AFTER
from lab.exam.sittings import Journal, Sitting, Sittings
from lab.exam.state import Phase, State
from lab.practice.session import Session
from lab.progress import OnProgress, ignore
from lab.workshop import exams, moving
from lab.workshop.class_file import Learner
from lab.workshop.events import Kind
from lab.workshop.exam_state import Phase as ExamPhase
from lab.workshop.exam_state import exams_of
from lab.workshop.exams import Given, Giving, extend, history_of, open_sitting, require_no_exam
from lab.workshop.homes import Homes
from lab.workshop.ledger import Ledger, folder
from lab.workshop.moving import Move
from lab.workshop.proctor import CLOCK_SECONDS, EVERY, ClassProctor, alone
from lab.workshop.state import place_of
from tests.unit.support.classes import class_of
from tests.unit.support.clocks import Hands
from tests.unit.support.exam_labs import ExamLab, session
from tests.unit.support.exams import blueprint, candidate
from tests.unit.support.exercises import criterion
from tests.unit.support.sittings import Computer

pytestmark = pytest.mark.usefixtures("english")

CLASS = class_of(3)
ADA, BOB, EVE = CLASS.learners
WISH = Wish(blueprint(), 7)
MINUTES = blueprint().minutes


def task(name: str, verdict: Verdict = Verdict.FAIL) -> Exercise:
    """An exercise that is judged so, whatever is done."""
    made = candidate(name, level="medium" if name[-1] in "13579" else "easy")
    return replace(made, criteria=(criterion("one", verdict, points=4),), scenario=Scenario())


def tasks(solved: str = "") -> list[Exercise]:
    names = [f"ex-{n}" for n in range(8)]
    return [task(name, Verdict.PASS if name == solved else Verdict.FAIL) for name in names]


class Hall:
    """Three seats on which an exam can be sat, and a computer whose clock stands still unless somebody waits."""

    def __init__(self) -> None:
        self.computer = Computer()
        self.hands = Hands()
        self.ledger = Ledger(watch=self.computer.now)
        self.labs = {name: ExamLab(lab=name) for name in CLASS.seats}
        self.exercises = {name: tasks() for name in CLASS.seats}
        self.catalog = session(self.labs["m-01"], tasks()).catalog
        self.at: dict[float, Callable[[], None]] = {}

    def session(self, seat: str) -> Session:
        return session(self.labs[seat], self.exercises[seat], self.hands)

    def hosts(self, sitting: Sitting, catalog: Catalog) -> Sequence[Host]:
        return [Host(name, self.session(seat)) for name, seat in sitting.labs.items()]

    def give(self, *learners: Learner, wish: Wish = WISH) -> Given:
        giving = Giving(CLASS, self.catalog, self.ledger, self.session, watch=self.computer.now, clock=self.hands.clock)
        return giving.run(wish, learners or CLASS.learners, ignore)

    def extend(self, learner: Learner, seconds: float = 300) -> bool:
        found = {"open_hosts": self.hosts, "watch": self.computer.now}
        return extend(CLASS, self.catalog, self.ledger, learner, seconds, **found)

    def state(self, learner: Learner) -> State:
        sitting = open_sitting(CLASS, learner)
        assert sitting is not None
        return sitting.state(self.computer.now())

    def journal(self, learner: Learner) -> Journal:
        sittings = Sittings(history_of(CLASS, learner).database)
        return Journal(sittings, sittings.get(), self.computer.now)

    def proctor(self) -> ClassProctor:
        def sleep(seconds: float) -> None:
            self.computer.wait(max(0.01, seconds))
            for when in [when for when in self.at if when <= self.computer.seconds]:
                self.at.pop(when)()

        clock = replace(self.hands.clock, sleep=sleep)
        return ClassProctor(
            CLASS, self.catalog, self.ledger, self.mover, open_hosts=self.hosts, watch=self.computer.now, clock=clock
        )

    def mover(self, learner: Learner) -> Move:
        homes = Homes(folder(CLASS.id))
        return Move(CLASS, learner, self.catalog, self.ledger, homes, self.labs.__getitem__, watch=self.computer.now)

    def dies(self, seat: str, after: float) -> None:
        """The host node under a seat does, in so many seconds."""

        def die() -> None:
            self.labs[seat].running, self.labs[seat].state = False, LabState.PARTIAL

        self.at[self.computer.seconds + after] = die

    def in_reserve(self, seat: str) -> None:
        self.ledger.add(Kind.READY, seat=seat)

    def place(self, learner: Learner) -> str:
        return place_of(CLASS, learner, self.ledger.events())

    def phases(self) -> dict[int, ExamPhase]:
        return {learner: state.phase for learner, state in exams_of(self.ledger.events()).items()}


@pytest.fixture
def hall() -> Hall:
    return Hall()


# Giving it


def test_all_get_the_same_tasks_at_the_same_moment(hall: Hall) -> None:
    given = hall.give()
    assert given.learners == CLASS.learners
    plans = [open_sitting(CLASS, learner) for learner in CLASS.learners]
    assert all(each is not None and each.plan == given.plan for each in plans)
    assert {hall.state(learner).left for learner in CLASS.learners} == {MINUTES * 60}


def test_every_machine_of_a_seat_closes_by_itself_at_the_end(hall: Hall) -> None:
    hall.give()
    for seat in ("m-01", "m-02", "m-03"):
        assert len(hall.labs[seat].did(f"access close-after {MINUTES * 60}")) == 2
    assert hall.labs["m-04"].did("access") == []


def test_the_ledger_hears_that_it_comes_and_begins(hall: Hall) -> None:
    given = hall.give(ADA)
    coming, began = hall.ledger.events()
    assert (coming.kind, began.kind, began.learner) == (Kind.EXAM_COMING, Kind.EXAM_BEGAN, 1)
    assert began.detail == {
        "exam": "short@7",
        "seconds": MINUTES * 60,
        "tasks": [each.exercise for each in given.plan.tasks],
    }


def test_a_seat_that_cannot_have_the_same_tasks_has_no_exam_and_the_others_begin(hall: Hall) -> None:
    drawn = hall.give(EVE).plan.tasks[0].exercise
    hall.exercises["m-02"] = tasks(drawn)
    given = hall.give(ADA, BOB)
    assert given.learners == (ADA,)
    assert "Seat m-02 cannot have the same tasks" in given.refused["m-02"]
    assert hall.phases() == {1: ExamPhase.UNDER_WAY, 2: ExamPhase.CANCELLED, 3: ExamPhase.UNDER_WAY}
    assert open_sitting(CLASS, BOB) is None


def test_a_seat_that_does_not_come_up_says_why(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    def up(progress: OnProgress) -> None:
        raise LabError("class.not_ready", "no answer", seat="m-01")

    monkeypatch.setattr(hall.labs["m-01"], "up", up)
    assert hall.give().refused == {"m-01": "Seat m-01 does not work as it should. no answer"}


def test_an_instructor_who_thinks_better_of_it_gives_no_exam(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exams, "prepare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hall.give(ADA, BOB)
    assert hall.phases() == {1: ExamPhase.CANCELLED, 2: ExamPhase.CANCELLED}


def test_a_machine_that_would_not_close_at_the_end_has_no_exam_and_stays_open(hall: Hall) -> None:
    hall.labs["m-02"].workstation.answers["close-after"] = LabError("node.gone", node="base")
    given = hall.give(ADA, BOB)
    assert (given.learners, list(given.refused)) == ((ADA,), ["m-02"])
    assert hall.labs["m-02"].did("access")[-1].endswith("reopen")


def test_nobody_gets_a_second_exam_while_they_sit_one(hall: Hall) -> None:
    hall.give(BOB)
    with pytest.raises(UsageError) as caught:
        hall.give(ADA, BOB)
    assert (caught.value.key, caught.value.params["seats"]) == ("class.in_exam", "m-02")
    require_no_exam(hall.ledger, [ADA])


def test_a_report_that_is_still_open_is_in_nobodys_way(hall: Hall) -> None:
    hall.give(ADA)
    hall.journal(ADA).hand_in()
    hall.proctor().run()
    assert hall.state(ADA).phase is Phase.GRADED
    hall.give(ADA, wish=replace(WISH, seed=8))
    assert (hall.state(ADA).phase, open_sitting(CLASS, ADA).plan.seed) == (Phase.UNDER_WAY, 8)  # type: ignore[union-attr]


# More time


def test_more_time_is_on_the_clock_and_on_the_machines(hall: Hall) -> None:
    hall.give(ADA)
    hall.computer.wait(60)
    assert hall.extend(ADA, 300)
    left = MINUTES * 60 - 60 + 300
    assert hall.state(ADA).left == left
    assert len(hall.labs["m-01"].did(f"access close-after {left}")) == 2
    assert exams_of(hall.ledger.events())[1].left(hall.computer.now()) == left


def test_who_sits_no_exam_gets_no_more_time(hall: Hall) -> None:
    assert not hall.extend(ADA)
    hall.give(ADA)
    hall.journal(ADA).hand_in()
    assert not hall.extend(ADA)


def test_an_exam_that_is_as_good_as_over_is_not_extended(hall: Hall) -> None:
    hall.give(ADA)
    hall.computer.wait(MINUTES * 60 - 1)
    assert not hall.extend(ADA)


# Watching it


def test_at_the_end_every_exam_is_graded_and_told(hall: Hall) -> None:
    given = hall.give(ADA, BOB)
    solved = given.plan.tasks[0]
    hall.exercises["m-01"] = tasks(solved.exercise)
    hall.proctor().run()
    assert hall.phases() == {1: ExamPhase.GRADED, 2: ExamPhase.GRADED}
    assert [exams_of(hall.ledger.events())[number].percent for number in (1, 2)] == [solved.weight, 0]
    graded = [event for event in hall.ledger.events() if event.kind is Kind.GRADED and event.learner == 1]
    assert [event.detail["exercise"] for event in graded] == [each.exercise for each in given.plan.tasks]
    assert graded[0].detail["criteria"] == {"one": ["pass", 4, 4]}
    assert {event.detail["exam"] for event in graded} == {"short@7"}


def test_the_machines_are_closed_before_they_are_graded_and_then_opened(hall: Hall) -> None:
    hall.give(ADA)
    hall.proctor().run()
    assert [line.split()[-1] for line in hall.labs["m-01"].did("access")][-2:] == ["close", "reopen"]


def test_a_seat_that_fails_stops_the_clock_on_the_board_too(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    wait, lab = hall.computer.wait, hall.labs["m-01"]

    def wait_until_it_is_back(seconds: float) -> None:
        wait(seconds)
        lab.running = lab.running or hall.computer.now().seconds - failed > 40

    hall.give(ADA)
    lab.running, failed = False, hall.computer.now().seconds
    monkeypatch.setattr(hall.computer, "wait", wait_until_it_is_back)
    hall.proctor().watch(ADA)
    events = hall.ledger.events()
    (began,) = [event for event in events if event.kind is Kind.EXAM_BEGAN]
    (ended,) = [event for event in events if event.kind is Kind.EXAM_ENDED]
    took = ended.at.seconds - began.at.seconds
    assert took > MINUTES * 60 + 30
    assert abs(exams_of(events)[1].seconds - took) < 2 * CLOCK_SECONDS


@pytest.fixture
def _looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "look_at", lambda engine: None)


@pytest.mark.usefixtures("_looked_at")
def test_who_loses_their_seat_with_all_that_was_done_goes_on_in_reserve_with_the_whole_time(hall: Hall) -> None:
    hall.give(ADA)
    hall.in_reserve("m-04")
    hall.dies("m-01", after=MINUTES * 30)
    began = hall.computer.seconds
    hall.proctor().watch(ADA)
    state, took = hall.state(ADA), hall.computer.seconds - began
    assert hall.place(ADA) == "m-04"
    assert state.lost == state.gone == frozenset()
    assert state.credited == pytest.approx(MINUTES * 30, abs=EVERY)
    assert state.given_back == pytest.approx(MEND_AFTER, abs=EVERY)
    assert took == pytest.approx(MINUTES * 90 + MEND_AFTER, abs=2 * EVERY)
    assert hall.labs["m-04"].did("access close-after")


@pytest.mark.usefixtures("_looked_at")
def test_what_is_done_at_the_other_seat_is_what_is_graded(hall: Hall) -> None:
    solved = hall.give(ADA).plan.tasks[0]
    hall.in_reserve("m-04")
    hall.exercises["m-04"] = tasks(solved.exercise)
    hall.dies("m-01", after=60)
    hall.proctor().watch(ADA)
    assert exams_of(hall.ledger.events())[1].percent == solved.weight


@pytest.mark.usefixtures("_looked_at")
def test_the_sitting_is_at_the_other_seat_before_the_learners_app_opens_it_there(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    labs: list[str] = []
    arrive = Move.arrive

    def arriving(self: Move, new: Engine) -> None:
        sitting = open_sitting(CLASS, ADA)
        assert sitting is not None
        labs.append(sitting.first_lab)
        arrive(self, new)

    monkeypatch.setattr(Move, "arrive", arriving)
    hall.give(ADA)
    hall.in_reserve("m-04")
    hall.dies("m-01", after=60)
    hall.proctor().watch(ADA)
    assert labs == ["m-04"]


@pytest.mark.usefixtures("_looked_at")
def test_without_a_reserve_a_seat_is_made_anew_and_the_tasks_are_set_there(hall: Hall) -> None:
    hall.give(ADA)
    hall.dies("m-01", after=60)
    hall.proctor().watch(ADA)
    assert hall.labs["m-01"].up_again == 2  # once to be given the exam
    assert hall.place(ADA) == "m-01"
    assert hall.state(ADA).credited == pytest.approx(60, abs=EVERY)


@pytest.mark.usefixtures("_looked_at")
def test_a_reserve_that_fails_is_lost_and_another_one_is_taken(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(progress: object) -> None:
        raise LabError("class.not_ready", seat="m-03")

    hall.give(ADA)
    hall.ledger.add(Kind.MOVED, seat="m-02", learner=EVE.number)
    hall.in_reserve("m-03")
    hall.in_reserve("m-04")
    monkeypatch.setattr(hall.labs["m-03"], "up", fail)
    monkeypatch.setattr(log, "fault", lambda *_: None)
    hall.dies("m-01", after=60)
    hall.proctor().watch(ADA)
    assert hall.place(ADA) == "m-04"
    assert [event.kind for event in hall.ledger.events() if event.seat == "m-03"][-2:] == [Kind.TAKEN, Kind.LOST]


@pytest.mark.usefixtures("_looked_at")
def test_where_no_seat_can_be_had_the_tasks_are_nobodys_failure(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(progress: object) -> None:
        raise LabError("class.not_ready", seat="m-01")

    hall.give(ADA)
    monkeypatch.setattr(hall.labs["m-01"], "up", fail)
    monkeypatch.setattr(log, "fault", lambda *_: None)
    hall.dies("m-01", after=60)
    hall.proctor().watch(ADA)
    assert hall.state(ADA).lost
    assert exams_of(hall.ledger.events())[1].percent is None


def test_of_a_seat_that_works_the_ledger_hears_of_no_clock(hall: Hall) -> None:
    hall.give(ADA)
    hall.extend(ADA)
    hall.proctor().watch(ADA)
    assert Kind.CLOCK not in [event.kind for event in hall.ledger.events()]


def test_a_proctor_that_was_killed_is_gone_on_from(hall: Hall) -> None:
    hall.give(ADA)
    hall.journal(ADA).hand_in()
    hall.ledger.add(Kind.EXAM_ENDED, learner=1)
    hall.proctor().run()
    assert hall.phases() == {1: ExamPhase.GRADED}
    assert [event.kind for event in hall.ledger.events()].count(Kind.EXAM_ENDED) == 1


def test_what_its_learner_has_put_aside_is_told_all_the_same(hall: Hall) -> None:
    hall.give(ADA)
    hall.journal(ADA).hand_in()
    hall.proctor().watch(ADA)
    hall.journal(ADA).close()
    before = len(hall.ledger.events())
    hall.proctor().watch(ADA)
    assert [event.kind for event in hall.ledger.events()[before:]][-1] is Kind.EXAM_GRADED


def test_what_could_not_be_graded_is_tried_again(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.give(ADA)
    hall.journal(ADA).hand_in()
    tries: list[int] = []
    proctor = hall.proctor()
    watch = proctor.watch

    def once_refused(learner: Learner) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise LabError("class.not_ready", seat=learner.seat)
        watch(learner)

    monkeypatch.setattr(log, "fault", lambda *_: None)
    monkeypatch.setattr(proctor, "watch", once_refused)
    proctor.run()
    assert (len(tries), hall.phases()) == (2, {1: ExamPhase.GRADED})


def test_a_class_without_exams_needs_no_proctor(hall: Hall) -> None:
    hall.proctor().run()
    assert hall.ledger.events() == ()


def test_there_is_one_proctor_at_a_time() -> None:
    folder(CLASS.id)
    with alone(CLASS) as first, alone(CLASS) as second:
        assert (first, second) == (True, False)
