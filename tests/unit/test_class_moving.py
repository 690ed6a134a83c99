"""Moving a learner to a seat in reserve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.catalog.load import load
from lab.catalog.model import Exercise
from lab.cluster.engine import State
from lab.errors import LabError, UsageError
from lab.exam import hosts as exam_hosts
from lab.exam.events import Moment
from lab.practice.session import Session
from lab.progress import OnProgress, ignore
from lab.workshop import ledger as ledgers
from lab.workshop import moving
from lab.workshop.class_file import Class, Learner
from lab.workshop.events import Kind
from lab.workshop.homes import Homes
from lab.workshop.ledger import Ledger
from lab.workshop.moving import Move
from lab.workshop.place import open_history
from lab.workshop.state import place_of
from tests.unit.support.classes import EXERCISE, class_of, kinds, moment
from tests.unit.support.seats import FakeSeats

pytestmark = pytest.mark.usefixtures("english")
CATALOG = load()
OTHER = "busybox-security-context"


class FakeHomes(Homes):
    """Copies that are not there: it is remembered what was done with them."""

    def __init__(self) -> None:
        super().__init__(Path("/nonexistent"))
        self.done: list[tuple[str, str]] = []
        self.error: LabError | None = None

    def save(self, learner: Learner, engine: object) -> None:
        self._do("saved", engine)

    def put_back(self, learner: Learner, engine: object) -> bool:
        self._do("put back", engine)
        return True

    def _do(self, what: str, engine: object) -> None:
        self.done.append((what, engine.lab))  # type: ignore[attr-defined]
        if self.error is not None:
            raise self.error


class Room:
    """A class of two with a seat in reserve, all ready."""

    def __init__(self) -> None:
        self.class_: Class = class_of(2, EXERCISE, OTHER)
        self.now = 0.0
        self.ledger = Ledger(watch=self.watch)
        self.seats = FakeSeats()
        self.homes = FakeHomes()
        for seat in self.class_.seats:
            self.ledger.add(Kind.READY, seat=seat)

    def watch(self) -> Moment:
        return moment(self.now)

    def move(self, learner: int = 1) -> Move:
        who = self.class_.learners[learner - 1]
        return Move(self.class_, who, CATALOG, self.ledger, self.homes, self.seats.open, watch=self.watch)

    def lose(self, seat: str) -> None:
        self.seats[seat].die()
        self.ledger.add(Kind.LOST, seat=seat, reason="not running: base")

    def place(self, learner: int = 1) -> str:
        return place_of(self.class_, self.class_.learners[learner - 1], self.ledger.events())


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture(autouse=True)
def _on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "folder", lambda class_id: tmp_path)
    monkeypatch.setattr(moving, "look_at", lambda engine: None)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Which exercises were started, and on which seat."""
    all_started: list[tuple[str, list[str]]] = []

    def start(self: Session, *exercises: Exercise, progress: OnProgress = ignore) -> None:
        all_started.append((self.engine.lab, [exercise.id for exercise in exercises]))
        for exercise in exercises:
            self.history.begin(exercise, self.engine)

    monkeypatch.setattr(Session, "start", start)
    return all_started


Started = list[tuple[str, list[str]]]


def begin(room: Room, *names: str) -> None:
    history = open_history(room.class_, room.class_.learners[0], room.ledger)
    for name in names:
        history.begin(CATALOG.exercise(name), room.seats.open(room.place()))


def test_who_has_lost_their_seat_is_at_one_in_reserve_with_home_and_exercises(room: Room, started: Started) -> None:
    begin(room, EXERCISE, OTHER)
    room.lose("m-01")
    room.now = 40
    assert room.move().go(ignore) == "m-03"
    assert room.place() == "m-03"
    assert room.homes.done == [("put back", "m-03")]
    assert [(seat, sorted(names)) for seat, names in started] == [("m-03", sorted([EXERCISE, OTHER]))]
    assert kinds(room.ledger, "m-03") == [Kind.READY, Kind.TAKEN, Kind.MOVED]
    moved = room.ledger.events()[-1]
    assert (moved.learner, moved.detail) == (1, {"seconds": 40.0, "kept": False})
    assert room.place(2) == "m-02"


def test_a_seat_that_an_exam_has_closed_is_opened_to_whoever_is_moved_there(
    room: Room, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(exam_hosts, "reopen", lambda hosts: opened.extend(host.name for host in hosts))
    room.lose("m-01")
    room.move().go(ignore)
    assert opened == ["m-03"]


def test_what_was_under_way_on_the_lost_seat_is_under_way_on_the_other_one(room: Room, started: Started) -> None:
    begin(room, EXERCISE)
    room.lose("m-01")
    room.move().go(ignore)
    history = open_history(room.class_, room.class_.learners[0], room.ledger)
    assert (history.open_on(room.seats.open("m-01")), history.open_on(room.seats.open("m-03"))) == (set(), {EXERCISE})


def test_who_is_moved_by_hand_from_a_seat_that_works_loses_nothing_at_home(room: Room, started: Started) -> None:
    assert room.move().go(ignore) == "m-03"
    assert room.homes.done == [("saved", "m-01"), ("put back", "m-03")]
    assert started == []
    assert room.ledger.events()[-1].detail == {"seconds": 0.0, "kept": False}


def test_a_seat_that_was_left_is_in_reserve_once_it_is_made_anew(room: Room, started: Started) -> None:
    room.lose("m-01")
    room.move(1).go(ignore)
    room.lose("m-02")
    room.seats["m-02"].error = LabError("node.gone", node="base")
    with pytest.raises(LabError):
        room.move(2).go(ignore)
    room.ledger.add(Kind.READY, seat="m-01")
    assert room.move(2).go(ignore) == "m-01"
    assert (room.place(1), room.place(2)) == ("m-03", "m-01")


def test_of_two_who_want_the_same_seat_the_first_has_it(
    room: Room, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = room.ledger.add
    once: list[Callable[[], object]] = [lambda: add(Kind.TAKEN, seat="m-03", learner=2)]

    def second(kind: Kind, **detail: object) -> object:
        if kind is Kind.TAKEN and once:
            once.pop()()
        return add(kind, **detail)  # type: ignore[arg-type]

    monkeypatch.setattr(room.ledger, "add", second)
    with pytest.raises(UsageError) as raised:
        room.move(1).go(ignore)
    assert raised.value.key == "class.no_reserve"
    assert room.place(1) == "m-01"


@pytest.mark.parametrize(("state", "furnished"), [(State.STOPPED, []), (State.PARTIAL, [("put back", "m-01")])])
def test_without_a_reserve_a_lost_seat_is_mended(
    room: Room, started: Started, state: State, furnished: list[tuple[str, str]]
) -> None:
    room.move(2).go(ignore)
    room.homes.done.clear()
    room.lose("m-01")
    room.seats["m-01"].state = state
    room.ledger.add(Kind.LOST, seat="m-02", reason="gone")
    assert room.move(1).go(ignore) == "m-01"
    assert room.seats["m-01"].ups == 1
    assert room.homes.done == furnished
    assert kinds(room.ledger, "m-01")[-2:] == [Kind.TAKEN, Kind.MOVED]
    assert room.ledger.events()[-1].detail["kept"] is (state is State.STOPPED)


def test_a_seat_that_cannot_be_mended_says_why(room: Room, started: Started) -> None:
    room.move(2).go(ignore)
    room.ledger.add(Kind.LOST, seat="m-02", reason="gone")
    room.lose("m-01")
    room.seats["m-01"].error = LabError("node.gone", node="base")
    with pytest.raises(LabError):
        room.move(1).go(ignore)
    last = room.ledger.events()[-1]
    assert (last.kind, last.seat, "base" in last.detail["reason"]) == (Kind.LOST, "m-01", True)


def test_what_fails_on_the_other_seat_is_left_to_the_learner(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: Session, *exercises: Exercise, progress: OnProgress = ignore) -> None:
        raise LabError("wait", what="Pods", seconds=60)

    monkeypatch.setattr(Session, "start", start)
    begin(room, EXERCISE)
    room.homes.error = LabError("class.home.put_back", seat="m-03")
    room.lose("m-01")
    assert room.move().go(ignore) == "m-03"
    assert room.place() == "m-03"
