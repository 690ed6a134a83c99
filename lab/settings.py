"""What the user chose once and for all, kept in a file they may edit."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import yaml

from lab import paths
from lab.errors import UsageError
from lab.i18n import LANGUAGES, Language


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices. None: not chosen."""

    language: Language | None = None


def load() -> Settings:
    """The saved choices; none where nothing was saved.

    Raises:
        UsageError: the file cannot be understood (`settings`).
    """
    file = paths.settings()
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError("settings", str(error), file=file) from error
    try:
        settings = Settings(**(content or {}))
    except TypeError as error:
        raise UsageError("settings", str(error), file=file) from error
    if settings.language not in (None, *LANGUAGES):
        raise UsageError("settings", f"language: {settings.language}", file=file)
    return settings


def save(settings: Settings) -> None:
    """Keep these choices for the next time."""
    file = paths.settings()
    paths.private(file.parent)
    file.write_text(yaml.safe_dump(asdict(settings)), encoding="utf-8")
