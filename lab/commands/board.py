"""How far a class is: `class board`."""

from __future__ import annotations

import shutil
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs, json_option, print_json
from lab.commands.class_file import file_option, load_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.workshop.board import Board
    from lab.workshop.class_file import Class
    from lab.workshop.events import Event


def add(class_: Verbs) -> None:
    """Enter this verb among those of `class`."""
    board = class_.add("board", _board)
    board.add_argument("--no-names", action="store_true", help=i18n.text("cli.class.board.no_names"))
    json_option(board)
    file_option(board)


def _board(args: Namespace) -> int:
    """The board on a terminal, else printed once."""
    from lab.workshop.board_text import lines, plain, to_json

    class_, catalog = load_class(args)
    read = _reader(class_)
    if args.json:
        print_json(to_json(read(), class_, catalog))
    elif sys.stdin.isatty() and sys.stdout.isatty() and not args.no_names:
        from lab.ui import run

        return run.run_board(class_, catalog, read)
    else:
        width = shutil.get_terminal_size().columns
        print("\n".join(map(plain, lines(read(), class_, catalog, width, names=not args.no_names))))
    return 0


def _reader(class_: Class) -> Callable[[], Board]:
    """Reads the board. Events that were read before are not read again."""
    from lab.exam.events import now
    from lab.workshop.board import board_of
    from lab.workshop.ledger import open_ledger

    ledger = open_ledger(class_.id)
    known: list[Event] = []

    def read() -> Board:
        known.extend(ledger.events(len(known)))
        return board_of(class_, known, now())

    return read
