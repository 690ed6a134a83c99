"""What is remembered of a lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import paths
from lab.cluster import record
from lab.cluster.record import Record
from tests.unit.support.home import move_in


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    move_in(monkeypatch, tmp_path)


def test_a_lab_that_was_never_made_has_no_record() -> None:
    assert record.load("own") is None


def test_all_that_is_remembered_comes_back() -> None:
    memory = Record("kind", "nerdctl", "pull", "localhost/image:1", True, {"apparmor": "capability.no-apparmor"})
    record.save("own", memory)
    assert record.load("own") == memory
    assert record.load("another") is None


def test_only_its_owner_may_look() -> None:
    record.save("own", Record())
    assert paths.lab("own").stat().st_mode & 0o077 == 0


def test_a_record_is_whole_or_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    record.save("own", Record(image="old"))

    def power_fails(source: object, target: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "replace", power_fails)
    with pytest.raises(OSError):  # noqa: PT011 - the one just above
        record.save("own", Record(image="new"))
    loaded = record.load("own")
    assert loaded is not None
    assert loaded.image == "old"
