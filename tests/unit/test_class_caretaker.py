"""Who looks after the seats: which are lost, whose home is copied, who is moved."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from subprocess import TimeoutExpired

import pytest
import pytest_asyncio

from lab.cluster.engine import Engine, State
from lab.cluster.host.lock import hold
from lab.errors import LabError
from lab.exam.events import Moment
from lab.workshop.caretaker import TRIES_EVERY, Caretaker, move_command
from lab.workshop.class_file import Class, Learner
from lab.workshop.events import Event, Kind
from lab.workshop.homes import Homes
from lab.workshop.ledger import Ledger
from lab.workshop.ledger_thread import LedgerThread
from lab.workshop.moving import TAKEN_SECONDS
from tests.unit.support.classes import class_of, kinds, moment
from tests.unit.support.clocks import Hands
from tests.unit.support.seats import WORKING, FakeSeats

pytestmark = pytest.mark.usefixtures("english")


class FakeHomes(Homes):
    def __init__(self) -> None:
        super().__init__(Path("/nonexistent"))
        self.saved: list[tuple[str, str]] = []
        self.error: LabError | None = None

    def save(self, learner: Learner, engine: object) -> None:
        self.saved.append((learner.seat, engine.lab))  # type: ignore[attr-defined]
        if self.error is not None:
            raise self.error


class Room:
    """A class of two with a seat in reserve, all ready, and who looks after it."""

    def __init__(self, moves: int = 2) -> None:
        self.class_: Class = class_of(2)
        self.hands = Hands()
        self.ledger = Ledger(watch=self.watch)
        self.seats = FakeSeats()
        self.homes = FakeHomes()
        self.moved: list[str] = []
        self.program = [sys.executable, "-c", ""]
        self.thread = LedgerThread()
        self.caretaker = Caretaker(
            self.class_,
            self.ledger,
            self.thread,
            self.seats.open,
            self.homes,
            self._mover,
            look=self._look_at,
            moves=moves,
            watch=self.watch,
            clock=self.hands.clock,
        )
        for seat in self.class_.seats:
            self.ledger.add(Kind.READY, seat=seat)

    def watch(self) -> Moment:
        return moment(self.hands.passed)

    def last(self, seat: str) -> Event:
        return [event for event in self.ledger.events() if event.seat == seat][-1]

    def _look_at(self, engine: Engine) -> None:
        if engine.status().state is not State.READY:
            raise LabError("class.not_ready", seat=engine.lab)

    def _mover(self, learner: Learner) -> Sequence[str]:
        self.moved.append(learner.seat)
        return self.program


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    yield room
    room.thread.close()


async def test_seats_that_work_are_left_alone(room: Room) -> None:
    await room.caretaker.look()
    assert len(room.ledger.events()) == 3
    assert room.moved == []


async def test_a_seat_that_does_not_run_is_lost_with_its_reason_and_its_learner_is_moved(room: Room) -> None:
    room.seats["m-01"].die()
    await room.caretaker.look()
    assert room.last("m-01").kind is Kind.LOST
    assert room.last("m-01").detail == {"reason": "not running: base (exited)"}
    assert kinds(room.ledger, "m-02") == [Kind.READY]
    assert room.moved == ["m-01"]


async def test_of_two_who_have_lost_theirs_the_one_who_is_there_is_moved_first() -> None:
    room = Room(moves=1)
    room.ledger.add(Kind.CAME, learner=2, door="ssh")
    room.seats["m-01"].die()
    room.seats["m-02"].die()
    await room.caretaker.look()
    room.thread.close()
    assert room.moved == ["m-02"]


async def test_what_the_engine_knows_better_is_the_reason(room: Room) -> None:
    room.seats["m-01"].die()
    room.seats["m-01"].detail = "Host node host-1 does not answer.\nIf it does not come back, ..."
    await room.caretaker.look()
    assert room.last("m-01").detail == {"reason": "Host node host-1 does not answer."}


async def test_a_seat_whose_machines_are_gone_says_that(room: Room) -> None:
    room.seats["m-01"].state, room.seats["m-01"].machines = State.PARTIAL, {}
    await room.caretaker.look()
    assert room.last("m-01").detail == {"reason": "its machines are gone"}
    room.seats["m-02"].state, room.seats["m-02"].machines = State.PARTIAL, {"kube-control-plane": "running"}
    await room.caretaker.look()
    assert room.last("m-02").detail == {"reason": "not running: base (gone)"}


async def test_a_seat_that_runs_again_at_once_is_not_lost(room: Room) -> None:
    seat = room.seats["m-01"]
    seat.die()

    def start_again() -> None:
        seat.when_asked = lambda: seat.__setattr__("machines", WORKING)

    seat.when_asked = start_again
    await room.caretaker.look()
    assert kinds(room.ledger, "m-01") == [Kind.READY]


async def test_a_seat_that_somebody_is_at_work_on_is_not_judged(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(lab: str, *, only_looking: bool = False) -> object:
        raise LabError("lab.busy", "a reset", lab=lab)

    room.seats["m-01"].die()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("lab.workshop.caretaker.hold", busy)
        await room.caretaker.look()
    assert kinds(room.ledger, "m-01") == [Kind.READY]
    await room.caretaker.look()
    assert room.last("m-01").kind is Kind.LOST


async def test_looking_at_seats_that_work_keeps_nobody_from_them(room: Room) -> None:
    def held_by_another() -> None:
        with hold("m-01"):
            pass

    room.seats["m-01"].when_asked = held_by_another
    await room.caretaker.look()
    assert kinds(room.ledger, "m-01") == [Kind.READY]


@pytest.mark.parametrize("error", [LabError("node.gone", node="base"), TimeoutExpired("podman", 30)])
async def test_a_runtime_that_does_not_answer_loses_nobody_their_seat(room: Room, error: Exception) -> None:
    room.seats["m-01"].error = error
    room.seats["m-02"].die()
    await room.caretaker.look()
    assert kinds(room.ledger, "m-01") == [Kind.READY]
    assert room.last("m-02").kind is Kind.LOST


@pytest.mark.parametrize("kind", [Kind.STOPPED, Kind.MAKING, Kind.REMOVED])
async def test_what_is_stopped_or_made_by_the_instructor_is_not_lost(room: Room, kind: Kind) -> None:
    room.seats["m-01"].die()
    room.ledger.add(kind, seat="m-01")
    await room.caretaker.look()
    assert room.last("m-01").kind is kind
    assert room.moved == []


async def test_a_seat_in_reserve_that_is_lost_moves_nobody(room: Room) -> None:
    room.seats["m-03"].die()
    await room.caretaker.look()
    assert room.last("m-03").kind is Kind.LOST
    assert room.moved == []


async def test_a_move_under_way_is_waited_for_and_one_that_failed_is_tried_again(room: Room) -> None:
    room.seats["m-01"].die()
    await room.caretaker.look()
    room.ledger.add(Kind.TAKEN, seat="m-03", learner=1)
    room.hands.sleep(TRIES_EVERY)
    await room.caretaker.look()
    assert room.moved == ["m-01"]
    room.hands.sleep(TAKEN_SECONDS)
    await room.caretaker.look()
    assert room.moved == ["m-01", "m-01"]


async def test_a_seat_that_cannot_be_mended_is_tried_again_after_a_while(room: Room) -> None:
    room.seats["m-01"].die()
    await room.caretaker.look()
    room.ledger.add(Kind.TAKEN, seat="m-01", learner=1)
    room.ledger.add(Kind.LOST, seat="m-01", reason="no memory")
    await room.caretaker.look()
    assert room.moved == ["m-01"]
    room.hands.sleep(TRIES_EVERY)
    await room.caretaker.look()
    assert room.moved == ["m-01", "m-01"]


async def test_who_is_moved_is_looked_after_at_the_other_seat(room: Room) -> None:
    room.seats["m-01"].die()
    await room.caretaker.look()
    room.ledger.add(Kind.MOVED, seat="m-03", learner=1, seconds=40, kept=False)
    room.seats["m-03"].die()
    room.hands.sleep(TRIES_EVERY)
    await room.caretaker.look()
    assert room.last("m-03").kind is Kind.LOST
    assert room.moved == ["m-01", "m-01"]


async def test_once_the_class_is_over_nobody_is_moved(room: Room) -> None:
    room.seats["m-01"].die()
    room.ledger.add(Kind.ENDED)
    await room.caretaker.look()
    assert kinds(room.ledger, "m-01") == [Kind.READY]


async def test_the_homes_of_those_who_are_here_are_copied_from_where_they_are(room: Room) -> None:
    room.ledger.add(Kind.CAME, learner=1, door="ssh")
    await room.caretaker.copy_homes()
    room.ledger.add(Kind.MOVED, seat="m-03", learner=1, seconds=40, kept=False)
    await room.caretaker.copy_homes()
    room.ledger.add(Kind.LEFT, learner=1)
    await room.caretaker.copy_homes()
    assert room.homes.saved == [("m-01", "m-01"), ("m-01", "m-03")]


async def test_a_home_that_cannot_be_copied_keeps_nobody_elses_from_it(room: Room) -> None:
    for learner in (1, 2):
        room.ledger.add(Kind.CAME, learner=learner, door="ssh")
    room.homes.error = LabError("class.home.save", seat="m-01")
    await room.caretaker.copy_homes()
    assert sorted(room.homes.saved) == [("m-01", "m-01"), ("m-02", "m-02")]


async def test_of_a_seat_that_is_lost_the_copy_before_is_kept(room: Room) -> None:
    room.ledger.add(Kind.CAME, learner=1, door="ssh")
    room.ledger.add(Kind.LOST, seat="m-01", reason="gone")
    await room.caretaker.copy_homes()
    assert room.homes.saved == []


def test_a_learner_is_moved_by_a_verb(tmp_path: Path) -> None:
    argv = move_command(tmp_path / "class.yaml")(class_of(2).learners[1])
    assert argv[-5:] == ["class", "move", "--file", str(tmp_path / "class.yaml"), "m-02"]


async def test_in_an_exam_nobody_is_moved_for_the_proctor_mends_the_seat(room: Room) -> None:
    room.ledger.add(Kind.EXAM_BEGAN, learner=1, exam="drill@7", seconds=600.0, tasks=["psa-warn-baseline"])
    room.seats["m-01"].die()
    await room.caretaker.look()
    assert room.last("m-01").kind is Kind.LOST
    assert room.moved == []
    room.ledger.add(Kind.EXAM_GRADED, learner=1, exam="drill@7", percent=64, passed=False)
    await room.caretaker.look()
    assert room.moved == ["m-01"]


@pytest.mark.parametrize(("state", "last"), [(State.READY, Kind.READY), (State.UNREACHABLE, Kind.LOST)])
async def test_a_lost_seat_that_was_mended_is_ready(room: Room, state: State, last: Kind) -> None:
    seat = room.seats["m-03"]
    seat.die()
    await room.caretaker.look()
    seat.machines, seat.state = WORKING, state
    await room.caretaker.look()
    assert room.last("m-03").kind is last


async def test_looking_and_copying_at_once_miss_nothing_that_happens(room: Room) -> None:
    for number in range(20):
        room.ledger.add(Kind.HAND, learner=1, up=bool(number % 2))
        await asyncio.gather(room.caretaker.look(), room.caretaker.copy_homes())
    room.ledger.add(Kind.CAME, learner=1, door="ssh")
    await asyncio.gather(room.caretaker.copy_homes(), room.caretaker.look())
    assert room.homes.saved == [("m-01", "m-01")]


async def test_only_so_many_are_moved_at_a_time() -> None:
    room = Room(moves=1)
    for seat in ("m-01", "m-02"):
        room.seats[seat].die()
    room.program = [sys.executable, "-c", "import time; time.sleep(60)"]
    await room.caretaker.look()
    room.hands.sleep(TRIES_EVERY)
    await room.caretaker.look()
    (mover,) = room.caretaker._movers
    assert room.moved == ["m-01"]
    mover.kill()
    mover.wait()
    room.program = [sys.executable, "-c", ""]
    room.ledger.add(Kind.MOVED, seat="m-03", learner=1, seconds=40, kept=False)
    await room.caretaker.look()
    assert room.moved == ["m-01", "m-02"]
    room.thread.close()
