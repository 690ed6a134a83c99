"""What an instructor gives while a class goes on: `class give`, `class hint`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs
from lab.commands.class_file import chosen_learners, file_option, load_class
from lab.errors import UsageError

if TYPE_CHECKING:
    from lab.catalog.model import Exercise
    from lab.workshop.class_file import Class, Learner
    from lab.workshop.ledger import Ledger


def add(class_: Verbs) -> None:
    """Enter this verb among those of `class`."""
    give = class_.add("give", _give)
    give.add_argument("exercise", nargs="+", metavar="EX", help=i18n.text("cli.exercise"))
    give.add_argument("--to", nargs="+", default=[], metavar="SEAT", help=i18n.text("cli.class.say.to"))
    hint = class_.add("hint", _hint)
    hint.add_argument("seat", metavar="SEAT", help=i18n.text("cli.class.helped.seat"))
    hint.add_argument("exercise", nargs="?", default="", metavar="EX", help=i18n.text("cli.class.hint.exercise"))
    for parser in (give, hint):
        file_option(parser)


def _give(args: Namespace) -> int:
    from lab.workshop.events import Kind
    from lab.workshop.ledger import open_ledger

    class_, catalog = load_class(args)
    ledger = open_ledger(class_.id)
    learners = chosen_learners(class_, args.to)
    exercises = [catalog.exercise(name) for name in dict.fromkeys(args.exercise)]
    _require_new(class_, learners, exercises, ledger)
    _require_possible(learners[0].seat, exercises)
    _load_addons(class_, [learner.seat for learner in learners] if args.to else class_.seats, exercises, ledger)
    for learner in [each.number for each in learners] if args.to else [0]:
        ledger.add(Kind.GIVEN, learner=learner, exercises=[exercise.id for exercise in exercises])
    print(i18n.text("cli.class.give.done", exercises=", ".join(each.id for each in exercises), learners=len(learners)))
    return 0


def _require_new(class_: Class, learners: Sequence[Learner], exercises: Sequence[Exercise], ledger: Ledger) -> None:
    """See that somebody has more to do then.

    Raises:
        UsageError: all of them have all of that (`class.have_it`).
    """
    from lab.workshop.given import exercises_of

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
    from lab.workshop.capacity import boots_at_a_time
    from lab.workshop.seats import Seats

    with Console() as progress:
        boots = boots_at_a_time(os.cpu_count() or 1)
        behind = Seats(class_, ledger, open_lab, boots=boots).load(needed, seats, progress)
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
