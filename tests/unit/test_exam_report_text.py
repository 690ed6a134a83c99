"""A report as text and as JSON."""

from __future__ import annotations

import json

import pytest

from lab import i18n
from lab.exam.events import Kind
from lab.exam.report_json import to_json
from lab.exam.report_text import Tone, lines, to_text
from lab.practice.suggestion import Reason, Suggestion
from lab.text import cells
from tests.unit.support.clocks import BEGAN
from tests.unit.support.reports import FAIL, UNSEEN, made, report, sat
from tests.unit.support.sittings import HOSTS

pytestmark = pytest.mark.usefixtures("english", "utc")


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


def text(width: int = 100, **of_first: object) -> str:
    return to_text(report(sat(**of_first)), colour=False, width=width)  # type: ignore[arg-type]


def test_it_begins_with_the_total_and_the_mark() -> None:
    first, second, third, *_ = text(safe=FAIL).splitlines()
    assert first == "A short exam · sitting 3 · 2026-01-01 00:00 · seed 7@0123456789ab"
    assert second == "90 %: passed. The mark is 67 %."
    assert third == "90 of 100 points."


def test_it_says_where_the_lost_points_went_and_of_which_tasks() -> None:
    told = text(others=FAIL, safe=FAIL, mistake="careless")
    assert "  75  no time: never opened, or only glanced at · tasks: 2, 3, 4\n" in told
    assert "  10  known mistakes: each task names its own · tasks: 1\n" in told


def test_a_task_is_told_with_its_time_its_criteria_and_its_mistake() -> None:
    told = text(safe=FAIL, mistake="careless").splitlines()
    place = told.index("  1  A title  (ex-1)")
    assert told[place + 1 : place + 6] == [
        f"     15 of 25 · 2m00s (target 2 min) · {HOSTS[1]}",
        "     ✓ 15  title of runs",
        "     ✗ 10  title of safe  [known mistake]",
        "     ✓ must hold  title of intact",
        "     A known mistake: It was careless.",
    ]


def test_of_a_task_that_was_never_opened_no_criterion_is_told() -> None:
    told = text(others=FAIL).splitlines()
    place = told.index("  4  A title  (ex-4)")
    assert told[place + 1 : place + 3] == [f"     0 of 25 · 0s (target 2 min) · {HOSTS[0]} · no time", ""]


def test_what_is_the_labs_fault_is_said_to_be() -> None:
    assert "25 points could not be judged. That is the lab's fault" in text(runs=UNSEEN, safe=UNSEEN)


def test_what_comes_next_has_its_reason() -> None:
    suggestion = Suggestion(made("ex-2"), Reason.UNREACHED, BEGAN, 3)
    told = to_text(report(sat(), suggestions=[suggestion]), colour=False, width=100)
    assert "  1  A title · 5 min  (ex-2)\n     no time for it in exam 3, today\n" in told
    assert "`ckslab exam start short --seed 7@0123456789ab`" in told


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("width", [50, 60, 100])
def test_every_line_fits(monkeypatch: pytest.MonkeyPatch, language: i18n.Language, width: int) -> None:
    monkeypatch.setattr(i18n, "_chosen", language)
    others = [sat(safe=FAIL).sitting(1), sat().sitting(2)]
    found = report(sat(safe=FAIL, mistake="careless", others=FAIL), others=others)
    assert [line.text for line in lines(found, width) if cells(line.text) > width] == []


def test_colour_says_nothing_that_is_not_said_without_it() -> None:
    found = report(sat(safe=FAIL))
    shown = to_text(found, colour=True, width=80)
    for line in lines(found, 80):
        assert line.text in shown
    assert {line.tone for line in lines(found, 80)} >= {Tone.TITLE, Tone.GOOD, Tone.BAD, Tone.HEADING}


def test_json_has_the_same_in_a_stable_shape() -> None:
    told = to_json(report(sat(safe=FAIL, mistake="careless").then(1, Kind.CLOSED), others=[sat().sitting(1)]))
    assert json.loads(json.dumps(told)) == told
    assert (told["sitting"], told["percent"], told["pass"], told["passed"]) == (3, 90, 67, True)
    assert (told["whole"], told["judged"], told["earned"]) == (100, 100, 90)
    assert told["covers"] == {"domains": 2, "of": 3}
    assert told["lost"] == [{"where": "mistake", "points": 10, "tasks": [1]}]
    assert told["tasks"][0]["criteria"][1] == {
        "id": "safe",
        "title": "title of safe",
        "points": 10,
        "verdict": "fail",
        "gate": False,
        "lost": "mistake",
    }
    assert told["tasks"][0]["mistake"] == {"name": "careless", "words": "It was careless."}
    assert [each["sitting"] for each in told["earlier"]] == [1]
    assert told["domains"][0]["tasks"] == [1, 2, 3]
