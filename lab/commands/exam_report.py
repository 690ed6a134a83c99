"""After a mock exam: `exam report` of where the points went, `exam regrade` by the checks of today."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Parser, Verbs, json_option, print_json
from lab.commands.exercises import open_session

if TYPE_CHECKING:
    from lab.exam.report import Report


def add(exam: Verbs) -> None:
    """Enter these verbs among those of `exam`."""
    report = exam.add("report", _report)
    _number_argument(report, nargs="?")
    json_option(report)


def _number_argument(parser: Parser, nargs: str | None = None) -> None:
    parser.add_argument("number", nargs=nargs, type=int, metavar="N", help=i18n.text("cli.exam.number"))


def _report(args: Namespace) -> int:
    report = _read(args)
    if args.json:
        from lab.exam.report_json import to_json

        print_json(to_json(report))
    else:
        from lab.exam.report_text import to_text

        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(to_text(report, colour=colour, width=min(100, shutil.get_terminal_size().columns)))
    return 0


def _read(args: Namespace) -> Report:
    from lab.cluster import record
    from lab.exam.report import read_report

    session = open_session(args)
    memory = record.load(args.name)
    lacks = memory.lacking() if memory else {}
    return read_report(session.history, session.catalog, lacks, session.clock.now(), args.number)
