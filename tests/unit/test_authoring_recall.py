"""What makes an earlier proof void, and what does not: an answer is run again where its observations may differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checkers.api import Check, Finding, Observer
from lab.authoring import basis
from lab.authoring.prove import Proof
from lab.catalog.load import load
from lab.catalog.model import Exercise
from lab.grading.record import Replay, place
from tests.unit.support.author import Author
from tests.unit.support.engines import done
from tests.unit.support.exercises import finding
from tests.unit.support.proofs import FAIL, PASS, RIGHT, written

pytestmark = pytest.mark.usefixtures("english")

ALL = {"one/untouched", "one/solution", "one/forgotten"}


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    return written(tmp_path / "one")


@pytest.fixture
def author(monkeypatch: pytest.MonkeyPatch, exercise: Exercise) -> Author:
    """An author who has proved the exercise."""
    author = Author(monkeypatch, [exercise])
    assert author.ran() == dict.fromkeys(ALL, "new")
    return author


def checked(exercise: Exercise, check: Check) -> Exercise:
    """The exercise with another check for its first criterion."""
    first, *others = exercise.criteria
    return replace(exercise, criteria=(replace(first, check=check), *others))


def proofs(author: Author) -> dict[str, Proof]:
    return {proof.case.name: proof for proof in author.prove() if isinstance(proof, Proof)}


def test_what_nothing_has_changed_for_is_not_run_again(author: Author) -> None:
    before = author.labs["cks"].events.copy()
    found = proofs(author)
    assert all(proof.holds and proof.why is None for proof in found.values())
    assert found["forgotten"].verdicts == {"a": PASS, "b": FAIL}
    assert author.labs["cks"].events == before


# What makes no proof void


def test_a_comma_in_a_text_makes_no_proof_void(author: Author, exercise: Exercise) -> None:
    (exercise.folder / "task.en.md").write_text("Do it, please.\n", encoding="utf-8")
    assert author.ran() == {}


def test_a_comma_in_a_check_makes_no_proof_void(author: Author, exercise: Exercise) -> None:
    def check(cluster: Observer) -> Finding:
        shown = cluster.get("ConfigMap", "a") or {}
        return finding(PASS if shown["data"]["verdict"] == "pass" else FAIL)

    author.exercises = [checked(exercise, Check("test.a", check))]
    assert author.ran() == {}


@pytest.mark.parametrize(
    "file", ["practice/suggestion.py", "practice/history.py", "grading/report.py", "authoring/proof_report.py"]
)
def test_what_makes_no_observation_is_no_part_of_the_observing_code(file: str) -> None:
    assert file not in basis.OBSERVING


def test_nothing_below_checkers_is_part_of_it_but_what_the_observer_itself_calls() -> None:
    assert [file for file in basis.OBSERVING if "checkers" in file] == ["../checkers/kept.py"]


SOURCE = 'def wait() -> None:\n    """Wait a while."""\n    sleep(5)  # as long as the controller does\n'


def test_a_word_in_a_comment_or_a_docstring_is_nothing_that_a_proof_rests_on() -> None:
    reworded = SOURCE.replace("a while", "no longer than it has to").replace("as long as", "for")
    assert basis.code(reworded) == basis.code(SOURCE)


def test_what_the_observing_code_does_is_what_a_proof_rests_on() -> None:
    assert basis.code(SOURCE.replace("5", "6")) != basis.code(SOURCE)


def test_each_file_of_the_observing_code_exists() -> None:
    assert [file for file in basis.OBSERVING if not basis.PACKAGE.joinpath(file).is_file()] == []


def test_a_prediction_that_changes_is_held_against_the_recording(author: Author, exercise: Exercise) -> None:
    solution, forgotten = exercise.answers
    author.exercises = [replace(exercise, answers=(solution, replace(forgotten, verdicts={"a": PASS, "b": PASS})))]
    found = proofs(author)["forgotten"]
    assert found.why is None
    assert found.problems[0].startswith("b: predicted pass, got fail")


def test_a_check_that_changes_its_mind_is_found_out_without_a_lab(author: Author, exercise: Exercise) -> None:
    author.exercises = [checked(exercise, Check("test.a", lambda cluster: finding(FAIL)))]
    found = proofs(author)
    assert [name for name, proof in found.items() if not proof.holds] == ["solution", "forgotten"]
    assert all(proof.why is None for proof in found.values())


# What does


def test_a_script_that_changes_makes_the_proof_of_its_answer_void(author: Author, exercise: Exercise) -> None:
    exercise.answers[0].script.write_text("kubectl delete pod web\n", encoding="utf-8")
    assert author.ran() == {"one/solution": "script"}


def test_what_a_patch_changes_makes_its_answer_void_as_well(author: Author, exercise: Exercise) -> None:
    script = exercise.answers[1].script
    script.unlink()
    script.with_suffix(".patch").write_text("--- solution\n@@\n-kubectl apply solution\n+true\n", encoding="utf-8")
    assert author.ran() == {"one/forgotten": "script"}
    exercise.answers[0].script.write_text("kubectl apply solution\nsleep 1\n", encoding="utf-8")
    assert author.ran() == {"one/solution": "script", "one/forgotten": "script"}


def test_a_setup_file_that_changes_makes_the_proofs_of_its_exercise_void(
    author: Author, exercise: Exercise, tmp_path: Path
) -> None:
    other = written(tmp_path / "two", "two")
    author.exercises.append(other)
    author.prove()
    exercise.scenario.apply[0].write_text("kind: Pod\n", encoding="utf-8")
    assert author.ran() == dict.fromkeys(ALL, "scenario")


@pytest.mark.parametrize("change", [{"images": ("nginx",)}, {"requires": ()}])
def test_so_do_images_but_not_what_is_the_same(author: Author, exercise: Exercise, change: dict[str, object]) -> None:
    author.exercises = [replace(exercise, **change)]
    assert set(author.ran()) == (ALL if "images" in change else set())


def test_another_version_of_kubernetes_makes_all_void(author: Author) -> None:
    author.engine.kubernetes = "v1.37.0"
    assert author.ran() == dict.fromkeys(ALL, "machines")


def test_another_engine_has_proofs_of_its_own_and_those_of_the_first_stay(author: Author) -> None:
    author.engine.name = "vagrant"
    assert author.ran() == dict.fromkeys(ALL, "new")
    author.engine.name = "kind"
    assert author.ran() == {}


@pytest.mark.parametrize(
    ("engine", "changed", "is_void"),
    [("kind", "node", True), ("kind", "vagrant", False), ("vagrant", "node", True), ("vagrant", "vagrant", True)],
)
def test_machines_that_are_made_otherwise_make_all_void(
    author: Author, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, changed: str, is_void: bool
) -> None:
    monkeypatch.setattr("lab.paths.data", lambda name: tmp_path / name)
    for name in ("node", "vagrant"):
        (tmp_path / name).mkdir()
    author.engine.name = engine
    author.prove()
    (tmp_path / changed / "machines.yaml").write_text("memory: 2560\n", encoding="utf-8")
    assert author.ran() == (dict.fromkeys(ALL, "machines") if is_void else {})


def test_code_that_observes_otherwise_makes_all_void(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basis, "observing", lambda: "otherwise")
    assert author.ran() == dict.fromkeys(ALL, "observing")


def test_a_check_that_asks_for_something_new_needs_a_lab(author: Author, exercise: Exercise) -> None:
    def check(cluster: Observer) -> Finding:
        cluster.get("Namespace", "audited")
        shown = cluster.get("ConfigMap", "a") or {}
        return finding(PASS if shown["data"]["verdict"] == "pass" else FAIL)

    author.exercises = [checked(exercise, Check("test.a", check))]
    assert author.ran() == dict.fromkeys(ALL, "asks")
    assert author.ran() == {}


def test_by_force_all_are_run(author: Author) -> None:
    assert author.ran(force=True) == dict.fromkeys(ALL, "forced")


# What failed


def test_what_failed_is_run_again(author: Author) -> None:
    author.grades["solution"] = [{"a": FAIL, "b": PASS}]
    author.prove(force=True)
    author.grades["solution"] = RIGHT["solution"]
    assert author.ran() == {"one/solution": "failed"}
    assert author.ran() == {}


def test_what_failed_for_its_check_needs_no_lab_once_the_check_is_mended(author: Author, exercise: Exercise) -> None:
    author.exercises = [checked(exercise, Check("test.a", lambda cluster: finding(FAIL)))]
    author.prove(force=True, answer="solution")
    author.exercises = [checked(exercise, Check("test.a", lambda cluster: finding(PASS)))]
    found = proofs(author)["solution"]
    assert found.holds
    assert found.why is None


def test_a_script_that_ended_in_an_error_is_run_again(author: Author, exercise: Exercise) -> None:
    author.labs["cks"].script = done(code=1)
    author.prove(force=True, answer="solution")
    author.labs["cks"].script = done()
    assert author.ran() == {"one/solution": "failed"}


def test_failed_wants_those_that_did_not_hold_and_no_others(author: Author, exercise: Exercise) -> None:
    author.grades["solution"] = [{"a": FAIL, "b": PASS}]
    author.prove(force=True)
    exercise.answers[0].script.write_text("kubectl delete pod web\n", encoding="utf-8")
    exercise.answers[1].script.write_text("kubectl delete pod web\n", encoding="utf-8")
    author.grades["solution"] = RIGHT["solution"]
    assert [proof.id for proof in author.prove(failed=True)] == ["one/solution"]
    assert author.prove(failed=True) == []


def test_failed_runs_what_its_recording_now_speaks_against(author: Author, exercise: Exercise) -> None:
    solution, forgotten = exercise.answers
    author.exercises = [replace(exercise, answers=(solution, replace(forgotten, verdicts={"a": PASS, "b": PASS})))]
    assert author.ran() == {}
    assert author.ran(failed=True) == {"one/forgotten": "differs"}


# Recordings beside the exercise


def test_a_recording_is_saved_beside_the_exercise_if_wanted(author: Author, exercise: Exercise) -> None:
    assert not place(exercise, "solution").exists()
    before = author.labs["cks"].events.copy()
    author.prove(record=True)
    assert Replay(place(exercise, "solution")).get("ConfigMap", "a") is not None
    assert author.labs["cks"].events == before, "what was proved before is there to be saved"


def test_a_recording_that_is_as_good_stays_as_it_is(author: Author, exercise: Exercise) -> None:
    author.prove(record=True)
    file = place(exercise, "solution")
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    author.prove(record=True)
    assert file.read_text(encoding="utf-8").endswith("\n\n")
    author.prove(record=True, force=True)
    assert not file.read_text(encoding="utf-8").endswith("\n\n")


def test_what_does_not_hold_is_not_saved_there(author: Author, exercise: Exercise) -> None:
    author.grades["solution"] = [{"a": FAIL, "b": PASS}]
    author.prove(record=True, force=True)
    assert not place(exercise, "solution").exists()
    assert place(exercise, "forgotten").exists()


def test_the_labs_own_exercises_rest_on_files_that_are_there() -> None:
    found = {basis.basis(exercise, answer, "") for exercise in load().exercises for answer in (None, *exercise.answers)}
    assert len(found) == sum(1 + len(exercise.answers) for exercise in load().exercises)
