"""Judging: `grade` a learner's work, `prove` that an exercise judges rightly."""

from __future__ import annotations

from argparse import Namespace

from checkers.api import Verdict
from lab import i18n
from lab.commands.arguments import Verbs, exercise_argument, json_option, print_json
from lab.commands.exercises import open_session
from lab.console import pad
from lab.grading.grade import Graded


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    grade = verbs.add("grade", _grade)
    exercise_argument(grade)
    json_option(grade)


def _grade(args: Namespace) -> int:
    from lab.grading.report import as_json

    session = open_session(args)
    exercise = session.exercise(args.exercise)
    if args.json:
        grade = session.grade(exercise)
        print_json(as_json(grade))
    else:
        grade = session.grade(exercise, _print_graded)
        print(i18n.text("cli.grade.score", score=grade.score, points=exercise.points, seconds=f"{grade.seconds:.1f}"))
    return _exit_code(grade.verdict)


def _exit_code(verdict: Verdict) -> int:
    return {Verdict.PASS: 0, Verdict.FAIL: 1}.get(verdict, 3)


def _print_graded(graded: Graded) -> None:
    """One criterion, as soon as it is judged."""
    criterion, finding = graded.criterion, graded.finding
    points = "" if criterion.is_gate else f"{graded.earned}/{criterion.points}"
    print(f"{pad(i18n.text(f'ui.mark.{finding.verdict}'), 12)}{points:5} {criterion.title}", flush=True)
    if finding.verdict is not Verdict.PASS:
        for label, said in (("expected", finding.expected), ("found", finding.found), ("why", finding.why)):
            if said is not None:
                print(f"                {i18n.text(f'ui.results.{label}')}: {i18n.pick(said)}")
