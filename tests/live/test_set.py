"""Exercises that are started together stand on one lab and do not undo one another.

Environment:
    CKSLAB_LIVE_SETS: how many sets are drawn by the commit that is checked out; ten unless said otherwise.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lab.catalog.load import load
from lab.catalog.model import SOLUTION, Exercise
from lab.cluster.engine import Engine
from lab.cluster.image import addon
from lab.exam.chance import Chance
from lab.exam.spread import conflicts
from tests.live.support import Cli
from tests.live.touched import change

TOGETHER = ("etcd-encryption", "gvisor-install", "vap-no-latest")
"""Two of them need the baseline."""
SETS = int(os.environ.get("CKSLAB_LIVE_SETS", "10"))
SIZE = 4
ROOT = Path(__file__).resolve().parents[2]
BOUND = 600


@pytest.fixture(autouse=True)
def _clean_afterwards(ckslab: Cli) -> Iterator[None]:
    yield
    ckslab.must("reset", timeout=BOUND)


def possible(lab: Engine) -> list[Exercise]:
    """Those that this lab can do, and whose add-ons are built in minutes."""
    return [
        each
        for each in load().exercises
        if not each.missing(lab.lacks()) and not any(addon.find(name).is_long for name in each.addons)
    ]


def drawn(exercises: Sequence[Exercise], seed: int) -> list[str]:
    """The first few, in the order that commit and seed give, of which no two touch the same."""
    collide, chosen = conflicts(exercises), list[str]()
    for name in Chance(seed, change(ROOT).head).order("exercise", (each.id for each in exercises)):
        if len(chosen) < SIZE and not any(collide(name, other) for other in chosen):
            chosen.append(name)
    return chosen


def solve_together(names: Sequence[str], ckslab: Cli) -> None:
    """Start them, see that none is solved before anything was done, solve each, and grade them all."""
    catalog = load()
    ckslab.must("start", *names, timeout=BOUND)
    solved = [name for name in names if ckslab("grade", name, timeout=BOUND).returncode != 1]
    assert solved == [], "solved before anything was done"
    for name in names:
        (solution,) = (answer for answer in catalog.exercise(name).answers if answer.name == SOLUTION)
        ckslab.base(solution.script_text, timeout=BOUND)
    grades = {name: ckslab("grade", name, timeout=BOUND) for name in names}
    assert {name: ended.stdout for name, ended in grades.items() if ended.returncode} == {}


def test_several_exercises_are_started_solved_and_graded_on_one_lab(ckslab: Cli) -> None:
    solve_together(TOGETHER, ckslab)


@pytest.mark.parametrize("seed", range(SETS))
def test_no_exercise_of_a_random_set_undoes_another(
    seed: int, lab: Engine, ckslab: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    names = drawn(possible(lab), seed)
    began = time.monotonic()
    solve_together(names, ckslab)
    with capsys.disabled():
        print(f"\n{', '.join(names)}: {time.monotonic() - began:.0f} s ", end="")
