"""Where a learner stands, and what to do next: concluded from attempts made by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from checkers.api import Verdict
from lab.practice.attempt import Attempt, Outcome, Standing, Tally, standings
from lab.practice.suggestion import Reason, Suggestion, suggest
from tests.unit.support.clocks import BEGAN
from tests.unit.support.history import attempt, the_exercise

PASS, FAIL, BROKEN = Verdict.PASS, Verdict.FAIL, Verdict.BROKEN
DAY = timedelta(days=1)
NOW = BEGAN + 100 * DAY


def ago(days: int, name: str, *verdicts: Verdict, ended: bool = True, solution: bool = False) -> Attempt:
    return attempt(name, NOW - days * DAY, *verdicts, ended=ended, solution=solution)


def suggested(*attempts: Attempt, names: str = "a b c") -> list[tuple[str, Reason]]:
    """What is suggested after these attempts, told oldest first."""
    exercises = [the_exercise(name) for name in names.split()]
    found = suggest(standings(exercises, reversed(attempts)), NOW)
    return [(suggestion.exercise.id, suggestion.reason) for suggestion in found]


def standing(*attempts: Attempt) -> Standing:
    """Of one exercise after these attempts, told oldest first."""
    return Standing(the_exercise(), attempts[::-1])


# What to do next


def test_without_any_history_the_catalogs_order_is_followed() -> None:
    assert suggested() == [("a", Reason.NEW), ("b", Reason.NEW), ("c", Reason.NEW)]


def test_what_stands_begun_comes_before_what_failed_and_that_before_what_is_new() -> None:
    attempts = ago(1, "b", FAIL), ago(0, "c", ended=False)
    assert suggested(*attempts) == [("c", Reason.BEGUN), ("b", Reason.FAILED), ("a", Reason.NEW)]


def test_of_failures_the_newest_comes_first() -> None:
    attempts = ago(3, "b", FAIL), ago(2, "a", FAIL), ago(1, "c", FAIL)
    assert [name for name, _ in suggested(*attempts)] == ["c", "a", "b"]


def test_what_was_passed_lately_is_not_suggested() -> None:
    assert suggested(ago(6, "a", PASS), names="a") == []


def test_what_was_passed_long_ago_is_suggested_oldest_first_after_all_else() -> None:
    attempts = ago(20, "a", PASS), ago(30, "b", PASS)
    assert suggested(*attempts) == [("c", Reason.NEW), ("b", Reason.LONG_AGO), ("a", Reason.LONG_AGO)]


def test_only_the_last_attempt_counts() -> None:
    assert suggested(ago(9, "a", FAIL), ago(1, "a", PASS), names="a") == []
    assert suggested(ago(9, "a", PASS), ago(1, "a", FAIL), names="a") == [("a", Reason.FAILED)]


def test_whoever_looked_at_the_solution_is_asked_to_do_it_without() -> None:
    assert suggested(ago(1, "a", PASS, solution=True), names="a") == [("a", Reason.SHOWN)]


def test_the_labs_faults_are_no_failure() -> None:
    assert suggested(ago(1, "a", BROKEN), names="a") == [("a", Reason.NEW)]


def test_a_suggestion_says_since_when() -> None:
    own = the_exercise("a")
    (suggestion,) = suggest(standings([own], [ago(1, "a", FAIL)]), NOW)
    assert suggestion == Suggestion(own, Reason.FAILED, NOW - DAY + timedelta(minutes=1))


# Where a learner stands


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ((), Outcome.BEGUN),
        ((FAIL,), Outcome.FAILED),
        ((FAIL, PASS), Outcome.PASSED),
        ((PASS, FAIL), Outcome.PASSED),
        ((FAIL, BROKEN), Outcome.FAILED),
        ((BROKEN,), Outcome.BEGUN),
    ],
)
def test_the_outcome_of_an_attempt(verdicts: tuple[Verdict, ...], outcome: Outcome) -> None:
    assert ago(1, "one", *verdicts).outcome is outcome


def test_a_pass_stays_though_a_later_attempt_fails() -> None:
    passed, failed = ago(9, "one", PASS), ago(1, "one", FAIL)
    own = standing(passed, failed)
    assert (own.passed, own.latest) == (passed.decided, failed)


def test_an_attempt_left_before_anything_was_judged_says_nothing() -> None:
    passed = ago(9, "one", PASS)
    assert standing(passed, ago(1, "one")).latest is passed


def test_the_best_grade_is_that_with_the_most_points() -> None:
    passed = ago(9, "one", PASS)
    assert standing(passed, ago(1, "one", FAIL)).best is passed.grades[0]
    assert standing().best is None


def test_how_often_each_criterion_passed_and_failed_is_counted_without_the_labs_faults() -> None:
    own = standing(ago(9, "one", FAIL, BROKEN, PASS), ago(1, "one", PASS, solution=True))
    assert own.tallies() == (Tally("runs", 1, 1), Tally("refused", 1, 1))


def test_the_open_attempt_is_that_of_the_lab() -> None:
    begun = ago(0, "one", ended=False)
    assert standing(begun).open_on("cks") is begun
    assert standing(begun).open_on("mine") is None


def test_attempts_at_exercises_that_are_no_more_are_left_out() -> None:
    (own,) = standings([the_exercise("a")], [ago(1, "gone", PASS)])
    assert own.attempts == ()
