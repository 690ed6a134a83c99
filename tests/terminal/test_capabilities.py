"""The screen keeps what terminfo promises of it: every capability of the TERM that tmux is given."""

from __future__ import annotations

import curses
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from lab.terminal.screen import Screen
from tests.terminal.local import MISSING, PROFILE, Local

pytestmark = pytest.mark.skipif(shutil.which("infocmp") is None, reason="not on this machine: infocmp")
TERM = "xterm-256color"

# Name -> its parameters, and the capabilities that come before, without which it has no effect.
UNDERSTOOD: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    **dict.fromkeys(["blink", "bold", "dim", "invis", "rev", "sitm", "smso", "smul", "smxx"], ((), ())),
    **dict.fromkeys(["cbt", "civis", "clear", "cr", "cub1", "cud1", "cuf1", "cuu1", "home", "ht", "nel"], ((), ())),
    **dict.fromkeys(
        ["dch1", "dl1", "ed", "el", "el1", "il1", "smacs", "smcup", "smir", "smkx", "rmam", "rs1", "BE"], ((), ())
    ),
    **dict.fromkeys(["cub", "cud", "cuf", "cuu", "dch", "dl", "ech", "hpa", "ich", "il", "indn", "rin"], ((2,), ())),
    "vpa": ((3,), ()),
    "csr": ((1, 2), ()),
    "cup": ((0, 1), ()),
    "rep": ((ord("y"), 3), ()),
    "setaf": ((200,), ()),
    "setab": ((200,), ()),
    "sgr": ((0, 1, 0, 0, 0, 0, 0, 0, 0), ()),
    "XM": ((1,), ()),
    "cnorm": ((), ("civis",)),
    "cvvis": ((), ("civis",)),
    "rmcup": ((), ("smcup",)),
    "rmkx": ((), ("smkx",)),
    "rmir": ((), ("smir",)),
    "rmacs": ((), ("smacs",)),
    "smam": ((), ("rmam",)),
    "is2": ((), ("smir",)),
    "rs2": ((), ("smir",)),
    "rmso": ((), ("smso",)),
    "rmul": ((), ("smul",)),
    "ritm": ((), ("sitm",)),
    "rmxx": ((), ("smxx",)),
    "sgr0": ((), ("bold",)),
    "op": ((), ("red",)),
    "rc": ((), ("home", "sc", "cud1")),
    "sc": ((), ("home", "cud1")),
    "ri": ((), ("home",)),
    "ind": ((), ("home",)),
    "hts": ((), ()),
    "tbc": ((), ()),
    "BD": ((), ("BE",)),
}
SILENT = frozenset(["bel", "flash", "initc", "oc", "Cr", "Cs", "E3", "Ms", "Se", "Ss", "smm", "rmm"])
"""Nothing of them is drawn, and what they change is not shown: bells, palettes, shapes of the cursor."""
ASKS = frozenset(["u7", "u9", "RV", "XR", "fe", "fd"])
"""They ask the terminal for an answer. There is none, and nothing is drawn."""
SENT = frozenset(["acsc", "u6", "u8", "PE", "PS", "xm", "rv", "xr"])
"""What a terminal sends, or a table. Keys, whose names begin with `k`, are sent as well."""
TRUE = frozenset(["OTbs", "am", "bce", "km", "mir", "msgr", "npc", "xenl", "AX", "XT"])
UNTRUE = frozenset(["smglp", "smglr", "smgrp", "mgc", "mc0", "mc4", "mc5", "mc5i", "meml", "memu", "ccc"])
"""Margins at the sides, a printer, locked lines, another palette: this screen has none. tmux uses none of them."""


@cache
def declared() -> dict[str, str]:
    """Name -> what follows it: `=...`, `#...`, or nothing."""
    printed = subprocess.run(["infocmp", "-x", "-1", TERM], check=True, capture_output=True, text=True).stdout
    return dict(re.findall(r"^\t(\w+)(.*),$", printed, re.MULTILINE))


STRINGS = [name for name, value in declared().items() if value.startswith("=")] if shutil.which("infocmp") else []


def written(name: str, *parameters: int) -> bytes:
    """What a program writes for a capability."""
    if name == "red":
        return written("setaf", 1)
    with Path(os.devnull).open("w") as nowhere:
        curses.setupterm(TERM, nowhere.fileno())
    sequence = curses.tigetstr(name)
    assert sequence, name
    sequence = re.sub(rb"%p\d%s", b"text", sequence)  # curses takes numbers only
    return re.sub(rb"\$<\d+[*/]*>", b"", curses.tparm(sequence, *parameters))  # a pause is for no terminal


def begun(*before: str) -> Screen:
    """A screen with something in every cell, the cursor in the midst of it."""
    screen = Screen(12, 5)
    screen.feed(b"\r\n".join(b"%dbcd\xe2\x94\x80fghijk" % row for row in range(5)) + b"\x1b[3;5H")
    for name in before:
        screen.feed(written(name))
    return screen


def shown(screen: Screen) -> object:
    return [screen.line(row) for row in range(screen.rows)], screen.cursor, screen.modes


def after_more(screen: Screen) -> object:
    """What is shown at once, and as more is written: text past the end of the row, tabs, lines past the last row."""
    states = [shown(screen)]
    for more in (b"qqq", b"q" * 12, b"\r\tt", b"\n\n\n\n\n", b"\x1b8s"):
        screen.feed(more)
        states.append(shown(screen))
    return states


def test_every_capability_is_known() -> None:
    known = UNDERSTOOD.keys() | SILENT | ASKS | SENT | TRUE | UNTRUE
    found = {name for name, value in declared().items() if not value.startswith("#") and not name.startswith("k")}
    assert found <= known, found - known


@pytest.mark.parametrize("name", [name for name in STRINGS if name in UNDERSTOOD])
def test_a_capability_that_is_understood_does_something(name: str) -> None:
    parameters, before = UNDERSTOOD[name]
    screen = begun(*before)
    screen.feed(written(name, *parameters))
    assert after_more(screen) != after_more(begun(*before))


@pytest.mark.parametrize("name", [name for name in STRINGS if name in SILENT | ASKS])
def test_of_a_capability_that_is_for_others_nothing_is_drawn(name: str) -> None:
    screen = begun()
    screen.feed(written(name, 1, 2))
    assert after_more(screen) == after_more(begun())


@pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")
def test_tmux_uses_none_that_are_not_true(tmp_path: Path) -> None:
    (tmp_path / ".bash_profile").write_text(PROFILE)
    with Local(tmp_path, 80, 24) as local:
        assert local.shows("$")
        used = dict(re.findall(r"^ *\d+: (\w+): (.*)$", local.tmux("show-messages", "-T"), re.MULTILINE))
    has = {name for name, value in used.items() if not value.startswith(("[missing]", "(flag) false"))}
    assert "cup" in has
    assert not has & UNTRUE
    assert "csr" not in has
