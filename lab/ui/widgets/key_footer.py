"""The keys at the bottom of a screen; the one that is sensible now is bright."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


class KeyFooter(Footer):
    """A footer that makes one key stand out.

    Args:
        bright: tells the action of that key; empty: there is none.
    """

    DEFAULT_CSS = """
    KeyFooter FooterKey.-bright {
        text-style: bold;
        .footer-key--key { color: $text; background: $success-muted; }
        .footer-key--description { color: $text; background: $success-muted; }
    }
    """

    def __init__(self, bright: Callable[[], str]) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._bright = bright
        self._composed: object = None

    def compose(self) -> ComposeResult:
        bright = self._bright()
        for part in super().compose():
            if isinstance(part, FooterKey):
                part.set_class(part.action == bright, "-bright")
            yield part

    async def recompose(self) -> None:
        """Make its keys anew, if they are others than before: each time costs as much as twenty keys in the shell.

        A screen says that its bindings have changed whenever they may have.
        """
        keys = (self._bright(), *(active for active in self.screen.active_bindings.values() if active.binding.show))
        if keys != self._composed:
            self._composed = keys
            await super().recompose()
