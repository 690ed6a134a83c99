"""An exam by the command line, as a script sits it; the labs are not there."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lab import cli, paths
from lab.catalog import blueprint
from lab.catalog.load import load
from lab.exam import events, proctor
from lab.exam.plan import draw
from lab.exam.pool import pool_of
from lab.exam.sittings import Journal, Sitting, Sittings
from lab.exam.verdicts import from_detail
from lab.practice.history import History
from tests.unit.support.exams import passed

pytestmark = pytest.mark.usefixtures("english")
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sittings that somebody was asked to watch; nobody does."""
    asked: list[int] = []
    monkeypatch.setattr(proctor, "ensure", lambda sitting: asked.append(sitting.number))
    return asked


@pytest.fixture
def sittings() -> Iterator[Sittings]:
    """The user's."""
    history = History(paths.history())
    yield Sittings(history.database)
    history.close()


@pytest.fixture
def sitting(sittings: Sittings) -> Sitting:
    """A drill that has just begun."""
    catalog = load()
    drill = blueprint.load([domain.id for domain in catalog.domains]).get("drill")
    plan = draw(drill, pool_of(drill, catalog.exercises), 7)
    return sittings.begin(plan, events.now(), dict(zip(plan.hosts, ("cks", "cks-2"), strict=True)))


def run(capsys: Output, *argv: str, code: int = 0) -> str:
    """What a command prints, on either stream."""
    assert cli.main(argv) == code
    printed = capsys.readouterr()
    return printed.out + printed.err


def test_status_tells_time_tasks_and_hosts(sitting: Sitting, capsys: Output, watched: list[int]) -> None:
    told = run(capsys, "exam", "status")
    assert told.startswith(f"Sitting {sitting.number} is under way: 19m5")
    assert [line.split()[0] for line in told.splitlines()[1:]] == ["1", "2", "3", "4"]
    assert "not opened" in told
    assert watched == [sitting.number]


def test_status_as_json_has_what_a_script_needs(sitting: Sitting, capsys: Output) -> None:
    told = json.loads(run(capsys, "exam", "status", "--json"))
    assert told["phase"] == "under_way"
    assert told["hosts"][1] == {"name": sitting.plan.hosts[1], "lab": "cks-2", "condition": "there"}
    assert [task["exercise"] for task in told["tasks"]] == [task.exercise for task in sitting.plan.tasks]
    assert {task["graded"] for task in told["tasks"]} == {False}


def test_a_host_that_is_gone_is_told(sitting: Sitting, sittings: Sittings, capsys: Output) -> None:
    Journal(sittings, sitting).gone(sitting.plan.hosts[1])
    assert f"{sitting.plan.hosts[1]} does not work" in run(capsys, "exam", "status")


@pytest.mark.parametrize(
    "argv",
    [
        ("grade", "psa-warn-baseline"),
        ("hint", "psa-warn-baseline"),
        ("solution", "psa-warn-baseline"),
        ("start", "psa-warn-baseline"),
        ("reset",),
        ("reset", "psa-warn-baseline"),
        ("history",),
        ("note", "psa-warn-baseline"),
        ("exam", "report"),
        ("exam", "prove"),
    ],
)
def test_nothing_helps_during_an_exam(sitting: Sitting, capsys: Output, argv: tuple[str, ...]) -> None:
    assert f"Not while sitting {sitting.number} goes on" in run(capsys, *argv, code=2) or argv == ("exam", "report")


def test_a_second_exam_does_not_begin(sitting: Sitting, capsys: Output) -> None:
    assert f"Sitting {sitting.number} is not closed yet" in run(capsys, "exam", "start", "drill", code=2)


def test_an_exam_is_closed_once_it_is_graded(sitting: Sitting, sittings: Sittings, capsys: Output) -> None:
    assert "is not graded yet" in run(capsys, "exam", "close", code=2)
    journal = Journal(sittings, sitting)
    journal.hand_in()
    for position in range(1, 5):
        journal.graded(position, from_detail(passed()))
    assert "is graded" in run(capsys, "exam", "status")
    assert "`ckslab exam close` gives its labs free" in run(capsys, "history")
    assert "is closed" in run(capsys, "exam", "close")
    assert "No exam is open" in run(capsys, "exam", "status", code=2)


def test_an_exam_can_be_given_up(sitting: Sitting, sittings: Sittings, capsys: Output) -> None:
    assert "is closed" in run(capsys, "exam", "close", "--abandon")
    assert sittings.open() is None


def test_where_nothing_was_lost_there_is_no_exam_of_it(sitting: Sitting, sittings: Sittings, capsys: Output) -> None:
    journal = Journal(sittings, sitting)
    journal.hand_in()
    for position in range(1, 5):
        journal.graded(position, from_detail(passed()))
    journal.close()
    told = run(capsys, "exam", "start", "drill", "--lost", str(sitting.number), code=2)
    assert f"Nothing was lost in sitting {sitting.number}" in told
    assert "There is no sitting 99" in run(capsys, "exam", "start", "drill", "--lost", "99", code=2)


@pytest.mark.parametrize("verb", ["status", "hand-in", "close", "proctor"])
def test_without_an_exam_it_is_said_how_to_begin_one(verb: str, capsys: Output) -> None:
    assert "`ckslab exam start` begins one" in run(capsys, "exam", verb, code=2)


def test_what_is_no_exam_is_told_with_those_that_there_are(capsys: Output) -> None:
    assert "The exams are: drill" in run(capsys, "exam", "start", "dril", code=2)
