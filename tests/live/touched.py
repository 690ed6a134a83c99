"""The answers whose proofs a change makes void: CI proves them before it proves a sample of the others.

The change is what git has between the commit that landed last and the work tree. Which answers it touches is asked of
`lab.authoring.basis`, as `ckslab prove` does for its own memory, and of the recordings that were made anew.
"""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from lab.authoring.basis import scenario, script
from lab.authoring.prove import Case, cases_of
from lab.catalog.load import load
from lab.catalog.model import Exercise
from lab.grading.record import place

SINCE = "CKSLAB_CI_SINCE"
"""The variable that names the commit which landed last, for a CI that knows it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between the last landed commit and the work tree.

    Attributes:
        head: the commit that is checked out; empty where there is no repository.
        since: what it is compared with; empty where that is not known, as in a shallow checkout.
        files: those that differ.
    """

    head: str = ""
    since: str = ""
    files: tuple[str, ...] = ()


def change(root: Path) -> Change:
    """Ask git: since the commit that CI names, else since the remote's branch, else since HEAD's first parent."""
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD").strip()
    named = os.environ.get(SINCE)
    candidates = [named] if named else [_fork(root, head), "HEAD^1"]
    since = next((commit for name in candidates if name and (commit := _commit(root, name))), "")
    if not since:
        return Change(head)
    changed = _git(root, "diff", "--name-only", "-z", since) + _git(
        root, "ls-files", "--others", "--exclude-standard", "-z"
    )
    return Change(head, since, tuple(sorted(set(filter(None, changed.split("\0"))))))


def touched(exercises: Iterable[Exercise], found: Change, root: Path) -> list[str]:
    """The answers that a change touches, as `EX/ANSWER`: those that are new, do something else or begin otherwise.

    So does an answer with another recording: it is to be seen that a cluster still shows that. What all answers rest
    on, as the node image, touches none more than another.
    """
    if not any(name.startswith("exercises/") for name in found.files):
        return []
    changed = {root / name for name in found.files}
    before = _parts_at(root, found.since)
    return [
        case.id
        for exercise in exercises
        for case in cases_of(exercise)
        if before.get(case.id) != _parts(case) or place(exercise, case.name) in changed
    ]


def _parts(case: Case) -> tuple[str, str]:
    return scenario(case.exercise), script(case.answer)


def _parts_at(root: Path, commit: str) -> dict[str, tuple[str, str]]:
    """The parts of every answer that a commit has, as far as today's program can read it."""
    archive = subprocess.run(["git", "-C", str(root), "archive", commit, "exercises"], capture_output=True, check=False)
    if archive.returncode:  # it has none
        return {}
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
        return {
            case.id: _parts(case)
            for exercise in load(Path(folder) / "exercises").exercises
            for case in cases_of(exercise)
        }


def _fork(root: Path, head: str) -> str:
    """Where the work left the remote's branch; empty where it has not, or where there is no remote."""
    fork = _git(root, "merge-base", "HEAD", "origin/HEAD").strip()
    return "" if fork == head else fork


def _commit(root: Path, name: str) -> str:
    """The full name of a commit that is here; empty where it is not."""
    return _git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()


def _git(root: Path, *argv: str) -> str:
    """What git prints; nothing where it fails or is not installed."""
    try:
        done = subprocess.run(["git", "-C", str(root), *argv], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""
