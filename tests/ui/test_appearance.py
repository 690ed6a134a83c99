"""How the app looks. Each picture comes with something that the screen says: a crash can be drawn as well."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from checkers.api import Check, Verdict
from lab import i18n
from lab.catalog.model import Answer, Catalog, Exercise
from lab.clock import Clock
from lab.cluster.engine import State
from lab.demo import DemoSession
from lab.settings import NOTHING_CHOSEN
from lab.ui.app import demo_app
from lab.ui.events import ExerciseGraded, LabProgressed, LabSeen
from lab.ui.screens.practice import PracticeScreen
from lab.ui.screens.report import ReportScreen
from lab.ui.widgets.terminal import Terminal
from tests.ui.conftest import MakeStage
from tests.ui.fakes import Heard, Stage, words
from tests.ui.snapshots import assert_looks_like
from tests.unit.support.desks import MISTAKE, NOON, RIGHT, WRONG, catalog
from tests.unit.support.reports import report, sat

pytestmark = pytest.mark.usefixtures("_utc")

LooksLike = Callable[[str, Pilot[None]], Awaitable[None]]
PROMPT = ("sh", "-c", "printf 'candidate@base:~$ '; exec cat")
NORMAL, NARROW, WIDE = (120, 36), (80, 24), (200, 50)


@pytest.fixture(autouse=True)
def _in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def looks_like(tmp_path: Path) -> LooksLike:
    """Holds the screen against the snapshot of a name."""

    async def hold(name: str, pilot: Pilot[None]) -> None:
        await assert_looks_like(name, pilot, tmp_path)

    return hold


@asynccontextmanager
async def practice(stage: Stage, size: tuple[int, int] = NORMAL) -> AsyncIterator[Pilot[None]]:
    """The practice screen, its shell at the prompt."""
    stage.engine.program = PROMPT
    async with stage.show(size) as pilot:
        terminal = stage.practice.query_one(Terminal)
        while "base" not in terminal.render_line(0).text:
            await pilot.pause(0.01)
        yield pilot


async def check(stage: Stage, pilot: Pilot[None]) -> None:
    await pilot.press("f5")
    await stage.hear(pilot, ExerciseGraded)


@pytest.mark.parametrize(("name", "size"), [("narrow", NARROW), ("wide", WIDE)])
async def test_practice_at_different_sizes(
    stage: Stage, looks_like: LooksLike, name: str, size: tuple[int, int]
) -> None:
    async with practice(stage, size) as pilot:
        await pilot.press("f2")
        await check(stage, pilot)
        assert "✗ 0/3  A privileged Pod is refused" in stage.results
        await looks_like(name, pilot)


async def test_practice_without_colours(
    make_stage: MakeStage, looks_like: LooksLike, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stage = make_stage(NOTHING_CHOSEN)
    async with practice(stage) as pilot:
        await check(stage, pilot)
        assert stage.app.no_color
        assert "✗ 0/3  A privileged Pod is refused" in stage.results
        await looks_like("no-colour", pilot)


async def test_home(stage: Stage, looks_like: LooksLike) -> None:
    first, second = stage.session.catalog.exercises
    for exercise, days, refused in ((first, 20, RIGHT), (second, 3, WRONG)):
        stage.session.today = NOON - timedelta(days=days)
        stage.session.findings = [RIGHT, refused, RIGHT]
        stage.session.start(exercise)
        stage.session.grade(exercise)
    stage.session.today = NOON
    async with stage.show(NORMAL, at_home=True) as pilot:
        assert "did not pass 3 days ago" in str(stage.home.suggestions.get_option_at_index(0).prompt)
        await looks_like("home", pilot)


async def test_home_while_the_first_lab_is_made(stage: Stage, looks_like: LooksLike) -> None:
    stage.engine.state = State.ABSENT
    stage.preparation.gate.shut()
    async with stage.show(NORMAL, at_home=True) as pilot:
        await stage.hear(pilot, LabProgressed)
        assert "`ckslab demo`" in words(stage.home.lab_pane)
        await looks_like("preparing", pilot)
        stage.preparation.gate.open()


def with_answers(exercise: Exercise) -> Exercise:
    """The exercise with answers, and recordings in which nothing needs to be looked up."""
    places = (exercise.folder / "recordings", exercise.folder / "answers")
    for place in places:
        place.mkdir()
    verdicts = dict.fromkeys((criterion.id for criterion in exercise.criteria), Verdict.PASS)
    answers = (
        Answer("solution", places[1] / "solution.sh", verdicts, None),
        Answer("warn-only", places[1] / "warn-only.sh", verdicts | {"refused": Verdict.FAIL}, MISTAKE),
    )
    for answer in answers:
        answer.script.write_text(f"#!/usr/bin/env bash\n# {answer.name}\nkubectl get namespaces | head -3\n")
    for name in ("untouched", *(answer.name for answer in answers)):
        (places[0] / f"{name}.jsonl").touch()
    runs, refused, intact = exercise.criteria
    refused = replace(refused, check=Check("fake", lambda lab: WRONG))
    return replace(exercise, answers=answers, criteria=(runs, refused, intact))


async def test_the_demo_in_chinese(tmp_path: Path, looks_like: LooksLike) -> None:
    i18n.use("zh")
    (domain,) = catalog(tmp_path / "exercises").domains
    exercises = Catalog((replace(domain, exercises=tuple(map(with_answers, domain.exercises))),))
    session = DemoSession(exercises, clock=Clock(now=lambda: NOON, seconds=lambda: 0.0))
    app, heard = demo_app(session, clock=lambda: 0.0), Heard()
    app.opens_with = "practice"
    async with app.run_test(size=NORMAL, message_hook=heard) as pilot:
        await heard.wait_for(LabSeen)
        await pilot.pause()
        await pilot.press("down", "down", "f5")
        await heard.wait_for(ExerciseGraded)
        await pilot.pause()
        screen = app.get_screen("practice", PracticeScreen)
        assert i18n.text("ui.results.score", score=2, points=5) in words(screen.results)
        await looks_like("demo-zh", pilot)


async def test_the_report_of_an_exam(stage: Stage, looks_like: LooksLike) -> None:
    sitting = sat(safe=Verdict.FAIL, mistake="careless", others=Verdict.FAIL)
    async with stage.show((100, 30), at_home=True) as pilot:
        await stage.app.push_screen(ReportScreen(report(sitting, others=[sat().sitting(1)])))
        await pilot.pause()
        assert "15 %: not passed" in words(stage.app.screen)
        await looks_like("report", pilot)
