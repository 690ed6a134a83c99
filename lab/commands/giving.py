"""What an instructor gives while a class goes on: `class give`, exercises or an exam, `class extend`, `class hint`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs
from lab.commands.class_file import chosen_learners, file_option, load_class
from lab.commands.drawing import seed_option
from lab.errors import UsageError

if TYPE_CHECKING:
    from lab.catalog.blueprint import Blueprint
    from lab.catalog.model import Catalog, Exercise
    from lab.workshop.class_file import Class, Learner
    from lab.workshop.ledger import Ledger


def add(class_: Verbs) -> None:
    """Enter this verb among those of `class`."""
    give = class_.add("give", _give)
    give.add_argument("what", nargs="+", metavar="EX|EXAM", help=i18n.text("cli.class.give.what"))
    seed_option(give)
    give.add_argument("--to", nargs="+", default=[], metavar="SEAT", help=i18n.text("cli.class.say.to"))
    hint = class_.add("hint", _hint)
    hint.add_argument("seat", metavar="SEAT", help=i18n.text("cli.class.helped.seat"))
    hint.add_argument("exercise", nargs="?", default="", metavar="EX", help=i18n.text("cli.class.hint.exercise"))
    extend = class_.add("extend", _extend)
    extend.add_argument("minutes", type=int, metavar="MINUTES", help=i18n.text("cli.class.extend.minutes"))
    extend.add_argument("--to", nargs="+", default=[], metavar="SEAT", help=i18n.text("cli.class.say.to"))
    for parser in (give, hint, extend):
        file_option(parser)


def _give(args: Namespace) -> int:
    from lab.commands.drawing import load_blueprints
    from lab.workshop.ledger import open_ledger

    class_, catalog = load_class(args)
    ledger = open_ledger(class_.id)
    blueprints = {each.id: each for each in load_blueprints()[1].known}
    if len(args.what) == 1 and args.what[0] in blueprints:
        return _give_exam(args, blueprints[args.what[0]], class_, catalog, ledger)
    if args.seed:
        raise UsageError("class.no_seed")
    return _give_exercises(args, class_, catalog, ledger)


def _give_exercises(args: Namespace, class_: Class, catalog: Catalog, ledger: Ledger) -> int:
    from lab.workshop.events import Kind
    from lab.workshop.state import places_of

    learners = chosen_learners(class_, args.to)
    exercises = [catalog.exercise(name) for name in dict.fromkeys(args.what)]
    _require_new(class_, learners, exercises, ledger)
    _require_possible(learners[0].seat, exercises)
    places = places_of(class_, ledger.events())
    seats = [places[learner.number] for learner in learners] if args.to else class_.seats
    _load_addons(class_, seats, exercises, ledger)
    for learner in [each.number for each in learners] if args.to else [0]:
        ledger.add(Kind.GIVEN, learner=learner, exercises=[exercise.id for exercise in exercises])
    print(i18n.text("cli.class.give.done", exercises=", ".join(each.id for each in exercises), learners=len(learners)))
    return 0


def _give_exam(args: Namespace, blueprint: Blueprint, class_: Class, catalog: Catalog, ledger: Ledger) -> int:
    from lab.commands.drawing import drawn_seed
    from lab.console import Console
    from lab.exam.begin import session_on
    from lab.exam.prepare import Wish
    from lab.workshop import proctor
    from lab.workshop.exams import Giving, name_of

    seed, digest = args.seed or drawn_seed()
    giving = Giving(class_, catalog, ledger, lambda seat: session_on(seat, catalog), boots=_boots())
    with Console() as progress:
        given = giving.run(Wish(blueprint, seed, digest), chosen_learners(class_, args.to), progress)
    if given.learners:
        proctor.ensure(class_, args.file)
    facts = {"minutes": given.plan.minutes, "tasks": len(given.plan.tasks), "learners": len(given.learners)}
    print(i18n.text("cli.class.give.exam", exam=name_of(given.plan), **facts))
    for task in given.plan.tasks:
        print(f"{task.position:3}  {task.weight:3} %  {task.exercise}")
    for seat, reason in given.refused.items():
        print(i18n.text("cli.class.give.refused", seat=seat, reason=reason), file=sys.stderr)
    return 3 if given.refused else 0


def _extend(args: Namespace) -> int:
    from lab.workshop.exams import extend
    from lab.workshop.ledger import open_ledger

    class_, catalog = load_class(args)
    if args.minutes < 1:
        raise UsageError("class.no_minutes", minutes=args.minutes)
    ledger, learners = open_ledger(class_.id), chosen_learners(class_, args.to)
    extended = [each for each in learners if extend(class_, catalog, ledger, each, args.minutes * 60)]
    if not extended:
        raise UsageError("class.no_exam", seats=", ".join(learner.seat for learner in learners))
    print(i18n.text("cli.class.extend.done", minutes=args.minutes, seats=", ".join(each.seat for each in extended)))
    if others := [learner.seat for learner in learners if learner not in extended]:
        print(i18n.text("cli.class.extend.none", seats=", ".join(others)), file=sys.stderr)
    return 0


def _boots() -> int:
    from lab.workshop.capacity import boots_at_a_time

    return boots_at_a_time(os.cpu_count() or 1)


def _require_new(class_: Class, learners: Sequence[Learner], exercises: Sequence[Exercise], ledger: Ledger) -> None:
    """See that somebody has more to do then.

    Raises:
        UsageError: all of them have all of that (`class.have_it`).
    """
    from lab.workshop.assignments import exercises_of

    events, wanted = ledger.events(), {exercise.id for exercise in exercises}
    if all(wanted <= set(exercises_of(class_, events, learner.number)) for learner in learners):
        raise UsageError("class.have_it", exercises=", ".join(sorted(wanted)))


def _require_possible(seat: str, exercises: Sequence[Exercise]) -> None:
    """See that the exercises can be done on seats, which are all of one kind.

    Raises:
        UsageError: one cannot (`start.impossible`).
    """
    from lab.cluster import open_lab

    lacks = open_lab(seat).lacks()
    for exercise in exercises:
        if missing := exercise.missing(lacks):
            raise UsageError("start.impossible", "; ".join(missing.values()), exercise=exercise.id)


def _load_addons(class_: Class, seats: Sequence[str], exercises: Sequence[Exercise], ledger: Ledger) -> None:
    """Have the add-ons of exercises on seats before anybody starts one; says where that was not possible."""
    needed = {name for exercise in exercises for name in exercise.addons}
    if not needed:
        return
    from lab.cluster import open_lab
    from lab.console import Console
    from lab.workshop.seats import Seats

    with Console() as progress:
        behind = Seats(class_, ledger, open_lab, boots=_boots()).load(needed, seats, progress)
    if behind:
        print(i18n.text("cli.class.give.behind", seats=", ".join(behind)), file=sys.stderr)


def _hint(args: Namespace) -> int:
    from lab.exam.events import now
    from lab.workshop.board import board_of
    from lab.workshop.events import Kind
    from lab.workshop.ledger import open_ledger

    class_, catalog = load_class(args)
    ledger = open_ledger(class_.id)
    (learner,) = chosen_learners(class_, [args.seat])
    row = board_of(class_, ledger.events(), now()).rows[learner.number - 1]
    name = args.exercise or row.exercise
    if not name:
        raise UsageError("class.no_exercise", seat=args.seat)
    if name not in row.cells:
        raise UsageError("class.not_theirs", seat=args.seat, exercise=name, exercises=", ".join(row.cells))
    hints, number = catalog.exercise(name).hints, row.cells[name].hints + 1
    if number > len(hints):
        raise UsageError("class.no_hint", seat=args.seat, exercise=name, hints=len(hints))
    ledger.add(Kind.HINTED, learner=learner.number, exercise=name, number=number)
    print(i18n.text("cli.class.hint.done", seat=args.seat, exercise=name, number=number))
    print(hints[number - 1])
    return 0
