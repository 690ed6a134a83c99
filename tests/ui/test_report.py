"""The report of a mock exam in the app."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from checkers.api import Verdict
from lab import i18n
from lab.exam.report import Report
from lab.ui.screens.report import ReportPane, ReportScreen
from tests.ui.fakes import Stage
from tests.unit.support.reports import report, sat

pytestmark = pytest.mark.usefixtures("_utc")


def a_report() -> Report:
    sitting = sat(safe=Verdict.FAIL, mistake="careless", others=Verdict.FAIL)
    return report(sitting, others=[sat().sitting(1)])


async def shown(stage: Stage, pilot: Pilot[None]) -> str:
    """What stands in the report."""
    await stage.app.push_screen(ReportScreen(a_report()))
    await pilot.pause()
    return str(stage.app.screen.query_one(ReportPane).query_one(Static).content)


async def test_it_shows_the_total_where_the_points_went_and_each_task(stage: Stage) -> None:
    async with stage.show((100, 30), at_home=True) as pilot:
        text = await shown(stage, pilot)
        assert text.startswith("A short exam · sitting 3 · 2026-01-01 00:00")
        assert "15 %: not passed. The mark is 67 %." in text
        assert "  75  no time: never opened, or only glanced at · tasks: 2, 3, 4" in text
        assert "A known mistake: It was careless." in text
        assert "sitting 1  2026-01-01 00:00" in text


@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_no_line_is_broken_by_the_window_and_all_can_be_scrolled_to(stage: Stage, size: tuple[int, int]) -> None:
    async with stage.show(size, at_home=True) as pilot:
        text = await shown(stage, pilot)
        pane = stage.app.screen.query_one(ReportPane)
        assert pane.query_one(Static).size.height == len(text.split("\n"))
        assert pane.max_scroll_x == 0
        await pilot.press("end")
        await pilot.pause()
        assert pane.scroll_offset.y == pane.max_scroll_y > 0
        await pilot.press("home", "j")
        await pilot.pause()
        assert pane.scroll_offset.y == 1


async def test_it_speaks_the_language_of_its_reader(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "_chosen", "zh")
    async with stage.show((80, 24), at_home=True) as pilot:
        assert "15 %：不及格。及格线为 67 %。" in await shown(stage, pilot)


async def test_escape_closes_it(stage: Stage) -> None:
    async with stage.show((100, 30), at_home=True) as pilot:
        await shown(stage, pilot)
        await pilot.press("escape")
        assert stage.app.screen is stage.home
