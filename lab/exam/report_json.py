"""A report as JSON for programs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from lab.exam.report import CriterionLine, Earlier, LostPoints, Part, Report, Sum, TaskLine
from lab.practice import suggestion


def to_json(report: Report) -> dict[str, Any]:
    """The values of `exam report --json`, a stable contract. Points are percent of the exam."""
    state, plan = report.state, report.plan
    return {
        "sitting": report.number,
        "blueprint": plan.blueprint,
        "title": str(report.title),
        "seed": plan.seed,
        "digest": plan.digest,
        "started": report.started.isoformat(timespec="seconds"),
        "phase": state.phase.value,
        "percent": report.points.percent,
        "pass": plan.pass_mark,
        "passed": report.passed,
        **_sum(report.points),
        "minutes": plan.minutes,
        "seconds": round(state.used),
        "idle": round(report.idle),
        "pace": None if report.pace is None else round(report.pace, 2),
        "handed_in": state.handed_in,
        "given_back": round(state.given_back),
        "credits": [{"seconds": round(seconds), "reason": reason} for seconds, reason in report.credits],
        "covers": {"domains": report.covered, "of": report.curriculum},
        "lost": [_lost(each) for each in report.losses],
        "domains": [_part(each) for each in report.domains],
        "objectives": [_part(each) for each in report.objectives],
        "tasks": [_task(each) for each in report.tasks],
        "earlier": [_earlier(each) for each in report.earlier],
        "next": [suggestion.to_json(each, report.now) for each in report.suggestions],
    }


def _number(points: Fraction) -> float:
    return round(float(points), 2)


def _sum(points: Sum) -> dict[str, float]:
    return {"whole": _number(points.whole), "judged": _number(points.judged), "earned": _number(points.earned)}


def _lost(lost: LostPoints) -> dict[str, Any]:
    return {"where": lost.loss.value, "points": _number(lost.points), "tasks": list(lost.tasks)}


def _part(part: Part) -> dict[str, Any]:
    return {
        "id": part.id,
        "title": str(part.title),
        "tasks": [task.planned.position for task in part.tasks],
        **_sum(part.points),
        "seconds": round(part.seconds),
        "target": part.target,
    }


def _task(task: TaskLine) -> dict[str, Any]:
    planned, grade = task.planned, task.state.grade
    return {
        "position": planned.position,
        "exercise": planned.exercise,
        "title": str(task.title),
        "host": planned.host,
        "domain": planned.domain,
        "objective": planned.objective,
        "level": planned.level,
        **_sum(task.points),
        "visits": task.state.visits,
        "flagged": task.state.flagged,
        "seconds": round(task.state.seconds),
        "target": task.target,
        "regraded": task.regraded,
        "elsewhere": task.elsewhere or None,
        "mistake": {"name": grade.mistake, "words": str(task.mistake)} if grade and task.mistake else None,
        "criteria": [_criterion(each) for each in task.criteria],
    }


def _criterion(line: CriterionLine) -> dict[str, Any]:
    return {
        "id": line.judged.id,
        "title": str(line.title),
        "points": _number(line.points),
        "verdict": line.judged.verdict.value,
        "gate": line.judged.is_gate,
        "lost": line.loss.value if line.loss else None,
    }


def _earlier(earlier: Earlier) -> dict[str, Any]:
    return {
        "sitting": earlier.number,
        "started": earlier.started.isoformat(timespec="seconds"),
        "seed": earlier.seed,
        "percent": earlier.percent,
        "passed": earlier.passed,
    }
