"""What a learner of a class does in the app, by keys, wherever they have come in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.catalog.load import load
from lab.workshop.class_file import Learner
from lab.workshop.visit import Window
from tests.workshop.conftest import OPEN_SECONDS, Room

START_SECONDS = 600.0
GRADE_SECONDS = 300.0
F5, F6, F9 = "\x1b[15~", "\x1b[17~", "\x1b[20~"
CATALOG = load()


async def come_in(window: Window, shown: str = "@base") -> None:
    """From home to the exercise that is suggested, until the shell shows this: at first, its prompt."""
    await window.see("CKS Lab", OPEN_SECONDS)
    await window.type("e")
    await window.see(shown, OPEN_SECONDS)


def script(room: Room, learner: Learner, exercise: str, answer: str) -> str:
    """Where an answer's script lies on a learner's base."""
    (found,) = [each for each in CATALOG.exercise(exercise).answers if each.name == answer]
    place = f"/tmp/{answer}.sh"  # noqa: S108 - on base
    room.base(learner).must("shell", "--", "sh", "-c", f"cat > {place}", stdin=found.script_text)
    return place


async def until(holds: Callable[[], bool], window: Window, seconds: float) -> None:
    """Wait for something that commands tell; meanwhile the window is drawn on."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                if await asyncio.to_thread(holds):
                    return
    except TimeoutError:
        pytest.fail("\n".join(window.last))


async def start(window: Window, room: Room, learner: Learner, exercise: str, *, anew: bool = False) -> None:
    """Start the exercise that is shown, by its key."""

    def is_begun() -> bool:
        cell = room.board(learner)["cells"][exercise]
        return bool(cell["begun"]) and cell["score"] is None

    await window.type(F9)
    if anew:
        await window.see("Are you sure?", OPEN_SECONDS)
        await window.type("y")
    await until(is_begun, window, START_SECONDS)


async def grade(
    window: Window, room: Room, learner: Learner, exercise: str, times: int
) -> tuple[dict[str, Any], float]:
    """Grade it, by its key. Returns its cell on the board, and the seconds until that had one more grade."""
    began = time.monotonic()
    await window.type(F5)
    await until(lambda: room.board(learner)["cells"][exercise]["grades"] == times, window, GRADE_SECONDS)
    return room.board(learner)["cells"][exercise], time.monotonic() - began


async def answer(window: Window, place: str, code: str = "0") -> None:
    """Run a script in the shell, by typing, and wait for its end. The shell has the focus from then on."""
    said = f"{Path(place).stem} came to"
    await window.type(f"bash {place} > /tmp/said 2>&1; echo {said} $?.\r")
    await window.see(f"{said} {code}.", START_SECONDS)
