"""No verb at all: the terminal app."""

from __future__ import annotations

import sys
from argparse import Namespace

from lab import i18n, settings
from lab.commands import sitting
from lab.commands.arguments import Parser, drafts_option
from lab.commands.exercises import open_session
from lab.errors import UsageError
from lab.progress import OnProgress


def add(parser: Parser) -> None:
    """Make this what the command line does without a verb."""
    parser.add_argument("--yes", action="store_true", help=i18n.text("cli.setup.consent"))
    drafts_option(parser)
    parser.set_defaults(run=_open)


def need_terminal() -> None:
    """Refuse to draw where nobody can see it.

    Raises:
        UsageError: standard input, output or error is no terminal (`tty`). The app draws on standard error.
    """
    streams = {"input": sys.stdin, "output": sys.stdout, "error": sys.stderr}
    missing = [i18n.text(f"cli.stream.{name}") for name, stream in streams.items() if not stream.isatty()]
    if missing:
        raise UsageError("tty", i18n.text("cli.stream.none", streams=", ".join(missing)))


def _open(args: Namespace) -> int:
    need_terminal()
    from lab.ui import run

    run.defer_gc()
    if sitting.is_under_way():
        return sitting.sit(args)
    session = open_session(args)

    def prepare(progress: OnProgress) -> None:
        from lab.cluster import set_up

        set_up(args.name, progress, yes=args.yes)
        session.engine.up(progress)

    code = run.run(session, prepare, settings.load())
    if code == run.EXAMS:
        sitting.go("--name", args.name, "exam", "sit")
    return code
