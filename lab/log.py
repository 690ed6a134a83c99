"""What nobody foresaw, written where it can be read afterwards: `~/.local/state/ckslab/ckslab.log`.

Only the traceback is written: no values of variables, no command lines of ours, nothing that went through a standard
input. What a learner did, and what the lab holds, is in none of these.
"""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from io import FileIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from lab import i18n, paths

if TYPE_CHECKING:
    import logging

BYTES = 512 * 1024
"""The most that one file takes. The one before it is kept as `ckslab.log.1`, so there are never more than two."""
MESSAGE = 300
"""The most characters of what an exception says."""

_seen: set[str] = set()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Written:
    """Where a fault can be read, or why it cannot: the text of this key, which needs these parameters."""

    key: str
    params: Mapping[str, object]

    def __str__(self) -> str:
        """For the user, in the language in use."""
        return i18n.text(self.key, **self.params)


def fault(doing: str, error: BaseException) -> Written:
    """Write an exception that nobody foresaw to the log, with its traceback. The same one is written once a process.

    Args:
        doing: what was being done, in English, such as `check pods.runs`.
    """
    file = paths.log()
    trace = trace_of(error)
    try:
        with _lock:
            if trace not in _seen:
                _write(file, f"{doing}\n{trace}")
                _seen.add(trace)
    except OSError as refused:
        return Written("log.not_written", {"file": file, "said": refused})
    return Written("log.written", {"file": file})


def trace_of(error: BaseException) -> str:
    """Where each exception of the chain came from, the first cause first, and the begin of what it says.

    Not all that it says: in the text of an answer that was not understood there may be anything.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = f"{trace_of(cause)}\nwhich led to:\n" if cause is not None else ""
    lines = "".join(traceback.format_tb(error.__traceback__))
    first_line = next(iter(str(error).splitlines()), "")[:MESSAGE]
    return f"{before}Traceback (most recent call last):\n{lines}{type(error).__name__}: {first_line}\n"


def place(error: BaseException, folder: str = "") -> str:
    """Where an exception came up: `checkers/pods.py:41`.

    Args:
        folder: of the checkout or the installed package, such as `checkers`; the deepest line in it is meant, since
            what lies deeper is a library's. Without it, or if no line is in it, the deepest of all.
    """
    root = Path(__file__).resolve().parent.parent
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if folder and Path(frame.filename).is_relative_to(root / folder)]
    if not (ours or frames):
        return ""
    frame = (ours or frames)[-1]
    file = Path(frame.filename)
    return f"{file.relative_to(root) if file.is_relative_to(root) else file}:{frame.lineno}"


def _write(file: Path, text: str) -> None:
    import logging

    handler = _handler(file)
    try:
        handler.emit(logging.LogRecord("ckslab", logging.ERROR, "", 0, text.rstrip(), None, None))
    finally:
        handler.close()


def _handler(file: Path) -> logging.Handler:
    """Opened for each fault and closed again: faults are few, and several programs write to the same file."""
    import logging
    from logging.handlers import RotatingFileHandler

    class Private(RotatingFileHandler):
        """Only its owner may read what it writes. What it cannot write, it says."""

        def _open(self) -> TextIOWrapper:
            descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            return TextIOWrapper(FileIO(descriptor, "a"), encoding="utf-8", write_through=True)

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's own
            raise

    handler = Private(file, maxBytes=BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s\n"))
    return handler
