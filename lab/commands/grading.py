"""Judging: `grade` what a learner did, `prove` that an exercise judges rightly."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import Namespace
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs, exercise_argument, json_option, print_json
from lab.commands.exercises import open_session
from lab.commands.sitting import require_none_under_way

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from lab.authoring.plan import LeftOut
    from lab.authoring.prove import Proof
    from lab.authoring.workbench import Impossible, Result
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
    prove.add_argument("--failed", action="store_true", help=i18n.text("cli.prove.failed"))
    prove.add_argument("--keep", action="store_true", help=i18n.text("cli.prove.keep"))
    prove.add_argument("--labs", type=_labs, default=1, metavar="N", help=i18n.text("cli.prove.labs"))
    prove.add_argument("--budget", type=_minutes, metavar="MINUTES", help=i18n.text("cli.prove.budget"))
    prove.add_argument(
        "--first", action="extend", nargs="+", default=[], metavar="EX[/ANSWER]", help=i18n.text("cli.prove.first")
    )
    prove.add_argument("--seed", default="", metavar="TEXT", help=i18n.text("cli.prove.seed"))
    json_option(prove)


def _grade(args: Namespace) -> int:
    from lab.grading import report

    require_none_under_way()
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


def _labs(text: str) -> int:
    """How many labs: one at least."""
    labs = int(text)
    if labs < 1:
        raise ValueError(text)
    return labs


def _prove(args: Namespace) -> int:
    from lab.authoring import proof_report
    from lab.console import Console

    session = open_session(args)
    exercises = [session.exercise(name) for name in args.exercise] or session.catalog.exercises
    with Console() as console, closing(_results(session, exercises, args, console)) as results:
        found = _watch(results, console, silent=args.json)
    if args.json:
        print_json(proof_report.to_json(found.proofs, found.impossible, found.left_out))
    else:
        print("\n" + proof_report.in_words(found.proofs, found.left_out, failed=args.failed))
    if args.keep and (hint := proof_report.kept(found.proofs, args.name)):
        print(hint, file=sys.stderr)
    return proof_report.exit_code(found.proofs, found.left_out)


def _results(
    session: Session, exercises: Sequence[Exercise], args: Namespace, console: Console
) -> Generator[Result, None, None]:
    """Let the proofs run."""
    from lab.authoring.plan import Budget
    from lab.authoring.recall import Wanted
    from lab.authoring.workbench import prove_exercises

    wanted = Wanted(args.answer, record=args.record, force=args.force, failed=args.failed, keep=args.keep)
    budget = Budget(args.budget * 60, tuple(args.first), args.seed) if args.budget else None
    yield from prove_exercises(session, exercises, wanted, console, budget=budget, labs=args.labs)


@dataclass(frozen=True)
class _Found:
    proofs: list[Proof] = field(default_factory=list)
    impossible: list[Impossible] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def _watch(results: Iterable[Result], console: Console, *, silent: bool) -> _Found:
    """All results; unless `silent`, the table of each exercise is shown as soon as it is complete."""
    from lab.authoring import proof_report
    from lab.authoring.prove import Proof
    from lab.authoring.workbench import Impossible

    found = _Found()
    for _, of_exercise in groupby(results, key=lambda result: result.id.partition("/")[0]):
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
