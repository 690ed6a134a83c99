"""A class: `class new`, `class plan`. `lab.commands.seats` has the verbs of its seats."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands import board, deployment, following, giving, hub, instructing, moving, rehearsal, seats
from lab.commands.arguments import Verbs, json_option, print_json
from lab.commands.class_file import file_option, load_class
from lab.errors import UsageError

if TYPE_CHECKING:
    from lab.workshop.capacity import Capacity, Limit
    from lab.workshop.class_file import Class

_UNITS = {"memory": 2**30, "disk": 2**30, "processors": 1, "inotify": 1, "pods": 1}
"""What a person counts each resource in."""


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    class_ = Verbs(verbs.add("class"), parent="class.")
    new = class_.add("new", _new)
    new.add_argument("id", metavar="NAME", help=i18n.text("cli.class.new.name"))
    new.add_argument("learner", nargs="*", metavar="LEARNER", help=i18n.text("cli.class.new.learner"))
    new.add_argument("--list", default="", metavar="FILE", help=i18n.text("cli.class.new.list"))
    new.add_argument("--exercises", nargs="+", default=[], metavar="EX", help=i18n.text("cli.class.new.exercises"))
    file_option(new)
    plan = class_.add("plan", _plan)
    file_option(plan)
    json_option(plan)
    rehearsal.add(class_)
    seats.add(class_)
    hub.add(class_)
    deployment.add(class_)
    board.add(class_)
    instructing.add(class_)
    giving.add(class_)
    following.add(class_)
    moving.add(class_)


def _new(args: Namespace) -> int:
    from lab.catalog.load import load
    from lab.workshop import class_file

    class_file.require_id(args.id)
    if args.file.exists():
        raise UsageError("class.exists", file=args.file)
    if not (args.learner or args.list):
        raise UsageError("class.no_list", name=args.id)
    if args.list and not (args.file.parent / args.list).is_file():
        raise UsageError("class.no_list_file", list=args.list)
    catalog = load()
    exercises = args.exercises or [exercise.id for exercise in catalog.exercises[:3]]
    for name in exercises:
        catalog.exercise(name)
    args.file.write_text(class_file.written(args.id, exercises, args.learner, args.list), encoding="utf-8")
    class_ = class_file.load(args.file, catalog)
    print(i18n.text("cli.class.new.done", file=args.file, learners=len(class_.learners), exercises=len(exercises)))
    return 0


def _plan(args: Namespace) -> int:
    from lab.workshop import capacity

    class_, catalog = load_class(args)
    found = capacity.find(class_, catalog)
    if args.json:
        print_json(_to_json(class_, found))
    else:
        print("\n".join(_to_text(class_, found)))
    return 0 if found.fits else 1


def _to_text(class_: Class, found: Capacity) -> Iterator[str]:
    """What is wanted, a line for each resource, and what follows."""
    facts = {"learners": len(class_.learners), "reserve": class_.reserve, "seats": found.wanted, "made": found.made}
    yield i18n.text("cli.class.plan.wanted", title=class_.title, **facts)
    for limit in found.limits:
        yield "  " + i18n.text(f"cli.class.plan.limit.{limit.resource}", **_figures(limit))
    if class_.wish.engine == "pods":
        yield i18n.text("cli.class.plan.unknown")
    if not found.fits:
        yield i18n.text("cli.class.plan.too_few", room=found.room, seats=found.wanted)
        yield i18n.text(f"cli.class.plan.advice.{_advice(class_, found)}")
    elif found.made < found.wanted:
        yield i18n.text("cli.class.plan.fits", minutes=max(1, round(found.minutes)), boots=found.boots)
    else:
        yield i18n.text("cli.class.plan.all_made")


def _advice(class_: Class, found: Capacity) -> str:
    """What to do about the limit; on a host cluster that is the same for all."""
    return "pods" if class_.wish.engine == "pods" else found.limits[0].resource


def _figures(limit: Limit) -> dict[str, str]:
    unit = _UNITS[limit.resource]
    whole = float(limit.a_seat).is_integer() and unit == 1
    figure = "{:.0f}" if whole else "{:.1f}" if unit > 1 else "{:.2f}"
    return {
        "a_seat": figure.format(limit.a_seat / unit),
        "there": ("{:.0f}" if whole else "{:.1f}").format(limit.there / unit),
        "seats": str(limit.seats),
    }


def _to_json(class_: Class, found: Capacity) -> dict[str, object]:
    return {
        "class": class_.id,
        "learners": len(class_.learners),
        "reserve": class_.reserve,
        "seats": found.wanted,
        "made": found.made,
        "room": found.room,
        "fits": found.fits,
        "boots": found.boots,
        "minutes": found.minutes,
        "limits": [
            {"resource": limit.resource, "a_seat": limit.a_seat, "there": limit.there, "seats": limit.seats}
            for limit in found.limits
        ],
    }
