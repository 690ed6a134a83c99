"""Text beside its label."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static


class Hanging(Horizontal):
    """A label, and text whose further lines begin where its first one does."""

    DEFAULT_CSS = """
    Hanging {
        height: auto;

        .label { width: auto; margin: 0 2 0 0; }
        .beside { width: 1fr; }
    }
    """

    def __init__(self, *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._label = Static(classes="label")
        self._beside = Static(classes="beside")

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._beside

    def update(self, label: Content, beside: Content) -> None:
        """Say this from now on."""
        self._label.update(label)
        self._beside.update(beside)
