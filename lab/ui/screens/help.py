"""The help: what a screen is for, and its keys in columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from lab import i18n
from lab.text import cells
from lab.ui import keys
from lab.ui.keys import Key
from lab.ui.widgets.too_small import TooSmall

SHELL = ("mouse", "paste", "split", "scroll", "full", "leave")
"""What is worth knowing of the shell: `ui.help.shell` has the texts."""

Row = tuple[str, str, str]
"""A key, its name, what it does."""


class HelpScreen(ModalScreen[None]):
    """Laid over the screen that it is about.

    Args:
        about: what it begins with, as Markdown.
        table: the keys.
        with_shell: whether there is a shell to say something of.
    """

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.LIKE_VI,
        Binding("escape,enter,ctrl+c,q,f1,question_mark", "dismiss", show=False),
    ]

    def __init__(self, about: str, table: Iterable[Key], *, with_shell: bool) -> None:
        super().__init__()
        self._about = about
        self._sections = sections(table, with_shell=with_shell)

    def compose(self) -> ComposeResult:
        from lab.ui.markdown import markdown  # see TaskPane

        with VerticalScroll(id="box") as box:
            box.border_title = keys.name("help")
            box.border_subtitle = i18n.text("ui.close")
            yield markdown(self._about)
            widths = _widths(row for rows in self._sections.values() for row in rows)
            for heading, rows in self._sections.items():
                yield Static(heading, classes="heading", markup=False)
                yield Static(_in_columns(rows, *widths), markup=False)
        yield TooSmall()


def sections(table: Iterable[Key], *, with_shell: bool) -> dict[str, list[Row]]:
    """Heading -> its rows, in the language in use."""
    found = {
        i18n.text(f"ui.help.{group}"): [(keys.written(key.id), keys.name(key.id), keys.tip(key.id)) for key in members]
        for group, members in keys.in_groups(table).items()
    }
    if with_shell:
        texts = [[i18n.text(f"ui.help.shell.{name}.{part}") for part in ("key", "name", "tip")] for name in SHELL]
        found[i18n.text("ui.help.shell.title")] = [(key, name, tip) for key, name, tip in texts]
    return {heading: rows for heading, rows in found.items() if rows}


def _widths(rows: Iterable[Row]) -> tuple[int, int]:
    """So that the columns of all sections are aligned."""
    sizes = [(cells(key), cells(name)) for key, name, _ in rows]
    return max(key for key, _ in sizes), max(name for _, name in sizes)


def _in_columns(rows: Iterable[Row], key_width: int, name_width: int) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=key_width, no_wrap=True)
    table.add_column(width=name_width, no_wrap=True)
    table.add_column(ratio=1)
    for key, name, tip in rows:
        table.add_row(Text(key, "bold"), name, Text(tip, "dim"))
    return table
