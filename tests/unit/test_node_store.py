"""The cache of what has been built."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.store import Artifact, Store


def say(word: str) -> Artifact:
    """An artifact with one file."""
    return Artifact("word", 1, lambda target, _: _write(target / "said", word), (word,))


def _write(file: Path, text: str) -> None:
    file.write_text(text)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "artifacts")


def names(store: Store, artifact: Artifact) -> list[str]:
    """All there is in the store, hidden things too."""
    return sorted(path.name for path in store.path(artifact).parent.iterdir())


# When something is built anew


def test_the_same_ingredients_are_the_same_artifact() -> None:
    assert say("one").key == say("one").key


def test_other_ingredients_are_another() -> None:
    assert say("one").key != say("two").key


def test_ingredients_do_not_run_into_each_other() -> None:
    assert Artifact("a", 1, _nothing, ("bc", "d")).key != Artifact("a", 1, _nothing, ("b", "cd")).key


def test_a_source_that_changes_makes_another(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    own = Artifact("own", 1, _nothing, sources=(source,))
    keys = [own.key]
    _write(source / "main.go", "package main")
    keys.append(own.key)
    _write(source / "main.go", "package other")
    keys.append(own.key)
    (source / "main.go").rename(source / "other.go")
    keys.append(own.key)
    (source / "other.go").chmod(0o755)
    keys.append(own.key)
    assert len(set(keys)) == len(keys)


def test_pythons_own_files_are_no_source(tmp_path: Path) -> None:
    own = Artifact("own", 1, _nothing, sources=(tmp_path,))
    before = own.key
    (tmp_path / "__pycache__").mkdir()
    _write(tmp_path / "__pycache__" / "recipe.pyc", "compiled")
    assert own.key == before


def test_a_need_that_changes_makes_another_all_the_way_up() -> None:
    def chain(word: str) -> str:
        middle = Artifact("middle", 1, _nothing, needs=(say(word),))
        return Artifact("top", 1, _nothing, needs=(middle,)).key

    assert chain("one") == chain("one")
    assert chain("one") != chain("two")


def test_how_long_it_took_elsewhere_does_not_matter() -> None:
    assert Artifact("a", 1, _nothing).key == Artifact("a", 99, _nothing).key


def _nothing(target: Path, made: dict[str, Path]) -> None:
    return None


# Building


def test_what_was_built_is_there(store: Store) -> None:
    one = say("one")
    assert not store.has(one)
    assert (store.build(one) / "said").read_text() == "one"
    assert store.has(one)
    assert store.path(one) == store.build(one)


def test_what_is_needed_is_handed_over_by_name(store: Store) -> None:
    one = say("one")
    store.build(one)

    def make(target: Path, made: dict[str, Path]) -> None:
        _write(target / "all", (made["word"] / "said").read_text())

    top = Artifact("top", 1, make, needs=(one,))
    assert (store.build(top) / "all").read_text() == "one"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, OSError])
def test_a_build_that_is_interrupted_leaves_nothing(store: Store, interruption: type[BaseException]) -> None:
    def begin(target: Path, made: dict[str, Path]) -> None:
        _write(target / "half", "")
        raise interruption

    half = Artifact("half", 1, begin)
    with pytest.raises(interruption):
        store.build(half)
    assert not store.has(half)
    assert names(store, half) == []


def test_a_build_that_is_interrupted_keeps_the_older_one(store: Store) -> None:
    store.build(say("one"))
    broken = Artifact("word", 1, lambda target, _: _interrupt(), ("two",))
    with pytest.raises(KeyboardInterrupt):
        store.build(broken)
    assert store.has(say("one"))


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_older_ones_of_the_same_name_go_and_others_stay(store: Store) -> None:
    longer = Artifact("word-list", 1, _nothing)
    store.build(longer)
    store.build(say("one"))
    store.build(say("two"))
    assert not store.has(say("one"))
    assert names(store, longer) == sorted([store.path(say("two")).name, store.path(longer).name])
