"""A SQLite file that several processes may use at once and that no crash leaves half written."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lab.errors import LabError

if TYPE_CHECKING:
    import sqlite3

Migration = Sequence[str]
"""Statements that lead from one version of the tables to the next."""

BUSY = 10.0
"""Seconds to wait for another process that writes."""


class Database:
    """Transactions on a file whose `PRAGMA user_version` says how many migrations it has seen.

    Nothing is opened before the first transaction: most verbs need none.

    Args:
        file: where it lies; None: in memory, gone with this object.
        migrations: all there ever were, oldest first.
    """

    def __init__(self, file: Path | None, migrations: Sequence[Migration]) -> None:
        self._file = file
        self._migrations = migrations
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """All that is read inside was true at one moment."""
        with self._transaction("DEFERRED") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside is saved, or, if anything fails, none of it."""
        with self._transaction("IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        """Let go of the file. The next transaction opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _transaction(self, kind: Literal["DEFERRED", "IMMEDIATE"]) -> Iterator[sqlite3.Connection]:
        import sqlite3  # five milliseconds that most verbs need not spend

        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._open()
                with _begun(self._connection, kind):
                    yield self._connection
            except sqlite3.Error as error:
                raise self._as_lab_error(error) from error

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        if self._file is not None:
            self._file.touch(mode=0o600)
        place = ":memory:" if self._file is None else self._file
        # One connection for all threads: the lock lets only one of them in at a time.
        connection = sqlite3.connect(place, timeout=BUSY, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            self._migrate(connection)
            connection.execute("PRAGMA journal_mode = WAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        """Bring the tables up to date. Of two processes that find them old, the second finds them done."""
        with _begun(connection, "IMMEDIATE"):
            with closing(connection.execute("PRAGMA user_version")) as cursor:
                (version,) = cursor.fetchone()
            if version > len(self._migrations):
                raise LabError("history.newer", file=self._file)
            for migration in self._migrations[version:]:
                for statement in migration:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(self._migrations)}")

    def _as_lab_error(self, error: sqlite3.Error) -> LabError:
        import sqlite3

        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # without what only refines it
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            return LabError("history.damaged", str(error), file=self._file)
        if code == sqlite3.SQLITE_BUSY:
            return LabError("history.busy", str(error), file=self._file, seconds=f"{BUSY:.0f}")
        return LabError("history.refused", str(error), file=self._file)


@contextmanager
def _begun(connection: sqlite3.Connection, kind: Literal["DEFERRED", "IMMEDIATE"]) -> Iterator[None]:
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
