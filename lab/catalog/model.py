"""What an exercise is. Read-only values; `folders.py` makes them out of `exercises/`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from checkers.api import Check, Verdict
from lab import i18n
from lab.catalog import patch
from lab.cluster.engine import Capability
from lab.errors import UsageError

# What files are read with: the app's first frame needs none of it.
if TYPE_CHECKING:
    from lab.catalog.drawn import Draw
    from lab.catalog.source import Problem

SOLUTION = "solution"
"""The answer that every exercise has: its reference solution."""
Level = Literal["easy", "medium", "hard"]
Machine = Literal["kube-control-plane", "kube-worker-1", "base"]
"""The machines of a lab, by the names that tasks use on every engine."""
Reset = Literal["objects", "baseline"]
"""How an exercise is undone: delete what it made, or take the whole cluster and its nodes back to the baseline."""


@dataclass(frozen=True, slots=True)
class Localized:
    """A short text in each language."""

    en: str
    zh: str

    def __str__(self) -> str:
        """In the language in use; a draft may have it in the other one only."""
        return i18n.pick(self) or self.en or self.zh


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
        """It earns nothing, but must hold."""
        return self.points == 0


@dataclass(frozen=True, slots=True)
class Mistake:
    """The misconception behind a wrong answer.

    Attributes:
        when: criterion id -> the causes that its check must have found. Only then are the words true of an answer.
    """

    words: Localized
    when: Mapping[str, frozenset[str]]

    def __str__(self) -> str:
        """In the language in use."""
        return str(self.words)


@dataclass(frozen=True, slots=True)
class Answer:
    """A script that does what a learner might do, and the verdict of each criterion that it must get.

    Attributes:
        name: also its file's.
        script: `answers/NAME.sh`. Where `answers/NAME.patch` is there instead, the answer changes another one.
        verdicts: criterion id -> verdict, for every criterion.
        mistake: the misconception behind a wrong answer; None for a right one.
    """

    name: str
    script: Path
    verdicts: Mapping[str, Verdict]
    mistake: Mistake | None

    @property
    def is_right(self) -> bool:
        """Every criterion passes with it."""
        return all(verdict is Verdict.PASS for verdict in self.verdicts.values())

    @property
    def script_text(self) -> str:
        """The script as it is run: a patch is applied.

        Raises:
            PatchError: a patch does not fit.
        """
        return patch.script_text(self.script.parent, self.name)


@dataclass(frozen=True, slots=True)
class Resource:
    """An object of the cluster. `kind` is as kubectl takes it; no namespace: it has none.

    Without a name it means all objects of a kind of `lab.cluster.kinds` that the lab did not have when it was made.
    """

    kind: str
    name: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class MachineFile:
    """A file that lies on a machine when the learner begins: `content` is the one in the exercise's folder.

    Without content, nothing lies there then: what the learner makes at that path is gone by the next `start`.
    """

    machine: Machine
    path: str
    content: Path | None


@dataclass(frozen=True, slots=True)
class MachineScript:
    """A script that changes a machine before the learner begins: `content` is the one in the exercise's folder."""

    machine: Machine
    content: Path


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the lab prepares before the learner begins.

    Attributes:
        namespaces: made by `start`, gone with all their content by `reset`.
        apply: manifests, applied in this order.
        files: written by `start`, gone by `reset`, whatever the learner made of them.
        scripts: run by `start` once the files are there, in this order; only the baseline undoes them.
        remove: what `reset` deletes besides; mostly what the task has the learner make elsewhere.
        reset: `baseline` where the learner changes what cannot be named beforehand: the API server, nodes, add-ons.
        draw: values that `start` draws anew each time.
        install: add-ons that run when the learner begins, by id.
    """

    namespaces: tuple[str, ...] = ()
    apply: tuple[Path, ...] = ()
    files: tuple[MachineFile, ...] = ()
    scripts: tuple[MachineScript, ...] = ()
    remove: tuple[Resource, ...] = ()
    reset: Reset = "objects"
    draw: Draw = field(default_factory=dict)
    install: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exercise:
    """A task, its scenario, its criteria and its answers.

    Attributes:
        minutes: what a prepared learner needs.
        requires: what not every engine has.
        images: those that the task names. That they can be had is the lab's to see to, not the learner's.
        addons: what is built and loaded onto the lab for it, by id.
        draft: it is being written. Its author sees it; the learner's list, suggestions and sums leave it out.
        touches: what it takes for itself on a lab, as `lab.catalog.touches` has it.
    """

    id: str
    domain: str
    folder: Path
    title: Localized
    source: str
    objective: str
    minutes: int
    level: Level
    requires: tuple[Capability, ...]
    images: tuple[str, ...]
    scenario: Scenario
    criteria: tuple[Criterion, ...]
    answers: tuple[Answer, ...]
    draft: bool = False
    touches: frozenset[str] = frozenset()
    addons: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """What a full score is."""
        return sum(criterion.points for criterion in self.criteria)

    @property
    def task(self) -> str:
        """What the learner is asked to do, as Markdown in the language in use."""
        return self.text("task", i18n.language())

    @property
    def hints(self) -> tuple[str, ...]:
        """From a nudge to nearly the answer, in the language in use."""
        return self.hints_in(i18n.language())

    @property
    def solution(self) -> str:
        """The reference solution with its explanation, as Markdown in the language in use."""
        return self.text("solution", i18n.language())

    def missing(self, lacks: Mapping[Capability, str]) -> dict[Capability, str]:
        """What it requires of what an engine lacks -> why. Empty when it can be done there."""
        return {capability: lacks[capability] for capability in self.requires if capability in lacks}

    def hints_in(self, language: i18n.Language) -> tuple[str, ...]:
        """The hints in one language; the file parts them by a line `---`."""
        return tuple(part.strip() for part in self.text("hints", language).split("\n---\n") if part.strip())

    def text(self, name: str, language: i18n.Language) -> str:
        """One of the Markdown files beside `exercise.yaml`. What a draft lacks is taken from the other language."""
        file = self.folder / f"{name}.{language}.md"
        if self.draft and not file.is_file():
            others = (self.folder / f"{name}.{other}.md" for other in i18n.LANGUAGES)
            return next((other.read_text(encoding="utf-8") for other in others if other.is_file()), "")
        return file.read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Domain:
    """A part of the exam's curriculum.

    Attributes:
        weight: its share of the exam in percent; 0: not a part of the exam.
        objectives: id -> name of what the curriculum asks for, in its order.
    """

    id: str
    title: Localized
    exercises: tuple[Exercise, ...]
    weight: int = 0
    objectives: Mapping[str, Localized] = field(default_factory=dict)


class Catalog:
    """All exercises, in the order in which they are shown.

    Args:
        domains: with their exercises.
        problems: why exercises are missing: their files are broken.
    """

    def __init__(self, domains: tuple[Domain, ...], problems: tuple[Problem, ...] = ()) -> None:
        self._domains = domains
        self._problems = problems

    @property
    def domains(self) -> tuple[Domain, ...]:
        """All domains; those that have no exercise come last."""
        return self._domains

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the files of the exercises that are missing."""
        return self._problems

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """Of all domains."""
        return tuple(exercise for domain in self.domains for exercise in domain.exercises)

    def exercise(self, name: str) -> Exercise:
        """The exercise with this id.

        Raises:
            UsageError: there is none (`exercise.unknown`); it names the nearest ids.
        """
        for exercise in self.exercises:
            if exercise.id == name:
                return exercise
        raise unknown_exercise(name, [exercise.id for exercise in self.exercises])

    def objective(self, exercise: Exercise) -> str:
        """The name of what an exercise is about, in the language in use; its id where the domain names none."""
        domain = next((domain for domain in self.domains if domain.id == exercise.domain), None)
        name = domain.objectives.get(exercise.objective) if domain else None
        return exercise.objective if name is None else str(name)


def unknown_exercise(name: str, known: Sequence[str]) -> UsageError:
    """No exercise has this id; the error names the nearest ones."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known[:3]
    return UsageError("exercise.unknown", name=name, near=", ".join(near))
