"""A grade as a program and as a learner read it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from checkers.api import Verdict
from lab import i18n
from lab.catalog.model import Criterion
from lab.grading.grade import Grade, grade
from lab.grading.report import criterion_to_text, exit_code, summary, to_json, to_text
from lab.text import cells, wrap
from tests.unit.support.clocks import Hands
from tests.unit.support.exercises import answer, criterion, exercise
from tests.unit.support.observations import HandMade

pytestmark = pytest.mark.usefixtures("english")


def graded(*criteria: Criterion) -> Grade:
    whole = exercise(criteria)
    return grade(whole, HandMade(), engine="kind", kubernetes="v1.36.1", clock=Hands().clock)


MIXED = (criterion("a", points=2), criterion("b", Verdict.FAIL, points=3), criterion("gate", points=0))


def test_json_is_the_contract() -> None:
    assert to_json(graded(criterion("a", points=2), criterion("b", Verdict.FAIL, points=3))) == {
        "exercise": "one",
        "engine": "kind",
        "kubernetes": "v1.36.1",
        "started": "2026-01-01T00:00:00+00:00",
        "seconds": 0.0,
        "score": 2,
        "max": 5,
        "criteria": [
            {
                "id": "a",
                "points": 2,
                "earned": 2,
                "verdict": "pass",
                "expected": "it holds",
                "found": "what was found",
                "why": "",
            },
            {
                "id": "b",
                "points": 3,
                "earned": 0,
                "verdict": "fail",
                "expected": "it holds",
                "found": "what was found",
                "why": "because",
            },
        ],
    }


def test_json_speaks_the_language_in_use() -> None:
    i18n.use("zh")
    assert to_json(graded(criterion("a", Verdict.FAIL)))["criteria"][0]["why"] == "因为"


def test_json_can_be_written() -> None:
    json.dumps(to_json(graded(*MIXED)))


def test_text_tells_verdict_points_and_title() -> None:
    assert to_text(graded(*MIXED), colour=False, width=80).splitlines() == [
        "✓ PASS  2/2  title of a",
        "✗ FAIL  0/3  title of b",
        "    Expected: it holds",
        "    Found: what was found",
        "    Why: because",
        "    https://kubernetes.io/docs/",
        "✓ PASS  must hold  title of gate",
        "",
        "2 of 5 points, judged in 0.0 s",
    ]


def test_a_gate_that_fails_is_seen_in_the_sum_and_named_there() -> None:
    failing = graded(criterion("a", points=2), criterion("b", points=3), criterion("gate", Verdict.FAIL, points=0))
    assert summary(failing, width=200).splitlines() == [
        "0 of 5 points, judged in 0.0 s",
        "Not passed, and no points while this must hold and does not: title of gate. "
        "Points that count again once it holds: 5.",
    ]
    assert (to_json(failing)["score"], [own["earned"] for own in to_json(failing)["criteria"]]) == (0, [2, 3, 0])


@pytest.mark.parametrize("verdict", [Verdict.BROKEN, Verdict.UNSEEN])
def test_what_could_not_be_judged_is_not_called_a_failure(verdict: Verdict) -> None:
    text = to_text(graded(criterion("a", verdict)), colour=False, width=80)
    assert "FAIL" not in text


def test_colour_is_only_on_the_verdict() -> None:
    text = criterion_to_text(graded(criterion("a", Verdict.FAIL)).criteria[0], colour=True, width=80)
    assert text.startswith("\x1b[31m✗ FAIL\x1b[0m  0/1")


def test_no_line_is_wider_than_the_terminal() -> None:
    for language in i18n.LANGUAGES:
        i18n.use(language)
        lines = to_text(graded(criterion("a"), criterion("b")), colour=False, width=24).splitlines()
        assert max(map(cells, lines)) <= 24


def test_what_could_not_be_judged_is_told_to_cost_nothing() -> None:
    told = summary(graded(criterion("a"), criterion("b", Verdict.BROKEN), criterion("c", Verdict.UNSEEN)), width=200)
    assert "no fault of yours: 2" in told
    assert "no fault of yours" not in summary(graded(criterion("a"), criterion("b", Verdict.FAIL)), width=200)


def test_a_known_mistake_is_told() -> None:
    known = answer("forgotten", {"a": Verdict.FAIL}, mistake="You forgot it.")
    grade = replace(graded(criterion("a", Verdict.FAIL)), known_mistake=known)
    assert "A known mistake: You forgot it." in summary(grade, width=80)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [("pass pass", 0), ("pass fail", 1), ("fail broken", 3), ("pass unseen", 3)],
)
def test_exit_codes(verdicts: str, code: int) -> None:
    criteria = [criterion(f"c{number}", Verdict(verdict)) for number, verdict in enumerate(verdicts.split())]
    assert exit_code(graded(*criteria)) == code


def test_words_are_wrapped_and_indented() -> None:
    assert wrap("one two three", 8, "  ") == ["one two", "  three"]


def test_a_line_of_its_own_in_the_text_stays_one() -> None:
    assert wrap("one:\ntwo three\nfour", 12, "  ") == ["one:", "  two three", "  four"]


def test_chinese_may_break_anywhere_but_before_punctuation() -> None:
    assert wrap("命名空间中没有，真的", 14) == ["命名空间中没有，", "真的"]


def test_a_word_longer_than_a_line_stays_whole() -> None:
    assert wrap("see registry.k8s.io/pause", 10) == ["see", "registry.k8s.io/pause"]
