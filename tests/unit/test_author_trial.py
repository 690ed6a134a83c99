"""`author try`: what is run on the lab, and what of it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checkers.api import Verdict
from lab import i18n
from lab.authoring.trial import try_answer, try_check
from lab.catalog.model import Catalog
from lab.errors import LabError, UsageError
from lab.practice.session import Session
from lab.progress import ignore
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeEngine
from tests.unit.support.exercises import answer, criterion, exercise
from tests.unit.support.observations import HandMade, container, node, pod


class Observing(HandMade):
    def kubernetes(self) -> str:
        return "v1.36.1"

    def close(self) -> None:
        """It made nothing."""


def session(engine: HandMadeEngine) -> Session:
    i18n.use("en")
    objects = [pod([container(image="busybox:1.28")]), node()]
    return Session(
        Catalog(()),
        engine,
        observe=lambda engine, images, values: Observing(objects, images=tuple(images)),
        clock=Hands().clock,
    )


def test_an_answer_is_run_and_every_criterion_is_shown(tmp_path: Path) -> None:
    (tmp_path / "solution.sh").write_text("true\n")
    solution = replace(answer("solution", {"a": Verdict.PASS}), script=tmp_path / "solution.sh")
    one = exercise([criterion("a"), criterion("b")], [solution])
    shown: list[str] = []
    engine = HandMadeEngine()
    grade = try_answer(session(engine), one, solution, ignore, lambda graded: shown.append(graded.criterion.id))
    assert shown == ["a", "b"]
    assert grade.verdicts == {"a": Verdict.PASS, "b": Verdict.PASS}


def test_what_an_author_tries_is_no_attempt_of_a_learners(tmp_path: Path) -> None:
    work = session(HandMadeEngine())
    one = exercise([criterion("a")])
    try_answer(work, one, None, ignore, lambda graded: None)
    assert work.history.attempts() == ()


def test_a_script_that_fails_is_an_error_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "solution.sh").write_text("echo no such namespace >&2; exit 4\n")
    solution = replace(answer("solution", {"a": Verdict.PASS}), script=tmp_path / "solution.sh")
    with pytest.raises(LabError, match="no such namespace"):
        try_answer(
            session(HandMadeEngine()), exercise([criterion("a")], [solution]), solution, ignore, lambda graded: None
        )


def test_one_check_is_run_with_its_parameters() -> None:
    given = ["pod=web", "image=busybox:1.28", "command=[sh, -c, sleep 1h]"]
    finding = try_check(session(HandMadeEngine()), "pods.runs", given, ())
    assert finding.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("given", "message"),
    [(["pod=web"], "image"), (["pod=web", "image=a", "colour=red"], "colour=red"), (["pod"], "pod")],
)
def test_parameters_that_do_not_fit_are_refused_with_those_that_do(given: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        try_check(session(HandMadeEngine()), "pods.runs", given, ())


def test_a_check_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match=r"pods\.runs"):
        try_check(session(HandMadeEngine()), "pods.walks", [], ())


def test_what_a_check_raises_is_for_its_author() -> None:
    with pytest.raises(TypeError):
        try_check(session(HandMadeEngine()), "pods.runs", ["pod=web", "image=a", "command=5"], ())
