"""The draw of an exam: the same everywhere, in the blueprint's shares, and nothing that gets into another's way."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations

import pytest

from lab.catalog import blueprint as blueprints
from lab.catalog.blueprint import Blueprint
from lab.catalog.load import load
from lab.catalog.model import Exercise
from lab.catalog.touches import shared
from lab.cluster.engine import Capability
from lab.cluster.image import addon
from lab.errors import UsageError
from lab.exam.chance import Chance
from lab.exam.plan import Plan, draw, from_json, read_seed, require_pool, shortages, to_json
from lab.exam.pool import pool_of
from lab.exam.shares import apportion
from lab.exam.spread import conflicts, spread
from tests.unit.support.exams import blueprint, candidate, candidates

SEEDS = 1000
CKS = {"setup": 15, "hardening": 15, "system": 10, "micro": 20, "supply": 20, "runtime": 20}
WHOLE = blueprint(
    id="whole", minutes=120, tasks=16, domains=CKS, levels={"easy": 30, "medium": 45, "hard": 25}, hosts=2
)
POOL = candidates(60, domains=CKS)
CATALOG = load()
FIRST_FOUR = ["ex-32", "ex-19", "ex-10", "ex-26"]
ORDER = list("debacf")
REAL = blueprints.load([domain.id for domain in CATALOG.domains]).known


def drawn(wanted: Blueprint, exercises: Sequence[Exercise], seed: int = 7, hosts: int = 0) -> Plan:
    return draw(wanted, pool_of(wanted, exercises), seed, hosts)


def ids(plan: Plan) -> list[str]:
    return [task.exercise for task in plan.tasks]


@contextmanager
def refused(key: str) -> Iterator[None]:
    with pytest.raises(UsageError) as raised:
        yield
    assert raised.value.key == key


def hold_the_rules(plan: Plan, wanted: Blueprint, exercises: Sequence[Exercise]) -> None:
    """Rule 1 of the design: shares, levels, conflicts."""
    by_id = {each.id: each for each in exercises}
    assert len(set(ids(plan))) == len(plan.tasks)
    assert [task.position for task in plan.tasks] == list(range(1, len(plan.tasks) + 1))
    assert sum(task.weight for task in plan.tasks) == 100
    lacking = {lack.name for lack in plan.lacks}
    domains, levels = (Counter(getattr(task, name) for task in plan.tasks) for name in ("domain", "level"))
    for domain, share in wanted.domains.items():
        assert domain in lacking or abs(domains[domain] - share * wanted.tasks / 100) < 1, (plan.seed, domain)
    if not lacking:
        for level, share in wanted.levels.items():
            assert abs(levels[level] - share * len(plan.tasks) / 100) < 1, (plan.seed, level)
    for one, other in combinations(plan.tasks, 2):
        together = one.host == other.host
        assert not (together and shared(by_id[one.exercise], by_id[other.exercise])), (plan.seed, one, other)
    assert {task.host for task in plan.tasks} == set(plan.hosts)


# Rule 1


def test_a_thousand_seeds_of_a_whole_curriculum_hold_the_rules_and_are_quick() -> None:
    pool = pool_of(WHOLE, POOL)
    seen: Counter[str] = Counter()
    slowest = 0.0
    for seed in range(SEEDS):
        began = time.process_time()
        plan = draw(WHOLE, pool, seed, 1 + seed % 4)
        slowest = max(slowest, time.process_time() - began)
        hold_the_rules(plan, WHOLE, POOL)
        assert plan.lacks == ()
        assert plan.task_minutes <= plan.minutes
        seen.update(ids(plan))
    print(f"the slowest of {SEEDS} plans took {slowest * 1000:.0f} ms")
    assert set(seen) == {each.id for each in POOL}, "every exercise is drawn by some seed"


@pytest.mark.parametrize("wanted", REAL, ids=lambda each: each.id)
def test_the_exercises_that_there_are_hold_the_rules_with_many_seeds(wanted: Blueprint) -> None:
    pool = pool_of(wanted, CATALOG.exercises)
    for seed in range(SEEDS // 5):
        hold_the_rules(draw(wanted, pool, seed, 1 + seed % 4), wanted, CATALOG.exercises)


def test_another_seed_draws_another_exam() -> None:
    assert len({tuple(ids(drawn(WHOLE, POOL, seed))) for seed in range(100)}) == 100


def test_a_plan_is_the_same_in_every_process_whatever_its_locale_and_the_order_of_files() -> None:
    program = (
        "import sys; from lab.cli import main; sys.exit(main(['exam', 'plan', 'chapter', '--seed', '7', '--json']))"
    )
    found = set()
    for variables in ({"PYTHONHASHSEED": "1", "LANG": "C"}, {"PYTHONHASHSEED": "2", "LANG": "zh_CN.UTF-8"}):
        process = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, env={**os.environ, **variables}
        )
        found.add(process.stdout)
    assert len(found) == 1
    assert ids(drawn(WHOLE, POOL)) == ids(drawn(WHOLE, POOL[::-1]))


def test_a_seed_draws_what_it_always_drew() -> None:
    """If this fails on purpose, make `lab.exam.pool.DRAW` one larger: old seeds mean other exams now."""
    assert ids(drawn(WHOLE, POOL))[:4] == FIRST_FOUR
    assert Chance(7, "short").order("task", "abcdef") == ORDER


def test_of_one_domain_each_objective_is_drawn_before_one_is_drawn_twice() -> None:
    exercises = [candidate(f"{objective}{n}", objective=objective) for objective in "abcd" for n in range(5)]
    plan = drawn(blueprint(levels={"easy": 100}), exercises)
    assert sorted(task.objective for task in plan.tasks) == list("abcd")


def test_what_takes_longer_weighs_more() -> None:
    exercises = [candidate("short", minutes=4), candidate("long", minutes=12)]
    plan = drawn(blueprint(tasks=2, levels={"easy": 100}), exercises)
    assert {task.exercise: task.weight for task in plan.tasks} == {"short": 25, "long": 75}


def test_all_tasks_together_take_no_longer_than_the_exam_where_that_can_be_had() -> None:
    exercises = [candidate(f"slow{n}", minutes=10) for n in range(6)] + [
        candidate(f"q{n}", minutes=5) for n in range(2)
    ]
    wanted = blueprint(levels={"easy": 100})
    assert all(drawn(wanted, exercises, seed).task_minutes <= 30 for seed in range(20))
    assert drawn(wanted, exercises[:6]).task_minutes == 40


# Hosts


def test_with_one_lab_no_two_tasks_touch_the_same() -> None:
    exercises = [candidate(f"api{n}", "api-server") for n in range(6)] + [candidate(f"free{n}") for n in range(3)]
    wanted = blueprint(levels={"easy": 100})
    for seed in range(20):
        plan = drawn(wanted, exercises, seed, hosts=1)
        assert Counter(name[:3] for name in ids(plan)) == {"api": 1, "fre": 3}


def test_two_that_touch_the_same_are_on_two_hosts() -> None:
    exercises = [candidate(f"api{n}", "api-server") for n in range(2)]
    plan = drawn(blueprint(tasks=2, levels={"easy": 100}), exercises, hosts=2)
    assert len({task.host for task in plan.tasks}) == 2


def test_where_fewer_go_together_on_so_few_labs_the_plan_says_so() -> None:
    exercises = [candidate(f"api{n}", "api-server") for n in range(6)]
    plan = drawn(blueprint(levels={"easy": 100}), exercises, hosts=3)
    assert len(plan.tasks) == 3
    (lack,) = plan.lacks
    assert (lack.what, lack.name, lack.asked, lack.there, lack.because) == ("domain", "first", 4, 3, "hosts")


def test_tasks_are_spread_equally() -> None:
    plan = drawn(WHOLE, candidates(60, domains=CKS, rivals=0), hosts=4)
    assert sorted(Counter(task.host for task in plan.tasks).values()) == [4, 4, 4, 4]


def test_a_spread_is_found_if_there_is_one() -> None:
    exercises = [candidate("a", "api-server", "kernel"), candidate("b", "api-server"), candidate("c", "kernel")]
    names = ["b", "c", "a"]
    found = spread(names, 2, conflicts(exercises))
    assert found is not None
    assert found["b"] == found["c"] != found["a"]
    assert spread(names, 1, conflicts(exercises)) is None


@pytest.mark.parametrize("hosts", [-1, 5])
def test_more_labs_than_an_exam_may_take_are_refused(hosts: int) -> None:
    with refused("exam.hosts"):
        drawn(blueprint(), [candidate("a")], hosts=hosts)


# What the pool cannot give


def test_fewer_tasks_than_asked_are_told_and_the_time_is_as_much_shorter() -> None:
    plan = drawn(blueprint(levels={"easy": 100}), [candidate("a"), candidate("b")])
    assert (len(plan.tasks), plan.asked, plan.minutes) == (2, 4, 15)
    assert [(lack.name, lack.asked, lack.there, lack.because) for lack in plan.lacks] == [("first", 4, 2, "few")]


def test_a_level_that_has_too_few_is_told_and_its_place_is_taken_by_another() -> None:
    plan = drawn(blueprint(), [candidate(f"e{n}") for n in range(9)])
    assert len(plan.tasks) == 4
    assert [(lack.what, lack.name, lack.asked, lack.there) for lack in plan.lacks] == [("level", "medium", 2, 0)]


def test_a_domain_without_exercises_is_told() -> None:
    wanted = blueprint(domains={"first": 50, "second": 50}, levels={"easy": 100})
    plan = drawn(wanted, [candidate(f"e{n}") for n in range(9)])
    assert len(plan.tasks) == 2
    assert [(lack.name, lack.there) for lack in plan.lacks] == [("second", 0)]
    assert [lack.name for lack in shortages(wanted, pool_of(wanted, [candidate("a"), candidate("b")]))] == ["second"]


def test_an_exam_without_any_exercise_is_refused() -> None:
    with refused("exam.nothing"):
        drawn(blueprint(), [candidate("a", domain="other"), candidate("b", draft=True)])


def test_what_the_engine_cannot_do_is_left_out_and_named() -> None:
    exercises = [candidate("a"), candidate("b", requires=(Capability.GVISOR,))]
    pool = pool_of(blueprint(), exercises, {Capability.GVISOR})
    plan = draw(blueprint(), pool, 7)
    assert (ids(plan), plan.left_out) == (["a"], ("b",))


def test_what_takes_longer_than_a_blueprint_allows_is_left_out() -> None:
    exercises = [candidate("a", minutes=6), candidate("b", minutes=7)]
    assert [each.id for each in pool_of(blueprint(longest=6), exercises).exercises] == ["a"]


# Seed and pool


def test_what_an_exam_may_hold_is_ready_in_minutes_on_any_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    gatekeeper = addon.find("gatekeeper")
    known = {"mesh": replace(gatekeeper, seconds=3600), "gatekeeper": gatekeeper}
    monkeypatch.setattr(addon, "find", known.__getitem__)
    exercises = [candidate("a", addons=("mesh",)), candidate("b", addons=("gatekeeper",)), candidate("c")]
    assert [each.id for each in pool_of(blueprint(), exercises).exercises] == ["b", "c"]


@pytest.mark.parametrize(("text", "seed"), [("7", (7, "")), ("7@abc", (7, "abc")), ("007", (7, ""))])
def test_a_seed_may_name_its_pool(text: str, seed: tuple[int, str]) -> None:
    assert read_seed(text) == seed


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "٧", "1234567890", "@abc"])
def test_what_is_no_seed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        read_seed(text)


def test_a_seed_of_another_pool_is_refused() -> None:
    plan = drawn(blueprint(), [candidate(f"e{n}") for n in range(9)])
    require_pool(plan, "")
    require_pool(plan, plan.digest)
    with refused("exam.other_pool"):
        require_pool(plan, "000000000000")


def test_the_digest_changes_with_what_a_draw_depends_on_and_with_nothing_else() -> None:
    exercises = [candidate(f"e{n}") for n in range(3)]
    digest = pool_of(blueprint(), exercises).digest
    assert pool_of(blueprint(), exercises[::-1]).digest == digest
    assert pool_of(blueprint(), [*exercises, candidate("x", domain="other")]).digest == digest
    assert pool_of(blueprint(pass_mark=50), exercises).digest == digest
    assert pool_of(blueprint(), [*exercises, candidate("x")]).digest != digest
    assert pool_of(blueprint(), [*exercises[:2], candidate("e2", "kernel")]).digest != digest
    assert pool_of(blueprint(tasks=5), exercises).digest != digest


def test_a_plan_that_was_saved_is_the_same() -> None:
    plan = drawn(WHOLE, POOL)
    assert from_json(json.loads(json.dumps(to_json(plan)))) == plan


# Shares


@pytest.mark.parametrize("total", range(1, 21))
def test_parts_are_within_one_of_their_share_and_add_up(total: int) -> None:
    parts = apportion(CKS, total, Chance(total), "domain")
    assert sum(parts.values()) == total
    assert all(abs(parts[name] - share * total / 100) < 1 for name, share in CKS.items())
