"""The exercises that an exam may be drawn from, and the digest by which two pools are known to be the same."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256

from lab.catalog.blueprint import Blueprint
from lab.catalog.model import Exercise
from lab.cluster.engine import Capability
from lab.cluster.image import addon
from lab.exam.spread import Collide, conflicts

DRAW = 1
"""The version of how exams are drawn. Another one draws another exam from the same seed, so the digest holds it."""
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Pool:
    """The exercises that a blueprint may take, by id.

    Attributes:
        left_out: the ids of those that it would take too, but that the lab's engine cannot do.
        digest: of the blueprint and of everything of the exercises that a draw depends on.
        collide: which of them cannot be on one lab.
    """

    exercises: tuple[Exercise, ...]
    left_out: tuple[str, ...]
    digest: str
    collide: Collide = field(compare=False)

    def only(self, names: Collection[str]) -> Pool:
        """The part of it that has these exercises, for an exam of what was lost in another. It is a pool of its own."""
        exercises = tuple(each for each in self.exercises if each.id in names)
        facts = json.dumps([self.digest, [each.id for each in exercises]])
        return replace(self, exercises=exercises, digest=_short(facts))


def pool_of(blueprint: Blueprint, exercises: Iterable[Exercise], lacks: Collection[Capability] = ()) -> Pool:
    """The pool of a blueprint.

    Args:
        exercises: of the catalog; drafts are not taken.
        lacks: what the labs' engine cannot do.
    """
    wanted = [each for each in sorted(exercises, key=lambda each: each.id) if _fits(each, blueprint)]
    possible = tuple(each for each in wanted if not set(each.requires) & set(lacks))
    left_out = tuple(each.id for each in wanted if set(each.requires) & set(lacks))
    return Pool(possible, left_out, _digest(blueprint, possible), conflicts(possible))


def _fits(exercise: Exercise, blueprint: Blueprint) -> bool:
    return (
        not exercise.draft
        and exercise.domain in blueprint.domains
        and exercise.level in blueprint.levels
        and (blueprint.longest == 0 or exercise.minutes <= blueprint.longest)
        # An exam begins in minutes. Which add-ons are built here must not matter: the same seed is the same exam.
        and not any(addon.find(name).is_long for name in exercise.addons)
    )


def _digest(blueprint: Blueprint, exercises: Iterable[Exercise]) -> str:
    facts = {
        "draw": DRAW,
        "blueprint": [
            blueprint.id,
            blueprint.minutes,
            blueprint.tasks,
            sorted(blueprint.domains.items()),
            sorted(blueprint.levels.items()),
            blueprint.longest,
        ],
        "exercises": [
            [each.id, each.domain, each.objective, each.level, each.minutes, sorted(each.touches)] for each in exercises
        ],
    }
    return _short(json.dumps(facts, separators=(",", ":")))


def _short(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_DIGITS]
