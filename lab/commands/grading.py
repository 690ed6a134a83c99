"""Judging: `grade` what a learner did, `prove` that an exercise judges rightly."""

from __future__ import annotations

import os
import shutil
import sys
import time
from argparse import Namespace
from itertools import groupby
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs, exercise_argument, json_option, print_json
from lab.commands.exercises import open_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.catalog.model import Exercise
    from lab.console import Console
    from lab.grading.grade import Graded
    from lab.grading.prove import Impossible, Proof, Wanted
    from lab.practice.session import Session


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    grade = verbs.add("grade", _grade)
    exercise_argument(grade)
    json_option(grade)
    prove = verbs.add("prove", _prove)
    exercise_argument(prove, nargs="*")
    prove.add_argument("--answer", default="", metavar="ANSWER", help=i18n.text("cli.prove.answer"))
    prove.add_argument("--record", action="store_true", help=i18n.text("cli.prove.record"))
    prove.add_argument("--force", action="store_true", help=i18n.text("cli.prove.force"))
    json_option(prove)


def _grade(args: Namespace) -> int:
    from lab.grading import report

    session = open_session(args)
    exercise = session.exercise(args.exercise)
    if args.json:
        grade = session.grade(exercise)
        print_json(report.to_json(grade))
    else:
        grade = session.grade(exercise, _print_graded)
        print("\n" + report.summary(grade, width=_width()))
    return report.exit_code(grade)


def _print_graded(graded: Graded) -> None:
    """Print one criterion, as soon as it is judged."""
    from lab.grading.report import criterion_to_text

    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(criterion_to_text(graded, colour=colour, width=_width()), flush=True)


def _width() -> int:
    return shutil.get_terminal_size().columns


def _prove(args: Namespace) -> int:
    from lab.console import Console
    from lab.grading import proof_report
    from lab.grading.prove import Wanted

    session = open_session(args)
    exercises = [session.exercise(name) for name in args.exercise] or session.catalog.exercises
    wanted = Wanted(args.answer, record=args.record, force=args.force)
    with Console() as console:
        proofs, impossible = _watch(session, exercises, wanted, console, silent=args.json)
    if args.json:
        print_json(proof_report.to_json(proofs, impossible))
    else:
        print("\n" + proof_report.summary(proofs))
    return proof_report.exit_code(proofs)


def _watch(
    session: Session, exercises: Sequence[Exercise], wanted: Wanted, console: Console, *, silent: bool
) -> tuple[list[Proof], list[Impossible]]:
    """Let the proofs run, showing each when it begins and, unless `silent`, the table of each exercise."""
    from lab.grading import proof_report
    from lab.grading.prove import Impossible, Proof
    from lab.progress import Progress

    began = time.monotonic()
    proofs: list[Proof] = []
    impossible: list[Impossible] = []
    for exercise, events in groupby(session.prove(exercises, wanted, console), key=lambda event: event.exercise.id):
        own: list[Proof] = []
        for event in events:
            if isinstance(event, Proof):
                own.append(event)
            elif isinstance(event, Impossible):
                impossible.append(event)
            else:
                step = f"{exercise} {event.answer}"
                console(Progress(step, event.number, event.answers, time.monotonic() - began))
        if not silent:
            console.result(proof_report.table(own) if own else proof_report.reason(impossible[-1]))
        proofs += own
    return proofs, impossible
