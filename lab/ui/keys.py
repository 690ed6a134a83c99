"""The keys of the app in one table, and their names in the language in use."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from rich.cells import cell_len
from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.keys import format_key

from lab import i18n


def is_function(pressed: str) -> bool:
    """Whether it types nothing, so that it can be the app's while a shell has the focus."""
    last = pressed.rpartition("+")[2]
    return last.startswith("f") and last[1:].isdecimal()


def display(pressed: str) -> str:
    """A key as it is written on keyboards: F5, ^g, /."""
    *modifiers, last = pressed.split("+")
    written = last.upper() if is_function(last) else format_key(last)
    return "".join("^" if modifier == "ctrl" else f"{modifier}+" for modifier in modifiers) + written


Group = Literal["work", "look", "lab"]
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the app.

    Attributes:
        id: of its texts, and the name by which a keymap may move it.
        rank: how much it matters in the footer, which rarely has room for all; 1 the most, 0: it is never there.
        group: under which heading the help tells it.
    """

    id: str
    pressed: str
    action: str
    rank: int = 0
    group: Group = "look"

    @property
    def binding(self) -> Binding:
        """For Textual. It is made before anybody has chosen a language, so `footer` gives it its name."""
        # Function keys come before any widget, for one of the widgets is a shell. Letters are the shell's.
        is_first = is_function(self.pressed) or "+" in self.pressed
        return Binding(self.pressed, self.action, self.id, id=self.id, show=self.rank > 0, priority=is_first)


PRACTICE = (
    Key("help", "f1", "help", rank=5),
    Key("hint", "f2", "hint", rank=6, group="work"),
    Key("solution", "f3", "solution", rank=11, group="work"),
    Key("shell", "f4", "shell", rank=12, group="work"),
    Key("check", "f5", "check", rank=1, group="work"),
    Key("pane", "f6", "next_pane", rank=3),
    Key("previous", "f7", "previous", rank=9),
    Key("next", "f8", "next", rank=8),
    Key("start", "f9", "start", rank=2, group="work"),
    Key("menu", "f10", "menu", rank=4),
    Key("copy", "f11", "copy", rank=10, group="work"),
    Key("all_keys", "f12", "all_keys", rank=15, group="work"),
    Key("peek", "alt+t", "peek", group="look"),
    Key("clock", "t", "clock", group="look"),
    Key("exercises", "e", "exercises", rank=13),
    Key("find", "slash", "find"),
    Key("note", "n", "note", rank=14, group="work"),
    Key("home", "h", "app.home", rank=7),
    Key("details", "d", "details", group="lab"),
    Key("up", "u", "app.up", group="lab"),
    Key("language", "l", "app.language", group="lab"),
    Key("hand", "alt+h", "app.hand", rank=2, group="work"),
    Key("unfollow", "alt+w", "app.unfollow", group="work"),
    Key("quit", "q", "app.quit", group="lab"),
)

HOME = (
    Key("help", "f1", "help", rank=4),
    Key("practice", "e", "app.practice", rank=1),
    Key("exam", "m", "app.exams", rank=8, group="work"),
    Key("up", "u", "app.up", rank=5, group="lab"),
    Key("down", "r", "app.down", group="lab"),
    Key("doctor", "x", "app.doctor", rank=9, group="lab"),
    Key("pane", "f6", "next_pane", rank=6),
    Key("menu", "f10", "app.command_palette", rank=2),
    Key("details", "d", "details", group="lab"),
    Key("language", "l", "app.language", rank=7, group="lab"),
    Key("hand", "alt+h", "app.hand", rank=2, group="work"),
    Key("unfollow", "alt+w", "app.unfollow", group="work"),
    Key("quit", "q", "app.quit", rank=3, group="lab"),
)

SITTING = (
    Key("help", "f1", "help", rank=7),
    Key("flag", "f2", "flag", rank=4, group="work"),
    Key("notepad", "f3", "notepad", rank=5, group="work"),
    Key("shell", "f4", "shell", rank=8, group="work"),
    Key("pane", "f6", "next_pane", rank=3),
    Key("previous", "f7", "previous", rank=2),
    Key("next", "f8", "next", rank=1),
    Key("hand_in", "f9", "hand_in", rank=6, group="work"),
    Key("leave", "f10", "leave", rank=9, group="lab"),
)
"""In an exam the learner is in the shell nearly all the time, so each key is a function key."""

BOARD = (
    Key("names", "n", "names", rank=1),
    Key("language", "l", "language", rank=2, group="lab"),
    Key("quit", "q", "app.quit", rank=3, group="lab"),
)
"""For the instructor of a class."""

CHOOSING = (
    Key("open", "enter", "open", rank=1),
    Key("back", "escape", "back", rank=2),
    Key("choose", "down", "step", rank=3),
    Key("help", "f1", "help", rank=4),
    Key("menu", "f10", "menu", rank=5),
)
"""While an exercise is chosen by its name. No keymap moves these: they are what every list has."""

LIKE_VI = (
    Binding("j", "app.simulate_key('down')", show=False),
    Binding("k", "app.simulate_key('up')", show=False),
)
"""For every screen that is read: what the arrows do."""

TABLES = (PRACTICE, HOME, SITTING, BOARD)
"""A key has the same meaning on all screens that have it."""

_written = {key.id: display(key.pressed) for table in TABLES for key in table}
i18n.give(keys=_written)  # texts name a key by its action: {keys[check]}


def use(written: Mapping[str, str]) -> None:
    """From now on, these are the keys of these actions, as they are written on keyboards."""
    _written.update(written)


def written(action: str) -> str:
    """The key of an action as it is written on keyboards."""
    return _written[action]


def name(action: str) -> str:
    """What an action is called, in a word or two."""
    return i18n.text(f"ui.key.{action}.name")


def title(action: str) -> str:
    """An action that has a key, with its key."""
    return f"{name(action)} · {written(action)}"


def tip(action: str) -> str:
    """What an action does, in a sentence."""
    return i18n.text(f"ui.key.{action}.tip")


def in_groups(table: Iterable[Key]) -> dict[Group, list[Key]]:
    """The keys by the headings of the help, in the table's order."""
    keys = tuple(table)
    return {group: [key for key in keys if key.group == group] for group in GROUPS}


NEED_CLUSTER = frozenset(["exams", "up", "down", "doctor", "start", "reset", "reset_all", "shell", "copy", "all_keys"])
"""The actions that make no sense without one."""


NOT_IN_CLASS = frozenset(["exams", "down", "doctor"])
"""The actions that are not for learners of a class: the machine and its labs are the instructor's."""
ONLY_IN_CLASS = frozenset(["hand", "unfollow"])
"""The keys that are for them alone."""


def offered(table: Iterable[Key], *, in_class: bool) -> tuple[Key, ...]:
    """The keys of a table that do something here."""
    if in_class:
        return tuple(key for key in table if key.action.removeprefix("app.") not in NOT_IN_CLASS)
    return tuple(key for key in table if key.id not in ONLY_IN_CLASS)


def dimmed(active: Mapping[str, ActiveBinding], ids: Container[str]) -> dict[str, ActiveBinding]:
    """A footer in which these keys are dim. Pressed, they still say why they do nothing."""
    return {pressed: one._replace(enabled=one.enabled and one.binding.id not in ids) for pressed, one in active.items()}


def footer(
    active: Mapping[str, ActiveBinding], table: Iterable[Key], columns: int, bright: str = ""
) -> dict[str, ActiveBinding]:
    """The active bindings as a footer of this width shows them: named, in the table's order, those that matter most.

    Args:
        bright: the action that is the sensible one now; its key is there before all others.
    """
    by_id = {one.binding.id: one for one in reversed(list(active.values()))}  # of several keys the first
    ours = {key: _named(by_id[key.id]) for key in table if key.id in by_id}
    taken = 0
    for key in sorted(ours, key=lambda key: 0 if key.action == bright else key.rank):
        binding = ours[key].binding
        taken += cell_len(f"{display(binding.key)} {binding.description} ") if binding.show else 0
        if taken > columns:
            ours[key] = ours[key]._replace(binding=replace(binding, show=False))
    others = {pressed: one for pressed, one in active.items() if one.binding.id not in {key.id for key in ours}}
    return {one.binding.key: one for one in ours.values()} | others


def shown(node: DOMNode, table: Iterable[Key]) -> dict[str, ActiveBinding]:
    """A footer with just these keys, whatever widget of the screen it is that takes them."""
    return {key.pressed: _named(ActiveBinding(node, key.binding, enabled=True)) for key in table}


def _named(active: ActiveBinding) -> ActiveBinding:
    action = active.binding.id or ""
    return active._replace(binding=replace(active.binding, description=name(action)), tooltip=tip(action))
