"""Practice goes on where an earlier evening ended, and keeps what is done now."""

from __future__ import annotations

import pytest
from textual.widgets import TextArea

from lab.catalog.model import Exercise
from lab.errors import LabError
from lab.practice.attempt import Attempt, Outcome
from lab.practice.history import History
from lab.ui.events import Failed, HistoryRead, NoteRead
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.note import NoteScreen
from lab.ui.screens.trouble import TroubleScreen
from tests.ui.fakes import Stage
from tests.unit.support.desks import RIGHT


@pytest.fixture
def first(stage: Stage) -> Exercise:
    return stage.session.catalog.exercises[0]


def passed(stage: Stage, exercise: Exercise) -> None:
    stage.session.findings, before = [RIGHT] * 3, stage.session.findings
    stage.session.grade(exercise)
    stage.session.findings = before


def latest(stage: Stage) -> Attempt:
    return stage.session.history.attempts()[0]


async def test_an_exercise_begun_earlier_on_this_lab_goes_on_with_its_hints(stage: Stage, first: Exercise) -> None:
    stage.session.start(first)
    stage.session.hint(first, 1)
    async with stage.show() as pilot:
        await stage.hear(pilot, HistoryRead)
        assert stage.labels[0].startswith("◐ begun")
        assert "First hint of psa-warn." in stage.task
        await pilot.press("f9")
        await pilot.pause()
        assert isinstance(stage.app.screen, ConfirmScreen)


async def test_hints_and_the_solution_are_kept_as_taken(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f2", "f2")
        await stage.app.workers.wait_for_complete()
        assert (latest(stage).hints, latest(stage).outcome) == (2, Outcome.BEGUN)
        await pilot.press("f3", "y")
        await pilot.pause()
        await stage.app.workers.wait_for_complete()
        assert latest(stage).outcome is Outcome.SHOWN


async def test_a_note_is_written_kept_and_found_again(stage: Stage, first: Exercise) -> None:
    async with stage.show() as pilot:
        await pilot.press("n")
        await stage.hear(pilot, NoteRead)
        await pilot.press(*"mind it", "escape")
        await stage.app.workers.wait_for_complete()
        assert stage.session.history.note(first) == "mind it"
        await pilot.press("n")
        await stage.hear(pilot, NoteRead, 2)
        assert isinstance(stage.app.screen, NoteScreen)
        assert stage.app.screen.query_one(TextArea).text == "mind it"


async def test_a_history_that_cannot_be_written_is_told_and_the_hint_is_shown_all_the_same(stage: Stage) -> None:
    class Damaged(History):
        def take_hint(self, *args: object) -> None:
            raise LabError("history.damaged", "file is not a database", file="/there/history.db")

    stage.session.history = Damaged()
    async with stage.show() as pilot:
        await pilot.press("f2")
        await stage.hear(pilot, Failed)
        assert isinstance(stage.app.screen, TroubleScreen)
        assert "First hint of psa-warn." in stage.task


async def test_a_note_is_marked_in_the_tree_and_folded_under_the_task(stage: Stage, first: Exercise) -> None:
    stage.session.history.write_note(first, "mind the label\nand the namespace")
    async with stage.show() as pilot:
        await stage.hear(pilot, HistoryRead)
        assert stage.labels[0].endswith("✎ Warn of baseline violations")
        assert "mind the label … (n opens it)" in stage.task
