"""A question before something that cannot be undone."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from lab import i18n
from lab.ui.widgets.too_small import TooSmall


class ConfirmScreen(ModalScreen[bool]):
    """Yes or no. Escape, and whatever the learner did not mean, is no.

    Args:
        agree: what the learner does by a yes; empty: just `Yes`.
        refuse: the same of a no.
    """

    CSS_PATH = "confirm.tcss"
    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", show=False),
        Binding("n,escape,ctrl+c", "dismiss(False)", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, question: str, detail: str, agree: str = "", refuse: str = "") -> None:
        super().__init__()
        self._agree = agree or i18n.text("ui.confirm.agree")
        self._refuse = refuse or i18n.text("ui.confirm.refuse")
        self._question = question
        self._detail = detail

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = i18n.text("ui.confirm.title")
            yield Static(self._question, id="question", markup=False)
            yield Static(self._detail, id="detail", markup=False)
            with Horizontal(id="buttons"):
                yield Button(self._agree, id="yes", compact=True)
                yield Button(self._refuse, id="no", compact=True)
        yield TooSmall()

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")
