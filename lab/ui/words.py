"""Phrases that several parts of the app say alike."""

from __future__ import annotations

from lab import i18n
from lab.catalog.model import Catalog, Exercise


def facts(catalog: Catalog, exercise: Exercise) -> str:
    """What one chooses an exercise by: `easy · 7 min · 10 p · security contexts`."""
    return i18n.text(
        "ui.facts",
        level=i18n.text(f"ui.level.{exercise.level}"),
        minutes=exercise.minutes,
        points=exercise.points,
        objective=catalog.objective(exercise),
    )
