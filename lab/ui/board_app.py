"""The instructor's app. `lab.ui.app` is the learners'."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.catalog.model import Catalog
from lab.ui import keys, wrapping
from lab.ui.crash import CrashingApp
from lab.ui.screens.board import BoardScreen
from lab.ui.widgets import too_small
from lab.workshop.board import Board
from lab.workshop.class_file import Class


class BoardApp(CrashingApp, inherit_bindings=False):
    """The board of a class.

    Args:
        read: the board as it is now.
    """

    TITLE = "CKS Lab"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [*too_small.WIDTHS]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [*too_small.HEIGHTS]  # noqa: RUF012
    CSS = too_small.CSS

    def __init__(self, class_: Class, catalog: Catalog, read: Callable[[], Board]) -> None:
        wrapping.install()
        super().__init__()
        self._opens = BoardScreen(class_, catalog, read)

    def on_mount(self) -> None:
        """Show the board."""
        self.push_screen(self._opens)

    def get_key_display(self, binding: Any) -> str:
        """A key as it is written on keyboards."""
        return keys.display(binding.key)
