"""Before an exam of a class: the seat is being made ready for it, and nothing else can be done there."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from lab import i18n
from lab.ui.widgets.too_small import TooSmall


class WaitingScreen(ModalScreen[None]):
    """Covers practice until the exam begins, or is called off. It comes while the learner types, so no key ends it."""

    CSS_PATH = "waiting.tcss"

    def __init__(self, exam: str) -> None:
        super().__init__()
        self._exam = exam
        self._is_over = False

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = i18n.text("ui.class.exam.title")
            yield Static(i18n.text("ui.class.exam.coming", exam=self._exam), id="what", markup=False)
            yield Static(i18n.text("ui.class.exam.wait"), markup=False)
        yield TooSmall()

    def end(self) -> None:
        """There is nothing to wait for. What was laid over this screen is read first."""
        self._is_over = True
        self.on_screen_resume()

    def on_screen_resume(self) -> None:
        """What was laid over it has gone."""
        if self._is_over and self.is_current:
            self.dismiss()
