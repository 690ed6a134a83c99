"""No terminal is too small to survive in, and none that is large enough hides a pane."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from textual.geometry import Region
from textual.screen import ModalScreen, Screen

import lab.ui
from checkers.api import Verdict
from lab.catalog.model import Catalog
from lab.demo import DemoSession
from lab.ui import keys
from lab.ui.events import ExerciseGraded
from lab.ui.screens.waiting import WaitingScreen
from lab.ui.trouble import Trouble
from lab.ui.widgets.too_small import TooSmall
from tests.ui.fakes import Stage
from tests.unit.support.reports import report, sat

SIZES = [(1, 1), (59, 20), (80, 14), (60, 15), (160, 40)]
TINY, NARROW, WIDE = (1, 1), (60, 20), (160, 40)
EXAMPLES: dict[str, object] = {
    "str": "# Words\n\n- one\n- 二\n",
    "bool": True,
    "Iterable[Key]": keys.PRACTICE,
    "Sequence[str]": ["kubectl get nodes", "busybox:1.28"],
    "DemoSession": DemoSession(Catalog(())),
    "Callable[[], float]": lambda: 0.0,
    "Report": report(sat(safe=Verdict.FAIL, mistake="careless")),
    "Trouble": Trouble("It failed.", "podman: not found", "Run `ckslab setup`."),
}
"""What a screen may be made from. One that needs something else is tried once an example stands here."""


def screens() -> Iterator[type[Screen[Any]]]:
    """Every screen of the app: who adds one, need not add it here. The palette is Textual's own."""
    for module in pkgutil.walk_packages(lab.ui.__path__, "lab.ui."):
        importlib.import_module(module.name)
    known = [Screen]
    for kind in known:
        known += kind.__subclasses__()
        if kind.__module__.startswith("lab.ui.") and not kind.__subclasses__():
            yield kind


def dialogues() -> list[Screen[Any]]:
    """Every screen that is laid over another one, made from examples."""
    made = []
    for kind in screens():
        if issubclass(kind, ModalScreen):
            needs = [need for need in inspect.signature(kind).parameters.values() if need.default is need.empty]
            made.append(kind(**{need.name: EXAMPLES[need.annotation] for need in needs}))
    return made


def hides_all(screen: Screen[Any], size: tuple[int, int]) -> bool:
    """Whether the last cell says that the window is too small."""
    at_last_cell, _ = screen.get_widget_at(size[0] - 1, size[1] - 1)
    return isinstance(at_last_cell, TooSmall)


async def test_every_dialogue_survives_at_any_size(stage: Stage) -> None:
    async with stage.show(at_home=True) as pilot:
        for dialogue in dialogues():
            await stage.app.push_screen(dialogue)
            for size in (TINY, NARROW):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                assert hides_all(dialogue, size) == (size == TINY)
            await pilot.press("tab", "down", "f6", "escape")
            await pilot.pause()
            if isinstance(dialogue, WaitingScreen):
                dialogue.end()  # nobody else can
                await pilot.pause()
            assert stage.app.screen is stage.home


async def test_practice_works_at_any_size(stage: Stage) -> None:
    async with stage.show() as pilot:
        for size in (TINY, NARROW, WIDE):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            await pilot.press("f2", "f5", "f6", "f8", "f6", "f7", "e", "slash", "x", "escape", "c", "escape")
            await pilot.press("f10", "escape")
            assert stage.app.is_running


async def test_below_60_columns_or_15_lines_the_window_is_too_small(stage: Stage) -> None:
    async with stage.show(at_home=True) as pilot:
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert hides_all(stage.home, size) == (size[0] < 60 or size[1] < 15)


def regions(stage: Stage) -> list[Region]:
    """Of the exercises, the task, the shell and the results."""
    return [pane.region for pane in stage.practice.query(".pane")]


async def test_below_100_columns_panes_stack(stage: Stage) -> None:
    async with stage.show((60, 20)) as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        _, task, shell, results = regions(stage)
        assert task.width == shell.width == results.width == 60
        assert (task.bottom, shell.bottom) == (shell.y, results.y)


@pytest.mark.parametrize("size", [(60, 15), (99, 40)])
async def test_stacked_the_pane_in_use_is_the_largest(stage: Stage, size: tuple[int, int]) -> None:
    async with stage.show(size) as pilot:
        for in_use, other in ((1, 2), (2, 1)):
            heights = [region.height for region in regions(stage)]
            assert heights[in_use] > heights[other] >= 3
            await pilot.press("f6")


async def test_stacked_the_first_failure_is_read_without_going_there(stage: Stage) -> None:
    async with stage.show((80, 24)) as pilot:
        await pilot.press("f6", "f5")
        await stage.hear(pilot, ExerciseGraded)
        _, task, shell, results = regions(stage)
        assert (task.height, shell.height >= 5) == (3, True)
        row = stage.practice.query("CriterionRow").first()
        assert row.region.y >= results.y
        assert row.region.bottom <= results.bottom


@pytest.mark.parametrize("size", [(60, 20), (120, 36)])
async def test_the_task_can_be_laid_over_the_other_panes_and_taken_away(stage: Stage, size: tuple[int, int]) -> None:
    async with stage.show(size) as pilot:
        await pilot.press("f6")
        before = regions(stage)
        for leave in ("escape", "alt+t", "f6"):
            await pilot.press("alt+t")
            assert regions(stage)[1].width == size[0]
            assert regions(stage)[1].area > before[1].area
            await pilot.press(leave)
            assert regions(stage) == before
            assert stage.practice.work_pane.has_focus_within


@pytest.mark.parametrize("size", [(100, 30)])
async def test_from_100_columns_the_shell_is_beside_task_and_results(stage: Stage, size: tuple[int, int]) -> None:
    async with stage.show(size) as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        exercises, task, shell, results = regions(stage)
        assert exercises.area == 0
        assert task.x == results.x
        assert task.bottom == results.y
        assert shell.x == task.right == results.right
        assert shell.height == task.height + results.height
        assert shell.width > task.width


async def test_from_150_columns_the_exercises_are_always_there(stage: Stage) -> None:
    async with stage.show((150, 30)):
        exercises, task, shell, _ = regions(stage)
        assert exercises.right == task.x
        assert task.right == shell.x
        assert exercises.height == task.height == shell.height


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


async def test_the_task_has_the_column_until_there_are_results(stage: Stage) -> None:
    async with stage.show() as pilot:
        _, task, shell, results = regions(stage)
        assert (task.height, results.area) == (shell.height, 0)
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        _, task, _, results = regions(stage)
        assert abs(task.height - results.height) <= 1
        await pilot.press("f8")
        await pilot.pause()
        _, task, shell, results = regions(stage)
        assert (task.height, results.area) == (shell.height, 0)


async def test_results_get_more_room_while_they_are_read(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        _, task, _, results = regions(stage)
        stage.practice.results.focus()
        await pilot.pause()
        _, smaller_task, _, larger_results = regions(stage)
        assert larger_results.height > results.height
        assert smaller_task.height + larger_results.height == task.height + results.height


async def test_f6_goes_to_the_shell_and_back_to_the_pane_before(stage: Stage) -> None:
    def in_use() -> str:
        return next(type(pane).__name__ for pane in stage.practice.query(".pane:focus-within"))

    async with stage.show((160, 40)) as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        visited = [in_use()]
        for _ in range(2):
            await pilot.press("f6")
            visited.append(in_use())
        stage.practice.results.focus()
        for _ in range(2):
            await pilot.press("f6")
            visited.append(in_use())
        assert visited == ["TaskPane", "ShellPane", "TaskPane", "ShellPane", "ResultsPane"]
