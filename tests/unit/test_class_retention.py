"""Names are deleted some time after a class."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab import cli
from lab.catalog.load import load
from lab.exam.events import Moment
from lab.workshop import authority, class_file, retention
from lab.workshop.class_file import Class
from lab.workshop.events import Kind
from lab.workshop.hub import Hub
from lab.workshop.ledger import Ledger, folder
from tests.unit.support.classes import NOON, class_of
from tests.unit.support.hubs import ADDRESS, BOUND, echo, free_port

pytestmark = pytest.mark.usefixtures("english")
CATALOG = load()
Output = pytest.CaptureFixture[str]


def day(number: float) -> Moment:
    return Moment(NOON + timedelta(days=number), "one", number * 86400)


def named(keep_days: int = 30) -> Class:
    class_ = class_of(2)
    return replace(class_, learners=(replace(class_.learners[0], name="Ada"), class_.learners[1]), keep_days=keep_days)


def ledger_with(*kinds: Kind) -> Ledger:
    ledger = Ledger(watch=lambda: day(0))
    for kind in kinds:
        ledger.add(kind)
    return ledger


@pytest.mark.parametrize(
    ("keep_days", "days", "due"), [(30, 29, False), (30, 31, True), (365, 31, False), (1, 2, True)]
)
def test_names_are_kept_for_so_long_after_anything_has_happened_last(keep_days: int, days: int, due: bool) -> None:
    ledger = ledger_with(Kind.CONSENTED, Kind.ENDED)
    assert retention.is_due(named(keep_days), ledger, lambda: day(days)) is due


@pytest.mark.parametrize("kinds", [(), (Kind.CONSENTED, Kind.READY, Kind.ISSUED)])
def test_a_class_that_is_yet_to_be_held_keeps_its_names(kinds: tuple[Kind, ...]) -> None:
    assert not retention.is_due(named(), ledger_with(*kinds), lambda: day(1000))


@pytest.fixture
def folder_of_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> Path:
    """Of a class called monday that has a list."""
    monkeypatch.chdir(tmp_path)
    Path("names.csv").write_text("name,id,lang\nAda Lovelace,s1,en\n张三,s2,zh\n", encoding="utf-8")
    assert cli.main(["class", "new", "monday", "--list", "names.csv", "--exercises", "psa-warn-baseline"]) == 0
    capsys.readouterr()
    return tmp_path


def held(days_ago: float) -> None:
    """Something happened in it so many days ago, and nothing since."""
    then = Moment(datetime.now(UTC) - timedelta(days=days_ago), "before", 0)
    Ledger(folder("monday") / "class.db", lambda: then).add(Kind.CAME, learner=1, door="ssh")
    for name in ("monday-01.db", "monday-01.db-wal"):
        (folder("monday") / name).write_text("notes")
    (folder("monday") / "homes").mkdir()
    (folder("monday") / "homes" / "monday-01.tar.gz").write_text("files")


@pytest.mark.parametrize("verb", [["board"], ["export"], ["plan", "--json"], ["say", "hello"]])
def test_any_verb_deletes_names_that_are_too_old(folder_of_class: Path, capsys: Output, verb: list[str]) -> None:
    held(days_ago=31)
    assert cli.main(["class", *verb]) in (0, 1)
    said = capsys.readouterr()
    assert "Nothing has happened in this class for 30 days" in said.err
    assert "Ada" not in said.out
    assert "Ada" not in (folder_of_class / "class.yaml").read_text()
    assert not (folder("monday") / "homes").exists()
    assert [file.name for file in folder("monday").glob("monday-*")] == []
    cli.main(["class", *verb])
    assert "Nothing has happened" not in capsys.readouterr().err


def test_before_that_they_stay(folder_of_class: Path, capsys: Output) -> None:
    held(days_ago=29)
    cli.main(["class", "board"])
    assert "Ada Lovelace" in capsys.readouterr().out
    assert (folder("monday") / "monday-01.db").exists()


def test_the_class_goes_on_without_names(folder_of_class: Path, capsys: Output) -> None:
    held(days_ago=31)
    cli.main(["class", "board"])
    assert "monday-01 monday-01" in capsys.readouterr().out
    found = class_file.load(folder_of_class / "class.yaml", CATALOG)
    assert [(learner.name, learner.id, learner.language) for learner in found.learners] == [
        ("monday-01", "", "en"),
        ("monday-02", "", "zh"),
    ]
    assert (found.id, found.exercises) == ("monday", ("psa-warn-baseline",))


def test_a_list_of_the_instructors_own_is_not_touched(folder_of_class: Path) -> None:
    before = (folder_of_class / "names.csv").read_bytes()
    held(days_ago=31)
    cli.main(["class", "board"])
    assert (folder_of_class / "names.csv").read_bytes() == before


async def test_a_hub_that_nobody_has_come_to_for_so_long_ends(tmp_path: Path) -> None:
    class_ = replace(named(), address=ADDRESS, port=free_port(), ssh_port=free_port())
    ledger = Ledger(tmp_path / "class.db", lambda: day(-10_000))
    ledger.add(Kind.ENDED)
    hub = Hub(class_, CATALOG, ledger, authority.of_class(tmp_path, ADDRESS), echo)
    async with asyncio.timeout(BOUND):
        await hub.serve(until=asyncio.Event())
