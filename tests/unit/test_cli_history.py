"""`ckslab history` and `ckslab note`, and the verbs that leave their marks in the history."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import lab.cluster
from checkers.api import Verdict
from lab import cli, i18n, paths
from lab.catalog.load import load
from lab.catalog.model import Exercise
from lab.grading.grade import grade
from lab.practice.attempt import Outcome
from lab.practice.history import History
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeEngine
from tests.unit.support.exercises import criterion, exercise
from tests.unit.support.observations import HandMade

NAME = "busybox-security-context"
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> HandMadeEngine:
    """The lab of every name, and a user who has done nothing yet."""
    engine = HandMadeEngine()
    monkeypatch.setattr(lab.cluster, "open_lab", lambda name: engine)
    monkeypatch.setattr(i18n, "_chosen", None)
    monkeypatch.setenv("CKSLAB_LANG", "en")
    monkeypatch.setenv("TZ", "UTC")
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    return engine


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def history(hands: Hands) -> Iterator[History]:
    """The user's."""
    history = History(paths.history(), hands.clock)
    yield history
    history.close()


def busybox() -> Exercise:
    return next(own for own in load().exercises if own.id == NAME)


@pytest.fixture
def failed_once(engine: HandMadeEngine, history: History, hands: Hands) -> History:
    """One attempt, graded after 252 seconds: one criterion passes, one does not, one could not be seen."""
    own = busybox()
    verdicts = (Verdict.PASS, Verdict.FAIL, Verdict.UNSEEN)
    judged = exercise(
        [criterion(it.id, verdict, it.points) for it, verdict in zip(own.criteria, verdicts, strict=False)], name=NAME
    )
    history.begin(own, engine)
    history.take_hint(own, engine, 1)
    hands.sleep(252)
    told = grade(judged, HandMade(), engine="kind", kubernetes="v1.36.1", clock=hands.clock)
    history.add(told, engine)
    return history


def run(capsys: Output, *argv: str, code: int = 0) -> str:
    assert cli.main(argv) == code
    return capsys.readouterr().out


# history


def test_without_any_history_the_way_to_begin_is_told(capsys: Output) -> None:
    assert "ckslab start EX" in run(capsys, "history")


def test_the_last_attempts_are_listed(capsys: Output, failed_once: History) -> None:
    first = run(capsys, "history").splitlines()[0]
    best = failed_once.attempts()[0].best
    assert best is not None
    assert first.split() == [
        *("2026-01-01", "00:00", "not", "judged", f"{best.score}/{best.max}", "4m12s", NAME, "hints:", "1")
    ]


def test_of_one_exercise_each_criterion_is_told_and_the_note(capsys: Output, failed_once: History) -> None:
    failed_once.write_note(busybox(), "mind fsGroup")
    said = run(capsys, "history", NAME)
    passed, failed, unseen = (own.id for own in busybox().criteria[:3])
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert f"{passed} passed 1, failed 0" in lines
    assert f"{failed} passed 0, failed 1" in lines
    assert f"{unseen} passed 0, failed 0" in lines
    assert "mind fsGroup" in said


def test_history_as_json(capsys: Output, failed_once: History) -> None:
    told = json.loads(run(capsys, "history", "--json"))
    assert list(told) == ["attempts", "exercises"]
    (attempt,) = told["attempts"]
    keys = "exercise lab engine started ended outcome seconds hints solution_seen grades"
    assert list(attempt) == keys.split()
    (looked,) = attempt["grades"]
    assert list(looked) == ["looked", "seconds", "kubernetes", "verdict", "scored", "score", "max", "criteria"]
    assert list(looked["criteria"][0]) == ["id", "points", "earned", "verdict"]
    assert list(told["exercises"][0]) == ["id", "attempts", "outcome", "passed", "best", "criteria", "note"]
    assert [own["id"] for own in told["exercises"]] == [own.id for own in load().exercises]


def test_history_of_one_exercise_as_json(capsys: Output, failed_once: History) -> None:
    (own,) = json.loads(run(capsys, "history", NAME, "--json"))["exercises"]
    assert (own["id"], own["attempts"], own["criteria"][1]["failed"]) == (NAME, 1, 1)


def test_an_export_is_a_line_of_json_an_attempt_oldest_first_and_its_owners_alone(
    capsys: Output, failed_once: History, engine: HandMadeEngine, tmp_path: Path
) -> None:
    failed_once.begin(busybox(), engine)
    file = tmp_path / "mine.jsonl"
    assert str(file) in run(capsys, "history", "--export", str(file))
    told = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [len(own["grades"]) for own in told] == [1, 0]
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_export_holds_nothing_but_names_numbers_and_times(
    capsys: Output, failed_once: History, tmp_path: Path
) -> None:
    """Neither what was found on the cluster, nor the learner's notes."""
    failed_once.write_note(busybox(), "my password is hunter2")
    file = tmp_path / "mine.jsonl"
    run(capsys, "history", "--export", str(file))
    assert "hunter2" not in file.read_text(encoding="utf-8")
    assert "what was found" not in file.read_text(encoding="utf-8")


def test_an_export_that_cannot_be_written_is_told(capsys: Output, tmp_path: Path) -> None:
    run(capsys, "history", "--export", str(tmp_path / "nowhere" / "mine.jsonl"), code=3)


@pytest.mark.parametrize("argv", [["history", "busybox-securty"], ["note", "busybox-securty", "text"]])
def test_an_unknown_exercise_is_answered_with_the_nearest(capsys: Output, argv: list[str]) -> None:
    assert cli.main(argv) == 2
    assert NAME in capsys.readouterr().err


def test_a_damaged_history_is_told_and_not_touched(capsys: Output) -> None:
    paths.history().write_text("no database" * 1000)
    assert cli.main(["history"]) == 3
    assert f"mv {paths.history()}" in capsys.readouterr().err
    assert paths.history().read_text().startswith("no database")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_has_a_word(language: i18n.Language, outcome: Outcome) -> None:
    assert i18n.text_in(language, f"history.outcome.{outcome}")


def test_in_chinese_the_columns_stand_below_each_other(
    capsys: Output, failed_once: History, engine: HandMadeEngine
) -> None:
    failed_once.see_solution(next(own for own in load().exercises if own.id != NAME), engine)
    new, old = run(capsys, "history", "--lang", "zh").splitlines()[:2]
    assert ("看过答案  " in new, "未评分    " in old) == (True, True)


# note


def test_a_note_is_kept_and_shown(capsys: Output) -> None:
    assert run(capsys, "note", NAME) == ""
    assert run(capsys, "note", NAME, "mind fsGroup") == ""
    assert run(capsys, "note", NAME) == "mind fsGroup\n"


def test_an_empty_text_removes_the_note(capsys: Output) -> None:
    run(capsys, "note", NAME, "mind fsGroup")
    run(capsys, "note", NAME, "")
    assert run(capsys, "note", NAME) == ""


# What leaves a mark


def test_a_hint_that_was_read_is_counted(capsys: Output, history: History) -> None:
    run(capsys, "hint", NAME)
    run(capsys, "hint", NAME, "2")
    run(capsys, "hint", NAME, "1")
    assert history.attempts()[0].hints == 2


def test_a_solution_that_was_read_is_remembered(capsys: Output, history: History) -> None:
    run(capsys, "solution", NAME)
    assert history.attempts()[0].outcome is Outcome.SHOWN


def test_when_the_lab_is_removed_its_attempts_end(capsys: Output, failed_once: History) -> None:
    run(capsys, "down")
    assert failed_once.attempts()[0].ended is not None


def test_reading_the_list_makes_no_file(capsys: Output) -> None:
    run(capsys, "list")
    run(capsys, "task", NAME)
    assert not (Path(os.environ["XDG_STATE_HOME"]) / "ckslab" / "history.db").exists()


# What follows from it


def test_next_says_what_to_practise_and_why(failed_once: History, capsys: Output) -> None:
    assert cli.main(["next"]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith(NAME)
    assert "what you did is still there" in first
    assert second.endswith("new")
    assert cli.main(["next", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["reason"] == "begun"
