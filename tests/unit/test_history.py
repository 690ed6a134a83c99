"""The history: what it keeps of a learner's evening, and that nothing makes it forget."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from checkers.api import Verdict
from lab import i18n, paths
from lab.errors import LabError
from lab.practice import history as history_module
from lab.practice.attempt import Outcome
from lab.practice.history import MIGRATIONS, History
from tests.unit.support.clocks import BEGAN, Hands
from tests.unit.support.engines import HandMadeEngine
from tests.unit.support.exercises import exercise
from tests.unit.support.history import graded, the_exercise

ENGINE = HandMadeEngine()
EXERCISE = the_exercise()
PASS, FAIL, BROKEN, UNSEEN = Verdict.PASS, Verdict.FAIL, Verdict.BROKEN, Verdict.UNSEEN


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def history(file: Path, hands: Hands) -> Iterator[History]:
    history = History(file, hands.clock)
    yield history
    history.close()


# Attempts


def test_a_new_history_is_empty(history: History) -> None:
    assert history.attempts() == ()
    assert history.note(EXERCISE) == ""


def test_an_attempt_begins_with_a_start(history: History) -> None:
    history.begin(EXERCISE, ENGINE)
    (attempt,) = history.attempts()
    assert (attempt.exercise, attempt.lab, attempt.engine) == ("one", "cks", "kind")
    assert (attempt.started, attempt.ended, attempt.outcome) == (BEGAN, None, Outcome.BEGUN)


def test_a_grade_is_kept_criterion_by_criterion(history: History, hands: Hands) -> None:
    history.begin(EXERCISE, ENGINE)
    hands.sleep(252)
    history.add(graded(PASS, FAIL, clock=hands.clock), ENGINE)
    (attempt,) = history.attempts()
    (grade,) = attempt.grades
    assert [(own.id, own.verdict, own.points, own.earned) for own in grade.criteria] == [
        ("runs", PASS, 2, 2),
        ("refused", FAIL, 3, 0),
    ]
    assert (grade.verdict, grade.score, grade.max, grade.seconds) == (FAIL, 2, 5, 1.5)
    assert (attempt.outcome, attempt.seconds) == (Outcome.FAILED, 252)


def test_an_attempt_says_whether_it_began_with_a_start(history: History) -> None:
    history.take_hint(EXERCISE, ENGINE, 1)
    assert [attempt.prepared for attempt in history.attempts()] == [False]
    history.begin(EXERCISE, ENGINE)
    assert [(attempt.prepared, attempt.hints) for attempt in history.attempts()] == [(True, 1)]


def test_comparing_with_the_solution_after_a_pass_changes_nothing(history: History) -> None:
    history.begin(EXERCISE, ENGINE)
    history.add(graded(PASS, PASS), ENGINE)
    before = history.attempts()
    history.see_solution(EXERCISE, ENGINE)
    assert history.attempts() == before
    history.end_all(ENGINE)
    history.see_solution(EXERCISE, ENGINE)
    assert [attempt.outcome for attempt in history.attempts()] == [Outcome.PASSED]


def test_the_solution_counts_again_once_the_passed_exercise_is_begun_anew(history: History) -> None:
    history.begin(EXERCISE, ENGINE)
    history.add(graded(PASS, PASS), ENGINE)
    history.begin(EXERCISE, ENGINE)
    history.see_solution(EXERCISE, ENGINE)
    assert [attempt.outcome for attempt in history.attempts()] == [Outcome.SHOWN, Outcome.PASSED]


def test_a_grade_without_a_start_opens_an_attempt(history: History) -> None:
    history.add(graded(PASS, PASS), ENGINE)
    assert [attempt.outcome for attempt in history.attempts()] == [Outcome.PASSED]


def test_grades_go_to_the_open_attempt(history: History) -> None:
    history.begin(EXERCISE, ENGINE)
    history.add(graded(FAIL, FAIL), ENGINE)
    history.add(graded(PASS, PASS), ENGINE)
    (attempt,) = history.attempts()
    assert [grade.verdict for grade in attempt.grades] == [FAIL, PASS]


def test_the_time_of_an_attempt_ends_when_it_passes(history: History, hands: Hands) -> None:
    history.begin(EXERCISE, ENGINE)
    for verdict in (FAIL, PASS, PASS):
        hands.sleep(60)
        history.add(graded(verdict, verdict, clock=hands.clock), ENGINE)
    assert history.attempts()[0].seconds == 120


def test_a_second_start_begins_a_second_attempt(history: History, hands: Hands) -> None:
    history.begin(EXERCISE, ENGINE)
    history.add(graded(FAIL, FAIL), ENGINE)
    hands.sleep(60)
    history.begin(EXERCISE, ENGINE)
    new, old = history.attempts()
    assert (old.ended, new.started, new.grades) == (BEGAN + timedelta(seconds=60), new.started, ())


def test_a_start_before_anything_was_judged_goes_on_with_the_hints_that_were_taken(
    history: History, hands: Hands
) -> None:
    history.take_hint(EXERCISE, ENGINE, 1)
    hands.sleep(60)
    history.begin(EXERCISE, ENGINE)
    (attempt,) = history.attempts()
    assert (attempt.hints, attempt.started) == (1, BEGAN + timedelta(seconds=60))


def test_a_reset_ends_the_attempt(history: History, hands: Hands) -> None:
    history.begin(EXERCISE, ENGINE)
    history.end(EXERCISE, ENGINE)
    assert history.attempts()[0].ended == BEGAN


def test_a_false_start_leaves_no_trace(history: History) -> None:
    history.begin(EXERCISE, ENGINE)
    history.end(EXERCISE, ENGINE)
    history.begin(EXERCISE, ENGINE)
    (attempt,) = history.attempts()
    assert attempt.ended is None


def test_when_the_cluster_goes_back_every_attempt_on_it_ends_and_no_other(history: History) -> None:
    other, elsewhere = exercise([], name="other"), HandMadeEngine(lab="mine")
    for own, engine in ((EXERCISE, ENGINE), (other, ENGINE), (EXERCISE, elsewhere)):
        history.begin(own, engine)
    history.end_all(ENGINE)
    assert [(attempt.lab, attempt.ended is None) for attempt in history.attempts()] == [
        ("mine", True),
        ("cks", False),
        ("cks", False),
    ]


def test_attempts_are_told_newest_first_and_by_exercise(history: History) -> None:
    other = exercise([], name="other")
    history.begin(EXERCISE, ENGINE)
    history.begin(other, ENGINE)
    assert [attempt.exercise for attempt in history.attempts()] == ["other", "one"]
    assert [attempt.exercise for attempt in history.attempts("one")] == ["one"]


# Help


def test_hints_are_counted_once_each(history: History) -> None:
    for number in (1, 2, 1):
        history.take_hint(EXERCISE, ENGINE, number)
    assert history.attempts()[0].hints == 2


def test_after_the_solution_was_seen_no_grade_counts_as_passed(history: History) -> None:
    history.begin(EXERCISE, ENGINE)
    history.see_solution(EXERCISE, ENGINE)
    history.add(graded(PASS, PASS), ENGINE)
    (attempt,) = history.attempts()
    assert (attempt.outcome, attempt.best, attempt.solution_seen) == (Outcome.SHOWN, None, True)


def test_what_passed_before_the_solution_was_seen_stays_passed(history: History) -> None:
    history.add(graded(PASS, PASS), ENGINE)
    history.see_solution(EXERCISE, ENGINE)
    assert history.attempts()[0].outcome is Outcome.PASSED


def test_a_start_after_the_solution_begins_an_attempt_that_counts(history: History) -> None:
    history.see_solution(EXERCISE, ENGINE)
    history.begin(EXERCISE, ENGINE)
    history.add(graded(PASS, PASS), ENGINE)
    assert [attempt.outcome for attempt in history.attempts()] == [Outcome.PASSED, Outcome.SHOWN]


@pytest.mark.parametrize("verdict", [BROKEN, UNSEEN])
def test_what_the_lab_is_at_fault_for_is_no_failure_of_the_learner(history: History, verdict: Verdict) -> None:
    history.add(graded(PASS, verdict), ENGINE)
    assert history.attempts()[0].outcome is Outcome.BEGUN


# Notes


def test_a_note_takes_the_place_of_the_one_before(history: History) -> None:
    history.write_note(EXERCISE, "runAsUser goes under securityContext")
    history.write_note(EXERCISE, " 注意 fsGroup \n")
    assert history.note(EXERCISE) == "注意 fsGroup"


def test_an_empty_note_is_none(history: History) -> None:
    history.write_note(EXERCISE, "something")
    history.write_note(EXERCISE, " ")
    assert history.note(EXERCISE) == ""


# The file


def test_without_a_file_it_remembers_until_it_is_forgotten() -> None:
    history = History()
    history.begin(EXERCISE, ENGINE)
    assert len(history.attempts()) == 1
    history.close()


def test_it_lies_among_what_must_survive_and_is_its_owners_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    history = History(paths.history())
    history.begin(EXERCISE, ENGINE)
    assert paths.history().parent == tmp_path / "ckslab"
    assert {file.stat().st_mode & 0o777 for file in paths.history().parent.iterdir()} == {0o600}
    history.close()


def test_nothing_is_made_before_there_is_something_to_keep(file: Path) -> None:
    History(file)
    assert not file.exists()


def test_another_process_reads_what_was_kept(history: History, file: Path) -> None:
    history.add(graded(PASS, FAIL), ENGINE)
    again = History(file)
    assert again.attempts() == history.attempts()
    again.close()


def test_a_file_of_an_older_version_is_brought_up_to_date_with_all_that_it_holds(
    history: History, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.add(graded(PASS, FAIL), ENGINE)
    before = history.attempts()
    later = ("ALTER TABLE note ADD COLUMN colour TEXT",)
    monkeypatch.setattr(history_module, "MIGRATIONS", (*MIGRATIONS, later))
    newer = History(file)
    assert newer.attempts() == before
    newer.close()
    with sqlite3.connect(file) as rows:
        assert rows.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    rows.close()


def test_a_migration_that_fails_changes_nothing(file: Path, monkeypatch: pytest.MonkeyPatch, history: History) -> None:
    history.begin(EXERCISE, ENGINE)
    broken = ("ALTER TABLE note ADD COLUMN colour TEXT", "ALTER TABLE nothing ADD COLUMN colour TEXT")
    monkeypatch.setattr(history_module, "MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(LabError):
        History(file).attempts()
    assert len(history.attempts()) == 1
    history.write_note(EXERCISE, "still as it was")


def test_a_file_of_a_newer_version_is_left_alone(history: History, file: Path) -> None:
    history.begin(EXERCISE, ENGINE)
    history.close()
    with sqlite3.connect(file) as rows:
        rows.execute("PRAGMA user_version = 99")
    rows.close()
    before = file.read_bytes()
    with pytest.raises(LabError) as caught:
        history.begin(EXERCISE, ENGINE)
    assert (caught.value.key, str(file) in caught.value.next_step) == ("history.newer", True)
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(history: History, file: Path) -> None:
    file.write_text("these are my notes, and no database at all\n" * 100)
    with pytest.raises(LabError) as caught:
        history.begin(EXERCISE, ENGINE)
    assert (caught.value.key, f"mv {file}" in caught.value.next_step) == ("history.damaged", True)
    assert file.read_text().startswith("these are my notes")


def test_a_place_where_nothing_can_be_kept_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabError) as caught:
        History(tmp_path).begin(EXERCISE, ENGINE)
    assert caught.value.key == "history.refused"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("key", ["damaged", "newer", "busy", "refused"])
def test_each_trouble_names_the_file_and_the_next_command(
    monkeypatch: pytest.MonkeyPatch, language: i18n.Language, key: str
) -> None:
    monkeypatch.setattr(i18n, "_chosen", language)
    error = LabError(f"history.{key}", file="/somewhere/history.db", seconds=10)
    assert "/somewhere/history.db" in error.tried
    assert "`" in error.next_step


# More than one process

PROGRAM = """
import os, sys
from pathlib import Path
from lab.practice.history import History
from tests.unit.support.engines import HandMadeEngine
from tests.unit.support.history import graded, the_exercise
from checkers.api import Verdict

what, file, lab = sys.argv[1:]
history, engine = History(Path(file)), HandMadeEngine(lab=lab)
if what == "write":
    for _ in range(20):
        history.begin(the_exercise(), engine)
        history.add(graded(Verdict.FAIL, Verdict.PASS), engine)
else:
    history.write_note(the_exercise(), "kept")
    with history._database.writing() as rows:
        rows.execute("DELETE FROM note")
        rows.execute("DELETE FROM attempt")
        os._exit(9)
"""


def process(what: str, file: Path, lab: str = "cks") -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, what, str(file), lab]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def test_several_processes_write_at_once_and_nothing_is_lost(history: History, file: Path) -> None:
    """They find no file, so they also race to make it. Two of them even work on the same lab."""
    writers = [process("write", file, lab) for lab in ("cks", "cks", "mine")]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [(b"", 0)] * 3
    attempts = history.attempts()
    assert sum(len(attempt.grades) for attempt in attempts) == 60
    assert {len(grade.criteria) for attempt in attempts for grade in attempt.grades} == {2}
    assert sorted(attempt.lab for attempt in attempts if attempt.ended is None) == ["cks", "mine"]


def test_a_crash_in_the_middle_of_writing_loses_nothing(history: History, file: Path) -> None:
    history.begin(EXERCISE, ENGINE)
    assert process("crash", file).wait() == 9
    assert history.note(EXERCISE) == "kept"
    assert len(history.attempts()) == 1
    history.add(graded(PASS, PASS), ENGINE)
    assert history.attempts()[0].outcome is Outcome.PASSED
