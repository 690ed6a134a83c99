"""The events of one class, saved in a file of its own. They are only added: the file itself refuses to change one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import paths
from lab.exam.events import Moment, Watch, now
from lab.practice.database import Database, Migration
from lab.workshop.events import Event, Kind

if TYPE_CHECKING:
    import sqlite3

_FILE = "class.db"
MIGRATIONS: tuple[Migration, ...] = (
    (
        """CREATE TABLE event (
            number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
            wall TEXT NOT NULL, boot TEXT NOT NULL, seconds REAL NOT NULL,
            seat TEXT NOT NULL, learner INTEGER NOT NULL, detail TEXT NOT NULL
        )""",
        """CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event
            BEGIN SELECT RAISE(ABORT, 'events are only added'); END""",
        """CREATE TRIGGER event_is_not_removed BEFORE DELETE ON event
            BEGIN SELECT RAISE(ABORT, 'events are only added'); END""",
    ),
)
"""Never change one that was released: files that have seen it are out there. Add another."""


class Ledger:
    """What happened in a class. Several processes write to it: the hub, the apps of learners, the instructor's verbs.

    What `add` has returned from is saved, whatever becomes of this process.

    Args:
        file: where it lies; None: in memory, gone with this object.
        watch: tells the time.
    """

    def __init__(self, file: Path | None = None, watch: Watch = now) -> None:
        self._database = Database(file, MIGRATIONS)
        self._watch = watch

    def add(self, kind: Kind, *, seat: str = "", learner: int = 0, **detail: Any) -> Event:
        """Something happens now."""
        event = Event(kind, self._watch(), seat, learner, detail)
        with self._database.writing() as rows:
            _insert(rows, [event])
        return event

    def events(self, after: int = 0) -> tuple[Event, ...]:
        """In the order in which they were saved.

        Args:
            after: leave out so many of the first.
        """
        with self._database.reading() as rows:
            return _select(rows, after)

    def last(self) -> Event | None:
        """The newest of all; None: nothing has happened."""
        with self._database.reading() as rows:
            (number,) = rows.execute("SELECT max(number) FROM event").fetchone()
            return _select(rows, number - 1)[-1] if number else None

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def folder(class_id: str) -> Path:
    """What belongs to one class beside its labs, its ledger first of all. `purge` removes it."""
    return paths.private(paths.state() / "classes" / class_id)


def open_ledger(class_id: str) -> Ledger:
    """The ledger of the class of this name."""
    return Ledger(folder(class_id) / _FILE)


def has_ledger(class_id: str) -> bool:
    """Whether anything has happened in the class of this name yet."""
    return (paths.state() / "classes" / class_id / _FILE).exists()


def _insert(rows: sqlite3.Connection, new: Iterable[Event]) -> None:
    rows.executemany(
        "INSERT INTO event (kind, wall, boot, seconds, seat, learner, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                event.kind.value,
                event.at.wall.isoformat(),
                event.at.boot,
                event.at.seconds,
                event.seat,
                event.learner,
                json.dumps(dict(event.detail), ensure_ascii=False),
            )
            for event in new
        ],
    )


def _select(rows: sqlite3.Connection, after: int) -> tuple[Event, ...]:
    found: Sequence[tuple[Any, ...]] = rows.execute(
        "SELECT kind, wall, boot, seconds, seat, learner, detail FROM event WHERE number > ? ORDER BY number", (after,)
    ).fetchall()
    return tuple(
        Event(Kind(kind), Moment(datetime.fromisoformat(wall), boot, seconds), seat, learner, json.loads(detail))
        for kind, wall, boot, seconds, seat, learner, detail in found
    )
