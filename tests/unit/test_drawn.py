"""What a start draws: other values each time, in the scenario's files, known to checks, and in no recording."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from checkers.api import Finding, Observer, Ran, Text, passed
from lab.catalog.drawn import filled, names, values
from lab.catalog.load import load
from lab.catalog.model import Catalog, Domain, Exercise, Localized, MachineFile, Scenario
from lab.grading.record import Recorder, Replay, public
from lab.practice.session import Session
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeEngine
from tests.unit.support.exercises import content, criterion, exercise, write_domain, write_exercise
from tests.unit.support.observations import HandMade

DRAW: dict[str, tuple[str, ...]] = {"token": (), "role": ("web", "api", "cache")}


def scenario(tmp_path: Path) -> Scenario:
    manifest = tmp_path / "secret.yaml"
    manifest.write_text("name: DRAWN(role.1)\nstringData: {token: DRAWN(token)}\n", encoding="utf-8")
    note = tmp_path / "note"
    note.write_text("DRAWN(token)", encoding="utf-8")
    return Scenario((), (manifest,), (MachineFile("base", "/note", note),), draw=DRAW)


def started(engine: HandMadeEngine, scenario: Scenario, seen: list[HandMade]) -> tuple[Session, Exercise]:
    def observe(engine: Any, images: Any, drawn: Any) -> Any:
        seen.append(HandMade(values=dict(drawn)))
        return seen[-1]

    own = exercise([criterion("a")], scenario=scenario)
    catalog = Catalog((Domain("first", Localized("", ""), (own,)),))
    session = Session(catalog, engine, observe=observe, clock=Hands().clock)
    session.start(own)
    return session, own


# Drawing


def test_a_word_is_another_one_each_time_and_items_are_dealt_out_each_once() -> None:
    first, second = values(DRAW), values(DRAW)
    assert first["token"] != second["token"]
    assert first["token"].isalpha()
    assert first["token"].islower()
    assert sorted(first[f"role.{number}"] for number in (1, 2, 3)) == ["api", "cache", "web"]
    assert list(first) == list(names(DRAW))


def test_values_come_into_their_places_and_nothing_else_is_changed() -> None:
    assert filled(b"\xff DRAWN(a) DRAW(a) DRAWN(b.1)", {"a": "x", "b.1": "y"}) == b"\xff x DRAW(a) y"


# Starting


def test_a_start_puts_the_same_values_into_all_files(tmp_path: Path) -> None:
    engine = HandMadeEngine()
    started(engine, scenario(tmp_path), [])
    token = engine.workstation.files["/note"].decode()
    assert any(f"stringData: {{token: {token}}}".encode() in stdin for stdin in engine.node.stdins)


def test_checks_are_told_what_the_last_start_drew(tmp_path: Path) -> None:
    engine, seen = HandMadeEngine(), list[HandMade]()
    session, own = started(engine, scenario(tmp_path), seen)
    session.start(own)
    seen.clear()
    with pytest.raises(AttributeError), session.observer(own):
        pass  # a hand-made observer has nothing to close
    assert seen[0].values["token"] == engine.workstation.files["/note"].decode()


def test_what_was_drawn_is_nobody_elses_to_read_and_on_no_machine(tmp_path: Path) -> None:
    from lab import paths

    engine = HandMadeEngine()
    started(engine, scenario(tmp_path), [])
    file = paths.lab(engine.lab) / "drawn.json"
    assert file.stat().st_mode & 0o77 == 0
    assert list(engine.node.files) == []


# Recording


def test_a_recording_has_another_value_everywhere_and_grades_the_same(tmp_path: Path) -> None:
    value = values({"token": ()})["token"]
    encoded = base64.b64encode(f"{value}\n".encode()).decode()
    cluster = HandMade(values={"token": value}, on_nodes={"base": {"cat": Ran(0, f"{value} {encoded}", "")}})

    def matches(lab: Observer) -> Finding:
        drawn = lab.drawn("token")
        plain, in_base64 = lab.on_node("base", ["cat"]).stdout.split()
        assert plain == drawn
        assert base64.b64decode(in_base64) == f"{drawn}\n".encode()
        return passed(Text("", ""), Text("", ""))

    recorder = Recorder(cluster)
    matches(recorder)
    file = tmp_path / "recording.jsonl"
    recorder.save(file, ())
    assert value not in file.read_text(encoding="utf-8")
    assert base64.b64encode(value.encode()).decode() not in file.read_text(encoding="utf-8")
    matches(Replay(file))


def test_items_that_are_dealt_out_are_no_secret(tmp_path: Path) -> None:
    assert public(exercise([criterion("a")], scenario=scenario(tmp_path))) == ["web", "api", "cache"]


# The file


def problems(tmp_path: Path, draw: object, manifest: str) -> list[str]:
    own = content()
    own["scenario"] = {"apply": ["setup/a.yaml"], "draw": draw}
    folder = write_exercise(write_domain(tmp_path / "exercises", str(own["id"])), own)
    (folder / "setup").mkdir()
    (folder / "setup" / "a.yaml").write_text(manifest, encoding="utf-8")
    return [str(problem) for problem in load(tmp_path / "exercises").problems]


@pytest.mark.usefixtures("english")
def test_a_place_for_what_is_not_drawn_is_a_problem(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, {"token": "word"}, "DRAWN(token) DRAWN(tokem)")
    assert "scenario.apply[0]" in problem
    assert "DRAWN(tokem)" in problem


@pytest.mark.usefixtures("english")
def test_what_is_drawn_in_vain_is_a_problem(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, {"token": "word", "role": ["a", "b"]}, "DRAWN(token)")
    assert "scenario.draw.role" in problem


def test_what_is_drawn_well_is_none(tmp_path: Path) -> None:
    assert problems(tmp_path, {"token": "word", "role": ["a", "b"]}, "DRAWN(token) DRAWN(role.2)") == []
