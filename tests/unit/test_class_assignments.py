"""What there is to do in a class, beyond its file."""

from __future__ import annotations

from lab.workshop.assignments import exercises_of
from lab.workshop.events import Event, Kind
from tests.unit.support.classes import EXERCISE, class_of, event


def given(*exercises: str, learner: int = 0) -> Event:
    return event(Kind.GIVEN, learner=learner, exercises=list(exercises))


def test_at_first_there_is_what_the_file_says() -> None:
    assert exercises_of(class_of(2), []) == (EXERCISE,)


def test_what_is_given_to_all_comes_after_it_once() -> None:
    events = [given("one", EXERCISE), given("two", "one")]
    assert exercises_of(class_of(2), events, 1) == (EXERCISE, "one", "two")


def test_what_is_given_to_one_is_for_them_alone_and_for_the_class_as_a_whole() -> None:
    events = [given("one", learner=2)]
    assert exercises_of(class_of(2), events, 1) == (EXERCISE,)
    assert exercises_of(class_of(2), events, 2) == (EXERCISE, "one")
    assert exercises_of(class_of(2), events) == (EXERCISE, "one")
