"""Sittings in the history's file: nothing is lost, nothing is changed, whoever is killed and whatever is full."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from lab import cli, paths
from lab.errors import LabError, UsageError
from lab.exam import events
from lab.exam.events import Event, Kind
from lab.exam.sittings import KEY_EVERY, Journal, Sittings
from lab.exam.state import Phase, state_of
from lab.practice.database import Database
from lab.practice.history import MIGRATIONS, History
from tests.unit.support.engines import HandMadeEngine
from tests.unit.support.exams import passed
from tests.unit.support.history import the_exercise
from tests.unit.support.sittings import HOSTS, Computer, database, plan, random_sitting

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def computer() -> Computer:
    return Computer()


@pytest.fixture
def sittings() -> Sittings:
    return Sittings(database())


@pytest.fixture
def journal(sittings: Sittings, computer: Computer) -> Journal:
    return Journal(sittings, sittings.begin(plan(), computer.now()), computer.now)


def test_a_host_that_was_moved_has_the_newest_lab_and_its_time_since_then(
    sittings: Sittings, computer: Computer
) -> None:
    sitting = sittings.begin(plan(), computer.now(), dict(zip(HOSTS, ("cks", "cks-2"), strict=True)))
    journal = Journal(sittings, sitting, computer.now)
    computer.wait(100)
    journal.gone(HOSTS[0])
    computer.wait(60)
    assert sittings.get().used_on(HOSTS[0], computer.now()) == 100
    journal.moved(HOSTS[0], "cks-9")
    journal.back(HOSTS[0])
    computer.wait(30)
    assert sittings.get().used_on(HOSTS[0], computer.now()) == 30
    assert sittings.get().used_on(HOSTS[1], computer.now()) == 130
    assert sittings.get().labs == {HOSTS[0]: "cks-9", HOSTS[1]: "cks-2"}


# What is saved


def test_everything_that_happens_is_read_again_as_it_was(sittings: Sittings, computer: Computer) -> None:
    sat = random_sitting(3)
    number = sittings.begin(sat.plan, sat.events[0].at).number
    sittings.add(number, sat.events[1:])
    assert sittings.get(number).events == tuple(sat.events)
    assert sittings.get().plan == sat.plan
    assert [sitting.number for sitting in sittings.all()] == [number]


def test_a_journal_writes_down_what_is_done(journal: Journal, sittings: Sittings, computer: Computer) -> None:
    journal.opened(1)
    computer.wait(10)
    journal.shell(HOSTS[0])
    journal.flagged(1, on=True)
    journal.gone(HOSTS[0])
    computer.wait(40)
    journal.back(HOSTS[0])
    computer.wait(20)
    journal.left(1)
    journal.credit(5, "because")
    state = journal.state()
    assert (state.used, state.given_back, state.credited, state.open_task) == (30, 40, 5, 0)
    assert (state.task(1).seconds, state.task(1).flagged, state.task(1).at) == (30, True, {"": 10, HOSTS[0]: 20})
    journal.hand_in()
    journal.close()
    assert journal.state().phase is Phase.CLOSED
    assert sittings.open() is None


def test_not_every_key_is_written_down(journal: Journal, sittings: Sittings, computer: Computer) -> None:
    for _ in range(100):
        computer.wait(1)
        journal.key()
    assert len(sittings.get().events) == 1 + 100 // KEY_EVERY


def test_one_exam_is_sat_at_a_time(journal: Journal, sittings: Sittings, computer: Computer) -> None:
    with pytest.raises(UsageError) as raised:
        sittings.begin(plan(), computer.now())
    assert raised.value.key == "exam.under_way"
    journal.close()
    assert sittings.begin(plan(), computer.now()).number == 2


def test_a_sitting_that_is_not_there_is_told(sittings: Sittings, computer: Computer) -> None:
    with pytest.raises(UsageError) as raised:
        sittings.get()
    assert raised.value.key == "exam.never"
    sittings.begin(plan(), computer.now())
    with pytest.raises(UsageError, match="7"):
        sittings.get(7)


@pytest.mark.parametrize("sql", ["UPDATE sitting_event SET seconds = 0", "DELETE FROM sitting_event"])
def test_events_are_only_added(tmp_path: Path, computer: Computer, sql: str) -> None:
    file = tmp_path / "history.db"
    Sittings(database(file)).begin(plan(), computer.now())
    with sqlite3.connect(file) as rows, pytest.raises(sqlite3.IntegrityError, match="only added"):
        rows.execute(sql)


def test_this_computers_clock_goes_on() -> None:
    first, second = events.now(), events.now()
    assert first.boot == second.boot
    assert first.seconds <= second.seconds


# Faults

WRITER = """
import os, signal, sys
from tests.unit.support.sittings import database, random_sitting
from lab.exam.sittings import Sittings
from pathlib import Path
file, seed, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
sat = random_sitting(seed)
sittings = Sittings(database(file))
number = sittings.begin(sat.plan, sat.events[0].at).number
for count, event in enumerate(sat.events[1:], start=1):
    if count == last:
        os.kill(os.getpid(), signal.SIGKILL)
    sittings.add(number, [event])
"""


def test_whoever_is_killed_at_any_moment_has_lost_the_last_event_at_most(tmp_path: Path) -> None:
    random = Random(17)  # noqa: S311 - any moments will do
    root = Path(__file__).parents[2]
    for seed in range(10):
        sat = random_sitting(seed)
        last = random.randint(1, len(sat.events) - 1)
        file = tmp_path / f"{seed}.db"
        killed = subprocess.run(
            [sys.executable, "-c", WRITER, str(file), str(seed), str(last)],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        assert killed.returncode == -signal.SIGKILL
        found = Sittings(database(file)).get()
        assert found.events == tuple(sat.events[:last])
        now = sat.computer.now()
        assert found.state(now) == state_of(sat.plan, sat.events[:last], now)


def open_until_it_fails(journal: Journal) -> None:
    for task in range(2000):
        journal.opened(1 + task % 4)


def test_with_a_full_disk_nothing_is_lost_and_all_is_saved_when_there_is_room(
    tmp_path: Path, computer: Computer
) -> None:
    store = database(tmp_path / "history.db")
    sittings = Sittings(store)
    journal = Journal(sittings, sittings.begin(plan(), computer.now()), computer.now)
    with store.reading() as rows:
        (pages,) = rows.execute("PRAGMA page_count").fetchone()
        rows.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LabError) as raised:
        open_until_it_fails(journal)
    assert raised.value.key == "exam.unsaved"
    assert "full" in raised.value.came_back
    for task in (1, 2):
        with pytest.raises(LabError):
            journal.opened(task)
    assert len(journal.unsaved) == 3
    counted = journal.state()
    with store.reading() as rows:
        rows.execute("PRAGMA max_page_count = 1000000")
    journal.save()
    assert journal.unsaved == ()
    assert journal.state() == counted == sittings.get().state(computer.now())


def test_two_programs_write_down_one_sitting(tmp_path: Path, computer: Computer) -> None:
    file = tmp_path / "history.db"
    mine, theirs = Sittings(database(file)), Sittings(database(file))
    sitting = mine.begin(plan(), computer.now())
    one, other = (Journal(each, sitting, computer.now) for each in (mine, theirs))
    one.opened(1)
    computer.wait(30)
    other.opened(2)
    computer.wait(20)
    one.flagged(2, on=True)
    assert one.state() == other.state()
    assert [task.seconds for task in one.state().tasks] == [30, 20, 0, 0]


# The history's file


def test_a_history_from_before_exams_keeps_everything(tmp_path: Path, computer: Computer) -> None:
    file = tmp_path / "history.db"
    exercise = the_exercise()
    old = Database(file, MIGRATIONS[:2])
    with old.writing() as rows:
        rows.execute(
            "INSERT INTO attempt (exercise, lab, engine, started) VALUES ('one', 'cks', 'kind', '2026-01-01T00:00:00')"
        )
        rows.execute("INSERT INTO note VALUES ('one', 'a note', '2026-01-01T00:00:00')")
    old.close()
    history = History(file)
    assert [attempt.exercise for attempt in history.attempts()] == ["one"]
    assert history.note(exercise) == "a note"
    assert Sittings(history.database).begin(plan(), computer.now()).number == 1
    history.see_solution(exercise, HandMadeEngine())
    assert history.attempts()[0].solution_seen


def test_an_export_has_sittings_too(capsys: pytest.CaptureFixture[str], tmp_path: Path, computer: Computer) -> None:
    sittings = Sittings(History(paths.history()).database)
    number = sittings.begin(plan(), computer.now()).number
    sittings.add(number, [Event(Kind.GRADED, computer.wait(9).now(), 1, detail=passed())])
    file = tmp_path / "export"
    assert cli.main(["history", "--export", str(file)]) == 0
    assert "0 attempts and 1 sittings written" in capsys.readouterr().out
    (line,) = file.read_text(encoding="utf-8").splitlines()
    assert '"sitting": 1' in line
    assert '"kind": "graded"' in line
