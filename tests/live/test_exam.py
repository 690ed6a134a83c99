"""Mock exams on two real labs: untouched earns nothing, every solution all, and what is done after the end nothing."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lab.authoring.exam_proof import prove_exam
from lab.catalog import blueprint
from lab.catalog.load import load
from lab.catalog.model import SOLUTION, Answer, Exercise
from lab.clock import SYSTEM, wait_until
from lab.cluster import open_lab
from lab.cluster.engine import Engine
from lab.exam.prepare import Wish
from lab.progress import ignore
from tests.live.support import Cli, engine_of

BOUND = 900
SEED = 3
AWAY = 40
"""Seconds for which a control plane is stopped."""
MENDED = 30
"""Seconds in which it works again, which are given back, too."""
CATALOG = load()


@pytest.fixture(scope="module")
def second(lab: Engine) -> Iterator[Cli]:
    """The other lab of the exams. It goes when they are over."""
    yield Cli(f"{lab.lab}-2")
    open_lab(f"{lab.lab}-2").down(ignore)


@pytest.fixture(autouse=True)
def _closed_afterwards(ckslab: Cli) -> Iterator[None]:
    yield
    ckslab("exam", "close", "--abandon")


def begin(ckslab: Cli) -> dict[str, Any]:
    """A sitting of four short tasks on two hosts."""
    arguments = ("exam", "start", "drill", "--seed", str(SEED), "--hosts", "2", "--json")
    begun: dict[str, Any] = json.loads(ckslab.must(*arguments, timeout=BOUND))
    return begun


def status(ckslab: Cli) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ckslab.must("exam", "status", "--json"))
    return found


def all_are_there(ckslab: Cli) -> bool:
    return all(host["condition"] == "there" for host in status(ckslab)["hosts"])


def report(ckslab: Cli) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ckslab.must("exam", "report", "--json"))
    return found


def wrong(exercise: Exercise) -> Answer:
    """The first of its mistakes."""
    return next(answer for answer in exercise.answers if answer.mistake)


def points_of(exercise: Exercise, answer: Answer) -> int:
    """What an answer is predicted to earn."""
    verdicts = answer.verdicts
    if any(each.is_gate and verdicts.get(each.id) == "fail" for each in exercise.criteria):
        return 0
    return sum(each.points for each in exercise.criteria if verdicts.get(each.id, "pass") == "pass")


def test_all_solutions_of_an_exam_have_full_marks_and_none_undoes_anothers(second: Cli, lab: Engine) -> None:
    drill = blueprint.load([domain.id for domain in CATALOG.domains]).get("drill")
    proof = prove_exam(Wish(drill, SEED, hosts=2), lab.lab, CATALOG, ignore)
    print(proof.seconds)
    assert [(each.task.exercise, each.problem, each.holds) for each in proof.tasks if not each.holds] == []
    assert proof.prepared.replaced == ()
    assert len(proof.prepared.hosts) == 2


def test_a_sitting_counts_what_was_done_in_time_and_gives_back_the_time_of_a_lab_that_was_gone(
    second: Cli, ckslab: Cli
) -> None:
    begun = begin(ckslab)
    labs = {host["name"]: Cli(host["lab"]) for host in begun["hosts"]}
    solved, mistaken, untouched, late = (
        (task, CATALOG.exercise(task["exercise"]), labs[task["host"]]) for task in begun["tasks"]
    )
    solution = next(answer for answer in solved[1].answers if answer.name == SOLUTION)
    mistake = wrong(mistaken[1])
    solved[2].base(solution.script_text, timeout=BOUND)
    mistaken[2].base(mistake.script_text, timeout=BOUND)
    assert ckslab("grade", solved[1].id).returncode == 2, "an exam tells nobody how it goes"

    control_plane = f"{second.lab}-control-plane"
    engine_of(second.lab).must("pause", control_plane)
    time.sleep(AWAY)
    engine_of(second.lab).must("unpause", control_plane)
    assert wait_until(lambda: all_are_there(ckslab), SYSTEM, bound=MENDED)
    assert AWAY - 5 <= status(ckslab)["given_back"] <= AWAY + MENDED

    # What is under way at the end ends with it; what is begun afterwards ends at once.
    script = f"sleep 20; {next(each for each in late[1].answers if each.name == SOLUTION).script_text}"
    argv = late[2].argv("shell", "--", "bash", "-c", script)
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as at_work:
        time.sleep(2)
        ckslab.must("exam", "hand-in", timeout=BOUND)
        assert at_work.wait(BOUND) != 0

    graded = {task["position"]: task["earned"] for task in status(ckslab)["tasks"]}
    assert graded == {
        solved[0]["position"]: solved[1].points,
        mistaken[0]["position"]: points_of(mistaken[1], mistake),
        untouched[0]["position"]: 0,
        late[0]["position"]: 0,
    }
    told = {task["position"]: task for task in report(ckslab)["tasks"]}
    assert told[mistaken[0]["position"]]["mistake"]
    assert ckslab("grade", solved[1].id).returncode in (0, 1), "afterwards everything can be graded"
