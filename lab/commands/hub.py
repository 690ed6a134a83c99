"""Letting learners in: `class serve`, and `class sit`, which the hub runs for each of them."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs
from lab.commands.class_file import file_option, load_class
from lab.errors import LabError, UsageError

if TYPE_CHECKING:
    from lab.workshop.class_file import Class, Learner


def add(class_: Verbs) -> None:
    """Enter these verbs among those of `class`."""
    serve = class_.add("serve", _serve)
    serve.add_argument("--listen", default="", metavar="ADDRESS", help=i18n.text("cli.class.serve.listen"))
    file_option(serve)
    sit = class_.add("sit", _sit)
    sit.add_argument("number", type=int, metavar="LEARNER", help=i18n.text("cli.class.sit.number"))
    file_option(sit)


def _serve(args: Namespace) -> int:
    from lab.workshop import authority, hub
    from lab.workshop.apps import sit_command
    from lab.workshop.ledger import folder, open_ledger

    class_, catalog = load_class(args)
    place = folder(class_.id)
    address = args.listen or hub.LOOPBACK
    with hub.alone(place):
        proof = authority.of_class(place, class_.address)
        it = hub.Hub(class_, catalog, open_ledger(class_.id), proof, sit_command(args.file))
        facts = {"origin": class_.origin, "ssh_port": class_.ssh_port, "listen": address}
        try:
            hub.run(it, address, lambda: print(i18n.text("cli.class.serve.begins", **facts), flush=True))
        except OSError as error:
            raise LabError("class.port", str(error), address=address) from error
    print(i18n.text("cli.class.serve.ended"))
    return 0


def _sit(args: Namespace) -> int:
    """The app of one learner."""
    from lab.commands.app import need_terminal
    from lab.ui import run

    need_terminal()
    run.defer_gc()
    from lab.cluster import open_lab
    from lab.workshop import place
    from lab.workshop.ledger import open_ledger
    from lab.workshop.link import Link

    class_, catalog = load_class(args)
    learner = _learner(class_, args.number)
    ledger = open_ledger(class_.id)
    engine = open_lab(learner.seat)
    session = place.open_session(class_, learner, catalog, engine, ledger)
    return run.run_in_class(session, lambda progress: place.mend(engine, progress), Link(learner, ledger, catalog))


def _learner(class_: Class, number: int) -> Learner:
    """The learner of a number.

    Raises:
        UsageError: there is none (`class.no_learner`).
    """
    if not 1 <= number <= len(class_.learners):
        raise UsageError("class.no_learner", number=number, learners=len(class_.learners))
    return class_.learners[number - 1]
