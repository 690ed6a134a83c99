"""Seeing what a learner does in their shell: `class follow`."""

from __future__ import annotations

import signal
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.app import need_terminal
from lab.commands.arguments import Verbs
from lab.commands.class_file import chosen_learners, file_option, load_class
from lab.errors import LabError

if TYPE_CHECKING:
    from lab.cluster.engine import Engine
    from lab.workshop.class_file import Learner

_SECONDS = 20.0


def add(class_: Verbs) -> None:
    """Enter this verb among those of `class`."""
    follow = class_.add("follow", _follow)
    follow.add_argument("seat", metavar="SEAT", help=i18n.text("cli.class.helped.seat"))
    file_option(follow)


def _follow(args: Namespace) -> int:
    need_terminal()
    from lab.cluster import open_lab
    from lab.workshop.exams import require_no_exam
    from lab.workshop.follow import ANSWER_SECONDS, Follow
    from lab.workshop.ledger import open_ledger
    from lab.workshop.place import open_history
    from lab.workshop.state import place_of

    class_, _ = load_class(args)
    (learner,) = chosen_learners(class_, [args.seat])
    ledger = open_ledger(class_.id)
    engine = open_lab(place_of(class_, learner, ledger.events()))
    require_no_exam(ledger, [learner])
    follow = Follow(learner, ledger, open_history(class_, learner, ledger))
    with _until_hung_up():
        if not follow.is_allowed:
            print(i18n.text("cli.class.follow.asked", seat=learner.seat, seconds=f"{ANSWER_SECONDS:.0f}"), flush=True)
            _tell(engine, learner)
            follow.ask()
        print(i18n.text("cli.class.follow.begins"), flush=True)
        with _banner(engine, learner), follow.written_down():
            code = _show(engine, lambda: follow.is_allowed)
            is_allowed = follow.is_allowed
    if not is_allowed:
        print(i18n.text("cli.class.follow.taken_back", seat=learner.seat))
    elif code:
        raise LabError("class.follow.no_shell", seat=learner.seat)
    else:
        print(i18n.text("cli.class.follow.ended", seat=learner.seat))
    return 0


def _show(engine: Engine, goes_on: Callable[[], bool]) -> int:
    """Show the shell until the instructor or its learner leaves it. Returns how it ended; 0: somebody left."""
    import os

    from lab.terminal.show import show
    from lab.ui.shell import TAKEN, follow_argv

    while True:
        code = show(follow_argv(engine), os.environ, goes_on)
        if code != TAKEN:  # else its learner has come by another window
            return code or 0


def _tell(engine: Engine, learner: Learner) -> None:
    """Say so in the shell, too: who has it in the whole terminal does not see their app."""
    from lab.cluster.host import processes
    from lab.ui.shell import tell_argv

    words = i18n.text_in(learner.language, "cli.class.follow.tell")
    processes.run(tell_argv(engine, words), env={}, timeout=_SECONDS * engine.pace)


@contextmanager
def _banner(engine: Engine, learner: Learner) -> Iterator[None]:
    """A line above the shell for as long as this lasts.

    Raises:
        LabError: there is no shell to put it above (`class.follow.no_shell`).
    """
    from lab.cluster.host import processes
    from lab.ui.shell import banner_argv, unfollow_argv

    seconds = _SECONDS * engine.pace
    words = i18n.text_in(learner.language, "cli.class.follow.banner")
    shown = processes.run(banner_argv(engine, words), env={}, timeout=seconds)
    if not shown.ok:
        raise LabError("class.follow.no_shell", shown.error or shown.text, seat=learner.seat)
    try:
        yield
    finally:
        for argv in (unfollow_argv(engine), banner_argv(engine, "")):
            processes.run(argv, env={}, timeout=seconds)


@contextmanager
def _until_hung_up() -> Iterator[None]:
    """A window that is closed, or a process that is told to end, ends it as Ctrl+C does: nothing is left behind."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
