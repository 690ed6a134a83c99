"""A YAML file of the catalog: its values, the line of each of its fields, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab import i18n
from lab.errors import LabError


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that an author of exercises has to mend.

    Attributes:
        file: as the author would type it: `exercises/DOMAIN/ID/exercise.yaml`.
        line: where, from 1.
        field: such as `criteria[1].with.user`; empty where the file as a whole is meant.
        key: which text says what is wrong; `params` fill its braces.
        is_gap: no mistake: a draft may lack it, or what a blueprint asks for is still to be written.
    """

    file: str
    line: int
    field: str
    key: str
    params: tuple[tuple[str, object], ...] = ()
    is_gap: bool = False

    def __str__(self) -> str:
        what = i18n.text(f"errors.catalog.problem.{self.key}", **dict(self.params))
        return ": ".join(part for part in (f"{self.file}:{self.line}", self.field, what) if part)


class CatalogError(LabError):
    """A file of the catalog cannot be used; `problems` are all that is wrong with it, a draft's gaps too."""

    exit_code = 2

    def __init__(self, file: str, problems: tuple[Problem, ...], *, is_drafts: bool = False) -> None:
        super().__init__("catalog.broken", "\n".join(str(problem) for problem in problems), file=file)
        self.problems = problems
        self.is_drafts = is_drafts


class Source:
    """One file while it is read. Problems are collected, so that an author sees all of them at once."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.file = (Path(root.name) / path.relative_to(root)).as_posix()
        self._lines = {"": 1}
        self._problems: list[Problem] = []
        self.value: Any = None
        self.value = self._compose()

    @property
    def is_draft(self) -> bool:
        """Whether the file says `draft: true`."""
        return isinstance(self.value, dict) and self.value.get("draft") is True

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong, in the order of the file."""
        return tuple(sorted(self._problems, key=lambda problem: problem.line))

    def problem(self, field: str, key: str, **params: object) -> None:
        """Note that a field is wrong. What follows from a problem noted before is not said again."""
        if any(_is_within(field, known.field) for known in self._problems):
            return
        is_gap = self.is_draft and self._is_translation(field, key)
        self._problems.append(Problem(self.file, self.line(field), field, key, tuple(params.items()), is_gap))

    def gap(self, field: str, key: str, **params: object) -> None:
        """Note that something is missing that a draft may lack."""
        if any(known.field == field for known in self._problems):
            return
        self._problems.append(
            Problem(self.file, self.line(field), field, key, tuple(params.items()), is_gap=self.is_draft)
        )

    def note(self, field: str, key: str, **params: object) -> Problem:
        """Something to know of a field that is no mistake."""
        return Problem(self.file, self.line(field), field, key, tuple(params.items()), is_gap=True)

    def close(self) -> None:
        """End reading.

        Raises:
            CatalogError: there were problems other than a draft's gaps.
        """
        if any(not problem.is_gap for problem in self._problems):
            raise CatalogError(self.file, self.problems, is_drafts=self.is_draft)

    def _is_translation(self, field: str, key: str) -> bool:
        """Whether a text is missing that is there in another language."""
        outer, _, language = field.rpartition(".")
        return (
            key == "missing"
            and language in i18n.LANGUAGES
            and any(f"{outer}.{other}" in self._lines for other in i18n.LANGUAGES)
        )

    def line(self, field: str) -> int:
        """The line of a field, or of the nearest one around it that is there."""
        while field not in self._lines:
            field = field[: max(field.rfind("."), field.rfind("["), 0)]
        return self._lines[field]

    def _compose(self) -> Any:
        try:
            node = yaml.compose(self.path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        except FileNotFoundError:
            self.problem("", "no_file")
        except UnicodeDecodeError as error:
            self.problem("", "no_yaml", said=error)
        except yaml.MarkedYAMLError as error:
            if error.problem_mark is not None:
                self._lines[""] = error.problem_mark.line + 1
            self.problem("", "no_yaml", said=error.problem or error.context)
        except yaml.YAMLError as error:
            self.problem("", "no_yaml", said=error)
        else:
            return self._plain(node, "")
        return None

    def _plain(self, node: yaml.Node | None, field: str) -> Any:
        """A node as a plain value. A field's line is that of its key, which is where an editor should jump to."""
        if node is None:
            return None
        self._lines.setdefault(field, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, field)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, f"{field}[{number}]") for number, item in enumerate(node.value)]
        return self._scalar(node, field)

    def _mapping(self, node: yaml.MappingNode, field: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            inner = f"{field}.{name}" if field else name
            self._lines[inner] = key.start_mark.line + 1
            if name in values:
                self.problem(inner, "twice")
                continue
            values[name] = self._plain(value, inner)
        return values

    def _scalar(self, node: yaml.Node, field: str) -> Any:
        try:
            return _constructor.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            self.problem(field, "no_yaml", said=str(error).splitlines()[0])
            return None


_constructor = yaml.constructor.SafeConstructor()


def _is_within(field: str, outer: str) -> bool:
    return field == outer or outer == "" or field.startswith((f"{outer}.", f"{outer}["))
