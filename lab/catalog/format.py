"""What an author writes: the keys of `domain.yaml`, `exercise.yaml` and blueprints, and what each may hold.

`reader.read` holds files against these classes and `schema.schema` tells editors of them, so that there is one
description of the format. A name that ends in `_` stands for a key that Python keeps for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from checkers.api import Verdict
from lab.catalog.model import Level, Localized, Machine, Reset, Resource
from lab.cluster.engine import Capability


@dataclass(frozen=True, slots=True)
class DomainFile:
    """`domain.yaml`: `exercises` are ids, in the order in which they are shown.

    `weight` is the domain's share of the exam in percent; `objectives` names what the curriculum asks for, and then an
    exercise's `objective` must be one of them.
    """

    id: str
    title: Localized
    exercises: tuple[str, ...]
    weight: int = 0
    objectives: Mapping[str, Localized] | None = None


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """What lies at `path` of a machine is `from`, relative to the exercise's folder.

    Without `from`, nothing lies there when the learner begins: a directory that the task has them make, for example.
    """

    machine: Machine
    path: str
    from_: str = ""


@dataclass(frozen=True, slots=True)
class RunScript:
    """bash runs `script`, relative to the exercise's folder, as root on a machine."""

    machine: Machine
    script: str


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """`apply` are manifests, relative to the exercise's folder. `reset: baseline` takes the whole cluster back.

    `run` are scripts that change machines before the manifests are applied. `reset: baseline` takes their changes back.

    `draw` are values that each start draws anew; `lab.catalog.drawn` says how the other files name them.

    `install` are those of the exercise's add-ons that run when the learner begins. `reset: baseline` takes them away.
    """

    namespaces: tuple[str, ...] = ()
    apply: tuple[str, ...] = ()
    files: tuple[PlacedFile, ...] = ()
    run: tuple[RunScript, ...] = ()
    remove: tuple[Resource, ...] = ()
    reset: Reset = "objects"
    draw: Mapping[str, Literal["word"] | tuple[str, ...]] | None = None
    install: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CriterionFile:
    """Without `points` it is a gate: it earns nothing but must hold."""

    id: str
    title: Localized
    check: str
    points: int = 0
    with_: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class MistakeFile:
    """`when`: criterion -> the cause, or causes, that its check must have found for the words to be true."""

    en: str
    zh: str
    when: Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """`expect` is `pass`, or the criteria that do not pass, each with the verdict it gets."""

    name: str
    expect: Literal["pass"] | Mapping[str, Verdict]
    mistake: MistakeFile | None = None


@dataclass(frozen=True, slots=True)
class ExerciseFile:
    """`exercise.yaml`. `images` are those that the task names; the lab answers for their being there.

    A `draft` needs one language, one answer and no recording, and only its author sees it.

    `addons` are what must be on the lab besides its nodes' own programs, by their folders' names in `addons/`: `start`
    builds what is not built and loads it.

    `touches` is what the learner changes for everybody, in the words of `lab.catalog.touches`: `api-server`,
    `admission`, `node-runtime`, `kernel`, `network`, `node:NAME`, or `KIND:NAME` for an object of the whole cluster.
    Two exercises that touch the same are never prepared together. What the scenario names is found by itself.
    """

    id: str
    title: Localized
    source: str
    objective: str
    minutes: int
    level: Level
    criteria: tuple[CriterionFile, ...]
    answers: tuple[AnswerFile, ...]
    requires: tuple[Capability, ...] = ()
    images: tuple[str, ...] = ()
    addons: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()
    scenario: ScenarioFile = ScenarioFile()
    draft: bool = False


@dataclass(frozen=True, slots=True)
class LevelsFile:
    """The share of each level in percent; together 100."""

    easy: int = 0
    medium: int = 0
    hard: int = 0


@dataclass(frozen=True, slots=True)
class BlueprintFile:
    """`exams/NAME.yaml`: how many tasks in how many `minutes`, and the percent of the points that `pass`.

    `domains` and `levels` are shares of the tasks in percent; each adds up to 100. `longest` is what a task may take at
    most, in minutes. `hosts` is how many labs the tasks are spread over.
    """

    id: str
    title: Localized
    minutes: int
    tasks: int
    pass_: int
    domains: Mapping[str, int]
    levels: LevelsFile
    longest: int = 0
    hosts: int = 2
