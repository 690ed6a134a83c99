"""The line between a learner and their instructor."""

from __future__ import annotations

from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger
from lab.workshop.link import Link, News
from tests.unit.support.classes import class_of

ADA, BOB = class_of(2).learners


def test_what_is_said_to_all_or_to_one_is_heard_once() -> None:
    ledger = Ledger()
    ada, bob = Link(ADA, ledger), Link(BOB, ledger)
    assert (ada.news(), bob.news()) == (News(), News())
    ledger.add(Kind.SAID, text="to all")
    ledger.add(Kind.SAID, learner=2, text="to Bob")
    assert (ada.news().said, bob.news().said) == (("to all",), ("to all", "to Bob"))
    assert ada.news().said == ()


def test_who_comes_later_hears_the_newest_alone() -> None:
    ledger = Ledger()
    for text in ("first", "second"):
        ledger.add(Kind.SAID, text=text)
    assert Link(ADA, ledger).news().said == ("second",)


def test_a_hand_is_up_until_somebody_takes_it_down() -> None:
    ledger = Ledger()
    link = Link(ADA, ledger)
    link.raise_hand(up=True)
    assert link.news().hand
    assert not Link(BOB, ledger).news().hand
    assert Link(ADA, ledger).news().hand
    ledger.add(Kind.HAND, learner=1, up=False)
    assert not link.news().hand


def test_a_reset_is_news_to_its_learner_who_was_there() -> None:
    ledger = Ledger()
    ada, bob = Link(ADA, ledger), Link(BOB, ledger)
    assert not ada.news().was_reset
    assert not bob.news().was_reset
    ledger.add(Kind.RESET, learner=1, exercise="")
    assert ada.news().was_reset
    assert not ada.news().was_reset
    assert not bob.news().was_reset
    assert not Link(ADA, ledger).news().was_reset
