"""Programs of the host: watched line by line, and ended with all they started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.clock import SYSTEM, wait_until
from lab.cluster.host import processes

BOUND = 20.0
"""Seconds until a process must be gone; on an idle machine it takes a tenth of one."""


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def watch(argv: list[str], on_line: processes.OnLine, stdin: bytes = b"") -> processes.Completed:
    return processes.watch(argv, env={}, on_line=on_line, stdin=stdin)


def is_alive(pid: int) -> bool:
    """Whether a process runs; a dead one that nobody has asked after does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_run_gives_what_a_program_printed_and_returned() -> None:
    ended = processes.run(python("import sys; print(input()); sys.exit('no')"), env={}, stdin=b"word", timeout=BOUND)
    assert (ended.code, ended.text, ended.error, ended.ok) == (1, "word\n", "no", False)


def test_run_adds_variables_to_those_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "1")
    script = "import os; print(os.environ['OURS'], os.environ['MORE'])"
    assert processes.run(python(script), env={"MORE": "2"}, timeout=BOUND).text == "1 2\n"


def test_run_ends_a_program_that_takes_too_long() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        processes.run(["sleep", "60"], env={}, timeout=0.1)


def test_watch_tells_each_line_of_both_streams() -> None:
    told: list[str | None] = []
    script = "import os; os.write(1, b'one\\n'); os.write(2, b'two\\xff\\n'); os.write(1, b'three')"
    ended = watch(python(script), told.append)
    assert [line for line in told if line is not None] == ["one", "two\\xff", "three"]
    assert ended.ok
    assert ended.text == "one\ntwo\\xff\nthree"


def test_watch_keeps_the_last_lines_for_an_error() -> None:
    ended = watch(python("print(*range(1000), sep='\\n'); raise SystemExit(3)"), lambda _: None)
    assert ended.code == 3
    assert ended.text.splitlines()[-1] == "999"
    assert len(ended.text.splitlines()) < 100


def test_silence_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program ends when it hears of the second beat: it is the beat that lets it go on."""
    monkeypatch.setattr(processes, "_HEARTBEAT", 0.01)
    reader, writer = os.pipe()
    told: list[str | None] = []

    def hear(line: str | None) -> None:
        told.append(line)
        if told.count(None) == 2:
            os.write(writer, b"go")

    script = f"import os; fd = os.open('/proc/{os.getpid()}/fd/{reader}', os.O_RDONLY); os.read(fd, 2); print('heard')"
    try:
        watch(python(script), hear)
    finally:
        os.close(reader)
        os.close(writer)
    assert told[:2] == [None, None]
    assert "heard" in told


def test_standard_input_is_passed_on() -> None:
    told: list[str | None] = []
    watch(["cat"], told.append, stdin=b"a manifest\n")
    assert "a manifest" in told


def test_a_program_that_reads_nothing_of_a_long_input_still_tells_its_exit_code() -> None:
    assert watch(python("raise SystemExit(7)"), lambda _: None, stdin=b"x" * 2**20).code == 7


@pytest.mark.parametrize("exception", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_whoever_listens_ends_the_program_and_all_it_started(exception: type[BaseException]) -> None:
    started: list[int] = []

    def hear(line: str | None) -> None:
        if line is not None:
            started.extend(map(int, line.split()))
            raise exception

    with pytest.raises(exception):
        watch(["sh", "-c", "sleep 600 & echo $$ $!; wait"], hear)
    assert len(started) == 2
    assert wait_until(lambda: not any(map(is_alive, started)), SYSTEM, bound=BOUND, every=0.01)


def test_a_program_that_cleans_up_is_awaited(tmp_path: Path) -> None:
    def hear(line: str | None) -> None:
        if line == "ready":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(["sh", "-c", f"trap 'touch {tmp_path}/cleaned; exit' TERM; echo ready; sleep 600 & wait"], hear)
    assert (tmp_path / "cleaned").exists()


def test_a_program_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PATIENCE", 0.1)
    started: list[int] = []

    def hear(line: str | None) -> None:
        if line is not None:
            started.append(int(line))
            raise KeyboardInterrupt

    script = "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), flush=True)"
    with pytest.raises(KeyboardInterrupt):
        watch(python(f"{script}; signal.pause()"), hear)
    assert not is_alive(started[0])


def test_a_program_that_is_not_there_is_python_s_own_error() -> None:
    with pytest.raises(FileNotFoundError):
        watch(["/nonexistent/kind"], lambda _: None)
