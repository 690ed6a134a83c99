"""What an exercise is. Read-only values; `load.py` makes them out of `exercises/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from checkers.api import Check, Verdict
from lab import i18n

Level = Literal["easy", "medium", "hard"]


@dataclass(frozen=True, slots=True)
class Localized:
    """A short text in each language."""

    en: str
    zh: str

    def __str__(self) -> str:
        """In the language in use."""
        return self.zh if i18n.language() == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Criterion:
    """One graded statement. One without points is a gate: it earns nothing but must hold.

    Attributes:
        id: unique within its exercise.
        title: the statement, as the learner reads it.
        check: what looks at the cluster.
        parameters: given to the check by name (`with:` in the file).
    """

    id: str
    title: Localized
    points: int
    check: Check
    parameters: Mapping[str, Any]

    @property
    def is_gate(self) -> bool:
        return self.points == 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A script that does what a learner might do, and the verdict of each criterion that it must get.

    Attributes:
        name: also the script's: `answers/NAME.sh`.
        verdicts: criterion id -> verdict, for every criterion.
        mistake: the misconception behind a wrong answer; None for a right one.
    """

    name: str
    script: Path
    verdicts: Mapping[str, Verdict]
    mistake: Localized | None

    @property
    def is_right(self) -> bool:
        return all(verdict is Verdict.PASS for verdict in self.verdicts.values())


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the lab prepares before the learner begins.

    Attributes:
        namespaces: made by `start`, gone with all their content by `reset`.
        apply: manifests, applied in this order.
        remove: what `reset` deletes besides, as `kind/name` or `kind/name -n namespace` would name it.
    """

    namespaces: tuple[str, ...] = ()
    apply: tuple[Path, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exercise:
    """A task, its scenario, its criteria and its answers. `minutes` is what a prepared learner needs."""

    id: str
    domain: str
    folder: Path
    title: Localized
    source: str
    objective: str
    minutes: int
    level: Level
    requires: tuple[str, ...]
    scenario: Scenario
    criteria: tuple[Criterion, ...]
    answers: tuple[Answer, ...]

    @property
    def points(self) -> int:
        """What a full score is."""
        return sum(criterion.points for criterion in self.criteria)

    @property
    def task(self) -> str:
        """What the learner is asked to do, as Markdown in the language in use."""
        return self._text("task")

    @property
    def hints(self) -> tuple[str, ...]:
        """From a nudge to nearly the answer; the file parts them by a line `---`."""
        return tuple(part.strip() for part in self._text("hints").split("\n---\n"))

    @property
    def solution(self) -> str:
        """The reference solution with its explanation, as Markdown in the language in use."""
        return self._text("solution")

    def _text(self, name: str) -> str:
        return (self.folder / f"{name}.{i18n.language()}.md").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Domain:
    """A part of the exam's curriculum."""

    id: str
    title: Localized
    exercises: tuple[Exercise, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """All exercises, in the order in which they are shown."""

    domains: tuple[Domain, ...]

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(exercise for domain in self.domains for exercise in domain.exercises)
