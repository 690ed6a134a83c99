"""The practice screen: what is drawn of the desk, and what its keys do. The rules are in tests/unit/test_ui_desk.py."""

from __future__ import annotations

from datetime import timedelta

from textual.widgets import Button
from textual.widgets._footer import FooterKey

from lab.catalog.model import Catalog
from lab.cluster.engine import Capability
from lab.errors import LabError
from lab.ui.events import (
    CriterionGraded,
    ExerciseGraded,
    Failed,
    HistoryRead,
    ImpossibleFound,
    ScenarioEnded,
)
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.trouble import TroubleScreen
from tests.ui.fakes import Stage, words
from tests.unit.support.desks import NOON, RIGHT, WRONG, with_scenario


async def test_every_exercise_is_shown_with_its_state_and_the_first_task_can_be_read(stage: Stage) -> None:
    async with stage.show():
        assert stage.labels == ["○ new  Warn of baseline violations", "○ new  Run as another user"]
        assert "Task of psa-warn (en)." in stage.task
        assert stage.practice.task_pane.border_subtitle == "3 criteria · 5 points · F5 grades"
        assert not stage.practice.results.display


async def test_without_exercises_nothing_can_be_done_and_nothing_breaks(stage: Stage) -> None:
    stage.session.catalog = Catalog(())
    async with stage.show() as pilot:
        await pilot.press("f2", "f3", "f4", "f5", "f7", "f8", "f9", "l", "l", "f6", "f1")
        assert stage.session.calls == []


async def test_exercises_are_gone_to_by_the_arrows_and_by_f7_and_f8(stage: Stage) -> None:
    async with stage.show() as pilot:
        for pressed, task in ((["e", "down"], "run-as-user"), (["f8"], "psa-warn"), (["f7"], "run-as-user")):
            await pilot.press(*pressed)
            await pilot.pause()
            assert f"Task of {task} (en)." in stage.task


async def test_criteria_are_filled_in_as_each_is_judged(stage: Stage) -> None:
    stage.session.gate.shut()
    async with stage.show() as pilot:
        await pilot.press("f5")
        await pilot.pause()
        assert "» running 2 p  A Pod runs" in stage.results
        assert "· pending 3 p  A privileged Pod is refused" in stage.results
        stage.session.gate.let_pass()
        await stage.hear(pilot, CriterionGraded)
        assert "✓ 2/2  A Pod runs" in stage.results
        assert stage.labels[0].startswith("» busy")
        stage.session.gate.open()
        await stage.hear(pilot, ExerciseGraded)
        assert "✓ ⚑  The namespace is still there" in stage.results


async def test_what_failed_is_read_at_once_and_what_holds_is_unfolded_by_enter(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        said = stage.results
        assert said.startswith("✗ FAIL  2 of 5 points")
        assert said.index("✗ 0/3  A privileged Pod is refused") < said.index("A Pod runs")
        assert "expected  the Pod is refused" in said
        assert "found  it was admitted" in said
        assert "why  A policy that only warns stops nobody." in said
        assert "read  Pod security admission · kubernetes.io ↗" in said
        assert stage.labels[0].startswith("✗ FAIL")
        assert WRONG.link in {
            segment.style.link
            for line in stage.app.screen._compositor.render_strips()
            for segment in line
            if segment.style
        }
        assert "Pod web runs" not in said
        stage.practice.results.focus()
        await pilot.press("down", "enter")
        assert "found  Pod web runs" in stage.results


async def test_a_grading_that_fails_says_what_was_tried_what_came_back_and_the_next_step(stage: Stage) -> None:
    error = stage.session.error = LabError("runtime.missing", "podman: not found")
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, Failed)
        assert isinstance(stage.app.screen, TroubleScreen)
        for part in (error.tried, "podman: not found", error.next_step):
            assert part in words(stage.app.screen)
        assert "! LAB BROKEN 2 p  A Pod runs" in stage.results
        assert "This is not your fault" in stage.results


async def test_hints_come_one_at_a_time_below_the_task_and_are_counted(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f2")
        await pilot.pause()
        assert "First hint of psa-warn." in stage.task
        assert "Second hint" not in stage.task
        await pilot.press("f2", "f2")
        await pilot.pause()
        assert "Second hint of psa-warn." in stage.task
        assert "no more hints" in stage.notices
        assert stage.practice.results.border_subtitle == "hints taken: 2"


async def test_the_solution_is_shown_after_a_yes_and_nothing_else_and_then_no_grade_counts(stage: Stage) -> None:
    stage.session.findings = [RIGHT, RIGHT, RIGHT]
    async with stage.show() as pilot:
        for answer in ("n", "escape", "enter", "ctrl+c"):
            await pilot.press("f3")
            assert isinstance(stage.app.screen, ConfirmScreen)
            assert "ends the scored attempt" in words(stage.app.screen)
            await pilot.press(answer)
            await pilot.pause()
            assert stage.app.screen is stage.practice
        await pilot.press("f3", "y")
        await pilot.pause()
        assert isinstance(stage.app.screen, ReadingScreen)
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        assert "no longer scored" in str(stage.practice.results.border_subtitle)
        assert "You had seen the solution" in stage.results


async def test_after_a_pass_a_card_says_what_comes_next_and_the_solution_costs_nothing(stage: Stage) -> None:
    stage.session.findings = [RIGHT, RIGHT, RIGHT]
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        assert "1/2 Warn of baseline violations  ✓ PASS" in stage.heading
        assert "F8  next: Run as another user" in stage.results
        assert "costs nothing now" in stage.results
        bright = [key.description for key in stage.practice.query(FooterKey) if key.has_class("-bright")]
        assert bright == ["Next"]
        await pilot.press("f3")
        await pilot.pause()
        assert isinstance(stage.app.screen, ReadingScreen)
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("f8")
        await pilot.pause()
        assert "Task of run-as-user (en)." in stage.task


async def test_a_grading_before_the_start_offers_that_and_is_not_kept(stage: Stage) -> None:
    stage.session.catalog = with_scenario(stage.session.catalog)
    async with stage.show() as pilot:
        await stage.hear(pilot, HistoryRead)
        assert "○ not started: F9" in stage.heading
        assert "F9 sets the scene" in str(stage.practice.work_pane.border_title)
        await pilot.press("f5")
        assert "Start “Warn of baseline violations” first?" in words(stage.app.screen)
        await pilot.press("n")
        assert (stage.session.calls, stage.session.history.attempts()) == ([], ())
        await pilot.press("f5", "y")
        await stage.hear(pilot, ScenarioEnded)
        assert stage.session.calls == ["start psa-warn"]
        assert "◐ begun" in stage.heading
        assert "⏱ 0:00 / 6:00" in stage.heading
        assert stage.practice.work_pane.border_title == "Shell on base"


async def test_an_exercise_that_is_begun_starts_anew_only_after_a_yes(stage: Stage) -> None:
    stage.session.start(stage.session.catalog.exercises[0])
    stage.session.today = NOON + timedelta(seconds=192)
    async with stage.show() as pilot:
        await stage.hear(pilot, HistoryRead)
        assert "⏱ 3:12 / 6:00" in stage.heading
        await pilot.press("t")
        assert "⏱" not in stage.heading
        await pilot.press("f9")
        await pilot.pause()
        assert "Your files at home stay." in words(stage.app.screen)
        buttons = [str(button.label) for button in stage.app.screen.query(Button)]
        assert buttons == ["Start anew (y)", "Keep what I have (n)"]
        await pilot.press("enter")
        assert stage.session.calls == ["start psa-warn"]
        await pilot.press("f9", "y")
        await stage.hear(pilot, ScenarioEnded)
        assert stage.session.calls == ["start psa-warn", "start psa-warn"]


async def test_a_reset_is_done_after_a_yes(stage: Stage) -> None:
    async with stage.show() as pilot:
        await stage.practice.run_action("reset_all")
        await pilot.press("n")
        await stage.practice.run_action("reset")
        await pilot.press("y")
        await stage.hear(pilot, ScenarioEnded)
        assert stage.session.calls == ["reset psa-warn"]
        assert "Removed." in stage.notices


async def test_what_the_engine_lacks_is_said_in_the_task_and_when_it_is_tried(stage: Stage) -> None:
    stage.session.reasons = {Capability.GVISOR: "this kernel has no gVisor"}
    async with stage.show() as pilot:
        await stage.hear(pilot, ImpossibleFound)
        assert stage.labels[0].startswith("– not here")
        assert "this kernel has no gVisor" in stage.task
        await pilot.press("f5")
        assert stage.session.calls == []
        assert "this kernel has no gVisor" in stage.notices


async def test_a_grading_can_be_stopped_and_the_app_goes_on(stage: Stage) -> None:
    stage.session.gate.shut()
    async with stage.show() as pilot:
        for key in ("ctrl+c", "escape"):
            await pilot.press("f5", key)
            assert stage.labels[0].startswith("○ new")
        assert stage.app.is_running
        stage.session.gate.open()


async def test_ctrl_c_quits_where_nothing_is_under_way_escape_and_ctrl_q_never_do(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("escape", "ctrl+q")
        await pilot.pause()
        assert stage.app.is_running
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert not stage.app.is_running


async def test_the_menu_finds_an_exercise_by_its_name_in_the_other_language(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f10", *"其他用户")
        await stage.app.workers.wait_for_complete()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert "Task of run-as-user (en)." in stage.task
