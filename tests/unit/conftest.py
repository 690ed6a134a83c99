"""What tests of looks at a cluster share: an API server, and a lab whose node is healthy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import i18n
from tests.unit.support.api_server import ApiServer, serving
from tests.unit.support.control_plane import healthy
from tests.unit.support.engines import HandMadeEngine, HandMadeNode
from tests.unit.support.home import forget_settings, move_in


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forget_settings(monkeypatch)
    move_in(monkeypatch, tmp_path)


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program speaks English, whatever the language of whoever runs the tests."""
    monkeypatch.setattr(i18n, "_chosen", "en")


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with serving() as server:
        yield server


@pytest.fixture
def engine(api: ApiServer, tmp_path: Path) -> HandMadeEngine:
    return HandMadeEngine(HandMadeNode(answers=healthy()), kubeconfig=api.kubeconfig(tmp_path))
