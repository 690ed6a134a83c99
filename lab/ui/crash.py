"""When the app itself is at fault: the terminal is left clean, a sentence says so, and a file has the traceback.

Textual would print the traceback with the values of all local variables, which may be a learner's secrets.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from textual.app import App
from textual.worker import WorkerFailed

from lab import __version__, i18n, log, paths

EXIT_CODE = 1
"""As of any Python program that ends by an exception."""


class CrashingApp(App[None], inherit_bindings=False):
    """An app that ends at an unforeseen exception without a word, and remembers it.

    Attributes:
        fault: the exception that ended it.
    """

    fault: BaseException | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether it has begun something that ends with the process."""
        return False

    def _handle_exception(self, error: Exception) -> None:
        """Textual calls this with whatever nobody has caught, in a widget, a screen, a timer or a worker."""
        if self.fault is None:
            self.fault = error.error if isinstance(error, WorkerFailed) else error
        self._return_code = EXIT_CODE
        if self._exception is None:  # a test that runs the app by Pilot gets it from here
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()


@contextmanager
def caught_everywhere(loop: asyncio.AbstractEventLoop, end: Callable[[Exception], None]) -> Iterator[None]:
    """Take also what is raised where Textual does not see it: in callbacks of the loop, and in threads.

    Args:
        end: ends the app; it is called in the loop.
    """

    def in_loop(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(error := context.get("exception"), Exception):
            end(error)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if isinstance(error := args.exc_value, Exception):
            loop.call_soon_threadsafe(end, error)

    before = threading.excepthook
    loop.set_exception_handler(in_loop)
    threading.excepthook = in_thread
    try:
        yield
    finally:
        threading.excepthook = before


def has_lost_its_terminal(fault: BaseException) -> bool:
    """Whether all that happened is that the learner has closed the window: what is drawn has nowhere to go."""
    return isinstance(fault, OSError) and fault.errno == errno.EIO and not os.isatty(1)


def report(fault: BaseException, sentence: str) -> int:
    """Write down what happened and say so. Returns the exit code.

    Args:
        sentence: the key of the sentence for the learner.
    """
    try:
        details = str(_write(fault))
    except OSError as error:
        details = f"{type(fault).__name__} ({error})"
    with suppress(OSError):
        print(i18n.text(sentence, details=details), file=sys.stderr)
    return EXIT_CODE


def _write(fault: BaseException) -> Path:
    """The traceback in a file of its own that only its owner may read. The one of an earlier crash goes."""
    file = paths.crash()
    when = time.strftime("%Y-%m-%d %H:%M:%S %z")
    python = sys.version.split(maxsplit=1)[0]
    text = "\n".join([f"ckslab {__version__}, Python {python}, {when}", log.trace_of(fault)])
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as written:
        file.chmod(0o600)
        written.write(text)
    return file
