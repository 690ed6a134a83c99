"""A whole exam sat by recorded answers: its report tells exactly what was done, by the exercises' predictions."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checkers.api import Verdict
from lab.catalog import blueprint
from lab.catalog.load import load
from lab.catalog.model import Answer, Catalog, Exercise, Localized
from lab.demo import DemoSession
from lab.exam.events import Kind
from lab.exam.plan import Plan, PlannedTask, draw
from lab.exam.pool import pool_of
from lab.exam.report import Loss, Report, report_of
from lab.exam.verdicts import agreed, to_detail
from lab.grading.grade import Grade
from tests.unit.support.clocks import BEGAN
from tests.unit.support.sittings import Sat

SESSION = DemoSession(load())
CATALOG: Catalog = SESSION.catalog


def chapter(seed: int) -> Plan:
    chosen = blueprint.load([domain.id for domain in CATALOG.domains]).get("chapter")
    return draw(chosen, pool_of(chosen, CATALOG.exercises), seed)


def answer_to(task: PlannedTask) -> Answer | None:
    """One task in three was never opened, one is done right, and one wrong, by a mistake that is told."""
    exercise = CATALOG.exercise(task.exercise)
    if task.position % 3 < 2:
        return exercise.answers[0] if task.position % 3 else None
    return next(each for each in exercise.answers if each.mistake and grade_of(exercise, each).known_mistake is each)


def grade_of(exercise: Exercise, answer: Answer | None) -> Grade:
    SESSION.choose(exercise, answer)
    return SESSION.grade(exercise)


def sat(plan: Plan) -> Report:
    """The report of an exam in which each task that was opened had the time that it needs."""
    sitting = Sat(plan)
    for task in plan.tasks:
        if answer_to(task):
            sitting.then(0, Kind.OPENED, task.position)
            for _ in range(task.minutes):
                sitting.then(60, Kind.KEY)
            sitting.then(0, Kind.LEFT, task.position)
    sitting.then(0, Kind.HANDED_IN)
    for task in plan.tasks:
        exercise = CATALOG.exercise(task.exercise)
        grades = [grade_of(exercise, answer_to(task)) for _ in range(2)]
        sitting.then(1, Kind.GRADED, task.position, **to_detail(agreed(grades)))
    return report_of(sitting.sitting(), CATALOG, title=Localized("This chapter", "本章"), now=BEGAN)


def predicted(task: PlannedTask) -> Fraction:
    """The points that an exercise predicts for the answer."""
    exercise, answer = CATALOG.exercise(task.exercise), answer_to(task)
    if answer is None:
        return Fraction(0)
    verdicts = {each.id: answer.verdicts[each.id] for each in exercise.criteria}
    if any(each.is_gate and verdicts[each.id] is Verdict.FAIL for each in exercise.criteria):
        return Fraction(0)
    earned = sum(each.points for each in exercise.criteria if verdicts[each.id] is Verdict.PASS)
    return Fraction(task.weight * earned, exercise.points)


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_report_is_what_the_exercises_predict(seed: int) -> None:
    plan = chapter(seed)
    report = sat(plan)
    assert [task.points.earned for task in report.tasks] == [predicted(task) for task in plan.tasks]
    assert report.pace == 1
    for line, task in zip(report.tasks, plan.tasks, strict=True):
        answer, losses = answer_to(task), {each.loss for each in line.criteria if each.loss}
        if answer is None:
            assert losses == {Loss.UNREACHED}
        else:
            assert line.mistake == (answer.mistake.words if answer.mistake else None)
            assert losses <= ({Loss.MISTAKE, Loss.PLACE} if answer.mistake else set())
