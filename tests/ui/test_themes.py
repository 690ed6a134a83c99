"""The learner chooses the colours, or has none; states can be read all the same."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from rich.style import Style
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES, Theme

from lab import settings
from lab.settings import Settings
from lab.ui.events import ExerciseGraded
from lab.ui.marks import Tone
from tests.ui.conftest import MakeStage
from tests.ui.fakes import Stage

WHERE_NONE_IS_SAID = ("c5", "c8", "c6")
"""The foreground of a screenshot as Rich makes it, in place of the terminal's own."""


async def choose_in_menu(pilot: Pilot[None], *words: str) -> None:
    """Open the menu, and choose the first entry that has the word; then the same in what that opens."""
    await pilot.press("f10")
    for word in words:
        await pilot.press(*word)
        await pilot.app.workers.wait_for_complete()
        await pilot.press("enter")
        await pilot.pause()


async def test_a_theme_is_chosen_in_the_menu_and_saved(stage: Stage) -> None:
    async with stage.show(at_home=True) as pilot:
        await choose_in_menu(pilot, "theme", "nord")
        assert stage.app.theme == "nord"
    assert settings.load() == Settings(theme="nord")


async def test_the_theme_that_was_kept_is_there_from_the_first_frame_on(make_stage: MakeStage) -> None:
    stage = make_stage(Settings(theme="textual-light"))
    async with stage.show():
        assert stage.app.theme == "textual-light"
        assert stage.app.screen.styles.background == Color.parse(BUILTIN_THEMES["textual-light"].background)
    assert settings.load() == Settings()


@pytest.mark.parametrize("theme", BUILTIN_THEMES.values(), ids=lambda theme: theme.name)
def test_every_theme_has_the_colours_of_states(theme: Theme) -> None:
    wanted = {"foreground-muted" if tone == "muted" else f"text-{tone}" for tone in get_args(Tone)}
    assert wanted <= theme.to_color_system().generate().keys()


async def test_a_theme_that_is_chosen_colours_the_state_of_an_exercise_anew(stage: Stage) -> None:
    async with stage.show((160, 40)) as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        (domain,) = stage.practice.exercises.exercise_tree.root.children
        for theme in ("textual-light", "nord"):
            stage.app.theme = theme
            await pilot.pause()
            state = Style.parse(str(domain.children[0].label.spans[0].style))
            assert state.color == Color.parse(stage.app.theme_variables["text-error"]).rich_color


async def test_with_no_color_nothing_but_grey_is_drawn_and_states_are_words(
    monkeypatch: pytest.MonkeyPatch, make_stage: MakeStage
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stage = make_stage(Settings())
    async with stage.show() as pilot:
        await pilot.press("f6", "x", "f5")
        await stage.hear(pilot, ExerciseGraded)
        assert stage.results.startswith("✗ FAIL  2 of 5 points")
        for _ in ("practice", "home"):
            drawn = re.findall(r"-r\d+ \{ fill: #(\w\w)(\w\w)(\w\w)", stage.app.export_screenshot())
            assert len(drawn) > 3
            assert {colour for colour in drawn if len(set(colour)) > 1} <= {WHERE_NONE_IS_SAID}
            await stage.app.action_home()
            await pilot.pause()
