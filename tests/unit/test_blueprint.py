"""Blueprints as authors meet them: each mistake named with file, line and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from lab import paths
from lab.authoring.lint import lint
from lab.catalog import blueprint
from lab.catalog.blueprint import Blueprints
from lab.catalog.load import load
from lab.catalog.schema import blueprint_schema, files
from lab.errors import UsageError
from tests.unit.support.exercises import TITLE, content, write_domain, write_exercise

pytestmark = pytest.mark.usefixtures("english")

VALIDATOR = jsonschema.Draft202012Validator(blueprint_schema())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "exercises"
    write_exercise(write_domain(root, "one"), content())
    return root


def written(root: Path, **changes: Any) -> Blueprints:
    """What is loaded of a blueprint that is whole but for these changes; None takes a key away."""
    whole: dict[str, Any] = {
        "id": "short",
        "title": TITLE,
        "minutes": 30,
        "tasks": 4,
        "pass": 67,
        "domains": {"first": 100},
        "levels": {"easy": 50, "medium": 50},
    }
    values = {name: value for name, value in (whole | changes).items() if value is not None}
    (root / "exams").mkdir(exist_ok=True)
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    (root / "exams" / "short.yaml").write_text(text, encoding="utf-8")
    return blueprint.load(["first"], root)


def test_a_whole_blueprint_is_read(root: Path) -> None:
    (found,) = written(root).known
    assert (found.id, found.minutes, found.tasks, found.pass_mark, found.hosts) == ("short", 30, 4, 67, 2)
    assert (found.domains, found.levels) == ({"first": 100}, {"easy": 50, "medium": 50})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": "other"}, "short.yaml:1: id: must be the name of its file: short"),
        ({"minutes": 0}, "short.yaml:5: minutes: must be at least 1"),
        ({"tasks": None}, "short.yaml:1: tasks: is missing"),
        ({"pass": 101}, "short.yaml:7: pass: must be at most 100"),
        ({"domains": {"firts": 100}}, "short.yaml:9: domains.firts: must be one of first, not 'firts'"),
        ({"domains": {"first": 90}}, "short.yaml:8: domains: must add up to 100, not to 90"),
        ({"levels": {"easy": 120}}, "short.yaml:10: levels: must add up to 100, not to 120"),
        (
            {"levels": {"easy": 100, "lunatic": 1}},
            "short.yaml:12: levels.lunatic: is no key here; the keys are: easy, medium, hard",
        ),
        ({"levels": {"easy": 110, "hard": -10}}, "short.yaml:12: levels.hard: must be at least 1"),
        ({"hosts": 5}, "short.yaml:13: hosts: must be at most 4"),
        ({"colour": "red"}, "short.yaml:13: colour: is no key here"),
    ],
)
def test_a_mistake_is_named_with_its_line(root: Path, changes: dict[str, Any], problem: str) -> None:
    found = written(root, **changes)
    assert found.known == ()
    assert str(found.problems[0]).startswith(f"exercises/exams/{problem}")


def test_the_folder_of_blueprints_is_no_domain(root: Path) -> None:
    written(root)
    catalog = load(root)
    assert ([domain.id for domain in catalog.domains], catalog.problems) == (["first"], ())


def test_an_author_is_told_what_is_wrong_and_what_there_are_too_few_exercises_for(root: Path) -> None:
    written(root, minutes="long")
    assert "exercises/exams/short.yaml:5: minutes: must be a whole number" in [
        str(problem).split(", but")[0] for problem in lint(root)
    ]
    written(root)
    (note,) = [problem for problem in lint(root) if "exams" in problem.file]
    assert note.is_gap
    assert str(note).endswith("domains.first: an exam may ask for 4 tasks of this domain; exercises that fit: 1")


def test_an_exam_that_is_not_known_is_told_with_the_nearest(root: Path) -> None:
    with pytest.raises(UsageError) as raised:
        written(root).get("shrot")
    assert "short" in str(raised.value)


def test_the_blueprints_of_the_lab_are_whole_and_valid() -> None:
    found = blueprint.load([domain.id for domain in load().domains])
    assert [str(problem) for problem in found.problems] == []
    assert [each.id for each in found.known] == ["chapter", "cks", "drill"]
    for each in found.known:
        file = paths.data("exercises") / "exams" / f"{each.id}.yaml"
        VALIDATOR.validate(yaml.safe_load(file.read_text(encoding="utf-8")))


def test_the_shares_of_the_whole_exam_are_the_curriculums() -> None:
    catalog = load()
    whole = blueprint.load([domain.id for domain in catalog.domains]).get("cks")
    assert whole.domains == {domain.id: domain.weight for domain in catalog.domains}


def test_the_files_that_editors_read_are_up_to_date() -> None:
    for name, text in files().items():
        assert (paths.data("exercises") / name).read_text(encoding="utf-8") == text, (
            "write it anew: ckslab author schema"
        )
