"""What the verbs' command lines have in common."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable
from typing import Any, NoReturn

from lab import i18n
from lab.errors import UsageError

Run = Callable[[argparse.Namespace], int]
"""A verb: takes its arguments, returns its exit code."""

_LAB_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
"""What is fit to be part of a container's, a network's and a directory's name."""


class Parser(argparse.ArgumentParser):
    """An argument parser that tells a wrong command line as the lab tells every error."""

    def __init__(self, **options: Any) -> None:
        # No abbreviations: `--na` must not come to mean something else when an option is added.
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Called by argparse for everything it does not understand."""
        raise UsageError("usage.command", message, command=self.prog)


class Verbs:
    """The verbs of a parser. Their help is `cli.NAME.help`, with `PARENT.` before the name of a verb's own verbs."""

    def __init__(self, parser: Parser, parent: str = "") -> None:
        self._parent = parent
        self._everywhere = everywhere()  # once for all verbs: to make it takes as long as a verb's parser
        self._parsers = parser.add_subparsers(
            title=i18n.text("cli.verbs"), metavar=i18n.text("cli.verb"), required=bool(parent)
        )

    def add(self, name: str, run: Run | None = None) -> Parser:
        """A verb that is done by `run`; without one, it only has verbs of its own."""
        text = i18n.text(f"cli.{self._parent}{name}.help")
        parser = self._parsers.add_parser(name, help=text, description=text, parents=[self._everywhere])
        if run is not None:
            parser.set_defaults(run=run)
        return parser


def everywhere() -> Parser:
    """The options that may stand before the verb and after it.

    They have no defaults, lest what is not said after the verb hides what was said before it.
    """
    parser = Parser(prog="ckslab", add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("--name", type=_lab_name, metavar="LAB", help=i18n.text("cli.name"))
    parser.add_argument("--lang", choices=i18n.LANGUAGES, help=i18n.text("cli.lang"))
    return parser


def json_option(parser: Parser) -> None:
    """`--json`: nothing but JSON on standard output."""
    parser.add_argument("--json", action="store_true", help=i18n.text("cli.json"))


def drafts_option(parser: Parser, default: bool | str = False) -> None:
    """`--drafts`: with the exercises that are being written."""
    parser.add_argument("--drafts", action="store_true", default=default, help=i18n.text("cli.list.drafts"))


def image_options(parser: Parser) -> None:
    """What a lab is made with."""
    parser.add_argument("--runtime", choices=("docker", "podman", "nerdctl"), help=i18n.text("cli.runtime"))
    parser.add_argument("--image", default="auto", metavar="auto|pull|build|REF", help=i18n.text("cli.image"))


def machine_options(parser: Parser) -> None:
    """What virtual machines are made with."""
    parser.add_argument("--provider", choices=("virtualbox", "libvirt"), help=i18n.text("cli.provider"))
    parser.add_argument("--machines", type=int, choices=(1, 2), help=i18n.text("cli.machines"))


def kubeconfig_options(parser: Parser) -> None:
    """Which cluster. A file is remembered by its whole name."""
    parser.add_argument("--kubeconfig", type=os.path.abspath, metavar="FILE", help=i18n.text("cli.kubeconfig"))
    parser.add_argument("--context", metavar="NAME", help=i18n.text("cli.context"))


def external_options(parser: Parser) -> None:
    """Where a cluster of the user's own is, and its machines."""
    kubeconfig_options(parser)
    parser.add_argument("--ssh-config", type=os.path.abspath, metavar="FILE", help=i18n.text("cli.ssh-config"))
    parser.add_argument("--base", metavar="HOST", help=i18n.text("cli.base"))
    parser.add_argument("--baseline", action="store_true", help=i18n.text("cli.baseline"))


def exercise_argument(parser: Parser, nargs: str | None = None) -> None:
    """`EX`, the id of an exercise."""
    parser.add_argument("exercise", nargs=nargs, metavar="EX", help=i18n.text("cli.exercise"))


def command_argument(parser: Parser) -> None:
    """`-- CMD`. `lab.cli` has taken what follows the `--` away; this takes a command without one."""
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD", help=i18n.text("cli.command"))


def print_json(value: object) -> None:
    """A verb's result, for a program."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _lab_name(text: str) -> str:
    if not _LAB_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(i18n.text("cli.bad-name", name=text))
    return text
