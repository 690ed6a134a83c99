"""Programs of the host: those that answer at once, and those that take their time and can be watched and stopped."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO

from lab.cluster.engine import Completed

OnLine = Callable[[str | None], None]
"""Hears a line of a program's output; None when there was none for a while."""

_HEARTBEAT = 0.5
_PATIENCE = 15.0
_KEPT = 60


def run(argv: Sequence[str], *, env: Mapping[str, str], stdin: bytes = b"", timeout: float) -> Completed:
    """Run a program to its end.

    Args:
        env: variables besides those of this process.

    Raises:
        FileNotFoundError: there is no such program.
        subprocess.TimeoutExpired: it did not end in `timeout` seconds; it has been killed.
    """
    ended = subprocess.run(
        argv, input=stdin, env={**os.environ, **env}, capture_output=True, timeout=timeout, check=False
    )
    return Completed(argv, ended.returncode, ended.stdout, ended.stderr)


def watch(argv: Sequence[str], *, env: Mapping[str, str], on_line: OnLine, stdin: bytes | IO[bytes] = b"") -> Completed:
    """Run a program that takes its time, telling each line it prints.

    While nothing comes, None is told twice a second, so that whoever listens can show the time passing, or end the
    program by raising an exception: the program and all it started are then told to stop, and awaited.

    Args:
        stdin: what it reads, or where it reads that itself, such as the output of another program.
    """
    typed = stdin if isinstance(stdin, bytes) else None
    process = subprocess.Popen(
        argv,
        env={**os.environ, **env},
        stdin=subprocess.PIPE if isinstance(stdin, bytes) else stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()  # of C: Ctrl+C cannot come in the middle of it
    threading.Thread(target=_read, args=(process, typed, lines), daemon=True).start()
    kept: deque[str] = deque(maxlen=_KEPT)
    try:
        while True:
            try:
                line = lines.get(timeout=_HEARTBEAT)
            except queue.Empty:
                on_line(None)
                continue
            if line is None:
                break
            kept.append(line)
            on_line(line)
    except BaseException:
        _stop(process)
        raise
    return Completed(argv, process.wait(), "\n".join(kept).encode(), b"")


def _read(process: subprocess.Popen[bytes], typed: bytes | None, lines: queue.SimpleQueue[str | None]) -> None:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    if process.stdin is not None and typed is not None:
        with suppress(BrokenPipeError):  # it ended without reading; its exit code tells
            process.stdin.write(typed)
            process.stdin.close()
    for line in process.stdout:
        lines.put(line.decode("utf-8", "backslashreplace").rstrip())
    lines.put(None)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a program and its children, kindly at first: some clean up behind themselves."""
    for sign, patience in ((signal.SIGTERM, _PATIENCE), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, sign)
            process.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        return
