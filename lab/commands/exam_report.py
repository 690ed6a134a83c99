"""After a mock exam: `exam report` of where the points went, `exam regrade` by the checks of today."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Parser, Verbs, json_option, print_json
from lab.commands.exercises import open_session
from lab.commands.sitting import require_none_under_way

if TYPE_CHECKING:
    from lab.exam.regrade import Regrade
    from lab.exam.report import Report


def add(exam: Verbs) -> None:
    """Enter these verbs among those of `exam`."""
    report = exam.add("report", _report)
    _number_argument(report, nargs="?")
    form = report.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=i18n.text("cli.json"))
    form.add_argument("--html", type=Path, metavar="FILE", help=i18n.text("cli.exam.report.html"))
    regrade = exam.add("regrade", _regrade)
    _number_argument(regrade)
    json_option(regrade)


def _number_argument(parser: Parser, nargs: str | None = None) -> None:
    parser.add_argument("number", nargs=nargs, type=int, metavar="N", help=i18n.text("cli.exam.number"))


def _report(args: Namespace) -> int:
    report = _read(args)
    if args.json:
        from lab.exam.report_json import to_json

        print_json(to_json(report))
    elif args.html:
        from lab.exam.report_html import to_html

        args.html.touch(mode=0o600)
        args.html.write_text(to_html(report), encoding="utf-8")
        print(i18n.text("cli.exam.report.written", file=args.html))
    else:
        from lab.exam.report_text import to_text

        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(to_text(report, colour=colour, width=min(100, shutil.get_terminal_size().columns)))
    return 0


def _regrade(args: Namespace) -> int:
    """Judge a sitting again, and save what comes out otherwise."""
    from lab import paths
    from lab.exam import events, regrade
    from lab.exam.sittings import Sittings

    before = _read(args)
    session = open_session(args)
    sittings = Sittings(session.history.database)
    sitting = sittings.get(before.number)
    found = list(regrade.regrades(sitting, session.catalog, paths.state()))
    regrade.save(sittings, sitting, found, events.now)
    after = _read(args)
    if args.json:
        print_json(regrade.to_json(sitting, found, before.points.percent, after.points.percent))
    else:
        print("\n".join(_judged_again(found, before, after)))
    return 3 if any(each.error for each in found) else 0


def _judged_again(found: Sequence[Regrade], before: Report, after: Report) -> Iterator[str]:
    """A line or more a task, then the total as it was and as it is."""
    from lab.exam.report_text import heading, verdict

    yield heading(after)
    for each in found:
        yield f"{each.task.position:3}  {each.task.exercise}  {_outcome(each)}"
        for was, now in each.changes:
            words = [i18n.text(f"grading.verdict.{judged.verdict}") if judged else "-" for judged in (was, now)]
            yield f"     {now.id}: {' → '.join(words)}"
    if before.points == after.points:
        yield i18n.text("cli.exam.regrade.same", verdict=verdict(after))
    else:
        yield i18n.text("cli.exam.regrade.changed", before=verdict(before), after=verdict(after))


def _outcome(regrade: Regrade) -> str:
    if regrade.error:
        reason = " ".join(part for part in (regrade.error.tried, regrade.error.came_back) if part)
        return i18n.text("cli.exam.regrade.not_judged", reason=reason)
    return i18n.text("cli.exam.regrade.otherwise" if regrade.has_changed else "cli.exam.regrade.as_before")


def _read(args: Namespace) -> Report:
    from lab.cluster import record
    from lab.exam.report import read_report

    require_none_under_way()
    session = open_session(args)
    memory = record.load(args.name)
    lacks = memory.lacking() if memory else {}
    return read_report(session.history, session.catalog, lacks, session.clock.now(), args.number)
