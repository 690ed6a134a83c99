"""Who watches the exams of a class: one process gives time back, grades, and tells the ledger.

The hub starts it, and so does `class give`. Should it be killed, the machines of the seats still close in time, and the
next one grades what is not graded yet.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from checkers.api import Verdict
from lab import i18n, log
from lab.catalog.model import Catalog, Localized
from lab.clock import SYSTEM, Clock
from lab.errors import LabError
from lab.exam import events
from lab.exam.begin import hosts_of
from lab.exam.events import Watch
from lab.exam.finish import Finish
from lab.exam.hosts import Host
from lab.exam.plan import PlannedTask
from lab.exam.proctor import Proctor, alone_in, ensure_one
from lab.exam.report import report_of
from lab.exam.sittings import Journal, Sitting, Sittings
from lab.exam.state import Phase
from lab.exam.verdicts import TaskGrade
from lab.workshop import ledger as ledgers
from lab.workshop.class_file import Class, Learner
from lab.workshop.events import Kind
from lab.workshop.exam_state import ExamState, exams_of, follow
from lab.workshop.exam_state import Phase as ExamPhase
from lab.workshop.exams import OpenHosts, history_of, name_of
from lab.workshop.ledger import Ledger
from lab.workshop.moving import Move

EVERY = 10.0
"""Seconds between two looks at a seat. Each costs processor time that learners have other uses for."""
NEWS_EVERY = 2.0
"""Seconds between two readings of the ledger, for exams that begin."""
CLOCK_SECONDS = 5.0
"""By which the ledger's clock of an exam may be wrong."""
PAUSE = 10.0
"""Seconds after which what could not be graded is tried again."""


class ClassProctor:
    """Watches every exam of a class that goes on.

    Args:
        mover: what gives a learner another seat; None: nobody is given one.
        grades: how many seats are graded at a time.
    """

    def __init__(
        self,
        class_: Class,
        catalog: Catalog,
        ledger: Ledger,
        mover: Callable[[Learner], Move] | None = None,
        *,
        open_hosts: OpenHosts = hosts_of,
        grades: int = os.cpu_count() or 1,
        watch: Watch = events.now,
        clock: Clock = SYSTEM,
    ) -> None:
        self._class = class_
        self._catalog = catalog
        self._ledger = ledger
        self._mover = mover
        self._open_hosts = open_hosts
        self._grading = threading.Semaphore(grades)
        self._watch = watch
        self._clock = clock

    def run(self) -> None:
        """Watch until no exam goes on, or until nothing is left of the class."""
        folder = ledgers.folder(self._class.id)
        watching: dict[int, threading.Thread] = {}
        while folder.exists():
            exams = exams_of(self._ledger.events())
            open_ = [each for each in self._class.learners if each.number in exams and exams[each.number].is_open]
            if not open_:
                return
            for learner in open_:
                if learner.number not in watching or not watching[learner.number].is_alive():
                    # A daemon: what watches a seat that is no more keeps nobody.
                    watching[learner.number] = threading.Thread(target=self._look_after, args=(learner,), daemon=True)
                    watching[learner.number].start()
            self._clock.sleep(NEWS_EVERY)

    def watch(self, learner: Learner) -> None:
        """Watch a learner's exam to its end, grade it, and tell the ledger.

        Raises:
            LabError: it could not be graded, or not be saved.
        """
        sittings = Sittings(history_of(self._class, learner).database)
        sitting = sittings.get()
        journal = Journal(sittings, sitting, self._watch)
        if journal.state().phase is Phase.UNDER_WAY:
            set_again = partial(self._set_again, learner, sittings, journal)
            hosts = self._open_hosts(sitting, self._catalog)
            Proctor(journal, hosts, self._watch, EVERY, set_again).run(self._sleep_of(learner, journal))
        if exams_of(self._ledger.events())[learner.number].phase is ExamPhase.UNDER_WAY:
            self._ledger.add(Kind.EXAM_ENDED, learner=learner.number)
        if journal.state().phase is Phase.ENDED:
            hosts = self._open_hosts(sittings.get(sitting.number), self._catalog)  # it may have moved meanwhile
            with self._grading:
                Finish(sitting, journal, hosts, folder_of(self._class, learner)).run(self._clock)
        self._tell(learner, sittings.get(sitting.number))

    def _set_again(self, learner: Learner, sittings: Sittings, journal: Journal, host: Host) -> Host | None:
        """Have a learner go on at another seat. Nothing of what they did is left, so they have their time once more."""
        if self._mover is None:
            return None
        move, sitting = self._mover(learner), sittings.get()
        exercises = [self._catalog.exercise(task.exercise) for task in sitting.plan.tasks if task.host == host.name]
        try:
            engine = move.set_again(exercises)
        except LabError as error:
            log.fault(f"the exam on seat {learner.seat}", error)
            return None
        spent = sitting.used_on(host.name, self._watch())
        journal.moved(host.name, engine.lab)
        journal.credit(round(spent, 1), i18n.text_in(learner.language, "workshop.exam.moved"))
        move.arrive(engine)
        return next(each for each in self._open_hosts(sittings.get(), self._catalog) if each.name == host.name)

    def _sleep_of(self, learner: Learner, journal: Journal) -> Callable[[float], None]:
        """Let time pass while an exam is watched. The ledger, and so the board, hears of a clock that stood still."""
        exams: dict[int, ExamState] = {}
        read = 0

        def sleep(seconds: float) -> None:
            nonlocal read
            new = self._ledger.events(read)
            read += len(new)
            follow(exams, new)
            left = journal.state().left
            if abs(left - exams[learner.number].left(self._watch())) > CLOCK_SECONDS:
                self._ledger.add(Kind.CLOCK, learner=learner.number, left=round(left, 1))
            self._clock.sleep(seconds)

        return sleep

    def _look_after(self, learner: Learner) -> None:
        try:
            self.watch(learner)
        except Exception as error:  # whatever it is, the other seats are watched on, and this one again
            log.fault(f"the exam on seat {learner.seat}", error)
            self._clock.sleep(PAUSE)

    def _tell(self, learner: Learner, sitting: Sitting) -> None:
        """What came of it. What was told before is told again where a proctor was killed in the middle of it."""
        exam = name_of(sitting.plan)
        report = report_of(sitting, self._catalog, title=Localized(exam, exam), now=sitting.last.wall)
        for task in report.tasks:
            if (grade := task.state.grade) is not None:
                self._ledger.add(Kind.GRADED, learner=learner.number, exam=exam, **to_detail(task.planned, grade))
        percent, passed = report.points.percent, report.passed
        self._ledger.add(Kind.EXAM_GRADED, learner=learner.number, exam=exam, percent=percent, passed=passed)


def to_detail(task: PlannedTask, grade: TaskGrade) -> dict[str, Any]:
    """What the event of a task's grade says, as that of any grade (`lab.workshop.marks`)."""
    return {
        "exercise": task.exercise,
        "criteria": {
            each.id: [each.verdict.value, each.points if each.verdict is Verdict.PASS else 0, each.points]
            for each in grade.criteria
        },
        "mistake": grade.mistake,
    }


def folder_of(class_: Class, learner: Learner) -> Path:
    """Where the recordings and notepads of a learner's exams lie."""
    return ledgers.folder(class_.id) / learner.seat


def ensure(class_: Class, file: Path) -> None:
    """Start a proctor in the background, unless one is at work.

    Args:
        file: the class's.
    """
    ensure_one(alone(class_), "class", "proctor", "--file", str(file.absolute()))


def alone(class_: Class) -> AbstractContextManager[bool]:
    """Be the only proctor of a class while the `with` block lasts; False: there is one already."""
    return alone_in(ledgers.folder(class_.id))
