"""Finding an exercise among many."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from lab.ui import keys
from lab.ui.events import ExerciseGraded
from tests.ui.fakes import BOUND, Stage


async def shows(stage: Stage, pilot: Pilot[None], task: str) -> None:
    """Wait until this task is before the learner."""
    async with asyncio.timeout(BOUND):
        while f"Task of {task} (en)." not in stage.task:
            await pilot.pause(0.01)


async def test_slash_finds_exercises_by_words_of_their_names_and_shows_what_they_are(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("slash", *"another user")
        await pilot.pause()
        assert stage.labels == ["○ new  Run as another user"]
        preview = str(stage.practice.exercises.query_one("#preview", Static).content)
        assert preview == "Run as another user\neasy · 6 min · 5 p · pod-security-standards"
        assert stage.practice.query_one(Input).content_size.height == 1
        assert [one.binding.id for one in stage.practice.active_bindings.values()] == [key.id for key in keys.CHOOSING]
        assert stage.practice.exercises.region.right <= stage.practice.work_pane.region.x  # nothing of the shell's
        await pilot.press(*["backspace"] * 12, *"其他用户")
        await pilot.pause()
        assert stage.labels == ["○ new  Run as another user"]
        await pilot.press(*["backspace"] * 4, *"warn", "f7")  # what was not found can still be gone to
        await pilot.pause()
        assert len(stage.labels) == 2
        assert "Task of run-as-user (en)." in stage.task


async def test_typing_and_arrows_leave_the_exercise_behind_as_it_is(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("slash", *"a", "down")
        await pilot.pause()
        assert "Task of psa-warn (en)." in stage.task
        assert isinstance(stage.practice.focused, Input)


@pytest.mark.parametrize("size", [(80, 24), (160, 40)])
async def test_enter_opens_what_was_found_and_closes(stage: Stage, size: tuple[int, int]) -> None:
    async with stage.show(size) as pilot:
        await pilot.press("slash", *"user", "enter")
        await shows(stage, pilot, "run-as-user")
        assert stage.practice.focused is stage.practice.task_pane
        assert len(stage.labels) == 2
        assert not stage.practice.has_class("-choosing")


@pytest.mark.parametrize("size", [(80, 24), (160, 40)])
async def test_escape_goes_back_to_the_exercise_and_the_pane_one_came_from(stage: Stage, size: tuple[int, int]) -> None:
    async with stage.show(size) as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        stage.practice.results.focus()
        await pilot.press("slash", *"user", "escape")
        await pilot.pause()
        assert "Task of psa-warn (en)." in stage.task
        assert stage.practice.focused is stage.practice.results
        assert len(stage.labels) == 2
        await pilot.press("f8")  # from the exercise that is shown, not from the one that was found
        await shows(stage, pilot, "run-as-user")


async def test_nothing_found_is_said_and_enter_opens_nothing(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("slash", *"zzz", "enter")
        await pilot.pause()
        assert "No exercise has these words" in str(stage.practice.exercises.border_subtitle)
        assert "Task of psa-warn (en)." in stage.task
        assert isinstance(stage.practice.focused, Input)


async def test_going_to_another_pane_ends_the_search(stage: Stage) -> None:
    async with stage.show((160, 40)) as pilot:
        await pilot.press("slash", *"user", "tab", "f6")
        await pilot.pause()
        assert len(stage.labels) == 2
        assert "Task of psa-warn (en)." in stage.task


async def test_a_verdict_is_shown_though_its_exercise_was_not_found_meanwhile(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f2", "f5", "slash", *"user")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert stage.labels[0].startswith("✗ FAIL")


async def test_a_title_without_room_is_cut_where_one_sees_it(stage: Stage) -> None:
    async with stage.show((160, 40)) as pilot:
        tree = stage.practice.exercises.exercise_tree
        tree.styles.width = 20
        await pilot.pause()
        lines = [tree.render_line(y).text.rstrip() for y in range(3)]
        assert lines[1].endswith("…")
        assert not any("Warn of baseline violations" in line for line in lines)
