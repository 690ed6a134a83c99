"""What an exercise needs beside `exercise.yaml`: texts, answers' scripts, recordings. A draft may lack most of it.

What a blueprint asks for and the exercises cannot give is noted, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab import paths
from lab.catalog import blueprint
from lab.catalog.load import FileCatalog, load
from lab.catalog.model import Exercise
from lab.catalog.patch import PatchError
from lab.catalog.source import CatalogError, Problem, Source
from lab.exam.plan import shortages
from lab.exam.pool import pool_of
from lab.grading import record
from lab.i18n import LANGUAGES

HINTS = 2
"""A nudge, then nearly the answer."""
RIGHT = 3
"""Right answers that differ from each other: with fewer, a check that knows one way only goes unnoticed."""


def lint(root: Path | None = None, names: Sequence[str] = ()) -> list[Problem]:
    """All that is wrong with the exercises, drafts among them; with the gaps that a draft may have (`is_gap`).

    Args:
        names: only these exercises; none: all, and the blueprints.

    Raises:
        UsageError: there is no such exercise (`exercise.unknown`).
    """
    root = root or paths.data("exercises")
    catalog = load(root, drafts=True)
    problems: list[Problem] = []
    exercises: list[Exercise] = []
    for name in names:
        try:
            exercises.append(catalog.exercise(name))
        except CatalogError as error:
            problems += error.problems
    if not names:
        problems += catalog.problems
        exercises += catalog.exercises
        problems += _blueprints(catalog, root)
    for exercise in exercises:
        problems += _beside(exercise, root)
    return problems


def _blueprints(catalog: FileCatalog, root: Path) -> list[Problem]:
    """What is wrong with blueprints, and the domains that have too few exercises for one."""
    found = blueprint.load([domain.id for domain in catalog.domains], root)
    problems = list(found.problems)
    for each in found.known:
        source = blueprint.source_of(each.id, root)
        for lack in shortages(each, pool_of(each, catalog.exercises)):
            problems.append(source.note(f"domains.{lack.name}", "too_few", asked=lack.asked, there=lack.there))
    return problems


def _beside(exercise: Exercise, root: Path) -> tuple[Problem, ...]:
    source = Source(exercise.folder / "exercise.yaml", root)
    _check_translations(source, source.value, "")
    _check_texts(source, exercise)
    _check_answers(source, exercise)
    _check_recordings(source, exercise)
    return source.problems


def _check_translations(source: Source, value: object, field: str) -> None:
    """A draft was read although texts were there in one language only."""
    if isinstance(value, dict):
        given = [language for language in LANGUAGES if language in value]
        if given:
            for language in LANGUAGES:
                if language not in given:
                    source.gap(f"{field}.{language}", "missing")
        for name, inner in value.items():
            _check_translations(source, inner, f"{field}.{name}" if field else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _check_translations(source, inner, f"{field}[{number}]")


def _check_texts(source: Source, exercise: Exercise) -> None:
    """The Markdown beside the file: all of it, in each language. A draft needs its task, in one language."""
    if not any((exercise.folder / f"task.{language}.md").is_file() for language in LANGUAGES):
        source.problem(f"task.{LANGUAGES[0]}.md", "no_file")
    for name in ("task", "hints", "solution"):
        for language in LANGUAGES:
            file = f"{name}.{language}.md"
            if (exercise.folder / file).is_file():
                _check_text(source, exercise, name, file)
            else:
                source.gap(file, "no_file")


def _check_text(source: Source, exercise: Exercise, name: str, file: str) -> None:
    try:
        text = (exercise.folder / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        source.problem(file, "unreadable", said=error)
        return
    if not text.strip():
        source.gap(file, "is_empty")
    elif name == "hints" and (steps := len(text.split("\n---\n"))) != HINTS:
        source.gap(file, "hint_steps", steps=steps, wanted=HINTS)


def _check_answers(source: Source, exercise: Exercise) -> None:
    """Each has one script, or a patch that fits; and a finished exercise has several right ones."""
    for number, answer in enumerate(exercise.answers):
        field = f"answers[{number}].name"
        patch = answer.script.with_suffix(".patch")
        if answer.script.is_file() and patch.is_file():
            source.problem(field, "two_scripts", name=answer.name)
        try:
            text = answer.script_text
        except FileNotFoundError:
            source.problem(field, "no_script", name=answer.name)
        except PatchError as error:
            source.problem(field, "no_patch", said=" ".join(str(error).split("\n")))
        except (OSError, UnicodeDecodeError) as error:
            source.problem(field, "unreadable", said=error)
        else:
            if not text.strip():
                source.problem(field, "is_empty")
    known = {answer.name for answer in exercise.answers}
    for file in sorted((exercise.folder / "answers").glob("*")):
        if file.stem not in known:
            source.problem("answers", "not_an_answer", name=file.name)
    right = sum(answer.is_right for answer in exercise.answers)
    if right < RIGHT:
        source.gap("answers", "few_right", there=right, wanted=RIGHT)


def _check_recordings(source: Source, exercise: Exercise) -> None:
    lacking = [
        name
        for name in (record.UNTOUCHED, *(answer.name for answer in exercise.answers))
        if not record.place(exercise, name).is_file()
    ]
    if lacking:
        source.gap("answers", "no_recording", names=", ".join(lacking), exercise=exercise.id)
