"""The seats of a class: made one boot at a time for each two processors, each proved ready by a look, and removed.

A seat is an `Engine`, whatever provides it; nothing here knows more of it than the protocol.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace

from lab import i18n, log
from lab.catalog.model import Catalog
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Engine, State, Stoppable
from lab.cluster.host import processes
from lab.cluster.image import addons
from lab.errors import LabError, UsageError
from lab.progress import OnProgress, Progress, ignore
from lab.workshop import ledger as ledgers
from lab.workshop.assignments import exercises_of
from lab.workshop.class_file import Class
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger

OpenEngine = Callable[[str], Engine]
"""The engine of the seat of a name; nothing of it is touched yet."""

LOOK_SECONDS = 30.0
_LOOK = ("kubectl", "auth", "can-i", "create", "pods")
"""As the learner, from base: the shell, the network and the API server are all needed for that answer."""
_STOPS = 8
"""How many seats are stopped at a time."""
_TRIES = 2
"""How often a seat is made. What fails twice is not a hiccup."""


class Seats:
    """What is done with the labs of a class.

    Args:
        open_engine: makes no lab.
        boots: how many come up at a time.
        look: sees that a seat works, and raises LabError where it does not.
    """

    def __init__(
        self,
        class_: Class,
        ledger: Ledger,
        open_engine: OpenEngine,
        *,
        boots: int = 1,
        look: Callable[[Engine], None] | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        self._class = class_
        self._ledger = ledger
        self._open = open_engine
        self._boots = boots
        self._look = look or look_at
        self._clock = clock

    def up(self, catalog: Catalog, progress: OnProgress) -> list[str]:
        """Make every seat ready, from whatever state it is in. Returns those that are lost: the others go on.

        Add-ons that the exercises need are built once before, and loaded onto each seat.
        """
        exercises = exercises_of(self._class, self._ledger.events())
        needed = {name for exercise in exercises for name in catalog.exercise(exercise).addons}
        if needed:
            addons.build(self._open(self._class.seats[0]), needed, progress)
        stopping = threading.Event()

        def make(seat: str) -> bool:
            say = _of_seat(seat, progress, stopping)
            try:
                is_ready = self._make(seat, needed, say)
            except BaseException:
                stopping.set()
                raise
            say(Progress("", 1, 1, 0))
            return is_ready

        with ThreadPoolExecutor(self._boots) as boots:
            making = {seat: boots.submit(make, seat) for seat in self._class.seats}
            try:
                wait(making.values(), return_when=FIRST_EXCEPTION)
            finally:
                _stop(making.values(), stopping)
        return [seat for seat, made in making.items() if not made.result()]

    def load(self, names: Collection[str], seats: Sequence[str], progress: OnProgress) -> list[str]:
        """Put add-ons onto seats, so that no learner waits for that. Returns the seats that have not taken them.

        A start loads what is missing.
        """
        addons.build(self._open(seats[0]), names, progress)

        def load(seat: str) -> bool:
            progress(Progress(i18n.text("workshop.step.load"), 1, 1, 0, lab=seat))
            engine = self._open(seat)
            try:
                if engine.status().state is not State.READY:
                    return False
                addons.load(engine, names)
            except LabError as error:
                log.fault(f"loading add-ons onto seat {seat}", error)
                return False
            return True

        with ThreadPoolExecutor(self._boots) as loads:
            return [seat for seat, is_loaded in zip(seats, loads.map(load, seats), strict=True) if not is_loaded]

    def stop(self, progress: OnProgress) -> None:
        """Stop the machines of every seat that runs; what is in them stays. `up` starts them.

        Raises:
            UsageError: the engine cannot do that (`class.not_stoppable`).
        """
        progress(Progress(i18n.text("workshop.step.stop"), 1, 1, 0))
        # A machine takes half a minute to end what it began, and needs no processor for that.
        with ThreadPoolExecutor(_STOPS) as stops:
            list(stops.map(self._stop, self._class.seats))

    def purge(self, progress: OnProgress) -> None:
        """Remove every seat and all that is remembered of the class. Its `class.yaml` is its instructor's and stays."""
        for number, seat in enumerate(self._class.seats, 1):
            progress(Progress(i18n.text("workshop.step.remove", seat=seat), number, len(self._class.seats), 0))
            engine = self._open(seat)
            if engine.status().state is not State.ABSENT:
                engine.down(ignore)
                self._ledger.add(Kind.REMOVED, seat=seat)
        self._ledger.close()
        shutil.rmtree(ledgers.folder(self._class.id))

    def _stop(self, seat: str) -> None:
        engine = self._open(seat)
        if engine.status().state in (State.ABSENT, State.STOPPED):
            return
        if not isinstance(engine, Stoppable):
            raise UsageError("class.not_stoppable", engine=engine.name)
        self._ledger.add(Kind.STOPPED, seat=seat)  # before: a hub does not take it for lost
        engine.power_off()

    def _make(self, seat: str, needed: Collection[str], progress: OnProgress) -> bool:
        """Make one seat ready; whether it is."""
        progress(Progress(i18n.text("workshop.step.make"), 1, 1, 0))
        engine, began = self._open(seat), self._clock.seconds()
        self._ledger.add(Kind.MAKING, seat=seat)
        reason = ""
        for _ in range(_TRIES):
            try:
                engine.up(progress)
                addons.build(engine, needed, progress)  # only now it is known whether its nodes pull images
                addons.load(engine, needed)
                self._look(engine)
            except LabError as error:
                if error.key != "lab.busy":
                    reason = f"{error.tried} {error.came_back}".strip()
                    continue
                # Its learner starts or grades something just now, and needs nobody to make it.
            except OSError as error:  # a file that should be on a machine of it is not
                log.fault(f"making seat {seat}", error)
                reason = str(error)
                continue
            self._ledger.add(Kind.READY, seat=seat, seconds=round(self._clock.seconds() - began, 1))
            return True
        self._ledger.add(Kind.LOST, seat=seat, reason=reason)
        return False


def look_at(engine: Engine) -> None:
    """See that a learner could begin: every node is ready, and the shell on base reaches the API server.

    Raises:
        LabError: not so (`class.not_ready`).
    """
    status = engine.status()
    if status.state is not State.READY:
        raise LabError("class.not_ready", status.detail, seat=engine.lab)
    seen = processes.run(engine.shell_argv(*_LOOK, tty=False), env={}, timeout=LOOK_SECONDS * engine.pace)
    if not seen.ok:
        raise LabError("class.not_ready", seen.error or seen.text, seat=engine.lab)


def _of_seat(seat: str, progress: OnProgress, stopping: threading.Event) -> OnProgress:
    """News of the work on one seat, which end it once everything is to stop: as Ctrl+C ends it on the command line."""

    def say(news: Progress) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        progress(replace(news, lab=seat))

    return say


def _stop(making: Iterable[Future[bool]], stopping: threading.Event) -> None:
    """End what is under way and begin nothing more, unless all is done."""
    if all(each.done() for each in making):
        return
    stopping.set()
    for each in making:
        each.cancel()
