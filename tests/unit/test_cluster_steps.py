"""Progress in steps, and what is guessed of the time that is left."""

from __future__ import annotations

import pytest

from lab.cluster.host.steps import Step, Steps
from lab.cluster.host.wait import until
from lab.errors import LabError
from lab.progress import Progress
from tests.unit.support.clocks import Hands


class Work:
    """Three steps of 10, 20 and 30 seconds, by a clock that is moved by hand."""

    def __init__(self) -> None:
        self.hands = Hands()
        self.told: list[Progress] = []
        steps = [Step("first", 10), Step("second", 20), Step("third", 30)]
        self.steps = Steps(steps, self.told.append, lambda: self.hands.passed)

    def next_after(self, seconds: float) -> Progress:
        self.hands.sleep(seconds)
        self.steps.next()
        return self.told[-1]

    def say_after(self, seconds: float, line: str | None = "a line") -> Progress:
        self.hands.sleep(seconds)
        self.steps.say(line)
        return self.told[-1]


def test_at_first_the_guess_is_what_it_took_elsewhere() -> None:
    assert Work().next_after(0) == Progress("first", 1, 3, 0, 60, "")


def test_a_step_takes_its_time_from_the_guess() -> None:
    work = Work()
    work.next_after(0)
    assert work.say_after(4) == Progress("first", 1, 3, 4, 56, "a line")


def test_a_machine_half_as_fast_needs_twice_as_long_for_the_rest() -> None:
    work = Work()
    work.next_after(0)
    assert work.next_after(20).left == 2 * (20 + 30)
    assert work.say_after(10).left == 2 * (20 + 30) - 10


def test_what_was_done_before_makes_the_rest_faster() -> None:
    work = Work()
    work.next_after(0)
    assert work.next_after(1).left == pytest.approx(5)


def test_a_step_that_takes_too_long_never_makes_less_than_nothing_of_itself() -> None:
    work = Work()
    work.next_after(0)
    assert work.say_after(500).left == 20 + 30


def test_silence_keeps_the_last_line_and_moves_the_time() -> None:
    work = Work()
    work.next_after(0)
    work.say_after(1, "compiling")
    silent = work.say_after(1, None)
    assert (silent.detail, silent.elapsed) == ("compiling", 2)


def test_the_next_step_begins_without_the_last_ones_words() -> None:
    work = Work()
    work.next_after(0)
    work.say_after(1, "compiling")
    assert work.next_after(1).detail == ""


# Waiting


def test_a_wait_returns_what_it_waited_for() -> None:
    looks = iter(["", "", "10.244.0.0/24"])
    assert until(lambda: next(looks), seconds=5, what="addresses", clock=Hands().clock) == "10.244.0.0/24"


def test_a_wait_ends_at_its_bound_and_says_what_for() -> None:
    hands = Hands()
    with pytest.raises(LabError) as caught:
        until(lambda: False, seconds=5, what="the API server", clock=hands.clock)
    assert caught.value.key == "wait"
    assert caught.value.tried == "Waited 5 s for the API server."
    assert hands.passed == 5
