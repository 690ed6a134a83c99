"""What the learner chooses while the app runs."""

from __future__ import annotations

from lab import log, settings
from lab.errors import UsageError


def keep(name: str, value: str) -> None:
    """Keep a choice for the next time. Where it cannot be kept, it still holds for now."""
    try:
        settings.keep(name, value)
    except (OSError, UsageError) as error:
        log.fault(f"keeping {name} in the settings", error)
