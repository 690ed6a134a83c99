"""The plan of an exam: the tasks that a blueprint and a seed give. The same on every machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lab.catalog.blueprint import MOST_HOSTS, Blueprint
from lab.catalog.model import Exercise
from lab.errors import UsageError
from lab.exam.chance import Chance
from lab.exam.choose import Wish, choose
from lab.exam.pool import Pool
from lab.exam.shares import apportion, around
from lab.exam.spread import spread

SEEDS = 1_000_000
"""A seed that nobody names is drawn below this, so that it can be typed."""


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """An exercise at its place in an exam. `weight` is its percent of the whole, `minutes` the target."""

    position: int
    exercise: str
    domain: str
    objective: str
    level: str
    minutes: int
    weight: int
    host: str


@dataclass(frozen=True, slots=True)
class Lack:
    """What the blueprint asks for and the plan has not.

    Attributes:
        what: `domain` or `level`.
        name: which one.
        asked: how many tasks it should have; of a level the number that is nearest to what there are.
        there: how many it has.
        because: `few`: there are no more exercises; `hosts`: more would touch the same on so few labs; `mix`: the
            exercises of that level are not where the domains need them.
    """

    what: str
    name: str
    asked: int
    there: int
    because: str


@dataclass(frozen=True, slots=True)
class Plan:
    """An exam as drawn.

    Attributes:
        digest: of the pool that it was drawn from.
        pool: how many exercises that had.
        left_out: exercises that the labs' engine cannot do.
        asked: how many tasks the blueprint wants.
        minutes: the time for all: the blueprint's, or as much less as there are fewer tasks.
        hosts: the names of the labs that its tasks are on.
    """

    blueprint: str
    seed: int
    digest: str
    pool: int
    left_out: tuple[str, ...]
    asked: int
    minutes: int
    pass_mark: int
    hosts: tuple[str, ...]
    tasks: tuple[PlannedTask, ...]
    lacks: tuple[Lack, ...]

    @property
    def name(self) -> str:
        """Blueprint and seed with the pool's digest, as `--seed` takes it to draw the same exam again."""
        return f"{self.seed}@{self.digest}"

    @property
    def task_minutes(self) -> int:
        """What a prepared candidate needs for all tasks."""
        return sum(task.minutes for task in self.tasks)

    def task(self, position: int) -> PlannedTask:
        """The task at a position, from 1."""
        return self.tasks[position - 1]


def draw(blueprint: Blueprint, pool: Pool, seed: int, hosts: int = 0) -> Plan:
    """Draw an exam.

    Args:
        hosts: the labs that there are; 0: as many as the blueprint says.

    Raises:
        UsageError: so many labs are not to be had (`exam.hosts`), or no exercise is in the pool (`exam.nothing`).
    """
    hosts = hosts or blueprint.hosts
    if not 1 <= hosts <= MOST_HOSTS:
        raise UsageError("exam.hosts", hosts=hosts, most=MOST_HOSTS)
    if not pool.exercises:
        raise UsageError("exam.nothing", blueprint=blueprint.id)
    chance = Chance(seed, blueprint.id)
    quotas = apportion(blueprint.domains, blueprint.tasks, chance, "domain")
    there = {name: sum(each.domain == name for each in pool.exercises) for name in quotas}
    wanted = {name: min(quota, there[name]) for name, quota in quotas.items()}
    wish = Wish(wanted, blueprint.levels, _scaled(blueprint, sum(wanted.values())), hosts)
    chosen = choose(pool.exercises, wish, pool.collide, chance)
    return Plan(
        blueprint=blueprint.id,
        seed=seed,
        digest=pool.digest,
        pool=len(pool.exercises),
        left_out=pool.left_out,
        asked=blueprint.tasks,
        minutes=_scaled(blueprint, len(chosen)),
        pass_mark=blueprint.pass_mark,
        hosts=_host_names(min(hosts, len(chosen)), chance),
        tasks=_tasks(chosen, hosts, pool, chance),
        lacks=(*_lacking_domains(quotas, there, chosen), *_lacking_levels(blueprint.levels, pool, chosen)),
    )


def shortages(blueprint: Blueprint, pool: Pool) -> tuple[Lack, ...]:
    """The domains that have fewer exercises than some draw of the blueprint asks for."""
    return tuple(
        Lack("domain", domain, most, there, "few")
        for domain, (_, most) in around(blueprint.domains, blueprint.tasks).items()
        if (there := sum(each.domain == domain for each in pool.exercises)) < most
    )


def read_seed(text: str) -> tuple[int, str]:
    """A seed as it is typed, `7` or `7@DIGEST`, and the digest; empty where none is named.

    Raises:
        ValueError: it is no seed.
    """
    number, _, digest = text.partition("@")
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise ValueError(text)
    return int(number), digest


def require_pool(plan: Plan, digest: str) -> None:
    """See that a plan was drawn from the pool that a seed was given with.

    Raises:
        UsageError: it was another (`exam.other_pool`).
    """
    if digest and digest != plan.digest:
        raise UsageError("exam.other_pool", seed=plan.seed, wanted=digest, there=plan.digest, blueprint=plan.blueprint)


def to_json(plan: Plan) -> dict[str, Any]:
    """The values of `exam plan --json`, a stable contract; a sitting is saved with them."""
    return {
        "blueprint": plan.blueprint,
        "seed": plan.seed,
        "digest": plan.digest,
        "pool": plan.pool,
        "left_out": list(plan.left_out),
        "asked": plan.asked,
        "minutes": plan.minutes,
        "pass": plan.pass_mark,
        "hosts": list(plan.hosts),
        "tasks": [asdict(task) for task in plan.tasks],
        "lacks": [asdict(lack) for lack in plan.lacks],
    }


def from_json(values: Mapping[str, Any]) -> Plan:
    """The plan that `to_json` told."""
    return Plan(
        blueprint=values["blueprint"],
        seed=values["seed"],
        digest=values["digest"],
        pool=values["pool"],
        left_out=tuple(values["left_out"]),
        asked=values["asked"],
        minutes=values["minutes"],
        pass_mark=values["pass"],
        hosts=tuple(values["hosts"]),
        tasks=tuple(PlannedTask(**task) for task in values["tasks"]),
        lacks=tuple(Lack(**lack) for lack in values["lacks"]),
    )


def _scaled(blueprint: Blueprint, tasks: int) -> int:
    """The minutes for so many tasks at the blueprint's pace."""
    return -(-blueprint.minutes * min(tasks, blueprint.tasks) // blueprint.tasks)


def _tasks(chosen: Sequence[Exercise], hosts: int, pool: Pool, chance: Chance) -> tuple[PlannedTask, ...]:
    """The exercises in the exam's order, each with its weight and its host."""
    by_id = {each.id: each for each in chosen}
    ordered = [by_id[name] for name in chance.order("position", by_id)]
    # A task that takes longer weighs more, as in the real exam.
    weights = apportion({each.id: each.minutes for each in ordered}, 100, chance, "weight")
    labs = spread([each.id for each in ordered], hosts, pool.collide) or {}
    names = _host_names(hosts, chance)
    return tuple(
        PlannedTask(
            position=position,
            exercise=each.id,
            domain=each.domain,
            objective=each.objective,
            level=each.level,
            minutes=each.minutes,
            weight=weights[each.id],
            host=names[labs[each.id]],
        )
        for position, each in enumerate(ordered, start=1)
    )


def _host_names(hosts: int, chance: Chance) -> tuple[str, ...]:
    """Names that say nothing, as the real exam's: a learner reads on each task where it is to be done."""
    names: list[str] = []
    at = 0
    while len(names) < hosts:
        name = f"cks{1000 + chance.number(f'host {at}', 9000)}"
        names += [] if name in names else [name]
        at += 1
    return tuple(names)


def _lacking_domains(quotas: Mapping[str, int], there: Mapping[str, int], chosen: Iterable[Exercise]) -> Iterable[Lack]:
    drawn = [each.domain for each in chosen]
    for domain, quota in quotas.items():
        if (count := drawn.count(domain)) < quota:
            yield Lack("domain", domain, quota, count, "few" if there[domain] < quota else "hosts")


def _lacking_levels(levels: Mapping[str, int], pool: Pool, chosen: Sequence[Exercise]) -> Iterable[Lack]:
    drawn: list[str] = [each.level for each in chosen]
    for level, (least, _) in around(levels, len(chosen)).items():
        if (count := drawn.count(level)) < least:
            known = sum(each.level == level for each in pool.exercises)
            yield Lack("level", level, least, count, "few" if known < least else "mix")
