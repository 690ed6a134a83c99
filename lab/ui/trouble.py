"""A failure as the app shows it."""

from __future__ import annotations

from dataclasses import dataclass

from checkers.api import NoObservation
from lab import i18n, log
from lab.errors import LabError, UsageError


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was tried, what came back, what to do next.

    Attributes:
        ours: whether the lab or the program is at fault, not what was asked of it.
    """

    tried: str
    came_back: str
    next_step: str
    ours: bool = True

    @classmethod
    def of(cls, error: Exception) -> Trouble:
        """The failure behind an exception; one that nobody foresaw is a fault of the program: it
        says so, is written to the log, and names the file."""
        if isinstance(error, LabError):
            return cls(error.tried, error.came_back, error.next_step, ours=not isinstance(error, UsageError))
        if isinstance(error, NoObservation):
            return cls(i18n.text("ui.no_look.tried"), i18n.pick(error.words), i18n.text("ui.no_look.next"))
        written = log.fault("the app", error)
        came_back = f"{type(error).__name__}: {error}\n{written}"
        return cls(i18n.text("ui.bug.tried"), came_back, i18n.text("ui.bug.next"))
