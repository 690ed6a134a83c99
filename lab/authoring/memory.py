"""What the last proof of each answer showed, kept on this computer: the observations, and what they rest on.

Recordings beside an exercise are what tests and the demo grade; they say nothing of when a cluster last showed it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from lab import paths
from lab.authoring.basis import Basis
from lab.catalog.model import Exercise


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last proof of an answer on a lab.

    Attributes:
        held: every verdict was as predicted then.
        seconds: of its parts.
    """

    held: bool
    basis: Basis
    seconds: Mapping[str, float]


class Memory:
    """Proofs by exercise and answer.

    Args:
        engine: what holds on one is not yet proved on another.
    """

    def __init__(self, engine: str, folder: Path | None = None) -> None:
        self._folder = (folder or paths.cache() / "proofs") / engine

    def recall(self, exercise: Exercise, answer: str) -> Remembered | None:
        """The last proof of an answer; None where there is none, or none that can be read."""
        try:
            saved = json.loads(self._file(exercise, answer).read_text(encoding="utf-8"))
            return Remembered(saved["held"], Basis(**saved["basis"]), saved["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, exercise: Exercise, answer: str, proof: Remembered) -> None:
        """Remember a proof in place of the one before it."""
        file = self._file(exercise, answer)
        paths.private(file.parent)
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(proof), indent=2), encoding="utf-8")
        fresh.replace(file)

    def recording(self, exercise: Exercise, answer: str) -> Path:
        """Where the recording of the last proof lies; there is none of a proof that came to no grade."""
        return self._file(exercise, answer).with_suffix(".jsonl")

    def _file(self, exercise: Exercise, answer: str) -> Path:
        return self._folder / exercise.id / f"{answer}.json"
