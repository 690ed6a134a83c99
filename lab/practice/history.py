"""What a learner has done, saved from one evening to the next: attempts, grades, hints, notes."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from checkers.api import Verdict
from lab.catalog.model import Exercise
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Engine
from lab.grading.grade import Grade
from lab.practice.attempt import Attempt, PastCriterion, PastGrade
from lab.practice.database import Database, Migration

if TYPE_CHECKING:
    import sqlite3

MIGRATIONS: tuple[Migration, ...] = (
    (
        """CREATE TABLE attempt (
            id INTEGER PRIMARY KEY, exercise TEXT NOT NULL, lab TEXT NOT NULL, engine TEXT NOT NULL,
            started TEXT NOT NULL, ended TEXT, hints INTEGER NOT NULL DEFAULT 0, solution TEXT
        )""",
        "CREATE UNIQUE INDEX open_attempt ON attempt (exercise, lab) WHERE ended IS NULL",
        "CREATE INDEX attempt_at ON attempt (exercise)",
        """CREATE TABLE grade (
            id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
            looked TEXT NOT NULL, seconds REAL NOT NULL, kubernetes TEXT NOT NULL, verdict TEXT NOT NULL,
            scored INTEGER NOT NULL
        )""",
        "CREATE INDEX grade_of ON grade (attempt)",
        """CREATE TABLE criterion (
            grade INTEGER NOT NULL REFERENCES grade ON DELETE CASCADE, position INTEGER NOT NULL,
            name TEXT NOT NULL, verdict TEXT NOT NULL, points INTEGER NOT NULL, earned INTEGER NOT NULL,
            PRIMARY KEY (grade, position)
        ) WITHOUT ROWID""",
        "CREATE TABLE note (exercise TEXT PRIMARY KEY, text TEXT NOT NULL, written TEXT NOT NULL)",
    ),
    # Of attempts that are older than this column, nobody knows; nearly all began with a start.
    ("ALTER TABLE attempt ADD COLUMN prepared INTEGER NOT NULL DEFAULT 1",),
    # Mock exams: `lab.exam.sittings` writes and reads them.
    (
        "CREATE TABLE sitting (number INTEGER PRIMARY KEY AUTOINCREMENT, plan TEXT NOT NULL)",
        """CREATE TABLE sitting_event (
            sitting INTEGER NOT NULL REFERENCES sitting, number INTEGER NOT NULL, kind TEXT NOT NULL,
            wall TEXT NOT NULL, boot TEXT NOT NULL, seconds REAL NOT NULL,
            task INTEGER NOT NULL, host TEXT NOT NULL, detail TEXT NOT NULL,
            PRIMARY KEY (sitting, number)
        ) WITHOUT ROWID""",
        """CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON sitting_event
            BEGIN SELECT RAISE(ABORT, 'events are only added'); END""",
        """CREATE TRIGGER event_is_not_removed BEFORE DELETE ON sitting_event
            BEGIN SELECT RAISE(ABORT, 'events are only added'); END""",
    ),
    # In a class: when the instructor saw the learner's shell.
    ("CREATE TABLE followed (began TEXT NOT NULL, ended TEXT)",),
)
"""Never change one that was released: files that have seen it are out there. Add another."""


class History:
    """Kept in a file, or, without one, for as long as this object lives.

    Only verdicts are saved, not what was expected and found: a cluster's words may hold its secrets.
    """

    def __init__(self, file: Path | None = None, clock: Clock = SYSTEM) -> None:
        self._database = Database(file, MIGRATIONS)
        self._clock = clock

    @property
    def database(self) -> Database:
        """The file itself, for what else is saved in it: `lab.exam.sittings`."""
        return self._database

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    # What the learner does

    def begin(self, exercise: Exercise, engine: Engine) -> None:
        """An attempt begins, and the one before it ends.

        One in which nothing was judged was no more than a false start: it goes on, with the hints that were taken.
        """
        again = (
            "UPDATE attempt SET started = ?, ended = NULL, prepared = 1"
            " WHERE id = (SELECT max(id) FROM attempt WHERE exercise = ? AND lab = ?) AND solution IS NULL"
            " AND NOT EXISTS (SELECT * FROM grade WHERE grade.attempt = attempt.id)"
        )
        with self._database.writing() as rows:
            if rows.execute(again, (self._now(), exercise.id, engine.lab)).rowcount == 0:
                self._end(rows, exercise, engine)
                self._open(rows, exercise, engine, prepared=True)

    def end(self, exercise: Exercise, engine: Engine) -> None:
        """What the attempt at an exercise made is gone."""
        with self._database.writing() as rows:
            self._end(rows, exercise, engine)

    def end_all(self, engine: Engine) -> None:
        """What all attempts on this lab made is gone."""
        with self._database.writing() as rows:
            rows.execute("UPDATE attempt SET ended = ? WHERE lab = ? AND ended IS NULL", (self._now(), engine.lab))

    def take_hint(self, exercise: Exercise, engine: Engine, number: int) -> None:
        """The learner reads this hint, counted from 1. Reading one again costs nothing."""
        with self._database.writing() as rows:
            attempt = self._opened(rows, exercise, engine)
            rows.execute("UPDATE attempt SET hints = max(hints, ?) WHERE id = ?", (number, attempt))

    def see_solution(self, exercise: Exercise, engine: Engine) -> None:
        """The learner reads the solution. From now on no grade of this attempt counts.

        Whoever has passed compares, and that changes nothing: neither the attempt nor what is to be practised next.
        """
        passed = (
            "SELECT 1 FROM grade WHERE scored AND verdict = ?"
            " AND attempt = (SELECT max(id) FROM attempt WHERE exercise = ? AND lab = ?)"
        )
        with self._database.writing() as rows:
            if rows.execute(passed, (Verdict.PASS, exercise.id, engine.lab)).fetchone():
                return
            attempt = self._opened(rows, exercise, engine)
            rows.execute("UPDATE attempt SET solution = coalesce(solution, ?) WHERE id = ?", (self._now(), attempt))

    def add(self, grade: Grade, engine: Engine) -> None:
        """The learner's work was graded."""
        looked = grade.started.isoformat()
        with self._database.writing() as rows:
            attempt = self._opened(rows, grade.exercise, engine)
            added = rows.execute(
                "INSERT INTO grade (attempt, looked, seconds, kubernetes, verdict, scored)"
                " SELECT id, ?, ?, ?, ?, solution IS NULL FROM attempt WHERE id = ?",
                (looked, grade.seconds, grade.kubernetes, grade.verdict, attempt),
            )
            rows.executemany(
                "INSERT INTO criterion (grade, position, name, verdict, points, earned) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        added.lastrowid,
                        position,
                        graded.criterion.id,
                        graded.finding.verdict,
                        graded.criterion.points,
                        graded.earned,
                    )
                    for position, graded in enumerate(grade.criteria)
                ],
            )

    def write_note(self, exercise: Exercise, text: str) -> None:
        """Save the learner's note on an exercise in place of the one before; an empty one removes it."""
        with self._database.writing() as rows:
            rows.execute("DELETE FROM note WHERE exercise = ?", (exercise.id,))
            if text.strip():
                rows.execute("INSERT INTO note VALUES (?, ?, ?)", (exercise.id, text.strip(), self._now()))

    def followed(self) -> None:
        """The instructor of a class sees the learner's shell from now on."""
        with self._database.writing() as rows:
            rows.execute("INSERT INTO followed (began) VALUES (?)", (self._now(),))

    def unfollowed(self) -> None:
        """The instructor sees it no longer."""
        with self._database.writing() as rows:
            rows.execute("UPDATE followed SET ended = ? WHERE ended IS NULL", (self._now(),))

    # What is known of it

    def open_on(self, engine: Engine) -> set[str]:
        """The ids of the exercises whose work this lab still holds."""
        sql = "SELECT exercise FROM attempt WHERE lab = ? AND ended IS NULL"
        with self._database.reading() as rows:
            return {exercise for (exercise,) in rows.execute(sql, (engine.lab,))}

    def attempts(self, exercise: str = "") -> tuple[Attempt, ...]:
        """At the exercise with this id, or at all of them, newest first."""
        with self._database.reading() as rows:
            found = rows.execute(
                "SELECT id, exercise, lab, engine, started, ended, hints, solution IS NOT NULL, prepared"
                " FROM attempt WHERE ? IN ('', exercise) ORDER BY id DESC",
                (exercise,),
            ).fetchall()
            grades = _grades(rows, exercise)
        return tuple(
            Attempt(
                exercise=name,
                lab=lab,
                engine=engine,
                started=_time(start),
                ended=_time(end) if end else None,
                hints=hints,
                solution_seen=bool(solution),
                prepared=bool(prepared),
                grades=grades[id_],
            )
            for id_, name, lab, engine, start, end, hints, solution, prepared in found
        )

    def note(self, exercise: Exercise) -> str:
        """The learner's note on an exercise; empty where there is none."""
        with self._database.reading() as rows:
            found = rows.execute("SELECT text FROM note WHERE exercise = ?", (exercise.id,)).fetchone()
        return str(found[0]) if found else ""

    def notes(self) -> dict[str, str]:
        """Exercise id -> the learner's note on it, of all exercises that have one."""
        with self._database.reading() as rows:
            return dict(rows.execute("SELECT exercise, text FROM note").fetchall())

    def follows(self) -> tuple[tuple[datetime, datetime | None], ...]:
        """When an instructor saw the learner's shell, newest first: from when, and until when, if that is known."""
        with self._database.reading() as rows:
            found = rows.execute("SELECT began, ended FROM followed ORDER BY rowid DESC").fetchall()
        return tuple((_time(began), _time(ended) if ended else None) for began, ended in found)

    def _now(self) -> str:
        return self._clock.now().isoformat()

    def _end(self, rows: sqlite3.Connection, exercise: Exercise, engine: Engine) -> None:
        sql = "UPDATE attempt SET ended = ? WHERE exercise = ? AND lab = ? AND ended IS NULL"
        rows.execute(sql, (self._now(), exercise.id, engine.lab))

    def _open(
        self, rows: sqlite3.Connection, exercise: Exercise, engine: Engine, *, prepared: bool = False
    ) -> int | None:
        sql = "INSERT INTO attempt (exercise, lab, engine, started, prepared) VALUES (?, ?, ?, ?, ?)"
        return rows.execute(sql, (exercise.id, engine.lab, engine.name, self._now(), prepared)).lastrowid

    def _opened(self, rows: sqlite3.Connection, exercise: Exercise, engine: Engine) -> int | None:
        """The id of the open attempt; one is opened where there is none."""
        sql = "SELECT id FROM attempt WHERE exercise = ? AND lab = ? AND ended IS NULL"
        found = rows.execute(sql, (exercise.id, engine.lab)).fetchone()
        return int(found[0]) if found else self._open(rows, exercise, engine)


def _grades(rows: sqlite3.Connection, exercise: str) -> dict[int, tuple[PastGrade, ...]]:
    """Attempt -> its grades, oldest first."""
    criteria: dict[int, list[PastCriterion]] = defaultdict(list)
    for grade, name, verdict, points, earned in rows.execute(
        "SELECT criterion.grade, name, criterion.verdict, points, earned"
        " FROM criterion JOIN grade ON grade.id = criterion.grade JOIN attempt ON attempt.id = grade.attempt"
        " WHERE ? IN ('', exercise) ORDER BY criterion.grade, position",
        (exercise,),
    ):
        criteria[grade].append(PastCriterion(name, Verdict(verdict), points, earned))
    grades: dict[int, tuple[PastGrade, ...]] = defaultdict(tuple)
    for attempt, id_, looked, seconds, kubernetes, verdict, scored in rows.execute(
        "SELECT attempt, grade.id, looked, seconds, kubernetes, verdict, scored"
        " FROM grade JOIN attempt ON attempt.id = grade.attempt WHERE ? IN ('', exercise) ORDER BY grade.id",
        (exercise,),
    ):
        past = PastGrade(_time(looked), seconds, kubernetes, Verdict(verdict), bool(scored), tuple(criteria[id_]))
        grades[attempt] += (past,)
    return grades


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
