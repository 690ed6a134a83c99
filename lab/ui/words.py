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


def what_goes(exercise: Exercise) -> str:
    """What a start or a reset of an exercise removes."""
    scenario = exercise.scenario
    if scenario.reset == "baseline":
        return i18n.text("ui.goes.baseline")
    parts = [i18n.text("ui.goes.namespace", name=name) for name in scenario.namespaces]
    parts += [
        i18n.text("ui.goes.object", kind=resource.kind, name=resource.name)
        for resource in scenario.remove
        if resource.namespace not in scenario.namespaces
    ]
    parts += [i18n.text("ui.goes.file", path=file.path, machine=file.machine) for file in scenario.files]
    return (
        i18n.text("ui.goes.parts", parts=i18n.text("ui.goes.and").join(parts)) if parts else i18n.text("ui.goes.made")
    )
