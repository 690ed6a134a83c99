"""Plain values of a YAML file into typed ones. `schema.py` tells editors of the same types."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from lab import i18n
from lab.catalog.source import Source


@dataclass(frozen=True, slots=True)
class Entry:
    """A key that a mapping may have: what its value must be, and what it is when left out."""

    type: Any
    default: Any = MISSING

    @property
    def is_required(self) -> bool:
        """It may not be left out."""
        return self.default is MISSING


@cache
def entries_of(cls: type) -> dict[str, Entry]:
    """The keys of a mapping that a dataclass describes. `with_` stands for the key `with`."""
    hints = get_type_hints(cls)
    return {field.name.rstrip("_"): Entry(hints[field.name], field.default) for field in fields(cls)}


@cache
def parameters_of(run: Callable[..., Any]) -> dict[str, Entry]:
    """The keys of `with:` that a check's signature describes."""
    hints = get_type_hints(run)
    return {
        name: Entry(hints[name], MISSING if parameter.default is parameter.empty else parameter.default)
        for name, parameter in inspect.signature(run).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }


def read(source: Source, field: str, value: Any, wanted: Any) -> Any:
    """The value as the wanted type. Where it is not of that type this is noted, and an empty one takes its place."""
    if wanted is Any:
        return value
    if is_dataclass(wanted) and isinstance(wanted, type):
        values = read_mapping(source, field, value, entries_of(wanted))
        return wanted(**{key.name: values[key.name.rstrip("_")] for key in fields(wanted)})
    origin = get_origin(wanted)
    if origin in (types.UnionType, Union):
        return read(source, field, value, _alternative(value, wanted))
    if origin is Literal or (isinstance(wanted, type) and issubclass(wanted, Enum)):
        return _choice(source, field, value, wanted)
    if origin in (tuple, list, Sequence):
        return _items(source, field, value, wanted)
    if origin in (dict, Mapping):
        return _mapping_of(source, field, value, get_args(wanted)[1])
    # A bool is an int to Python, but `user: true` is a mistake.
    if type(value) is wanted:
        if value == "":
            source.problem(field, "is_empty")
        return value
    _refuse(source, field, value, wanted)
    return empty(wanted)


def read_mapping(source: Source, field: str, value: Any, entries: Mapping[str, Entry]) -> dict[str, Any]:
    """A mapping with exactly these keys; those that may be left out get their defaults."""
    if not isinstance(value, dict):
        _refuse(source, field, value, dict)
        return {name: _absent(entry) for name, entry in entries.items()}
    for name in value:
        if name not in entries:
            source.problem(_inner(field, name), "unknown_key", known=", ".join(entries))
    values = {}
    for name, entry in entries.items():
        if name in value:
            values[name] = read(source, _inner(field, name), value[name], entry.type)
        else:
            values[name] = _absent(entry)
            if entry.is_required:
                source.problem(_inner(field, name), "missing")
    return values


def empty(wanted: Any) -> Any:
    """The least value of a type: what stands where a value could not be read, so that reading can go on."""
    if is_dataclass(wanted) and isinstance(wanted, type):
        entries = entries_of(wanted)
        return wanted(**{key.name: _absent(entries[key.name.rstrip("_")]) for key in fields(wanted)})
    origin = get_origin(wanted)
    if origin in (types.UnionType, Union):
        return empty(get_args(wanted)[0])
    if origin is Literal:
        return get_args(wanted)[0]
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return next(iter(wanted))
    if origin in (tuple, list, Sequence):
        return ()
    return {} if origin in (dict, Mapping) else wanted()


def choices(wanted: Any) -> list[Any]:
    """The values that a Literal or an Enum allows, as a file writes them."""
    return list(get_args(wanted)) if get_origin(wanted) is Literal else [member.value for member in wanted]


def _absent(entry: Entry) -> Any:
    return empty(entry.type) if entry.is_required else entry.default


def _alternative(value: Any, union: Any) -> Any:
    """Of the types in a union, the one that a value of this shape is meant to be."""
    for wanted in get_args(union):
        shape = get_origin(wanted) or wanted
        is_mapping = shape in (dict, Mapping) or is_dataclass(shape)
        is_list = shape in (tuple, list, Sequence)
        has_shape = isinstance(value, dict) == is_mapping and isinstance(value, list) == is_list
        if has_shape and (value is None) == (wanted is types.NoneType):
            return wanted
    return get_args(union)[0]


def _choice(source: Source, field: str, value: Any, wanted: Any) -> Any:
    allowed = choices(wanted)
    if value not in allowed:
        source.problem(field, "no_choice", got=value, allowed=", ".join(map(str, allowed)))
        return empty(wanted)
    return value if get_origin(wanted) is Literal else wanted(value)


def _items(source: Source, field: str, value: Any, wanted: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        _refuse(source, field, value, list)
        return ()
    item_type = get_args(wanted)[0]
    return tuple(read(source, f"{field}[{number}]", item, item_type) for number, item in enumerate(value))


def _mapping_of(source: Source, field: str, value: Any, wanted: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(source, field, value, dict)
        return {}
    return {name: read(source, _inner(field, name), item, wanted) for name, item in value.items()}


def _refuse(source: Source, field: str, value: Any, wanted: type) -> None:
    source.problem(field, "wrong_type", wanted=_kind(wanted), got=value, kind=_kind(type(value)))


def _kind(of: type) -> str:
    """A type in an author's words."""
    name = of.__name__ if of in (str, int, bool, list, dict, types.NoneType) else "other"
    return i18n.text(f"errors.catalog.kind.{name}")


def _inner(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
