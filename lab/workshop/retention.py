"""Names are deleted some time after a class: `keep_days` of its file, 30 unless it says otherwise."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from lab.exam.events import Watch, now
from lab.workshop import class_file
from lab.workshop import ledger as ledgers
from lab.workshop.class_file import Class
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger


def is_due(class_: Class, ledger: Ledger, watch: Watch = now) -> bool:
    """Whether a class that was held has names, and nothing has happened in it for as long as they are kept."""
    has_names = any(learner.name != learner.seat or learner.id for learner in class_.learners)
    last = ledger.last() if has_names else None
    if last is None or watch().wall - last.at.wall <= timedelta(days=class_.keep_days):
        return False
    return any(event.kind in (Kind.CAME, Kind.ENDED) for event in ledger.events())


def delete_names(file: Path, class_: Class) -> None:
    """Delete the names of a class's file, and what each learner had beside their marks: home, notes, attempts.

    Marks stay, by seat. A list beside the file is not touched: it is not ours.
    """
    class_file.forget_names(file, class_)
    folder = ledgers.folder(class_.id)
    shutil.rmtree(folder / "homes", ignore_errors=True)
    for learner in class_.learners:
        for history in folder.glob(f"{learner.seat}.db*"):
            history.unlink()
        shutil.rmtree(folder / learner.seat, ignore_errors=True)  # recordings and notepads of exams
