"""The menu (Textual's command palette): every action and every exercise, found by its name in either language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from textual.command import DiscoveryHit, Hit, Hits, Provider


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu.

    Attributes:
        also: other words by which it is found.
    """

    title: str
    explanation: str
    choose: Callable[[], object]
    also: str = ""


@runtime_checkable
class HasMenu(Protocol):
    """A screen that offers something in the menu."""

    def menu(self) -> Iterable[Entry]:
        """Its entries, in the order in which they are shown."""


class Menu(Provider):
    """What the screen below the menu offers."""

    async def discover(self) -> Hits:
        """All of it, before anything is typed."""
        for entry in self._entries():
            yield DiscoveryHit(entry.title, entry.choose, help=entry.explanation)

    async def search(self, query: str) -> Hits:
        """What matches, in its title or its other words."""
        matcher = self.matcher(query)
        for entry in self._entries():
            score = max(matcher.match(entry.title), matcher.match(entry.also))
            if score > 0:
                yield Hit(score, matcher.highlight(entry.title), entry.choose, help=entry.explanation)

    def _entries(self) -> Iterable[Entry]:
        return self.screen.menu() if isinstance(self.screen, HasMenu) else ()
