"""The app on recordings: an answer is chosen, checked, and what came of it is told; there is no cluster."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import OptionList, Static

from lab.catalog.load import load
from lab.catalog.model import Catalog
from lab.demo import DemoSession
from lab.ui.app import demo_app
from lab.ui.events import ExerciseGraded, LabSeen
from lab.ui.keys import HOME, NEED_CLUSTER, PRACTICE, Key
from lab.ui.screens.home import HomeScreen
from lab.ui.screens.practice import PracticeScreen
from lab.ui.widgets.terminal import Terminal
from tests.ui.fakes import Heard, words

DOMAIN = load().domains[0]
CATALOG = Catalog((replace(DOMAIN, exercises=DOMAIN.exercises[:2]),))
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
        offered = self.practice.work_pane.query_one(OptionList)
        return [str(offered.get_option_at_index(index).prompt) for index in range(offered.option_count)]

    @property
    def script(self) -> str:
        return str(self.practice.work_pane.query_one(Static).content)


@pytest.fixture
def demo() -> Demo:
    return Demo()


def state(screen: Screen[object]) -> str:
    """What the top line of a screen says."""
    line: Widget = screen.query_one("StateLine, ExerciseLine")
    return str(line.render())


async def test_the_answers_take_the_place_of_the_shell_and_show_their_script(demo: Demo) -> None:
    async with demo.show() as pilot:
        assert demo.answers[:2] == ["○ nothing done  ", "✓ right         solution"]
        assert "✗ mistake       escalation unset" in demo.answers
        assert not demo.practice.query(Terminal)
        assert "Nothing was done" in demo.script
        await pilot.press("down")
        await pilot.pause()
        assert "# Ids at the Pod, escalation at the container." in demo.script
        await pilot.press("l")
        await pilot.pause()
        assert demo.answers[1] == "✓ 正确        solution"
        assert "回放" in str(demo.practice.work_pane.border_title)
        assert "回放" in str(demo.practice.results.border_title)


async def test_a_right_answer_passes_and_is_told_at_home_where_nothing_of_it_is_saved(demo: Demo) -> None:
    async with demo.show() as pilot:
        await demo.check(pilot, RIGHT)
        assert demo.results.startswith("✓ PASS  10 of 10 points")
        assert "✓ PASS" in state(demo.app.screen)
        await pilot.press("h")
        await pilot.pause()
        home = demo.app.get_screen("home", HomeScreen)
        assert "✓ PASS  A Pod that runs as an ordinary user" in str(home.attempts.get_option_at_index(0).prompt)
        assert "nothing of what you do is kept" in words(home)


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


async def test_an_exercise_that_is_come_back_to_has_its_answer_and_what_was_found(demo: Demo) -> None:
    async with demo.show() as pilot:
        await demo.check(pilot, MISTAKE)
        of_the_first = demo.answers
        await pilot.press("f8")
        await pilot.pause()
        assert demo.answers != of_the_first
        await pilot.press("f7")
        await pilot.pause()
        assert "allowPrivilegeEscalation left out" in demo.script
        assert demo.results.startswith("✗ FAIL  8 of 10 points")


@pytest.mark.parametrize(("at_home", "table"), [(False, PRACTICE), (True, HOME)])
async def test_a_key_that_needs_a_cluster_is_dim_says_so_and_begins_no_process(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, at_home: bool, table: Sequence[Key]
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(subprocess.Popen, "__init__", lambda *args, **options: begun.append(args))
    monkeypatch.setattr("lab.terminal.pty.Pty.__init__", lambda *args, **options: begun.append(args))
    async with demo.show(at_home=at_home) as pilot:
        shown = [one for one in demo.app.screen.active_bindings.values() if one.binding.show]
        assert {one.binding.id for one in shown if not one.enabled} <= NEED_CLUSTER
        assert [one.binding.id for one in shown if one.enabled and one.binding.id in NEED_CLUSTER] == []
        for key in table:
            if key.action.removeprefix("app.") in NEED_CLUSTER:
                demo.app.clear_notifications()
                await pilot.press(key.pressed)
                await pilot.pause()
                assert [notice.message[:17] for notice in demo.app._notifications] == ["This is a replay:"]
    assert begun == []


@pytest.mark.parametrize("size", [(120, 36), (60, 20)])
async def test_every_screen_and_what_lies_over_it_says_that_it_is_a_replay(demo: Demo, size: tuple[int, int]) -> None:
    async with demo.show(size, at_home=True) as pilot:
        assert "▷ REPLAY, no cluster" in state(demo.app.screen)
        await pilot.press("l", "e")
        await pilot.pause()
        assert "▷ 回放，无集群" in state(demo.practice)
        for key in ("f1", "f3", "f10", "d", "n"):
            await pilot.press(key)
            await demo.app.workers.wait_for_complete()
            await pilot.pause()
            assert demo.app.screen is not demo.practice
            assert "▷" in demo.app.export_screenshot()
            await pilot.press("escape")
            await pilot.pause()
