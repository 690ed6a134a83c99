"""The app on recordings: an answer is chosen, checked, and what came of it is told; there is no cluster."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import OptionList, Static

from lab import i18n
from lab.catalog.load import load
from lab.demo import DemoSession
from lab.ui.app import demo_app
from lab.ui.events import ExerciseGraded, HistoryRead, LabSeen
from lab.ui.keys import HOME, NEED_CLUSTER, PRACTICE
from lab.ui.screens.home import HomeScreen
from lab.ui.screens.practice import PracticeScreen
from lab.ui.widgets.terminal import Terminal
from tests.ui.fakes import Heard, words

CATALOG = load()
ANSWERS = [answer.name for answer in CATALOG.exercises[0].answers]
RIGHT = 2
"""How often the cursor goes down to another right way than the solution."""
MISTAKE = ANSWERS.index("escalation-unset") + 1


@dataclass
class Demo:
    """The demo, and what it says."""

    heard: Heard = field(default_factory=Heard)

    def __post_init__(self) -> None:
        self.session = DemoSession(CATALOG)
        self.app = demo_app(self.session)

    @asynccontextmanager
    async def show(self, size: tuple[int, int] = (120, 36), *, at_home: bool = False) -> AsyncIterator[Pilot[None]]:
        """The demo in a terminal of this size."""
        self.app.opens_with = "home" if at_home else "practice"
        async with self.app.run_test(size=size, message_hook=self.heard) as pilot:
            await self.heard.wait_for(LabSeen)
            await pilot.pause()
            yield pilot

    async def check(self, pilot: Pilot[None], down: int, times: int = 1) -> None:
        """Go so many answers down, and have that one checked."""
        await pilot.press(*["down"] * down, "f5")
        await self.heard.wait_for(ExerciseGraded, times)
        await pilot.pause()

    @property
    def practice(self) -> PracticeScreen:
        return self.app.get_screen("practice", PracticeScreen)

    @property
    def results(self) -> str:
        return words(self.practice.results)

    @property
    def answers(self) -> list[str]:
        """The answers as they are offered."""
        offered = self.practice.answers.query_one(OptionList)
        return [str(offered.get_option_at_index(index).prompt) for index in range(offered.option_count)]

    @property
    def script(self) -> str:
        return str(self.practice.answers.query_one(Static).content)


@pytest.fixture
def demo() -> Demo:
    return Demo()


def state(screen: Screen[object]) -> str:
    """What the top line of a screen says."""
    line: Widget = screen.query_one("StateLine, ExerciseLine")
    return str(line.render())


async def test_the_answers_take_the_place_of_the_shell(demo: Demo) -> None:
    async with demo.show():
        assert demo.answers[:2] == ["○ nothing done  ", "✓ right         solution"]
        assert "✗ mistake       escalation-unset" in demo.answers
        assert not demo.practice.query(Terminal)


async def test_where_the_cursor_is_the_script_is_shown(demo: Demo) -> None:
    async with demo.show() as pilot:
        assert "Nothing was done" in demo.script
        await pilot.press("down")
        await pilot.pause()
        assert "# Ids at the Pod, escalation at the container." in demo.script


async def test_a_right_answer_passes(demo: Demo) -> None:
    async with demo.show() as pilot:
        await demo.check(pilot, RIGHT)
        assert demo.results.startswith("✓ PASS  10 of 10 points")
        assert "✓ PASS" in state(demo.app.screen)


async def test_a_mistake_is_explained_with_what_was_expected_and_found_and_why(demo: Demo) -> None:
    async with demo.show() as pilot:
        await demo.check(pilot, MISTAKE)
        assert demo.results.startswith("✗ FAIL  8 of 10 points")
        assert "A known mistake: Leaving allowPrivilegeEscalation out does not forbid anything" in demo.results
        assert "expected  NoNewPrivs is 1" in demo.results
        assert "found  container busybox: NoNewPrivs 0" in demo.results
        assert "why  Where nothing is set" in demo.results


async def test_where_results_take_room_the_chosen_answer_stays_to_be_seen(demo: Demo) -> None:
    async with demo.show((80, 24)) as pilot:
        await demo.check(pilot, MISTAKE)
        offered = demo.practice.work_pane.query_one(OptionList)
        assert offered.size.height < len(demo.answers)
        assert offered.scroll_offset.y <= MISTAKE < offered.scroll_offset.y + offered.size.height


async def test_a_check_is_of_the_answer_at_the_cursor_however_fast_the_keys_come(demo: Demo) -> None:
    async with demo.show() as pilot:
        demo.practice.work_pane.query_one(OptionList).action_cursor_down()
        await demo.practice.action_check()
        await demo.heard.wait_for(ExerciseGraded)
        await pilot.pause()
        assert demo.results.startswith("✓ PASS  10 of 10 points")


async def test_what_was_found_goes_when_another_answer_is_chosen(demo: Demo) -> None:
    async with demo.show() as pilot:
        await demo.check(pilot, MISTAKE)
        await pilot.press("up")
        await pilot.pause()
        assert not demo.practice.results.display


async def test_an_exercise_that_is_come_back_to_has_its_answer_and_what_was_found(demo: Demo) -> None:
    async with demo.show() as pilot:
        await demo.check(pilot, MISTAKE)
        await pilot.press("f8")
        await pilot.pause()
        assert "✓ right         manifests-with-pinned-version" in demo.answers
        await pilot.press("f7")
        await pilot.pause()
        assert "allowPrivilegeEscalation left out" in demo.script
        assert demo.results.startswith("✗ FAIL  8 of 10 points")


async def test_hints_and_the_solution_are_there(demo: Demo) -> None:
    async with demo.show() as pilot:
        await pilot.press("f2", "f3", "y")
        await pilot.pause()
        assert demo.practice.results.border_subtitle == "solution seen: no longer scored"


@pytest.mark.parametrize("key", [key.pressed for key in PRACTICE if key.action.removeprefix("app.") in NEED_CLUSTER])
async def test_a_key_of_practice_that_needs_a_cluster_says_that_there_is_none(demo: Demo, key: str) -> None:
    async with demo.show() as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert demo.app.screen is demo.practice
        assert [told.message[:17] for told in demo.app._notifications] == ["This is a replay:"]


@pytest.mark.parametrize("key", [key.pressed for key in HOME if key.action.removeprefix("app.") in NEED_CLUSTER])
async def test_a_key_of_home_that_needs_a_cluster_says_that_there_is_none(demo: Demo, key: str) -> None:
    async with demo.show(at_home=True) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert [told.message[:17] for told in demo.app._notifications] == ["This is a replay:"]


@pytest.mark.parametrize(("language", "label"), [("en", "▷ REPLAY, no cluster"), ("zh", "▷ 回放，无集群")])
@pytest.mark.parametrize("size", [(120, 36), (60, 20)])
async def test_every_screen_says_that_it_is_a_replay(
    demo: Demo, size: tuple[int, int], language: i18n.Language, label: str
) -> None:
    i18n.use(language)
    async with demo.show(size, at_home=True) as pilot:
        assert label in state(demo.app.screen)
        await pilot.press("e")
        await pilot.pause()
        assert label in state(demo.practice)


@pytest.mark.parametrize("key", ["f1", "f3", "f10", "d", "n"])
@pytest.mark.parametrize("size", [(120, 36), (60, 20)])
async def test_what_lies_over_a_screen_leaves_in_sight_that_it_is_a_replay(
    demo: Demo, size: tuple[int, int], key: str
) -> None:
    async with demo.show(size) as pilot:
        await pilot.press(key)
        await demo.app.workers.wait_for_complete()
        await pilot.pause()
        assert demo.app.screen is not demo.practice
        assert "▷" in demo.app.export_screenshot()


@pytest.mark.parametrize(("language", "word"), [("en", "replay"), ("zh", "回放")])
async def test_answers_and_results_say_that_they_are_a_replay(demo: Demo, language: i18n.Language, word: str) -> None:
    i18n.use(language)
    async with demo.show():
        assert word in str(demo.practice.work_pane.border_title)
        assert word in str(demo.practice.results.border_title)


async def test_the_language_of_the_answers_changes_too(demo: Demo) -> None:
    async with demo.show() as pilot:
        await pilot.press("l")
        await pilot.pause()
        assert demo.answers[1] == "✓ 正确        solution"
        assert "回放" in str(demo.practice.work_pane.border_title)


async def test_home_tells_what_was_done_in_the_demo_and_that_it_is_not_kept(demo: Demo) -> None:
    async with demo.show() as pilot:
        await demo.check(pilot, RIGHT)
        await pilot.press("h")
        await demo.heard.wait_for(HistoryRead, 2)
        await pilot.pause()
        home = demo.app.get_screen("home", HomeScreen)
        assert "✓ PASS  A Pod that runs as an ordinary user" in str(home.attempts.get_option_at_index(0).prompt)
        assert "nothing of what you do is kept" in words(home)


@pytest.mark.parametrize("at_home", [True, False])
async def test_keys_that_need_a_cluster_are_dim(demo: Demo, at_home: bool) -> None:
    async with demo.show(at_home=at_home):
        footer = [one for one in demo.app.screen.active_bindings.values() if one.binding.show]
        assert {one.binding.id for one in footer if not one.enabled} <= NEED_CLUSTER
        assert [one.binding.id for one in footer if one.enabled and one.binding.id in NEED_CLUSTER] == []


async def test_no_process_is_begun(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []
    monkeypatch.setattr(subprocess.Popen, "__init__", lambda *args, **options: begun.append(args))
    monkeypatch.setattr("lab.terminal.pty.Pty.__init__", lambda *args, **options: begun.append(args))
    async with demo.show(at_home=True) as pilot:
        await pilot.press("u", "r", "x", "e")
        await pilot.pause()
        assert isinstance(demo.app.screen, PracticeScreen)
        await demo.check(pilot, RIGHT)
        await pilot.press("f4", "f9", "f11", "f12", "u")
        await pilot.pause()
    assert begun == []
