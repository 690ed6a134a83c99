"""The catalog of a folder like `exercises/`. It reads files when they are asked for, and imports then what reads them.

The app draws its first frame before that.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lab import paths
from lab.catalog.model import Catalog, Domain, Exercise, unknown_exercise

if TYPE_CHECKING:
    from lab.catalog.source import Problem


def load(root: Path | None = None, *, drafts: bool = False) -> FileCatalog:
    """The catalog of a folder like `exercises/`, by default the lab's own.

    Args:
        drafts: with the exercises that are being written; else each of them is only there for who asks for it by name.
    """
    return FileCatalog(root or paths.data("exercises"), drafts=drafts)


class FileCatalog(Catalog):
    """A catalog whose files are read when they are asked for: one exercise, or all."""

    def __init__(self, root: Path, *, drafts: bool = False) -> None:
        self._root = root
        self._drafts = drafts
        self._read: dict[str, Exercise] = {}

    @property
    def domains(self) -> tuple[Domain, ...]:
        """All domains; those that have no exercise come last."""
        return self._all.domains

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the files, with those of domains too."""
        return self._all.problems

    def exercise(self, name: str) -> Exercise:
        """The exercise with this id; only its file and its domain's are read, and only once.

        Raises:
            UsageError: there is none (`exercise.unknown`); it names the nearest ids.
            CatalogError: it is broken.
        """
        from lab.catalog.folders import read_exercise

        if name not in self._read:
            found = read_exercise(name, self._root)
            if found is None:
                raise unknown_exercise(name, [exercise.id for exercise in self.exercises])
            self._read[name] = found
        return self._read[name]

    @cached_property
    def _all(self) -> Catalog:
        from lab.catalog.folders import read_all

        return read_all(self._root, drafts=self._drafts)
