"""The cache of what has been built: one directory an artifact, named after a hash of all that went into it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

Make = Callable[[Path, dict[str, Path]], None]
"""Fills an empty directory; the second argument has the directories of the artifacts it needs, by name."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """Something that is built once for the same ingredients.

    Attributes:
        name: what it is, unique in the recipe.
        seconds: how long building it took on two cores, for estimates.
        make: builds it.
        ingredients: what it depends on besides: versions, options.
        sources: files and directories of ours that it is made from.
        needs: artifacts that must exist before.
    """

    name: str
    seconds: int
    make: Make
    ingredients: tuple[str, ...] = ()
    sources: tuple[Path, ...] = ()
    needs: tuple[Artifact, ...] = ()

    @property
    def key(self) -> str:
        """A hash of all that goes into it, through everything that it needs."""
        digest = hashlib.sha256("\0".join([self.name, *self.ingredients]).encode())
        digest.update(fingerprint(self.sources).encode())
        for artifact in self.needs:
            digest.update(artifact.key.encode())
        return digest.hexdigest()[:16]


def fingerprint(paths: Iterable[Path]) -> str:
    """A hash of the names, modes and content of files, and of those below directories."""
    digest = hashlib.sha256()
    for root in paths:
        for path in sorted([root] if root.is_file() else root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                executable = bool(path.stat().st_mode & 0o100)
                digest.update(f"{path.relative_to(root.parent).as_posix()}\0{executable}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


class Store:
    """Artifacts below one directory. One that is there is whole: it got its name when it was finished."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def path(self, artifact: Artifact) -> Path:
        """Where the artifact is, or will be."""
        return self._root / f"{artifact.name}-{artifact.key}"

    def has(self, artifact: Artifact) -> bool:
        """Whether it is built."""
        return self.path(artifact).is_dir()

    def build(self, artifact: Artifact) -> Path:
        """Build an artifact that is missing, from those it needs. Older ones of its name go."""
        target = self.path(artifact)
        with tempfile.TemporaryDirectory(prefix=f".{artifact.name}-", dir=self._root) as scratch:
            content = Path(scratch) / "content"
            content.mkdir()
            artifact.make(content, {needed.name: self.path(needed) for needed in artifact.needs})
            for old in self._root.glob(f"{artifact.name}-{'[0-9a-f]' * 16}"):
                shutil.rmtree(old)
            content.rename(target)
        return target
