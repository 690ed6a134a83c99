"""The app on a lab that is not there, in English, with nothing of the user's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from lab import i18n
from lab.catalog.model import Catalog
from lab.settings import Settings
from tests.ui.fakes import FakeEngine, FakeSession, Preparation, Stage
from tests.unit.support.desks import catalog
from tests.unit.support.home import forget_settings

MakeStage = Callable[[Settings], Stage]


@pytest.fixture(scope="session", autouse=True)
def _style_sheets_are_parsed_once() -> None:
    """Textual parses them for each app anew, which takes longer than most tests do for their own."""
    parse = Stylesheet._parse_rules
    known: dict[object, list[RuleSet]] = {}

    def parse_once(self: Stylesheet, *what: Any, **more: Any) -> list[RuleSet]:
        key = (what, tuple(more.items()), tuple(self._variables.items()))
        if key not in known:
            known[key] = parse(self, *what, **more)
        return known[key]

    Stylesheet._parse_rules = parse_once  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forget_settings(monkeypatch)
    monkeypatch.setattr(i18n, "_chosen", "en")
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


@pytest.fixture
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Days begin where they begin in every place."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="session")
def two_exercises(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """A catalog that no test changes."""
    return catalog(tmp_path_factory.mktemp("exercises"))


@pytest.fixture
def make_stage(two_exercises: Catalog) -> MakeStage:
    """Makes a stage for a learner with these settings."""

    def make(settings: Settings) -> Stage:
        engine = FakeEngine()
        session = FakeSession(two_exercises, engine)
        return Stage(engine, session, Preparation(engine), settings=settings)

    return make


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """A ready lab with two exercises, of which nothing was begun."""
    return make_stage(Settings())
