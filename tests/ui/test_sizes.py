"""No terminal is too small to survive in, and none that is large enough hides a pane."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.screen import Screen

from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.details import DetailsScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.trouble import TroubleScreen
from lab.ui.trouble import Trouble
from tests.ui.fakes import Stage

SIZES = [(1, 1), (40, 12), (60, 20), (100, 30), (160, 40)]
SCREENS: dict[str, Callable[[], Screen[object]]] = {
    "confirm": lambda: ConfirmScreen("Reset the exercise?", "What you did is removed."),
    "details": DetailsScreen,
    "reading": lambda: ReadingScreen("Help", "# Help\n\n- one\n- two\n"),
    "trouble": lambda: TroubleScreen(Trouble("It failed.", "podman: not found", "Run `ckslab setup`.")),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_survives_at_any_size(stage: Stage, name: str, size: tuple[int, int]) -> None:
    async with stage.show(size) as pilot:
        await stage.app.push_screen(SCREENS[name]())
        await pilot.pause()
        await pilot.press("escape")
        assert stage.app.screen is stage.practice


@pytest.mark.parametrize("size", SIZES)
async def test_practice_works_at_any_size(stage: Stage, size: tuple[int, int]) -> None:
    async with stage.show(size) as pilot:
        await pilot.press("f2", "f5", "f6", "f8", "f6", "f7")
        await pilot.press("f10", "escape")
        await pilot.resize_terminal(120, 36)
        assert stage.app.is_running


@pytest.mark.parametrize("size", [(1, 1), (40, 12), (59, 20), (80, 14)])
async def test_below_60_by_15_a_message_asks_for_more_room(stage: Stage, size: tuple[int, int]) -> None:
    async with stage.show(size):
        assert stage.practice.query_one("#too-small").display
        assert not stage.practice.query_one("#panes").display


async def test_below_100_columns_panes_stack(stage: Stage) -> None:
    async with stage.show((60, 20)):
        tree, task, results = stage.practice.query(".pane")
        assert tree.region.width == task.region.width == results.region.width == 60
        assert tree.region.bottom <= task.region.y <= results.region.y


async def test_from_100_columns_the_tree_is_beside_the_task(stage: Stage) -> None:
    async with stage.show((100, 30)):
        tree, task, results = stage.practice.query(".pane")
        assert tree.region.right <= task.region.x == results.region.x


async def test_from_150_columns_there_are_three_columns(stage: Stage) -> None:
    async with stage.show((150, 30)):
        tree, task, results = stage.practice.query(".pane")
        assert tree.region.right <= task.region.x < results.region.x


async def test_f6_goes_round_the_panes(stage: Stage) -> None:
    async with stage.show() as pilot:
        panes = list(stage.practice.query(".pane"))
        visited = []
        for _ in panes:
            visited.append(stage.practice.focused)
            await pilot.press("f6")
        assert visited == panes
        assert stage.practice.focused is panes[0]
