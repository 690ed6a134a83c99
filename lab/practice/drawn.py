"""What the starts of a lab drew. It is kept on this computer, where nobody meets it who works on the lab's machines."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lab import paths
from lab.catalog import drawn
from lab.catalog.model import Exercise

_FILE = "drawn.json"


def draw(lab: str, exercise: Exercise) -> Mapping[str, str]:
    """Draw the values of an exercise that is started, and remember them until it is started again."""
    if not exercise.scenario.draw:
        return {}
    values = drawn.values(exercise.scenario.draw)
    file = paths.private(paths.lab(lab)) / _FILE
    file.touch(mode=0o600)
    file.write_text(json.dumps({**_all(lab), exercise.id: values}), encoding="utf-8")
    return values


def load(lab: str, exercise: Exercise) -> Mapping[str, str]:
    """What the last start of the exercise drew; nothing where it was never started on this lab."""
    return _all(lab).get(exercise.id, {}) if exercise.scenario.draw else {}


def _all(lab: str) -> dict[str, dict[str, str]]:
    try:
        saved: dict[str, dict[str, str]] = json.loads((paths.lab(lab) / _FILE).read_text(encoding="utf-8") or "{}")
    except FileNotFoundError:
        return {}
    return saved
