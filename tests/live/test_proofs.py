"""Every exercise keeps its promises on a real cluster: untouched it earns nothing, each answer gets its verdicts.

Environment:
    CKSLAB_LIVE_BUDGET: minutes for all proofs together; what does not fit is left out. Without it all are done.
    CKSLAB_LIVE_LABS: on how many labs they are run at a time; one unless said otherwise.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from lab.catalog.load import load
from tests.live.support import Cli
from tests.live.touched import change, touched

SECONDS = 5400
"""For all proofs on a slow machine; those whose recordings are still what a cluster would show take none."""
ROOT = Path(__file__).resolve().parents[2]
BUDGET = os.environ.get("CKSLAB_LIVE_BUDGET", "")


@pytest.fixture(scope="module")
def wanted(request: pytest.FixtureRequest) -> list[str]:
    """What `prove` is asked for: all, or within a budget what the change touches and a sample that its commit draws."""
    labs = ["--labs", os.environ.get("CKSLAB_LIVE_LABS", "1")]
    if not BUDGET:
        return labs
    found = change(ROOT)
    first = touched(load().exercises, found, ROOT)
    counts = [f"{number} of {name}" for name, number in Counter(case.partition("/")[0] for case in first).items()]
    since = found.since or "nothing that is here to compare with"
    say(
        request,
        f"Proofs get {BUDGET} min. Commit {found.head or 'unknown'}, since {since}: {len(found.files)} files changed.",
        f"First come the answers that they touch: {', '.join(counts) or 'none'}. The others are drawn by the commit.",
    )
    return [*labs, "--budget", BUDGET, "--seed", found.head, *(["--first", *first] if first else [])]


@pytest.fixture(scope="module")
def proved(request: pytest.FixtureRequest, ckslab: Cli, wanted: list[str]) -> dict[str, list[dict[str, object]]]:
    """What `prove` found. What it left out is printed."""
    began = time.monotonic()
    ended = ckslab("prove", "--json", *wanted, timeout=SECONDS)
    assert ended.stdout, ended.stderr
    results: dict[str, list[dict[str, object]]] = json.loads(ended.stdout)
    left_out: dict[object, list[str]] = {}
    for case in results["left_out"]:
        left_out.setdefault(case["exercise"], []).append(str(case["answer"]))
    run, seconds = [proof for proof in results["proofs"] if proof["why"]], time.monotonic() - began
    say(
        request,
        f"Proved: {len(results['proofs'])}, of them {len(run)} on a lab, in {seconds:.0f} s."
        f" Left out: {len(results['left_out'])}.",
        *(f"  {exercise}: {', '.join(answers)}" for exercise, answers in left_out.items()),
    )
    return results


def say(request: pytest.FixtureRequest, *lines: str) -> None:
    """Print on the terminal, at once."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("", *lines, sep="\n", flush=True)


def test_every_answer_of_every_exercise_gets_the_verdicts_it_must_get(
    proved: dict[str, list[dict[str, object]]],
) -> None:
    failed = [proof for proof in proved["proofs"] if not proof["holds"]]
    wrong = {f"{proof['exercise']} {proof['answer']}": proof["problems"] for proof in failed}
    assert wrong == {}
    assert proved["proofs"], "nothing was proved"
    reported = {result["exercise"] for group in ("proofs", "impossible", "left_out") for result in proved[group]}
    assert reported == {exercise.id for exercise in load().exercises}
    assert BUDGET or proved["left_out"] == []


def test_what_needs_nodes_with_kernels_of_their_own_is_not_begun_where_they_share_one(ckslab: Cli) -> None:
    ended = ckslab("start", "apparmor-localhost")
    assert ended.returncode == 2
    assert "nodes are containers" in ended.stderr


def test_what_has_been_proved_is_not_run_again_and_stands_in_a_table(
    ckslab: Cli, proved: dict[str, list[dict[str, object]]], capsys: pytest.CaptureFixture[str]
) -> None:
    # A budget in which no answer can be begun shows what is remembered.
    remembered = ["--budget", "0.001"] if BUDGET else []
    again = json.loads(ckslab.must("prove", "--json", *remembered, timeout=SECONDS))
    assert [proof["answer"] for proof in again["proofs"] if proof["why"]] == []
    assert len(again["proofs"]) == len(proved["proofs"])
    table = ckslab.must("prove", *remembered)
    with capsys.disabled():
        print(f"\n{table}")
    for proof in again["proofs"]:
        assert proof["answer"] in table
