"""Where a learner stands, and what to do next: concluded from attempts made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from checkers.api import Verdict
from lab.practice.attempt import Attempt, Outcome, Standing, Tally, standings
from lab.practice.review import Result, Review
from lab.practice.suggestion import Reason, Suggestion, suggest, why
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


def test_without_any_history_an_exercise_of_each_objective_comes_first() -> None:
    assert suggested() == [("a", Reason.NEW), ("b", Reason.MORE), ("c", Reason.MORE)]
    exercises = [the_exercise(name) for name in "abc"]
    about = [replace(exercise, objective=name) for exercise, name in zip(exercises, "xxy", strict=True)]
    assert [one.exercise.id for one in suggest(standings(about, []), NOW)] == ["a", "c", "b"]


def test_what_stands_begun_comes_before_what_failed_and_that_before_what_is_new() -> None:
    attempts = ago(1, "b", FAIL), ago(0, "c", ended=False)
    assert suggested(*attempts) == [("c", Reason.BEGUN), ("b", Reason.FAILED), ("a", Reason.MORE)]


def test_of_failures_the_newest_comes_first() -> None:
    attempts = ago(3, "b", FAIL), ago(2, "a", FAIL), ago(1, "c", FAIL)
    assert [name for name, _ in suggested(*attempts)] == ["c", "a", "b"]


def test_what_was_passed_is_due_after_two_days_and_then_ever_later() -> None:
    assert suggested(ago(1, "a", PASS), names="a") == []
    assert suggested(ago(3, "a", PASS), names="a") == [("a", Reason.DUE)]
    assert suggested(ago(9, "a", PASS), ago(6, "a", PASS), names="a") == []


def test_of_an_objective_that_is_due_a_new_exercise_is_taken_and_else_the_one_that_was_longest_ago() -> None:
    assert suggested(ago(20, "a", PASS), names="a b") == [("b", Reason.FADED)]
    assert suggested(ago(30, "b", PASS), ago(29, "a", PASS), names="a b") == [("b", Reason.DUE)]


def test_an_objective_that_is_known_is_not_due_though_one_of_its_exercises_is_new() -> None:
    assert suggested(ago(1, "a", PASS), names="a b") == [("b", Reason.MORE)]


def test_of_objectives_that_are_due_the_least_remembered_comes_first() -> None:
    exercises = [replace(the_exercise(name), objective=name) for name in "abc"]
    found = suggest(standings(exercises, [ago(5, "a", PASS), ago(50, "b", PASS), ago(9, "c", PASS)]), NOW)
    assert [one.exercise.id for one in found] == ["b", "c", "a"]
    chances = [one.chance or 0 for one in found]
    assert chances == sorted(chances)


def test_only_the_last_attempt_counts() -> None:
    assert suggested(ago(9, "a", FAIL), ago(1, "a", PASS), names="a") == []
    assert suggested(ago(9, "a", PASS), ago(1, "a", FAIL), names="a") == [("a", Reason.FAILED)]


def test_a_failure_can_wait_after_another_exercise_of_its_objective_was_passed() -> None:
    exercises = [replace(the_exercise(name), objective=name[0]) for name in ("x1", "x2", "y")]
    found = suggest(standings(exercises, [ago(1, "x2", PASS), ago(2, "x1", FAIL)]), NOW)
    assert [(one.exercise.id, one.reason) for one in found] == [("y", Reason.NEW), ("x1", Reason.FAILED)]


def test_whoever_passed_with_help_or_not_at_once_is_asked_to_do_it_again() -> None:
    with_hints = replace(ago(1, "a", PASS), hints=1)
    for passed in (with_hints, ago(1, "a", FAIL, PASS)):
        assert suggested(passed, names="a") == [("a", Reason.UNSURE)]
    assert suggested(ago(1, "a", BROKEN, PASS), names="a") == []


def test_whoever_looked_at_the_solution_is_asked_to_do_it_without() -> None:
    assert suggested(ago(1, "a", PASS, solution=True), names="a") == [("a", Reason.SHOWN)]


def test_the_labs_faults_are_no_failure() -> None:
    assert suggested(ago(1, "a", BROKEN), names="a") == [("a", Reason.NEW)]


def test_a_suggestion_says_since_when() -> None:
    own = the_exercise("a")
    (suggestion,) = suggest(standings([own], [ago(1, "a", FAIL)]), NOW)
    assert suggestion == Suggestion(own, Reason.FAILED, NOW - DAY + timedelta(minutes=1))


def test_what_was_lost_in_an_exam_comes_up_like_what_failed(english: None) -> None:
    exams = [
        Review("a", "", NOW - DAY, Result.FAILED, 0.2, 3),
        Review("b", "", NOW - DAY, Result.UNREACHED, 0.0, 3),
        Review("c", "", NOW - DAY, Result.PASSED, 1.0, 3),
    ]
    found = suggest(standings([the_exercise(name) for name in "abc"], []), NOW, exams)
    assert [(one.exercise.id, one.reason) for one in found] == [("a", Reason.FAILED), ("b", Reason.UNREACHED)]
    assert [why(one, NOW) for one in found] == [
        "points lost in exam 3, yesterday",
        "no time for it in exam 3, yesterday",
    ]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_words(english: None, reason: Reason) -> None:
    is_new = reason in (Reason.NEW, Reason.MORE)
    assert bool(why(Suggestion(the_exercise(), reason, NOW, 1), NOW)) != is_new


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
