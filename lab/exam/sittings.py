"""Sittings, saved in the history's file. Events are only added: the database itself refuses to change one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lab.errors import LabError, UsageError
from lab.exam import events
from lab.exam import plan as plans
from lab.exam.events import LEARNERS, Event, Kind, Moment, Watch
from lab.exam.plan import Plan
from lab.exam.state import State, state_of
from lab.exam.timeline import Timeline
from lab.exam.verdicts import TaskGrade, to_detail
from lab.practice.database import Database

if TYPE_CHECKING:
    import sqlite3

KEY_EVERY = 15.0
"""Seconds after which a key is worth an event. A crash loses so much of a task's time at most."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """One try at an exam.

    Attributes:
        events: in the order in which they were saved; the first one starts it.
    """

    number: int
    plan: Plan
    events: tuple[Event, ...]

    @property
    def started(self) -> datetime:
        """By the time of day."""
        return self.events[0].at.wall

    @property
    def last(self) -> Moment:
        """When the latest of its events happened, whatever was made of the date meanwhile."""
        return max((event.at for event in self.events), key=Timeline(self.events).elapsed)

    @property
    def labs(self) -> Mapping[str, str]:
        """The name of each host -> that of its lab: the newest, where it was moved."""
        moved = {event.host: str(event.detail["lab"]) for event in self.events if event.kind is Kind.MOVED}
        return {**self.events[0].detail.get("labs", {}), **moved}

    @property
    def first_lab(self) -> str:
        """The lab on whose base the exam's shell is."""
        return self.labs[self.plan.hosts[0]]

    def used_on(self, host: str, now: Moment) -> float:
        """The seconds of its time since the tasks of a host were set."""
        timeline = Timeline(self.events)
        set_again = (event.at for event in self.events if event.kind is Kind.MOVED and event.host == host)
        return timeline.used(now) - max(map(timeline.used, set_again), default=0.0)

    def state(self, now: Moment) -> State:
        """Where it stands."""
        return state_of(self.plan, self.events, now)


class Sittings:
    """All sittings of a learner.

    Args:
        database: the history's (`History.database`).
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, plan: Plan, at: Moment, labs: Mapping[str, str] | None = None) -> Sitting:
        """The clock of a new sitting starts.

        Args:
            labs: the name of each host -> that of its lab.

        Raises:
            UsageError: another one is not closed yet (`exam.under_way`).
        """
        with self._database.writing() as rows:
            if number := _open_one(rows):
                raise UsageError("exam.under_way", number=number)
            plan_text = json.dumps(plans.to_json(plan), ensure_ascii=False)
            number = rows.execute("INSERT INTO sitting (plan) VALUES (?)", (plan_text,)).lastrowid or 0
            start = Event(Kind.STARTED, at, detail={"labs": dict(labs)} if labs else {})
            _insert(rows, number, [start])
        return Sitting(number, plan, (start,))

    def add(self, number: int, new: Sequence[Event]) -> None:
        """Save what happened in a sitting: all of it, or, if anything fails, nothing."""
        with self._database.writing() as rows:
            _insert(rows, number, new)

    def get(self, number: int | None = None) -> Sitting:
        """The sitting of this number; the newest where none is named.

        Raises:
            UsageError: there is none (`exam.no_sitting`), or none at all (`exam.never`).
        """
        sql = "SELECT number, plan FROM sitting WHERE ? IS NULL OR number = ? ORDER BY number DESC LIMIT 1"
        with self._database.reading() as rows:
            found = rows.execute(sql, (number, number)).fetchone()
            if found is None:
                raise UsageError("exam.never") if number is None else UsageError("exam.no_sitting", number=number)
            return _sitting(rows, *found)

    def open(self) -> Sitting | None:
        """The sitting that is not closed; there is one at most."""
        with self._database.reading() as rows:
            number = _open_one(rows)
        return self.get(number) if number else None

    def all(self) -> tuple[Sitting, ...]:
        """Every sitting, oldest first."""
        with self._database.reading() as rows:
            found = rows.execute("SELECT number, plan FROM sitting ORDER BY number").fetchall()
            return tuple(
                Sitting(number, plans.from_json(json.loads(plan)), _events(rows, number)) for number, plan in found
            )


class Journal:
    """Writes down what happens in one sitting. What cannot be saved is kept and saved with the next.

    Args:
        watch: tells the time.
    """

    def __init__(self, sittings: Sittings, sitting: Sitting, watch: Watch = events.now) -> None:
        self._sittings = sittings
        self._sitting = sitting
        self._watch = watch
        self._unsaved: list[Event] = []
        self._lock = threading.Lock()
        self._last = sitting.events[-1].at

    @property
    def unsaved(self) -> tuple[Event, ...]:
        """What could not be saved so far."""
        return tuple(self._unsaved)

    def state(self) -> State:
        """Where the sitting stands, by all programs that write down something of it, with what is not saved yet."""
        saved = self._sittings.get(self._sitting.number)
        return state_of(saved.plan, (*saved.events, *self._unsaved), self._watch())

    def opened(self, task: int) -> None:
        """A task is shown."""
        self.add(Kind.OPENED, task=task)

    def left(self, task: int) -> None:
        """It is shown no more."""
        self.add(Kind.LEFT, task=task)

    def flagged(self, task: int, *, on: bool) -> None:
        """Its flag was set, or taken away."""
        self.add(Kind.FLAGGED, task=task, on=on)

    def key(self) -> None:
        """A key was pressed. It is saved if nothing else was for a while."""
        now = self._watch()
        if now.boot != self._last.boot or now.seconds - self._last.seconds >= KEY_EVERY:
            self.add(Kind.KEY, at=now)

    def shell(self, host: str) -> None:
        """The learner's shell is on this host now; an empty name: on none."""
        self.add(Kind.SHELL, host=host)

    def gone(self, host: str, since: Moment | None = None) -> None:
        """A lab has failed. `since` is when it was last known to work, if that was before now."""
        self.add(Kind.GONE, host=host, at=since)

    def back(self, host: str, since: Moment | None = None) -> None:
        """It works again. `since` is when it was first seen to, if that was before now."""
        self.add(Kind.BACK, host=host, at=since)

    def lost(self, host: str) -> None:
        """It is given up."""
        self.add(Kind.LOST, host=host)

    def moved(self, host: str, lab: str) -> None:
        """Its tasks were set again on this lab."""
        self.add(Kind.MOVED, host=host, lab=lab)

    def credit(self, seconds: float, reason: str) -> None:
        """Give time for another reason than a lab that was gone."""
        self.add(Kind.CREDITED, seconds=seconds, reason=reason)

    def hand_in(self) -> None:
        """The learner ends it."""
        self.add(Kind.HANDED_IN)

    def graded(self, task: int, grade: TaskGrade) -> None:
        """A task was graded, or graded again."""
        self.add(Kind.GRADED, task=task, **to_detail(grade))

    def close(self) -> None:
        """Its labs may be used for something else."""
        self.add(Kind.CLOSED)

    def add(self, kind: Kind, *, at: Moment | None = None, task: int = 0, host: str = "", **detail: Any) -> None:
        """Write down that something happened, now or at an earlier moment.

        Raises:
            LabError: it cannot be saved (`exam.unsaved`). It counts in `state` all the same.
        """
        event = Event(kind, at or self._watch(), task, host, detail)
        with self._lock:
            self._unsaved.append(event)
            if kind in LEARNERS:
                self._last = event.at
        self.save()

    def save(self) -> None:
        """Save what could not be saved before.

        Raises:
            LabError: it still cannot (`exam.unsaved`).
        """
        with self._lock:
            if not self._unsaved:
                return
            try:
                self._sittings.add(self._sitting.number, self._unsaved)
            except LabError as error:
                raise LabError("exam.unsaved", str(error), events=len(self._unsaved)) from error
            self._unsaved.clear()


def to_json(sitting: Sitting) -> dict[str, Any]:
    """A sitting for `history --export`: its plan, and all of its events."""
    return {
        "sitting": sitting.number,
        "plan": plans.to_json(sitting.plan),
        "events": [events.to_json(event) for event in sitting.events],
    }


def _open_one(rows: sqlite3.Connection) -> int:
    """The number of the sitting that is not closed; 0: there is none."""
    sql = (
        "SELECT max(number) FROM sitting WHERE NOT EXISTS"
        " (SELECT 1 FROM sitting_event WHERE sitting_event.sitting = sitting.number AND kind = ?)"
    )
    return int(rows.execute(sql, (Kind.CLOSED.value,)).fetchone()[0] or 0)


def _insert(rows: sqlite3.Connection, sitting: int, new: Iterable[Event]) -> None:
    rows.executemany(
        "INSERT INTO sitting_event (sitting, number, kind, wall, boot, seconds, task, host, detail)"
        " SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM sitting_event WHERE sitting = ?1",
        [
            (
                sitting,
                event.kind.value,
                event.at.wall.isoformat(),
                event.at.boot,
                event.at.seconds,
                event.task,
                event.host,
                json.dumps(dict(event.detail), ensure_ascii=False),
            )
            for event in new
        ],
    )


def _sitting(rows: sqlite3.Connection, number: int, plan: str) -> Sitting:
    return Sitting(number, plans.from_json(json.loads(plan)), _events(rows, number))


def _events(rows: sqlite3.Connection, sitting: int) -> tuple[Event, ...]:
    found = rows.execute(
        "SELECT kind, wall, boot, seconds, task, host, detail FROM sitting_event WHERE sitting = ? ORDER BY number",
        (sitting,),
    )
    return tuple(
        Event(Kind(kind), Moment(datetime.fromisoformat(wall), boot, seconds), task, host, json.loads(detail))
        for kind, wall, boot, seconds, task, host, detail in found
    )
