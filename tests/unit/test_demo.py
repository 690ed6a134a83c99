"""The session behind `ckslab demo`: recordings are graded, and a cluster is never asked for."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from checkers.api import Verdict
from lab.catalog.load import load
from lab.catalog.model import Answer, Catalog, Exercise
from lab.cluster.engine import Engine, State
from lab.demo import DemoSession
from lab.errors import UsageError
from lab.practice.attempt import Outcome
from lab.progress import ignore

CATALOG = load()


@pytest.fixture
def session() -> DemoSession:
    return DemoSession(CATALOG)


@pytest.fixture
def exercise(session: DemoSession) -> Exercise:
    return session.exercise("busybox-security-context")


def answer(exercise: Exercise, name: str) -> Answer:
    return next(own for own in exercise.answers if own.name == name)


def test_until_an_answer_is_chosen_nothing_was_done(session: DemoSession, exercise: Exercise) -> None:
    assert session.chosen(exercise) is None
    assert session.grade(exercise).score == 0


def test_a_right_answer_passes(session: DemoSession, exercise: Exercise) -> None:
    session.choose(exercise, answer(exercise, "extra-sidecar"))
    assert session.grade(exercise).verdict is Verdict.PASS


def test_a_mistake_is_told_by_its_name(session: DemoSession, exercise: Exercise) -> None:
    mistake = answer(exercise, "escalation-unset")
    session.choose(exercise, mistake)
    assert session.grade(exercise).known_mistake is mistake


def test_every_exercise_of_ours_is_there(session: DemoSession) -> None:
    assert session.catalog.exercises == CATALOG.exercises


def test_an_exercise_of_which_an_answer_was_not_recorded_yet_is_not_there() -> None:
    (first, *others), domain = CATALOG.domains[0].exercises, CATALOG.domains[0]
    unrecorded = replace(first, answers=(replace(first.answers[0], name="written-today"), *first.answers[1:]))
    session = DemoSession(Catalog((replace(domain, exercises=(unrecorded, *others)),)))
    assert session.catalog.exercises == tuple(others)


def test_each_exercise_has_its_own_choice(session: DemoSession, exercise: Exercise) -> None:
    session.choose(exercise, exercise.answers[0])
    assert session.chosen(session.exercise("psa-warn-baseline")) is None


def test_findings_are_told_one_by_one(session: DemoSession, exercise: Exercise) -> None:
    told: list[str] = []
    session.grade(exercise, lambda graded: told.append(graded.criterion.id))
    assert told == [criterion.id for criterion in exercise.criteria]


def test_grading_begins_no_process(session: DemoSession, exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    def begin(*args: object, **options: object) -> None:
        raise AssertionError(args)

    monkeypatch.setattr(subprocess.Popen, "__init__", begin)
    assert session.grade(exercise).engine == "demo"


def test_what_is_done_is_known_for_as_long_as_the_session_lasts_and_is_in_no_file(
    exercise: Exercise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    session = DemoSession(CATALOG)
    session.choose(exercise, exercise.answers[0])
    session.grade(exercise)
    assert [own.outcome for own in session.history.attempts()] == [Outcome.PASSED]
    assert list(tmp_path.rglob("*")) == []
    assert DemoSession(CATALOG).history.attempts() == ()


def test_the_state_of_the_lab_is_that_it_is_a_replay(session: DemoSession) -> None:
    assert session.engine.status().state is State.REPLAY


@pytest.mark.parametrize(
    "ask",
    [
        lambda engine: engine.up(ignore),
        lambda engine: engine.down(ignore),
        lambda engine: engine.nodes(),
        lambda engine: engine.base(),
        lambda engine: engine.shell_argv("true"),
        lambda engine: engine.kubeconfig,
    ],
)
def test_what_needs_a_cluster_is_refused_with_the_way_to_one(
    session: DemoSession, ask: Callable[[Engine], object]
) -> None:
    with pytest.raises(UsageError) as refused:
        ask(session.engine)
    assert "`ckslab`" in refused.value.next_step


def test_nothing_can_be_started(session: DemoSession, exercise: Exercise) -> None:
    with pytest.raises(UsageError):
        session.start(exercise)
