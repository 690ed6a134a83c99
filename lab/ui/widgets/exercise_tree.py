"""The exercises by domain, each with its state."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from lab import i18n
from lab.catalog.model import Catalog, Exercise
from lab.ui.marks import Mark


class ExerciseTree(Tree[Exercise]):
    """Where the cursor is, is the exercise that is shown: there is no second selection to keep in mind."""

    show_root = False
    guide_depth = 2

    @dataclass
    class Chosen(Message):
        """The cursor came to an exercise."""

        exercise: Exercise

    def __init__(self, catalog: Catalog) -> None:
        super().__init__("", classes="pane")
        self._catalog = catalog
        self._leaves: dict[str, TreeNode[Exercise]] = {}
        self.root.expand()
        for domain in catalog.domains:
            branch = self.root.add("", expand=True)
            for exercise in domain.exercises:
                self._leaves[exercise.id] = branch.add_leaf("", exercise)

    def title(self) -> None:
        """Name the tree and its domains in the language in use. `mark` names the exercises."""
        self.border_title = i18n.text("ui.pane.exercises")
        self.border_subtitle = "" if self._leaves else i18n.text("ui.empty.exercises")
        for branch, domain in zip(self.root.children, self._catalog.domains, strict=True):
            branch.set_label(str(domain.title))

    def mark(self, exercise: Exercise, mark: Mark) -> None:
        """Show an exercise in this state."""
        colour = self.app.theme_variables[f"text-{mark.tone}"]
        # `muted` is a share of whatever colour lies below, which Rich cannot name.
        style = "dim" if colour.startswith("auto") else colour
        label = Text.assemble((mark.text, style), "  ", str(exercise.title))
        self._leaves[exercise.id].set_label(label)

    def choose(self, exercise: Exercise) -> None:
        """Put the cursor on an exercise."""
        leaf = self._leaves[exercise.id]
        if leaf.parent is not None:
            leaf.parent.expand()
        self.move_cursor(leaf)

    @on(Tree.NodeHighlighted)
    def _tell(self, event: Tree.NodeHighlighted[Exercise]) -> None:
        event.stop()
        if event.node.data is not None:
            self.post_message(self.Chosen(event.node.data))
