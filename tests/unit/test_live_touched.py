"""What a change touches: the exercises that CI proves first."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.catalog.load import load
from tests.live.touched import SINCE, change, touched

ROOT = Path(__file__).resolve().parents[2]
GVISOR = "exercises/microservice-vulnerabilities/gvisor-runtimeclass"


def of(*files: str) -> list[str]:
    return touched(load().exercises, files, ROOT)


def test_a_file_of_an_exercise_touches_that_exercise() -> None:
    assert of(f"{GVISOR}/answers/solution.sh") == ["gvisor-runtimeclass"]


def test_the_module_of_a_check_touches_the_exercises_that_call_it() -> None:
    assert of("checkers/sandbox.py") == ["gvisor-runtimeclass"]
    assert {"busybox-security-context", "gvisor-runtimeclass"} <= set(of("checkers/pods.py"))


@pytest.mark.parametrize("file", ["lab/grading/grade.py", "node/recipe.py", "checkers/kit/text.py", "README.md"])
def test_what_all_hang_on_or_none_touches_no_exercise_more_than_another(file: str) -> None:
    assert of(file) == []


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
