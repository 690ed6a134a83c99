"""A command that has the terminal, and what is seen of it meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest

from lab import foreground


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreground, "LOOK_EVERY", 0.01)


def until(file: Path) -> Sequence[str]:
    """A command that ends once this file is there."""
    return ["sh", "-c", f"until [ -e {file} ]; do sleep 0.01; done; exit 3"]


def test_what_is_typed_meanwhile_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told"
    monkeypatch.setattr(foreground, "_last_read", itertools.count().__next__)
    assert foreground.foreground(until(told), told.touch) == 3


def test_where_nothing_is_typed_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enough, looks = tmp_path / "enough", itertools.count()

    def read_long_ago() -> float:
        if next(looks) == 3:
            enough.touch()
        return 7.0

    monkeypatch.setattr(foreground, "_last_read", read_long_ago)
    assert foreground.foreground(until(enough), lambda: pytest.fail("nobody has typed")) == 3
