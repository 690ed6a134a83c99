"""The lobby: an exam is chosen, prepared, and opens; or it cannot be, and says why."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Markdown, OptionList, Static

from lab.catalog.model import Catalog
from lab.errors import LabError
from lab.exam.prepare import Wish
from lab.progress import OnProgress, Progress
from lab.ui.exam_app import ExamApp
from lab.ui.run import HOME
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.lobby import Lobby, LobbyScreen
from lab.ui.screens.sitting import Exam, SittingScreen
from lab.ui.screens.trouble import TroubleScreen
from tests.ui.fakes import BOUND, words
from tests.ui.test_shell import until
from tests.ui.test_sitting import Sat
from tests.unit.support.exams import blueprint


class Waiting:
    """A lobby whose preparation goes on when the test says so."""

    def __init__(self, exam: Exam) -> None:
        self.exam = exam
        self.wishes: list[Wish] = []
        self.error: Exception | None = None
        self.go_on = threading.Event()
        self.app = ExamApp(
            Lobby(
                [blueprint(), blueprint(id="long", minutes=120)],
                lambda each: f"About {each.id}.",
                lambda: 7,
                self.begin,
            )
        )

    def begin(self, wish: Wish, progress: OnProgress) -> Exam:
        self.wishes.append(wish)
        progress(Progress("Setting the tasks", 1, 2, 3.0, lab="cks-2"))
        assert self.go_on.wait(BOUND)
        progress(Progress("Grading", 2, 2, 9.0, lab="cks-2"))
        if self.error is not None:
            raise self.error
        return self.exam

    @asynccontextmanager
    async def show(self) -> AsyncIterator[Pilot[None]]:
        async with self.app.run_test(size=(100, 30)) as pilot:
            await pilot.pause()
            yield pilot

    @property
    def screen(self) -> LobbyScreen:
        assert isinstance(self.app.screen, LobbyScreen)
        return self.app.screen

    @property
    def progress(self) -> str:
        return str(self.screen.query_one("#progress", Static).content)


@pytest.fixture
def waiting(two_exercises: Catalog, tmp_path: Path) -> Waiting:
    return Waiting(Sat(two_exercises, tmp_path).exam)


async def agree(pilot: Pilot[None]) -> None:
    await pilot.press("enter")
    await pilot.pause()
    await pilot.press("y")
    await pilot.pause()


async def test_each_exam_is_offered_with_its_facts_and_told_about(waiting: Waiting) -> None:
    async with waiting.show() as pilot:
        offered = waiting.screen.query_one(OptionList)
        assert "30 min · 4 tasks · 67 % to pass" in str(offered.get_option_at_index(0).prompt)
        assert waiting.screen.query_one(Markdown).source == "About short."
        await pilot.press("down")
        await pilot.pause()
        assert waiting.screen.query_one(Markdown).source == "About long."


async def test_it_is_prepared_once_the_learner_insists_and_opens(waiting: Waiting) -> None:
    async with waiting.show() as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(waiting.app.screen, ConfirmScreen)
        await pilot.press("y")
        await until(pilot, lambda: "cks-2  [1/2] Setting the tasks" in waiting.progress)
        waiting.go_on.set()
        await until(pilot, lambda: isinstance(waiting.app.screen, SittingScreen))
        assert waiting.wishes == [Wish(blueprint(), 7, "")]


async def test_a_seed_with_its_pool_can_be_named(waiting: Waiting) -> None:
    async with waiting.show() as pilot:
        await pilot.press("tab", *"12@abc")
        await agree(pilot)
        await until(pilot, lambda: bool(waiting.wishes))
        assert (waiting.wishes[0].seed, waiting.wishes[0].digest) == (12, "abc")
        waiting.go_on.set()
        await until(pilot, lambda: isinstance(waiting.app.screen, SittingScreen))


async def test_what_is_no_seed_is_said_and_begins_nothing(waiting: Waiting) -> None:
    async with waiting.show() as pilot:
        await pilot.press("tab", *"seven", "enter")
        await pilot.pause()
        assert ["seven is no seed" in notice.message for notice in waiting.app._notifications] == [True]
        assert waiting.wishes == []


async def test_a_preparation_that_fails_says_why_and_can_be_tried_again(waiting: Waiting) -> None:
    waiting.error = LabError("exam.no_replacement", exercise="one", lab="cks")
    waiting.go_on.set()
    async with waiting.show() as pilot:
        await agree(pilot)
        await until(pilot, lambda: isinstance(waiting.app.screen, TroubleScreen))
        assert "one cannot be a task on lab cks" in words(waiting.app.screen)
        await pilot.press("escape")
        await pilot.pause()
        waiting.error = None
        await agree(pilot)
        await until(pilot, lambda: isinstance(waiting.app.screen, SittingScreen))


async def test_escape_stops_a_preparation_and_the_clock_has_not_begun(waiting: Waiting) -> None:
    async with waiting.show() as pilot:
        await agree(pilot)
        await until(pilot, lambda: bool(waiting.wishes))
        await pilot.press("escape")
        waiting.go_on.set()
        await until(pilot, lambda: any("Nothing has begun" in each.message for each in waiting.app._notifications))
        assert not waiting.screen.has_class("-preparing")


async def test_escape_goes_home(waiting: Waiting) -> None:
    async with waiting.show() as pilot:
        await pilot.press("escape")
        await pilot.pause()
    assert waiting.app.return_code == HOME
