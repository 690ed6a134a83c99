"""The JSON Schema for editors, held against the exercises and against what the catalog refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import yaml

from lab import paths
from lab.catalog.load import load
from lab.catalog.schema import schema
from tests.unit.support.exercises import content

VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_it_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_file_that_editors_read_is_up_to_date() -> None:
    file = paths.data("exercises") / "exercise.schema.json"
    assert json.loads(file.read_text(encoding="utf-8")) == schema(), "write it anew: ckslab author schema"


def test_a_whole_exercise_is_valid() -> None:
    assert VALIDATOR.is_valid(content())


def test_the_exercises_of_the_lab_are_whole_and_valid() -> None:
    catalog = load()
    assert [str(problem) for problem in catalog.problems] == []
    for exercise in catalog.exercises:
        VALIDATOR.validate(yaml.safe_load((exercise.folder / "exercise.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.update(colour="red"),
        lambda v: v.pop("source"),
        lambda v: v.update(level="lunatic"),
        lambda v: v["criteria"][0].update(check="no.such"),
        lambda v: v["criteria"][0]["with"].update(user="root"),
        lambda v: v["criteria"][0]["with"].update(uid=1),
        lambda v: v["criteria"][0].pop("with"),
        lambda v: v["answers"][1].update(expect={"identity": "wrong"}),
        lambda v: v["title"].pop("zh"),
    ],
)
def test_what_the_catalog_refuses_an_editor_marks(change: Callable[[dict[str, Any]], object]) -> None:
    values = content()
    change(values)
    assert not VALIDATOR.is_valid(values)
