"""What a change touches: the exercises whose proofs it may have voided, as far as files tell.

An exercise is touched by a file of its own folder, and by the module of a check that one of its criteria calls. Of
anything else that proofs hang on (grading, the node image) no exercise is touched more than another.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.catalog.model import Exercise

SINCE = "CKSLAB_CI_SINCE"
"""The variable that names the commit which landed last, for a CI that knows it."""


@dataclass(frozen=True, slots=True)
class Change:
    """The files that differ between the last landed commit and the work tree.

    Attributes:
        head: the commit that is checked out; empty where there is no repository.
        since: what it is compared with; empty where that is not known, as in a shallow checkout.
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


def touched(exercises: Iterable[Exercise], files: Iterable[str], root: Path) -> list[str]:
    """The ids of the exercises that these files touch."""
    changed = {root / name for name in files}
    return [exercise.id for exercise in exercises if changed & _modules(exercise, root) or _has(exercise, changed)]


def _has(exercise: Exercise, changed: set[Path]) -> bool:
    return any(file.is_relative_to(exercise.folder) for file in changed)


def _modules(exercise: Exercise, root: Path) -> set[Path]:
    """The files of the checks that its criteria call."""
    names = {criterion.check.run.__module__ for criterion in exercise.criteria}
    return {root.joinpath(*name.split(".")).with_suffix(".py") for name in names}


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
