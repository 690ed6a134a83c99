"""Giving a learner another seat: `class move`, which the hub runs by itself for whoever has lost theirs."""

from __future__ import annotations

from argparse import Namespace

from lab import i18n
from lab.commands.arguments import Verbs
from lab.commands.class_file import chosen_learners, file_option, load_class, seat_opener


def add(class_: Verbs) -> None:
    """Enter this verb among those of `class`."""
    move = class_.add("move", _move)
    move.add_argument("seat", metavar="SEAT", help=i18n.text("cli.class.helped.seat"))
    file_option(move)


def _move(args: Namespace) -> int:
    from lab.console import Console
    from lab.workshop.exams import require_no_exam
    from lab.workshop.homes import Homes
    from lab.workshop.ledger import folder, open_ledger
    from lab.workshop.moving import Move

    class_, catalog = load_class(args)
    (learner,) = chosen_learners(class_, [args.seat])
    ledger = open_ledger(class_.id)
    require_no_exam(ledger, [learner])  # who watches it sees to that
    move = Move(class_, learner, catalog, ledger, Homes(folder(class_.id)), seat_opener(class_))
    with Console() as progress:
        place = move.go(progress)
    print(i18n.text("cli.class.move.done", seat=learner.seat, place=place))
    return 0
