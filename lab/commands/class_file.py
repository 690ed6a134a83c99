"""The class that a command line is about."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Parser

if TYPE_CHECKING:
    from lab.catalog.model import Catalog
    from lab.workshop.class_file import Class


def file_option(parser: Parser) -> None:
    """`--file FILE`, the class's."""
    parser.add_argument("--file", type=Path, default=Path("class.yaml"), help=i18n.text("cli.class.file"))


def load_class(args: Namespace) -> tuple[Class, Catalog]:
    """The class that a command line names, and the exercises."""
    from lab.catalog.load import load
    from lab.workshop import class_file

    catalog = load()
    return class_file.load(args.file, catalog), catalog
