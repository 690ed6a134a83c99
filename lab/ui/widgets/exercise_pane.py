"""The exercises, and a line to find some of them by their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static, Tree

from lab import i18n
from lab.catalog.model import Catalog, Exercise
from lab.ui.desk import Desk
from lab.ui.marks import MUTED
from lab.ui.widgets.exercise_tree import ExerciseTree
from lab.ui.words import facts


class ExercisePane(Vertical):
    """While words are typed, the tree shows what has them, and the exercise behind stays the one it was."""

    DEFAULT_CSS = """
    ExercisePane Input { display: none; margin: 0 0 1 0; }
    ExercisePane #preview { height: auto; border-top: solid $panel-lighten-2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "step(1)", show=False),
        Binding("up", "step(-1)", show=False),
        Binding("escape", "back", show=False),
    ]

    @dataclass
    class Left(Message):
        """The learner is done here: an exercise was opened, or all is to be as it was."""

        opened: bool

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(classes="pane")
        self._desk: Desk | None = None
        self.exercise_tree = ExerciseTree(catalog)
        self._words = Input(compact=True)
        self._preview = Static(id="preview", markup=False)

    def compose(self) -> ComposeResult:
        yield self._words
        yield self.exercise_tree
        yield self._preview

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    def _follow(self, desk: Desk) -> None:
        before, self._desk = self._desk, desk
        if desk.differs(before, "language"):
            self.border_title = i18n.text("ui.pane.exercises")
            self._words.placeholder = i18n.text("ui.find")
            self._say_empty()
        if desk.differs(before, "language", "current"):
            self.stop_finding()
            self._show_preview(self.exercise_tree.highlighted)

    def find(self) -> None:
        """Ask for words."""
        self.exercise_tree.finding = True
        self._words.display = True
        self._words.focus()

    def stop_finding(self) -> None:
        """Show all exercises again, with the cursor on the one that is shown behind."""
        if self.exercise_tree.finding:
            self.exercise_tree.finding = False
            self._words.clear()
            self._words.display = False
            self.exercise_tree.seek("")
            if self.exercise_tree.chosen is not None:
                self.exercise_tree.choose(self.exercise_tree.chosen)
            self._say_empty()

    def action_step(self, by: int) -> None:
        """Go from one exercise that was found to the next; the words can still be changed."""
        self.exercise_tree.step(by)

    def action_back(self) -> None:
        """Show all exercises again, and the one that was shown before any words were typed."""
        self.stop_finding()
        self.post_message(self.Left(opened=False))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """These keys are another's while nothing is being found."""
        return action not in ("back", "step") or self.exercise_tree.finding

    @on(Input.Changed)
    def _seek(self, event: Input.Changed) -> None:
        event.stop()
        if self.exercise_tree.finding:
            self.exercise_tree.seek(event.value)
            self._say_empty()

    @on(Input.Submitted)
    @on(Tree.NodeSelected)
    def _open(self, event: Input.Submitted | Tree.NodeSelected[Exercise]) -> None:
        event.stop()
        if isinstance(event, Tree.NodeSelected) and event.node.data is None:
            return  # the name of a domain
        exercise = self.exercise_tree.highlighted
        if exercise is None:
            return
        # Posted by the pane: what a child is made to post from here would go no further than here.
        self.post_message(ExerciseTree.Chosen(exercise))
        self.exercise_tree.chosen = exercise
        self.stop_finding()
        self.post_message(self.Left(opened=True))

    @on(ExerciseTree.Highlighted)
    def _preview_it(self, event: ExerciseTree.Highlighted) -> None:
        event.stop()
        self._show_preview(event.exercise)

    def _show_preview(self, exercise: Exercise | None) -> None:
        """The title that may be cut in the tree, and what one chooses by."""
        self._preview.display = exercise is not None
        if exercise is not None and self._desk is not None:
            about = facts(self._desk.catalog, exercise)
            self._preview.update(Content.assemble(str(exercise.title), "\n", (about, MUTED)))

    def _say_empty(self) -> None:
        key = "ui.empty.found" if self._words.value else "ui.empty.exercises"
        self.border_subtitle = i18n.text(key) if self.exercise_tree.is_empty else ""
