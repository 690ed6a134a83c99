"""`ckslab exam report` and `ckslab exam regrade`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checkers.api import Verdict
from lab import cli, paths
from lab.catalog import blueprint
from lab.catalog.load import load
from lab.exam import recordings
from lab.exam.events import Event, Kind, Moment
from lab.exam.plan import Plan, draw
from lab.exam.pool import pool_of
from lab.exam.sittings import Sittings
from lab.exam.verdicts import Judged, TaskGrade, to_detail
from lab.grading.record import place
from lab.practice.history import History

pytestmark = pytest.mark.usefixtures("english")
Output = pytest.CaptureFixture[str]


@pytest.fixture
def sittings() -> Iterator[Sittings]:
    """The user's."""
    history = History(paths.history())
    yield Sittings(history.database)
    history.close()


def at(seconds: float) -> Moment:
    return Moment(datetime(2026, 11, 20, 12, tzinfo=UTC), "boot", seconds)


def drill(seed: int = 7) -> Plan:
    catalog = load()
    drill = blueprint.load([domain.id for domain in catalog.domains]).get("drill")
    return draw(drill, pool_of(drill, catalog.exercises), seed)


def sit(sittings: Sittings, verdict: Verdict = Verdict.FAIL) -> Plan:
    """A drill that was handed in at once; every criterion has this verdict."""
    plan, catalog = drill(), load()
    number = sittings.begin(plan, at(0)).number
    graded = [
        Event(Kind.GRADED, at(70), task.position, detail=to_detail(TaskGrade(criteria)))
        for task in plan.tasks
        for criteria in [tuple(Judged(c.id, c.points, verdict) for c in catalog.exercise(task.exercise).criteria)]
    ]
    sittings.add(number, [Event(Kind.HANDED_IN, at(60)), *graded, Event(Kind.CLOSED, at(90))])
    return plan


def run(capsys: Output, *argv: str, code: int = 0) -> str:
    assert cli.main(["exam", *argv]) == code
    output = capsys.readouterr()
    return output.out + output.err


def test_the_last_sitting_is_reported_or_the_one_that_is_named(sittings: Sittings, capsys: Output) -> None:
    sit(sittings)
    sit(sittings, Verdict.PASS)
    assert "Speed drill · sitting 2" in run(capsys, "report")
    assert "0 %: not passed." in run(capsys, "report", "1")


def test_what_comes_next_is_what_ckslab_next_says(sittings: Sittings, capsys: Output) -> None:
    sit(sittings)
    told = json.loads(run(capsys, "report", "--json"))["next"]
    assert cli.main(["next", "--json"]) == 0
    assert told == json.loads(capsys.readouterr().out)
    assert {each["reason"] for each in told[:4]} == {"unreached"}


def test_without_a_sitting_there_is_no_report(capsys: Output) -> None:
    assert "No exam was sat here yet." in run(capsys, "report", code=2)


def test_there_is_no_such_sitting(sittings: Sittings, capsys: Output) -> None:
    sit(sittings)
    assert "There is no sitting 9." in run(capsys, "report", "9", code=2)


def test_during_a_sitting_no_report_is_shown_not_even_of_an_earlier_one(sittings: Sittings, capsys: Output) -> None:
    sit(sittings)
    sittings.begin(drill(), at(100))
    assert "Not while sitting 2 goes on" in run(capsys, "report", "1", code=2)


def test_regrade_says_task_by_task_what_came_of_it(sittings: Sittings, capsys: Output) -> None:
    plan, catalog = sit(sittings), load()
    (first, *_) = plan.tasks
    exercise = catalog.exercise(first.exercise)
    file, solution = recordings.path(paths.state(), 1, 1), place(exercise, "solution").read_text(encoding="utf-8")
    file.parent.mkdir(parents=True)
    file.write_text(f"{solution}\n{solution}", encoding="utf-8")
    told = run(capsys, "regrade", "1", code=3)
    assert f"  1  {first.exercise}  otherwise than before:" in told
    assert "FAIL → PASS" in told
    assert "not judged again. There is no recording of it." in told
    assert f"Now: {first.weight} %: not passed." in told
    assert "Judged again later, from its recording." in run(capsys, "report")
    assert f"  1  {first.exercise}  as before" in run(capsys, "regrade", "1", code=3)
    values = json.loads(run(capsys, "regrade", "1", "--json", code=3))
    assert values["percent"] == {"before": first.weight, "after": first.weight}
    assert [each["error"] is None for each in values["tasks"]] == [True, False, False, False]


def test_the_page_is_written_for_its_owner_alone(sittings: Sittings, capsys: Output, tmp_path: Path) -> None:
    sit(sittings)
    file = tmp_path / "report.html"
    assert run(capsys, "report", "--html", str(file)) == f"Written: {file}\n"
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert file.stat().st_mode & 0o077 == 0
    assert "not allowed with argument" in run(capsys, "report", "--json", "--html", str(file), code=2)
