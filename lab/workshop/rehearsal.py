"""The rehearsal before a class: a seat is made, an exercise solved through each door, and all of it removed again.

It goes the way that a learner goes: a hub with both doors open, the slip's token, the app, its keys, the shell on the
seat, and the exercise's own solution typed there.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml

from lab import i18n, log
from lab.catalog.model import Catalog, Exercise
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Engine, State
from lab.cluster.image import addons
from lab.errors import LabError, UsageError
from lab.progress import OnProgress, Progress, ignore
from lab.workshop import authority, class_file, hub
from lab.workshop import ledger as ledgers
from lab.workshop.apps import Command, sit_command
from lab.workshop.authority import Authority
from lab.workshop.class_file import FILE, ID_LENGTH, Class
from lab.workshop.events import Event, Kind
from lab.workshop.hub import Hub
from lab.workshop.ledger import Ledger
from lab.workshop.marks import from_detail
from lab.workshop.seats import OpenEngine, look_at
from lab.workshop.slips import Slip
from lab.workshop.tokens import issue
from lab.workshop.visit import Window, by_browser, by_ssh

SUFFIX = "-check"
OPEN_SECONDS = 60.0
START_SECONDS = 300.0
SOLUTION_SECONDS = 240.0
GRADE_SECONDS = 120.0
_EVERY = 0.2
_START, _SHELL, _GRADE = "\x1b[20~", "\x1b[17~", "\x1b[15~"
"""F9, F6 and F5, as terminals send them."""
_SCRIPT, _OUTPUT = "/tmp/solution.sh", "/tmp/solution.txt"  # noqa: S108 - on a seat that is removed

Door = Callable[[Slip, Authority], AbstractAsyncContextManager[Window]]


class Part(StrEnum):
    """What is rehearsed."""

    PORTS = "ports"
    """The hub can listen where the class's file says."""
    SEAT = "seat"
    """A seat can be made, and a learner could begin there."""
    EXERCISES = "exercises"
    """All that the class is to do can be done on such a seat."""
    BROWSER = "browser"
    """An exercise is solved through the browser's door."""
    SSH = "ssh"
    """The same by ssh."""
    REMOVED = "removed"
    """Nothing is left of the rehearsal."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a part went.

    Attributes:
        problem: what failed; empty: nothing.
        next_step: what to do about that; empty: nothing is known.
    """

    part: Part
    seconds: float
    problem: str = ""
    next_step: str = ""


class Rehearsal:
    """Rehearses a class. `seat` is the one that it makes for that.

    Args:
        exercise: the one that is solved.
        open_engine: as for the class's seats.
        command: what runs the app of a learner of the class in a file.
    """

    def __init__(
        self,
        class_: Class,
        catalog: Catalog,
        exercise: Exercise,
        open_engine: OpenEngine,
        *,
        command: Callable[[Path], Command] = sit_command,
        clock: Clock = SYSTEM,
    ) -> None:
        self._real = class_
        self._catalog = catalog
        self._exercise = exercise
        self._command = command
        self._clock = clock
        self._id = class_id(class_)
        self.seat = class_file.seat_name(self._id, 1)
        self._engine = open_engine(self.seat)

    def run(self, progress: OnProgress, tell: Callable[[Outcome], None]) -> list[Outcome]:
        """Rehearse each part that can be, whatever becomes of the others. Returns how they went.

        Args:
            tell: is told of each at once.
        """
        outcomes: list[Outcome] = []

        def part(name: Part, do: Callable[[], None]) -> bool:
            began, problem, next_step = self._clock.seconds(), "", ""
            try:
                do()
            except LabError as error:
                problem, next_step = f"{error.tried} {error.came_back}".strip(), error.next_step
            except OSError as error:  # a file that should be on a machine of the seat is not
                log.fault(f"rehearsing {name}", error)
                problem = str(error)
            outcomes.append(Outcome(name, round(self._clock.seconds() - began, 1), problem, next_step))
            tell(outcomes[-1])
            return not problem

        part(Part.PORTS, lambda: _require_ports(self._real))
        try:
            if part(Part.SEAT, lambda: self._make(progress)):
                part(Part.EXERCISES, self._require_possible)
                if not self._exercise.missing(self._engine.lacks()):
                    part(Part.BROWSER, lambda: self._come(by_browser))
                    part(Part.SSH, lambda: self._come(by_ssh))
        finally:  # also where the instructor has thought better of it
            part(Part.REMOVED, lambda: self._remove(progress))
        return outcomes

    def _make(self, progress: OnProgress) -> None:
        """A seat from nothing: one that an interrupted rehearsal has left proves nothing."""
        self._remove(ignore)
        self._engine.up(progress)
        addons.build(self._engine, self._exercise.addons, progress)
        progress(Progress("", 1, 1, 0))
        addons.load(self._engine, self._exercise.addons)
        look_at(self._engine)

    def _require_possible(self) -> None:
        """See that nothing that the class is to do requires what the seat lacks.

        Raises:
            UsageError: something does (`class.impossible`).
        """
        lacks = self._engine.lacks()
        exercises = map(self._catalog.exercise, dict.fromkeys((*self._real.exercises, self._exercise.id)))
        reasons = {each.id: "; ".join(each.missing(lacks).values()) for each in exercises}
        if impossible := [f"{name}: {reason}" for name, reason in reasons.items() if reason]:
            raise UsageError("class.impossible", "\n".join(impossible))

    def _remove(self, progress: OnProgress) -> None:
        if self._engine.status().state is not State.ABSENT:
            self._engine.down(progress)
        shutil.rmtree(ledgers.folder(self._id))

    def _come(self, door: Door) -> None:
        """Solve the exercise through a door."""
        folder = ledgers.folder(self._id)
        class_ = self._class(folder / FILE)
        with closing(Ledger(folder / "class.db")) as ledger:
            visit = _Visit(class_, self._catalog, self._exercise, self._engine, ledger)
            asyncio.run(visit.run(door, self._command(folder / FILE)))

    def _class(self, file: Path) -> Class:
        """A class of one, in a file of its own, at ports that nobody else has."""
        port, ssh_port = _free_ports(2)
        facts = {"id": self._id, "title": self._real.title, "exercises": [self._exercise.id], "learners": ["-"]}
        where = {"address": "localhost", "port": port, "ssh_port": ssh_port, "lang": i18n.language()}
        file.write_text(yaml.safe_dump(facts | where, allow_unicode=True), encoding="utf-8")
        return class_file.load(file, self._catalog)


class _Visit:
    """A learner's way through one door."""

    def __init__(self, class_: Class, catalog: Catalog, exercise: Exercise, engine: Engine, ledger: Ledger) -> None:
        self._class = class_
        self._catalog = catalog
        self._exercise = exercise
        self._engine = engine
        self._ledger = ledger

    async def run(self, door: Door, command: Command) -> None:
        """Open the hub, come in, and do the exercise.

        Raises:
            LabError: the hub does not open, or something does not come as it should.
        """
        proof = authority.of_class(ledgers.folder(self._class.id), self._class.address)
        until, opened = asyncio.Event(), asyncio.Event()
        whole = Hub(self._class, self._catalog, self._ledger, proof, command)
        serving = asyncio.create_task(whole.serve(until=until, opened=opened.set))
        opening = asyncio.create_task(opened.wait())
        try:
            await asyncio.wait((serving, opening), return_when=asyncio.FIRST_COMPLETED)
            (learner,) = self._class.learners
            slip = Slip(self._class, learner, issue(self._ledger, learner, beside=True))
            async with door(slip, proof) as window:
                await self._work(window)
        finally:
            until.set()
            opening.cancel()
            await serving

    async def _work(self, window: Window) -> None:
        """Start the exercise by its key, type its solution in the shell, and grade it by its key."""
        pace, already = self._engine.pace, len(self._of(Kind.BEGAN))
        await window.see("CKS Lab", OPEN_SECONDS * pace)
        await window.type("e")
        await window.see("@base", OPEN_SECONDS * pace)
        await window.type(_START)
        if already:
            await window.see(i18n.text("ui.confirm.title"), OPEN_SECONDS)
            await window.type("y")
        await self._await(Kind.BEGAN, already, window, START_SECONDS * pace)
        (solution,) = [answer for answer in self._exercise.answers if answer.name == "solution"]
        self._engine.base().write(_SCRIPT, solution.script_text.encode())
        await window.type(_SHELL)
        await window.type(f"bash {_SCRIPT} > {_OUTPUT} 2>&1; echo Try {already} came to $?.\r")
        await window.see(f"Try {already} came to 0.", SOLUTION_SECONDS * pace)
        graded = len(self._of(Kind.GRADED))
        await window.type(_GRADE)
        found = from_detail((await self._await(Kind.GRADED, graded, window, GRADE_SECONDS * pace)).detail)
        if not found.passed:
            verdicts = ", ".join(f"{name}: {mark.verdict}" for name, mark in found.criteria.items())
            raise LabError("class.not_passed", verdicts, exercise=self._exercise.id)

    def _of(self, kind: Kind) -> Sequence[Event]:
        return [event for event in self._ledger.events() if event.kind is kind]

    async def _await(self, kind: Kind, known: int, window: Window, seconds: float) -> Event:
        """Wait until one more event of this kind is in the ledger.

        Raises:
            LabError: there is none after so many seconds (`class.unheard`).
        """
        try:
            async with asyncio.timeout(seconds):
                while True:
                    found = self._of(kind)
                    if len(found) > known:
                        return found[-1]
                    await asyncio.sleep(_EVERY)
        except TimeoutError:
            last = "\n".join(window.last)
            raise LabError("class.unheard", last, kind=kind.value, seconds=f"{seconds:.0f}") from None


def class_id(real: Class) -> str:
    """What the class of one is called that rehearses another."""
    return f"{real.id[: ID_LENGTH - len(SUFFIX)].rstrip('-')}{SUFFIX}"


def _require_ports(class_: Class) -> None:
    """See that the hub could listen, unless it does.

    Raises:
        LabError: another program has a port (`class.port_taken`).
    """
    try:
        with hub.alone(ledgers.folder(class_.id)):
            for port in (class_.port, class_.ssh_port):
                with socket.socket() as one:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    try:
                        one.bind((hub.LOOPBACK, port))
                    except OSError as error:
                        raise LabError("class.port_taken", str(error), port=port) from error
    except UsageError:
        return  # the class's own hub is at work


def _free_ports(count: int) -> list[int]:
    with _bound(count) as sockets:
        return [int(one.getsockname()[1]) for one in sockets]


@contextmanager
def _bound(count: int) -> Iterator[Sequence[socket.socket]]:
    """Sockets that are all open at the same time, so that no port is named twice."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((hub.LOOPBACK, 0))
        yield sockets
    finally:
        for one in sockets:
            one.close()
