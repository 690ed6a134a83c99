"""What `author check` finds beside `exercise.yaml`: mistakes in a finished exercise, notes in a draft."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.authoring.lint import lint
from tests.unit.support.exercises import content, write_domain, write_exercise

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "exercises"


def finished(root: Path, **changes: Any) -> Path:
    """An exercise that lacks nothing, but for these changes."""
    values = content() | changes
    values["answers"] += [{"name": name, "expect": "pass"} for name in ("second", "third")]
    folder = write_exercise(write_domain(root, "one"), values)
    (folder / "recordings").mkdir()
    for name in ("untouched", *(answer["name"] for answer in values["answers"])):
        (folder / "recordings" / f"{name}.jsonl").write_text("")
    return folder


def messages(root: Path) -> list[str]:
    return [str(problem) for problem in lint(root)]


def test_a_finished_exercise_that_lacks_nothing_has_no_problem(root: Path) -> None:
    finished(root)
    assert messages(root) == []


@pytest.mark.parametrize("name", ["task.zh.md", "hints.en.md", "solution.zh.md"])
def test_a_text_that_is_missing_in_one_language_is_a_mistake(root: Path, name: str) -> None:
    (finished(root) / name).unlink()
    assert messages(root) == [f"exercises/first/one/exercise.yaml:1: {name}: there is no such file"]


def test_hints_have_two_steps(root: Path) -> None:
    (finished(root) / "hints.en.md").write_text("Only one.\n", encoding="utf-8")
    assert "hints.en.md: must be 2 hints parted by a line ---, not 1" in messages(root)[0]


def test_an_answer_without_a_script_is_told_at_its_line(root: Path) -> None:
    folder = finished(root)
    (folder / "answers" / "forgotten.sh").unlink()
    lines = (folder / "exercise.yaml").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if "forgotten" in text)
    assert messages(root) == [
        f"exercises/first/one/exercise.yaml:{line}: answers[1].name: "
        "there is neither answers/forgotten.sh nor answers/forgotten.patch"
    ]


def test_a_patch_that_does_not_fit_is_a_mistake(root: Path) -> None:
    answers = finished(root) / "answers"
    (answers / "forgotten.sh").unlink()
    (answers / "forgotten.patch").write_text("--- solution\n@@\n-false\n")
    assert "these lines of a change are there 0 times" in messages(root)[0]


def test_a_script_beside_a_patch_is_a_mistake(root: Path) -> None:
    (finished(root) / "answers" / "forgotten.patch").write_text("--- solution\n@@\n-true\n+false\n")
    assert "are both there" in messages(root)[0]


def test_a_file_of_no_answer_is_a_mistake(root: Path) -> None:
    (finished(root) / "answers" / "forgoten.sh").write_text("true\n")
    assert "forgoten.sh is the file of no answer" in messages(root)[0]


def test_an_answer_without_a_recording_names_the_command_that_makes_it(root: Path) -> None:
    (finished(root) / "recordings" / "third.jsonl").unlink()
    assert "without a recording: third; make them on a live lab: ckslab prove one --record" in messages(root)[0]


def test_a_finished_exercise_has_several_right_answers(root: Path) -> None:
    write_exercise(write_domain(root, "one"), content())
    assert "1 right answers; a finished exercise has at least 3" in "\n".join(messages(root))


def test_what_a_draft_lacks_is_only_noted(root: Path) -> None:
    values = content() | {"draft": True, "title": {"en": "A sketch"}}
    folder = write_exercise(write_domain(root, "one"), values | {"answers": values["answers"][:1]})
    for file in folder.glob("*.zh.md"):
        file.unlink()
    (folder / "hints.en.md").unlink()
    problems = lint(root)
    assert all(problem.is_gap for problem in problems)
    assert [problem.field for problem in problems if problem.field.startswith(("title", "task"))] == [
        "task.zh.md",
        "title.zh",
    ]


def test_a_draft_needs_its_task_and_the_scripts_of_its_answers(root: Path) -> None:
    folder = write_exercise(write_domain(root, "one"), content() | {"draft": True})
    for file in (*folder.glob("task.*.md"), folder / "answers" / "solution.sh"):
        file.unlink()
    assert [problem.field for problem in lint(root) if not problem.is_gap] == ["task.en.md", "answers[0].name"]


def test_one_exercise_is_checked_without_the_others(root: Path) -> None:
    folder = write_domain(root, "one", "two")
    for name in ("one", "two"):
        write_exercise(folder, content() | {"id": name})
    assert {problem.file for problem in lint(root, ["two"])} == {"exercises/first/two/exercise.yaml"}


def test_a_broken_exercise_that_is_named_is_told_like_any_other(root: Path) -> None:
    write_exercise(write_domain(root, "one"), content() | {"level": "lunatic"})
    assert "level: must be one of" in str(lint(root, ["one"])[0])


def test_the_exercises_of_the_lab_have_no_mistake() -> None:
    assert [str(problem) for problem in lint() if not problem.is_gap] == []
