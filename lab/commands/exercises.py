"""A learner at work: `list`, `task`, `start`, `hint`, `solution`, `reset`."""

from __future__ import annotations

import sys
from argparse import SUPPRESS, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lab import i18n, paths
from lab.commands.arguments import Verbs, drafts_option, exercise_argument, json_option, print_json
from lab.commands.sitting import require_none_under_way

if TYPE_CHECKING:
    from lab.practice.session import Session


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    listing = verbs.add("list", _list)
    json_option(listing)
    drafts_option(listing, default=SUPPRESS)
    exercise_argument(verbs.add("task", _task))
    exercise_argument(verbs.add("start", _start), nargs="+")
    hint = verbs.add("hint", _hint)
    exercise_argument(hint)
    hint.add_argument("number", nargs="?", type=int, default=1, metavar="N", help=i18n.text("cli.hint.number"))
    exercise_argument(verbs.add("solution", _solution))
    exercise_argument(verbs.add("reset", _reset), nargs="?")


def open_session(args: Namespace) -> Session:
    """The learner's session on the named lab."""
    from lab.catalog.load import load
    from lab.cluster import open_lab
    from lab.practice.history import History
    from lab.practice.session import Session

    return Session(load(drafts=args.drafts), open_lab(args.name), history=History(paths.history()))


def _list(args: Namespace) -> int:
    from lab.catalog.listing import listing
    from lab.cluster import record

    found, memory = listing(drafts=args.drafts), record.load(args.name)
    lacks = {str(name): why for name, why in memory.lacking().items()} if memory else {}
    if found["broken"]:
        print(i18n.text("cli.list.broken", count=found["broken"]), file=sys.stderr)
    exercises = [exercise for domain in found["domains"] for exercise in domain["exercises"]]
    if args.json:
        print_json([_listed(exercise, lacks) for exercise in exercises])
        return 0
    width = max((len(exercise["id"]) for exercise in exercises), default=0)
    for domain in found["domains"]:
        if domain["exercises"]:
            print(domain["title"][i18n.language()])
        for exercise in domain["exercises"]:
            facts = i18n.text("cli.list.facts", points=exercise["points"], minutes=exercise["minutes"])
            draft = i18n.text("cli.list.draft") if exercise["draft"] else ""
            print(f"  {exercise['id']:{width}}  {facts}  {_title(exercise)}{draft}")
            if reason := _why_not(exercise, lacks):
                print(f"  {'':{width}}  {i18n.text('ui.impossible', reason=reason)}")
    return 0


def _title(exercise: Mapping[str, Any]) -> str:
    """In the language in use; a draft may have it in the other one only."""
    titles: Mapping[str, str] = exercise["title"]
    return titles[i18n.language()] or titles["en"] or titles["zh"]


def _why_not(exercise: Mapping[str, Any], lacks: Mapping[str, str]) -> str:
    return "; ".join(lacks[capability] for capability in exercise["requires"] if capability in lacks)


def _listed(exercise: Mapping[str, Any], lacks: Mapping[str, str]) -> dict[str, object]:
    facts = {name: value for name, value in exercise.items() if name != "draft"}
    draft = {"draft": True} if exercise["draft"] else {}
    return {**facts, "title": _title(exercise), "impossible": _why_not(exercise, lacks), **draft}


def _task(args: Namespace) -> int:
    print(open_session(args).exercise(args.exercise).task)
    return 0


def _hint(args: Namespace) -> int:
    require_none_under_way()
    session = open_session(args)
    exercise = session.exercise(args.exercise)
    print(session.hint(exercise, args.number))
    hints = len(exercise.hints)
    if args.number < hints:
        print("\n" + i18n.text("cli.hint.more", exercise=exercise.id, number=args.number + 1, hints=hints))
    return 0


def _solution(args: Namespace) -> int:
    require_none_under_way()
    session = open_session(args)
    print(session.solution(session.exercise(args.exercise)))
    return 0


def _start(args: Namespace) -> int:
    from lab.console import Console

    require_none_under_way()
    session = open_session(args)
    exercises = [session.exercise(name) for name in dict.fromkeys(args.exercise)]
    with Console() as progress:
        session.start(*exercises, progress=progress)
    for exercise in exercises:
        print(i18n.text("cli.start.done", exercise=exercise.id))
    return 0


def _reset(args: Namespace) -> int:
    from lab.console import Console

    require_none_under_way()
    session = open_session(args)
    exercise = session.exercise(args.exercise) if args.exercise else None
    with Console() as progress:
        session.reset(exercise, progress)
    print(i18n.text("cli.reset.done", exercise=exercise.id) if exercise else i18n.text("cli.reset.all"))
    return 0
