"""A clock whose time only passes when someone sleeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lab.clock import Clock

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Hands:
    """Moves a clock by hand."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.clock = Clock(self._now, lambda: self.passed, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def _now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.passed)
