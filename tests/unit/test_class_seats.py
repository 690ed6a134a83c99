"""The seats of a class on engines made by hand: in what order they come up, and what becomes of one that fails."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from lab import paths
from lab.catalog.load import load
from lab.cluster.engine import Engine, State
from lab.cluster.image import addons
from lab.errors import LabError, UsageError
from lab.progress import OnProgress, Progress, ignore
from lab.workshop import seats as seats_module
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger, folder
from lab.workshop.seats import Seats, look_at
from tests.unit.support.classes import class_of, kinds
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeEngine

pytestmark = pytest.mark.usefixtures("english")

CATALOG = load()


@dataclass
class Seat(HandMadeEngine):
    """A seat's lab. `failures` is how often it does not come up."""

    state: State = State.ABSENT
    failures: int = 0
    ups: int = 0
    downs: int = 0

    def up(self, progress: OnProgress) -> None:
        self.ups += 1
        progress(Progress("nodes", 1, 1, 0))
        if self.failures:
            self.failures -= 1
            raise LabError("class.not_ready", "no answer", seat=self.lab)
        self.state = State.READY

    def down(self, progress: OnProgress) -> None:
        self.downs += 1
        self.state = State.ABSENT

    def power_off(self) -> None:
        self.state = State.STOPPED


@dataclass
class Room:
    """All seats of a class of two, whose third is in reserve."""

    ledger: Ledger = field(default_factory=Ledger)
    labs: dict[str, Seat] = field(default_factory=lambda: {name: Seat(lab=name) for name in ("m-01", "m-02", "m-03")})
    looked: list[str] = field(default_factory=list)

    def seats(self, boots: int = 1, exercise: str = "psa-warn-baseline") -> Seats:
        def look(engine: Engine) -> None:
            self.looked.append(engine.lab)

        return Seats(
            class_of(2, exercise), self.ledger, self.labs.__getitem__, boots=boots, look=look, clock=Hands().clock
        )


@pytest.fixture
def room() -> Room:
    return Room()


def test_every_seat_with_the_reserve_is_made_and_looked_at(room: Room) -> None:
    assert room.seats().up(CATALOG, ignore) == []
    assert room.looked == ["m-01", "m-02", "m-03"]
    assert {seat: kinds(room.ledger, seat) for seat in room.labs} == {
        seat: [Kind.MAKING, Kind.READY] for seat in room.labs
    }


def test_a_seat_that_fails_once_is_tried_again(room: Room) -> None:
    room.labs["m-02"].failures = 1
    assert room.seats().up(CATALOG, ignore) == []
    assert (room.labs["m-02"].ups, kinds(room.ledger, "m-02")) == (2, [Kind.MAKING, Kind.READY])


def test_a_seat_that_fails_twice_is_lost_with_its_reason_and_the_others_go_on(room: Room) -> None:
    room.labs["m-01"].failures = 2
    assert room.seats().up(CATALOG, ignore) == ["m-01"]
    (lost,) = [event for event in room.ledger.events() if event.kind is Kind.LOST]
    assert (lost.seat, lost.detail["reason"]) == ("m-01", "Seat m-01 does not work as it should. no answer")
    assert kinds(room.ledger, "m-03") == [Kind.MAKING, Kind.READY]


def test_a_seat_that_lacks_a_file_keeps_no_other_from_being_made(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def up(progress: OnProgress) -> None:
        raise FileNotFoundError("base:/home/candidate/.ssh/id_ed25519.pub")

    monkeypatch.setattr(room.labs["m-01"], "up", up)
    assert room.seats().up(CATALOG, ignore) == ["m-01"]
    (lost,) = [event for event in room.ledger.events() if event.kind is Kind.LOST]
    assert lost.detail["reason"] == "base:/home/candidate/.ssh/id_ed25519.pub"
    assert kinds(room.ledger, "m-03") == [Kind.MAKING, Kind.READY]


def test_a_seat_that_its_learner_is_at_work_on_is_not_lost(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(progress: OnProgress) -> None:
        raise LabError("lab.busy", "1234: ckslab class sit", lab="m-01")

    monkeypatch.setattr(room.labs["m-01"], "up", busy)
    assert room.seats().up(CATALOG, ignore) == []
    assert kinds(room.ledger, "m-01") == [Kind.MAKING, Kind.READY]


def test_a_seat_that_comes_up_and_does_not_work_is_lost(room: Room) -> None:
    def look(engine: Engine) -> None:
        raise LabError("class.not_ready", seat=engine.lab)

    seats = Seats(class_of(2), room.ledger, room.labs.__getitem__, look=look)
    assert seats.up(CATALOG, ignore) == ["m-01", "m-02", "m-03"]


def test_only_so_many_come_up_at_a_time(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    together, most, lock = threading.Barrier(2), [0, 0], threading.Lock()

    def up(self: Seat, progress: OnProgress) -> None:
        with lock:
            most[0] += 1
            most[1] = max(most)
        if self.lab != "m-03":
            together.wait(10)  # the first two are under way at the same time
        with lock:
            most[0] -= 1

    monkeypatch.setattr(Seat, "up", up)
    room.seats(boots=2).up(CATALOG, ignore)
    assert most[1] == 2


def test_news_say_of_which_seat_they_are(room: Room) -> None:
    news: list[Progress] = []
    room.seats().up(CATALOG, news.append)
    assert [each.lab for each in news if each.step == "nodes"] == ["m-01", "m-02", "m-03"]


def test_an_interruption_stops_what_is_under_way_and_begins_nothing_more(room: Room) -> None:
    def interrupted(news: Progress) -> None:
        if news.step == "nodes":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        room.seats().up(CATALOG, interrupted)
    assert [lab.ups for lab in room.labs.values()] == [1, 0, 0]


def test_an_add_on_is_built_before_all_seats_and_for_what_each_one_lacks(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[State] = []
    monkeypatch.setattr(addons, "build", lambda engine, names, progress: states.append(engine.status().state))
    monkeypatch.setattr(addons, "load", lambda engine, names: None)
    room.seats(exercise="gatekeeper-replica-limits").up(CATALOG, ignore)
    assert states == [State.ABSENT, State.READY, State.READY, State.READY]


def test_an_add_on_is_loaded_onto_every_seat(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(addons, "build", lambda engine, names, progress: None)
    monkeypatch.setattr(addons, "load", lambda engine, names: loaded.append(f"{engine.lab} {', '.join(names)}"))
    room.seats(exercise="gatekeeper-replica-limits").up(CATALOG, ignore)
    assert loaded == ["m-01 gatekeeper", "m-02 gatekeeper", "m-03 gatekeeper"]


def test_the_add_ons_of_what_was_given_since_are_loaded_too(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(addons, "build", lambda engine, names, progress: None)
    monkeypatch.setattr(addons, "load", lambda engine, names: loaded.extend(names))
    room.ledger.add(Kind.GIVEN, exercises=["gatekeeper-replica-limits"])
    room.seats().up(CATALOG, ignore)
    assert loaded == ["gatekeeper"] * 3


def test_add_ons_go_onto_the_seats_that_run_and_the_others_are_told(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    def load(engine: Engine, names: list[str]) -> None:
        if engine.lab == "m-02":
            raise LabError("class.not_ready", seat=engine.lab)
        loaded.append(engine.lab)

    monkeypatch.setattr(addons, "build", lambda engine, names, progress: None)
    monkeypatch.setattr(addons, "load", load)
    room.labs["m-01"].state = room.labs["m-02"].state = State.READY
    assert room.seats().load(["gatekeeper"], ["m-01", "m-02", "m-03"], ignore) == ["m-02", "m-03"]
    assert loaded == ["m-01"]


def test_seats_are_stopped_for_the_night(room: Room) -> None:
    room.seats().up(CATALOG, ignore)
    room.labs["m-03"].state = State.ABSENT
    room.seats().stop(ignore)
    assert [lab.state for lab in room.labs.values()] == [State.STOPPED, State.STOPPED, State.ABSENT]
    assert kinds(room.ledger, "m-01")[-1] is Kind.STOPPED
    assert Kind.STOPPED not in kinds(room.ledger, "m-03")


def test_an_engine_that_cannot_stop_is_told(room: Room) -> None:
    engine = HandMadeEngine(name="external", state=State.READY)
    with pytest.raises(UsageError) as raised:
        Seats(class_of(1), room.ledger, lambda _: engine).stop(ignore)
    assert raised.value.key == "class.not_stoppable"


def test_a_purge_leaves_no_lab_and_no_file_of_the_class(room: Room) -> None:
    ledger = Ledger(folder("m") / "class.db")
    room.ledger = ledger
    room.seats().up(CATALOG, ignore)
    (folder("m") / "hub.key").write_text("secret")
    room.labs["m-02"].state = State.ABSENT
    room.seats().purge(ignore)
    assert [lab.downs for lab in room.labs.values()] == [1, 0, 1]
    assert list((paths.state() / "classes").iterdir()) == []


@pytest.mark.parametrize("state", [State.ABSENT, State.STOPPED, State.UNREACHABLE, State.DEGRADED])
def test_a_seat_whose_nodes_are_not_ready_does_not_pass_the_look(state: State) -> None:
    with pytest.raises(LabError) as raised:
        look_at(HandMadeEngine(state=state))
    assert raised.value.key == "class.not_ready"


def test_the_look_asks_the_api_server_from_the_learners_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    look_at(HandMadeEngine(shell=["echo"]))  # noqa: S604 - an argv
    with pytest.raises(LabError) as raised:
        look_at(HandMadeEngine(shell=["sh", "-c", "echo connection refused >&2; exit 1"]))  # noqa: S604 - an argv
    assert raised.value.came_back == "connection refused"
    assert seats_module.LOOK_SECONDS >= 10
