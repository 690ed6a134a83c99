"""Proofs as JSON for programs, and as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checkers.api import Verdict
from lab import i18n
from lab.authoring.plan import LeftOut
from lab.authoring.prove import Proof
from lab.authoring.workbench import Impossible
from lab.text import GLYPHS, cells, pad

INDENT = "  "
_TIMES = ("grade", "all")


def to_json(
    proofs: Sequence[Proof], impossible: Sequence[Impossible], left_out: Sequence[LeftOut] = ()
) -> dict[str, Any]:
    """The values of `prove --json`."""
    return {
        "holds": exit_code(proofs, left_out) == 0,
        "proofs": [_proof(proof) for proof in proofs],
        "impossible": [{"exercise": one.exercise.id, "reason": one.reason} for one in impossible],
        "left_out": [{"exercise": one.case.exercise.id, "answer": one.case.name} for one in left_out],
    }


def table(proofs: Sequence[Proof]) -> str:
    """The proofs of one exercise: an answer each line, the verdict of each criterion in a column of its own.

    Below an answer that is not as predicted stands what is otherwise.
    """
    exercise = proofs[0].case.exercise
    held = sum(proof.holds for proof in proofs)
    lines = [i18n.text("grading.proof.title", exercise=exercise.id, held=held, count=len(proofs))]
    lines += [f"{INDENT}{number} {criterion.id}" for number, criterion in enumerate(exercise.criteria, start=1)]
    numbers = [str(number) for number, _ in enumerate(exercise.criteria, start=1)]
    rows = [["", "", *numbers, *(i18n.text(f"grading.proof.{step}") for step in _TIMES)], *map(_row, proofs)]
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    for row, proof in zip(rows, (None, *proofs), strict=True):
        lines.append(INDENT + INDENT.join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip())
        problems = "\n".join(proof.problems).splitlines() if proof else ()
        lines += [f"{INDENT * 3}{line}" for line in problems]
    return "\n".join(lines)


def reason(impossible: Impossible) -> str:
    """Why an exercise could not be proved."""
    return i18n.text("grading.proof.impossible", exercise=impossible.exercise.id, reason=impossible.reason)


def left_out_in_words(left_out: Sequence[LeftOut]) -> str:
    """What a budget left no time for, exercise by exercise; empty where nothing was left out."""
    by_exercise: dict[str, list[str]] = {}
    for one in left_out:
        by_exercise.setdefault(one.case.exercise.id, []).append(one.case.name)
    if not by_exercise:
        return ""
    lines = [f"{INDENT}{exercise}: {', '.join(answers)}" for exercise, answers in by_exercise.items()]
    return "\n".join([i18n.text("grading.proof.left_out", count=len(left_out)), *lines])


def in_words(proofs: Sequence[Proof], left_out: Sequence[LeftOut] = (), *, failed: bool = False) -> str:
    """All of it in a sentence, and what was left out.

    Args:
        failed: only those were wanted that did not hold the last time.
    """
    if failed and not proofs and not left_out:
        return i18n.text("grading.proof.none_failed")
    return "\n".join(filter(None, [summary(proofs), left_out_in_words(left_out)]))


def kept(proofs: Sequence[Proof], lab: str) -> str:
    """How to look at the lab that an answer was left on; empty where each held, or none was run.

    Args:
        lab: the one that is there anyhow.
    """
    proof = next((proof for proof in proofs if proof.lab and not proof.holds), None)
    if proof is None:
        return ""
    hint = i18n.text("grading.proof.kept", lab=proof.lab, case=proof.id, exercise=proof.case.exercise.id)
    return hint if proof.lab == lab else "\n".join([hint, i18n.text("grading.proof.kept_new", lab=proof.lab)])


def summary(proofs: Sequence[Proof]) -> str:
    """All proofs in a sentence."""
    held = sum(proof.holds for proof in proofs)
    seconds = sum(proof.seconds.get("all", 0.0) for proof in proofs if proof.why)
    replayed = sum(proof.why is None for proof in proofs)
    facts = {"held": held, "count": len(proofs), "seconds": f"{seconds:.0f}"}
    if not replayed:
        return i18n.text("grading.proof.sum", **facts)
    return i18n.text("grading.proof.sum_replayed", replayed=replayed, run=len(proofs) - replayed, **facts)


def exit_code(proofs: Sequence[Proof], left_out: Sequence[LeftOut] = ()) -> int:
    """0 all as predicted; 1 an exercise does not keep its promises; 3 the lab was in the way, or no proof had time."""
    if left_out and not proofs:
        return 3
    if all(proof.holds for proof in proofs):
        return 0
    return 3 if any(proof.is_labs for proof in proofs) else 1


def _row(proof: Proof) -> list[str]:
    verdicts = [proof.verdicts.get(criterion.id) for criterion in proof.case.exercise.criteria]
    glyphs = [GLYPHS[verdict] if verdict else "-" for verdict in verdicts]
    times = [f"{proof.seconds[step]:.1f} s" if step in proof.seconds else "-" for step in _TIMES]
    if proof.why is None:
        times[-1] = i18n.text("grading.proof.remembered")
    return [GLYPHS[Verdict.PASS if proof.holds else Verdict.FAIL], proof.case.name, *glyphs, *times]


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "exercise": proof.case.exercise.id,
        "answer": proof.case.name,
        "holds": proof.holds,
        "remembered": proof.why is None,
        "seconds": {step: round(seconds, 3) for step, seconds in proof.seconds.items()},
        "verdicts": {name: verdict.value for name, verdict in proof.verdicts.items()},
        "problems": list(proof.problems),
        "why": proof.why or "",
        "lab": proof.lab,
    }
