"""The footer shows the keys that matter most, and no more than it has room for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.screen import Screen
from textual.widgets import Footer

from lab import i18n
from lab.ui import keys
from tests.ui.fakes import Stage

WIDTHS = [60, 80, 100, 120, 160]


def shown(screen: Screen[None]) -> Sequence[str]:
    """The keys in the footer, as they are written there."""
    return [keys.display(one.binding.key) for one in screen.active_bindings.values() if one.binding.show]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("at_home", [True, False])
async def test_no_key_in_the_footer_is_cut(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, width: int, language: str, at_home: bool
) -> None:
    monkeypatch.setattr(i18n, "_chosen", language)
    async with stage.show((width, 20), at_home=at_home):
        footer = stage.app.screen.query_one(Footer)
        assert [key.region.right for key in footer.children if key.region.right > width] == []
        assert len(footer.children) == len(shown(stage.app.screen))


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (60, "F1 F2 F5 F6 F9 F10 h"),
        (80, "F1 F2 F5 F6 F7 F8 F9 F10 h"),
        (100, "F1 F2 F3 F5 F6 F7 F8 F9 F10 F11 h"),
        (160, "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 e n h"),
    ],
)
async def test_the_keys_that_matter_less_are_left_out_first(stage: Stage, width: int, expected: str) -> None:
    async with stage.show((width, 20)):
        assert " ".join(shown(stage.practice)) == expected


async def test_a_window_made_larger_shows_more_keys(stage: Stage) -> None:
    async with stage.show((80, 20)) as pilot:
        await pilot.resize_terminal(160, 20)
        await pilot.pause()
        assert len(stage.practice.query_one(Footer).children) == 15


async def test_in_the_shell_the_footer_shows_no_key_that_is_the_shells(stage: Stage) -> None:
    async with stage.show((160, 40)) as pilot:
        await pilot.press("f6")
        await pilot.pause()
        assert " ".join(shown(stage.practice)) == "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12"


async def test_the_help_tells_every_key(stage: Stage) -> None:
    told = keys.help_text("ui.help.text", keys.PRACTICE)
    assert all(f"**{keys.display(key.pressed)}** {keys.name(key.id)}" in told for key in keys.PRACTICE)
