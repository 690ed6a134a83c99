"""Whether an exam can be passed: all solutions, one after the other on their hosts, give full marks."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lab import i18n
from lab.authoring.script import run_as_learner
from lab.catalog.model import SOLUTION, Answer, Catalog, Exercise
from lab.clock import SYSTEM, Clock
from lab.exam import events
from lab.exam import hosts as exam_hosts
from lab.exam.begin import session_on
from lab.exam.finish import Finish
from lab.exam.hosts import Host
from lab.exam.plan import PlannedTask
from lab.exam.prepare import Prepared, Wish, free_memory, labs_of, prepare
from lab.exam.sittings import Journal, Sittings
from lab.exam.verdicts import TaskGrade
from lab.practice.history import History
from lab.progress import OnProgress, Progress


@dataclass(frozen=True, slots=True)
class Solved:
    """A task whose solution was done. `problem`: what its script said; empty where it ended well."""

    task: PlannedTask
    problem: str
    grade: TaskGrade | None = None

    @property
    def holds(self) -> bool:
        """All points, and nothing broken that must hold."""
        grade = self.grade
        return grade is not None and not self.problem and grade.earned == grade.points


@dataclass(frozen=True, slots=True)
class ExamProof:
    """What became of an exam.

    Attributes:
        seconds: of its parts, `prepare`, `solve` and `grade` (twice).
    """

    prepared: Prepared
    tasks: tuple[Solved, ...]
    seconds: dict[str, float]

    @property
    def holds(self) -> bool:
        """Every solution has full marks, so none undoes another's, and the draw did not have to be changed."""
        return all(task.holds for task in self.tasks) and not self.prepared.replaced


def prove_exam(wish: Wish, lab: str, catalog: Catalog, progress: OnProgress, clock: Clock = SYSTEM) -> ExamProof:
    """Prepare an exam as for a learner, do all of its solutions and grade them as at an exam's end.

    Raises:
        LabError: a lab cannot be made ready, closed or graded.
        UsageError: the exam cannot be drawn.
    """
    wanted = wish.hosts or wish.blueprint.hosts
    sessions = labs_of(lab, wanted, lambda name: session_on(name, catalog), free_memory())
    times = [clock.seconds()]
    prepared = prepare(wish, sessions, progress)
    times.append(clock.seconds())
    progress(Progress(i18n.text("exam.step.solve"), 1, 2, 0))
    with ThreadPoolExecutor() as threads:
        solved = [one for on_host in threads.map(partial(_solve, prepared), prepared.hosts) for one in on_host]
    times.append(clock.seconds())
    progress(Progress(i18n.text("exam.step.end"), 2, 2, times[-1] - times[0]))
    grades = _grade(prepared)
    times.append(clock.seconds())
    exam_hosts.part(prepared.hosts)
    tasks = [Solved(each.task, each.problem, grades.get(each.task.position)) for each in solved]
    parts = zip(("prepare", "solve", "grade"), times, times[1:], strict=False)
    return ExamProof(
        prepared,
        tuple(sorted(tasks, key=lambda each: each.task.position)),
        {part: round(end - begin, 1) for part, begin, end in parts},
    )


def _solve(prepared: Prepared, host: Host) -> list[Solved]:
    """Do the solutions of one host, in the exam's order."""
    tasks = [task for task in prepared.plan.tasks if task.host == host.name]
    solved = []
    for task in tasks:
        done = run_as_learner(host.engine, _solution(host.session.exercise(task.exercise)))
        solved.append(Solved(task, "" if done.ok else done.error or f"exit code {done.code}"))
    return solved


def _solution(exercise: Exercise) -> Answer:
    return next(answer for answer in exercise.answers if answer.name == SOLUTION)


def _grade(prepared: Prepared) -> dict[int, TaskGrade]:
    """What an exam's end makes of it: position -> grade. No history has it."""
    sittings = Sittings(History().database)
    sitting = sittings.begin(prepared.plan, events.now(), {host.name: host.engine.lab for host in prepared.hosts})
    journal = Journal(sittings, sitting)
    journal.hand_in()
    with tempfile.TemporaryDirectory() as recordings:
        Finish(sitting, journal, prepared.hosts, Path(recordings)).run()
    states = journal.state().tasks
    return {position: state.grade for position, state in enumerate(states, 1) if state.grade is not None}
