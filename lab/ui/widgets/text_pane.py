"""A pane of text that can be scrolled."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static


class TextPane(VerticalScroll):
    """Subclasses fill it."""

    DEFAULT_CSS = """
    TextPane { padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(classes="pane")
        self._text = Static(markup=False)

    def compose(self) -> ComposeResult:
        yield self._text

    def write(self, *lines: Content) -> None:
        """Show these lines and nothing else."""
        self._text.update(Content("\n").join(lines))
