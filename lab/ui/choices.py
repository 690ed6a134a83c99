"""What the learner chooses while the app runs."""

from __future__ import annotations

from contextlib import suppress

from lab import settings
from lab.errors import UsageError


def keep(name: str, value: str) -> None:
    """Keep a choice for the next time. Where it cannot be kept, it still holds for now."""
    with suppress(OSError, UsageError):
        settings.keep(name, value)
