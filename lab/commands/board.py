"""How far a class is: `class board`, and `class export` of it."""

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


def add(class_: Verbs) -> None:
    """Enter this verb among those of `class`."""
    board = class_.add("board", _board)
    form = board.add_mutually_exclusive_group()
    form.add_argument("--no-names", action="store_true", help=i18n.text("cli.class.board.no_names"))
    form.add_argument("--page", action="store_true", help=i18n.text("cli.class.board.page"))
    json_option(board)
    export = class_.add("export", _export)
    form = export.add_mutually_exclusive_group()
    form.add_argument("--wide", action="store_true", help=i18n.text("cli.class.export.wide"))
    form.add_argument("--events", action="store_true", help=i18n.text("cli.class.export.events"))
    for parser in (board, export):
        file_option(parser)


def _board(args: Namespace) -> int:
    """The board on a terminal, else printed once."""
    from lab.workshop.board_text import lines, plain, to_json

    class_, catalog = load_class(args)
    if args.page:
        return _print_link(class_)
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


def _print_link(class_: Class) -> int:
    """The link to the board for a projector. The one before it leads nowhere from now on."""
    from lab.workshop.ledger import open_ledger
    from lab.workshop.tokens import issue_board

    link = f"{class_.origin}/board/{issue_board(open_ledger(class_.id))}"
    print(i18n.text("cli.class.board.link", link=link))
    return 0


def _export(args: Namespace) -> int:
    from lab.exam.events import now
    from lab.workshop.board import board_of
    from lab.workshop.export import to_csv, to_lines
    from lab.workshop.ledger import open_ledger

    class_, catalog = load_class(args)
    events = open_ledger(class_.id).events()
    if args.events:
        for line in to_lines(events, class_):
            print(line)
    else:
        print(to_csv(board_of(class_, events, now()), events, class_, catalog, wide=args.wide), end="")
    return 0


def _reader(class_: Class) -> Callable[[], Board]:
    """Reads the board. Events that were read before are not read again."""
    from lab.exam.events import now
    from lab.workshop.board import Following
    from lab.workshop.ledger import open_ledger

    ledger = open_ledger(class_.id)
    following = Following(class_)

    def read() -> Board:
        following.follow(ledger.events(following.followed))
        return following.board(now())

    return read
