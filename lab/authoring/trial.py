"""Trying what is being written, on a live lab: one answer with its grade, or one check by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import yaml

from checkers.api import Finding
from checkers.registry import checks
from lab.authoring.script import run_as_learner
from lab.catalog.model import Answer, Exercise
from lab.catalog.reader import parameters_of
from lab.errors import LabError, UsageError
from lab.grading.grade import Grade, OnFinding
from lab.practice.history import History
from lab.practice.session import Session
from lab.progress import OnProgress


def try_answer(
    session: Session, exercise: Exercise, answer: Answer | None, progress: OnProgress, on_finding: OnFinding
) -> Grade:
    """Start the exercise, do what the answer does, and grade. Without an answer, nothing is done in between.

    It is no learner's attempt, and the history does not hold it.

    Raises:
        LabError: the script failed (`author.script`).
    """
    author = Session(
        session.catalog,
        session.engine,
        history=History(clock=session.clock),
        observe=session.observe,
        clock=session.clock,
    )
    author.start(exercise, progress=progress)
    if answer is not None:
        done = run_as_learner(session.engine, answer)
        if not done.ok:
            raise LabError("author.script", done.error or done.text, name=answer.name, code=done.code)
    return author.grade(exercise, on_finding)


def try_check(session: Session, name: str, given: Sequence[str], images: Sequence[str]) -> Finding:
    """Run one check on the lab as it is. What the check raises is not caught: its author wants the traceback.

    Args:
        given: its parameters, each as `NAME=VALUE`; a value is written as in `exercise.yaml`.
        images: those that the task would name.

    Raises:
        UsageError: there is no such check (`author.no_check`), or its parameters are others (`author.with`).
    """
    if name not in checks():
        raise UsageError("author.no_check", name=name, known=", ".join(sorted(checks())))
    check = checks()[name]
    parameters = _parameters(name, parameters_of(check.run), given)
    with closing(session.observe(session.engine, images, {})) as observer:
        return check.run(observer, **parameters)


def _parameters(check: str, known: Mapping[str, Any], given: Sequence[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or name not in known:
            raise UsageError("author.with", item, check=check, known=", ".join(known))
        values[name] = yaml.safe_load(value)
    lacking = [name for name, entry in known.items() if entry.is_required and name not in values]
    if lacking:
        raise UsageError("author.with", ", ".join(lacking), check=check, known=", ".join(known))
    return values
