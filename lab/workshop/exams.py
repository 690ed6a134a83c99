"""A mock exam for a class: all have the same tasks, each on the lab of their seat, and all clocks start together.

A learner's sitting is saved with their history, as that of who learns alone. The ledger hears when it begins, and what
comes of it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from lab import i18n
from lab.catalog.model import Catalog
from lab.clock import SYSTEM, Clock, wait_until
from lab.errors import LabError, UsageError
from lab.exam import events as exam_events
from lab.exam import hosts as exam_hosts
from lab.exam.begin import hosts_of
from lab.exam.events import Watch
from lab.exam.hosts import Host
from lab.exam.plan import Plan, draw, require_pool
from lab.exam.pool import pool_of
from lab.exam.prepare import Prepared, Wish, prepare
from lab.exam.sittings import Journal, Sitting, Sittings
from lab.exam.state import Phase
from lab.practice.history import History
from lab.practice.session import Session
from lab.progress import OnProgress, Progress
from lab.workshop import ledger as ledgers
from lab.workshop.class_file import Class, Learner
from lab.workshop.events import Kind
from lab.workshop.exam_state import exams_of
from lab.workshop.ledger import Ledger
from lab.workshop.state import place_of

NOTICE_SECONDS = 3.0
"""In which every app has heard that an exam comes, and begins nothing more."""
BUSY_SECONDS = 120.0
"""How long a seat is waited for on which its learner has just started or graded something."""
LEAST_LEFT = 5.0
"""Seconds that must be left of an exam to be extended: less is gone before every machine knows."""

_TRIES = 2
"""How often an exam is set on a seat: on a busy machine a task may not be judged for a moment."""

OpenSession = Callable[[str], Session]
"""The session of the lab of a name. Its history is nobody's: an exam has events instead."""

OpenHosts = Callable[[Sitting, Catalog], Sequence[Host]]


def history_of(class_: Class, learner: Learner) -> History:
    """What a learner did in a class, exams with it."""
    return History(ledgers.folder(class_.id) / f"{learner.seat}.db")


def open_sitting(class_: Class, learner: Learner) -> Sitting | None:
    """A learner's exam that goes on, is being graded, or was graded and not put aside yet."""
    return Sittings(history_of(class_, learner).database).open()


def name_of(plan: Plan) -> str:
    """What an exam is called in a class."""
    return f"{plan.blueprint}@{plan.seed}"


@dataclass(frozen=True, slots=True)
class Given:
    """What came of giving an exam.

    Attributes:
        learners: those whose clocks run.
        refused: seat -> why its learner has no exam.
    """

    plan: Plan
    learners: tuple[Learner, ...]
    refused: Mapping[str, str]


class Giving:
    """Gives an exam to learners of a class.

    Args:
        boots: how many seats are made ready at a time.
    """

    def __init__(
        self,
        class_: Class,
        catalog: Catalog,
        ledger: Ledger,
        open_session: OpenSession,
        *,
        boots: int = 1,
        watch: Watch = exam_events.now,
        clock: Clock = SYSTEM,
    ) -> None:
        self._class = class_
        self._catalog = catalog
        self._ledger = ledger
        self._open = open_session
        self._boots = boots
        self._watch = watch
        self._clock = clock

    def run(self, wish: Wish, learners: Sequence[Learner], progress: OnProgress) -> Given:
        """Make the seats ready side by side, then start all clocks together.

        A seat that cannot have the same tasks as all others gets none: its learner goes on practising.

        Raises:
            UsageError: somebody sits an exam (`class.in_exam`), or this one cannot be drawn.
        """
        require_no_exam(self._ledger, learners)
        plan = self._draw(wish, learners[0])
        for learner in learners:
            self._put_aside(learner)
            self._ledger.add(Kind.EXAM_COMING, learner=learner.number, exam=name_of(plan))
        self._clock.sleep(NOTICE_SECONDS)
        hosts: dict[int, Host] = {}
        refused: dict[str, str] = {}
        stopping = threading.Event()

        def say(news: Progress) -> None:
            if stopping.is_set():
                raise KeyboardInterrupt
            progress(news)

        def make_ready(learner: Learner) -> None:
            hosts[learner.number] = self._prepare(wish, plan, learner, say)

        def set_end(learner: Learner) -> None:
            exam_hosts.close_after([hosts[learner.number]], plan.minutes * 60)

        begun: list[Learner] = []
        try:
            ready = self._each(learners, make_ready, refused, stopping)
            ready = self._each(ready, set_end, refused, stopping)
            self._begin(plan, {learner: hosts[learner.number] for learner in ready})
            begun = ready
        finally:  # also where the instructor has thought better of it
            for learner in learners:
                if learner not in begun:
                    self._call_off(learner, hosts.get(learner.number), refused.get(learner.seat, ""))
        return Given(plan, tuple(begun), refused)

    def _each(
        self,
        learners: Sequence[Learner],
        do: Callable[[Learner], None],
        refused: dict[str, str],
        stopping: threading.Event,
    ) -> list[Learner]:
        """Do this for each, some at a time. Returns those for whom it was done; the others are refused, with why."""

        def attempt(learner: Learner) -> None:
            try:
                do(learner)
            except LabError as error:
                refused[learner.seat] = f"{error.tried} {error.came_back}".strip()

        with ThreadPoolExecutor(self._boots) as threads:
            try:
                list(threads.map(attempt, learners))
            except BaseException:
                stopping.set()  # else what is under way would be waited for
                raise
        return [learner for learner in learners if learner.seat not in refused]

    def _call_off(self, learner: Learner, host: Host | None, reason: str) -> None:
        """A learner has no exam, and goes on practising: no machine of the seat is to close."""
        if host is not None:
            with contextlib.suppress(LabError):  # who begins to practise there hears of it
                exam_hosts.reopen([host])
        self._ledger.add(Kind.EXAM_CANCELLED, learner=learner.number, reason=reason)

    def _draw(self, wish: Wish, learner: Learner) -> Plan:
        lacks = self._open(self._place(learner)).engine.lacks()
        plan = draw(wish.blueprint, pool_of(wish.blueprint, self._catalog.exercises, lacks), wish.seed, hosts=1)
        require_pool(plan, wish.digest)
        return plan

    def _place(self, learner: Learner) -> str:
        return place_of(self._class, learner, self._ledger.events())

    def _put_aside(self, learner: Learner) -> None:
        """An exam before this one that was graded and is still open: its learner has read the report, or never will."""
        sittings = Sittings(history_of(self._class, learner).database)
        if (before := sittings.open()) is not None:
            Journal(sittings, before, self._watch).close()

    def _prepare(self, wish: Wish, plan: Plan, learner: Learner, progress: OnProgress) -> Host:
        """Set the exam on a seat. What was practised there goes.

        Raises:
            LabError: not possible, or only with another task than the others have (`class.other_exam`).
        """
        session = self._open(self._place(learner))
        _await_free(session, self._clock)
        history_of(self._class, learner).end_all(session.engine)
        for _ in range(_TRIES):
            prepared = prepare(replace(wish, digest=plan.digest, hosts=1), [session], progress)
            if not prepared.replaced:
                return prepared.hosts[0]
        raise LabError("class.other_exam", _told(prepared), seat=learner.seat)

    def _begin(self, plan: Plan, hosts: Mapping[Learner, Host]) -> None:
        """Start the clocks. The machines close by themselves at the end, whoever watches."""
        start, tasks = self._watch(), [task.exercise for task in plan.tasks]
        facts: dict[str, Any] = {"exam": name_of(plan), "seconds": plan.minutes * 60.0, "tasks": tasks}
        for learner, host in hosts.items():
            sittings = Sittings(history_of(self._class, learner).database)
            sittings.begin(plan, start, {host.name: host.engine.lab})
            self._ledger.add(Kind.EXAM_BEGAN, learner=learner.number, **facts)


def extend(
    class_: Class,
    catalog: Catalog,
    ledger: Ledger,
    learner: Learner,
    seconds: float,
    *,
    open_hosts: OpenHosts = hosts_of,
    watch: Watch = exam_events.now,
) -> bool:
    """Give a learner more time for the exam that they sit, on the machines of their seat too. False: they sit none.

    Raises:
        LabError: a machine does not take the later end. The proctor tries again, should the seat be gone.
    """
    sittings = Sittings(history_of(class_, learner).database)
    sitting = sittings.open()
    if sitting is None:
        return False
    journal = Journal(sittings, sitting, watch)
    state = journal.state()
    if state.phase is not Phase.UNDER_WAY or state.left < LEAST_LEFT:
        return False
    journal.credit(seconds, i18n.text_in(learner.language, "workshop.exam.extended"))
    ledger.add(Kind.EXTENDED, learner=learner.number, seconds=seconds)
    exam_hosts.close_after(open_hosts(sitting, catalog), journal.state().left)
    return True


def require_no_exam(ledger: Ledger, learners: Sequence[Learner]) -> None:
    """See that none of these learners sits an exam.

    Raises:
        UsageError: somebody does (`class.in_exam`).
    """
    exams = exams_of(ledger.events())
    sitting = [each.seat for each in learners if each.number in exams and exams[each.number].is_open]
    if sitting:
        raise UsageError("class.in_exam", seats=", ".join(sitting))


def _await_free(session: Session, clock: Clock) -> None:
    """Wait until nothing is under way on a seat: its learner may have started or graded something a moment ago.

    Raises:
        LabError: it is still at work (`lab.busy`).
    """
    from lab.cluster.host.lock import hold

    def is_free() -> bool:
        try:
            with hold(session.engine.lab):
                return True
        except LabError as error:
            if error.key != "lab.busy":
                raise
            return False

    wait_until(is_free, clock, bound=BUSY_SECONDS, every=2)


def _told(prepared: Prepared) -> str:
    return "; ".join(f"{each.drawn}: {each.reason}" for each in prepared.replaced)
