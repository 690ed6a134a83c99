"""The screen shows what a real tmux has, whatever runs in it. `python -m tests.terminal` tries more seeds."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from lab.ui.widgets.terminal import Terminal
from tests.terminal.__main__ import practise
from tests.terminal.local import MISSING, PROFILE, Local, tmux_argv

needs_programs = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")
SEEDS = 3


@needs_programs
@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_row_is_the_one_that_tmux_has(seed: int) -> None:
    assert practise(seed) == ""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """One for several tests; each gives it a size."""
    with Local(tmp_path_factory.mktemp("shell"), 70, 20) as shell:
        shell.comes_to_prompt()
        yield shell


def runs(shell: Local, command: str, columns: int, rows: int) -> None:
    """On an empty screen of this size, until it has ended; tmux itself tells when, for a prompt looks like the last."""
    shell.resize(columns, rows)
    shell.type(f"clear; {command}; tmux wait-for -S ended\r")
    shell.tmux("wait-for", "ended")


@needs_programs
@pytest.mark.parametrize("command", ["seq 1 30", "seq 100 104; seq 1 5", "seq 1 20000"])
def test_lines_that_scroll_several_at_a_time_are_all_shown(shell: Local, command: str) -> None:
    runs(shell, command, 70, 20)
    shell.compare()


@needs_programs
@pytest.mark.parametrize("columns", range(20, 30))
def test_a_chinese_character_that_begins_a_new_row_at_the_bottom_is_shown(shell: Local, columns: int) -> None:
    runs(shell, "printf '敏捷的棕色狐狸 jumps → ⇒ ≤ %.0s' 1 2 3 4 5 6 7 8 9; echo", columns, 6)
    shell.compare()


@needs_programs
def test_a_wide_character_whose_second_half_is_written_over_is_gone(shell: Local) -> None:
    """tmux still has it, and what follows at the same place."""
    runs(shell, r"printf 'a日\033[3G\033[K\r\033[@x\033[4G^C\n'", 70, 20)
    shell.compare()
    assert shell.shows("xa ^C\n")


class Window(App[None]):
    """A terminal and nothing else."""

    def compose(self) -> ComposeResult:
        yield Terminal()


async def test_a_window_that_shrinks_past_the_cursor_goes_on() -> None:
    app = Window()
    async with app.run_test(size=(100, 20)) as pilot:
        terminal = app.query_one(Terminal)
        terminal.run(["sh", "-c", "printf '%080d' 0; cat"])
        terminal.focus()
        while terminal._screen.cursor.column != 80:
            await pilot.pause(0.01)
        for size in ((60, 20), (10, 3), (1, 1), (120, 36)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert app.is_running


@needs_programs
async def test_the_terminal_in_the_app_shows_what_tmux_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".bash_profile").write_text(PROFILE)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("TMUX", raising=False)
    socket = f"ckslab-app-{tmp_path.name}"
    app = Window()
    try:
        async with app.run_test(size=(70, 20)) as pilot:
            terminal = app.query_one(Terminal)
            terminal.run(tmux_argv(socket))
            terminal.focus()
            await pilot.press(*"seq 45", "enter")
            shown, true = [""], ["not yet"]
            for _ in range(500):
                shown = [terminal.render_line(row).text.rstrip() for row in range(20)]
                true = [line.rstrip() for line in tmux(socket, "capture-pane", "-p").split("\n")][:20]
                if shown == true and "45" in true:
                    break
                await pilot.pause(0.02)
            assert shown == true
    finally:
        tmux(socket, "kill-server")


def tmux(socket: str, *command: str) -> str:
    return subprocess.run(["tmux", "-L", socket, *command], check=False, capture_output=True, text=True).stdout
