"""The exercises by domain, each with its state."""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style
from rich.text import Text
from textual import on
from textual.color import Color
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from lab.catalog.model import Catalog, Domain, Exercise
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
        super().__init__("")
        self._catalog = catalog
        self._marks: dict[str, Mark] = {}
        self._leaves: dict[str, TreeNode[Exercise]] = {}
        self._chosen: Exercise | None = None
        self._words = ""
        self.root.expand()
        self._grow()

    def on_mount(self) -> None:
        """What is known only once it is on the screen."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._name_all())

    @property
    def is_empty(self) -> bool:
        """Whether no exercise is shown."""
        return not self._leaves

    def title(self) -> None:
        """Name the domains in the language in use. `mark` names the exercises."""
        shown = [domain for domain in self._catalog.domains if any(map(self.shows, domain.exercises))]
        for branch, domain in zip(self.root.children, shown, strict=True):
            branch.set_label(str(domain.title))

    def mark(self, exercise: Exercise, mark: Mark) -> None:
        """Show an exercise in this state."""
        self._marks[exercise.id] = mark
        if leaf := self._leaves.get(exercise.id):
            leaf.set_label(self._label(exercise))

    def _name_all(self) -> None:
        """A label has its colour from the theme in which it is made."""
        for leaf in self._leaves.values():
            if leaf.data is not None:
                leaf.set_label(self._label(leaf.data))

    def shows(self, exercise: Exercise) -> bool:
        """Whether it is among those that are shown."""
        return exercise.id in self._leaves

    def choose(self, exercise: Exercise) -> None:
        """Put the cursor on an exercise that is shown."""
        parent = self._leaves[exercise.id].parent
        if parent is not None:
            parent.expand()
        # A tree knows the lines of its nodes once it has been laid out.
        self.call_after_refresh(self._move_to, exercise.id)

    def seek(self, words: str) -> None:
        """Show only the exercises that have all these words in their names, in either language; without any, all."""
        if words == self._words:
            return
        self._words = words
        self.move_cursor(None)
        self._grow()
        found = [exercise for exercise in self._catalog.exercises if self.shows(exercise)]
        if found:
            self.choose(self._chosen if self._chosen in found else found[0])

    def _move_to(self, name: str) -> None:
        if name in self._leaves:
            self.move_cursor(self._leaves[name])

    def _grow(self) -> None:
        self.root.remove_children()
        self._leaves = {}
        for domain in self._catalog.domains:
            found = [exercise for exercise in domain.exercises if _has(self._words.casefold(), exercise, domain)]
            if found:
                branch = self.root.add(str(domain.title), expand=True)
                self._leaves |= {exercise.id: branch.add_leaf(self._label(exercise), exercise) for exercise in found}

    def _label(self, exercise: Exercise) -> Text:
        mark = self._marks.get(exercise.id)
        if mark is None:
            return Text(str(exercise.title))
        colour = self.app.theme_variables[f"text-{mark.tone}"]
        # `muted` is a share of another colour, which Rich cannot name.
        style = Style(dim=True) if colour.endswith("%") else Style(color=Color.parse(colour).rich_color)
        return Text.assemble((mark.text, style), "  ", str(exercise.title))

    @on(Tree.NodeHighlighted)
    def _tell(self, event: Tree.NodeHighlighted[Exercise]) -> None:
        event.stop()
        if event.node.data not in (None, self._chosen):
            self._chosen = event.node.data
            self.post_message(self.Chosen(event.node.data))


def _has(words: str, exercise: Exercise, domain: Domain) -> bool:
    titles = (domain.title.en, domain.title.zh, exercise.title.en, exercise.title.zh)
    names = " ".join((exercise.id, exercise.objective, *titles)).casefold()
    return all(word in names for word in words.split())
