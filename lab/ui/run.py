"""The way into the terminal app and out of it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from lab import i18n
from lab.progress import OnProgress

if TYPE_CHECKING:
    from lab.catalog.model import Catalog
    from lab.demo import DemoSession
    from lab.practice.session import Session
    from lab.settings import Settings
    from lab.ui.crash import CrashingApp
    from lab.ui.screens.lobby import Lobby
    from lab.ui.screens.sitting import Exam
    from lab.workshop.board import Board
    from lab.workshop.class_file import Class
    from lab.workshop.link import Link

# Textual draws at the next beat of its clock, and reads the pace when it is imported. At its own sixty a second, a key
# in the shell is seen 17 ms after it was pressed.
os.environ.setdefault("TEXTUAL_FPS", "120")

EXAMS, HOME = 78, 79
"""Exit codes of an app whose learner goes on to the exams, or home."""
HUNG_UP = 128 + signal.SIGHUP
"""Exit code of an app that had to be ended after its terminal was gone, as a shell says it."""
GRACE = 10.0
"""Seconds that work under way gets to end after the learner has quit."""
WITHOUT_TERMINAL = 10.0
"""Seconds in which the app has to end once its terminal is gone: nobody could end it any more."""


def defer_gc() -> None:
    """Collect no garbage until the first frame is there: nearly all that is made so far stays."""
    gc.disable()


def _after_start() -> None:
    """Import what the practice screen needs, freeze the objects of the start, and collect garbage again.

    In a thread, while the learner is still at home: the imports are a good part of what they would wait for.
    """
    from textual.widgets import Markdown  # noqa: F401 - it takes 0.1 s

    from lab.ui.screens import practice  # noqa: F401
    from lab.ui.widgets import shell_pane  # noqa: F401

    gc.freeze()
    gc.enable()


def run(session: Session, prepare: Callable[[OnProgress], None], settings: Settings) -> int:
    """Show the app until the learner quits. Returns the exit code, or `EXAMS`.

    Args:
        prepare: makes the lab ready (`lab.ui.jobs.Prepare`).
    """
    from lab.ui.app import LabApp

    return _run(lambda: LabApp(session, prepare, settings=settings), "ui.crash.lab")


def run_in_class(session: Session, prepare: Callable[[OnProgress], None], link: Link) -> int:
    """Show the app to a learner of a class, in whatever window they have, until they leave.

    Returns the exit code, or `EXAMS` where an exam begins.
    """
    from lab.settings import NOTHING_CHOSEN
    from lab.ui.app import LabApp

    return _run(lambda: LabApp(session, prepare, settings=NOTHING_CHOSEN, link=link), "ui.crash.lab")


def run_demo(session: DemoSession, settings: Settings) -> int:
    """Show the app on recordings until the learner quits. Returns the exit code."""
    from lab.ui.app import demo_app

    return _run(lambda: demo_app(session, settings=settings), "ui.crash.demo")


def run_exams(opens: Exam | Lobby, settings: Settings, link: Link | None = None) -> int:
    """Show an exam, or the lobby where one is chosen, until the learner leaves. Returns the exit code, or `HOME`.

    Args:
        link: in a class, the learner's line to their instructor.
    """
    from lab.ui.exam_app import ExamApp

    return _run(lambda: ExamApp(opens, settings, link), "ui.crash.exam")


def run_board(class_: Class, catalog: Catalog, read: Callable[[], Board]) -> int:
    """Show the board of a class until its instructor leaves. Returns the exit code."""
    from lab.ui.board_app import BoardApp

    return _run(lambda: BoardApp(class_, catalog, read), "ui.crash.board")


def _run(make: Callable[[], CrashingApp], crashed: str) -> int:
    """Show an app until it ends.

    Args:
        crashed: the key of the sentence for the learner if it ends by a fault of its own.
    """
    from lab.ui import crash

    # A loop of our own: asyncio.run would wait, silently and without end, for the threads that still work.
    loop = asyncio.new_event_loop()
    loop.call_later(1, threading.Thread(target=_after_start, daemon=True).start)
    try:
        app = make()
        with (
            _on_signals(lambda: loop.call_soon_threadsafe(app.exit)),
            crash.caught_everywhere(loop, app._handle_exception),
        ):
            app.run(loop=loop)
        fault = app.fault
    except Exception as error:
        fault = error
    if fault is not None:
        _end_within(GRACE, crash.EXIT_CODE)
        if crash.has_lost_its_terminal(fault):
            return crash.EXIT_CODE
        return crash.report(fault, crashed)
    code = app.return_code or 0
    _end_within(GRACE, code)
    loop.close()
    if app.is_at_work:
        with suppress(OSError):  # the learner may have closed the window
            print(i18n.text("ui.quit.unfinished"), file=sys.stderr)
    return code


@contextmanager
def _on_signals(leave: Callable[[], object]) -> Iterator[None]:
    """Leave, in good order, when the terminal is closed or the process is told to end.

    Not by the loop's own signal handlers: the shell puts aside that of Ctrl+C while it has the terminal.
    """

    def hang_up(*_: object) -> None:
        # With SIGHUP the kernel sends SIGCONT, at which Textual's driver would begin to draw anew, and wait without
        # end for a thread that has failed to write.
        signal.signal(signal.SIGCONT, lambda *_: None)
        _end_within(WITHOUT_TERMINAL, HUNG_UP)
        leave()

    handlers = dict.fromkeys((signal.SIGINT, signal.SIGTERM), lambda *_: leave()) | {signal.SIGHUP: hang_up}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_within(seconds: float, code: int) -> None:
    """See to it that the process ends. Python waits for its threads, and one may sit in a pull for minutes.

    What such a thread leaves half made, the next `up` mends.
    """
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()
