"""The learner's shell on the practice screen; a local program stands for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from textual import events
from textual.geometry import Offset
from textual.pilot import Pilot

from lab.cluster.engine import State
from lab.ui.events import LabProgressed, LabSeen, LabWorkEnded
from lab.ui.shell import CHECK, TAKEN
from lab.ui.widgets.terminal import Terminal
from tests.ui.fakes import BOUND, Stage
from tests.unit.support.desks import catalog

BASH = ("env", "PS1=ready> ", "bash", "--norc", "--noediting")


def screen(stage: Stage) -> str:
    """What is on the shell's screen."""
    terminal = stage.practice.query_one(Terminal)
    lines = ["".join(segment.text for segment in terminal.render_line(row)) for row in range(terminal.size.height)]
    return "\n".join(line.rstrip() for line in lines)


def note(stage: Stage) -> str:
    """What is said instead of a shell, or of one that has ended."""
    shown = stage.practice.query_one("#note")
    return str(shown.render()) if shown.display else ""


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """A program writes when it likes."""
    async with asyncio.timeout(BOUND):
        while not holds():
            await pilot.pause(0.01)


async def shows(pilot: Pilot[None], stage: Stage, text: str) -> None:
    """Until this is on the shell's screen."""
    await until(pilot, lambda: text in screen(stage))


def types(stage: Stage, line: str) -> None:
    """A line for the shell, at once: where it does not matter how each key gets there."""
    stage.practice.query_one(Terminal).type(f"{line}\n")


@pytest.fixture
def bash(stage: Stage) -> Stage:
    """A ready lab whose shell is a bash of this machine."""
    stage.engine.program = BASH
    return stage


async def test_letters_are_the_shells_while_it_has_the_focus_function_keys_the_apps(bash: Stage) -> None:
    async with bash.show() as pilot:
        await shows(pilot, bash, "ready>")
        command = " ".join(bash.engine.asked)
        assert "tmux -L ckslab -f /etc/tmux.conf" in command
        for option in ("new-session -A -s shell", f"detach-client -a -E exit {TAKEN}", "set-clipboard on"):
            assert option in command
        await pilot.press("f6", *"echo $((6*7)) quel/cd 你好", "enter")
        await shows(pilot, bash, "\n42 quel/cd 你好")
        assert "F6 leaves the shell" in str(bash.practice.work_pane.border_subtitle)
        await pilot.press("f2")
        await pilot.pause()
        assert "First hint of psa-warn." in bash.task
        await pilot.press("f6")
        assert bash.practice.focused is bash.practice.task_pane


async def test_what_is_typed_right_after_f6_is_the_shells(bash: Stage) -> None:
    async with bash.show() as pilot:
        await shows(pilot, bash, "ready>")
        for key, character in (("f6", None), ("x", "x")):
            bash.app.post_message(events.Key(key, character))
        await shows(pilot, bash, "ready> x")


async def test_a_shell_that_another_window_has_taken_says_so_and_enter_takes_it_over(bash: Stage) -> None:
    async with bash.show() as pilot:
        await shows(pilot, bash, "ready>")
        await pilot.press("f6")
        types(bash, f"exit {TAKEN}")
        await bash.hear(pilot, Terminal.Ended)
        assert note(bash) == "The shell is open in another window. Enter takes it over."
        await pilot.press("enter")
        await until(pilot, lambda: note(bash) == "")


async def test_what_is_copied_in_the_shell_comes_to_the_learners_clipboard(bash: Stage) -> None:
    async with bash.show() as pilot:
        await shows(pilot, bash, "ready>")
        types(bash, "printf '\\e]52;c;%s\\a' $(echo -n 节点 | base64)")
        await until(pilot, lambda: bash.app.clipboard == "节点")
        assert "Copied: 节点" in bash.notices
        bash.app.copy_to_clipboard("[a\nb\nc\n")
        await pilot.pause()
        assert "Copied 3 lines" in bash.notices


async def test_a_wide_character_is_seen_below_the_cursor(stage: Stage) -> None:
    async with stage.show() as pilot:
        cells = stage.practice.query_one(Terminal).size.width
        await pilot.press("f6", *"中" * (cells // 2))
        await shows(pilot, stage, "中" * (cells // 2))


async def test_control_keys_are_the_shells(bash: Stage) -> None:
    async with bash.show() as pilot:
        await shows(pilot, bash, "ready>")
        types(bash, "sleep 60")
        await pilot.press("f6", "ctrl+c")
        types(bash, "echo interrupted $?")
        await shows(pilot, bash, "interrupted 130")
        assert bash.app.is_running


async def test_f12_passes_all_other_keys_to_the_shell_and_says_so(stage: Stage) -> None:
    stage.engine.program = ("cat", "-v")
    async with stage.show() as pilot:
        await pilot.press("f6", "f12", "f2", "f6", "f10", "enter")
        await shows(pilot, stage, "^[OQ^[[17~^[[21~")
        assert "ALL keys" in str(stage.practice.work_pane.border_subtitle)
        assert [key for key, one in stage.practice.active_bindings.items() if one.binding.show] == ["f12"]
        assert "First hint" not in stage.task
        await pilot.press("f12", "f2")  # and gives them back
        await pilot.pause()
        assert "First hint of psa-warn." in stage.task
        assert "F6 leaves the shell" in str(stage.practice.work_pane.border_subtitle)


@pytest.mark.parametrize("size", [(60, 20), (160, 40)])
async def test_the_shell_has_the_size_of_its_pane(bash: Stage, size: tuple[int, int]) -> None:
    async with bash.show(size) as pilot:
        await shows(pilot, bash, "ready>")
        await pilot.press("f6")
        types(bash, "while clear; do stty size; sleep 0.1; done")
        inside = bash.practice.query_one(Terminal).size
        await shows(pilot, bash, f"{inside.height} {inside.width}")
        await pilot.resize_terminal(130, 33)
        inside = bash.practice.query_one(Terminal).size
        await shows(pilot, bash, f"{inside.height} {inside.width}")


async def test_the_shell_outlives_a_window_that_is_too_small(bash: Stage) -> None:
    async with bash.show() as pilot:
        await shows(pilot, bash, "ready>")
        await pilot.press("f6")
        for size in ((1, 1), (40, 12), (59, 14), (120, 36)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        types(bash, "echo still $((1+1))")
        await shows(pilot, bash, "still 2")


async def test_a_flood_stops_neither_the_keys_nor_the_clock(stage: Stage) -> None:
    stage.engine.program = ("yes", "a line of some length, again and again and again")
    async with stage.show() as pilot:
        await shows(pilot, stage, "again")
        ticks = []
        stage.app.set_interval(0.05, lambda: ticks.append(1))
        await pilot.press("f6", "f2")
        await until(pilot, lambda: "First hint of psa-warn." in stage.task)
        await until(pilot, lambda: len(ticks) >= 5)


async def test_a_paste_of_many_lines_comes_whole_and_bracketed(stage: Stage) -> None:
    script = "stty raw -echo; printf '\\033[?2004hready '; head -c 20012 | tr -d a | cat -v; echo end"
    stage.engine.program = ("sh", "-c", script)
    async with stage.show() as pilot:
        await shows(pilot, stage, "ready")
        await pilot.press("f6")
        stage.practice.query_one(Terminal).post_message(events.Paste("a" * 20_000))
        await shows(pilot, stage, "^[[200~^[[201~")


async def test_the_wheel_is_turned_for_a_program_that_asked_for_it(stage: Stage) -> None:
    stage.engine.program = ("sh", "-c", "stty raw -echo; printf '\\033[?1000h\\033[?1006hready '; cat -v")
    async with stage.show() as pilot:
        await shows(pilot, stage, "ready")
        terminal = stage.practice.query_one(Terminal)
        x, y = terminal.region.offset + Offset(4, 2)
        terminal.post_message(events.MouseScrollUp(terminal, 4, 2, 0, 0, 0, False, False, False, x, y))
        await shows(pilot, stage, "^[[<64;5;3M")


async def test_a_press_of_the_mouse_focuses_the_shell_and_is_told_to_a_program_that_asked_for_it(stage: Stage) -> None:
    stage.engine.program = ("sh", "-c", "stty raw -echo; printf '\\033[?1000h\\033[?1006hready '; cat -v")
    async with stage.show() as pilot:
        await shows(pilot, stage, "ready")
        await pilot.click(Terminal, offset=(4, 2))
        await shows(pilot, stage, "^[[<0;5;3M^[[<0;5;3m")
        assert stage.practice.work_pane.has_focus_within


async def test_a_shell_that_has_ended_says_so_and_enter_opens_it_again(bash: Stage) -> None:
    async with bash.show() as pilot:
        await shows(pilot, bash, "ready>")
        await pilot.press("f6")
        types(bash, "echo first; exit 3")
        await bash.hear(pilot, Terminal.Ended)
        assert "exit code 3" in note(bash)
        assert "first" in screen(bash)
        await pilot.press(*"quel", "ctrl+c", "escape", "tab")  # meant for the shell
        await pilot.pause()
        assert bash.app.is_running
        await pilot.press("enter")
        await until(pilot, lambda: note(bash) == "")
        types(bash, "echo again")
        await shows(pilot, bash, "\nagain")


async def test_a_machine_that_dies_is_noticed_and_enter_repairs_it(bash: Stage) -> None:
    async with bash.show() as pilot:
        await shows(pilot, bash, "ready>")
        bash.engine.state = State.STOPPED
        await pilot.press("f6")
        types(bash, "exit 137")
        await bash.hear(pilot, LabSeen, 2)
        assert "no lab to work in (○ stopped). Enter makes it ready." in note(bash)
        await pilot.press("enter")
        await bash.hear(pilot, LabWorkEnded)
        await until(pilot, lambda: note(bash) == "")
        assert bash.preparation.calls == 1


async def test_while_the_lab_is_prepared_the_pane_says_that_a_shell_will_come_and_then_it_comes(bash: Stage) -> None:
    bash.engine.state = State.ABSENT
    bash.preparation.gate.shut()
    async with bash.show() as pilot:
        await bash.hear(pilot, LabProgressed)
        assert "opens here as soon as it is ready" in note(bash)
        bash.preparation.gate.open()
        await bash.hear(pilot, LabWorkEnded)
        await shows(pilot, bash, "ready>")


async def test_a_shell_that_cannot_be_begun_says_why(stage: Stage) -> None:
    stage.engine.program = ("/nonexistent/podman",)
    async with stage.show():
        assert "could not be started" in note(stage)
        assert "/nonexistent/podman" in note(stage)


async def test_code_from_the_task_is_typed_at_the_prompt(stage: Stage, tmp_path: Path) -> None:
    stage.session.catalog = catalog(tmp_path)
    first, _ = stage.session.catalog.exercises
    (first.folder / "task.en.md").write_text("# Task\n\nMake `web` from `nginx:1.27`.\n")
    async with stage.show() as pilot:
        for times, pressed in enumerate((["c"], ["f11"], ["f6", "f11"]), 1):
            await pilot.press(*pressed, "down", "enter")
            await shows(pilot, stage, "nginx:1.27" * times)
            assert stage.practice.work_pane.has_focus_within
            await pilot.press("f6")
        await pilot.press("f8", "c")
        assert "no code in this task" in stage.notices


async def test_quitting_hangs_up_on_the_shell(stage: Stage) -> None:
    async with stage.show() as pilot:
        shell = stage.practice.work_pane
        assert shell.is_running
        await pilot.press("q")
        await pilot.pause()
    assert not shell.is_running


async def test_f4_gives_the_whole_terminal_to_the_same_shell_until_f4(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.app, "suspend", nullcontext)
    async with stage.show() as pilot:
        await pilot.press("f4")
        assert stage.commands == [["cat"]]
        assert stage.practice.work_pane.is_running


async def test_who_comes_back_from_the_whole_terminal_by_f5_gets_a_check(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.app, "suspend", nullcontext)
    stage.returns = CHECK
    async with stage.show() as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: "grade psa-warn" in stage.session.calls)
        assert stage.practice.work_pane.is_running


async def test_where_the_app_cannot_leave_the_terminal_it_says_what_to_do(stage: Stage) -> None:
    async with stage.show() as pilot:
        await pilot.press("f4")
        assert stage.commands == []
        assert "ckslab shell" in stage.notices
        assert stage.practice.work_pane.is_running
