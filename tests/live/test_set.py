"""Exercises that are started together, two of which need the baseline, stand on one lab and do not undo one another."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from lab.catalog.load import load
from lab.catalog.model import SOLUTION
from tests.live.support import Cli

TOGETHER = ("etcd-encryption", "gvisor-install", "vap-no-latest")
BOUND = 600


@pytest.fixture(autouse=True)
def _clean_afterwards(ckslab: Cli) -> Iterator[None]:
    yield
    ckslab.must("reset", timeout=BOUND)


def test_several_exercises_are_started_solved_and_graded_on_one_lab(
    ckslab: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog = load()
    began = time.monotonic()
    ckslab.must("start", *TOGETHER, timeout=BOUND)
    with capsys.disabled():
        print(f"\nstarted together in {time.monotonic() - began:.1f} s ", end="")
    for name in TOGETHER:
        assert ckslab("grade", name, timeout=BOUND).returncode == 1, f"{name} is solved before anything was done"
    for name in TOGETHER:
        solution = next(answer for answer in catalog.exercise(name).answers if answer.name == SOLUTION)
        ckslab.base(solution.script_text, timeout=BOUND)
    for name in TOGETHER:
        ckslab.must("grade", name, timeout=BOUND)
