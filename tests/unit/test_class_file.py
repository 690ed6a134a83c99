"""`class.yaml` and the lists beside it, as an instructor meets them: each mistake named with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.catalog.load import load as load_catalog
from lab.cluster.record import Record
from lab.errors import UsageError
from lab.workshop import class_file
from lab.workshop.class_file import Class, Learner

pytestmark = pytest.mark.usefixtures("english")


def loaded(folder: Path, **changes: Any) -> Class:
    """A class that is whole but for these changes; None takes a key away."""
    whole: dict[str, Any] = {"id": "monday", "title": "Monday", "exercises": ["psa-warn-baseline"], "learners": ["Ada"]}
    values = {name: value for name, value in (whole | changes).items() if value is not None}
    file = folder / "class.yaml"
    file.write_text(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return class_file.load(file, load_catalog())


def problems(folder: Path, **changes: Any) -> list[str]:
    with pytest.raises(UsageError) as raised:
        loaded(folder, **changes)
    return raised.value.came_back.replace(f"{folder.name}/", "").splitlines()


def listed(folder: Path, content: str | bytes) -> tuple[Learner, ...]:
    raw = content.encode() if isinstance(content, str) else content
    (folder / "names.csv").write_bytes(raw)
    return loaded(folder, learners=None, list="names.csv").learners


def test_a_learner_is_a_name_or_says_more(tmp_path: Path) -> None:
    found = loaded(tmp_path, learners=["Ada", {"name": "张三", "id": "s7", "lang": "zh"}])
    assert found.learners == (Learner(1, "Ada", "", "en", "monday-01"), Learner(2, "张三", "s7", "zh", "monday-02"))


@pytest.mark.parametrize(("learners", "reserve"), [(1, 1), (10, 1), (11, 2), (100, 10)])
def test_of_ten_seats_one_more_is_in_reserve(tmp_path: Path, learners: int, reserve: int) -> None:
    found = loaded(tmp_path, learners=[f"learner {number}" for number in range(learners)])
    assert (found.reserve, len(found.seats)) == (reserve, learners + reserve)
    assert len(set(found.seats)) == len(found.seats)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": "Monday"}, "class.yaml:1: id: 'Monday' is no name for a class"),
        ({"id": "a" * 25}, "class.yaml:1: id: "),
        ({"title": None}, "class.yaml:1: title: is missing"),
        ({"exercises": []}, "class.yaml:3: exercises: is empty"),
        ({"exercises": ["psa-warn-baselin"]}, "class.yaml:4: exercises[0]: there is no exercise 'psa-warn-baselin'"),
        ({"exercises": ["psa-warn-baseline"] * 2}, "class.yaml:5: exercises[1]: is there twice"),
        ({"learners": None}, "class.yaml:1: learners: is missing: name learners here"),
        ({"learners": ["Ada", "Ada"]}, "class.yaml:7: Ada is there already (class.yaml:6); give each an id"),
        ({"learners": [7]}, "class.yaml:6: learners[0]: must be a text"),
        ({"learners": [f"{n}x" for n in range(101)]}, "class.yaml:1: a class has at most 100 learners; here are 101"),
        ({"list": "gone.csv"}, "gone.csv:1: there is no such file"),
        ({"colour": "red"}, "class.yaml:7: colour: is no key here"),
        ({"engine": "vagrant"}, "class.yaml:7: engine: must be one of kind, pods, not 'vagrant'"),
        ({"context": "classroom"}, "class.yaml:7: context: is for seats as Pods"),
        ({"engine": "pods", "kubeconfig": "gone"}, "class.yaml:8: kubeconfig: there is no file /"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    assert problems(tmp_path, **changes)[0].startswith(problem)


def test_seats_are_made_on_this_machine_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    assert loaded(tmp_path).wish == Record("kind")
    (tmp_path / "host.conf").touch()
    pods = loaded(tmp_path, engine="pods", kubeconfig="host.conf", context="classroom", image="registry.example/node:1")
    place = str(tmp_path / "host.conf")
    assert pods.wish == Record("pods", kubeconfig=place, context="classroom", image="registry.example/node:1")


def test_two_of_one_name_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    found = loaded(tmp_path, learners=[{"name": "Ada", "id": "1"}, {"name": "Ada", "id": "2"}])
    assert [learner.id for learner in found.learners] == ["1", "2"]


def test_a_list_without_columns_has_a_name_a_line(tmp_path: Path) -> None:
    names = [learner.name for learner in listed(tmp_path, 'Ada\n\nTuring, Alan\n"Hopper, Grace"\n')]
    assert names == ["Ada", "Turing, Alan", "Hopper, Grace"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_list_with_columns_may_have_them_in_any_order(tmp_path: Path, delimiter: str) -> None:
    content = "\n".join(delimiter.join(row) for row in (("Lang", "mail", "Name", "ID"), ("zh", "a@b", "Ada", "7")))
    assert listed(tmp_path, content) == (Learner(1, "Ada", "7", "zh", "monday-01"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_is_read_as_spreadsheets_write_it(tmp_path: Path, encoding: str) -> None:
    assert [learner.name for learner in listed(tmp_path, "name\r\n张三\r\n".encode(encoding))] == ["张三"]


def test_a_list_names_each_of_its_mistakes(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("name,lang\nAda,en\n,en\nBob,fr\nAda,zh\n", encoding="utf-8")
    assert problems(tmp_path, learners=None, list="names.csv") == [
        "names.csv:3: name: is empty",
        "names.csv:4: lang: must be one of en, zh, not 'fr'",
        "names.csv:5: Ada is there already (names.csv:2); give each an id",
    ]


@pytest.mark.parametrize("content", [b"", b"name\n", b"\xff\xff\xff"])
def test_a_list_that_names_nobody_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "names.csv").write_bytes(content)
    assert problems(tmp_path, learners=None, list="names.csv")[0].startswith("names.csv:1: is ")


def test_what_is_written_to_begin_with_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "class.yaml"
    file.write_text(class_file.written("monday", ["psa-warn-baseline"], ["Ada", "张三"], ""), encoding="utf-8")
    found = class_file.load(file, load_catalog())
    assert (found.id, [learner.name for learner in found.learners]) == ("monday", ["Ada", "张三"])
