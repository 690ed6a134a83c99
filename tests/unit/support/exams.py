"""Blueprints and exercises for exams, made by hand."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from checkers.api import Verdict
from lab.catalog.blueprint import Blueprint
from lab.catalog.model import Exercise, Localized
from lab.exam.verdicts import Judged, TaskGrade, to_detail
from tests.unit.support.exercises import criterion, exercise

LEVELS = ("easy", "medium", "hard")


def blueprint(**changes: Any) -> Blueprint:
    """Four tasks of one domain in half an hour."""
    whole = Blueprint(
        id="short",
        title=Localized("A short exam", "短考试"),
        minutes=30,
        tasks=4,
        pass_mark=67,
        domains={"first": 100},
        levels={"easy": 50, "medium": 50},
    )
    return replace(whole, **changes)


def candidate(name: str, *touches: str, level: Any = "easy", domain: str = "first", **changes: Any) -> Exercise:
    """An exercise that an exam can take."""
    made = exercise([criterion("one", points=4)], name=name, touches=frozenset(touches))
    facts = {"level": level, "domain": domain, "objective": changes.pop("objective", f"about-{name}"), **changes}
    return replace(made, **facts)


def candidates(count: int, *, domains: dict[str, int], seed: int = 1, rivals: float = 0.2) -> list[Exercise]:
    """Many exercises of these domains, by their weights; some of them touch the same."""
    random = Random(seed)  # noqa: S311 - any exercises will do
    names = [name for name, weight in domains.items() for _ in range(max(4, count * weight // 100))]
    areas = ("api-server", "admission", "node-runtime", "kernel", "node:kube-worker-1")
    return [
        candidate(
            f"ex-{number}",
            f"namespace:n{number}",
            *([random.choice(areas)] if random.random() < rivals else []),
            level=random.choices(LEVELS, (4, 4, 2))[0],
            domain=domain,
            objective=f"{domain}-{random.randrange(5)}",
            minutes=random.randint(4, 12),
        )
        for number, domain in enumerate(names)
    ]


def passed(points: int = 4, of: int = 4) -> dict[str, Any]:
    """The detail of a `graded` event: so many of the points of one criterion each."""
    criteria = [Judged(f"c{n}", 1, Verdict.PASS if n < points else Verdict.FAIL) for n in range(of)]
    return to_detail(TaskGrade(tuple(criteria)))
