"""What a change touches: the answers that CI proves first."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.catalog.load import load
from tests.live.touched import SINCE, Change, change, touched
from tests.unit.support.exercises import content, write_domain, write_exercise

# Against git


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one commit."""
    monkeypatch.delenv(SINCE, raising=False)
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "somebody@example.com")
    git(tmp_path, "init", "--quiet")
    return commit(tmp_path, "first")


def git(folder: Path, *argv: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *argv], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, name: str) -> Path:
    (folder / name).write_text(name, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", name)
    return folder


def test_a_commit_is_compared_with_its_parent(checkout: Path) -> None:
    commit(checkout, "second")
    found = change(checkout)
    assert (found.head, found.since) == (git(checkout, "rev-parse", "HEAD"), git(checkout, "rev-parse", "HEAD^"))
    assert found.files == ("second",)


def test_a_merge_is_compared_with_the_branch_it_went_into(checkout: Path) -> None:
    git(checkout, "checkout", "--quiet", "-b", "work")
    commit(commit(checkout, "second"), "third")
    git(checkout, "checkout", "--quiet", "-")
    git(checkout, "merge", "--quiet", "--no-ff", "--message", "merge", "work")
    assert change(checkout).files == ("second", "third")


def test_what_is_not_committed_yet_belongs_to_the_change(checkout: Path) -> None:
    commit(checkout, "second")
    (checkout / "first").write_text("changed", encoding="utf-8")
    (checkout / "new").touch()
    assert change(checkout).files == ("first", "new", "second")


def test_a_ci_that_knows_what_landed_last_names_it(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landed = git(checkout, "rev-parse", "HEAD")
    commit(commit(checkout, "second"), "third")
    monkeypatch.setenv(SINCE, landed)
    assert change(checkout).files == ("second", "third")


def test_work_on_a_clone_is_compared_with_where_it_left_the_remotes_branch(checkout: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(checkout), str(clone))
    commit(commit(clone, "second"), "third")
    assert change(clone).files == ("second", "third")


def test_a_shallow_checkout_knows_no_change(checkout: Path, tmp_path: Path) -> None:
    commit(checkout, "second")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{checkout}", str(shallow))
    found = change(shallow)
    assert found.head == git(checkout, "rev-parse", "HEAD")
    assert (found.since, found.files) == ("", ())


def test_without_a_repository_nothing_is_known(tmp_path: Path) -> None:
    assert change(tmp_path).head == ""


# Which answers


@pytest.fixture
def exercises(checkout: Path) -> Path:
    """The repository with two exercises in its last commit."""
    root = checkout / "exercises"
    folder = write_domain(root, "one", "two")
    for name in ("one", "two"):
        values = {**content(), "id": name, "scenario": {"apply": ["setup/namespace.yaml"]}}
        own = write_exercise(folder, values)
        (own / "setup").mkdir()
        (own / "setup" / "namespace.yaml").write_text("kind: Namespace\n", encoding="utf-8")
    return commit(checkout, "second")


def touches(checkout: Path) -> list[str]:
    return touched(load(checkout / "exercises").exercises, change(checkout), checkout)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


ONE = [f"one/{name}" for name in ("untouched", "solution", "forgotten")]


def test_a_new_exercise_touches_all_its_answers(exercises: Path) -> None:
    assert touches(exercises) == [*ONE, *(name.replace("one", "two") for name in ONE)]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("answers/solution.sh", "true", "false", ["one/solution"]),
        ("setup/namespace.yaml", "Namespace", "Pod", ONE),
        ("exercise.yaml", "setup/namespace.yaml", "setup/./namespace.yaml", []),
        ("exercise.yaml", "scenario:", "images: [nginx]\nscenario:", ONE),
        ("exercise.yaml", "A title", "Another, title", []),
        ("exercise.yaml", "user: 1000", "user: 1001", []),
        ("task.en.md", "Do it", "Please, do it", []),
    ],
)
def test_what_changes_in_an_exercise_touches_the_answers_that_rest_on_it(
    exercises: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str, expected: list[str]
) -> None:
    monkeypatch.setenv(SINCE, "HEAD")
    edit(exercises / "exercises" / "first" / "one" / file, old, new)
    assert touches(exercises) == expected


def test_a_recording_that_was_made_anew_touches_its_answer(exercises: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SINCE, "HEAD")
    folder = exercises / "exercises" / "first" / "one" / "recordings"
    folder.mkdir()
    (folder / "forgotten.jsonl").touch()
    assert touches(exercises) == ["one/forgotten"]


def test_what_all_rest_on_touches_none_more_than_another(exercises: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SINCE, "HEAD")
    (exercises / "node").mkdir()
    (exercises / "node" / "recipe.py").touch()
    assert touches(exercises) == []


def test_where_nothing_is_known_of_the_change_nothing_is_touched(exercises: Path) -> None:
    assert touched(load(exercises / "exercises").exercises, Change("c0ffee"), exercises) == []
