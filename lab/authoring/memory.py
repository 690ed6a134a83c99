"""What has been proved before, so that an exercise that nothing has changed for is not proved again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import checkers.api
from checkers.api import Verdict
from lab import paths
from lab.catalog.model import Exercise
from lab.fingerprint import fingerprint

_JUDGES = (Path(checkers.api.__file__).parent, Path(__file__).parent, Path(__file__).parents[1] / "practice")
"""The code that a verdict comes from: checks, grading, what sets the scene."""
_MACHINES = {"vagrant": ("node", "vagrant")}
"""Engine -> what its machines are made of, where that is more than `node`."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A proof that held."""

    verdicts: Mapping[str, Verdict]
    seconds: Mapping[str, float]


class Memory:
    """Proofs that held, by exercise and answer, for as long as nothing that they hang on changes.

    Args:
        engine: what holds on one is not yet proved on another; each has its own file of an exercise.
        kubernetes: its version.
    """

    def __init__(self, engine: str, kubernetes: str, folder: Path | None = None) -> None:
        self._kubernetes = kubernetes
        self._machines = [paths.data(name) for name in _MACHINES.get(engine, ("node",))]
        self._folder = paths.private((folder or paths.cache() / "proofs") / engine)

    def recall(self, exercise: Exercise) -> dict[str, Remembered]:
        """What still holds, by answer."""
        held = self._held(exercise)
        if not held or held["content"] != self._content(exercise):
            return {}
        return {
            name: Remembered({id_: Verdict(verdict) for id_, verdict in own["verdicts"].items()}, own["seconds"])
            for name, own in held["answers"].items()
        }

    def took(self, exercise: Exercise, answer: str) -> float | None:
        """Seconds that this answer's proof took when it last held, though it may not hold any more; None: not known."""
        seconds: Mapping[str, float] = self._held(exercise).get("answers", {}).get(answer, {}).get("seconds", {})
        return seconds.get("all")

    def keep(self, exercise: Exercise, answer: str, proof: Remembered) -> None:
        """A proof held."""
        answers = {**self.recall(exercise), answer: proof}
        held = {name: {"verdicts": own.verdicts, "seconds": own.seconds} for name, own in answers.items()}
        text = json.dumps({"content": self._content(exercise), "answers": held}, indent=2)
        fresh = self._file(exercise).with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._file(exercise))

    def _held(self, exercise: Exercise) -> dict[str, Any]:
        """What the exercise's file says; nothing where there is none, or none that can be read."""
        try:
            held: dict[str, Any] = json.loads(self._file(exercise).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return held

    def _file(self, exercise: Exercise) -> Path:
        return self._folder / f"{exercise.id}.json"

    def _content(self, exercise: Exercise) -> str:
        """A hash of all that a proof of the exercise hangs on."""
        folders = (exercise.folder, *_JUDGES, *self._machines)
        # Recordings come of a proof, not the other way round.
        parts = [self._kubernetes, *(fingerprint(folder, without=["recordings"]) for folder in folders)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()
