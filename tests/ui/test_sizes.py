"""No terminal is too small to survive in, and none that is large enough hides a pane."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.geometry import Region
from textual.screen import Screen

from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.details import DetailsScreen
from lab.ui.screens.note import NoteScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.snippets import SnippetsScreen
from lab.ui.screens.trouble import TroubleScreen
from lab.ui.trouble import Trouble
from tests.ui.fakes import Stage

SIZES = [(1, 1), (40, 12), (60, 20), (100, 30), (160, 40)]
SCREENS: dict[str, Callable[[], Screen[object]]] = {
    "confirm": lambda: ConfirmScreen("Reset the exercise?", "What you did is removed."),
    "details": DetailsScreen,
    "note": lambda: NoteScreen("An exercise", "A note."),
    "reading": lambda: ReadingScreen("Help", "# Help\n\n- one\n- two\n"),
    "snippets": lambda: SnippetsScreen(["kubectl get nodes", "busybox:1.28"]),
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
        await pilot.press("f2", "f5", "f6", "f8", "f6", "f7", "e", "slash", "x", "escape", "c", "escape")
        await pilot.press("f10", "escape")
        await pilot.resize_terminal(120, 36)
        assert stage.app.is_running


@pytest.mark.parametrize("size", [(1, 1), (40, 12), (59, 20), (80, 14)])
async def test_below_60_by_15_a_message_asks_for_more_room(stage: Stage, size: tuple[int, int]) -> None:
    async with stage.show(size):
        assert stage.practice.get_widget_at(size[0] - 1, size[1] - 1)[0].id == "too-small"


def regions(stage: Stage) -> list[Region]:
    """Of the exercises, the task, the shell and the results."""
    return [pane.region for pane in stage.practice.query(".pane")]


async def test_below_100_columns_panes_stack(stage: Stage) -> None:
    async with stage.show((60, 20)):
        _, task, shell, results = regions(stage)
        assert task.width == shell.width == results.width == 60
        assert (task.bottom, shell.bottom) == (shell.y, results.y)


@pytest.mark.parametrize("size", [(60, 15), (60, 20), (99, 40)])
async def test_stacked_the_pane_in_use_is_the_largest(stage: Stage, size: tuple[int, int]) -> None:
    async with stage.show(size) as pilot:
        for largest in (1, 2, 3):
            heights = [region.height for region in regions(stage)]
            assert [height for height in heights if height >= heights[largest]] == [heights[largest]]
            assert min(heights[1:]) >= 3
            await pilot.press("f6")


@pytest.mark.parametrize("size", [(100, 30), (149, 30)])
async def test_from_100_columns_the_shell_is_beside_task_and_results(stage: Stage, size: tuple[int, int]) -> None:
    async with stage.show(size):
        exercises, task, shell, results = regions(stage)
        assert exercises.area == 0
        assert task.x == results.x
        assert task.bottom == results.y
        assert shell.x == task.right == results.right
        assert shell.height == task.height + results.height
        assert shell.width > task.width


async def test_from_150_columns_the_exercises_are_always_there(stage: Stage) -> None:
    async with stage.show((150, 30)):
        exercises, task, shell, results = regions(stage)
        assert exercises.right == task.x == results.x
        assert task.right == results.right == shell.x
        assert exercises.height == shell.height


@pytest.mark.parametrize("size", [(60, 20), (120, 36)])
async def test_where_they_are_not_the_exercises_come_over_the_panes_and_go_again(
    stage: Stage, size: tuple[int, int]
) -> None:
    async with stage.show(size) as pilot:
        before = regions(stage)
        for leave in ("e", "escape", "enter", "f6"):
            await pilot.press("e")
            assert regions(stage)[0].area > 0
            assert regions(stage)[1:] != [Region()] * 3
            await pilot.press(leave)
            assert regions(stage)[0].area == 0
        assert sum(region.area for region in regions(stage)) == sum(region.area for region in before)


async def test_results_get_more_room_while_they_are_read(stage: Stage) -> None:
    async with stage.show() as pilot:
        _, task, _, results = regions(stage)
        await pilot.press("f6", "f6")
        _, smaller_task, _, larger_results = regions(stage)
        assert larger_results.height > results.height
        assert smaller_task.height + larger_results.height == task.height + results.height


async def test_f6_goes_round_the_panes(stage: Stage) -> None:
    async with stage.show((160, 40)) as pilot:
        visited = []
        for _ in range(5):
            visited.append(next(type(pane).__name__ for pane in stage.practice.query(".pane:focus-within")))
            await pilot.press("f6")
        assert visited == ["TaskPane", "ShellPane", "ResultsPane", "ExercisePane", "TaskPane"]
