"""Makes the pictures of the docs: the demo, driven by its keys, an exam, and a class. Run by `make pictures`.

What the exam's shell shows is `shell.txt`, written off a real one.
"""

from __future__ import annotations

import asyncio
import html
import os
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import lesson
from textual.screen import Screen

from lab import i18n
from lab.catalog.blueprint import Blueprint
from lab.catalog.blueprint import load as load_blueprints
from lab.catalog.load import load
from lab.clock import Clock
from lab.commands.drawing import lack_text
from lab.demo import DemoSession
from lab.exam.events import Event, Kind, Moment
from lab.exam.notepad import Notepad
from lab.exam.plan import draw, shortages
from lab.exam.pool import pool_of
from lab.exam.prepare import Wish
from lab.exam.report import Report, report_of
from lab.exam.reviews import what_next
from lab.exam.sittings import Journal, Sitting, Sittings
from lab.exam.verdicts import agreed, to_detail
from lab.practice.history import History
from lab.progress import OnProgress
from lab.text import cells
from lab.ui import exam_view
from lab.ui.app import demo_app
from lab.ui.exam_app import ExamApp
from lab.ui.screens.lobby import Lobby, LobbyScreen
from lab.ui.screens.report import ReportScreen
from lab.ui.screens.sitting import Exam, SittingScreen

FOLDER = Path(__file__).parent
SIZE = (120, 36)
TODAY = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAST = (
    ("busybox-security-context", "solution", 15),
    ("psa-warn-baseline", "solution", 3),
    ("gatekeeper-replica-limits", "limits-swapped", 1),
)
"""What was checked: exercise, answer, days ago."""
PICTURES = {
    "home": (),
    "mistake": ("e", "f8", *["down"] * 5, "f5", "f6"),
}
"""Name -> the keys that lead there."""

EXAM = (
    ("solution", 1.1),
    ("", 0.9),
    ("solution", 1.2),
    (None, 0.0),
    ("", 1.4),
    ("solution", 0.8),
    ("solution", 1.0),
    (None, 0.1),
)
"""How each task of an exam went: the answer (empty: a wrong one; None: nothing), and how much of its time it took."""


class Learner:
    """Has done something, on some days."""

    def __init__(self) -> None:
        self._now = TODAY
        self.session = DemoSession(load(), clock=Clock(now=lambda: self._now, seconds=lambda: 0.0))
        for name, answer, days in PAST:
            self._now = TODAY - timedelta(days=days)
            exercise = self.session.exercise(name)
            self.session.choose(exercise, next(known for known in exercise.answers if known.name == answer))
            self.session.grade(exercise)
            self.session.choose(exercise, None)
            self._now = TODAY


def report() -> Report:
    """Of an exam that was sat by recorded answers."""
    session = Learner().session
    catalog = session.catalog
    chapter = load_blueprints([domain.id for domain in catalog.domains]).get("chapter")
    plan = draw(chapter, pool_of(chapter, catalog.exercises), 7)
    seconds, events = 0.0, [Event(Kind.STARTED, _at(0.0))]
    for task, (_, share) in zip(plan.tasks, EXAM, strict=True):
        events += [Event(Kind.OPENED, _at(seconds), task.position)] if share else []
        for _ in range(round(task.minutes * share * 4)):
            seconds += 15
            events.append(Event(Kind.KEY, _at(seconds)))
    events.append(Event(Kind.HANDED_IN, _at(seconds)))
    for task, (name, _) in zip(plan.tasks, EXAM, strict=True):
        exercise = catalog.exercise(task.exercise)
        answers = [each for each in exercise.answers if each.name == name or (name == "" and each.mistake)]
        session.choose(exercise, answers[0] if answers else None)
        grades = [session.grade(exercise) for _ in range(2)]
        events.append(Event(Kind.GRADED, _at(seconds), task.position, detail=to_detail(agreed(grades))))
    sitting = Sitting(1, plan, tuple(events))
    suggestions = what_next(catalog.exercises, {}, (), [sitting], TODAY)
    return report_of(sitting, catalog, title=chapter.title, suggestions=suggestions, now=TODAY)


def sitting() -> SittingScreen:
    """An exam of the chapter after eleven minutes, one task done and one flagged."""
    catalog = load()
    chapter = load_blueprints([domain.id for domain in catalog.domains]).get("chapter")
    plan = draw(chapter, pool_of(chapter, catalog.exercises), 7)
    now = _at(11 * 60 + 12)
    sittings = Sittings(History().database)
    begun = sittings.begin(plan, _at(0))
    keys = [Event(Kind.KEY, _at(seconds), 0) for seconds in range(15, 600, 15)]
    opened = [Event(Kind.OPENED, _at(5), 1), Event(Kind.OPENED, _at(330), 2)]
    flagged = [Event(Kind.FLAGGED, _at(329), 1, detail={"on": True})]
    sittings.add(begun.number, [*opened, *flagged, *keys])

    def nothing() -> None:
        """Nobody watches a picture."""

    exam = Exam(
        plan=plan,
        catalog=catalog,
        journal=Journal(sittings, begun, lambda: now),
        notepad=Notepad(FOLDER / "no notepad"),
        shell_argv=lambda: ["sh", "-c", 'cat "$1"; exec cat', "sh", str(FOLDER / "shell.txt")],
        full_shell=nothing,
        watch_over=nothing,
        report=report,
        close=nothing,
    )
    return SittingScreen(exam)


def lobby() -> LobbyScreen:
    """The exams that there are, on a computer that has room for two labs."""
    catalog = load()
    blueprints = load_blueprints([domain.id for domain in catalog.domains]).known

    def about(blueprint: Blueprint) -> str:
        lacks = shortages(blueprint, pool_of(blueprint, catalog.exercises))
        return exam_view.about(blueprint, catalog, [lack_text(catalog, lack) for lack in lacks], 8 * 1024**3, 1)

    return LobbyScreen(Lobby(blueprints, about, lambda: 7, _never))


def _never(wish: Wish, progress: OnProgress) -> Exam:
    """Nothing begins in a picture."""
    raise NotImplementedError


def _at(seconds: float) -> Moment:
    return Moment(TODAY - timedelta(hours=1) + timedelta(seconds=seconds), "boot", seconds)


async def exam_picture(screen: Callable[[], Screen[None]]) -> str:
    """A screen of the app for exams, as SVG."""
    app = ExamApp(lobby_of_nothing())
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(screen())
        for _ in range(20):  # the shell draws when it likes
            await pilot.pause(0.05)
        return app.export_screenshot(title="ckslab")


def lobby_of_nothing() -> Lobby:
    """What the app opens with, under the picture."""
    return Lobby([], lambda _: "", lambda: 7, _never)


async def picture(keys: Sequence[str], opened: Callable[[], Screen[None]] | None = None) -> str:
    """The screen that these keys lead to, or one that is opened, as SVG."""
    app = demo_app(Learner().session, clock=lambda: 0.0)
    async with app.run_test(size=SIZE) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        if opened:
            await app.push_screen(opened())
            await pilot.pause()
            await pilot.pause()  # its lines are as long as it is wide, which is known after the first
        for key in keys:
            await pilot.press(key)
            await app.workers.wait_for_complete()
            await pilot.pause()
        return app.export_screenshot(title="ckslab demo")


def main() -> None:
    """Make each picture in each language."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    for language in i18n.LANGUAGES:
        i18n.use(language)
        drawings = {
            **{name: picture(keys) for name, keys in PICTURES.items()},
            "sitting": exam_picture(sitting),
            "lobby": exam_picture(lobby),
            "board": lesson.picture(lesson.board(), "ckslab class board", SIZE),
            "class": lesson.picture(lesson.learners_app(), lesson.ADDRESS, SIZE, "f5"),
            "report": picture((), lambda: ReportScreen(report())),
        }
        for name, drawing in drawings.items():
            file = FOLDER / f"{name}.{language}.svg"
            file.write_text(with_wide_signs(asyncio.run(drawing)), encoding="utf-8")
            print(file)


def with_wide_signs(svg: str) -> str:
    """A picture whose Chinese signs take two columns each. Rich gives every text as many columns as it has signs."""

    def text(found: re.Match[str]) -> str:
        before, length, between, words = found.groups()
        signs = html.unescape(words)
        return f'{before}textLength="{float(length) * cells(signs) / len(signs):g}"{between}>{words}<'

    return re.sub(r'(<text [^>]*)textLength="([\d.]+)"([^>]*)>([^<]+)<', text, svg)


if __name__ == "__main__":
    main()
