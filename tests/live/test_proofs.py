"""Every exercise keeps its promises on a real cluster: untouched it earns nothing, each answer gets its verdicts."""

from __future__ import annotations

import json

import pytest

from lab.catalog.load import load
from tests.live.support import Cli

SECONDS = 5400
"""For all proofs on a slow machine; those that nothing has changed for since they held take none."""


def test_every_answer_of_every_exercise_gets_the_verdicts_it_must_get(
    ckslab: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = ckslab("prove", timeout=SECONDS)
    with capsys.disabled():
        print(f"\n{ended.stdout}")
    assert ended.returncode == 0, ended.stderr


def test_proofs_are_told_to_programs_too(ckslab: Cli) -> None:
    told = json.loads(ckslab.must("prove", "--json", timeout=SECONDS))
    proved = {proof["exercise"] for proof in told["proofs"]}
    impossible = {own["exercise"] for own in told["impossible"]}
    assert proved | impossible == {exercise.id for exercise in load().exercises}
    assert all(proof["remembered"] for proof in told["proofs"])
