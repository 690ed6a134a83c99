"""Judging: `grade` what a learner did, `prove` that an exercise judges rightly."""

from __future__ import annotations

import os
import shutil
import sys
import time
from argparse import Namespace
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs, exercise_argument, json_option, print_json
from lab.commands.exercises import open_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.catalog.model import Exercise
    from lab.console import Console
    from lab.grading.grade import Graded
    from lab.grading.prove import Proof
    from lab.practice.session import Session


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    grade = verbs.add("grade", _grade)
    exercise_argument(grade)
    json_option(grade)
    prove = verbs.add("prove", _prove)
    exercise_argument(prove, nargs="*")
    prove.add_argument("--answer", default="", metavar="ANSWER", help=i18n.text("cli.prove.answer"))
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

    session = open_session(args)
    exercises = [session.exercise(name) for name in args.exercise] or session.catalog.exercises
    with Console() as console:
        proofs = _watch(session, exercises, args.answer, console, silent=args.json)
    if args.json:
        print_json([_proof(proof) for proof in proofs])
    return 0 if all(proof.holds for proof in proofs) else 1


def _watch(
    session: Session, exercises: Sequence[Exercise], answer: str, console: Console, *, silent: bool
) -> list[Proof]:
    """Let the proofs run, showing each when it begins and, unless `silent`, what became of it."""
    from lab.grading.prove import Proof
    from lab.progress import Progress

    began = time.monotonic()
    proofs: list[Proof] = []
    for event in session.prove(exercises, answer):
        if not isinstance(event, Proof):
            step = f"{event.exercise.id} {event.answer}"
            console(Progress(step, event.number, event.answers, time.monotonic() - began))
            continue
        proofs.append(event)
        if not silent:
            word = i18n.text("cli.prove.holds" if event.holds else "cli.prove.fails")
            lines = [f"{word} {event.exercise.id} {event.answer} ({event.seconds:.1f} s)", *event.problems]
            console.result("\n    ".join(lines))
    return proofs


def _proof(proof: Proof) -> dict[str, object]:
    from lab.grading.report import to_json

    return {
        "exercise": proof.exercise.id,
        "answer": proof.answer,
        "holds": proof.holds,
        "seconds": round(proof.seconds, 3),
        "problems": list(proof.problems),
        "grade": to_json(proof.grade) if proof.grade else None,
    }
