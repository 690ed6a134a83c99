"""What the user chose once and for all, kept in a file they may edit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lab import paths
from lab.errors import UsageError
from lab.i18n import LANGUAGES, Language


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices. None: not chosen.

    Attributes:
        theme: of the app. The app knows which there are.
        keys: action of the app -> its key. The app knows which can be had.
    """

    language: Language | None = None
    theme: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)


NOTHING_CHOSEN = Settings()


def load() -> Settings:
    """The saved choices; none where nothing was saved.

    Raises:
        UsageError: the file cannot be understood (`settings`).
    """
    _, choices = _read()
    try:
        return _settings(choices)
    except (TypeError, ValueError) as error:
        raise UsageError("settings", str(error), file=paths.settings()) from error


def keep(name: str, value: str) -> None:
    """Keep a choice for the next time. Everything else in the file stays as its user wrote it.

    Raises:
        UsageError: the file cannot be understood (`settings`).
        OSError: it cannot be read or written.
    """
    import yaml

    written, choices = _read()
    choices[name] = value
    line = yaml.safe_dump({name: value}, allow_unicode=True)
    edited, found = re.subn(rf"^{name}:.*\n?", lambda _: line, written, count=1, flags=re.MULTILINE)
    if not found:
        edited = f"{written.rstrip()}\n{line}".lstrip()
    if not _says(edited, choices):  # it is written so that a choice is not a line
        edited = yaml.safe_dump(choices, allow_unicode=True)
    file = paths.settings()
    paths.private(file.parent)
    file.write_text(edited, encoding="utf-8")


def _read() -> tuple[str, dict[str, Any]]:
    """The file as it is written, and what it says."""
    file = paths.settings()
    if not file.exists():
        return "", {}
    import yaml

    try:
        written = file.read_text(encoding="utf-8")
        choices = yaml.safe_load(written) or {}
    except FileNotFoundError:
        return "", {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError("settings", str(error), file=file) from error
    if not isinstance(choices, dict):
        raise UsageError("settings", written.strip(), file=file)
    return written, choices


def _settings(choices: Mapping[str, Any]) -> Settings:
    settings = Settings(**choices)
    keys = settings.keys or {}  # an empty list of keys is None
    if settings.language not in (None, *LANGUAGES):
        raise ValueError(f"language: {settings.language}")
    if not isinstance(settings.theme, str | None):
        raise ValueError(f"theme: {settings.theme}")
    if not isinstance(keys, dict):
        raise ValueError(f"keys: {keys}")
    return replace(settings, keys={str(action): str(key) for action, key in keys.items()})


def _says(written: str, choices: Mapping[str, Any]) -> bool:
    import yaml

    try:
        return bool(yaml.safe_load(written) == choices)
    except yaml.YAMLError:
        return False
