"""A sitting judged again from its recordings, by the checks of today. Nothing here needs a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkers.api import Verdict
from lab import i18n
from lab.catalog.model import Catalog
from lab.errors import LabError
from lab.exam import recordings
from lab.exam.events import Event, Kind, Watch
from lab.exam.plan import PlannedTask
from lab.exam.sittings import Sitting, Sittings
from lab.exam.verdicts import Judged, TaskGrade, agreed, to_detail
from lab.grading.grade import Grade, grade
from lab.grading.record import Replay


@dataclass(frozen=True, slots=True)
class Regrade:
    """A task judged again.

    Attributes:
        before: None where it had no grade.
        after: None where it could not be judged again.
        error: why not.
    """

    task: PlannedTask
    before: TaskGrade | None
    after: TaskGrade | None = None
    error: LabError | None = None

    @property
    def has_changed(self) -> bool:
        """It came out otherwise."""
        return self.after is not None and self.after != self.before

    @property
    def changes(self) -> tuple[tuple[Judged | None, Judged], ...]:
        """The criteria that are judged otherwise than before, or were not there then, as they were and as they are."""
        known = {judged.id: judged for judged in self.before.criteria} if self.before else {}
        after = self.after.criteria if self.after else ()
        return tuple((known.get(now.id), now) for now in after if known.get(now.id) != now)


def regrades(sitting: Sitting, catalog: Catalog, state: Path) -> Iterator[Regrade]:
    """Judge each task again whose lab was not given up.

    Args:
        state: the directory where recordings lie (`lab.exam.recordings`).
    """
    stood = sitting.state(sitting.last)
    for task in sitting.plan.tasks:
        if task.host in stood.lost:
            continue
        before = stood.task(task.position).grade
        try:
            after = _judge(task, before, catalog, recordings.path(state, sitting.number, task.position))
        except LabError as error:
            yield Regrade(task, before, error=error)
        else:
            yield Regrade(task, before, after)


def save(sittings: Sittings, sitting: Sitting, found: Iterable[Regrade], watch: Watch) -> None:
    """Add what came out otherwise to the sitting's events."""
    now = watch()
    changed = [
        Event(Kind.REGRADED, now, each.task.position, detail=to_detail(each.after))
        for each in found
        if each.after and each.has_changed
    ]
    sittings.add(sitting.number, changed)


def to_json(sitting: Sitting, found: Iterable[Regrade], before: int | None, after: int | None) -> dict[str, Any]:
    """The values of `exam regrade --json`, a stable contract; `before` and `after` are the percent of the whole."""
    return {
        "sitting": sitting.number,
        "percent": {"before": before, "after": after},
        "tasks": [_task_to_json(each) for each in found],
    }


def _task_to_json(regrade: Regrade) -> dict[str, Any]:
    return {
        "position": regrade.task.position,
        "exercise": regrade.task.exercise,
        "changed": regrade.has_changed,
        "criteria": [
            {"id": now.id, "before": was.verdict.value if was else None, "after": now.verdict.value}
            for was, now in regrade.changes
        ],
        "error": str(regrade.error) if regrade.error else None,
    }


def _judge(task: PlannedTask, before: TaskGrade | None, catalog: Catalog, file: Path) -> TaskGrade:
    """The grade of a task by its recording. Where it was done instead, no recording tells.

    Raises:
        LabError: there is no recording that can be judged, or no such exercise any more.
    """
    replays = recordings.load(file)
    exercise = catalog.exercise(task.exercise)
    grades = [grade(exercise, replay, engine="", kubernetes="") for replay in replays]
    _require_judged(replays, grades, before)
    return agreed(grades, before.elsewhere if before else "")


def _require_judged(replays: Iterable[Replay], grades: Iterable[Grade], before: TaskGrade | None) -> None:
    """See that the recordings were enough for the checks of today.

    Raises:
        LabError: a check asked for what they do not hold (`exam.recording_lacks`), or what was judged before cannot be
            judged by them (`exam.recording_unfit`).
    """
    if lacks := [observation.name for replay in replays for observation in replay.lacks]:
        raise LabError("exam.recording_lacks", asked=lacks[0])
    judged = {each.id for each in before.criteria if each.verdict in (Verdict.PASS, Verdict.FAIL)} if before else set()
    for graded in (graded for each in grades for graded in each.criteria):
        if graded.finding.verdict is Verdict.BROKEN and graded.criterion.id in judged:
            raise LabError("exam.recording_unfit", i18n.pick(graded.finding.found))
