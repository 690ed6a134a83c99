"""The user's choices are read from a file that stays theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import paths, settings
from lab.errors import UsageError
from lab.settings import Settings


@pytest.fixture(autouse=True)
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the settings are; nothing is there yet."""
    monkeypatch.setattr(paths, "settings", lambda: tmp_path / "config" / "settings.yaml")
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "settings.yaml"


def test_without_a_file_nothing_is_chosen() -> None:
    assert settings.load() == Settings()


def test_choices_are_read(file: Path) -> None:
    file.write_text("language: zh\ntheme: nord\nkeys:\n  check: ctrl+g\n  note: 1\n")
    assert settings.load() == Settings("zh", "nord", {"check": "ctrl+g", "note": "1"})


def test_keys_without_any_key_are_none(file: Path) -> None:
    file.write_text("keys:\n")
    assert settings.load() == Settings()


@pytest.mark.parametrize(
    "written", ["language: fr", "theme: [nord]", "keys: [check]", "colour: red", "- a", "a: b: c", b"\xff"]
)
def test_what_cannot_be_understood_is_told_with_its_file(file: Path, written: str | bytes) -> None:
    file.write_bytes(written if isinstance(written, bytes) else written.encode())
    with pytest.raises(UsageError) as told:
        settings.load()
    assert str(file) in told.value.tried


def test_the_first_choice_that_is_kept_makes_the_file(file: Path) -> None:
    file.parent.rmdir()
    settings.keep("theme", "nord")
    assert file.read_text() == "theme: nord\n"


def test_what_is_kept_leaves_the_rest_as_it_was_written(file: Path) -> None:
    file.write_text("# mine\nlanguage: en   # for now\nkeys:\n  check: ctrl+g  # as in my editor\n")
    settings.keep("language", "zh")
    settings.keep("theme", "nord")
    assert file.read_text() == "# mine\nlanguage: zh\nkeys:\n  check: ctrl+g  # as in my editor\ntheme: nord\n"


@pytest.mark.parametrize("written", ["{language: en, keys: {check: f3}}", "keys: {check: f3}\n..."])
def test_a_file_written_in_another_manner_keeps_its_choices(file: Path, written: str) -> None:
    file.write_text(written)
    settings.keep("language", "zh")
    assert settings.load() == Settings("zh", None, {"check": "f3"})


def test_a_file_that_cannot_be_understood_is_not_written_over(file: Path) -> None:
    file.write_text("a: b: c")
    with pytest.raises(UsageError):
        settings.keep("language", "zh")
    assert file.read_text() == "a: b: c"
