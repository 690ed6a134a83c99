"""For those who write exercises and checks: `author new|answer|try|check|checks|schema`."""

from __future__ import annotations

import shutil
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from lab import i18n
from lab.commands.arguments import Parser, Verbs, exercise_argument, json_option, print_json
from lab.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from checkers.api import Check
    from lab.catalog.load import FileCatalog
    from lab.grading.grade import Graded


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    author = Verbs(verbs.add("author"), parent="author.")
    new = Verbs(author.add("new"), parent="author.new.")
    exercise = new.add("exercise", _new_exercise)
    exercise_argument(exercise)
    exercise.add_argument("--domain", required=True, metavar="DOMAIN", help=i18n.text("cli.author.new.domain"))
    new.add("check", _new_check).add_argument("check", metavar="NAME", help=i18n.text("cli.author.new.name"))
    _add_answer(author.add("answer", _answer))
    _add_try(author.add("try", _try))
    exercise_argument(author.add("check", _check), nargs="*")
    checks = author.add("checks", _checks)
    checks.add_argument("check", nargs="*", metavar="NAME", help=i18n.text("cli.author.checks.name"))
    json_option(checks)
    author.add("schema", _schema)


def _add_answer(parser: Parser) -> None:
    exercise_argument(parser)
    parser.add_argument("answer", metavar="NAME", help=i18n.text("cli.author.answer.name"))
    parser.add_argument("--like", default="", metavar="ANSWER", help=i18n.text("cli.author.answer.like"))
    parser.add_argument("--mistake", action="store_true", help=i18n.text("cli.author.answer.mistake"))
    parser.add_argument("--show", action="store_true", help=i18n.text("cli.author.answer.show"))


def _add_try(parser: Parser) -> None:
    exercise_argument(parser, nargs="?")
    parser.add_argument("answer", nargs="?", default="", metavar="ANSWER", help=i18n.text("cli.author.try.answer"))
    parser.add_argument("--check", default="", metavar="NAME", help=i18n.text("cli.author.try.check"))
    parser.add_argument(
        "--with",
        dest="given",
        action="extend",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help=i18n.text("cli.author.try.with"),
    )


def _new_exercise(args: Namespace) -> int:
    from lab.authoring.scaffold import new_exercise

    _print_written(new_exercise(args.exercise, args.domain))
    print(i18n.text("cli.author.new.exercise.next", exercise=args.exercise))
    return 0


def _new_check(args: Namespace) -> int:
    from lab.authoring.scaffold import new_check

    written = new_check(args.check)
    _print_written(written)
    print(i18n.text("cli.author.new.check.next", test=written[-1]))
    return 0


def _answer(args: Namespace) -> int:
    """Show an answer's script, make a patch of it, or add an answer."""
    from lab.authoring.scaffold import answer_of, new_answer, to_patch
    from lab.catalog.load import load

    exercise = load().exercise(args.exercise)
    if args.show:
        print(answer_of(exercise, args.answer).script_text, end="")
    elif args.like and any(answer.name == args.answer for answer in exercise.answers):
        _print_written([to_patch(exercise, args.answer, args.like)])
    else:
        _print_written(new_answer(exercise, args.answer, like=args.like, mistake=args.mistake))
        print(i18n.text("cli.author.answer.next", exercise=exercise.id, answer=args.answer))
    return 0


def _try(args: Namespace) -> int:
    """Run an answer on the live lab and show all that is found; or one check, on the lab as it is."""
    if not (args.exercise or args.check):
        raise UsageError("author.try")
    return _try_check(args) if args.check else _try_answer(args)


def _try_answer(args: Namespace) -> int:
    from lab.authoring.prove import Case, differences
    from lab.authoring.scaffold import answer_of
    from lab.authoring.trial import try_answer
    from lab.commands.exercises import open_session
    from lab.console import Console
    from lab.grading.record import UNTOUCHED

    session = open_session(args)
    exercise = session.exercise(args.exercise)
    answer = None if args.answer in ("", UNTOUCHED) else answer_of(exercise, args.answer)
    with Console() as progress:
        grade = try_answer(session, exercise, answer, progress, _print_graded)
    problems = differences(Case(exercise, answer).expected, grade.criteria)
    named = grade.known_mistake
    if answer is not None and (named is not answer and answer.mistake is not None):
        print(i18n.text("cli.author.try.mistake", named=named.name if named else "-", answer=answer.name))
    print("\n" + ("\n".join(problems) or i18n.text("cli.author.try.done")))
    return 1 if problems else 0


def _try_check(args: Namespace) -> int:
    import traceback

    from checkers.api import NoObservation, Verdict
    from lab.authoring.trial import try_check
    from lab.commands.exercises import open_session
    from lab.errors import LabError

    session = open_session(args)
    images = session.exercise(args.exercise).images if args.exercise else ()
    try:
        finding = try_check(session, args.check, args.given, images)
    except NoObservation as error:
        print(f"{type(error).__name__}: {i18n.pick(error.words)}")
        return 3
    except LabError:
        raise
    except Exception:
        traceback.print_exc()
        return 3
    print(f"{i18n.text(f'grading.verdict.{finding.verdict}')}")
    for label, words in (("expected", finding.expected), ("found", finding.found), ("why", finding.why)):
        if words is not None:
            print(f"  {i18n.text(f'grading.{label}')}{i18n.pick(words)}")
    _print_causes(finding.causes)
    return 0 if finding.verdict is Verdict.PASS else 1


def _print_graded(graded: Graded) -> None:
    """One criterion, with what was found where it passes, too."""
    from checkers.api import Verdict
    from lab.grading.report import criterion_to_text

    print(criterion_to_text(graded, colour=sys.stdout.isatty(), width=shutil.get_terminal_size().columns))
    if graded.finding.verdict is Verdict.PASS:
        print(f"    {i18n.text('grading.found')}{i18n.pick(graded.finding.found)}")
    _print_causes(graded.finding.causes)


def _print_causes(causes: Iterable[str]) -> None:
    if named := ", ".join(sorted(causes)):
        print(f"    {i18n.text('cli.author.checks.causes', causes=named)}")


def _print_written(files: Sequence[Path]) -> None:
    for file in files:
        print(i18n.text("cli.author.written", file=file))


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


def _checks(args: Namespace) -> int:
    """Print each check: what it says, what it takes, the causes that it finds, who calls it."""
    from checkers.registry import checks
    from lab.catalog.load import load

    known = checks()
    for name in args.check:
        if name not in known:
            raise UsageError("author.no_check", name=name, known=", ".join(sorted(known)))
    catalog = load(drafts=True)
    described = [_described(check, catalog) for name, check in sorted(known.items()) if name in (args.check or known)]
    if args.json:
        print_json(described)
        return 0
    for each in described:
        print(f"{each['name']}({', '.join(each['parameters'])})")
        print(f"    {each['doc']}")
        _print_causes(each["causes"])
        if each["used_by"]:
            print(f"    {i18n.text('cli.author.checks.used', exercises=', '.join(each['used_by']))}")
    return 0


def _described(check: Check, catalog: FileCatalog) -> dict[str, Any]:
    from lab.authoring.scaffold import used_by
    from lab.catalog.reader import parameters_of

    parameters = [
        f"{name}: {_type(entry.type)}" + ("" if entry.is_required else f" = {entry.default!r}")
        for name, entry in parameters_of(check.run).items()
    ]
    return {
        "name": check.name,
        "parameters": parameters,
        "doc": (check.run.__doc__ or "").strip().partition("\n")[0],
        "causes": sorted(check.causes),
        "used_by": list(used_by(check.name, catalog)),
    }


def _type(of: object) -> str:
    """As an author thinks of it: `str`, `Sequence[str]`, `'Pod' | 'Deployment'`."""
    from typing import Literal, get_args, get_origin

    if get_origin(of) is Literal:
        return " | ".join(map(repr, get_args(of)))
    return of.__name__ if isinstance(of, type) and not get_args(of) else str(of).replace("collections.abc.", "")


def _schema(_: Namespace) -> int:
    """Write the files by which an editor completes and checks an `exercise.yaml` and a blueprint."""
    from lab import paths
    from lab.catalog import schema

    written = []
    for name, text in schema.files().items():
        written.append(paths.data("exercises") / name)
        written[-1].write_text(text, encoding="utf-8")
    _print_written(written)
    return 0
