"""The JSON Schemas of `exercise.yaml` and of blueprints, so that an editor completes and checks what is typed."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from checkers.api import Check
from checkers.registry import checks
from lab.catalog.format import BlueprintFile, CriterionFile, ExerciseFile
from lab.catalog.reader import Entry, choices, entries_of, parameters_of

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_PLAIN: dict[Any, Schema] = {
    Any: {},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: {"type": "string", "minLength": 1},
    types.NoneType: {"type": "null"},
}


def schema() -> Schema:
    """The schema, from the types that the catalog reads with and the signatures of the checks."""
    whole = _object(entries_of(ExerciseFile), title="An exercise of CKS Lab")
    criterion = _object(entries_of(CriterionFile))
    criterion["properties"]["check"] = {"enum": sorted(checks())}
    criterion["allOf"] = [_if_check(check) for _, check in sorted(checks().items())]
    whole["properties"]["criteria"]["items"] = criterion
    return {"$schema": DIALECT, **whole}


def blueprint_schema() -> Schema:
    """The schema of a blueprint."""
    return {"$schema": DIALECT, **_object(entries_of(BlueprintFile), title="An exam of CKS Lab")}


def files() -> dict[str, str]:
    """The files that editors read: name in `exercises/` -> content."""
    schemas = {"exercise.schema.json": schema(), "exam.schema.json": blueprint_schema()}
    return {name: json.dumps(each, ensure_ascii=False, indent=2) + "\n" for name, each in schemas.items()}


def of_type(wanted: Any) -> Schema:
    """The schema of what `reader.read` takes for a type."""
    if is_dataclass(wanted) and isinstance(wanted, type):
        return _object(entries_of(wanted))
    origin = get_origin(wanted)
    if origin in (types.UnionType, Union):
        return {"anyOf": [of_type(one) for one in get_args(wanted)]}
    if origin is Literal or (isinstance(wanted, type) and issubclass(wanted, Enum)):
        return {"enum": choices(wanted)}
    if origin in (tuple, list, Sequence):
        return {"type": "array", "items": of_type(get_args(wanted)[0])}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": of_type(get_args(wanted)[1])}
    return dict(_PLAIN[wanted])


def _object(entries: Mapping[str, Entry], title: str = "") -> Schema:
    return {
        **({"title": title} if title else {}),
        "type": "object",
        "properties": {name: of_type(entry.type) for name, entry in entries.items()},
        "required": [name for name, entry in entries.items() if entry.is_required],
        "additionalProperties": False,
    }


def _if_check(check: Check) -> Schema:
    """What `with:` may hold where this check is called."""
    parameters = _object(parameters_of(check.run))
    parameters["description"] = (check.run.__doc__ or "").strip().partition("\n")[0]
    then: Schema = {"properties": {"with": parameters}}
    if parameters["required"]:
        then["required"] = ["with"]
    return {"if": {"properties": {"check": {"const": check.name}}, "required": ["check"]}, "then": then}
