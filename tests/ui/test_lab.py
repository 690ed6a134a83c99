"""The lab on its way, the lab gone, and the way out, as they are drawn."""

from __future__ import annotations

import pytest
from textual.widgets import Log

from checkers.api import Text, Verdict
from lab.cluster.engine import State
from lab.errors import LabError
from lab.grading.control_plane import Down
from lab.ui.events import LabProgressed, LabSeen, LabWorkEnded, ScenarioEnded, ScenarioProgressed
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


async def test_a_ready_lab_is_left_alone(stage: Stage) -> None:
    async with stage.show():
        assert stage.preparation.calls == 0
        assert "kind/cks ✓ ready" in stage.heading
        assert not stage.practice.bar.display


async def test_the_task_can_be_read_while_the_bar_says_how_far_the_lab_is(preparing: Stage) -> None:
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabProgressed)
        assert "Preparing the lab · 1/3 Node image · 0s, about 4 min left" in bar(preparing)
        await pilot.press("f8", "f5")
        await pilot.pause()
        assert "Task of run-as-user (en)." in preparing.task
        assert "still being prepared (1/3 Node image)" in preparing.notices
        preparing.time.now += 65
        assert "1m05s, about 3 min left" in bar(preparing)
        preparing.time.now += 300
        assert "left" not in bar(preparing)  # an estimate that proved too short
        preparing.preparation.gate.let_pass()
        await preparing.hear(pilot, LabProgressed, 2)
        assert "go: downloading k8s.io/kubernetes v1.35.0" in bar(preparing)
        preparing.preparation.gate.open()
        await preparing.hear(pilot, LabWorkEnded)
        await preparing.hear(pilot, LabSeen, 2)
        assert "✓ ready" in preparing.heading
        assert not preparing.practice.bar.display


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


async def test_a_failed_preparation_says_the_next_step_and_u_tries_it_again(preparing: Stage) -> None:
    preparing.preparation.gate.open()
    preparing.preparation.error = LabError("runtime.missing")
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabWorkEnded)
        await preparing.hear(pilot, LabSeen, 2)
        assert isinstance(preparing.app.screen, TroubleScreen)
        assert preparing.preparation.error.next_step in words(preparing.app.screen)
        preparing.preparation.error = None
        await pilot.press("escape", "u")
        await preparing.hear(pilot, LabWorkEnded, 2)
        await preparing.hear(pilot, LabSeen, 3)
        assert "✓ ready" in preparing.heading


async def test_starting_shows_its_progress_and_nothing_else_begins_meanwhile(stage: Stage) -> None:
    stage.session.gate.shut()
    async with stage.show() as pilot:
        await pilot.press("f9", "y")
        await stage.hear(pilot, ScenarioProgressed)
        assert "Starting: Warn of baseline violations · 1/2 Namespace" in bar(stage)
        await pilot.press("u", "f5")
        assert "One thing at a time" in stage.notices
        assert (stage.preparation.calls, stage.session.calls) == (0, ["start psa-warn"])
        stage.session.gate.open()
        await stage.hear(pilot, ScenarioEnded)
        assert not stage.practice.bar.display


CRASHED = Down(
    Verdict.FAIL,
    Text("kube-apiserver on kube-control-plane ended with exit code 1.", "kube-apiserver 以退出码 1 结束。"),
    Text("Mend the manifest.", "请修复清单文件。"),
    ("Error: unknown flag: --secure-prt",),
)


async def test_an_api_server_that_the_learner_broke_is_said_on_every_screen_and_u_asks_first(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.grading.control_plane.why_down", lambda engine, clock: CRASHED)
    async with stage.show() as pilot:
        stage.engine.state = State.UNREACHABLE
        stage.app.action_look()
        await stage.hear(pilot, LabSeen, 2)
        assert "! API server down `crictl ps -a` on kube-control-plane · F9 resets" in stage.heading
        assert "unknown flag: --secure-prt" in stage.notices
        await pilot.press("u")
        assert "unknown flag: --secure-prt" in words(stage.app.screen)
        await pilot.press("escape")
        assert stage.preparation.calls == 0
        await pilot.press("h")
        await pilot.pause()
        assert "! API server down" in str(stage.home.state_line.render())


async def test_a_look_that_fails_is_no_crash(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise LabError("runtime.missing")

    async with stage.show() as pilot:
        monkeypatch.setattr(stage.engine, "status", fail)
        stage.app.action_look()
        await stage.hear(pilot, LabSeen, 2)
        assert "? unknown" in stage.heading


async def test_quitting_ends_the_preparation(preparing: Stage) -> None:
    async with preparing.show() as pilot:
        await preparing.hear(pilot, LabProgressed)
        await pilot.press("q")
        await pilot.pause()
        assert not preparing.app.is_running
    preparing.preparation.gate.let_pass()
    preparing.preparation.ended.wait(timeout=5)
    assert preparing.preparation.stopped


async def test_quitting_amid_a_grading_is_no_crash(stage: Stage) -> None:
    stage.session.gate.shut()
    async with stage.show() as pilot:
        await pilot.press("f5", "q")
        await pilot.pause()
    assert stage.app.return_code == 0
    stage.session.gate.open()
