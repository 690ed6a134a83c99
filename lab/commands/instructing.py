"""What an instructor does while a class goes on: `class say`, `helped`, `reset`, and at last `class end`."""

from __future__ import annotations

from argparse import Namespace

from lab import i18n
from lab.commands.arguments import Verbs, exercise_argument
from lab.commands.class_file import chosen_learners, file_option, load_class


def add(class_: Verbs) -> None:
    """Enter these verbs among those of `class`."""
    say = class_.add("say", _say)
    say.add_argument("text", metavar="TEXT", help=i18n.text("cli.class.say.text"))
    say.add_argument("--to", nargs="+", default=[], metavar="SEAT", help=i18n.text("cli.class.say.to"))
    down = class_.add("helped", _helped)
    down.add_argument("seat", nargs="+", metavar="SEAT", help=i18n.text("cli.class.helped.seat"))
    reset = class_.add("reset", _reset)
    reset.add_argument("seat", metavar="SEAT", help=i18n.text("cli.class.helped.seat"))
    exercise_argument(reset, nargs="?")
    end = class_.add("end", _end)
    for parser in (say, down, reset, end):
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


def _helped(args: Namespace) -> int:
    from lab.workshop.events import Kind
    from lab.workshop.ledger import open_ledger

    class_, _ = load_class(args)
    ledger = open_ledger(class_.id)
    for learner in chosen_learners(class_, args.seat):
        ledger.add(Kind.HAND, learner=learner.number, up=False)
    return 0


def _reset(args: Namespace) -> int:
    from lab.cluster import open_lab
    from lab.console import Console
    from lab.workshop.events import Kind
    from lab.workshop.exams import require_no_exam
    from lab.workshop.ledger import open_ledger
    from lab.workshop.place import open_session
    from lab.workshop.state import place_of

    class_, catalog = load_class(args)
    (learner,) = chosen_learners(class_, [args.seat])
    ledger = open_ledger(class_.id)
    require_no_exam(ledger, [learner])
    session = open_session(class_, learner, catalog, open_lab(place_of(class_, learner, ledger.events())), ledger)
    exercise = session.exercise(args.exercise) if args.exercise else None
    with Console() as progress:
        session.reset(exercise, progress)
    ledger.add(Kind.RESET, learner=learner.number, exercise=args.exercise or "")
    print(i18n.text("cli.class.reset.done", seat=learner.seat))
    return 0


def _end(args: Namespace) -> int:
    from lab.workshop.events import Kind
    from lab.workshop.ledger import open_ledger

    class_, _ = load_class(args)
    open_ledger(class_.id).add(Kind.ENDED)
    print(i18n.text("cli.class.end.done"))
    return 0
