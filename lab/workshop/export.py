"""The marks of a class for other programs: a row for each learner and exercise, as nbgrader has them, or all events."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from lab.catalog.model import Catalog
from lab.workshop.board import Board, Cell, Row
from lab.workshop.class_file import Class, Learner
from lab.workshop.events import Event, Kind
from lab.workshop.exam_state import column, exercise_of

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)
"""nbgrader's, so that whatever reads its files reads these. What a class does not know is empty."""


def to_csv(board: Board, events: Sequence[Event], class_: Class, catalog: Catalog, *, wide: bool = False) -> str:
    """A row for each learner and exercise.

    Args:
        wide: with a column for each criterion, which says the verdict of the last grade.
    """
    criteria = [
        f"{name}/{criterion.id}"
        for name in board.columns
        for criterion in catalog.exercise(exercise_of(name)).criteria
        if wide
    ]
    written = io.StringIO()
    table = csv.DictWriter(written, [*COLUMNS, *criteria], restval="", lineterminator="\n")
    table.writeheader()
    last = _last_graded(events)
    for learner, row in zip(class_.learners, board.rows, strict=True):
        for name in row.cells:
            when = last.get((learner.number, name))
            table.writerow(_row(learner, row, name, when, catalog) | (_verdicts(name, row.cells[name]) if wide else {}))
        for exam, (when, percent) in _exams(events, learner).items():
            table.writerow(_marks(learner, exam, when, percent, 100))
    return written.getvalue()


def to_lines(events: Iterable[Event], class_: Class) -> Iterator[str]:
    """Each event as a line of JSON. The hashes of tokens and keys are nobody's business."""
    names = {learner.number: learner.name for learner in class_.learners}
    for event in events:
        if event.kind in (Kind.ISSUED, Kind.BOUND, Kind.PROJECTED):
            continue
        facts = {
            "kind": event.kind.value,
            "at": event.at.wall.isoformat(timespec="milliseconds"),
            "seat": event.seat,
            "learner": event.learner,
            "name": names.get(event.learner, ""),
            "detail": dict(event.detail),
        }
        known = {name: value for name, value in facts.items() if value not in (0, "", {})}
        yield json.dumps(known, ensure_ascii=False)


def _row(learner: Learner, row: Row, exercise: str, when: datetime | None, catalog: Catalog) -> dict[str, object]:
    points = sum(criterion.points for criterion in catalog.exercise(exercise_of(exercise)).criteria)
    return _marks(learner, exercise, when, row.cells[exercise].best, points)


def _marks(learner: Learner, assignment: str, when: datetime | None, score: int, most: int) -> dict[str, object]:
    return {
        "assignment": assignment,
        "timestamp": when.strftime("%Y-%m-%d %H:%M:%S") if when else "",
        "student_id": learner.id or learner.seat,
        "last_name": _plain(learner.name),
        "raw_score": score,
        "late_submission_penalty": 0,
        "score": score,
        "max_score": most,
    }


def _verdicts(exercise: str, cell: Cell) -> dict[str, str]:
    criteria = cell.marks.criteria if cell.marks else {}
    return {f"{exercise}/{name}": mark.verdict.value for name, mark in criteria.items()}


def _last_graded(events: Iterable[Event]) -> dict[tuple[int, str], datetime]:
    return {
        (event.learner, column(event.detail.get("exam", ""), event.detail["exercise"])): event.at.wall
        for event in events
        if event.kind is Kind.GRADED
    }


def _exams(events: Iterable[Event], learner: Learner) -> dict[str, tuple[datetime, int]]:
    """Each exam of a learner that was graded, with when, and the percent that it came to."""
    return {
        event.detail["exam"]: (event.at.wall, event.detail["percent"])
        for event in events
        if event.kind is Kind.EXAM_GRADED and event.learner == learner.number and event.detail["percent"] is not None
    }


def _plain(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name[:1] in ("=", "+", "-", "@") else name
