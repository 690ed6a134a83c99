"""No verb at all: the terminal app."""

from __future__ import annotations

import sys
from argparse import Namespace

from lab import i18n, settings
from lab.commands.arguments import Parser
from lab.commands.exercises import open_session
from lab.errors import UsageError
from lab.progress import OnProgress


def add(parser: Parser) -> None:
    """Make this what the command line does without a verb."""
    parser.add_argument("--yes", action="store_true", help=i18n.text("cli.setup.consent"))
    parser.set_defaults(run=_open)


def need_terminal() -> None:
    """Refuse to draw where nobody can see it.

    Raises:
        UsageError: standard input or output is no terminal (`tty`).
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("tty")


def _open(args: Namespace) -> int:
    need_terminal()
    from lab import ui

    ui.hasten()

    session = open_session(args)

    def prepare(progress: OnProgress) -> None:
        from lab.cluster import set_up

        set_up(args.name, progress, yes=args.yes)
        session.engine.up(progress)

    return ui.run(session, prepare, settings.load())
