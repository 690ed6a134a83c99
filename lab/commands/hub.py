"""Letting learners in: `class serve`, `class sit`, which it runs for each of them, and `class proctor` for exams."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs
from lab.commands.class_file import file_option, load_class, seat_opener
from lab.commands.sitting import exam_of, go
from lab.errors import LabError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from lab.catalog.model import Catalog
    from lab.exam.sittings import Sitting
    from lab.ui.screens.sitting import Exam
    from lab.workshop.class_file import Class, Learner


def add(class_: Verbs) -> None:
    """Enter these verbs among those of `class`."""
    serve = class_.add("serve", _serve)
    serve.add_argument("--listen", default="", metavar="ADDRESS", help=i18n.text("cli.class.serve.listen"))
    file_option(serve)
    sit = class_.add("sit", _sit)
    sit.add_argument("number", type=int, metavar="LEARNER", help=i18n.text("cli.class.sit.number"))
    watch = class_.add("proctor", _proctor)
    for parser in (sit, watch):
        file_option(parser)


def _serve(args: Namespace) -> int:
    from lab.workshop import authority, hub, proctor
    from lab.workshop.apps import sit_command
    from lab.workshop.caretaker import Caretaker, move_command
    from lab.workshop.homes import Homes
    from lab.workshop.ledger import folder, open_ledger
    from lab.workshop.ledger_thread import LedgerThread

    class_, catalog = load_class(args)
    place = folder(class_.id)
    address = args.listen or hub.LOOPBACK
    with hub.alone(place):
        proof = authority.of_class(place, class_.address)
        ledger, mover = open_ledger(class_.id), move_command(args.file)

        def caretaker(thread: LedgerThread) -> Caretaker:
            return Caretaker(class_, ledger, thread, seat_opener(class_), Homes(place), mover)

        it = hub.Hub(
            class_,
            catalog,
            ledger,
            proof,
            sit_command(args.file),
            watch_exams=lambda: proctor.ensure(class_, args.file),
            caretaker=caretaker,
        )
        facts = {"origin": class_.origin, "ssh_port": class_.ssh_port, "listen": address}
        try:
            hub.run(it, address, lambda: print(i18n.text("cli.class.serve.begins", **facts), flush=True))
        except OSError as error:
            raise LabError("class.port", str(error), address=address) from error
    print(i18n.text("cli.class.serve.ended"))
    load_class(args)  # names that have become too old meanwhile are deleted
    return 0


def _sit(args: Namespace) -> int:
    """The app of one learner: their exam, where they sit one, else what there is to practise."""
    from lab.commands.app import need_terminal
    from lab.ui import run

    need_terminal()
    run.defer_gc()
    from lab.cluster import open_lab
    from lab.settings import NOTHING_CHOSEN
    from lab.workshop import place
    from lab.workshop.exams import open_sitting
    from lab.workshop.ledger import open_ledger
    from lab.workshop.link import Link
    from lab.workshop.state import place_of

    class_, catalog = load_class(args)
    learner = _learner(class_, args.number)
    ledger = open_ledger(class_.id)
    link = Link(learner, ledger, catalog)
    if (sitting := open_sitting(class_, learner)) is not None:
        exam = _exam_of(sitting, class_, learner, catalog, args.file)
        code = run.run_exams(exam, NOTHING_CHOSEN, link)
    else:
        engine = open_lab(place_of(class_, learner, ledger.events()))
        session = place.open_session(class_, learner, catalog, engine, ledger)
        code = run.run_in_class(session, lambda progress: place.mend(engine, progress), link)
    if code in (run.EXAMS, run.HOME):
        go("--name", learner.seat, "class", "sit", "--file", str(args.file.absolute()), str(learner.number))
    return code


def _exam_of(sitting: Sitting, class_: Class, learner: Learner, catalog: Catalog, file: Path) -> Exam:
    """What a learner's app shows of the exam that they sit."""
    from lab.workshop import proctor
    from lab.workshop.exams import history_of

    def watch_over() -> None:
        proctor.ensure(class_, file)

    watch_over()
    history, folder = history_of(class_, learner), proctor.folder_of(class_, learner)
    return exam_of(sitting, history, catalog, folder, watch_over=watch_over, close=lambda journal: journal.close())


def _proctor(args: Namespace) -> int:
    from lab.workshop import proctor
    from lab.workshop.homes import Homes
    from lab.workshop.ledger import folder, open_ledger
    from lab.workshop.moving import Move

    class_, catalog = load_class(args)
    ledger, homes = open_ledger(class_.id), Homes(folder(class_.id))

    def mover(learner: Learner) -> Move:
        return Move(class_, learner, catalog, ledger, homes, seat_opener(class_))

    with proctor.alone(class_) as is_free:
        if is_free:
            proctor.ClassProctor(class_, catalog, ledger, mover).run()
    return 0


def _learner(class_: Class, number: int) -> Learner:
    """The learner of a number.

    Raises:
        UsageError: there is none (`class.no_learner`).
    """
    if not 1 <= number <= len(class_.learners):
        raise UsageError("class.no_learner", number=number, learners=len(class_.learners))
    return class_.learners[number - 1]
