"""The keys in force: the app's own, but for those that the learner's settings move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from textual.binding import Binding, InvalidBinding
from textual.keys import Keys, format_key

from lab import i18n
from lab.ui import keys

_MODIFIERS = frozenset(["ctrl", "alt", "shift", "super", "hyper", "meta"])
_NAMES = frozenset(key.value for key in Keys if not key.value.startswith("<"))
# Every pane and every dialogue needs these. A terminal sends the last three for enter and tab.
_NEEDED = frozenset(["escape", "enter", "tab", "shift+tab", "ctrl+c", "up", "down", "ctrl+m", "ctrl+j", "ctrl+i"])


@dataclass(frozen=True, slots=True)
class Keymap:
    """What was asked for, as far as it can be had.

    Attributes:
        moved: action -> its keys, as Textual names them, with commas between.
        refused: why the rest cannot be had, a sentence each.
    """

    moved: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Keymap:
        """The keymap that was asked for. Where it cannot be had, an action keeps the key that it has without."""
        moved: dict[str, str] = {}
        refused: list[str] = []
        for action, pressed in asked.items():
            if objection := _objection(action, pressed):
                refused.append(objection)
            else:
                moved[action] = ",".join(_parts(pressed))
        while clash := next(_clashes(moved), None):
            action, pressed, other = clash
            del moved[action]
            refused.append(_say("clash", action=action, pressed=pressed, other=other))
        return cls(moved, tuple(refused))

    @property
    def written(self) -> Mapping[str, str]:
        """Action -> its key as it is written on keyboards, of all actions that have one."""
        table = {key.id: self.moved.get(key.id, key.pressed) for table in keys.TABLES for key in table}
        return {action: " ".join(map(keys.display, pressed.split(","))) for action, pressed in table.items()}


def _say(name: str, **params: object) -> str:
    return i18n.text(f"ui.settings.{name}", **params)


def _parts(pressed: str) -> list[str]:
    """Keys with commas between, each by the name that Textual has for it: `/` is `slash`, `F5` is `f5`."""
    names = (binding.key for binding in Binding.make_bindings([Binding(pressed, "")]))
    return [name if len(name) == 1 else name.lower() for name in names]


def _objection(action: str, pressed: str) -> str:
    """Why an action cannot have these keys; empty if it can."""
    moved = {key.id: key for table in keys.TABLES for key in table}.get(action)
    if moved is None:
        known = ", ".join(dict.fromkeys(key.id for table in keys.TABLES for key in table))
        return _say("no_action", action=action, known=known)
    try:
        parts = _parts(pressed)
    except InvalidBinding:
        parts = [""]
    for part in parts:
        if not _is_key(part):
            return _say("no_key", action=action, pressed=pressed)
        if part in _NEEDED:
            return _say("needed", action=action, pressed=pressed)
        if keys.is_function(moved.pressed) and not (keys.is_function(part) or "ctrl+" in part or "alt+" in part):
            return _say("shell", action=action, pressed=pressed)
    return ""


def _is_key(name: str) -> bool:
    *modifiers, last = name.split("+")
    return _MODIFIERS.issuperset(modifiers) and (last in _NAMES or len(format_key(last)) == 1)


def _clashes(moved: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Moved actions that would share a key with another on the same screen: action, key, the other."""
    for table in keys.TABLES:
        taken: dict[str, str] = {}
        # What was moved comes last, so that it is what clashes.
        for key in sorted(table, key=lambda key: key.id in moved):
            for pressed in moved.get(key.id, key.pressed).split(","):
                if pressed in taken:
                    yield key.id, pressed, taken[pressed]
                taken[pressed] = key.id
