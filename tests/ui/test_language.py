"""The app in Chinese, from the start or by a key."""

from __future__ import annotations

import pytest

from lab import i18n, settings
from lab.catalog.load import load
from lab.demo import DemoSession
from lab.ui.app import demo_app
from lab.ui.events import ExerciseGraded
from tests.ui.fakes import Stage


def footer(stage: Stage) -> list[str]:
    """The names of the keys that are shown."""
    return [key.binding.description for key in stage.practice.active_bindings.values() if key.binding.show]


async def test_chinese_from_the_start(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "_chosen", "zh")
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        assert "✗ 0/3  特权 Pod 被拒绝" in stage.results
        assert "实际  它被接受了" in stage.results
        assert "Task of psa-warn (zh)." in stage.task
        assert "评分" in footer(stage)


async def test_l_changes_the_language_of_all_that_is_shown(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        await pilot.press("l")
        await pilot.pause()
        assert stage.labels[0].startswith("✗ 未通过")
        assert "特权 Pod 被拒绝" in stage.results
        assert "Task of psa-warn (zh)." in stage.task
        assert "评分" in footer(stage)
        assert settings.load().language == "zh"  # and for the next time


async def test_the_demo_keeps_neither_language_nor_theme_for_the_next_time() -> None:
    app = demo_app(DemoSession(load()))
    async with app.run_test() as pilot:
        app.theme = "textual-light"
        await pilot.press("l")
        await pilot.pause()
        assert i18n.language() == "zh"
    assert settings.load() == settings.NOTHING_CHOSEN
