"""What a proof rests on: all that makes its observations. Checks, criteria and texts are not part of it.

What a check makes of the observations is proved by replaying their recording, which takes milliseconds.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from lab import paths
from lab.catalog.model import Answer, Exercise
from lab.fingerprint import fingerprint

OBSERVING = (
    "grading/observe.py",
    "grading/server.py",
    "grading/exec.py",
    "grading/machines.py",
    "grading/control_plane.py",
    "grading/scratch.py",
    "grading/observation.py",
    "grading/record.py",
    "grading/mask.py",
    "catalog/drawn.py",
    "practice/drawn.py",
    "practice/scenario.py",
    "practice/leftovers.py",
    "authoring/script.py",
    "../checkers/kept.py",
)
"""The code that sets a scenario, runs a script, observes and records; below `lab/`."""
_MACHINES = {"vagrant": ("node", "vagrant")}
"""Engine -> what its machines are made of, where that is more than `node`."""
PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Basis:
    """A hash of each part, in the order in which a change is named."""

    scenario: str
    script: str
    observing: str
    machines: str

    def changed(self, now: Basis) -> str:
        """The name of the first part that is not the same now; empty: all are."""
        return next((part for part, value in asdict(self).items() if value != getattr(now, part)), "")


def basis(exercise: Exercise, answer: Answer | None, machines: str) -> Basis:
    """What the proof of an answer rests on; None: of the exercise as its learner finds it."""
    return Basis(scenario(exercise), script(answer), observing(), machines)


def scenario(exercise: Exercise) -> str:
    """What the lab prepares, and what the exercise says of it: file by file its content, not its name."""
    values = {"scenario": asdict(exercise.scenario), "requires": exercise.requires, "images": exercise.images}
    if exercise.addons:
        values["addons"] = [fingerprint(paths.data("addons") / name) for name in exercise.addons]
    return _hash(json.dumps(values, default=_plain, sort_keys=True).encode())


def script(answer: Answer | None) -> str:
    """What the answer does; a patch is applied."""
    return _hash(answer.script_text.encode()) if answer else ""


@cache
def observing() -> str:
    """The code that makes observations."""
    return _hash(*(code(PACKAGE.joinpath(name).read_text(encoding="utf-8")) for name in OBSERVING))


def code(source: str) -> bytes:
    """What a Python file does: comments, docstrings and the shape of its lines are nothing that a proof rests on."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [each for each in node.body if not _is_text(each)]
    return ast.dump(tree).encode()


def machines(engine: str, kubernetes: str) -> str:
    """What the machines of an engine's labs are made of, and the version of Kubernetes on this one."""
    folders = _MACHINES.get(engine, ("node",))
    return _hash(engine.encode(), kubernetes.encode(), *(fingerprint(paths.data(name)).encode() for name in folders))


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _plain(value: object) -> object:
    """For JSON: a file is its content."""
    if isinstance(value, Path):
        return _hash(value.read_bytes())
    if isinstance(value, Iterable):
        return sorted(value)
    raise TypeError(value)


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()
