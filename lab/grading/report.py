"""A grade as JSON for programs, and as text for a terminal."""

from __future__ import annotations

from typing import Any

from checkers.api import Verdict
from lab import i18n
from lab.grading.grade import Grade, Graded
from lab.text import GLYPHS, wrap

INDENT = "    "
_COLOURS = {Verdict.PASS: 32, Verdict.FAIL: 31, Verdict.BROKEN: 35, Verdict.UNSEEN: 33}


def to_json(grade: Grade) -> dict[str, Any]:
    """The values of `grade --json`, a stable contract."""
    return {
        "exercise": grade.exercise.id,
        "engine": grade.engine,
        "kubernetes": grade.kubernetes,
        "started": grade.started.isoformat(timespec="seconds"),
        "seconds": round(grade.seconds, 3),
        "score": grade.score,
        "max": grade.exercise.points,
        "criteria": [_criterion(graded) for graded in grade.criteria],
    }


def to_text(grade: Grade, *, colour: bool, width: int) -> str:
    """The whole grade: criterion by criterion, the score, and the mistake if it is a known one."""
    parts = [criterion_to_text(graded, colour=colour, width=width) for graded in grade.criteria]
    return "\n".join([*parts, "", summary(grade, width=width)])


def criterion_to_text(graded: Graded, *, colour: bool, width: int) -> str:
    """One criterion: its verdict, points and title; where it does not pass, what was expected, found, and why."""
    criterion, finding = graded.criterion, graded.finding
    word = f"{GLYPHS[finding.verdict]} {i18n.text(f'grading.verdict.{finding.verdict}')}"
    points = i18n.text("grading.gate") if criterion.is_gate else f"{graded.earned}/{criterion.points}"
    lines = wrap(f"{word}  {points}  {criterion.title}", width, INDENT)
    if colour:
        lines[0] = lines[0].replace(word, f"\x1b[{_COLOURS[finding.verdict]}m{word}\x1b[0m", 1)
    if finding.verdict is not Verdict.PASS:
        for label, text in (("expected", finding.expected), ("found", finding.found), ("why", finding.why)):
            if text is not None:
                lines += wrap(f"{INDENT}{i18n.text(f'grading.{label}')}{i18n.pick(text)}", width, INDENT * 2)
        if finding.link:
            lines.append(f"{INDENT}{finding.link}")  # never broken: terminals make it a link
    return "\n".join(lines)


def summary(grade: Grade, *, width: int) -> str:
    """The score, and the misconception behind it where the verdicts give it away."""
    seconds = f"{grade.seconds:.1f}"
    lines = wrap(
        i18n.text("grading.score", score=grade.score, max=grade.exercise.points, seconds=seconds), width, INDENT
    )
    if grade.failed_gates:
        titles = "; ".join(str(graded.criterion.title) for graded in grade.failed_gates)
        lines += wrap(i18n.text("grading.gates", titles=titles, earned=grade.earned), width, INDENT)
    unjudged = sum(verdict not in (Verdict.PASS, Verdict.FAIL) for verdict in grade.verdicts.values())
    if unjudged:
        lines += wrap(i18n.text("grading.unjudged", count=unjudged), width, INDENT)
    known = grade.known_mistake
    if known is not None:
        lines += wrap(f"{i18n.text('grading.mistake')}{known.mistake}", width, INDENT)
    return "\n".join(lines)


def exit_code(grade: Grade) -> int:
    """0 all pass; 3 something could not be judged, which is the lab's; else 1."""
    return {Verdict.PASS: 0, Verdict.FAIL: 1}.get(grade.verdict, 3)


def _criterion(graded: Graded) -> dict[str, Any]:
    finding = graded.finding
    return {
        "id": graded.criterion.id,
        "points": graded.criterion.points,
        "earned": graded.earned,
        "verdict": finding.verdict.value,
        "expected": i18n.pick(finding.expected),
        "found": i18n.pick(finding.found),
        "why": i18n.pick(finding.why) if finding.why else "",
    }
