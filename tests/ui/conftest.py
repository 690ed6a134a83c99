"""The app on a lab that is not there, in English, with nothing of the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import i18n
from tests.ui.fakes import FakeEngine, FakeSession, Preparation, Stage, catalog


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(i18n, "_chosen", "en")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A ready lab with two exercises, of which nothing was begun."""
    engine = FakeEngine()
    return Stage(engine, FakeSession(catalog(tmp_path / "exercises"), engine), Preparation(engine))
