"""What an exam is drawn by, as a command line says it."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Parser

if TYPE_CHECKING:
    from lab.catalog.blueprint import Blueprints
    from lab.catalog.model import Catalog
    from lab.exam.plan import Lack

DEFAULT = "chapter"
"""The exam where none is named."""


def draw_options(parser: Parser) -> None:
    """`[BLUEPRINT] [--seed N[@POOL]] [--hosts K]`."""
    parser.add_argument(
        "blueprint", nargs="?", default=DEFAULT, metavar="BLUEPRINT", help=i18n.text("cli.exam.blueprint")
    )
    seed_option(parser)
    parser.add_argument("--hosts", type=int, default=0, metavar="K", help=i18n.text("cli.exam.hosts"))


def seed_option(parser: Parser) -> None:
    """`--seed N[@POOL]`; without it, `drawn_seed` draws one."""
    parser.add_argument("--seed", type=_seed, metavar="N[@POOL]", help=i18n.text("cli.exam.seed"))


def drawn_seed() -> tuple[int, str]:
    """A seed for an exam that nobody has named one for; it belongs to no pool yet."""
    import secrets

    from lab.exam.plan import SEEDS

    return secrets.randbelow(SEEDS), ""


def load_blueprints() -> tuple[Catalog, Blueprints]:
    """The exercises and the blueprints. What is broken among the latter is told at once.

    Raises:
        CatalogError: a blueprint is broken.
    """
    from lab.catalog import blueprint
    from lab.catalog.load import load
    from lab.catalog.source import CatalogError

    catalog = load()
    blueprints = blueprint.load([domain.id for domain in catalog.domains])
    if blueprints.problems:
        raise CatalogError(blueprints.problems[0].file, blueprints.problems)
    return catalog, blueprints


def lack_text(catalog: Catalog, lack: Lack) -> str:
    """What a plan or a blueprint lacks, in a sentence."""
    titles = {domain.id: str(domain.title) for domain in catalog.domains}
    name = titles[lack.name] if lack.what == "domain" else i18n.text(f"ui.level.{lack.name}")
    return i18n.text(f"cli.exam.lack.{lack.because}", name=name, asked=lack.asked, there=lack.there)


def _seed(text: str) -> tuple[int, str]:
    from lab.exam.plan import read_seed

    try:
        return read_seed(text)
    except ValueError:
        raise ArgumentTypeError(i18n.text("cli.exam.bad-seed", seed=text)) from None
