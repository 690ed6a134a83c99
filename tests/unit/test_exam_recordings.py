"""What the grades of a sitting saw: saved task by task, and there again to be judged."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from checkers.api import Observer
from lab.errors import LabError
from lab.exam import recordings
from lab.grading.record import Recorder
from tests.unit.support.exercises import criterion, exercise
from tests.unit.support.observations import HandMade, pod

EXERCISE = exercise([criterion("one", points=4)])
SECRET = {
    "kind": "Secret",
    "metadata": {"name": "db", "namespace": "default"},
    "data": {"password": base64.b64encode(b"correct-horse").decode()},
}


def pods(observer: Observer) -> int:
    return len(observer.list("Pod", "default"))


def graded(*pods_then: int) -> Recorder:
    """A grade that asked several times, and saw so many Pods each time."""
    recorder = Recorder(HandMade())
    for count in pods_then:
        recorder._observer = HandMade([pod()] * count)
        pods(recorder)
    return recorder


def test_each_grade_of_a_task_is_seen_again_as_it_was(tmp_path: Path) -> None:
    file = recordings.path(tmp_path, 3, 2)
    recordings.save(file, EXERCISE, [graded(1, 1, 2), graded(0)])
    first, second = recordings.load(file)
    assert [pods(first), pods(first), pods(first), pods(second)] == [1, 1, 2, 0]


def test_a_task_has_its_file_in_the_folder_of_its_sitting(tmp_path: Path) -> None:
    assert recordings.path(tmp_path, 3, 12) == tmp_path / "sittings" / "3" / "12.jsonl"


def test_a_recording_is_masked_and_for_its_owner_alone(tmp_path: Path) -> None:
    recorder = Recorder(HandMade([SECRET]))
    recorder.get("Secret", "db", "default")
    file = recordings.path(tmp_path, 1, 1)
    recordings.save(file, EXERCISE, [recorder])
    assert SECRET["data"]["password"] not in file.read_text()  # type: ignore[index]
    assert file.parent.stat().st_mode & 0o077 == 0


def test_a_recording_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(LabError) as missing:
        recordings.load(recordings.path(tmp_path, 1, 1))
    assert missing.value.key == "exam.no_recording"


@pytest.mark.parametrize(
    "text", ["", "{", '{"look": "list"}', '{"look": "list", "with": {}, "raises": "Nothing"}', "[]"]
)
def test_a_recording_that_cannot_be_read_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "1.jsonl"
    file.write_text(text)
    with pytest.raises(LabError) as damaged:
        recordings.load(file)
    assert damaged.value.key == "exam.bad_recording"
