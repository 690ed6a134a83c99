"""The seats of a class and what lets learners in: `class up`, `class stop`, `class slips`, `class purge`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs, image_options, json_option, print_json
from lab.commands.class_file import chosen_learners, file_option, load_class, seat_opener, wish_of
from lab.errors import UsageError

if TYPE_CHECKING:
    from lab.catalog.model import Catalog
    from lab.workshop.capacity import Capacity
    from lab.workshop.class_file import Class
    from lab.workshop.ledger import Ledger
    from lab.workshop.state import Seat


def add(class_: Verbs) -> None:
    """Enter these verbs among those of `class`."""
    up = class_.add("up", _up)
    up.add_argument("--consent", default="", metavar="NAME", help=i18n.text("cli.class.up.consent"))
    up.add_argument("--anyway", action="store_true", help=i18n.text("cli.class.up.anyway"))
    image_options(up)
    stop = class_.add("stop", _stop)
    slips = class_.add("slips", _slips)
    slips.add_argument("seat", nargs="*", metavar="SEAT", help=i18n.text("cli.class.slips.seat"))
    slips.add_argument("--again", action="store_true", help=i18n.text("cli.class.slips.again"))
    slips.add_argument("--another-door", action="store_true", help=i18n.text("cli.class.slips.another_door"))
    slips.add_argument("--html", type=Path, metavar="FILE", help=i18n.text("cli.class.slips.html"))
    purge = class_.add("purge", _purge)
    purge.add_argument("--consent", default="", metavar="NAME", help=i18n.text("cli.class.purge.consent"))
    for parser in (up, stop, slips, purge):
        file_option(parser)
    json_option(up)


def _up(args: Namespace) -> int:
    from lab.cluster import create_lab
    from lab.console import Console
    from lab.exam.events import now
    from lab.workshop.capacity import boots_at_a_time
    from lab.workshop.ledger import open_ledger
    from lab.workshop.seats import Seats
    from lab.workshop.state import seats_of

    class_, catalog = load_class(args)
    ledger = open_ledger(class_.id)
    boots = boots_at_a_time(os.cpu_count() or 1) if args.anyway else _require_room(class_, catalog).boots
    _require_consent(class_, ledger, args.consent)
    chosen = wish_of(class_, args)
    seats = Seats(class_, ledger, lambda name: create_lab(name, chosen), boots=boots)
    with Console() as progress:
        lost = seats.up(catalog, progress)
    found = seats_of(class_, ledger.events(), now())
    if args.json:
        print_json([{"seat": each.name, "state": each.condition.value, "reason": each.reason} for each in found])
    else:
        print("\n".join(_to_text(class_, found)))
    return 3 if lost else 0


def _require_room(class_: Class, catalog: Catalog) -> Capacity:
    """See that there is room for the class; how much there is.

    Raises:
        UsageError: there is too little (`class.no_room`).
    """
    from lab.workshop import capacity

    found = capacity.find(class_, catalog)
    if not found.fits:
        raise UsageError("class.no_room", room=found.room, seats=found.wanted, file=class_.id)
    return found


def _require_consent(class_: Class, ledger: Ledger, given: str) -> None:
    """See that the instructor knows what seats are. Asked once for each class.

    Raises:
        UsageError: they do not say so (`class.consent`).
    """
    from lab.workshop.events import Kind

    if any(event.kind is Kind.CONSENTED for event in ledger.events()):
        return
    question = i18n.text(f"workshop.consent.{class_.wish.engine}", name=class_.id)
    _require_typed(class_, given, question, "class.consent")
    ledger.add(Kind.CONSENTED)


def _require_typed(class_: Class, given: str, question: str, key: str) -> None:
    """Have the class's name typed: what is asked for is not done by mistake."""
    if not given and sys.stdin.isatty():
        print(question, file=sys.stderr)
        given = input("> ").strip()
    if given != class_.id:
        raise UsageError(key, question, name=class_.id)


def _to_text(class_: Class, seats: Sequence[Seat]) -> Iterator[str]:
    """A line a seat: its state, and whose it is."""
    from lab.text import cells, pad

    width = max(cells(each.name) for each in seats)
    for each in seats:
        whose = class_.learners[each.learner - 1].name if each.learner else i18n.text("workshop.reserve")
        state = i18n.text(f"workshop.state.{each.condition}")
        yield f"{pad(each.name, width)}  {pad(state, 10)}  {whose}" + (f"  {each.reason}" if each.reason else "")


def _stop(args: Namespace) -> int:
    from lab.console import Console
    from lab.workshop.exams import require_no_exam
    from lab.workshop.ledger import open_ledger
    from lab.workshop.seats import Seats

    class_, _ = load_class(args)
    ledger = open_ledger(class_.id)
    require_no_exam(ledger, class_.learners)
    with Console() as progress:
        Seats(class_, ledger, seat_opener(class_)).stop(progress)
    print(i18n.text("cli.class.stop.done"))
    return 0


def _slips(args: Namespace) -> int:
    from lab.workshop import authority, slips
    from lab.workshop.ledger import folder, open_ledger
    from lab.workshop.slips import Slip
    from lab.workshop.tokens import Passes, issue

    class_, _ = load_class(args)
    ledger = open_ledger(class_.id)
    passes = Passes()
    for event in ledger.events():
        passes.follow(event)
    chosen = chosen_learners(class_, args.seat)
    anew = args.again or args.another_door
    given = [learner for learner in chosen if anew or not passes.has_pass(learner.number)]
    proof = authority.of_class(folder(class_.id), class_.address)
    made = [Slip(class_, learner, issue(ledger, learner, beside=args.another_door)) for learner in given]
    if args.html and made:
        args.html.touch(mode=0o600)
        args.html.write_text(slips.to_html(made, proof), encoding="utf-8")
        print(i18n.text("cli.class.slips.written", file=args.html, slips=len(made)))
    elif made:
        print(slips.to_text(made, proof))
    if kept := [learner.seat for learner in chosen if learner not in given]:
        print(i18n.text("cli.class.slips.kept", seats=", ".join(kept)), file=sys.stderr)
    return 0


def _purge(args: Namespace) -> int:
    from lab.console import Console
    from lab.workshop import hub
    from lab.workshop.ledger import folder, open_ledger
    from lab.workshop.seats import Seats

    class_, _ = load_class(args)
    _require_typed(class_, args.consent, i18n.text("workshop.purge", name=class_.id), "class.purge")
    with hub.alone(folder(class_.id)), Console() as progress:
        Seats(class_, open_ledger(class_.id), seat_opener(class_)).purge(progress)
    print(i18n.text("cli.class.purge.done", name=class_.id))
    return 0
