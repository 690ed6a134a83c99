"""The app of a learner in a class, who works on somebody else's machine."""

from __future__ import annotations

import asyncio
import os
from typing import NoReturn

import pytest
from textual.pilot import Pilot

from lab import paths
from lab.catalog.load import load
from lab.cluster.engine import State
from lab.errors import LabError
from lab.ui import app, keys
from lab.ui.events import (
    ExerciseChosen,
    FollowAnswered,
    HandMoved,
    Heard,
    HistoryRead,
    LabWorkEnded,
    ScenarioEnded,
)
from lab.ui.run import EXAMS
from lab.ui.screens.follow import FollowScreen
from lab.ui.screens.waiting import WaitingScreen
from lab.ui.widgets.exercise_tree import ExerciseTree
from lab.ui.widgets.follow_banner import FollowBanner
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger
from lab.workshop.link import Link
from tests.ui.fakes import BOUND, Stage
from tests.unit.support.classes import class_of

CLASS = class_of(2)
CATALOG = load()
GIVEN = "read-only-root"


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def guest(stage: Stage, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(app, "NEWS_EVERY", 0.05)
    stage.link = Link(CLASS.learners[0], ledger, CATALOG)
    return stage


async def told(stage: Stage, pilot: Pilot[None], words: str) -> None:
    """Wait until something is said in passing."""
    async with asyncio.timeout(BOUND):
        while not any(words in each.message for each in stage.app._notifications):
            await pilot.pause(0.05)


async def test_the_machine_and_its_labs_are_the_instructors(guest: Stage) -> None:
    async with guest.show(at_home=True) as pilot:
        for action in sorted(keys.NOT_IN_CLASS):
            (pressed,) = [key.pressed for key in keys.HOME if key.action == f"app.{action}"]
            await pilot.press(pressed)
            assert not await guest.app.run_action(f"app.{action}")
            await pilot.pause()
            assert guest.app.screen is guest.home
            assert guest.engine.state is State.READY
            assert guest.app.return_code is None


async def test_what_a_learner_likes_is_not_saved_for_the_instructor(guest: Stage) -> None:
    async with guest.show(at_home=True) as pilot:
        await pilot.press("l")
        guest.app.theme = "textual-light"
        await pilot.pause()
    assert not paths.settings().exists()


async def test_a_learner_may_mend_their_lab(guest: Stage) -> None:
    guest.engine.state = State.UNREACHABLE
    async with guest.show(at_home=True) as pilot:
        await guest.hear(pilot, LabWorkEnded)


async def test_a_hand_goes_up_and_down(guest: Stage, ledger: Ledger) -> None:
    async with guest.show() as pilot:
        await pilot.press("alt+h")
        await guest.hear(pilot, HandMoved)
        assert guest.app.desk.hand
        await pilot.press("alt+h")
        await guest.hear(pilot, HandMoved, 2)
        assert not guest.app.desk.hand
    assert [(event.kind, event.learner, event.detail["up"]) for event in ledger.events()] == [
        (Kind.HAND, 1, True),
        (Kind.HAND, 1, False),
    ]


async def test_the_instructor_takes_a_hand_down(guest: Stage, ledger: Ledger) -> None:
    ledger.add(Kind.HAND, learner=1, up=True)
    async with guest.show() as pilot:
        await guest.hear(pilot, Heard)
        assert guest.app.desk.hand
        ledger.add(Kind.HAND, learner=1, up=False)
        async with asyncio.timeout(BOUND):
            while guest.app.desk.hand:
                await pilot.pause(0.05)


async def test_what_the_instructor_says_is_shown(guest: Stage, ledger: Ledger) -> None:
    async with guest.show() as pilot:
        ledger.add(Kind.SAID, learner=2, text="for somebody else")
        ledger.add(Kind.SAID, text="Five minutes left")
        await told(guest, pilot, "Five minutes left")
        assert not any("somebody else" in each.message for each in guest.app._notifications)


async def test_a_reset_by_the_instructor_is_told_and_seen(guest: Stage, ledger: Ledger) -> None:
    async with guest.show() as pilot:
        await guest.hear(pilot, Heard)
        await guest.hear(pilot, HistoryRead)
        ledger.add(Kind.RESET, learner=1, exercise="")
        await told(guest, pilot, "Your instructor has reset your seat")
        await guest.hear(pilot, HistoryRead, 2)


async def test_a_ledger_that_cannot_be_read_for_a_while_disturbs_nobody(
    guest: Stage, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(after: int = 0) -> NoReturn:
        raise LabError("history.busy", file="class.db", seconds=10)

    async with guest.show() as pilot:
        await guest.hear(pilot, Heard)
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(ledger, "events", busy)
            await guest.hear(pilot, Heard, 2)
        ledger.add(Kind.SAID, text="It goes on")
        await told(guest, pilot, "It goes on")
        assert guest.app.screen is guest.practice


async def test_the_keys_are_those_of_a_class(guest: Stage) -> None:
    async with guest.show(at_home=True):
        shown = {one.binding.id for one in guest.home.active_bindings.values() if one.binding.show}
        assert "hand" in shown
        assert not {"exam", "down", "doctor"} & shown


async def test_without_a_class_there_is_no_hand_to_raise(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("alt+h")
        await pilot.pause()
        assert not stage.app._notifications
        assert "hand" not in {one.binding.id for one in stage.practice.active_bindings.values()}


async def test_what_the_instructor_gives_is_told_and_beside_the_others(guest: Stage, ledger: Ledger) -> None:
    async with guest.show((180, 40)) as pilot:
        await guest.hear(pilot, Heard)
        shown = guest.app.desk.current
        ledger.add(Kind.GIVEN, exercises=[GIVEN])
        await told(guest, pilot, str(CATALOG.exercise(GIVEN).title))
        assert list(guest.app.desk.states)[-1] == GIVEN
        assert guest.app.desk.current == shown
        assert guest.practice.query_one(ExerciseTree).shows(CATALOG.exercise(GIVEN))


async def test_what_was_given_can_be_chosen_and_started(guest: Stage, ledger: Ledger) -> None:
    async with guest.show() as pilot:
        ledger.add(Kind.GIVEN, exercises=[GIVEN])
        await told(guest, pilot, str(CATALOG.exercise(GIVEN).title))
        guest.app.take(ExerciseChosen(CATALOG.exercise(GIVEN)))
        await pilot.press("f9")
        await guest.hear(pilot, ScenarioEnded)
        assert guest.app.desk.states[GIVEN].started


async def test_what_was_given_before_is_no_news_to_who_comes_later(guest: Stage, ledger: Ledger) -> None:
    ledger.add(Kind.GIVEN, exercises=[next(iter(guest.session.catalog.exercises)).id])
    async with guest.show() as pilot:
        before = guest.app.desk.catalog
        await guest.hear(pilot, Heard)
        assert guest.app.desk.catalog is before


async def test_a_hint_that_the_instructor_sends_is_below_the_task_and_taken(guest: Stage, ledger: Ledger) -> None:
    exercise = guest.session.catalog.exercises[0]
    async with guest.show() as pilot:
        await guest.hear(pilot, HistoryRead)
        ledger.add(Kind.HINTED, learner=1, exercise=exercise.id, number=1)
        await told(guest, pilot, f"below the task of {exercise.title}")
        await guest.hear(pilot, HistoryRead, 2)
        assert exercise.hints[0] in guest.task
    assert guest.session.history.attempts()[0].hints == 1


async def asked(guest: Stage, ledger: Ledger, pilot: Pilot[None]) -> None:
    """The instructor asks to see the shell."""
    ledger.add(Kind.FOLLOW_ASKED, learner=1)
    async with asyncio.timeout(BOUND):
        while not isinstance(guest.app.screen, FollowScreen):
            await pilot.pause(0.05)


async def answered(guest: Stage, ledger: Ledger, pilot: Pilot[None]) -> str:
    """What the learner has answered."""
    await guest.hear(pilot, FollowAnswered)
    return str(ledger.events()[-1].detail["answer"])


@pytest.mark.parametrize(
    ("pressed", "answer"),
    [
        (["right", "enter"], "once"),
        (["right", "right", "enter"], "today"),
        (["tab", "tab", "tab", "enter"], "refused"),
        (["escape"], "refused"),
    ],
)
async def test_a_learner_is_asked_whether_their_shell_may_be_seen(
    guest: Stage, ledger: Ledger, pressed: list[str], answer: str
) -> None:
    async with guest.show() as pilot:
        await asked(guest, ledger, pilot)
        await pilot.press(*pressed)
        assert await answered(guest, ledger, pilot) == answer
        assert guest.app.screen is guest.practice


async def test_what_was_typed_for_the_shell_answers_nothing(guest: Stage, ledger: Ledger) -> None:
    async with guest.show() as pilot:
        await asked(guest, ledger, pilot)
        await pilot.press(*"yty n", "enter", "enter")
        assert isinstance(guest.app.screen, FollowScreen)
        assert len(ledger.events()) == 1


async def test_a_question_that_is_taken_back_is_no_longer_there(guest: Stage, ledger: Ledger) -> None:
    async with guest.show() as pilot:
        await asked(guest, ledger, pilot)
        ledger.add(Kind.UNFOLLOWED, learner=1)
        async with asyncio.timeout(BOUND):
            while guest.app.screen is not guest.practice:
                await pilot.pause(0.05)
        assert len(ledger.events()) == 2


@pytest.mark.parametrize("at_home", [True, False])
async def test_who_is_followed_sees_it_all_the_while_and_can_end_it(
    guest: Stage, ledger: Ledger, at_home: bool
) -> None:
    async with guest.show(at_home=at_home) as pilot:
        banner = guest.app.screen.query_one(FollowBanner)
        assert not banner.display
        ledger.add(Kind.FOLLOWED, learner=1, process=os.getpid())
        async with asyncio.timeout(BOUND):
            while not banner.display:
                await pilot.pause(0.05)
        assert "Your instructor sees your shell · alt+w ends that" in str(banner.content)
        await pilot.press("alt+w")
        assert await answered(guest, ledger, pilot) == "refused"
        ledger.add(Kind.UNFOLLOWED, learner=1)
        async with asyncio.timeout(BOUND):
            while banner.display:
                await pilot.pause(0.05)


async def test_who_is_not_followed_has_nothing_to_end(guest: Stage, ledger: Ledger) -> None:
    async with guest.show() as pilot:
        await pilot.press("alt+w")
        await pilot.pause()
        assert not ledger.events()


async def test_the_history_of_a_learner_has_when_their_shell_was_seen(guest: Stage) -> None:
    guest.session.history.followed()
    guest.session.history.unfollowed()
    async with guest.show(at_home=True) as pilot:
        await guest.hear(pilot, HistoryRead)
        options = [str(option.prompt) for option in guest.home.attempts.options]
        assert any(option.startswith("Your instructor saw your shell: ") for option in options)


async def test_an_exam_that_comes_is_waited_for_and_opens_by_itself(guest: Stage, ledger: Ledger) -> None:
    async with guest.show() as pilot:
        ledger.add(Kind.EXAM_COMING, learner=1, exam="drill@7")
        async with asyncio.timeout(BOUND):
            while not isinstance(guest.app.screen, WaitingScreen):
                await pilot.pause(0.05)
        await pilot.press("f9")
        await pilot.pause()
        assert guest.session.calls == []
        ledger.add(Kind.EXAM_BEGAN, learner=1, exam="drill@7", seconds=600.0, tasks=["one"])
        async with asyncio.timeout(BOUND):
            while guest.app.return_code != EXAMS:
                await pilot.pause(0.05)


async def test_an_exam_that_is_called_off_gives_way_to_practice(guest: Stage, ledger: Ledger) -> None:
    ledger.add(Kind.EXAM_COMING, learner=1, exam="drill@7")
    async with guest.show() as pilot:
        async with asyncio.timeout(BOUND):
            while not isinstance(guest.app.screen, WaitingScreen):
                await pilot.pause(0.05)
        ledger.add(Kind.EXAM_CANCELLED, learner=1, reason="no room")
        await told(guest, pilot, "could not be made ready for the exam")
        assert guest.app.screen is guest.practice


async def test_an_exam_that_somebody_else_sits_disturbs_nobody(guest: Stage, ledger: Ledger) -> None:
    async with guest.show() as pilot:
        ledger.add(Kind.EXAM_BEGAN, learner=2, exam="drill@7", seconds=600.0, tasks=["one"])
        ledger.add(Kind.SAID, text="heard")
        await told(guest, pilot, "heard")
        assert guest.app.return_code is None


async def test_who_loses_their_seat_is_told_that_they_are_moved(guest: Stage, ledger: Ledger) -> None:
    async with guest.show() as pilot:
        await guest.hear(pilot, Heard)
        ledger.add(Kind.LOST, seat="m-01", reason="not running: base (exited)")
        await told(guest, pilot, "You are being moved to another one")


async def test_who_is_at_another_seat_is_told_what_is_there(guest: Stage, ledger: Ledger) -> None:
    ledger.add(Kind.MOVED, seat="m-03", learner=1, seconds=40, kept=False)
    ledger.add(Kind.CAME, learner=1, door="browser")
    async with guest.show() as pilot:
        await told(guest, pilot, "You are at another seat now")
