"""The end of a sitting: nobody works any more, what is under way settles, and every task is graded twice."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
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

SETTLE = 30.0
"""Seconds that what is under way at the end may take."""
TIMES = 2
"""How often a task is graded: what still changes is nobody's failure."""

AGAIN = 10.0
"""Seconds after which a host that could not be closed is tried once more."""


class Finish:
    """Ends a sitting that is over and grades it. What was graded already is not graded again.

    Args:
        state: the directory where recordings are saved (`lab.paths.state`).
    """

    def __init__(self, sitting: Sitting, journal: Journal, hosts: Sequence[Host], state: Path) -> None:
        self._sitting = sitting
        self._journal = journal
        self._hosts = {host.name: host for host in hosts}
        self._state = state

    def run(self, clock: Clock = SYSTEM) -> None:
        """Close the hosts, let them settle, grade every task, and open them again: what is done later does not count.

        A host that cannot be closed is not there; its tasks are nobody's failure.

        Raises:
            LabError: the grades cannot be saved, or a host cannot be opened again.
        """
        now = self._journal.state()
        hosts = [host for host in self._hosts.values() if host.name not in now.lost]
        with ThreadPoolExecutor() as threads:
            closed = threads.map(lambda host: _close(host, clock), hosts)
            there = [host for host, is_closed in zip(hosts, closed, strict=True) if is_closed]
            list(threads.map(lambda host: _await_settled(host, clock), there))
            observed = [each for on_host in threads.map(self._observe_all, there) for each in on_host]
        unseen = [(task, ()) for host in hosts if host not in there for task in self._ungraded(host)]
        for task, grades in (*observed, *unseen):
            self._journal.graded(task.position, self._agreed(task, grades))
        exam_hosts.reopen(there)

    def _observe_all(self, host: Host) -> list[tuple[PlannedTask, Sequence[Grade]]]:
        """Grade each task of a host once, and then each of them again."""
        tasks = self._ungraded(host)
        with ExitStack() as observers:  # what a recording masks, its observer is asked for once more
            seen = [(task, self._observe(task, host, observers)) for _ in range(TIMES) for task in tasks]
            return [(task, self._saved(task, host, [each for of, each in seen if of is task])) for task in tasks]

    def _ungraded(self, host: Host) -> list[PlannedTask]:
        """The tasks of a host that an end which was cut off has left."""
        now = self._journal.state()
        on_host = [task for task in self._sitting.plan.tasks if task.host == host.name]
        return [task for task in on_host if now.task(task.position).grade is None]

    def _observe(self, task: PlannedTask, host: Host, observers: ExitStack) -> tuple[Grade, Recorder] | None:
        """Grade a task once. None: its host could not be observed at all."""
        exercise, engine = host.session.exercise(task.exercise), host.session.engine.name
        try:
            observer = observers.enter_context(host.session.observer(exercise))
            recorder = Recorder(observer)
            return grade(exercise, recorder, engine=engine, kubernetes=observer.kubernetes()), recorder
        except LabError as error:
            log.fault(f"grading task {task.position} of sitting {self._sitting.number}", error)
            return None

    def _saved(
        self, task: PlannedTask, host: Host, observed: Sequence[tuple[Grade, Recorder] | None]
    ) -> Sequence[Grade]:
        """The grades of a task, whose recordings are saved; none where one of them could not be made."""
        seen = [each for each in observed if each is not None]
        if len(seen) < len(observed):
            return ()
        file = recordings.path(self._state, self._sitting.number, task.position)
        recordings.save(file, host.session.exercise(task.exercise), [recorder for _, recorder in seen])
        return [made for made, _ in seen]

    def _agreed(self, task: PlannedTask, grades: Sequence[Grade]) -> TaskGrade:
        host = self._hosts[task.host]
        exercise = host.session.exercise(task.exercise)
        if not grades:
            return TaskGrade(tuple(Judged(each.id, each.points, Verdict.BROKEN) for each in exercise.criteria))
        found = agreed(grades)
        return found if found.earned else agreed(grades, self._elsewhere(exercise, host))

    def _elsewhere(self, exercise: Exercise, host: Host) -> str:
        """The host where a task was done instead of on its own; empty: on none."""
        for name, other in self._hosts.items():
            if other is host:
                continue
            try:
                with other.session.observer(exercise) as observer:
                    made = grade(exercise, observer, engine=other.session.engine.name, kubernetes="")
            except LabError:
                continue  # it only would have been a hint
            if made.earned:
                return name
        return ""


def hand_in(journal: Journal, hosts: Sequence[Host]) -> None:
    """The learner ends the sitting, and nobody works on its hosts from now on. One that is not there stays as it is."""
    journal.hand_in()
    for host in hosts:
        with suppress(LabError):  # whoever grades tries again
            exam_hosts.close([host])


def _close(host: Host, clock: Clock) -> bool:
    """Let nobody work on a host any more. False: it is not there."""
    for seconds in (AGAIN, 0):
        try:
            exam_hosts.close([host])
        except LabError as error:
            log.fault(f"closing {host.name}", error)
            clock.sleep(seconds)
        else:
            return True
    return False


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
