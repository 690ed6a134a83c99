"""What an instructor does while a class goes on: `class say`, `class hand-down`, and at last `class end`."""

from __future__ import annotations

from argparse import Namespace

from lab import i18n
from lab.commands.arguments import Verbs
from lab.commands.class_file import chosen_learners, file_option, load_class


def add(class_: Verbs) -> None:
    """Enter these verbs among those of `class`."""
    say = class_.add("say", _say)
    say.add_argument("text", metavar="TEXT", help=i18n.text("cli.class.say.text"))
    say.add_argument("--to", nargs="+", default=[], metavar="SEAT", help=i18n.text("cli.class.say.to"))
    down = class_.add("hand-down", _hand_down)
    down.add_argument("seat", nargs="+", metavar="SEAT", help=i18n.text("cli.class.hand-down.seat"))
    end = class_.add("end", _end)
    for parser in (say, down, end):
        file_option(parser)


def _say(args: Namespace) -> int:
    from lab.workshop.events import Kind
    from lab.workshop.ledger import open_ledger

    class_, _ = load_class(args)
    ledger = open_ledger(class_.id)
    if not args.to:
        ledger.add(Kind.SAID, text=args.text)
    for learner in chosen_learners(class_, args.to) if args.to else ():
        ledger.add(Kind.SAID, learner=learner.number, text=args.text)
    print(i18n.text("cli.class.say.done"))
    return 0


def _hand_down(args: Namespace) -> int:
    from lab.workshop.events import Kind
    from lab.workshop.ledger import open_ledger

    class_, _ = load_class(args)
    ledger = open_ledger(class_.id)
    for learner in chosen_learners(class_, args.seat):
        ledger.add(Kind.HAND, learner=learner.number, up=False)
    return 0


def _end(args: Namespace) -> int:
    from lab.workshop.events import Kind
    from lab.workshop.ledger import open_ledger

    class_, _ = load_class(args)
    open_ledger(class_.id).add(Kind.ENDED)
    print(i18n.text("cli.class.end.done"))
    return 0
