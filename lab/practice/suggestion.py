"""What to do next, and why. Home, `ckslab next` and the report of an exam say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lab import i18n
from lab.catalog.model import Exercise
from lab.practice.attempt import Outcome, Standing
from lab.practice.review import Result, Review, reviews
from lab.progress import ago

if TYPE_CHECKING:
    from lab.practice.recall import Recall


class Reason(StrEnum):
    """Why an exercise is worth doing, the most urgent first."""

    BEGUN = "begun"
    """Its scenario stands, and nothing was judged yet."""
    FAILED = "failed"
    """It did not pass the last time."""
    SHOWN = "shown"
    """Its solution was looked at; now to do it without."""
    UNSURE = "unsure"
    """It passed, but with help or not at the first grade."""
    UNREACHED = "unreached"
    """In an exam there was no time for it."""
    NEW = "new"
    """It was never tried, nor anything of its objective."""
    FADED = "faded"
    """Its objective is due, and this exercise of it is new."""
    DUE = "due"
    """It passed, but its objective is due again."""
    MORE = "more"
    """It was never tried, though its objective is known."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An exercise that is worth doing.

    Attributes:
        since: when that became so; None for one that was never tried.
        sitting: the exam in which it did; 0: in none.
        chance: that its objective could be done now, from 0 to 1; None where nothing is known of it.
    """

    exercise: Exercise
    reason: Reason
    since: datetime | None = None
    sitting: int = 0
    chance: float | None = field(default=None, compare=False)


_OF_RESULT = {
    Result.FAILED: Reason.FAILED,
    Result.SHOWN: Reason.SHOWN,
    Result.UNSURE: Reason.UNSURE,
    Result.UNREACHED: Reason.UNREACHED,
}


def suggest(standings: Sequence[Standing], now: datetime, exams: Iterable[Review] = ()) -> tuple[Suggestion, ...]:
    """The exercises worth doing, best first; none when all were tried and no objective is due.

    First what stands begun or did not pass, the newest first, while it is fresh in mind; then an exercise of each
    objective that was never tried; then one of each that is due, the least remembered first; then what else is new.

    Args:
        exams: tries in mock exams.
    """
    tries = [*reviews(standings), *exams]
    known: Mapping[str, Recall] = {}
    if tries:
        from lab.practice.recall import recalls  # the app's first frame need not wait for it

        known = recalls(tries, now)
    newest: dict[str, Review] = {}
    for review in sorted(tries, key=lambda review: review.at):
        newest[review.exercise] = review
    chosen = [_left_undone(standing, newest.get(standing.exercise.id), known) for standing in standings]
    urgent = [suggestion for suggestion in chosen if suggestion is not None]
    return (*sorted(urgent, key=lambda one: _rank(one, now)), *_others(standings, urgent, newest, known, now))


def why(suggestion: Suggestion, now: datetime) -> str:
    """The reason in words; empty for what is new, which needs none."""
    if suggestion.reason in (Reason.NEW, Reason.MORE):
        return ""
    since = "" if suggestion.since is None else ago(suggestion.since, now)
    place = ("exam" if suggestion.sitting else "practice") if suggestion.reason is Reason.FAILED else ""
    key = ".".join(part for part in ("suggestion", suggestion.reason, place) if part)
    return i18n.text(key, ago=since, sitting=suggestion.sitting)


def to_json(suggestion: Suggestion, now: datetime) -> dict[str, Any]:
    """The values of `next --json`, a stable contract."""
    chance, since = suggestion.chance, suggestion.since
    return {
        "exercise": suggestion.exercise.id,
        "domain": suggestion.exercise.domain,
        "objective": suggestion.exercise.objective,
        "minutes": suggestion.exercise.minutes,
        "reason": suggestion.reason.value,
        "why": why(suggestion, now),
        "since": since.isoformat(timespec="seconds") if since else None,
        "sitting": suggestion.sitting or None,
        "chance": None if chance is None else round(chance, 3),
    }


def _left_undone(standing: Standing, last: Review | None, known: Mapping[str, Recall]) -> Suggestion | None:
    """What was begun, or tried and not passed for sure, and no other exercise of its objective since."""
    latest, exercise = standing.latest, standing.exercise
    if latest is not None and latest.outcome is Outcome.BEGUN and (last is None or last.at <= latest.decided):
        return Suggestion(exercise, Reason.BEGUN, latest.decided)
    if last is None or last.result is Result.PASSED:
        return None
    recall = known.get(exercise.objective)
    if recall is not None and recall.last.result is Result.PASSED and recall.last.at > last.at:
        return None
    chance = recall.chance if recall else None
    return Suggestion(exercise, _OF_RESULT[last.result], last.at, last.sitting, chance)


def _rank(suggestion: Suggestion, now: datetime) -> tuple[int, float]:
    age = 0.0 if suggestion.since is None else (now - suggestion.since).total_seconds()
    return list(Reason).index(suggestion.reason), age


def _others(
    standings: Sequence[Standing],
    urgent: Sequence[Suggestion],
    newest: Mapping[str, Review],
    known: Mapping[str, Recall],
    now: datetime,
) -> Iterable[Suggestion]:
    """New objectives, due ones, and what else is new, in this order."""
    taken = {suggestion.exercise.id for suggestion in urgent}
    busy = {suggestion.exercise.objective for suggestion in urgent}
    exercises = [standing.exercise for standing in standings if standing.exercise.id not in taken]
    by_objective: dict[str, list[Exercise]] = {}
    for exercise in exercises:
        by_objective.setdefault(exercise.objective, []).append(exercise)
    first = [
        Suggestion(of[0], Reason.NEW) for name, of in by_objective.items() if name not in known and name not in busy
    ]
    due = [name for name in by_objective if name in known and name not in busy and known[name].due <= now]
    again = [
        _again(by_objective[name], newest, known[name]) for name in sorted(due, key=lambda name: known[name].chance)
    ]
    yield from first
    yield from again
    shown = {suggestion.exercise.id for suggestion in (*first, *again)}
    for exercise in exercises:
        review = newest.get(exercise.id)
        if exercise.id in shown or (review is not None and review.result is Result.PASSED):
            continue
        since, sitting = (review.at, review.sitting) if review else (None, 0)
        yield Suggestion(exercise, _OF_RESULT[review.result] if review else Reason.MORE, since, sitting)


def _again(exercises: Sequence[Exercise], newest: Mapping[str, Review], recall: Recall) -> Suggestion:
    """The exercise for an objective that is due: a new one, else the one that was tried the longest ago."""
    for exercise in exercises:
        if exercise.id not in newest:
            return Suggestion(exercise, Reason.FADED, recall.last.at, chance=recall.chance)
    oldest = min(exercises, key=lambda exercise: newest[exercise.id].at)
    review = newest[oldest.id]
    reason = _OF_RESULT.get(review.result, Reason.DUE)
    return Suggestion(oldest, reason, review.at, review.sitting, recall.chance)
