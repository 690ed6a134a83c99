"""Pictures of the app that somebody has looked at, and the app held against them.

`make snapshots` draws them anew; look at what git says has changed. pytest-textual-snapshot does the same with pytest 8
alone, and brings a template engine along.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from textual.pilot import Pilot

FOLDER = Path(__file__).parent / "snapshots"
DRAW = "DRAW_SNAPSHOTS"
"""The variable that has them drawn anew."""


async def settled(pilot: Pilot[None]) -> str:
    """The screen as SVG, once it no longer changes."""
    before, now = "", pilot.app.export_screenshot()
    while now != before:
        await pilot.pause()
        before, now = now, pilot.app.export_screenshot()
    return re.sub(r"terminal-\d+", "terminal", now)  # a number made from how styles are written in Python


async def assert_looks_like(name: str, pilot: Pilot[None], tmp_path: Path) -> None:
    """The screen must be the snapshot of this name."""
    file = FOLDER / f"{name}.svg"
    drawn = await settled(pilot)
    if DRAW in os.environ:
        file.write_text(drawn, encoding="utf-8")
    if not file.is_file() or file.read_text(encoding="utf-8") != drawn:
        other = tmp_path / file.name
        other.write_text(drawn, encoding="utf-8")
        raise AssertionError(f"{other} is not like {file}. If it is right: make snapshots")
