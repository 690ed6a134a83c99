"""For those who write exercises and checks: `author check|schema`."""

from __future__ import annotations

from argparse import Namespace

from lab import i18n
from lab.commands.arguments import Verbs, exercise_argument


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    author = Verbs(verbs.add("author"), parent="author.")
    exercise_argument(author.add("check", _check), nargs="*")
    author.add("schema", _schema)


def _check(args: Namespace) -> int:
    """Print what is wrong; what a draft may lack is no mistake."""
    from lab.authoring.lint import lint
    from lab.catalog.load import load

    problems = lint(names=args.exercise)
    for problem in problems:
        print(i18n.text("cli.author.check.note", note=problem) if problem.is_gap else problem)
    if not all(problem.is_gap for problem in problems):
        return 1
    count = len(args.exercise or load(drafts=True).exercises)
    print(i18n.text("cli.author.check.done", exercises=count))
    return 0


def _schema(_: Namespace) -> int:
    """Write the file by which an editor completes and checks an `exercise.yaml`."""
    from lab import paths
    from lab.catalog import schema

    file = paths.data("exercises") / "exercise.schema.json"
    file.write_text(schema.text(), encoding="utf-8")
    print(i18n.text("cli.author.schema.done", file=file))
    return 0
