"""The keys: what the footer shows of them, and where the learner moves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from lab import paths, settings
from lab.settings import Settings
from lab.ui import keys
from lab.ui.events import ExerciseGraded, HistoryRead
from lab.ui.keymap import Keymap
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.help import HelpScreen, sections
from lab.ui.screens.trouble import TroubleScreen
from tests.ui.conftest import MakeStage
from tests.ui.fakes import Stage, words


def written(footer: Mapping[str, ActiveBinding]) -> str:
    """The keys in the footer, as they are written there."""
    return " ".join(keys.display(one.binding.key) for one in footer.values() if one.binding.show)


SHOWN = {
    60: "F1 F2 F5 F6 F9 F10 h",
    80: "F1 F2 F5 F6 F7 F8 F9 F10 h",
    100: "F1 F2 F3 F5 F6 F7 F8 F9 F10 F11 h",
    160: "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 e n h",
}
"""Width -> the keys in the footer of practice."""


@pytest.mark.parametrize("width", SHOWN)
def test_at_every_width_the_keys_that_matter_most_are_shown(width: int) -> None:
    active = {
        key.pressed: ActiveBinding(DOMNode(), key.binding, True) for key in keys.offered(keys.PRACTICE, in_class=False)
    }
    assert written(keys.footer(active, keys.PRACTICE, width)) == SHOWN[width]


@pytest.mark.parametrize("at_home", [True, False])
async def test_no_key_of_the_footer_is_cut(stage: Stage, at_home: bool) -> None:
    async with stage.show((160, 20), at_home=at_home) as pilot:
        for width in (160, 100):
            await pilot.resize_terminal(width, 20)
            await pilot.press("l")
            await pilot.pause()
            footer = stage.app.screen.query_one(Footer)
            assert [key.region.right for key in footer.children if key.region.right > width] == []
            assert len(footer.children) == len(written(stage.app.screen.active_bindings).split())


async def test_while_the_shell_is_in_use_letters_are_its_own(stage: Stage) -> None:
    async with stage.show((160, 20)) as pilot:
        await pilot.press("f6")
        await pilot.pause()
        assert written(stage.practice.active_bindings) == "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12"


async def test_the_footer_is_made_anew_only_if_its_keys_change(stage: Stage) -> None:
    async with stage.show((100, 20)) as pilot:
        before = list(stage.practice.query(FooterKey))
        stage.practice.refresh_bindings()
        await pilot.pause()
        assert list(stage.practice.query(FooterKey)) == before != []
        await pilot.press("e")
        await pilot.pause()
        assert [key.key for key in stage.practice.query(FooterKey)] == ["enter", "escape", "down", "f1", "f10"]


@pytest.mark.parametrize("at_home", [True, False])
async def test_f1_and_a_question_mark_show_the_help_and_take_it_away(stage: Stage, at_home: bool) -> None:
    async with stage.show(at_home=at_home) as pilot:
        for pressed in ("f1", "question_mark"):
            await pilot.press(pressed)
            await pilot.pause()
            assert isinstance(stage.app.screen, HelpScreen)
            await pilot.press(pressed)
            await pilot.pause()
            assert stage.app.screen is (stage.home if at_home else stage.practice)
        if at_home:
            await stage.hear(pilot, HistoryRead)
            for pressed, at in (("j", 1), ("k", 0)):
                await pilot.press(pressed)
                await pilot.pause()
                assert stage.home.suggestions.highlighted == at


@pytest.mark.parametrize("table", keys.TABLES)
def test_the_help_tells_every_key_once_under_a_heading(table: Sequence[keys.Key]) -> None:
    rows = [row for rows in sections(table, with_shell=False).values() for row in rows]
    told = [(keys.display(key.pressed), keys.name(key.id), keys.tip(key.id)) for key in table]
    assert sorted(rows) == sorted(told)


def test_the_help_says_what_is_worth_knowing_of_the_shell() -> None:
    assert len(sections(keys.PRACTICE, with_shell=True)["In the shell"]) == 6


# Keys that the learner moves


async def test_a_moved_key_does_what_it_says_and_its_old_one_nothing(make_stage: MakeStage) -> None:
    stage = make_stage(Settings(keys={"check": "ctrl+g", "hint": "f3", "solution": "f2", "pane": "alt+p"}))
    async with stage.show() as pilot:
        await pilot.press("f3")
        await pilot.pause()
        assert "First hint" in stage.task
        await pilot.press("alt+p")
        assert stage.practice.work_pane.has_focus_within
        await pilot.press("alt+p")
        assert stage.practice.task_pane.has_focus
        await pilot.press("f5")
        assert stage.session.calls == []
        await pilot.press("ctrl+g")
        await stage.hear(pilot, ExerciseGraded)
        assert stage.session.calls == ["grade psa-warn"]
        await pilot.press("f2")
        assert isinstance(stage.app.screen, ConfirmScreen)


async def test_footer_help_and_texts_name_the_key_in_force(make_stage: MakeStage) -> None:
    stage = make_stage(Settings(keys={"check": "Ctrl+G,F5", "find": "?"}))
    async with stage.show() as pilot:
        assert "^g" in written(stage.practice.active_bindings)
        assert "^g F5 grades" in str(stage.practice.task_pane.border_subtitle)
        await pilot.press("f1")
        assert isinstance(stage.app.screen, HelpScreen)
        rows = [row[:2] for rows in sections(keys.PRACTICE, with_shell=True).values() for row in rows]
        assert ("^g F5", "Grade") in rows
        assert ("?", "Find") in rows


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"chek": "f5"}, "there is no action chek; there are: help, hint, solution"),
        ({"check": "f55"}, "check: f55 is no key"),
        ({"check": ""}, "check:  is no key"),
        ({"check": "ctrl+"}, "check: ctrl+ is no key"),
        ({"home": "escape"}, "home: escape is needed as it is"),
        ({"check": "g"}, "check: g is the shell's"),
        ({"check": "left"}, "check: left is the shell's"),
        ({"check": "f2"}, "check: f2 is already the key of hint"),
        ({"home": "f5", "note": "f5"}, "home: f5 is already the key of check"),
        ({"quit": "x"}, "quit: x is already the key of doctor"),
    ],
)
def test_a_key_that_cannot_be_had_is_told(asked: Mapping[str, str], told: str) -> None:
    keymap = Keymap.of(asked)
    assert keymap.moved == {}
    assert told in "\n".join(keymap.refused)


def test_a_key_that_cannot_be_had_takes_no_other_with_it() -> None:
    keymap = Keymap.of({"check": "f2", "hint": "nonsense", "note": "m"})
    assert keymap.moved == {"note": "m"}
    assert len(keymap.refused) == 2


async def test_what_cannot_be_had_is_told_when_the_app_opens_and_the_file_stays(make_stage: MakeStage) -> None:
    paths.private(paths.settings().parent)
    paths.settings().write_text("keys: {check: f2, note: m}\ntheme: pink\n")
    stage = make_stage(settings.load())
    async with stage.show():
        assert isinstance(stage.app.screen, TroubleScreen)
        told = words(stage.app.screen.query_one("#box"))
        assert "check: f2 is already the key of hint" in told
        assert "there is no pink; there are: ansi-dark, ansi-light" in told
        assert str(paths.settings()) in told
    assert settings.load() == Settings(None, "pink", {"check": "f2", "note": "m"})
