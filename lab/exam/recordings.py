"""What the grades of a sitting saw, saved so that a check that was mended can judge it again without a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab import paths
from lab.catalog.model import Exercise
from lab.errors import LabError
from lab.grading.record import Recorder, Replay, public, write


def folder(state: Path, sitting: int) -> Path:
    """Where the files of a sitting lie.

    Args:
        state: the directory of what must survive (`lab.paths.state`).
    """
    return state / "sittings" / str(sitting)


def path(state: Path, sitting: int, position: int) -> Path:
    """Where the recording of a task lies, in the sitting's folder."""
    return folder(state, sitting) / f"{position}.jsonl"


def save(file: Path, exercise: Exercise, grades: Sequence[Recorder]) -> None:
    """Write what each grade of a task has seen, in their order, masked. An empty line parts one from the next."""
    paths.private(file.parent)
    write(file, "\n".join(grade.text(public(exercise)) for grade in grades))


def load(file: Path) -> tuple[Replay, ...]:
    """What each grade of a task saw, to grade it again.

    Raises:
        LabError: there is no recording (`exam.no_recording`), or none that can be read (`exam.bad_recording`).
    """
    try:
        replays = tuple(Replay(file, text) for text in file.read_text(encoding="utf-8").split("\n\n") if text.strip())
    except FileNotFoundError:
        raise LabError("exam.no_recording") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabError("exam.bad_recording", f"{type(error).__name__}: {error}") from error
    if not replays:
        raise LabError("exam.bad_recording")
    return replays
