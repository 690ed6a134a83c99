"""Finding an exercise among many."""

from __future__ import annotations

from textual.widgets import Input

from tests.ui.fakes import Stage


async def test_slash_finds_exercises_by_words_of_their_names(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("slash", *"another user")
        await pilot.pause()
        assert stage.labels == ["○ new  Run as another user"]
        assert "Task of run-as-user (en)." in stage.task
        assert stage.practice.query_one(Input).content_size.height == 1


async def test_an_exercise_is_found_by_its_name_in_the_other_language(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("slash", *"其他用户")
        await pilot.pause()
        assert stage.labels == ["○ new  Run as another user"]


async def test_enter_goes_to_what_was_found_and_escape_shows_all_again(stage: Stage) -> None:
    async with stage.show((160, 40)) as pilot:
        await pilot.press("slash", *"user", "enter")
        assert stage.practice.focused is stage.practice.exercises.exercise_tree
        await pilot.press("escape")
        await pilot.pause()
        assert len(stage.labels) == 2
        assert "Task of run-as-user (en)." in stage.task


async def test_nothing_found_is_said(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("slash", *"zzz")
        await pilot.pause()
        assert "No exercise has these words" in str(stage.practice.exercises.border_subtitle)
        assert "Task of psa-warn (en)." in stage.task


async def test_an_exercise_that_was_not_found_can_still_be_gone_to(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("slash", *"user", "enter", "f7")
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
