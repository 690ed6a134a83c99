"""The lab on its way, the lab gone, and the way out."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Log

from checkers.api import Text, Verdict
from lab.cluster.engine import State
from lab.errors import LabError
from lab.grading.control_plane import Down
from lab.ui.events import (
    Failed,
    ImpossibleFound,
    LabProgressed,
    LabSeen,
    LabWorkEnded,
    ScenarioEnded,
    ScenarioProgressed,
)
from lab.ui.screens.details import DetailsScreen
from lab.ui.screens.trouble import TroubleScreen
from tests.ui.fakes import Stage, words


@pytest.fixture
def preparing(stage: Stage) -> Stage:
    """No lab yet; its preparation stops after each piece of news."""
    stage.engine.state = State.ABSENT
    stage.preparation.gate.shut()
    return stage


def bar(stage: Stage) -> str:
    return str(stage.practice.bar.render())


async def lose_the_api_server_amid_a_start(stage: Stage, pilot: Pilot[None]) -> None:
    """Start an exercise, which goes on until its gate is opened, and see no API server meanwhile."""
    stage.session.gate.shut()
    await pilot.press("f9", "y")
    await stage.hear(pilot, ScenarioProgressed)
    stage.engine.state = State.UNREACHABLE
    stage.app.action_look()
    await stage.hear(pilot, LabSeen, 2)


async def test_a_ready_lab_is_left_alone(stage: Stage) -> None:
    async with stage.show():
        assert stage.preparation.calls == 0
        assert "kind/cks ✓ ready" in stage.heading
        assert not stage.practice.bar.display


async def test_the_task_can_be_read_while_the_lab_is_prepared(preparing: Stage) -> None:
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabProgressed)
        await pilot.press("f8")
        await pilot.pause()
        assert "Task of run-as-user (en)." in preparing.task
        assert "Preparing the lab · 1/3 Node image · 0s, about 4 min left" in bar(preparing)
        preparing.preparation.gate.open()


async def test_the_newest_line_of_output_is_shown(preparing: Stage) -> None:
    async with preparing.show() as pilot:
        preparing.preparation.gate.let_pass()
        await preparing.hear(pilot, LabProgressed, 2)
        assert "go: downloading k8s.io/kubernetes v1.35.0" in bar(preparing)
        preparing.preparation.gate.open()


async def test_time_passes_between_two_pieces_of_news(preparing: Stage) -> None:
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabProgressed)
        preparing.time.now += 65
        assert "1m05s, about 3 min left" in bar(preparing)
        preparing.preparation.gate.open()


async def test_an_estimate_that_proved_too_short_is_no_longer_told(preparing: Stage) -> None:
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabProgressed)
        preparing.time.now += 300
        assert "5m00s" in bar(preparing)
        assert "left" not in bar(preparing)
        preparing.preparation.gate.open()


async def test_the_details_show_every_step_and_line(preparing: Stage) -> None:
    async with preparing.show() as pilot:
        preparing.preparation.gate.let_pass()
        await preparing.hear(pilot, LabProgressed, 2)
        await pilot.press("d")
        preparing.preparation.gate.let_pass()
        await preparing.hear(pilot, LabProgressed, 3)
        assert isinstance(preparing.app.screen, DetailsScreen)
        assert [line.strip() for line in preparing.app.screen.query_one(Log).lines] == [
            "0s  1/3 Node image",
            "go: downloading k8s.io/kubernetes v1.35.0",
            "3m20s  3/3 Cluster",
        ]
        preparing.preparation.gate.open()


@pytest.mark.parametrize("key", ["f4", "f5"])
async def test_what_needs_the_lab_says_kindly_that_it_is_not_ready(preparing: Stage, key: str) -> None:
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabProgressed)
        await pilot.press(key)
        assert "still being prepared (1/3 Node image)" in preparing.notices
        assert preparing.session.calls == []
        preparing.preparation.gate.open()


async def test_an_exercise_can_be_begun_before_there_is_a_lab_and_starts_once_there_is(preparing: Stage) -> None:
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabProgressed)
        await pilot.press("f9")
        assert "starts as soon as it is ready" in preparing.notices
        await pilot.press("f8")
        await pilot.pause()
        assert [label[0] for label in preparing.labels] == ["»", "○"]
        preparing.preparation.gate.open()
        await preparing.hear(pilot, ScenarioEnded)
        assert preparing.session.calls == ["start psa-warn"]


async def test_only_the_last_one_that_was_to_be_begun_is(preparing: Stage) -> None:
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabProgressed)
        await pilot.press("f9", "f8", "f9")
        preparing.preparation.gate.open()
        await preparing.hear(pilot, ScenarioEnded)
        assert preparing.session.calls == ["start run-as-user"]


async def test_escape_takes_back_what_was_to_be_begun(preparing: Stage) -> None:
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabProgressed)
        await pilot.press("f9", "escape")
        preparing.preparation.gate.open()
        await preparing.hear(pilot, LabWorkEnded)
        await preparing.hear(pilot, LabSeen, 2)
        await preparing.hear(pilot, ImpossibleFound)
        assert preparing.session.calls == []


@pytest.mark.parametrize("state", [State.READY, State.PARTIAL, State.UNREACHABLE])
async def test_a_lab_that_is_being_removed_is_not_waited_for(stage: Stage, state: State) -> None:
    stage.session.gate.shut()
    async with stage.show() as pilot:
        stage.app.action_down()
        await pilot.press("y")
        await stage.hear(pilot, LabProgressed)
        stage.engine.state = state  # as a look amid the removal may find it
        stage.app.action_look()
        await stage.hear(pilot, LabSeen, 2)
        await pilot.press("f9")
        assert "as soon as" not in stage.notices
        stage.session.gate.open()
        await stage.hear(pilot, LabWorkEnded)
        assert stage.session.calls == ["down"]


async def test_an_exercise_that_is_begun_while_up_works_on_a_ready_lab_starts_after_that(stage: Stage) -> None:
    stage.preparation.gate.shut()
    async with stage.show() as pilot:
        stage.app.action_up()
        await stage.hear(pilot, LabProgressed)
        await pilot.press("f9")
        assert "as soon as" in stage.notices
        stage.preparation.gate.open()
        await stage.hear(pilot, LabSeen, 2)
        await pilot.press("y")
        await stage.hear(pilot, ScenarioEnded)
        assert stage.session.calls == ["start psa-warn"]


async def test_once_prepared_the_lab_is_ready(preparing: Stage) -> None:
    preparing.preparation.gate.open()
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabWorkEnded)
        await preparing.hear(pilot, LabSeen, 2)
        assert "✓ ready" in preparing.heading
        assert not preparing.practice.bar.display


async def test_a_failed_preparation_tells_the_next_step(preparing: Stage) -> None:
    preparing.preparation.gate.open()
    preparing.preparation.error = LabError("engine.missing")
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabWorkEnded)
        assert isinstance(preparing.app.screen, TroubleScreen)
        assert preparing.preparation.error.next_step in words(preparing.app.screen)


async def test_u_tries_a_failed_preparation_again(preparing: Stage) -> None:
    preparing.preparation.gate.open()
    preparing.preparation.error = LabError("engine.missing")
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabWorkEnded)
        await preparing.hear(pilot, LabSeen, 2)
        assert preparing.preparation.calls == 1
        preparing.preparation.error = None
        await pilot.press("escape", "u")
        await preparing.hear(pilot, LabWorkEnded, 2)
        await preparing.hear(pilot, LabSeen, 3)
        assert "✓ ready" in preparing.heading


async def test_a_lab_that_is_gone_is_noticed_and_can_be_repaired(stage: Stage) -> None:
    async with stage.show() as pilot:
        stage.engine.state = State.UNREACHABLE
        stage.app.action_look()
        await stage.hear(pilot, LabSeen, 2)
        assert "! no answer" in stage.heading
        assert "u repairs the lab" in stage.notices
        await pilot.press("u")
        await stage.hear(pilot, LabWorkEnded)
        await stage.hear(pilot, LabSeen, 3)
        assert "✓ ready" in stage.heading


async def test_the_shell_can_be_had_while_the_api_server_is_down(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.app, "suspend", nullcontext)
    stage.engine.state = State.UNREACHABLE
    async with stage.show() as pilot:
        await stage.hear(pilot, LabWorkEnded)
        stage.engine.state = State.UNREACHABLE
        stage.app.action_look()
        await stage.hear(pilot, LabSeen, 3)
        await pilot.press("f4")
        assert stage.commands == [["cat"]]


async def test_a_look_that_fails_is_no_crash(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise LabError("engine.missing")

    async with stage.show() as pilot:
        monkeypatch.setattr(stage.engine, "status", fail)
        stage.app.action_look()
        await stage.hear(pilot, LabSeen, 2)
        assert "? unknown" in stage.heading


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quitting_tells_the_preparation_to_stop(preparing: Stage, key: str) -> None:
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabProgressed)
        await pilot.press(key)
        await pilot.pause()
        assert not preparing.app.is_running
    preparing.preparation.gate.let_pass()
    preparing.preparation.ended.wait(timeout=5)
    assert preparing.preparation.stopped


async def test_quitting_amid_a_check_is_no_crash(stage: Stage) -> None:
    stage.session.gate.shut()
    async with stage.show() as pilot:
        await pilot.press("f5", "q")
        await pilot.pause()
    assert stage.app.return_code == 0
    stage.session.gate.open()


async def test_starting_shows_its_progress(stage: Stage) -> None:
    stage.session.gate.shut()
    async with stage.show() as pilot:
        await pilot.press("f9", "y")
        await stage.hear(pilot, ScenarioProgressed)
        assert "Starting: Warn of baseline violations · 1/2 Namespace" in bar(stage)
        stage.session.gate.open()
        await stage.hear(pilot, ScenarioEnded)
        assert not stage.practice.bar.display


async def test_an_api_server_that_a_start_itself_takes_away_is_nothing_to_repair(stage: Stage) -> None:
    async with stage.show() as pilot:
        await lose_the_api_server_amid_a_start(stage, pilot)
        line = stage.heading
        assert "» being prepared" in line
        assert "u makes it ready" not in line
        assert "u repairs the lab" not in stage.notices
        stage.session.gate.open()


async def test_a_lab_that_a_failed_start_left_without_an_answer_is_to_be_repaired(stage: Stage) -> None:
    async with stage.show() as pilot:
        stage.session.error = LabError("engine.missing")
        await lose_the_api_server_amid_a_start(stage, pilot)
        stage.session.gate.open()
        await stage.hear(pilot, Failed)
        line = stage.heading
        assert "! no answer" in line
        assert "u makes it ready" in line


async def test_what_was_seen_of_the_lab_while_it_went_back_is_past_once_it_is_there(stage: Stage) -> None:
    async with stage.show() as pilot:
        await lose_the_api_server_amid_a_start(stage, pilot)
        stage.engine.state = State.READY
        stage.session.gate.open()
        await stage.hear(pilot, LabSeen, 3)
        assert "✓ ready" in stage.heading


CRASHED = Down(
    Verdict.FAIL,
    Text("kube-apiserver on kube-control-plane ended with exit code 1.", "kube-apiserver 以退出码 1 结束。"),
    Text("Mend the manifest.", "请修复清单文件。"),
    ("Error: unknown flag: --secure-prt",),
)


async def break_the_api_server(stage: Stage, pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch, down: Down) -> None:
    """The learner's own manifest keeps it from running, as a look finds out."""
    monkeypatch.setattr("lab.grading.control_plane.why_down", lambda engine, clock: down)
    stage.engine.state = State.UNREACHABLE
    stage.app.action_look()
    await stage.hear(pilot, LabSeen, 2)


async def test_an_api_server_that_the_learner_broke_is_told_as_such_on_every_screen(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage.show() as pilot:
        await break_the_api_server(stage, pilot, monkeypatch, CRASHED)
        assert "! API server down `crictl ps -a` on kube-control-plane · F9 resets" in stage.heading
        assert "unknown flag: --secure-prt" in stage.notices
        await pilot.press("h")
        await pilot.pause()
        assert "! API server down" in str(stage.home.state_line.render())


async def test_u_first_says_what_the_learner_broke_and_escape_goes_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage.show() as pilot:
        await break_the_api_server(stage, pilot, monkeypatch, CRASHED)
        await pilot.press("u")
        assert "unknown flag: --secure-prt" in words(stage.app.screen)
        await pilot.press("escape")
        assert stage.preparation.calls == 0


async def test_an_api_server_that_is_being_started_needs_no_repair(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage.show() as pilot:
        starting = replace(CRASHED, verdict=Verdict.UNSEEN)
        await break_the_api_server(stage, pilot, monkeypatch, starting)
        assert "» API server starting" in stage.heading
        assert "repairs the lab" not in stage.notices


async def test_home_knows_that_a_start_takes_the_api_server_away(stage: Stage) -> None:
    async with stage.show() as pilot:
        await lose_the_api_server_amid_a_start(stage, pilot)
        await pilot.press("h")
        await pilot.pause()
        line = str(stage.home.state_line.render())
        assert "» being prepared" in line
        assert "u makes it ready" not in line
        stage.session.gate.open()
