"""What the learner chooses while the app runs."""

from __future__ import annotations

from lab import log, settings
from lab.errors import UsageError

_saved = True


def are_saved(saved: bool) -> None:
    """Whether the app that runs saves choices; the demo does not."""
    global _saved
    _saved = saved


def keep(name: str, value: str) -> None:
    """Keep a choice for the next time. Where it cannot be kept, it still holds for now."""
    if not _saved:
        return
    try:
        settings.keep(name, value)
    except (OSError, UsageError) as error:
        log.fault(f"keeping {name} in the settings", error)
