"""What is known of answers without running them: the recordings of their last proofs, graded by today's checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lab.authoring.basis import basis
from lab.authoring.memory import Memory
from lab.authoring.plan import ToRun
from lab.authoring.prove import Case, Proof, Why, differences, replayed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be proved, and how.

    Attributes:
        answer: only the answer of this name; empty for all.
        record: save the recordings beside the exercise, for the tests and the demo.
        force: run every answer, whatever is known of it.
        failed: run those that did not hold the last time, and no others.
        keep: stop at the first answer that does not hold, and leave the lab as it is then.
    """

    answer: str = ""
    record: bool = False
    force: bool = False
    failed: bool = False
    keep: bool = False


def recall(cases: Iterable[Case], memory: Memory, machines: str, wanted: Wanted) -> tuple[list[Proof], list[ToRun]]:
    """The proofs that need no lab, and the answers that must be run."""
    proofs: list[Proof] = []
    to_run: list[ToRun] = []
    for case in cases:
        found = _known(case, memory, machines)
        if wanted.failed and not _has_failed(case, memory, found):
            continue
        if wanted.force:
            to_run.append(ToRun(case, Why.FORCED))
        elif isinstance(found, Why):
            to_run.append(ToRun(case, found))
        elif not found.holds and (wanted.failed or wanted.keep):
            to_run.append(ToRun(case, Why.DIFFERS))
        else:
            proofs.append(found)
    return proofs, to_run


def _known(case: Case, memory: Memory, machines: str) -> Proof | Why:
    """The proof of an answer by the recording of the last one; else why there is none."""
    last = memory.recall(case.exercise, case.name)
    if last is None:
        return Why.NEW
    if part := last.basis.changed(basis(case.exercise, case.answer, machines)):
        return Why(part)
    recording = memory.recording(case.exercise, case.name)
    if not recording.is_file():
        return Why.NEW if last.held else Why.FAILED
    graded = replayed(case, recording)
    if graded is None:
        return Why.ASKS
    problems = differences(case.expected, graded)
    if problems and not last.held:
        return Why.FAILED
    verdicts = {one.criterion.id: one.finding.verdict for one in graded}
    return Proof(case, verdicts, last.seconds, problems)


def _has_failed(case: Case, memory: Memory, found: Proof | Why) -> bool:
    """Whether an answer did not hold when it was last run, or does not by its recording."""
    if isinstance(found, Proof):
        return not found.holds
    last = memory.recall(case.exercise, case.name)
    return last is not None and not last.held
