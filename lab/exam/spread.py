"""Tasks spread over labs so that no two that touch the same are on one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from lab.catalog.model import Exercise
from lab.catalog.touches import shared

Collide = Callable[[str, str], bool]
"""Whether two exercises, by their ids, cannot be on one lab."""


def conflicts(exercises: Iterable[Exercise]) -> Collide:
    """Which of these exercises touch the same. Each pair is looked at once, when it is first asked for."""
    by_id = {each.id: each for each in exercises}
    known: dict[tuple[str, str], bool] = {}

    def collide(one: str, other: str) -> bool:
        pair = (one, other) if one < other else (other, one)
        if pair not in known:
            known[pair] = bool(shared(by_id[one], by_id[other]))
        return known[pair]

    return collide


def spread(tasks: Sequence[str], labs: int, collide: Collide) -> dict[str, int] | None:
    """The number of each task's lab, from 0; about equally many on each. None: they do not fit on so few.

    The task that has the least choice is placed next. If any way exists, it is found.
    """
    rivals: dict[str, set[str]] = {task: set() for task in tasks}
    for one, other in combinations(tasks, 2):
        if collide(one, other):
            rivals[one].add(other)
            rivals[other].add(one)
    placed: dict[str, int] = {}
    counts = [0] * labs

    def place() -> bool:
        if len(placed) == len(tasks):
            return True
        taken = {
            task: {placed[rival] for rival in rivals[task] if rival in placed} for task in tasks if task not in placed
        }
        task = max(taken, key=lambda task: (len(taken[task]), len(rivals[task])))  # of equals the first of those given
        for lab in sorted(set(range(labs)) - taken[task], key=lambda lab: (counts[lab], lab)):
            placed[task] = lab
            counts[lab] += 1
            if place():
                return True
            del placed[task]
            counts[lab] -= 1
            if counts[lab] == 0:
                break  # all empty labs are alike
        return False

    return placed if place() else None
