"""What is made of files is made once, and anew when one of them changes; and the listing that is made so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab import paths
from lab.cached import cached
from lab.catalog.listing import listing
from tests.unit.support.exercises import content, write_domain, write_exercise


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CKSLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> list[int]:
        self.times += 1
        return [self.times]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text("a")
    return tmp_path / "a.yaml"


def test_it_is_made_once(file: Path) -> None:
    make = Maker()
    assert [cached([str(file)], "a", make) for _ in range(2)] == [[1], [1]]


def test_it_is_made_anew_when_a_file_has_changed(file: Path) -> None:
    make = Maker()
    cached([str(file)], "a", make)
    file.write_text("ab")
    assert cached([str(file)], "a", make) == [2]


def test_a_change_that_keeps_the_size_is_known_by_its_time(file: Path) -> None:
    make = Maker()
    cached([str(file)], "a", make)
    os.utime(file, ns=(1, 1))
    assert cached([str(file)], "a", make) == [2]


def test_a_file_that_is_gone_is_a_change(file: Path) -> None:
    make = Maker()
    cached([str(file)], "a", make)
    file.unlink()
    assert cached([str(file)], "a", make) == [2]


@pytest.mark.parametrize("content", ["", "[]", "{", "{}"])
def test_a_cache_that_cannot_be_read_is_none(file: Path, cache: Path, content: str) -> None:
    make = Maker()
    cached([str(file)], "a", make)
    (cache / "values" / "a.json").write_text(content)
    assert cached([str(file)], "a", make) == [2]


def test_where_nothing_can_be_saved_it_is_made_each_time(file: Path, cache: Path) -> None:
    cache.mkdir()
    (cache / "values").write_text("no folder")
    make = Maker()
    assert [cached([str(file)], "a", make) for _ in range(2)] == [[1], [2]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = write_domain(tmp_path / "exercises", "one", "sketch")
    write_exercise(folder, content())
    write_exercise(folder, content() | {"id": "sketch", "draft": True})
    return tmp_path / "exercises"


def ids(root: Path, *, drafts: bool = False) -> list[str]:
    found = listing(root=root, drafts=drafts)
    return [exercise["id"] for domain in found["domains"] for exercise in domain["exercises"]]


def test_the_listing_follows_its_files(root: Path) -> None:
    assert ids(root) == ["one"]
    write_exercise(write_domain(root, "one", "sketch", "two"), content() | {"id": "two"})
    assert ids(root) == ["one", "two"]


def test_the_listing_has_drafts_for_who_asks_for_them(root: Path) -> None:
    assert (ids(root), ids(root, drafts=True)) == (["one"], ["one", "sketch"])


def test_the_listing_counts_mistakes(root: Path) -> None:
    (root / "first" / "one" / "exercise.yaml").write_text("id: one\n")
    assert listing(root=root)["broken"] > 0


def test_a_second_list_reads_no_yaml_and_knows_no_check(tmp_path: Path) -> None:
    program = "import sys; from lab.cli import main; main(['list']); print(*sys.modules, file=sys.stderr)"
    places = {
        "CKSLAB_CACHE": str(tmp_path / "cache"),
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
    }
    for _ in range(2):
        ran = subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, **places}, capture_output=True, text=True, check=True
        )
    modules = ran.stderr.split()
    assert [name for name in modules if name.split(".")[0] in ("yaml", "checkers", "platformdirs", "subprocess")] == []


@pytest.mark.parametrize("purpose", ["STATE", "CONFIG", "CACHE"])
def test_our_directories_are_where_xdg_says(purpose: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.delenv("CKSLAB_CACHE")
    for chosen in (str(tmp_path), "not/absolute", ""):
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.setenv(f"XDG_{purpose}_HOME", chosen)
        theirs = getattr(platformdirs.PlatformDirs("ckslab", appauthor=False), f"user_{purpose.lower()}_path")
        assert paths._ours(purpose.lower()) == theirs
