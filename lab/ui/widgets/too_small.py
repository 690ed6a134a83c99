"""What is said where a window has no room for the app."""

from __future__ import annotations

from textual.widget import Widget

from lab import i18n

WIDTHS, HEIGHTS = ((0, "-tiny"), (60, "-narrow")), ((0, "-short"), (15, "-tall"))
"""The breakpoints of an app: its window is too small while it is tiny or short."""
CSS = """
    Screen { layers: default too-small; }
    Screen.-tiny, Screen.-short {
        overflow: hidden;

        TooSmall { display: block; }
    }
"""
"""Of an app with these breakpoints."""


class TooSmall(Widget):
    """Covers its screen while the window is too small: an app with `CSS` shows it. What it covers keeps its focus."""

    DEFAULT_CSS = """
    TooSmall {
        display: none;
        layer: too-small;
        dock: top;
        width: 100%;
        height: 100%;
        background: $background;
        content-align: center middle;
        text-align: center;
    }
    """

    def render(self) -> str:
        return i18n.text("ui.too_small")
