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
from lab.ui import marks
from lab.ui.desk import Desk


class ExerciseTree(Tree[Exercise]):
    """Where the cursor is, is the exercise that is shown; while one is being found, the one before stays shown."""

    show_root = False
    guide_depth = 2

    @dataclass
    class Chosen(Message):
        """An exercise is to be shown."""

        exercise: Exercise

    @dataclass
    class Highlighted(Message):
        """The cursor came to an exercise, or, where none was found, to none."""

        exercise: Exercise | None

    def __init__(self, catalog: Catalog) -> None:
        super().__init__("")
        self._catalog = catalog
        self._desk: Desk | None = None
        self._leaves: dict[str, TreeNode[Exercise]] = {}
        self.chosen: Exercise | None = None
        self.highlighted: Exercise | None = None
        """Where the cursor is, or is about to be: a tree moves it only once it has been laid out."""
        self.finding = False
        self._words = ""
        self.root.expand()
        self._grow()

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)
        self.app.theme_changed_signal.subscribe(self, lambda _: self._name_all())

    @property
    def is_empty(self) -> bool:
        """Whether no exercise is shown."""
        return not self._leaves

    def _follow(self, desk: Desk) -> None:
        """Show the exercises in their states, with the cursor on the one that is shown behind."""
        before, self._desk = self._desk, desk
        if desk.catalog is not self._catalog:
            self._catalog = desk.catalog
            self._grow_anew()
            if self.chosen is not None and self.shows(self.chosen):
                self.choose(self.chosen)
        elif before is None or desk.language != before.language:
            self._name_all()
        elif desk.states is not before.states:
            for name, leaf in self._leaves.items():
                if desk.states[name] is not before.states[name]:
                    leaf.set_label(self._label(desk.states[name].exercise))
        current = desk.state.exercise if desk.state is not None else None
        if current is not None and current is not self.chosen:
            self.chosen = current
            if self.shows(current):  # else the pane, which ends the search, goes to it
                self.choose(current)

    def _name_all(self) -> None:
        """Name all in the language in use. A label has its colour from the theme in which it is made."""
        shown = [domain for domain in self._catalog.domains if any(map(self.shows, domain.exercises))]
        for branch, domain in zip(self.root.children, shown, strict=True):
            branch.set_label(str(domain.title))
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
        self._highlight(exercise)
        self.call_after_refresh(self._move_to, exercise)

    def seek(self, words: str) -> None:
        """Show only the exercises that have all these words in their names, in either language; without any, all."""
        if words == self._words:
            return
        self._words = words
        self._grow_anew()
        found = [exercise for exercise in self._catalog.exercises if self.shows(exercise)]
        if found:
            self.choose(self.chosen if self.chosen in found else found[0])
        else:
            self._highlight(None)

    def step(self, by: int) -> None:
        """Move the cursor so many exercises on, past the names of domains."""
        shown = [exercise for exercise in self._catalog.exercises if self.shows(exercise)]
        if self.highlighted in shown:
            at = shown.index(self.highlighted) + by
            self.choose(shown[max(0, min(at, len(shown) - 1))])

    def _highlight(self, exercise: Exercise | None) -> None:
        if exercise is not self.highlighted:
            self.highlighted = exercise
            self.post_message(self.Highlighted(exercise))

    def _move_to(self, exercise: Exercise) -> None:
        if exercise is self.highlighted and exercise.id in self._leaves:
            self.move_cursor(self._leaves[exercise.id])

    def _grow_anew(self) -> None:
        """With the cursor nowhere: on another exercise in its line it would choose that."""
        self.move_cursor(None)
        self._grow()

    def _grow(self) -> None:
        self.root.remove_children()
        self._leaves = {}
        for domain in self._catalog.domains:
            found = [exercise for exercise in domain.exercises if _has(self._words.casefold(), exercise, domain)]
            if found:
                branch = self.root.add(str(domain.title), expand=True)
                self._leaves |= {exercise.id: branch.add_leaf(self._label(exercise), exercise) for exercise in found}

    def _label(self, exercise: Exercise) -> Text:
        if self._desk is None:
            return Text(str(exercise.title))
        mark = marks.of_exercise(self._desk.states[exercise.id])
        colour = self.app.theme_variables[f"text-{mark.tone}"]
        # `muted` is a share of another colour, which Rich cannot name.
        style = Style(dim=True) if colour.endswith("%") else Style(color=Color.parse(colour).rich_color)
        note = "✎ " if self._desk.states[exercise.id].note else ""  # before the title, whose end may be cut
        return Text.assemble((mark.text, style), "  ", note, str(exercise.title))

    def render_label(self, node: TreeNode[Exercise], base_style: Style, style: Style) -> Text:
        """A label that has no room is cut where one sees that it is."""
        label = super().render_label(node, base_style, style)
        indent = 0 if node.parent is self.root else self.guide_depth
        label.truncate(max(1, self.size.width - indent), overflow="ellipsis")
        return label

    @on(Tree.NodeHighlighted)
    def _take_cursor(self, event: Tree.NodeHighlighted[Exercise]) -> None:
        event.stop()
        exercise = event.node.data
        # News of a leaf that is no more comes from before the tree grew anew.
        if exercise is not None and event.node is self._leaves.get(exercise.id):
            self._highlight(exercise)
            if not self.finding and exercise is not self.chosen:
                self.chosen = exercise
                self.post_message(self.Chosen(exercise))


def _has(words: str, exercise: Exercise, domain: Domain) -> bool:
    titles = (domain.title.en, domain.title.zh, exercise.title.en, exercise.title.zh)
    names = " ".join((exercise.id, exercise.objective, *titles)).casefold()
    return all(word in names for word in words.split())
