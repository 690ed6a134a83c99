"""The keys of the app in one table, and their names in the language in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from textual.binding import ActiveBinding, Binding
from textual.keys import format_key

from lab import i18n


def name(action: str) -> str:
    """What an action is called, in a word or two."""
    return i18n.text(f"ui.key.{action}.name")


def tip(action: str) -> str:
    """What an action does, in a sentence."""
    return i18n.text(f"ui.key.{action}.tip")


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the app.

    Attributes:
        id: of its texts, and the name by which a keymap may move it.
    """

    id: str
    pressed: str
    action: str
    show: bool = True

    @property
    def binding(self) -> Binding:
        """For Textual. It is made before anybody has chosen a language, so `named` gives it its name."""
        # Function keys come before any widget, for one of the widgets is a shell. Letters are the shell's.
        return Binding(
            self.pressed,
            self.action,
            self.id,
            id=self.id,
            show=self.show,
            key_display=self.display,
            priority=self.is_function,
        )

    @property
    def display(self) -> str:
        """As it is written on keyboards where it is a function key, else as it is typed."""
        return self.pressed.upper() if self.is_function else format_key(self.pressed)

    @property
    def is_function(self) -> bool:
        """Whether it types nothing, so that it can be the app's while a shell has the focus."""
        return len(self.pressed) > 1 and self.pressed.startswith("f")


PRACTICE = (
    Key("help", "f1", "help"),
    Key("hint", "f2", "hint"),
    Key("solution", "f3", "solution"),
    Key("shell", "f4", "shell"),
    Key("check", "f5", "check"),
    Key("pane", "f6", "next_pane"),
    Key("previous", "f7", "previous"),
    Key("next", "f8", "next"),
    Key("start", "f9", "start"),
    Key("menu", "f10", "menu"),
    Key("copy", "f11", "copy"),
    Key("all_keys", "f12", "all_keys"),
    Key("exercises", "e", "exercises"),
    Key("find", "slash", "find", show=False),
    Key("note", "n", "note"),
    Key("home", "h", "home"),
    Key("details", "d", "details", show=False),
    Key("up", "u", "app.up", show=False),
    Key("language", "l", "language", show=False),
    Key("quit", "q", "app.quit", show=False),
)

HOME = (
    Key("help", "f1", "help"),
    Key("practice", "e", "app.practice"),
    Key("up", "u", "app.up"),
    Key("down", "r", "app.down"),
    Key("doctor", "x", "app.doctor"),
    Key("pane", "f6", "next_pane"),
    Key("menu", "f10", "app.command_palette"),
    Key("details", "d", "details", show=False),
    Key("language", "l", "language"),
    Key("quit", "q", "app.quit"),
)


def help_text(about: str, keys: Iterable[Key]) -> str:
    """Markdown: the text of this name, then what each key does."""
    lines = (f"- **{key.display}** {name(key.id)}: {tip(key.id)}" for key in keys)
    return "\n".join([i18n.text(about), "", *lines])


def named(active: Mapping[str, ActiveBinding]) -> dict[str, ActiveBinding]:
    """The active bindings, those of the app with their names in the language in use."""
    ours = {key.id for key in (*HOME, *PRACTICE)}
    return {pressed: _named(one) if one.binding.id in ours else one for pressed, one in active.items()}


def _named(active: ActiveBinding) -> ActiveBinding:
    action = active.binding.id or ""
    return active._replace(binding=replace(active.binding, description=name(action)), tooltip=tip(action))
