"""For those who write exercises: `author check`."""

from __future__ import annotations

from argparse import Namespace

from lab import i18n
from lab.commands.arguments import Verbs


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    author = Verbs(verbs.add("author"), parent="author.")
    author.add("check", _check)


def _check(_: Namespace) -> int:
    from lab.catalog.load import load

    catalog = load()
    for problem in catalog.problems:
        print(problem)
    if catalog.problems:
        return 1
    print(i18n.text("cli.author.check.done", exercises=len(catalog.exercises)))
    return 0
