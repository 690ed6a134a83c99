"""Following a learner's shell: who is asked, what an answer allows, and what is written down."""

from __future__ import annotations

import subprocess
from datetime import timedelta

import pytest

from lab.catalog.model import Catalog
from lab.clock import Clock
from lab.errors import UsageError
from lab.exam.events import Moment
from lab.practice.history import History
from lab.workshop.events import Kind
from lab.workshop.follow import ANSWER_SECONDS, Answer, Follow
from lab.workshop.ledger import Ledger
from lab.workshop.link import Link
from lab.workshop.tokens import issue
from tests.unit.support.classes import NOON, class_of
from tests.unit.support.clocks import Hands

pytestmark = pytest.mark.usefixtures("english")
ADA, BOB = class_of(2).learners


class Room:
    """Ada, who answers as the test says, and her instructor."""

    def __init__(self) -> None:
        self.hands = Hands()
        self.ledger = Ledger(watch=self.watch)
        self.history = History()
        self.answers: list[Answer] = []
        self.link = Link(ADA, self.ledger, Catalog(()), self.watch)
        clock = Clock(self.hands.clock.now, self.hands.clock.seconds, self._sleep)
        self.follow = Follow(ADA, self.ledger, self.history, watch=self.watch, clock=clock)
        self.ledger.add(Kind.CAME, learner=1, door="browser")

    def watch(self) -> Moment:
        return Moment(NOON + timedelta(seconds=self.hands.passed), "one", self.hands.passed)

    def kinds(self) -> list[Kind]:
        return [event.kind for event in self.ledger.events(1)]

    def _sleep(self, seconds: float) -> None:
        self.hands.sleep(seconds)
        if self.link.news().asked and self.answers:
            self.link.answer(self.answers.pop(0))


@pytest.fixture
def room() -> Room:
    return Room()


def refusal(room: Room) -> str:
    with pytest.raises(UsageError) as raised:
        room.follow.ask()
    return raised.value.key


def test_nothing_is_allowed_before_the_learner_has_answered(room: Room) -> None:
    assert not room.follow.is_allowed
    room.answers = ["once"]
    room.follow.ask()
    assert room.follow.is_allowed


def test_a_learner_may_refuse(room: Room) -> None:
    room.answers = ["refused"]
    assert refusal(room) == "class.follow.refused"
    assert not room.follow.is_allowed


def test_no_answer_is_a_no_and_the_question_is_taken_back(room: Room) -> None:
    assert refusal(room) == "class.follow.silent"
    assert room.hands.passed >= ANSWER_SECONDS
    assert not room.link.news().asked
    room.link.answer("refused")
    assert not room.follow.is_allowed


def test_who_stops_waiting_takes_the_question_back(room: Room) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    asking = Follow(ADA, room.ledger, room.history, watch=room.watch, clock=Clock(sleep=interrupt))
    with pytest.raises(KeyboardInterrupt):
        asking.ask()
    assert not room.link.news().asked


def test_who_is_not_here_is_not_asked(room: Room) -> None:
    room.ledger.add(Kind.LEFT, learner=1)
    assert refusal(room) == "class.follow.away"
    assert Kind.FOLLOW_ASKED not in room.kinds()


def test_only_the_learner_of_the_seat_is_asked_and_answers(room: Room) -> None:
    bob = Link(BOB, room.ledger, Catalog(()))
    room.ledger.add(Kind.FOLLOW_ASKED, learner=1)
    assert (room.link.news().asked, bob.news().asked) == (True, False)
    bob.answer("today")
    assert not room.follow.is_allowed
    assert room.link.news().asked


def test_once_is_over_with_the_end_of_it(room: Room) -> None:
    room.answers = ["once"]
    room.follow.ask()
    with room.follow.written_down():
        assert room.follow.is_allowed
    assert not room.follow.is_allowed


def test_always_today_is_so_until_the_day_is_over(room: Room) -> None:
    room.answers = ["today"]
    room.follow.ask()
    with room.follow.written_down():
        pass
    assert room.follow.is_allowed
    room.hands.sleep(24 * 60 * 60)
    assert not room.follow.is_allowed


def test_a_learner_takes_back_what_they_allowed(room: Room) -> None:
    room.answers = ["today"]
    room.follow.ask()
    with room.follow.written_down():
        room.link.answer("refused")
        assert not room.follow.is_allowed
    assert not room.follow.is_allowed


@pytest.mark.parametrize(("beside", "allowed"), [(False, False), (True, True)])
def test_whoever_has_a_new_slip_has_allowed_nothing(room: Room, beside: bool, allowed: bool) -> None:
    room.answers = ["today"]
    room.follow.ask()
    issue(room.ledger, ADA, beside=beside)
    assert room.follow.is_allowed is allowed


def test_it_is_in_both_histories_and_the_learner_knows_all_the_while(room: Room) -> None:
    room.answers = ["once"]
    room.follow.ask()
    assert not room.link.news().followed
    with room.follow.written_down():
        assert room.link.news().followed
        assert [ended for _, ended in room.history.follows()] == [None]
    assert not room.link.news().followed
    assert [ended is not None for _, ended in room.history.follows()] == [True]
    assert room.kinds() == [Kind.FOLLOW_ASKED, Kind.FOLLOW_ANSWERED, Kind.FOLLOWED, Kind.UNFOLLOWED]


def test_it_is_written_down_that_it_has_ended_however_it_ends(room: Room) -> None:
    with pytest.raises(KeyboardInterrupt), room.follow.written_down():
        raise KeyboardInterrupt
    assert room.kinds() == [Kind.FOLLOWED, Kind.UNFOLLOWED]
    assert room.history.follows()[0][1] is not None


def test_in_an_exam_nobody_is_followed_and_afterwards_they_are_asked_anew(room: Room) -> None:
    room.answers = ["today"]
    room.follow.ask()
    room.ledger.add(Kind.EXAM_COMING, learner=1, exam="drill@7")
    assert not room.follow.is_allowed


def test_what_was_killed_while_it_showed_the_shell_shows_it_no_longer(room: Room) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    room.ledger.add(Kind.FOLLOWED, learner=1, process=ended.pid)
    assert not room.link.news().followed
