"""Every exercise keeps its promises on a real cluster: untouched it earns nothing, each answer gets its verdicts."""

from __future__ import annotations

import json

import pytest

from lab.catalog.load import load
from tests.live.support import Cli

SECONDS = 5400
"""For all proofs on a slow machine; those that nothing has changed for since they held take none."""


def test_every_answer_of_every_exercise_gets_the_verdicts_it_must_get(ckslab: Cli) -> None:
    ended = ckslab("prove", "--json", timeout=SECONDS)
    assert ended.stdout, ended.stderr
    told = json.loads(ended.stdout)
    assert {f"{own['exercise']} {own['answer']}": own["problems"] for own in told["proofs"] if not own["holds"]} == {}
    proved = {own["exercise"] for own in told["proofs"]}
    impossible = {own["exercise"] for own in told["impossible"]}
    assert proved | impossible == {exercise.id for exercise in load().exercises}


def test_what_needs_nodes_with_kernels_of_their_own_is_not_begun_where_they_share_one(ckslab: Cli) -> None:
    ended = ckslab("start", "apparmor-localhost")
    assert ended.returncode == 2
    assert "nodes are containers" in ended.stderr


def test_what_has_been_proved_is_remembered_and_told_in_a_table(
    ckslab: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(ckslab.must("prove", "--json", timeout=SECONDS))
    assert [own["answer"] for own in told["proofs"] if not own["remembered"]] == []
    table = ckslab.must("prove")
    with capsys.disabled():
        print(f"\n{table}")
    for own in told["proofs"]:
        assert own["answer"] in table
