"""What a learner sees and does on the practice screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.widgets import Button
from textual.widgets._footer import FooterKey

from checkers.api import NotSeen, Text, Verdict
from lab.catalog.model import Answer, Catalog, Scenario
from lab.cluster.engine import Capability, State
from lab.errors import LabError, UsageError
from lab.ui.events import (
    CriterionGraded,
    ExerciseGraded,
    Failed,
    HistoryRead,
    ImpossibleFound,
    LabSeen,
    LabWorkEnded,
    ScenarioEnded,
)
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.trouble import TroubleScreen
from tests.ui.fakes import Stage, words
from tests.unit.support.desks import LOST, MISTAKE, NOON, RIGHT, WRONG


async def test_the_tree_shows_each_exercise_with_its_state_in_words(stage: Stage) -> None:
    async with stage.show():
        assert stage.labels == ["○ new  Warn of baseline violations", "○ new  Run as another user"]


async def test_the_first_exercise_can_be_read_at_once(stage: Stage) -> None:
    async with stage.show():
        assert "Task of psa-warn (en)." in stage.task


async def test_without_exercises_nothing_can_be_done_and_nothing_breaks(stage: Stage) -> None:
    stage.session.catalog = Catalog(())
    async with Stage(stage.engine, stage.session, stage.preparation).show() as pilot:
        await pilot.press("f2", "f3", "f4", "f5", "f7", "f8", "f9", "l", "l", "f6", "f1")
        assert stage.session.calls == []


@pytest.mark.parametrize("pressed", [["e", "down"], ["f8"], ["f7"]])
async def test_choosing_an_exercise_shows_its_task_and_criteria(stage: Stage, pressed: list[str]) -> None:
    async with stage.show() as pilot:
        await pilot.press(*pressed)
        await pilot.pause()
        assert "Task of run-as-user (en)." in stage.task
        assert stage.practice.task_pane.border_subtitle == "3 criteria · 5 points · F5 checks"
        assert not stage.practice.results.display


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
        assert "» running 3 p  A privileged Pod is refused" in stage.results
        assert stage.labels[0].startswith("» busy")
        stage.session.gate.let_pass()
        stage.session.gate.let_pass()
        await stage.hear(pilot, ExerciseGraded)
        assert "✓ ⚑  The namespace is still there" in stage.results


async def test_a_failed_criterion_says_what_was_expected_and_found_and_why_it_matters(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        assert "✗ 0/3  A privileged Pod is refused" in stage.results
        assert "expected  the Pod is refused" in stage.results
        assert "found  it was admitted" in stage.results
        assert "why  A policy that only warns stops nobody." in stage.results
        assert "read  Pod security admission · kubernetes.io ↗" in stage.results


async def test_a_link_can_be_opened_though_it_is_broken_over_lines(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        opened = {
            segment.style.link
            for line in stage.app.screen._compositor.render_strips()
            for segment in line
            if segment.style
        }
        assert WRONG.link in opened


async def test_the_score_is_told_when_all_is_judged(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        assert stage.results.startswith("✗ FAIL  2 of 5 points")
        assert stage.labels[0].startswith("✗ FAIL")


async def test_what_passes_is_told_at_the_top(stage: Stage) -> None:
    stage.session.findings = [RIGHT, RIGHT, RIGHT]
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        assert "1/2 Warn of baseline violations  ✓ PASS" in stage.heading


async def test_a_broken_lab_is_never_the_learners_fault(stage: Stage) -> None:
    stage.session.findings = [RIGHT, LOST, RIGHT]
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        assert "! LAB BROKEN 0/3  A privileged Pod is refused" in stage.results
        assert "is not your fault" in stage.results
        assert "FAIL" not in stage.results
        assert stage.labels[0].startswith("! LAB BROKEN")


@pytest.mark.parametrize(
    "error",
    [
        LabError("engine.missing", "podman: not found"),
        NotSeen(Text("no answer in 5 s", "5 秒内没有响应")),
        RuntimeError("a mistake in the program"),
    ],
)
async def test_a_look_that_fails_leaves_what_it_missed_as_the_labs_fault(stage: Stage, error: Exception) -> None:
    stage.session.error = error
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, Failed)
        assert "! LAB BROKEN 2 p  A Pod runs" in stage.results
        assert "This is not your fault" in stage.results


async def test_a_failure_tells_what_was_tried_what_came_back_and_the_next_step(stage: Stage) -> None:
    stage.session.error = LabError("engine.missing", "podman: not found")
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, Failed)
        assert isinstance(stage.app.screen, TroubleScreen)
        told = words(stage.app.screen)
        assert stage.session.error.tried in told
        assert "podman: not found" in told
        assert stage.session.error.next_step in told


async def test_a_known_mistake_is_named(stage: Stage) -> None:
    verdicts = {"runs": Verdict.PASS, "refused": Verdict.FAIL, "intact": Verdict.PASS}
    answer = Answer("warn-only", Path("answers/warn-only.sh"), verdicts, MISTAKE)
    stage.session.known_mistake = answer
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        assert "A known mistake: Warning is not refusing." in stage.results


async def test_a_wrong_request_leaves_criteria_unjudged(stage: Stage) -> None:
    stage.session.error = UsageError("exercise.unknown", name="x", near="y")
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, Failed)
        assert "LAB BROKEN" not in stage.results


async def test_hints_come_one_at_a_time_below_the_task(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f2")
        assert "First hint of psa-warn." in stage.task
        assert "Second hint" not in stage.task
        await pilot.press("f2")
        assert "Second hint of psa-warn." in stage.task
        await pilot.press("f2")
        assert "no more hints" in stage.notices


async def test_the_solution_is_shown_only_after_a_yes(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f3")
        assert isinstance(stage.app.screen, ConfirmScreen)
        await pilot.press("y")
        await pilot.pause()
        assert isinstance(stage.app.screen, ReadingScreen)


async def test_after_the_solution_what_is_checked_no_longer_counts(stage: Stage) -> None:
    stage.session.findings = [RIGHT, RIGHT, RIGHT]
    async with stage.show() as pilot:
        await pilot.press("f3")
        assert "ends the scored attempt" in words(stage.app.screen)
        await pilot.press("y", "escape", "f5")
        await stage.hear(pilot, ExerciseGraded)
        assert "no longer scored" in str(stage.practice.results.border_subtitle)
        assert "You had seen the solution" in stage.results
        assert not stage.app.desk.state.passed


async def test_after_a_pass_the_solution_is_compared_with_at_once_and_changes_nothing(stage: Stage) -> None:
    stage.session.findings = [RIGHT, RIGHT, RIGHT]
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        await pilot.press("f3")
        await pilot.pause()
        assert isinstance(stage.app.screen, ReadingScreen)
        await pilot.press("escape")
        assert stage.app.desk.state.passed
        assert stage.practice.results.border_subtitle != "solution seen: no longer scored"
        (attempt,) = stage.session.history.attempts()
        assert not attempt.solution_seen


async def test_starting_anew_is_scored_again(stage: Stage) -> None:
    async with stage.show() as pilot:
        for key in ("f3", "y", "escape", "f9"):
            await pilot.press(key)
        await stage.hear(pilot, ScenarioEnded)
        assert stage.practice.results.border_subtitle == ""


async def test_hints_that_were_taken_are_counted(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f2", "f2", "f2")
        assert stage.practice.results.border_subtitle == "hints taken: 2"


@pytest.mark.parametrize("answer", ["n", "escape", "enter", "ctrl+c"])
async def test_the_solution_stays_hidden_after_anything_else(stage: Stage, answer: str) -> None:
    async with stage.show() as pilot:
        await pilot.press("f3", answer)
        await pilot.pause()
        assert stage.app.screen is stage.practice


async def test_an_exercise_of_a_new_lab_starts_at_once(stage: Stage) -> None:
    stage.engine.state = State.ABSENT
    async with stage.show() as pilot:
        await stage.hear(pilot, LabWorkEnded)
        await stage.hear(pilot, LabSeen, 2)
        await pilot.press("f9")
        await stage.hear(pilot, ScenarioEnded)
        assert stage.session.calls == ["start psa-warn"]
        assert stage.labels[0].startswith("◐ begun")


async def test_an_exercise_that_was_never_begun_starts_at_once_in_a_lab_that_was_there_before(stage: Stage) -> None:
    async with stage.show() as pilot:
        await stage.hear(pilot, HistoryRead)
        await pilot.press("f9")
        await stage.hear(pilot, ScenarioEnded)
        assert stage.session.calls == ["start psa-warn"]


def with_scenario(stage: Stage) -> None:
    """The first exercise has something that a start prepares."""
    (domain,) = stage.session.catalog.domains
    first = replace(domain.exercises[0], scenario=Scenario(namespaces=("audited",)))
    stage.session.catalog = Catalog((replace(domain, exercises=(first, *domain.exercises[1:])),))


async def test_a_check_before_the_start_offers_that_and_is_not_kept(stage: Stage) -> None:
    with_scenario(stage)
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


async def test_the_time_goes_on_from_the_start_that_the_history_knows_and_can_be_hidden(stage: Stage) -> None:
    stage.session.start(stage.session.catalog.exercises[0])
    stage.session.today = NOON + timedelta(seconds=192)
    async with stage.show() as pilot:
        await stage.hear(pilot, HistoryRead)
        assert "⏱ 3:12 / 6:00" in stage.heading
        await pilot.press("t")
        assert "⏱" not in stage.heading


async def test_after_a_pass_a_card_says_what_comes_next_and_its_key_goes_there(stage: Stage) -> None:
    stage.session.findings = [RIGHT, RIGHT, RIGHT]
    async with stage.show() as pilot:
        await pilot.press("f9")
        await stage.hear(pilot, ScenarioEnded)
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        assert "F8  next: Run as another user" in stage.results
        assert "costs nothing now" in stage.results
        bright = [key.description for key in stage.practice.query(FooterKey) if key.has_class("-bright")]
        assert bright == ["Next"]
        await pilot.press("f8")
        await pilot.pause()
        assert "Task of run-as-user (en)." in stage.task


async def test_what_failed_comes_first_and_enter_opens_what_holds(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f5")
        await stage.hear(pilot, ExerciseGraded)
        said = stage.results
        assert said.index("A privileged Pod is refused") < said.index("A Pod runs")
        assert "Pod web runs" not in said
        stage.practice.results.focus()
        await pilot.press("down", "enter")
        assert "found  Pod web runs" in stage.results


async def test_an_exercise_that_is_begun_starts_anew_only_after_a_yes(stage: Stage) -> None:
    stage.session.start(stage.session.catalog.exercises[0])
    async with stage.show() as pilot:
        await stage.hear(pilot, HistoryRead)
        await pilot.press("f9")
        await pilot.pause()
        assert "Your files at home stay." in words(stage.app.screen)
        assert [str(button.label) for button in stage.app.screen.query(Button)] == [
            "Start anew (y)",
            "Keep what I have (n)",
        ]
        await pilot.press("enter")
        assert stage.session.calls == ["start psa-warn"]
        await pilot.press("f9", "y")
        await stage.hear(pilot, ScenarioEnded)
        assert stage.session.calls == ["start psa-warn", "start psa-warn"]
        assert stage.labels[0].startswith("◐ begun")


async def test_what_the_engine_lacks_is_said_before_anything_is_tried(stage: Stage) -> None:
    stage.session.reasons = {Capability.GVISOR: "this kernel has no gVisor"}
    async with stage.show() as pilot:
        await stage.hear(pilot, ImpossibleFound)
        assert stage.labels[0].startswith("– not here")
        assert "this kernel has no gVisor" in stage.task
        await pilot.press("f5")
        assert stage.session.calls == []
        assert "this kernel has no gVisor" in stage.notices


async def test_one_thing_is_done_at_a_time(stage: Stage) -> None:
    stage.session.gate.shut()
    async with stage.show() as pilot:
        await pilot.press("f5")
        await pilot.press("f8", "f5")
        assert "One thing at a time" in stage.notices
        assert stage.session.calls == ["grade psa-warn"]
        stage.session.gate.open()


@pytest.mark.parametrize("key", ["ctrl+c", "escape"])
async def test_a_check_can_be_stopped_and_the_app_goes_on(stage: Stage, key: str) -> None:
    stage.session.gate.shut()
    async with stage.show() as pilot:
        await pilot.press("f5", key)
        assert stage.labels[0].startswith("○ new")
        assert stage.app.is_running
        stage.session.gate.open()


async def test_ctrl_c_quits_when_nothing_is_under_way(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert not stage.app.is_running


async def test_escape_never_quits(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("escape")
        await pilot.pause()
        assert stage.app.is_running


async def test_ctrl_q_is_left_to_the_shell(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert stage.app.is_running


async def test_the_menu_finds_an_exercise_by_its_name_in_the_other_language(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f10", *"其他用户")
        await stage.app.workers.wait_for_complete()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert "Task of run-as-user (en)." in stage.task
