"""The exercises, and a line to find some of them by their names."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from lab import i18n
from lab.catalog.model import Catalog, Exercise
from lab.ui.widgets.exercise_tree import ExerciseTree


class ExercisePane(Vertical):
    """While words are typed, the tree shows what has them. Escape shows all again."""

    DEFAULT_CSS = """
    ExercisePane Input { display: none; margin: 0 0 1 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "enter", show=False),
        Binding("escape", "all", show=False),
    ]

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(classes="pane")
        self.exercise_tree = ExerciseTree(catalog)
        self._words = Input(compact=True)

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield self._words
        yield self.exercise_tree

    def title(self) -> None:
        """Name it in the language in use."""
        self.exercise_tree.title()
        self.border_title = i18n.text("ui.pane.exercises")
        self._words.placeholder = i18n.text("ui.find")
        self._say_empty()

    def choose(self, exercise: Exercise) -> None:
        """Put the cursor on an exercise. One that was not found makes all be shown again."""
        if not self.exercise_tree.shows(exercise):
            self._show_all()
        self.exercise_tree.choose(exercise)

    def seek(self) -> None:
        """Ask for words."""
        self._words.display = True
        self._words.focus()

    def action_enter(self) -> None:
        """Go to the exercises that were found."""
        self.exercise_tree.focus()

    def action_all(self) -> None:
        """Show all exercises again."""
        self.exercise_tree.focus()
        self._show_all()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Escape is another's while all exercises are shown."""
        return action != "all" or self._words.display

    @on(Input.Changed)
    def _seek(self, event: Input.Changed) -> None:
        event.stop()
        self.exercise_tree.seek(event.value)
        self._say_empty()

    @on(Input.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_enter()

    def _show_all(self) -> None:
        self._words.clear()
        self._words.display = False
        self.exercise_tree.seek("")

    def _say_empty(self) -> None:
        key = "ui.empty.found" if self._words.value else "ui.empty.exercises"
        self.border_subtitle = i18n.text(key) if self.exercise_tree.is_empty else ""
