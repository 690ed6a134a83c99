"""Making an exam ready: how many labs, what is set on them, and that nothing of it earns a point untouched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from checkers.api import Verdict
from lab.catalog.model import Exercise, Scenario
from lab.cluster.engine import Capability, State
from lab.errors import LabError, UsageError
from lab.exam.prepare import LAB_BYTES, Prepared, Wish, labs_of, prepare
from lab.practice.session import Session
from lab.progress import Progress, ignore
from tests.unit.support.engines import HandMadeEngine
from tests.unit.support.exam_labs import ExamLab, session
from tests.unit.support.exams import blueprint, candidate
from tests.unit.support.exercises import criterion

pytestmark = pytest.mark.usefixtures("english")


def task(name: str, verdict: Verdict = Verdict.FAIL, *touches: str, level: str = "easy") -> Exercise:
    """An exercise that is judged so, whatever is done."""
    made = candidate(name, *touches, level=level)
    return replace(made, criteria=(criterion("one", verdict, points=4),), scenario=Scenario())


def several(count: int = 8, **others: Exercise) -> list[Exercise]:
    made = {f"ex-{n}": task(f"ex-{n}", level="medium" if n % 2 else "easy") for n in range(count)}
    return list({**made, **{each.id: each for each in others.values()}}.values())


def prepared(exercises: Sequence[Exercise], labs: Sequence[ExamLab], seed: int = 7) -> Prepared:
    sessions = [session(lab, exercises) for lab in labs]
    return prepare(Wish(blueprint(), seed), sessions, ignore)


def labs(count: int = 2) -> list[ExamLab]:
    return [ExamLab(lab="cks" if n == 1 else f"cks-{n}") for n in range(1, count + 1)]


# How many labs


def opener(**states: State) -> Callable[[str], Session]:
    def open_session(name: str) -> Session:
        return session(ExamLab(lab=name, state=states.get(name.replace("-", "_"), State.ABSENT)), [])

    return open_session


def test_an_exam_is_spread_over_as_many_labs_as_are_wanted() -> None:
    open_session = opener()
    found = labs_of("cks", 3, open_session, 3 * LAB_BYTES)
    assert [each.engine.lab for each in found] == ["cks", "cks-2", "cks-3"]


def test_where_memory_is_short_there_are_fewer() -> None:
    open_session = opener()
    assert len(labs_of("cks", 3, open_session, 2 * LAB_BYTES)) == 2


def test_a_lab_that_runs_takes_no_more_memory() -> None:
    open_session = opener(cks=State.READY, cks_2=State.READY)
    assert len(labs_of("cks", 2, open_session, 0)) == 2


def test_the_learners_lab_is_there_however_little_memory_there_is() -> None:
    open_session = opener()
    assert len(labs_of("cks", 2, open_session, 0)) == 1


def test_an_engine_whose_labs_cannot_be_connected_has_one_host() -> None:
    found = labs_of("cks", 2, lambda name: session(HandMadeEngine(lab=name), []), 9 * LAB_BYTES)
    assert len(found) == 1


# What is prepared


def test_every_lab_is_brought_up_opened_and_connected() -> None:
    both = labs()
    ready = prepared(several(), both)
    assert [lab.up_again for lab in both] == [1, 1]
    assert all(lab.did("access reopen") for lab in both)
    assert both[0].joined == ["cks-2"]
    assert [host.engine.lab for host in ready.hosts] == ["cks", "cks-2"]
    assert ready.plan.hosts == tuple(host.name for host in ready.hosts)
    assert ready.replaced == ()


def test_it_is_the_exam_that_the_seed_gives() -> None:
    assert prepared(several(), labs()).plan == prepared(several(), labs()).plan


def test_what_the_engine_cannot_do_is_not_drawn() -> None:
    needs = replace(task("needs-apparmor"), requires=(Capability.APPARMOR,))
    lab = ExamLab(lab="cks", lacking={Capability.APPARMOR: "no"})
    assert prepared([*several(), needs], [lab]).plan.left_out == ("needs-apparmor",)


def test_an_exam_of_what_was_lost_has_only_that_and_as_much_less_time() -> None:
    wish = Wish(blueprint(), 7, only=frozenset({"ex-2", "ex-5"}))
    plan = prepare(wish, [session(lab, several()) for lab in labs()], ignore).plan
    assert {task.exercise for task in plan.tasks} == {"ex-2", "ex-5"}
    assert plan.minutes == blueprint().minutes // 2
    assert sum(task.weight for task in plan.tasks) == 100


def test_a_seed_of_another_pool_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        prepare(Wish(blueprint(), 7, "another-pool"), [session(labs()[0], several())], ignore)
    assert caught.value.key == "exam.other_pool"


def test_progress_says_on_which_lab() -> None:
    heard: list[Progress] = []
    prepare(Wish(blueprint(), 7), [session(lab, several()) for lab in labs()], heard.append)
    assert {news.lab for news in heard} == {"cks", "cks-2"}


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.BROKEN, Verdict.UNSEEN])
def test_what_earns_points_untouched_or_cannot_be_judged_is_replaced_and_told(verdict: Verdict) -> None:
    healthy = several()
    drawn = prepared(healthy, labs()).plan.tasks[0]
    ill = [task(each.id, verdict, level=each.level) if each.id == drawn.exercise else each for each in healthy]
    ready = prepared(ill, labs())
    (replaced,) = ready.replaced
    assert (replaced.position, replaced.drawn) == (drawn.position, drawn.exercise)
    assert replaced.reason
    instead = ready.plan.task(drawn.position)
    assert instead.exercise not in {each.exercise for each in prepared(healthy, labs()).plan.tasks}
    assert (instead.host, instead.weight) == (drawn.host, drawn.weight)
    assert len({each.exercise for each in ready.plan.tasks}) == len(ready.plan.tasks)


def test_an_exam_without_a_replacement_does_not_begin() -> None:
    with pytest.raises(LabError) as caught:
        prepared([task(f"ex-{n}", Verdict.PASS, level="medium" if n % 2 else "easy") for n in range(4)], labs())
    assert caught.value.key == "exam.no_replacement"
