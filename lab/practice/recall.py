"""How well each objective is remembered, and when it is due again: the FSRS model, fed with all tries at it.

FSRS counts in days and knows four ratings. What did not pass is due at once; what passed, after two days, and then ever
later, the harder it was the sooner. Nothing is drawn at random, so that home, `ckslab next` and a report say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fsrs import Card, Rating, Scheduler

from lab.practice.review import Result, Review

_AT_ONCE = (timedelta(minutes=1),)
_SCHEDULER = Scheduler(learning_steps=_AT_ONCE, relearning_steps=_AT_ONCE, enable_fuzzing=False)
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Recall:
    """What is known of an objective.

    Attributes:
        due: when it should be practised again.
        chance: that it could be done now, from 0 to 1.
        last: the newest try.
    """

    due: datetime
    chance: float
    last: Review


def recalls(reviews: Iterable[Review], now: datetime) -> Mapping[str, Recall]:
    """Objective -> what is known of it. Nothing of one that was never tried."""
    cards: dict[str, Card] = {}
    last: dict[str, Review] = {}
    for review in sorted(reviews, key=lambda review: review.at):
        rating = _rating(review)
        if rating is None:
            continue
        at = review.at.astimezone(UTC)
        card = cards.get(review.objective) or Card(card_id=1, due=at)
        cards[review.objective], _ = _SCHEDULER.review_card(card, rating, at)
        last[review.objective] = review
    moment = now.astimezone(UTC)
    return {
        name: Recall(card.due, _SCHEDULER.get_card_retrievability(card, moment), last[name])
        for name, card in cards.items()
    }


def _rating(review: Review) -> Rating | None:
    if review.result is Result.UNREACHED:
        return None
    if review.result is Result.PASSED:
        return Rating.Good
    half_known = review.result is Result.UNSURE or (review.result is Result.FAILED and review.share >= _HALF)
    return Rating.Hard if half_known else Rating.Again
