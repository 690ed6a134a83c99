"""The menu (Textual's command palette): every action and every exercise, found by its name in either language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, runtime_checkable

from textual.command import DiscoveryHit, Hit, Hits, Provider

from lab.catalog.model import Exercise
from lab.ui import marks
from lab.ui.desk import Desk
from lab.ui.words import facts


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


def exercise_entries(desk: Desk, choose: Callable[[Exercise], object]) -> Iterator[Entry]:
    """An entry for each exercise, found by its name in either language."""
    for state in desk.states.values():
        exercise = state.exercise
        also = f"{exercise.id} {exercise.title.en} {exercise.title.zh}"
        about = f"{marks.of_exercise(state).text} · {facts(desk.catalog, exercise)}"
        yield Entry(str(exercise.title), about, partial(choose, exercise), also)


@runtime_checkable
class RemembersChoices(Protocol):
    """An app that knows what was chosen in its menu: titles, the newest first."""

    recent: list[str]


def recent_first(entries: Iterable[Entry], recent: Sequence[str]) -> list[Entry]:
    """What was chosen lately first, the newest at the top; all else in its order."""
    by_title = {entry.title: entry for entry in entries}
    chosen = [by_title[title] for title in recent if title in by_title]
    return chosen + [entry for title, entry in by_title.items() if title not in recent]


class Menu(Provider):
    """What the screen below the menu offers."""

    async def discover(self) -> Hits:
        """All of it, before anything is typed."""
        recent = self.app.recent if isinstance(self.app, RemembersChoices) else []
        for entry in recent_first(self._entries(), recent):
            yield DiscoveryHit(entry.title, partial(self._choose, entry), help=entry.explanation)

    async def search(self, query: str) -> Hits:
        """What matches, in its title or its other words."""
        matcher = self.matcher(query)
        for entry in self._entries():
            score = max(matcher.match(entry.title), matcher.match(entry.also))
            if score > 0:
                choose = partial(self._choose, entry)
                yield Hit(score, matcher.highlight(entry.title), choose, help=entry.explanation)

    def _entries(self) -> Iterable[Entry]:
        return self.screen.menu() if isinstance(self.screen, HasMenu) else ()

    def _choose(self, entry: Entry) -> object:
        if isinstance(self.app, RemembersChoices):
            self.app.recent[:] = [entry.title, *(title for title in self.app.recent if title != entry.title)]
        return entry.choose()
