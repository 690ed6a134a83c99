"""The end of a sitting: nobody works any more, what is under way settles, and every task is graded twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkers.api import Verdict
from lab import log
from lab.catalog.model import Exercise
from lab.clock import SYSTEM, Clock, wait_until
from lab.cluster.machines.kubectl import Kubectl
from lab.errors import LabError
from lab.exam import hosts as exam_hosts
from lab.exam import recordings
from lab.exam.hosts import Host
from lab.exam.plan import PlannedTask
from lab.exam.sittings import Journal, Sitting
from lab.exam.verdicts import Judged, TaskGrade, agreed
from lab.grading.grade import Grade, grade
from lab.grading.record import Recorder
from lab.practice.scenario import is_beginning
from lab.practice.session import Session

SETTLE = 30.0
"""Seconds that what is under way at the end may take."""
TIMES = 2
"""How often a task is graded: what still changes is nobody's failure."""

OnGraded = Callable[[int], None]
"""Takes the position of each task that was graded."""


@dataclass(frozen=True, slots=True)
class Place:
    """A host with the session that grades there."""

    host: Host
    session: Session


class Finish:
    """Ends a sitting that is over and grades it. What was graded already is not graded again.

    Args:
        state: the directory where recordings are saved (`lab.paths.state`).
    """

    def __init__(self, sitting: Sitting, journal: Journal, places: Sequence[Place], state: Path) -> None:
        self._sitting = sitting
        self._journal = journal
        self._places = {place.host.name: place for place in places}
        self._state = state

    def run(self, on_graded: OnGraded = lambda _: None, clock: Clock = SYSTEM) -> None:
        """Close the hosts, let them settle, grade every task, and open them again: what is done later does not count.

        Raises:
            LabError: a host cannot be closed, or the grades cannot be saved.
        """
        now = self._journal.state()
        there = [place for place in self._places.values() if place.host.name not in now.lost]
        hosts = [place.host for place in there]
        exam_hosts.close(hosts)
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda host: _await_settled(host, clock), hosts))
            observed = [each for on_host in threads.map(self._observe_all, there) for each in on_host]
        for task, grades in observed:
            self._journal.graded(task.position, self._agreed(task, grades))
            on_graded(task.position)
        exam_hosts.reopen(hosts)

    def _observe_all(self, place: Place) -> list[tuple[PlannedTask, Sequence[Grade]]]:
        """Grade each task of a host once, and then each of them again."""
        now = self._journal.state()
        on_host = [task for task in self._sitting.plan.tasks if task.host == place.host.name]
        tasks = [task for task in on_host if now.task(task.position).grade is None]
        with ExitStack() as observers:  # what a recording masks, its observer is asked for once more
            seen = [(task, self._observe(task, place, observers)) for _ in range(TIMES) for task in tasks]
            return [(task, self._saved(task, place, [each for of, each in seen if of is task])) for task in tasks]

    def _observe(self, task: PlannedTask, place: Place, observers: ExitStack) -> tuple[Grade, Recorder] | None:
        """Grade a task once. None: its host could not be observed at all."""
        exercise, engine = place.session.exercise(task.exercise), place.session.engine.name
        try:
            observer = observers.enter_context(place.session.observer(exercise))
            recorder = Recorder(observer)
            return grade(exercise, recorder, engine=engine, kubernetes=observer.kubernetes()), recorder
        except LabError as error:
            log.fault(f"grading task {task.position} of sitting {self._sitting.number}", error)
            return None

    def _saved(
        self, task: PlannedTask, place: Place, observed: Sequence[tuple[Grade, Recorder] | None]
    ) -> Sequence[Grade]:
        """The grades of a task, whose recordings are saved; none where one of them could not be made."""
        seen = [each for each in observed if each is not None]
        if len(seen) < len(observed):
            return ()
        file = recordings.path(self._state, self._sitting.number, task.position)
        recordings.save(file, place.session.exercise(task.exercise), [recorder for _, recorder in seen])
        return [made for made, _ in seen]

    def _agreed(self, task: PlannedTask, grades: Sequence[Grade]) -> TaskGrade:
        place = self._places[task.host]
        exercise = place.session.exercise(task.exercise)
        if not grades:
            return TaskGrade(tuple(Judged(each.id, each.points, Verdict.BROKEN) for each in exercise.criteria))
        found = agreed(grades)
        return found if found.earned else agreed(grades, self._elsewhere(exercise, place))

    def _elsewhere(self, exercise: Exercise, place: Place) -> str:
        """The host where a task was done instead of on its own; empty: on none."""
        for name, other in self._places.items():
            if other is place:
                continue
            try:
                with other.session.observer(exercise) as observer:
                    made = grade(exercise, observer, engine=other.session.engine.name, kubernetes="")
            except LabError:
                continue  # it only would have been a hint
            if made.earned:
                return name
        return ""


def _await_settled(host: Host, clock: Clock) -> None:
    """Wait until no Pod of a host is on its way. One that never arrives is graded as it is."""
    kubectl = Kubectl(host.engine.nodes()[0])

    def is_settled() -> bool:
        try:
            found = kubectl.poll("get", "pods", "--all-namespaces", "--output=json")
        except LabError:
            return False
        return found.ok and not any(map(_is_on_its_way, json.loads(found.stdout)["items"]))

    wait_until(is_settled, clock, bound=SETTLE * host.engine.pace, every=2)


def _is_on_its_way(pod: Mapping[str, Any]) -> bool:
    return "deletionTimestamp" in pod["metadata"] or is_beginning(pod)
