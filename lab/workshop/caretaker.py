"""What the hub does for seats while a class goes on: it sees which are lost, copies homes, and has learners moved."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from lab import i18n, log
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Engine, Powered, State
from lab.cluster.host.lock import hold
from lab.errors import LabError
from lab.exam.events import Watch, now
from lab.workshop.class_file import Class, Learner
from lab.workshop.events import Event, Kind
from lab.workshop.exam_state import exams_of
from lab.workshop.homes import Homes
from lab.workshop.ledger import Ledger
from lab.workshop.ledger_thread import LedgerThread
from lab.workshop.moving import TAKEN_SECONDS
from lab.workshop.seats import OpenEngine, look_at
from lab.workshop.state import Condition, Seat, here, passed, places_of, seats_of

LOOKS_EVERY = 7.0
"""Seconds between two rounds of looking at seats. Each takes a tenth of a second of a processor for each seat."""
AGAIN_AFTER = 1.0
"""Seconds after which a seat that does not seem to work is looked at once more: a reset may start machines anew."""
COPIES_EVERY = 30.0
"""Seconds between two copies of a learner's home."""
TRIES_EVERY = 60.0
"""Seconds between two tries to move the same learner."""
AT_A_TIME = 4
"""Seats that are looked at, or copied from, at a time."""

T = TypeVar("T")
R = TypeVar("R")
Mover = Callable[[Learner], Sequence[str]]
"""What moves a learner whose seat is lost, to one in reserve or back to their own."""


class Caretaker:
    """Looks after the seats of a class.

    Args:
        open_engine: makes no lab.
        homes: where copies of what learners have at home are.
        mover: the program that moves a learner: it imports what the hub has no need of.
        look: sees that a seat works, and raises LabError where it does not.
        moves: how many learners are moved at a time: should all machines have stopped, not all are started at once.
    """

    def __init__(
        self,
        class_: Class,
        ledger: Ledger,
        thread: LedgerThread,
        open_engine: OpenEngine,
        homes: Homes,
        mover: Mover,
        *,
        look: Callable[[Engine], None] = look_at,
        moves: int = os.cpu_count() or 1,
        watch: Watch = now,
        clock: Clock = SYSTEM,
    ) -> None:
        self._class = class_
        self._ledger = ledger
        self._thread = thread
        self._open = open_engine
        self._homes = homes
        self._mover = mover
        self._look_at = look
        self._moves = moves
        self._watch = watch
        self._clock = clock
        self._looks = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="looks")
        self._copies = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="copies")
        """A learner can make a copy take its time, and that is to keep nobody from looking."""
        self._tried: dict[int, float] = {}
        self._known: list[Event] = []
        self._movers: list[subprocess.Popen[bytes]] = []

    async def work(self) -> None:
        """Do all of it, until this is cancelled."""
        try:
            await asyncio.gather(_again(self.look, LOOKS_EVERY), _again(self.copy_homes, COPIES_EVERY))
        finally:
            for threads in (self._looks, self._copies):
                threads.shutdown(wait=False, cancel_futures=True)

    async def look(self) -> None:
        """See once which seats are lost, write it down, and have their learners moved."""
        events = await self._events()
        if any(event.kind is Kind.ENDED for event in events):
            return
        seats = seats_of(self._class, events, self._watch())
        watched = [seat.name for seat in seats if seat.condition in (Condition.READY, Condition.TAKEN)]
        for name, reason in zip(watched, await _each(self._looks, self._why_lost, watched), strict=True):
            if reason:
                await self._thread.do(partial(self._ledger.add, Kind.LOST, seat=name, reason=reason))
        lost = [seat.name for seat in seats if seat.condition is Condition.LOST]
        for name, works in zip(lost, await _each(self._looks, self._works_again, lost), strict=True):
            if works:
                await self._thread.do(partial(self._ledger.add, Kind.READY, seat=name))
        events = await self._events()
        moving = [seat for seat in seats_of(self._class, events, self._watch()) if self._is_to_be_moved(seat, events)]
        present = here(events)
        moving.sort(key=lambda seat: seat.learner not in present)  # who sits before it needs a seat first
        self._movers = [mover for mover in self._movers if mover.poll() is None]
        for seat in moving[: self._moves - len(self._movers)]:
            self._tried[seat.learner] = self._clock.seconds()
            await _each(self._looks, self._move, [self._class.learners[seat.learner - 1]])

    async def copy_homes(self) -> None:
        """Copy once what those learners have at home who are here."""
        events = await self._events()
        places, present = places_of(self._class, events), here(events)
        conditions = {seat.name: seat.condition for seat in seats_of(self._class, events, self._watch())}
        learners = [
            learner
            for learner in self._class.learners
            if learner.number in present and conditions[places[learner.number]] in (Condition.READY, Condition.TAKEN)
        ]

        def copy(learner: Learner) -> None:
            try:
                self._homes.save(learner, self._open(places[learner.number]))
            except Exception as error:  # whatever it is, the others are copied
                log.fault(f"the home of seat {learner.seat}", error)

        await _each(self._copies, copy, learners)

    def _why_lost(self, seat: str) -> str:
        """Why a seat does not work; empty where it does, or where a program is at work on it."""
        engine = self._open(seat)
        try:
            if _runs(engine):
                return ""
            self._clock.sleep(AGAIN_AFTER)
            with hold(seat, only_looking=True):
                return "" if _runs(engine) else _reason(engine)
        except Exception as error:  # the runtime does not answer, or somebody has the lab; the others are looked at
            if not (isinstance(error, LabError) and error.key == "lab.busy"):
                log.fault(f"looking at seat {seat}", error)
            return ""

    def _works_again(self, seat: str) -> bool:
        """Whether a seat that was lost was mended: by the proctor of an exam, or by its learner or instructor."""
        engine = self._open(seat)
        try:
            if not _runs(engine):
                return False
            self._look_at(engine)
        except Exception:  # not yet, or not at all
            return False
        return True

    def _is_to_be_moved(self, seat: Seat, events: Sequence[Event]) -> bool:
        """Whether its learner has lost it, and nobody is at work on that.

        In an exam the proctor is: the clock stands still, and the work on the seat is worth waiting for.
        """
        if not seat.learner or seat.condition is not Condition.LOST:
            return False
        exam = exams_of(events).get(seat.learner)
        if exam is not None and exam.keeps_from_practice:
            return False
        if self._clock.seconds() - self._tried.get(seat.learner, float("-inf")) < TRIES_EVERY:
            return False
        lost = max((place for place, event in enumerate(events) if event.seat == seat.name), default=0)
        begun = [event for event in events[lost:] if event.kind is Kind.TAKEN and event.learner == seat.learner]
        return not begun or passed(begun[-1].at, self._watch()) > TAKEN_SECONDS

    def _move(self, learner: Learner) -> None:
        """Have a learner moved, by a program of its own that goes on when the hub ends. The ledger has what it did."""
        nothing = subprocess.DEVNULL
        argv = self._mover(learner)
        mover = subprocess.Popen(argv, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
        self._movers.append(mover)

    async def _events(self) -> Sequence[Event]:
        """All that happened so far. What was read before is not read again."""

        def read() -> Sequence[Event]:
            self._known += self._ledger.events(len(self._known))
            return list(self._known)

        return await self._thread.do(read)


def move_command(file: Path) -> Mover:
    """`ckslab class move`, for the class of a file."""

    def mover(learner: Learner) -> Sequence[str]:
        start = [sys.executable, "-m", "lab.cli", "--lang", i18n.language()]
        return [*start, "class", "move", "--file", str(file.absolute()), learner.seat]

    return mover


async def _again(work: Callable[[], Awaitable[None]], every: float) -> None:
    """Do this for ever, with a pause each time. What fails once is tried again."""
    while True:
        await asyncio.sleep(every)
        try:
            await work()
        except Exception as error:
            log.fault("looking after the seats", error)


async def _each(threads: ThreadPoolExecutor, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Do the same for each, a few at a time."""
    loop = asyncio.get_running_loop()
    return await asyncio.gather(*(loop.run_in_executor(threads, work, item) for item in items))


def _runs(engine: Engine) -> bool:
    """Whether all machines of a seat run."""
    if isinstance(engine, Powered):
        return engine.runs()
    return engine.status().state not in (State.ABSENT, State.PARTIAL, State.STOPPED)


def _reason(engine: Engine) -> str:
    """What its engine says of it first, else which of its machines do not run."""
    status = engine.status()
    if status.detail:
        return status.detail.splitlines()[0]
    there, names = status.nodes, [machine.name for machine in (*engine.nodes(), engine.base())]
    if not there:
        return i18n.text("workshop.seat.gone")
    states = {name: there.get(name, i18n.text("workshop.seat.missing")) for name in dict.fromkeys(names)}
    down = ", ".join(f"{name} ({state})" for name, state in states.items() if state.lower() != "running")
    return i18n.text("workshop.seat.down", machines=down)
