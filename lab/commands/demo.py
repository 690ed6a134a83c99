"""`demo`: the terminal app on recordings."""

from __future__ import annotations

from argparse import Namespace

from lab import settings
from lab.commands.app import need_terminal
from lab.commands.arguments import Verbs


def add(verbs: Verbs) -> None:
    """Enter this verb."""
    verbs.add("demo", _demo)


def _demo(args: Namespace) -> int:  # noqa: ARG001 - every verb's
    need_terminal()
    from lab.ui import run

    run.defer_gc()
    from lab.catalog.load import load
    from lab.demo import DemoSession

    return run.run_demo(DemoSession(load()), settings.load())
