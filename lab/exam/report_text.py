"""A report as lines of text: for a terminal, and for the app, which gives them its own colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from checkers.api import Verdict
from lab import i18n
from lab.catalog.model import Exercise
from lab.exam.report import CriterionLine, Earlier, Part, Report, TaskLine
from lab.practice.suggestion import Suggestion, why
from lab.progress import duration
from lab.text import GLYPHS, cells, pad, wrap

SHOWN = 8
"""How many exercises are suggested; `--json` tells all."""
_INDENT = "  "


class Tone(StrEnum):
    """How a line is said."""

    TITLE = "title"
    HEADING = "heading"
    PLAIN = "plain"
    MUTED = "muted"
    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"


_ESCAPES = {
    Tone.TITLE: "1",
    Tone.HEADING: "1",
    Tone.MUTED: "2",
    Tone.GOOD: "32",
    Tone.BAD: "31",
    Tone.DOUBT: "33",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line that fits."""

    text: str
    tone: Tone = Tone.PLAIN


def to_text(report: Report, *, colour: bool, width: int) -> str:
    """The report for a terminal."""
    return "\n".join(_coloured(line) if colour else line.text for line in lines(report, width))


def lines(report: Report, width: int) -> Iterator[Line]:
    """The report, in lines of at most so many cells."""
    yield from _wrapped(heading(report), width, Tone.TITLE)
    yield from _wrapped(verdict(report), width, Tone.GOOD if report.passed else Tone.BAD)
    for sentence in sentences(report):
        yield from _wrapped(sentence, width)
    parts: tuple[tuple[str, Iterable[Line]], ...] = (
        ("lost", _lost(report, width)),
        ("domains", _parts(report.domains, width)),
        ("objectives", _parts(report.objectives, width)),
        ("tasks", (line for task in report.tasks for line in _task(task, width))),
        ("earlier", _table([_earlier(each) for each in report.earlier], width, "<<<>")),
        ("next", _next(report, width)),
    )
    for name, part in parts:
        if shown := [*part]:
            yield Line("")
            yield Line(i18n.text(f"report.{name}"), Tone.HEADING)
            yield from shown


# What all renderings say alike


def heading(report: Report) -> str:
    """Which exam it is, and which sitting."""
    return f"{report.title} · {which(report)}"


def which(report: Report) -> str:
    """Which sitting it is."""
    return i18n.text("report.which", number=report.number, date=date(report.started), seed=report.plan.name)


def verdict(report: Report) -> str:
    """The total against the pass mark."""
    share = report.points.percent
    if share is None:
        return i18n.text("report.unjudged")
    key = "report.passed" if report.passed else "report.failed"
    return i18n.text(key, percent=share, pass_mark=report.plan.pass_mark)


def sentences(report: Report) -> Iterator[str]:
    """What there is to know of the whole."""
    points, state = report.points, report.state
    if points.judged:
        yield i18n.text("report.points", earned=number(points.earned), judged=number(points.judged))
    if points.unjudged:
        yield i18n.text("report.left_out", points=number(points.unjudged))
    key = "report.handed_in" if state.handed_in else "report.over" if state.left == 0 else "report.closed"
    yield i18n.text(key, used=duration(state.used), minutes=report.plan.minutes)
    if state.given_back >= 1:
        yield i18n.text("report.given_back", time=duration(state.given_back))
    for seconds, reason in report.credits:
        yield i18n.text("report.credited", time=duration(seconds), reason=reason)
    if report.pace is not None:
        yield i18n.text("report.pace", pace=f"{report.pace:.1f}")
    if report.idle >= 60:
        yield i18n.text("report.idle", time=duration(report.idle))
    if report.covered < report.curriculum:
        yield i18n.text("report.covers", covered=report.covered, curriculum=report.curriculum)


def date(when: datetime) -> str:
    """A moment by the learner's calendar."""
    return f"{when.astimezone():%Y-%m-%d %H:%M}"


def percent(share: int | None) -> str:
    """A share; a dash where there is none."""
    return "-" if share is None else f"{share} %"


def number(points: Fraction) -> str:
    """Points with one digit behind the point, where there is one."""
    return f"{float(points):.1f}".removesuffix(".0")


def of(points: Fraction, whole: Fraction) -> str:
    """So much of so much."""
    return i18n.text("report.of", earned=number(points), whole=number(whole))


def times(seconds: float, target: int) -> str:
    """A time beside its target, which is in whole minutes."""
    return i18n.text("report.time", time=duration(seconds), target=target // 60)


def positions(tasks: Sequence[int]) -> str:
    """The tasks of these positions."""
    return i18n.text("report.of_tasks", tasks=", ".join(map(str, tasks)))


def tone(task: TaskLine) -> Tone:
    """How a task went."""
    if task.points.lost:
        return Tone.BAD
    return Tone.DOUBT if task.points.unjudged else Tone.GOOD


def remarks(task: TaskLine) -> Iterator[str]:
    """What else is known of a task."""
    if task.mistake:
        yield f"{i18n.text('grading.mistake')}{task.mistake}"
    if task.elsewhere:
        yield i18n.text("report.elsewhere", host=task.elsewhere, wanted=task.planned.host)
    if not task.criteria:
        yield i18n.text("report.not_judged")
    if task.regraded:
        yield i18n.text("report.regraded")


def loss_word(line: CriterionLine) -> str:
    """Where a criterion's points went, in a word or two; empty where they were earned."""
    return i18n.text(f"report.loss.{line.loss}.short") if line.loss else ""


def minutes(exercise: Exercise) -> str:
    """What a prepared learner needs for an exercise."""
    return i18n.text("report.minutes", minutes=exercise.minutes)


def reason(suggestion: Suggestion, report: Report) -> str:
    """Why an exercise is suggested."""
    return why(suggestion, report.now) or i18n.text("cli.next.new")


def again(report: Report) -> str:
    """How to sit it again, what was lost in it, and another one like it."""
    plan = report.plan
    return i18n.text("report.again", blueprint=plan.blueprint, seed=plan.name, number=report.number)


# The parts


def _lost(report: Report, width: int) -> Iterator[Line]:
    rows = [
        (number(lost.points), i18n.text(f"report.loss.{lost.loss}.long") + positions(lost.tasks))
        for lost in report.losses
    ]
    return _table(rows, width, "><")


def _parts(parts: Iterable[Part], width: int) -> Iterator[Line]:
    rows = [
        (percent(part.points.percent), of(part.points.earned, part.points.judged), times(part.seconds, part.target))
        for part in parts
    ]
    titles = [str(part.title) for part in parts]
    return _table([(*row, title) for row, title in zip(rows, titles, strict=True)], width, ">><<")


def _task(task: TaskLine, width: int) -> Iterator[Line]:
    planned = task.planned
    facts = [of(task.points.earned, task.points.whole), times(task.state.seconds, task.target), planned.host]
    facts += [i18n.text("report.loss.unreached.short")] if task.is_unreached else []
    flag = " ⚑" if task.state.flagged else ""
    yield from _hanging(f"{planned.position:3}{flag}  ", f"{task.title}  ({planned.exercise})", width, tone(task))
    indent = " " * 5
    yield from _hanging(indent, " · ".join(facts), width, Tone.MUTED)
    for line in () if task.is_unreached else task.criteria:
        points = i18n.text("grading.gate") if line.judged.is_gate else number(line.points)
        word = f"  [{loss_word(line)}]" if line.loss else ""
        yield from _hanging(f"{indent}{GLYPHS[line.judged.verdict]} ", f"{points}  {line.title}{word}", width)
    for remark in remarks(task):
        yield from _hanging(indent, remark, width)


def _earlier(earlier: Earlier) -> tuple[str, ...]:
    mark = "" if earlier.percent is None else GLYPHS[Verdict.PASS if earlier.passed else Verdict.FAIL]
    return (
        i18n.text("report.sitting", number=earlier.number),
        date(earlier.started),
        i18n.text("cli.exam.drawn", seed=earlier.seed),
        f"{mark} {percent(earlier.percent)}".strip(),
    )


def _next(report: Report, width: int) -> Iterator[Line]:
    for place, suggestion in enumerate(report.suggestions[:SHOWN], start=1):
        exercise = suggestion.exercise
        yield from _hanging(f"{place:3}  ", f"{exercise.title} · {minutes(exercise)}  ({exercise.id})", width)
        yield from _hanging(" " * 5, reason(suggestion, report), width, Tone.MUTED)
    yield from _wrapped(again(report), width)
    yield from _wrapped(i18n.text("report.as_page", number=report.number), width)


# Lines


def _wrapped(text: str, width: int, tone: Tone = Tone.PLAIN) -> Iterator[Line]:
    for line in wrap(text, width, _INDENT):
        yield Line(line, tone)


def _hanging(label: str, text: str, width: int, tone: Tone = Tone.PLAIN) -> Iterator[Line]:
    """A label, and text whose further lines begin where its first one does, while that leaves them room."""
    indent = " " * (cells(label) if cells(label) <= width // 2 else len(_INDENT) * 2)
    for line in wrap(label + text, width, indent):
        yield Line(line, tone)


def _table(rows: Sequence[Sequence[str]], width: int, sides: str) -> Iterator[Line]:
    """Rows in columns, each to its side: `<` left, `>` right. What the last one has no room for goes on below it."""
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        *columns, last = (
            pad(text, wide) if side == "<" else " " * (wide - cells(text)) + text
            for text, wide, side in zip(row, widths, sides, strict=True)
        )
        yield from _hanging(_INDENT + "".join(f"{column}  " for column in columns), last.rstrip(), width)


def _coloured(line: Line) -> str:
    escape = _ESCAPES.get(line.tone)
    return f"\x1b[{escape}m{line.text}\x1b[0m" if escape and line.text else line.text
