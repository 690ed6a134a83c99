"""The marks of a class for other programs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

from checkers.api import Verdict
from lab.catalog.load import load
from lab.workshop.board import board_of
from lab.workshop.class_file import Class
from lab.workshop.events import Event, Kind
from lab.workshop.export import COLUMNS, to_csv, to_lines
from tests.unit.support.classes import EXERCISE, class_of, event, moment

CATALOG = load()
POINTS = sum(criterion.points for criterion in CATALOG.exercise(EXERCISE).criteria)
FIRST = CATALOG.exercise(EXERCISE).criteria[0]


def graded(seconds: float, learner: int, earned: int) -> Event:
    verdict = Verdict.PASS if earned else Verdict.FAIL
    detail = {"exercise": EXERCISE, "criteria": {FIRST.id: [verdict.value, earned, 3]}, "mistake": ""}
    return event(Kind.GRADED, seconds, learner=learner, **detail)


def rows(events: list[Event], class_: Class | None = None, *, wide: bool = False) -> list[dict[str, str]]:
    class_ = class_ or class_of(2)
    text = to_csv(board_of(class_, events, moment(100)), events, class_, CATALOG, wide=wide)
    return list(csv.DictReader(io.StringIO(text)))


def test_there_is_a_row_for_each_learner_and_exercise_in_nbgraders_columns() -> None:
    first, second = rows([graded(5, 1, 3), graded(9, 1, 0)])
    assert tuple(first) == COLUMNS
    assert (first["assignment"], first["student_id"], first["score"], first["max_score"]) == (
        EXERCISE,
        "m-01",
        "3",
        str(POINTS),
    )
    assert first["timestamp"] == "2026-11-28 12:00:09"
    assert (second["student_id"], second["score"], second["timestamp"]) == ("m-02", "0", "")


def test_a_learner_is_who_the_schools_list_says() -> None:
    class_ = class_of(1)
    named = replace(class_, learners=(replace(class_.learners[0], id="s4711", name="张三"),))
    (row,) = rows([], named)
    assert (row["student_id"], row["last_name"]) == ("s4711", "张三")


def test_a_wide_table_has_a_column_for_each_criterion() -> None:
    first, second = rows([graded(5, 1, 3)], wide=True)
    assert first[f"{EXERCISE}/{FIRST.id}"] == "pass"
    assert second[f"{EXERCISE}/{FIRST.id}"] == ""
    assert len(first) == len(COLUMNS) + len(CATALOG.exercise(EXERCISE).criteria)


def test_a_name_is_no_formula() -> None:
    class_ = class_of(1)
    named = replace(class_, learners=(replace(class_.learners[0], name='=HYPERLINK("http://evil.example")'),))
    (row,) = rows([], named)
    assert row["last_name"].startswith("'=")


def test_events_are_lines_without_what_lets_anybody_in() -> None:
    events = [
        event(Kind.ISSUED, learner=1, token="hash", beside=False),  # noqa: S106
        event(Kind.BOUND, learner=1, token="hash", door="ssh", key="hash of a key"),  # noqa: S106
        event(Kind.CAME, learner=1, door="ssh"),
    ]
    (line,) = map(json.loads, to_lines(events, class_of(1)))
    assert line == {
        "kind": "came",
        "at": "2026-11-28T12:00:00.000+00:00",
        "learner": 1,
        "name": "1",
        "detail": {"door": "ssh"},
    }


def test_what_was_given_to_one_is_a_row_of_theirs_alone() -> None:
    found = rows([event(Kind.GIVEN, 1, learner=2, exercises=["read-only-root"])])
    assert [(row["student_id"], row["assignment"]) for row in found] == [
        ("m-01", EXERCISE),
        ("m-02", EXERCISE),
        ("m-02", "read-only-root"),
    ]


def test_an_exam_is_a_row_for_each_task_and_one_for_the_whole() -> None:
    began = event(Kind.EXAM_BEGAN, 1, learner=1, exam="drill@7", seconds=600.0, tasks=[EXERCISE])
    task = event(Kind.GRADED, 5, learner=1, exam="drill@7", **graded(5, 1, 3).detail)
    whole = event(Kind.EXAM_GRADED, 6, learner=1, exam="drill@7", percent=64, passed=False)
    found = rows([began, task, whole], class_of(1))
    assert [(row["assignment"], row["score"], row["max_score"]) for row in found] == [
        (EXERCISE, "0", str(POINTS)),
        (f"drill@7/{EXERCISE}", "3", str(POINTS)),
        ("drill@7", "64", "100"),
    ]
    assert found[1]["timestamp"] == "2026-11-28 12:00:05"
