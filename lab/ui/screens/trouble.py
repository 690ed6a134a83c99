"""A failure: what was tried, what came back, what to do next."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from lab import i18n
from lab.ui import keys
from lab.ui.trouble import Trouble
from lab.ui.widgets.too_small import TooSmall

COMMANDS = {"ckslab up": "up", "ckslab down": "down", "ckslab doctor": "doctor"}
"""What an error advises on the command line -> the action of the app that does it."""


def keys_for(advice: str) -> str:
    """The keys that do here what an advice names as commands; empty where it names none."""
    return ", ".join(keys.title(action) for command, action in COMMANDS.items() if command in advice)


class TroubleScreen(ModalScreen[None]):
    """Shown until the learner has read it."""

    CSS_PATH = "trouble.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.LIKE_VI, Binding("escape,enter,ctrl+c,q", "dismiss", show=False)]

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self._trouble = trouble

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="box") as box:
            box.border_title = i18n.text("ui.trouble.title")
            box.border_subtitle = i18n.text("ui.close")
            yield Static(self._trouble.tried, id="tried", markup=False)
            if self._trouble.came_back:
                yield Static(self._trouble.came_back, id="came-back", markup=False)
            yield Static(self._trouble.next_step, id="next-step", markup=False)
            if actions := keys_for(self._trouble.next_step):
                yield Static(i18n.text("ui.trouble.here", actions=actions), id="here", markup=False)
        yield TooSmall()
