"""The question whether the instructor may see the learner's shell."""

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
from lab.workshop.follow import ANSWERS, Answer


class FollowScreen(ModalScreen[Answer | None]):
    """Yes, today always, no; None where the question was taken back.

    It comes while the learner types. So no letter answers it, and Enter does only once an answer was gone to.
    """

    CSS_PATH = "follow.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss('refused')", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = i18n.text("ui.class.said")
            yield Static(i18n.text("ui.follow.question"), id="question", markup=False)
            yield Static(i18n.text("ui.follow.detail"), id="detail", markup=False)
            with Horizontal(id="buttons"):
                for answer in ANSWERS:
                    yield Button(i18n.text(f"ui.follow.answer.{answer}"), id=answer, compact=True)
        yield TooSmall()

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(next(answer for answer in ANSWERS if answer == event.button.id))
