"""Home: what to do next and why, how far one is, what was done, and the lab."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from textual.events import ScreenResume
from textual.widgets import Markdown

from checkers.api import Verdict
from lab.catalog.model import Catalog, Domain, Exercise, Localized
from lab.cluster.engine import Capability, State
from lab.errors import LabError
from lab.practice.attempt import Attempt
from lab.practice.history import History
from lab.ui import app
from lab.ui.desk import Past
from lab.ui.events import (
    Examined,
    ExerciseGraded,
    ExercisesRead,
    Failed,
    HistoryRead,
    ImpossibleFound,
    LabProgressed,
    LabSeen,
    LabWorkEnded,
)
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.help import HelpScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.trouble import TroubleScreen
from tests.ui.fakes import Gate, Stage, words
from tests.unit.support.desks import NOON, RIGHT

pytestmark = pytest.mark.usefixtures("_utc")

ENGLISH = ("Warn of baseline violations", "Run as another user")


def exercises(stage: Stage) -> tuple[Exercise, ...]:
    return stage.session.catalog.exercises


def did(stage: Stage, exercise: Exercise, verdict: Verdict = Verdict.FAIL, *, days: int = 0, hints: int = 0) -> None:
    """The learner tried it so many days ago; with `PASS`, everything passes."""
    session = stage.session
    session.today = NOON - timedelta(days=days)
    session.start(exercise)
    for number in range(1, hints + 1):
        session.hint(exercise, number)
    findings, session.findings = session.findings, [RIGHT] * 3 if verdict is Verdict.PASS else session.findings
    session.grade(exercise)
    session.findings, session.today = findings, NOON


def suggested(stage: Stage) -> list[str]:
    """The suggestions, each in a line."""
    options = (stage.home.suggestions.get_option_at_index(n) for n in range(stage.home.suggestions.option_count))
    return [" ".join(str(option.prompt).split()) for option in options]


def done(stage: Stage) -> list[str]:
    """The attempts, two lines each."""
    options = (stage.home.attempts.get_option_at_index(n) for n in range(stage.home.attempts.option_count))
    return [line for option in options for line in str(option.prompt).splitlines()]


FACTS = "easy · 6 min · 5 p · pod-security-standards"


def read(stage: Stage) -> str:
    """The Markdown that lies over the screen."""
    assert isinstance(stage.app.screen, ReadingScreen)
    return stage.app.screen.query_one(Markdown).source


# What to do next


async def test_the_app_opens_at_home_with_neither_a_lab_nor_a_history(stage: Stage) -> None:
    stage.engine.state = State.ABSENT
    stage.preparation.gate.shut()
    async with stage.show(at_home=True):
        assert stage.app.screen is stage.home
        assert suggested(stage) == [f"○ new {title} {FACTS}" for title in ENGLISH]
        assert "Nothing was tried yet." in done(stage)[0]
        assert "○○" in words(stage.home.progress)
        stage.preparation.gate.open()


async def test_enter_opens_the_first_suggestion_in_practice(stage: Stage) -> None:
    did(stage, exercises(stage)[1])
    async with stage.show(at_home=True) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert stage.app.screen is stage.practice
        assert "Task of run-as-user (en)." in stage.task


@dataclass
class Unread:
    """A catalog whose exercises are read when the test lets them be."""

    catalog: Catalog
    gate: Gate = field(default_factory=Gate)
    error: Exception | None = None

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.catalog.exercises

    def __getattr__(self, name: str) -> object:
        return getattr(self.catalog, name)


@pytest.fixture
def unread(stage: Stage) -> Unread:
    stage.reads_exercises = True
    stage.session.catalog = unread = Unread(stage.session.catalog)  # type: ignore[assignment]
    return unread


async def test_what_is_typed_before_there_are_exercises_waits_for_them(stage: Stage, unread: Unread) -> None:
    unread.gate.shut()
    async with stage.app.run_test(message_hook=stage.heard) as pilot:
        await stage.hear(pilot, LabSeen)
        await pilot.press("down", "enter")
        assert stage.app.screen is stage.home
        assert suggested(stage) == []
        unread.gate.open()
        await stage.hear(pilot, HistoryRead)
        await pilot.pause()
        assert stage.app.screen is stage.practice
        assert "Task of run-as-user (en)." in stage.task


async def test_what_is_typed_does_not_wait_for_a_history_that_cannot_be_read_soon(
    stage: Stage, unread: Unread, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Gate()
    busy.shut()

    def attempts() -> tuple[Attempt, ...]:
        busy.wait()
        return ()

    monkeypatch.setattr(app, "PATIENCE", 0.01)
    monkeypatch.setattr(stage.session.history, "attempts", attempts)
    async with stage.app.run_test(message_hook=stage.heard) as pilot:
        await pilot.press("question_mark")
        await stage.hear(pilot, ScreenResume, 2)
        assert isinstance(stage.app.screen, HelpScreen)
        busy.open()


async def test_exercises_that_cannot_be_read_are_told(stage: Stage, unread: Unread) -> None:
    unread.error = PermissionError(13, "Permission denied", "exercises")
    async with stage.app.run_test(message_hook=stage.heard) as pilot:
        await stage.hear(pilot, ExercisesRead)
        assert isinstance(stage.app.screen, TroubleScreen)


async def test_when_all_was_passed_lately_it_says_so(stage: Stage) -> None:
    for exercise in exercises(stage):
        did(stage, exercise, Verdict.PASS)
    async with stage.show(at_home=True) as pilot:
        await pilot.press("enter")
        assert stage.app.screen is stage.home
        assert suggested(stage)[0].startswith("Everything was passed")


async def test_what_this_engine_cannot_do_counts_in_no_sum(stage: Stage) -> None:
    stage.session.reasons = {Capability.GVISOR: "there is no runsc"}
    async with stage.show(at_home=True) as pilot:
        await stage.hear(pilot, ImpossibleFound)
        assert suggested(stage) == [f"○ new {ENGLISH[1]} {FACTS}"]
        assert "–○" in words(stage.home.progress)
        assert "0 of 1 passed" in str(stage.home.state_line.render())


async def test_a_domain_of_which_this_engine_can_do_nothing_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.session, "impossible", lambda exercise: {Capability.APPARMOR: "one kernel for all"})
    async with stage.show(at_home=True) as pilot:
        await stage.hear(pilot, ImpossibleFound)
        await stage.hear(pilot, HistoryRead)
        assert words(stage.home.progress).splitlines()[1] == "–– pod-security-standards  not here"


# Progress and attempts


async def test_progress_is_a_map_of_domains_and_objectives_with_a_mark_an_exercise(stage: Stage) -> None:
    did(stage, exercises(stage)[0], Verdict.PASS)
    (domain,) = stage.session.catalog.domains
    names = {"pod-security-standards": Localized("Pod security standards", "Pod 安全标准")}
    empty = Domain("runtime", Localized("Runtime security", "运行时安全"), (), 20)
    stage.session.catalog = Catalog((replace(domain, weight=15, objectives=names), empty))
    async with stage.show(at_home=True) as pilot:
        assert words(stage.home.progress).splitlines() == [
            "15%  Microservice vulnerabilities",
            "     ●○ Pod security standards",
            "",
            "20%  Runtime security",
            "     no exercises yet",
        ]
        assert "● passed ○ not yet" in str(stage.home.progress.border_subtitle)
        await pilot.resize_terminal(80, 16)
        await pilot.pause()
        assert words(stage.home.progress).splitlines() == [
            "15%  ●○ Microservice vulnerabilities",
            "20%  Runtime security  no exercises yet",
        ]


async def test_each_suggestion_says_why(stage: Stage) -> None:
    did(stage, exercises(stage)[0], days=3)
    async with stage.show(at_home=True):
        assert suggested(stage) == [
            f"✗ FAIL {ENGLISH[0]} did not pass 3 days ago · {FACTS}",
            f"○ new {ENGLISH[1]} {FACTS}",
        ]


async def test_what_is_due_again_says_when_it_was_passed(stage: Stage) -> None:
    did(stage, exercises(stage)[0], Verdict.PASS, days=20)
    did(stage, exercises(stage)[1], Verdict.PASS, days=19)
    async with stage.show(at_home=True):
        assert suggested(stage) == [f"✓ PASS {ENGLISH[0]} passed 2 weeks ago; can you still do it? · {FACTS}"]


async def test_an_exam_that_is_not_closed_is_shown(stage: Stage) -> None:
    async with stage.show(at_home=True) as pilot:
        stage.app.take(HistoryRead(Past(open_exam=3)))
        await pilot.pause()
        assert stage.home.attempts.border_subtitle == "Mock exam 3 is not closed: m"


async def test_the_last_attempts_are_shown_newest_first(stage: Stage) -> None:
    did(stage, exercises(stage)[0], days=3)
    did(stage, exercises(stage)[0], days=1, hints=1)
    did(stage, exercises(stage)[1], Verdict.PASS)
    async with stage.show(at_home=True):
        assert done(stage) == [
            f"✓ PASS  {ENGLISH[1]}",
            "    today 12:00 · 5/5 · 0s",
            f"✗ FAIL  {ENGLISH[0]}",
            "    yesterday 12:00 · 2/5 · 0s · hints: 1",
            f"✗ FAIL  {ENGLISH[0]}",
            "    3 days ago · 2/5 · 0s",
        ]


async def test_enter_opens_an_attempt_with_its_criteria_and_the_note(stage: Stage) -> None:
    did(stage, exercises(stage)[0], hints=2)
    stage.session.history.write_note(exercises(stage)[0], "mind the label")
    async with stage.show(at_home=True) as pilot:
        stage.home.attempts.focus()
        await pilot.press("enter")
        await pilot.pause()
        assert "✗ FAIL  0/3  A privileged Pod is refused" in read(stage)
        assert "hints: 2" in read(stage)
        assert "mind the label" in read(stage)


async def test_a_history_that_cannot_be_read_is_told_and_all_else_goes_on(stage: Stage) -> None:
    class Damaged(History):
        def attempts(self, exercise: str = "") -> tuple[()]:
            raise LabError("history.damaged", "file is not a database", file="/there/history.db")

    stage.session.history = Damaged()
    async with stage.show(at_home=True):
        assert "mv /there/history.db" in "\n".join(done(stage))
        assert len(suggested(stage)) == 2


# Going to and fro


async def test_what_was_done_in_practice_is_there_at_once_when_one_comes_home(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        await pilot.press("h")
        await pilot.pause()
        assert stage.app.screen is stage.home
        assert f"✗ FAIL  {ENGLISH[0]}" in "\n".join(done(stage))
        await pilot.press("escape")
        await pilot.pause()
        assert stage.app.screen is stage.home
        await pilot.press("e")
        await pilot.pause()
        assert stage.app.screen is stage.practice


async def test_what_another_window_did_meanwhile_is_there_too(stage: Stage) -> None:
    async with stage.show() as pilot:
        did(stage, exercises(stage)[0])
        await pilot.press("h")
        await stage.hear(pilot, HistoryRead, 2)
        assert f"✗ FAIL  {ENGLISH[0]}" in "\n".join(done(stage))


# The lab


async def test_the_header_says_all_of_a_lab_that_is_ready_a_pane_more_of_one_that_is_not(stage: Stage) -> None:
    async with stage.show(at_home=True) as pilot:
        assert "✓ ready" in str(stage.home.state_line.render())
        assert not stage.home.lab_pane.display
        stage.preparation.gate.shut()
        await pilot.press("u")
        await stage.hear(pilot, LabProgressed)
        assert stage.home.lab_pane.display
        assert "u makes it ready" in words(stage.home.lab_pane)
        assert "Preparing the lab · 1/3 Node image" in str(stage.home.bar.render())
        stage.preparation.gate.open()


async def test_removing_the_lab_asks_first_and_ends_the_attempts_on_it(stage: Stage) -> None:
    did(stage, exercises(stage)[0])
    async with stage.show(at_home=True) as pilot:
        await pilot.press("r")
        await pilot.pause()
        assert isinstance(stage.app.screen, ConfirmScreen)
        assert stage.engine.state is State.READY
        await pilot.press("y")
        await stage.hear(pilot, LabWorkEnded)
        await stage.hear(pilot, LabSeen, 2)
        assert "○ no cluster" in words(stage.home.lab_pane)
        assert stage.session.history.attempts()[0].ended is not None
        assert stage.preparation.calls == 0


async def test_what_the_doctor_found_is_shown_and_that_he_failed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise OSError("no")

    found = [SimpleNamespace(name="memory", state="problem", says="1 GiB free.", next_step="Close other programs.")]
    async with stage.show(at_home=True) as pilot:
        monkeypatch.setitem(sys.modules, "lab.cluster.doctor", SimpleNamespace(examine=lambda name: found))
        await pilot.press("x")
        await stage.hear(pilot, Examined)
        assert "**PROBLEM** memory: 1 GiB free." in read(stage)
        assert "Close other programs." in read(stage)
        await pilot.press("escape")
        monkeypatch.setitem(sys.modules, "lab.cluster.doctor", SimpleNamespace(examine=fail))
        await pilot.press("x")
        await stage.hear(pilot, Failed)
        assert isinstance(stage.app.screen, TroubleScreen)


# Languages and sizes


async def test_l_changes_the_language_here_and_in_practice(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("h")
        await stage.hear(pilot, HistoryRead, 2)
        await pilot.press("l")
        await pilot.pause()
        assert suggested(stage)[0].startswith("○ 未开始 对违反 baseline 发出警告 简单 · 6 分钟")
        await pilot.press("e")
        await pilot.pause()
        assert stage.labels[0] == "○ 未开始  对违反 baseline 发出警告"
        assert "Task of psa-warn (zh)." in stage.task


async def test_home_works_at_any_size_and_its_panes_stack_where_it_is_narrow(stage: Stage) -> None:
    async with stage.show(at_home=True) as pilot:
        for size in ((1, 1), (40, 12), (160, 40), (60, 20)):
            await pilot.resize_terminal(*size)
            await pilot.press("f6", "down", "f6", "f6", "f10", "escape")
            assert stage.app.screen is stage.home
        await pilot.pause()
        panes = [pane for pane in stage.home.query(".pane") if pane.display]
        assert {pane.region.width for pane in panes} == {60}
        assert len({pane.region.y for pane in panes}) == len(panes)
