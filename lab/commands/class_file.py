"""The class that a command line is about."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Parser
from lab.errors import UsageError

if TYPE_CHECKING:
    from lab.catalog.model import Catalog
    from lab.cluster.record import Record
    from lab.workshop.class_file import Class, Learner
    from lab.workshop.seats import OpenEngine


def file_option(parser: Parser) -> None:
    """`--file FILE`, the class's."""
    parser.add_argument("--file", type=Path, default=Path("class.yaml"), help=i18n.text("cli.class.file"))


def load_class(args: Namespace) -> tuple[Class, Catalog]:
    """The class that a command line names, and the exercises. Names that are too old are deleted first."""
    from lab.catalog.load import load
    from lab.workshop import class_file, retention
    from lab.workshop.ledger import has_ledger, open_ledger

    catalog = load()
    class_ = class_file.load(args.file, catalog)
    if has_ledger(class_.id) and retention.is_due(class_, open_ledger(class_.id)):
        retention.delete_names(args.file, class_)
        class_ = class_file.load(args.file, catalog)
        print(i18n.text("cli.class.forgotten", file=args.file, days=class_.keep_days), file=sys.stderr)
    return class_, catalog


def chosen_learners(class_: Class, seats: Sequence[str]) -> Sequence[Learner]:
    """The learners on whose slips these seats are; without any, all.

    Raises:
        UsageError: there is no such seat (`class.no_seat`).
    """
    by_seat = {learner.seat: learner for learner in class_.learners}
    for seat in seats:
        if seat not in by_seat:
            raise UsageError("class.no_seat", seat=seat, first=class_.learners[0].seat, last=class_.learners[-1].seat)
    return [by_seat[seat] for seat in dict.fromkeys(seats)] or class_.learners


def wish_of(class_: Class, args: Namespace) -> Record:
    """What the seats of a class are made by: what its file says, unless the command line says otherwise."""
    said = {"runtime": args.runtime, "image": None if args.image == "auto" else args.image}
    return replace(class_.wish, **{name: value for name, value in said.items() if value})


def seat_opener(class_: Class) -> OpenEngine:
    """Opens seats: each as it was made, and one that never was as the class's file says."""
    from lab.cluster import open_lab

    return partial(open_lab, wish=class_.wish)
