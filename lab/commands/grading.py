"""Judging: `grade` what a learner did, `prove` that an exercise judges rightly."""

from __future__ import annotations

import os
import shutil
import sys
import time
from argparse import Namespace
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs, exercise_argument, json_option, print_json
from lab.commands.exercises import open_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lab.authoring.prove import Impossible, Proof
    from lab.authoring.sample import LeftOut
    from lab.catalog.model import Exercise
    from lab.console import Console
    from lab.grading.grade import Graded
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
    prove.add_argument("--budget", type=_minutes, metavar="MINUTES", help=i18n.text("cli.prove.budget"))
    prove.add_argument(
        "--first", action="extend", nargs="+", default=[], metavar="EX[/ANSWER]", help=i18n.text("cli.prove.first")
    )
    prove.add_argument("--seed", default="", metavar="TEXT", help=i18n.text("cli.prove.seed"))
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


def _minutes(text: str) -> float:
    """A budget: more than nothing."""
    minutes = float(text)
    if not 0 < minutes < float("inf"):
        raise ValueError(text)
    return minutes


def _prove(args: Namespace) -> int:
    from lab.authoring import proof_report
    from lab.console import Console

    session = open_session(args)
    exercises = [session.exercise(name) for name in args.exercise] or session.catalog.exercises
    with Console() as console:
        found = _watch(_proofs(session, exercises, args, console), console, silent=args.json)
    if args.json:
        print_json(proof_report.to_json(found.proofs, found.impossible, found.left_out))
    else:
        print("\n" + proof_report.summary(found.proofs))
        if told := proof_report.left_out_in_words(found.left_out):
            print(told)
    return proof_report.exit_code(found.proofs, found.left_out)


def _proofs(
    session: Session, exercises: Sequence[Exercise], args: Namespace, console: Console
) -> Iterator[Proof | Impossible | LeftOut]:
    """Let the proofs run, telling the console of each when it begins. What comes of them comes exercise by exercise."""
    from lab.authoring.prove import Proving, Wanted
    from lab.authoring.sample import Budget
    from lab.authoring.workbench import prove_exercises
    from lab.progress import Progress

    wanted = Wanted(args.answer, record=args.record, force=args.force)
    budget = Budget(args.budget * 60, tuple(args.first), args.seed) if args.budget else None
    began = time.monotonic()

    def results() -> Iterator[Proof | Impossible | LeftOut]:
        for event in prove_exercises(session, exercises, wanted, console, budget=budget):
            if isinstance(event, Proving):
                step = f"{event.exercise.id} {event.answer}"
                console(Progress(step, event.number, event.answers, time.monotonic() - began))
            else:
                yield event

    if budget is None:
        return results()
    order = [exercise.id for exercise in exercises]
    return iter(sorted(results(), key=lambda result: order.index(result.exercise.id)))


@dataclass(frozen=True)
class _Found:
    proofs: list[Proof] = field(default_factory=list)
    impossible: list[Impossible] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def _watch(results: Iterator[Proof | Impossible | LeftOut], console: Console, *, silent: bool) -> _Found:
    """All results; unless `silent`, the table of each exercise is shown as soon as it is complete."""
    from lab.authoring import proof_report
    from lab.authoring.prove import Impossible, Proof

    found = _Found()
    for _, of_exercise in groupby(results, key=lambda result: result.exercise.id):
        proofs: list[Proof] = []
        for result in of_exercise:
            if isinstance(result, Proof):
                proofs.append(result)
            elif isinstance(result, Impossible):
                found.impossible.append(result)
                if not silent:
                    console.result(proof_report.reason(result))
            else:
                found.left_out.append(result)
        if proofs and not silent:
            console.result(proof_report.table(proofs))
        found.proofs.extend(proofs)
    return found
