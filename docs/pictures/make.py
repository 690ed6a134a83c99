"""Makes the pictures of the README files: the demo, driven by its keys. Run by `make pictures`."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lab import i18n
from lab.catalog.load import load
from lab.clock import Clock
from lab.demo import DemoSession
from lab.ui.app import demo_app

FOLDER = Path(__file__).parent
SIZE = (120, 36)
TODAY = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAST = (
    ("busybox-security-context", "solution", 15),
    ("psa-warn-baseline", "solution", 3),
    ("gatekeeper-replica-limits", "limits-swapped", 1),
)
"""What was checked: exercise, answer, days ago."""
PICTURES = {
    "home": (),
    "mistake": ("e", "f8", *["down"] * 5, "f5", "f6"),
}
"""Name -> the keys that lead there."""


class Learner:
    """Has done something, on some days."""

    def __init__(self) -> None:
        self._now = TODAY
        self.session = DemoSession(load(), clock=Clock(now=lambda: self._now, seconds=lambda: 0.0))
        for name, answer, days in PAST:
            self._now = TODAY - timedelta(days=days)
            exercise = self.session.exercise(name)
            self.session.choose(exercise, next(known for known in exercise.answers if known.name == answer))
            self.session.grade(exercise)
            self.session.choose(exercise, None)
            self._now = TODAY


async def picture(keys: Sequence[str]) -> str:
    """The screen that these keys lead to, as SVG."""
    app = demo_app(Learner().session, clock=lambda: 0.0)
    async with app.run_test(size=SIZE) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await app.workers.wait_for_complete()
            await pilot.pause()
        return app.export_screenshot(title="ckslab demo")


def main() -> None:
    """Make each picture in each language."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    for language in i18n.LANGUAGES:
        i18n.use(language)
        for name, keys in PICTURES.items():
            file = FOLDER / f"{name}.{language}.svg"
            file.write_text(asyncio.run(picture(keys)), encoding="utf-8")
            print(file)


main()
