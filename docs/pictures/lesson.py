"""A class in its second half hour, for the pictures of `docs/workshop.md`: the board, and the app of one learner.

What the shell shows is `seat.txt`, written off a real one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from textual.app import App

from lab import i18n
from lab.catalog.load import load
from lab.clock import Clock
from lab.cluster.engine import Capability, Engine, State, Status
from lab.demo import DemoSession
from lab.exam.events import Moment
from lab.ui.app import LabApp
from lab.ui.board_app import BoardApp
from lab.workshop.board import board_of
from lab.workshop.class_file import Class, Learner, seat_name
from lab.workshop.events import Event, Kind
from lab.workshop.ledger import Ledger
from lab.workshop.link import Link
from lab.workshop.marks import to_detail
from lab.workshop.place import catalog_of

FOLDER = Path(__file__).parent
BEGAN = datetime(2026, 11, 30, 9, tzinfo=UTC)
NOW = 30.0
"""Minutes after it began."""
BETWEEN = 6.0
"""Minutes from one grade of a learner to the next."""
ADDRESS = "https://192.168.1.20:8443"
TITLES = {"en": "Monday: Pod security", "zh": "周一：Pod 安全"}
SAID = {"en": "Five minutes left for this exercise.", "zh": "这个练习还剩五分钟。"}
NAMES = ("Ada Lovelace", "Alan Turing", "Barbara Liskov", "张三", "Edsger Dijkstra", "Grace Hopper", "李四")
EXERCISES = ("psa-warn-baseline", "busybox-security-context", "read-only-root")
WORK = (
    ((0, "solution"), (1, "container-level-ids"), (2, "web-only")),
    ((0, "solution"), (1, "escalation-unset")),
    ((0, "enforce-instead"), (0, "enforce-instead")),
    ((0, "solution"), (1, "solution"), (2, "solution")),
    ((0, "enforce-instead"),),
    ((0, "audit-instead"), (1, "solution"), (2, "no-volumes")),
    ((0, "enforce-instead"), (1, "group-forgotten")),
)
"""What each learner has graded, one after the other: which exercise, and the answer."""


def at(minutes: float) -> Moment:
    """So long after the class began."""
    return Moment(BEGAN + timedelta(minutes=minutes), "boot", minutes * 60)


def lesson() -> Class:
    """Its list, in the language in use."""
    learners = (Learner(number, name, "", "en", seat_name("monday", number)) for number, name in enumerate(NAMES, 1))
    return Class("monday", TITLES[i18n.language()], EXERCISES, tuple(learners), "en")


def events(class_: Class) -> Iterator[Event]:
    """Who came, what was graded, who raised a hand, who was moved to another seat."""
    for seat in class_.seats:
        yield Event(Kind.READY, at(-60), seat)
    for learner, work in zip(class_.learners, WORK, strict=True):
        yield Event(Kind.CAME, at(1), learner=learner.number, detail={"door": "browser"})
        yield from graded(learner, work)
    yield Event(Kind.LOST, at(25), "monday-04", detail={"reason": "base"})
    yield Event(Kind.MOVED, at(26), "monday-08", 4, {"seconds": 60})
    yield Event(Kind.HAND, at(28), learner=6, detail={"up": True})
    yield Event(Kind.LEFT, at(29), learner=7)


def graded(learner: Learner, work: tuple[tuple[int, str], ...]) -> Iterator[Event]:
    """What a learner began and graded, by recordings."""
    session, begun = DemoSession(load()), set[int]()
    for count, (number, name) in enumerate(work):
        exercise, minute = session.exercise(EXERCISES[number]), 3 + BETWEEN * count + learner.number / 2
        if number not in begun:
            begun.add(number)
            yield Event(Kind.BEGAN, at(minute - 2), learner=learner.number, detail={"exercise": exercise.id})
        session.choose(exercise, next(answer for answer in exercise.answers if answer.name == name))
        yield Event(Kind.GRADED, at(minute), learner=learner.number, detail=to_detail(session.grade(exercise)))


class Seat:
    """Stands where the lab of a seat does."""

    name, lab, pace = "kind", "monday-03", 1.0
    kubeconfig = Path("/nonexistent")

    def status(self) -> Status:
        """It works."""
        return Status(self.name, self.lab, State.READY, "v1.35.0")

    def lacks(self) -> Mapping[Capability, str]:
        """Nothing."""
        return {}

    def shell_argv(self, *_: str, **__: object) -> list[str]:
        """What a shell has shown."""
        return ["sh", "-c", 'cat "$1"; exec cat', "sh", str(FOLDER / "seat.txt")]


def board() -> BoardApp:
    """The instructor's board."""
    class_ = lesson()
    happened = list(events(class_))
    return BoardApp(class_, load(), lambda: board_of(class_, happened, at(NOW)))


def learners_app() -> LabApp:
    """The app of a learner who has made a mistake, and whose instructor sees the shell and has said something."""
    ledger = Ledger(watch=lambda: at(NOW))
    session = DemoSession(catalog_of(EXERCISES, load()), clock=Clock(lambda: at(NOW).wall, lambda: 0.0))
    session.engine = cast("Engine", Seat())
    exercise = session.exercise(EXERCISES[0])
    session.choose(exercise, next(answer for answer in exercise.answers if answer.name == "enforce-instead"))
    session.history.begin(exercise, session.engine)
    ledger.add(Kind.FOLLOWED, learner=3, process=os.getpid())
    ledger.add(Kind.SAID, text=SAID[i18n.language()])
    link = Link(lesson().learners[2], ledger, session.catalog, lambda: at(NOW))
    app = LabApp(session, lambda _: None, clock=lambda: 0.0, link=link)
    app.opens_with = "practice"
    return app


async def picture(app: App[None], title: str, size: tuple[int, int], *keys: str) -> str:
    """An app as SVG, once all is there that it reads on threads: a shell draws when it likes."""
    async with app.run_test(size=size, notifications=True) as pilot:
        for key in (None, *keys):
            if key is not None:
                await pilot.press(key)
            for _ in range(20):
                await pilot.pause(0.05)
        return app.export_screenshot(title=title)
