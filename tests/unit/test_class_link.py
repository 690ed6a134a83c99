"""The line between a learner and their instructor."""

from __future__ import annotations

from lab.catalog.model import Catalog
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger
from lab.workshop.link import Link, News
from tests.unit.support.classes import class_of

ADA, BOB = class_of(2).learners
NOTHING = Catalog(())


def test_what_is_said_to_all_or_to_one_is_heard_once() -> None:
    ledger = Ledger()
    ada, bob = Link(ADA, ledger, NOTHING), Link(BOB, ledger, NOTHING)
    assert (ada.news(), bob.news()) == (News(), News())
    ledger.add(Kind.SAID, text="to all")
    ledger.add(Kind.SAID, learner=2, text="to Bob")
    assert (ada.news().said, bob.news().said) == (("to all",), ("to all", "to Bob"))
    assert ada.news().said == ()


def test_who_comes_later_hears_the_newest_alone() -> None:
    ledger = Ledger()
    for text in ("first", "second"):
        ledger.add(Kind.SAID, text=text)
    assert Link(ADA, ledger, NOTHING).news().said == ("second",)


def test_a_hand_is_up_until_somebody_takes_it_down() -> None:
    ledger = Ledger()
    link = Link(ADA, ledger, NOTHING)
    link.raise_hand(up=True)
    assert link.news().hand
    assert not Link(BOB, ledger, NOTHING).news().hand
    assert Link(ADA, ledger, NOTHING).news().hand
    ledger.add(Kind.HAND, learner=1, up=False)
    assert not link.news().hand


def test_a_reset_is_news_to_its_learner_who_was_there() -> None:
    ledger = Ledger()
    ada, bob = Link(ADA, ledger, NOTHING), Link(BOB, ledger, NOTHING)
    assert not ada.news().was_reset
    assert not bob.news().was_reset
    ledger.add(Kind.RESET, learner=1, exercise="")
    assert ada.news().was_reset
    assert not ada.news().was_reset
    assert not bob.news().was_reset
    assert not Link(ADA, ledger, NOTHING).news().was_reset


def test_what_was_given_to_all_or_to_one_is_news_to_whom_it_is_for() -> None:
    ledger = Ledger()
    ada, bob = Link(ADA, ledger, NOTHING), Link(BOB, ledger, NOTHING)
    ledger.add(Kind.GIVEN, exercises=["one"])
    ledger.add(Kind.GIVEN, learner=2, exercises=["two", "three"])
    assert (ada.news().given, bob.news().given) == (("one",), ("one", "two", "three"))
    assert bob.news().given == ()


def test_a_hint_that_was_sent_is_news_until_it_is_taken_or_the_exercise_is_begun_anew() -> None:
    ledger = Ledger()
    ada, bob = Link(ADA, ledger, NOTHING), Link(BOB, ledger, NOTHING)
    for exercise in ("one", "two", "three"):
        ledger.add(Kind.HINTED, learner=1, exercise=exercise, number=2)
    ledger.add(Kind.HINT, learner=1, exercise="one", number=2)
    ledger.add(Kind.BEGAN, learner=1, exercise="two")
    assert (ada.news().hints, bob.news().hints) == ((("three", 2),), ())
    assert ada.news().hints == ()


def test_a_seat_that_is_lost_is_news_to_its_learner_who_is_there() -> None:
    ledger = Ledger()
    ledger.add(Kind.LOST, seat="m-01", reason="gone")
    ada, bob = Link(ADA, ledger, NOTHING), Link(BOB, ledger, NOTHING)
    assert (ada.news().seat, bob.news().seat) == ("", "")
    ledger.add(Kind.MOVED, seat="m-03", learner=1, seconds=40, kept=False)
    ledger.add(Kind.LOST, seat="m-01", reason="gone")
    assert not ada.news().seat
    ledger.add(Kind.LOST, seat="m-03", reason="gone")
    assert (ada.news().seat, bob.news().seat) == ("lost", "")
    assert not ada.news().seat


def test_who_was_moved_is_told_when_they_come_for_the_first_time_since() -> None:
    ledger = Ledger()
    ledger.add(Kind.CAME, learner=1, door="browser")
    assert not Link(ADA, ledger, NOTHING).news().seat
    ledger.add(Kind.MOVED, seat="m-03", learner=1, seconds=40, kept=False)
    ledger.add(Kind.LEFT, learner=1)
    ledger.add(Kind.CAME, learner=1, door="browser")
    ada = Link(ADA, ledger, NOTHING)
    assert [ada.news().seat, ada.news().seat] == ["moved", ""]
    assert not Link(BOB, ledger, NOTHING).news().seat
    ledger.add(Kind.CAME, learner=1, door="browser")
    assert not Link(ADA, ledger, NOTHING).news().seat


def test_whose_own_seat_works_again_is_told_that_nothing_is_lost() -> None:
    ledger = Ledger()
    ledger.add(Kind.MOVED, seat="m-01", learner=1, seconds=40, kept=True)
    ledger.add(Kind.CAME, learner=1, door="browser")
    assert Link(ADA, ledger, NOTHING).news().seat == "mended"
