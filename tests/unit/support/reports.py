"""Sittings that have a report: an exam of four tasks, each of two criteria and a gate."""

from __future__ import annotations

from typing import Any

from checkers.api import Verdict
from lab.catalog.model import Catalog, Domain, Exercise, Localized
from lab.exam.events import Kind
from lab.exam.report import Report, report_of
from lab.exam.sittings import Sitting
from lab.exam.verdicts import Judged, TaskGrade, to_detail
from tests.unit.support.clocks import BEGAN
from tests.unit.support.exercises import answer, criterion, exercise
from tests.unit.support.sittings import Sat

PASS, FAIL, UNSEEN, BROKEN = Verdict.PASS, Verdict.FAIL, Verdict.UNSEEN, Verdict.BROKEN
TARGET = 120
"""Seconds: each task's target."""
TITLE = Localized("A short exam", "短考试")


def made(name: str) -> Exercise:
    """Two criteria and a gate; one wrong answer that is called by its name, one that is in another namespace."""
    criteria = [criterion("runs", points=3), criterion("safe", points=2), criterion("intact", points=0)]
    answers = [
        answer("careless", {"runs": PASS, "safe": FAIL, "intact": PASS}, "It was careless.", {"safe": ["open"]}),
        answer("astray", {"runs": FAIL, "safe": PASS}, "It is elsewhere.", {"runs": ["pod-elsewhere"]}),
        answer("rough", {"runs": PASS, "safe": PASS, "intact": FAIL}, "It was rough.", {"intact": ["gone"]}),
    ]
    return exercise(criteria, answers, name=name)


CATALOG = Catalog(
    (
        Domain("first", Localized("First", "第一"), tuple(made(f"ex-{n}") for n in (1, 2, 3)), 60, {"about-1": TITLE}),
        Domain("second", Localized("Second", "第二"), (made("ex-4"),), 40),
        Domain("third", Localized("Third", "第三"), (), 10),
        Domain("extra", Localized("Extra", "附加"), ()),
    )
)


def graded(
    runs: Verdict = PASS, safe: Verdict = PASS, intact: Verdict = PASS, *, causes: tuple[str, ...] = (), **more: str
) -> dict[str, Any]:
    """The detail of a grade of `made`. `causes` are what the check of `runs` has found."""
    criteria = (Judged("runs", 3, runs, causes), Judged("safe", 2, safe), Judged("intact", 0, intact))
    return to_detail(TaskGrade(criteria, **more))


def sat(seconds: float = TARGET, *, others: Verdict = PASS, **of_first: Any) -> Sat:
    """The first task was worked on for so long, then it was handed in. Of the others everything has one verdict."""
    made = Sat().then(0, Kind.OPENED, 1)
    for _ in range(int(seconds // 10)):
        made.then(10, Kind.KEY)
    made.then(0, Kind.HANDED_IN)
    return judged(made, others=others, **of_first)


def judged(sat: Sat, *, others: Verdict = PASS, **of_first: Any) -> Sat:
    sat.then(5, Kind.GRADED, 1, **graded(**of_first))
    for task in (2, 3, 4):
        sat.then(5, Kind.GRADED, task, **graded(others, others))
    return sat


def report(sitting: Sat | Sitting, **more: Any) -> Report:
    sitting = sitting.sitting(3) if isinstance(sitting, Sat) else sitting
    return report_of(sitting, CATALOG, title=TITLE, now=BEGAN, **more)
