"""What is remembered of a lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import paths
from lab.cluster import record
from lab.cluster.record import Record


def test_a_lab_that_was_never_made_has_no_record() -> None:
    assert record.load("own") is None


def test_all_that_is_remembered_comes_back() -> None:
    memory = Record("kind", "nerdctl", "pull", "localhost/image:1", True, {"apparmor": "capability.no-apparmor"})
    record.save("own", memory)
    assert record.load("own") == memory
    assert record.load("another") is None


def test_only_its_owner_may_look() -> None:
    record.save("own", Record())
    assert paths.lab("own").stat().st_mode & 0o077 == 0


def test_a_record_is_whole_or_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    record.save("own", Record(image="old"))

    def power_fails(source: object, target: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "replace", power_fails)
    with pytest.raises(OSError):  # noqa: PT011 - the one just above
        record.save("own", Record(image="new"))
    loaded = record.load("own")
    assert loaded is not None
    assert loaded.image == "old"


@pytest.mark.parametrize(
    ("wish", "fits"),
    [
        (Record(), True),
        (Record("vagrant"), True),
        (Record("vagrant", image="build"), True),
        (Record("vagrant", image="ckslab-made"), True),
        (Record("vagrant", image="pull"), False),
        (Record("external"), False),
        (Record(provider="virtualbox"), False),
        (Record(machines=1), False),
    ],
)
def test_a_wish_that_says_nothing_else_fits_a_lab_that_exists(wish: Record, *, fits: bool) -> None:
    made = Record("vagrant", image="build", made_from="ckslab-made", provider="libvirt")
    assert made.is_as_wished(wish) is fits


def test_of_what_was_said_on_a_command_line_only_choices_are_a_wish() -> None:
    said = {"name": "own", "engine": "vagrant", "machines": 1, "provider": None, "json": True}
    assert record.wish(said) == Record("vagrant", machines=1)


def test_all_labs_are_known_by_their_records() -> None:
    for name in ("own", "another"):
        record.save(name, Record())
    paths.private(paths.lab("empty"))
    assert record.labs() == ["another", "own"]
