"""Who works on a lab has it for themselves."""

from __future__ import annotations

import fcntl
import threading

import pytest

from lab import paths
from lab.cluster.host.lock import hold
from lab.errors import LabError
from tests.unit.support.programs import at_work


def test_what_another_program_works_on_is_not_waited_for_and_told_by_its_process() -> None:
    with at_work("own") as program, pytest.raises(LabError) as caught, hold("own"):
        pass
    assert (caught.value.key, caught.value.params) == ("lab.busy", {"lab": "own"})
    assert caught.value.came_back == f"{program.pid}: -c own False"


def test_a_look_disturbs_work_and_is_refused_as_well() -> None:
    with at_work("own"), pytest.raises(LabError), hold("own", only_looking=True):
        pass


def test_work_disturbs_a_look() -> None:
    with at_work("own", only_looking=True), pytest.raises(LabError), hold("own"):
        pass


def test_many_may_look_at_a_time() -> None:
    with at_work("own", only_looking=True), hold("own", only_looking=True):
        pass


def test_another_lab_is_free() -> None:
    with at_work("own"), hold("other"):
        pass


def test_a_program_that_is_killed_holds_nothing() -> None:
    with at_work("own") as program:
        program.kill()
        program.wait()
        with hold("own"):
            pass


def test_who_holds_a_lab_may_hold_it_once_more_inside() -> None:
    with hold("own"):
        with hold("own", only_looking=True):
            pass
        with at_work("other"):
            pass
        with pytest.raises(AssertionError), at_work("own"):
            pass


def test_another_thread_waits_for_its_turn() -> None:
    order: list[str] = []

    def come_second() -> None:
        with hold("own"):
            order.append("second")

    second = threading.Thread(target=come_second)
    with hold("own"):
        second.start()
        second.join(0.05)
        order.append("first")
    second.join()
    assert order == ["first", "second"]


def test_nothing_is_left_of_it() -> None:
    with hold("own"):
        assert list(paths.lab("own").parent.iterdir())
    assert list(paths.lab("own").parent.iterdir()) == []


def test_who_comes_while_another_goes_locks_no_removed_file(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, left = fcntl.flock, [paths.lab("own").parent / "own.lock"]

    def lock_late(file: int, how: int) -> None:
        if left:
            left.pop().unlink()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", lock_late)
    with hold("own"), pytest.raises(AssertionError), at_work("own"):
        pass
