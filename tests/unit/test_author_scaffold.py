"""What `author new` and `author answer` write: whole from the first moment, and nothing else is changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from checkers.api import Verdict
from lab import i18n
from lab.authoring.lint import lint
from lab.authoring.scaffold import new_answer, new_check, new_exercise, to_patch
from lab.catalog.load import load
from lab.errors import UsageError
from tests.unit.support.exercises import TITLE, write_domain

LISTING = """id: first
title: {en: A title, zh: 标题}
objectives:
  secrets: {en: Secrets, zh: Secret}
exercises:  # in the order of the chapter
  - one

# The end.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    i18n.use("en")
    root = tmp_path / "exercises"
    write_domain(root, objectives={"secrets": TITLE})
    return root


def test_a_new_exercise_is_a_draft_without_a_mistake(root: Path) -> None:
    new_exercise("shop-front", "first", root)
    exercise = load(root).exercise("shop-front")
    assert (exercise.draft, exercise.objective) == (True, "secrets")
    assert [str(problem) for problem in lint(root) if not problem.is_gap] == []


def test_a_new_exercise_names_its_namespace_in_its_scripts(root: Path) -> None:
    new_exercise("shop-front", "first", root)
    assert "kubectl -n shop-front run web" in load(root).exercise("shop-front").answers[0].script_text


def test_a_new_exercise_is_listed_and_the_rest_of_the_list_stays(root: Path) -> None:
    listing = root / "first" / "domain.yaml"
    listing.write_text(LISTING, encoding="utf-8")
    new_exercise("shop-front", "first", root)
    assert listing.read_text(encoding="utf-8") == LISTING.replace("  - one\n", "  - one\n  - shop-front\n")


def test_an_empty_list_becomes_one(root: Path) -> None:
    new_exercise("shop-front", "first", root)
    listed = yaml.safe_load((root / "first" / "domain.yaml").read_text(encoding="utf-8"))
    assert listed["exercises"] == ["shop-front"]


@pytest.mark.parametrize(
    ("name", "domain", "message"),
    [
        ("Shop", "first", "is no name"),
        ("../shop", "first", "is no name"),
        ("shop", "second", "no domain second"),
        ("taken", "first", "a taken already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(root: Path, name: str, domain: str, message: str) -> None:
    new_exercise("taken", "first", root)
    with pytest.raises(UsageError, match=message):
        new_exercise(name, domain, root)


def test_a_new_answer_is_a_right_one(root: Path) -> None:
    new_exercise("shop", "first", root)
    new_answer(load(root).exercise("shop"), "by-manifest")
    answer = load(root).exercise("shop").answers[1]
    assert (answer.name, answer.is_right) == ("by-manifest", True)
    assert answer.script_text.startswith("#!/usr/bin/env bash\n")


def test_a_new_mistake_is_told_by_a_cause_of_its_check(root: Path) -> None:
    new_exercise("shop", "first", root)
    new_answer(load(root).exercise("shop"), "no-command", mistake=True)
    answer = load(root).exercise("shop").answers[1]
    assert answer.verdicts == {"runs": Verdict.FAIL}
    assert answer.mistake is not None
    assert [str(problem) for problem in lint(root) if not problem.is_gap] == []


def test_a_new_answer_may_begin_as_a_patch(root: Path) -> None:
    new_exercise("shop", "first", root)
    exercise = load(root).exercise("shop")
    new_answer(exercise, "no-command", like="solution")
    body = exercise.answers[0].script_text.splitlines()[2:]
    assert load(root).exercise("shop").answers[1].script_text.splitlines()[2:] == body


def test_a_script_becomes_a_patch_and_stays_the_same(root: Path) -> None:
    new_exercise("shop", "first", root)
    new_answer(load(root).exercise("shop"), "root", mistake=True)
    answers = root / "first" / "shop" / "answers"
    script = (answers / "solution.sh").read_text().replace("sleep 1h", "sleep 2h")
    (answers / "root.sh").write_text(script)
    to_patch(load(root).exercise("shop"), "root", "solution")
    assert not (answers / "root.sh").exists()
    assert load(root).exercise("shop").answers[1].script_text == script


def test_a_script_that_is_nothing_like_the_other_stays_a_script(root: Path) -> None:
    new_exercise("shop", "first", root)
    new_answer(load(root).exercise("shop"), "other")
    (root / "first" / "shop" / "answers" / "other.sh").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(UsageError, match="cannot be made a patch"):
        to_patch(load(root).exercise("shop"), "other", "solution")


@pytest.fixture
def checkout(tmp_path: Path) -> tuple[Path, Path]:
    """Where checks and their tests are written, with nothing in it."""
    package, tests = tmp_path / "checkers", tmp_path / "tests"
    package.mkdir()
    tests.mkdir()
    return package, tests


def test_a_new_check_is_whole_and_its_test_fails_until_it_is_written(checkout: tuple[Path, Path]) -> None:
    code, test = new_check("newfamily.first", *checkout)
    program = (
        "import runpy, sys, types\n"
        f"module = types.ModuleType('checkers.newfamily')\nexec(open({str(code)!r}).read(), module.__dict__)\n"
        "sys.modules['checkers.newfamily'] = module\n"
        f"tests = runpy.run_path({str(test)!r})\n"
        "tests['test_first_passes_where_all_is_right']()\n"
        "try:\n    tests['test_first_says_what_is_wrong']()\n"
        "except AssertionError as error:\n    print(error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "write newfamily.first and its tests, then take this line out\n"


def test_a_second_check_of_a_family_comes_behind_the_first(checkout: tuple[Path, Path]) -> None:
    new_check("newfamily.first", *checkout)
    code, test = new_check("newfamily.second", *checkout)
    assert code.read_text().count('@check("newfamily.') == 2
    assert code.read_text().count("from __future__") == 1
    assert "def test_second_says_what_is_wrong" in test.read_text()


@pytest.mark.parametrize("name", ["noname", "Host.apart", "host.a.b", "pods.runs"])
def test_a_checks_name_that_cannot_be_is_refused(checkout: tuple[Path, Path], name: str) -> None:
    with pytest.raises(UsageError):
        new_check(name, *checkout)
    assert list(checkout[0].iterdir()) == []
