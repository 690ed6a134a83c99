"""Which exercises an exam takes: as many of each domain and level as its blueprint says, and none that cannot be there.

The first set is taken that holds every demand, in an order that chance gives. Where no set holds them all, the mix of
levels gives way, and only then the number of tasks. Then slow tasks are exchanged for quicker ones of their kind, until
a prepared candidate has time for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.catalog.model import Exercise
from lab.exam.chance import Chance
from lab.exam.shares import around
from lab.exam.spread import Collide, spread

TRIES = 150
"""How many exercises one search takes up before it gives up. A count, and not a time: it is the same everywhere."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a set of exercises should be.

    Attributes:
        domains: domain -> how many.
        levels: level -> its share in percent.
        minutes: that all together take at most, where that can be had.
        hosts: the labs that they are spread over.
    """

    domains: Mapping[str, int]
    levels: Mapping[str, int]
    minutes: int
    hosts: int

    @property
    def tasks(self) -> int:
        """How many exercises."""
        return sum(self.domains.values())


def choose(exercises: Sequence[Exercise], wish: Wish, collide: Collide, chance: Chance) -> tuple[Exercise, ...]:
    """The exercises of an exam, in the order of their choice. Fewer than wished for where no more go together."""
    in_order = sorted(exercises, key=lambda each: chance.rank("task", each.id))
    for slack in (0, 1, wish.tasks):
        if chosen := _Search(wish, collide, slack).run(in_order):
            break
    else:
        chosen = _as_many_as_go_together(in_order, wish, collide)
    while (quicker := _quicker(chosen, in_order, wish, collide, chance)) is not None:
        chosen = quicker
    return chosen


def _as_many_as_go_together(exercises: Sequence[Exercise], wish: Wish, collide: Collide) -> tuple[Exercise, ...]:
    """Many, if perhaps not the most: one after the other, those first that get into the way of the fewest others."""
    rivals = {
        each.id: sum(each is not other and collide(each.id, other.id) for other in exercises) for each in exercises
    }
    missing = dict(wish.domains)
    chosen: tuple[Exercise, ...] = ()
    for each in sorted(exercises, key=lambda each: rivals[each.id]):
        together = (*chosen, each)
        if missing[each.domain] > 0 and spread([each.id for each in together], wish.hosts, collide) is not None:
            missing[each.domain] -= 1
            chosen = together
    return chosen


def _quicker(
    chosen: tuple[Exercise, ...], exercises: Sequence[Exercise], wish: Wish, collide: Collide, chance: Chance
) -> tuple[Exercise, ...] | None:
    """The set with one task exchanged for a quicker one of its domain and level. None: no need, or no way.

    What is over is saved by one exchange if it can be, best within an objective.
    """
    over = sum(each.minutes for each in chosen) - wish.minutes
    names = {each.id for each in chosen}
    swaps = [
        (min(over, one.minutes - other.minutes), one.objective == other.objective, one, other)
        for one in chosen
        for other in exercises
        if over > 0 and other.minutes < one.minutes and other.id not in names
        if (one.domain, one.level) == (other.domain, other.level)
    ]
    swaps.sort(key=lambda swap: (*swap[:2], chance.rank("swap", f"{swap[2].id} {swap[3].id}")), reverse=True)
    for _, _, one, other in swaps:
        exchanged = tuple(other if each is one else each for each in chosen)
        if spread([each.id for each in exchanged], wish.hosts, collide) is not None:
            return exchanged
    return None


class _Search:
    """A search for a set that holds all demands.

    Args:
        slack: by how many tasks a level's number may differ from its share.
    """

    def __init__(self, wish: Wish, collide: Collide, slack: int) -> None:
        self._wish = wish
        self._collide = collide
        bounds = around(wish.levels, wish.tasks)
        self._least = {level: max(0, low - slack) for level, (low, _) in bounds.items()}
        self._most = {level: high + slack for level, (_, high) in bounds.items()}
        self._tries = 0

    def run(self, exercises: Sequence[Exercise], chosen: tuple[Exercise, ...] = ()) -> tuple[Exercise, ...]:
        """The chosen ones with what is still missing, the first that there are among the others; empty: none found."""
        if len(chosen) == self._wish.tasks:
            return chosen
        state = _State(self._wish, chosen)
        # What cannot be taken now cannot be later, either: there will only be more in its way.
        open_ones = [each for each in exercises if self._may_be(each, state)]
        while self._can_be_done(state, open_ones) and self._tries < TRIES:
            self._tries += 1
            domain = state.scarcest(open_ones)
            candidates = (each for each in open_ones if each.domain == domain)
            candidate = min(candidates, key=lambda each: state.objectives[each.objective])  # of several the first
            open_ones.remove(candidate)
            if found := self.run(open_ones, (*chosen, candidate)):
                return found
        return ()

    def _may_be(self, exercise: Exercise, state: _State) -> bool:
        """Whether nothing speaks against taking this exercise next."""
        of_level = state.levels[exercise.level]
        needed = sum(max(0, least - state.levels[level]) for level, least in self._least.items())
        return (
            state.missing[exercise.domain] > 0
            and of_level < self._most[exercise.level]
            and (needed < state.left or of_level < self._least[exercise.level])
            and self._has_room(exercise, state)
        )

    def _has_room(self, exercise: Exercise, state: _State) -> bool:
        """Whether it can be on one of the labs, beside what is chosen."""
        rivals = sum(self._collide(exercise.id, name) for name in state.names)
        if rivals < self._wish.hosts:
            return True  # however they are spread, one lab has none of them
        return spread([*state.names, exercise.id], self._wish.hosts, self._collide) is not None

    def _can_be_done(self, state: _State, open_ones: Sequence[Exercise]) -> bool:
        """Whether, as far as counting shows, what is missing can be found among these."""
        domains = Counter(each.domain for each in open_ones)
        levels: Counter[str] = Counter(each.level for each in open_ones)
        room = sum(min(levels[level], most - state.levels[level]) for level, most in self._most.items())
        return (
            room >= state.left
            and all(domains[domain] >= missing for domain, missing in state.missing.items())
            and all(levels[level] >= least - state.levels[level] for level, least in self._least.items())
        )


class _State:
    """How far a search has come.

    Attributes:
        missing: domain -> how many it still lacks.
        left: how many are missing in all.
    """

    def __init__(self, wish: Wish, chosen: tuple[Exercise, ...]) -> None:
        there = Counter(each.domain for each in chosen)
        self.missing = {domain: wanted - there[domain] for domain, wanted in wish.domains.items()}
        self.left = wish.tasks - len(chosen)
        self.levels: Counter[str] = Counter(each.level for each in chosen)
        self.objectives = Counter(each.objective for each in chosen)
        self.names = [each.id for each in chosen]

    def scarcest(self, open_ones: Sequence[Exercise]) -> str:
        """The domain that has the least to spare, of those that lack something."""
        there = Counter(each.domain for each in open_ones)
        lacking = [domain for domain, missing in self.missing.items() if missing > 0]
        return min(lacking, key=lambda domain: (there[domain] - self.missing[domain], domain))
