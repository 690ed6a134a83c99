"""The rehearsal before a class, on an engine made by hand and with an app that does as the real one does."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from lab import paths
from lab.catalog.load import load
from lab.cluster.engine import Capability, State
from lab.cluster.image import addons
from lab.errors import LabError
from lab.progress import OnProgress, ignore
from lab.workshop import hub, rehearsal
from lab.workshop.apps import Command
from lab.workshop.class_file import Class, Learner
from lab.workshop.ledger import folder
from lab.workshop.rehearsal import Outcome, Part, Rehearsal
from tests.unit.support.classes import EXERCISE, class_of
from tests.unit.support.engines import HandMadeEngine
from tests.unit.support.hubs import free_port

pytestmark = pytest.mark.usefixtures("english")

CATALOG = load()
APP = """
import os, sys, tty
from pathlib import Path
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger

tty.setraw(0)
ledger, exercise, verdict, code = Ledger(Path(sys.argv[1])), *sys.argv[2:]

def say(text):
    os.write(1, text.encode() + b"\\r\\n")

def begin():
    ledger.add(Kind.BEGAN, learner=1, exercise=exercise)

say("CKS Lab")
while typed := os.read(0, 4096).decode():
    if typed == "e":
        say("candidate@base:~$")
    elif typed == "\\x1b[20~" and any(event.kind is Kind.BEGAN for event in ledger.events()):
        say("Are you sure?")
    elif typed in ("\\x1b[20~", "y"):
        begin()
    elif "came to $?" in typed:
        say(typed.partition("echo ")[2].strip().replace("$?", code))
    elif typed == "\\x1b[15~":
        ledger.add(Kind.GRADED, learner=1, exercise=exercise, criteria={"warns": [verdict, 3, 3]}, mistake="")
"""
"""The app, as far as a rehearsal sees it."""


@dataclass
class Seat(HandMadeEngine):
    """A lab that is made and removed. `fault`: why it cannot be made; `missing`: a file that is not there."""

    state: State = State.ABSENT
    shell: list[str] = field(default_factory=lambda: ["echo"])
    fault: str = ""
    missing: str = ""

    def up(self, progress: OnProgress) -> None:
        if self.fault:
            raise LabError("class.not_ready", self.fault, seat=self.lab)
        if self.missing:
            raise FileNotFoundError(self.missing)
        self.state = State.READY

    def down(self, progress: OnProgress) -> None:
        self.state = State.ABSENT


class Stage:
    """A class with free ports, and what is rehearsed of it."""

    def __init__(self) -> None:
        self.class_: Class = replace(class_of(2), id="monday", port=free_port(), ssh_port=free_port())
        self.seat = Seat(lab="monday-check-01")
        self.verdict, self.code = "pass", "0"
        self.exercise = EXERCISE
        self.told: list[Outcome] = []

    def run(self) -> dict[Part, str]:
        def command(file: Path) -> Command:
            def app(_: Learner) -> Sequence[str]:
                return [sys.executable, "-c", APP, str(file.parent / "class.db"), EXERCISE, self.verdict, self.code]

            return app

        chosen = CATALOG.exercise(self.exercise)
        found = Rehearsal(self.class_, CATALOG, chosen, lambda _: self.seat, command=command)
        return {outcome.part: outcome.problem for outcome in found.run(ignore, self.told.append)}


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_an_exercise_is_solved_through_each_door_on_a_seat_that_is_removed(stage: Stage) -> None:
    assert stage.run() == dict.fromkeys(Part, "")
    (solution,) = [answer for answer in CATALOG.exercise(EXERCISE).answers if answer.name == "solution"]
    assert list(stage.seat.workstation.files.values()) == [solution.script_text.encode()]
    assert stage.seat.state is State.ABSENT
    assert [each.name for each in (paths.state() / "classes").iterdir()] == ["monday"]


def test_each_part_is_told_at_once(stage: Stage) -> None:
    stage.run()
    assert [outcome.part for outcome in stage.told] == list(Part)


def test_a_seat_that_cannot_be_made_is_told_and_no_door_is_tried(stage: Stage) -> None:
    stage.seat.fault = "no room"
    assert stage.run() == {
        Part.PORTS: "",
        Part.SEAT: "Seat monday-check-01 does not work as it should. no room",
        Part.REMOVED: "",
    }


def test_what_to_do_about_an_error_is_what_it_says(stage: Stage) -> None:
    stage.seat.fault = "no room"
    stage.run()
    assert stage.told[1].next_step.startswith("`ckslab --name monday-check-01 doctor` names what is wrong")


def test_a_file_that_is_missing_on_the_seat_is_told_and_the_seat_is_removed(stage: Stage) -> None:
    stage.seat.missing = "base:/home/candidate/.ssh/id_ed25519.pub"
    assert stage.run() == {Part.PORTS: "", Part.SEAT: stage.seat.missing, Part.REMOVED: ""}


def test_add_ons_are_built_once_it_is_known_what_the_seat_lacks(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[State] = []
    monkeypatch.setattr(addons, "build", lambda engine, names, progress: states.append(engine.status().state))
    stage.run()
    assert states == [State.READY]


def test_an_exercise_that_the_seats_cannot_have_is_told_and_another_is_rehearsed(stage: Stage) -> None:
    stage.class_ = replace(stage.class_, exercises=(EXERCISE, "apparmor-localhost"))
    stage.seat.lacking = {Capability.APPARMOR: "one kernel"}
    found = stage.run()
    assert found.pop(Part.EXERCISES).endswith("apparmor-localhost: one kernel")
    assert found == dict.fromkeys(set(Part) - {Part.EXERCISES}, "")


def test_one_that_the_seats_cannot_have_is_not_rehearsed(stage: Stage) -> None:
    stage.exercise = "apparmor-localhost"
    stage.seat.lacking = {Capability.APPARMOR: "one kernel"}
    assert set(stage.run()) == {Part.PORTS, Part.SEAT, Part.EXERCISES, Part.REMOVED}


def test_a_solution_that_does_not_pass_is_told_for_each_door(stage: Stage) -> None:
    stage.verdict = "fail"
    found = stage.run()
    assert found[Part.BROWSER] == f"The solution of {EXERCISE} did not pass. warns: fail"
    assert found[Part.SSH] == found[Part.BROWSER]
    assert stage.seat.state is State.ABSENT


def test_a_solution_that_fails_in_the_shell_is_told_with_what_was_seen(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "SOLUTION_SECONDS", 0.5)
    stage.code = "1"
    problem = stage.run()[Part.BROWSER]
    assert "'Try 0 came to 0.'" in problem
    assert "Try 0 came to 1." in problem


def test_a_port_that_another_program_has_is_told_and_the_rest_is_rehearsed(stage: Stage) -> None:
    with socket.socket() as other:
        other.bind((hub.LOOPBACK, stage.class_.port))
        other.listen()
        found = stage.run()
    assert found[Part.PORTS].startswith(f"Port {stage.class_.port} is taken.")
    assert found[Part.SSH] == ""


def test_the_ports_of_the_class_s_own_hub_are_its(stage: Stage) -> None:
    with socket.socket() as other, hub.alone(folder("monday")):
        other.bind((hub.LOOPBACK, stage.class_.port))
        other.listen()
        assert stage.run()[Part.PORTS] == ""


def test_what_an_interrupted_rehearsal_has_left_is_removed_first(stage: Stage) -> None:
    stage.seat.state = State.DEGRADED
    (folder("monday-check") / "class.db").write_bytes(b"")
    assert stage.run()[Part.SEAT] == ""
