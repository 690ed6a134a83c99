"""The board in lines of text, for a terminal and for the app, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from checkers.api import Verdict
from lab import i18n
from lab.catalog.model import Catalog
from lab.progress import duration
from lab.text import GLYPHS, cells, cut, pad
from lab.workshop.board import Board, Cell, Mistake, Row, Stuck
from lab.workshop.class_file import Class
from lab.workshop.exam_state import ExamState, Phase, exercise_of
from lab.workshop.state import Condition

NAME_CELLS = 18
"""A longer name is cut: the rest of the row is why there is a board."""
MISTAKES = 8
"""How many of the commonest are shown."""
HERE, AWAY, HAND = "●", "○", "✋"


class Tone(StrEnum):
    """What a piece of a line is, so that each reader can colour it."""

    PLAIN = "plain"
    TITLE = "title"
    HEADING = "heading"
    MUTED = "muted"
    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Piece, ...]

_TONES = {Verdict.PASS: Tone.GOOD, Verdict.FAIL: Tone.BAD, Verdict.BROKEN: Tone.DOUBT, Verdict.UNSEEN: Tone.DOUBT}


def lines(board: Board, class_: Class, catalog: Catalog, width: int, *, names: bool = True) -> Iterator[Line]:
    """The board, in so many columns.

    Args:
        names: whether learners are named; else they are their seats.
    """
    here = sum(bool(row.door) for row in board.rows)
    facts = {"learners": len(board.rows), "here": here, "stuck": len(board.queue)}
    yield (Piece(class_.title, Tone.TITLE), Piece(f"  {i18n.text('workshop.board.facts', **facts)}", Tone.MUTED))
    yield ()
    yield from _table(board, catalog, names=names)
    yield ()
    for number, name in enumerate(board.columns, 1):
        title = f"{number}  {name} · {catalog.exercise(exercise_of(name)).title}"
        yield (Piece(cut(title, width), Tone.MUTED),)
    if board.queue:
        yield ()
        yield (Piece(i18n.text("workshop.board.queue"), Tone.HEADING),)
        for row in board.queue:
            yield (Piece(cut(f"  {who(row, names=names)}: {stuck_text(row.stuck, catalog)}", width), Tone.BAD),)
    if board.mistakes:
        yield ()
        yield (Piece(i18n.text("workshop.board.mistakes"), Tone.HEADING),)
        for mistake in board.mistakes[:MISTAKES]:
            yield (Piece(cut(f"  {mistake_text(mistake, len(board.rows), catalog)}", width)),)


def plain(line: Line) -> str:
    """A line without its tones."""
    return "".join(piece.text for piece in line).rstrip()


def stuck_text(stuck: Stuck | None, catalog: Catalog) -> str:
    """Why somebody needs help, in a sentence."""
    if stuck is None:
        return ""
    time = duration(stuck.seconds)
    if stuck.why == "hand":
        return i18n.text("workshop.board.hand", time=time, exercise=stuck.exercise or "-")
    titles = {criterion.id: str(criterion.title) for criterion in catalog.exercise(stuck.exercise).criteria}
    what = "; ".join(titles.get(name, name) for name in stuck.criteria)
    return i18n.text("workshop.board.same", time=time, exercise=stuck.exercise, what=what)


def mistake_text(mistake: Mistake, learners: int, catalog: Catalog) -> str:
    """How many have made a mistake, and which."""
    answers = {answer.name: answer for answer in catalog.exercise(mistake.exercise).answers}
    answer = answers.get(mistake.answer)
    words = str(answer.mistake) if answer and answer.mistake else mistake.answer
    counts = {"ever": mistake.ever, "now": mistake.now, "learners": learners}
    return i18n.text("workshop.board.mistake", **counts, exercise=mistake.exercise, words=words)


def _table(board: Board, catalog: Catalog, *, names: bool) -> Iterator[Line]:
    """A row a learner, a glyph a criterion."""
    widths = [_cell_width(catalog, name) for name in board.columns]
    widest = max((cells(who(row, names=names)) for row in board.rows), default=0)
    heads = [Piece(pad(str(number), width + 2), Tone.HEADING) for number, width in enumerate(widths, 1)]
    yield (Piece(" " * (widest + 5)), *heads)
    for row in board.rows:
        pieces = [Piece(pad(who(row, names=names), widest)), Piece("  "), presence(row), Piece("  ")]
        for name, width in zip(board.columns, widths, strict=True):
            pieces += cell_pieces(row.cells.get(name), width, is_at=name == row.exercise)
        pieces.append(place_piece(row))
        if row.exam is not None:
            pieces.append(exam_piece(row.exam, row.left))
        yield tuple(pieces)


def who(row: Row, *, names: bool) -> str:
    """A learner by their seat, with their name or without."""
    return f"{row.seat} {cut(row.name, NAME_CELLS)}" if names else row.seat


def place_piece(row: Row) -> Piece:
    """What is to be said of the seat that a learner is at: that it does not work, or that it is another one."""
    if row.condition in (Condition.LOST, Condition.STOPPED):
        words = i18n.text(f"workshop.state.{row.condition}")
        return Piece(f"{words}: {row.reason}" if row.reason else words, Tone.BAD)
    return Piece(f"→ {row.place}" if row.place != row.seat else "", Tone.MUTED)


def presence(row: Row) -> Piece:
    """Whether a learner is here, or in need of help."""
    if row.stuck is not None:
        return Piece("!", Tone.BAD)
    return Piece(HERE, Tone.GOOD) if row.door else Piece(AWAY, Tone.MUTED)


def exam_piece(exam: ExamState, left: float) -> Piece:
    """Where a learner stands with an exam: the time that is left, and at last what it came to."""
    if exam.phase is Phase.GRADED and exam.percent is not None:
        tone = Tone.GOOD if exam.passed else Tone.BAD
        return Piece(i18n.text("workshop.board.exam.percent", exam=exam.exam, percent=exam.percent), tone)
    text = i18n.text(f"workshop.board.exam.{exam.phase}", exam=exam.exam, time=duration(left))
    return Piece(text, Tone.HEADING if exam.phase is Phase.UNDER_WAY else Tone.MUTED)


def _cell_width(catalog: Catalog, exercise: str) -> int:
    """Glyphs, the points beside them, and a mark for the one that is worked on."""
    found = catalog.exercise(exercise_of(exercise))
    points = sum(criterion.points for criterion in found.criteria)
    return len(found.criteria) + len(f" {points}/{points}") + 1


def cell_pieces(cell: Cell | None, width: int, *, is_at: bool) -> Sequence[Piece]:
    """A glyph for each criterion, and the points.

    Args:
        cell: None: the learner does not have this exercise.
        width: of the glyphs and the points, in columns.
        is_at: the learner is at this exercise.
    """
    if cell is None:
        return (Piece(" " * (width + 2)),)
    at = Piece("›" if is_at else " ", Tone.HEADING)
    if cell.marks is None:
        word = AWAY if not cell.begun else "◐"
        return (at, Piece(pad(word, width + 1), Tone.MUTED))
    glyphs = [Piece(GLYPHS[mark.verdict], _TONES[mark.verdict]) for mark in cell.marks.criteria.values()]
    points = f" {cell.marks.score}/{cell.marks.max}"
    rest = width + 1 - len(glyphs)
    tone = Tone.GOOD if cell.passed else Tone.DOUBT if cell.solution_seen else Tone.PLAIN
    return (at, *glyphs, Piece(pad(points, rest), tone))


def to_json(board: Board, class_: Class, catalog: Catalog) -> dict[str, Any]:
    """The board for a program."""
    return {
        "class": class_.id,
        "title": class_.title,
        "exercises": [
            {"exercise": name, "criteria": [each.id for each in catalog.exercise(exercise_of(name)).criteria]}
            for name in board.columns
        ],
        "learners": [_row_to_json(row) for row in board.rows],
        "queue": [row.learner for row in board.queue],
        "mistakes": [
            {"exercise": each.exercise, "answer": each.answer, "now": each.now, "ever": each.ever}
            for each in board.mistakes
        ],
    }


def _row_to_json(row: Row) -> dict[str, Any]:
    return {
        "learner": row.learner,
        "name": row.name,
        "seat": row.seat,
        "place": row.place,
        "state": row.condition.value,
        "reason": row.reason,
        "door": row.door,
        "exercise": row.exercise,
        "points": row.points,
        "stuck": _stuck_to_json(row.stuck),
        "exam": _exam_to_json(row.exam, row.left),
        "cells": {name: _cell_to_json(cell) for name, cell in row.cells.items()},
    }


def _stuck_to_json(stuck: Stuck | None) -> dict[str, Any] | None:
    if stuck is None:
        return None
    return {"why": stuck.why, "seconds": round(stuck.seconds, 1), "criteria": list(stuck.criteria)}


def _exam_to_json(exam: ExamState | None, left: float) -> dict[str, Any] | None:
    if exam is None:
        return None
    facts = {"exam": exam.exam, "phase": exam.phase.value, "left": left}
    return {**facts, "percent": exam.percent, "passed": exam.passed}


def _cell_to_json(cell: Cell) -> dict[str, Any]:
    criteria = cell.marks.criteria.items() if cell.marks else ()
    return {
        "begun": cell.begun,
        "grades": cell.grades,
        "score": cell.marks.score if cell.marks else None,
        "max": cell.marks.max if cell.marks else None,
        "best": cell.best,
        "passed": cell.passed,
        "hints": cell.hints,
        "solution_seen": cell.solution_seen,
        "mistake": cell.marks.mistake if cell.marks else "",
        "criteria": {name: mark.verdict.value for name, mark in criteria},
    }
