"""Sittings made by hand, on a computer whose clocks are moved by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from lab.exam.events import GRADES, Event, Kind, Moment
from lab.exam.plan import Plan, PlannedTask
from lab.exam.sittings import Sitting
from lab.exam.state import State, state_of
from lab.practice.database import Database
from lab.practice.history import MIGRATIONS
from tests.unit.support.clocks import BEGAN

HOSTS = ("cks1111", "cks2222")


def plan(minutes: int = 10, **changes: Any) -> Plan:
    """Four tasks, two on each host."""
    tasks = tuple(
        PlannedTask(n, f"ex-{n}", "first" if n < 4 else "second", f"about-{n % 2}", "easy", 2, 25, HOSTS[n % 2])
        for n in (1, 2, 3, 4)
    )
    whole = Plan("short", 7, "0123456789ab", 9, (), 4, minutes, 67, HOSTS, tasks, ())
    return replace(whole, **changes)


class Computer:
    """Clocks that only go on when someone lets them."""

    def __init__(self) -> None:
        self.boot = "first boot"
        self.seconds = 5000.0
        self.wall = BEGAN

    def now(self) -> Moment:
        return Moment(self.wall, self.boot, self.seconds)

    def wait(self, seconds: float) -> Computer:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)
        return self

    def set_date(self, hours: float) -> None:
        self.wall += timedelta(hours=hours)

    def restart(self, *, off: float, up: float) -> None:
        """The computer is off for a while, and then up for a while before it is asked."""
        self.boot += " again"
        self.seconds = up
        self.wall += timedelta(seconds=off + up)


class Sat:
    """A sitting: what happens is told with the seconds that pass before it."""

    def __init__(self, of: Plan | None = None) -> None:
        self.plan = of or plan()
        self.computer = Computer()
        self.events = [Event(Kind.STARTED, self.computer.now())]

    def then(self, after: float, kind: Kind, task: int = 0, host: str = "", **detail: Any) -> Sat:
        self.events.append(Event(kind, self.computer.wait(after).now(), task, host, detail))
        return self

    def after(self, seconds: float = 0) -> State:
        return state_of(self.plan, self.events, self.computer.wait(seconds).now())

    def sitting(self, number: int = 1) -> Sitting:
        return Sitting(number, self.plan, tuple(self.events))


def database(file: Path | None = None) -> Database:
    """A history's file, in memory if none is named."""
    return Database(file, MIGRATIONS)


def random_sitting(seed: int) -> Sat:
    """Anything may happen, in any order, with restarts and changes of the date between."""
    random = Random(seed)  # noqa: S311 - any sitting will do
    sat = Sat(plan(minutes=random.choice((5, 20, 60))))
    for _ in range(random.randint(1, 60)):
        kind = random.choice([kind for kind in Kind if kind not in (Kind.STARTED, *GRADES, Kind.CLOSED)])
        if kind is Kind.HANDED_IN and random.random() < 0.9:
            continue
        if random.random() < 0.05:
            sat.computer.restart(off=random.uniform(0, 60), up=random.uniform(5, 30))
        if random.random() < 0.05:
            sat.computer.set_date(random.choice((-1, 1)))
        details = {Kind.FLAGGED: {"on": random.random() < 0.5}, Kind.CREDITED: {"seconds": 5, "reason": "so"}}
        details |= {Kind.MOVED: {"lab": "another"}}
        sat.then(random.expovariate(1 / 25), kind, random.randint(1, 4), random.choice(HOSTS), **details.get(kind, {}))
    return sat
