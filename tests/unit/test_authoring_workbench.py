"""Proofs on one lab and on several side by side: who makes and removes them, and how all of it ends."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lab.authoring.prove import Proof
from lab.authoring.side_by_side import side_by_side
from lab.authoring.workbench import Result
from lab.catalog.model import Answer, Exercise
from lab.cluster.engine import Completed, State
from lab.errors import LabError, UsageError
from tests.unit.support.author import Author, Made
from tests.unit.support.engines import done
from tests.unit.support.proofs import FAIL, PASS, HandMadeLab, written

pytestmark = pytest.mark.usefixtures("english")

BOUND = 20
"""Seconds after which a test that waits for another thread has failed."""


@pytest.fixture
def author(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Author:
    return Author(monkeypatch, [written(tmp_path / name, name) for name in ("one", "two", "three")])


class Together(HandMadeLab):
    """Goes on when both labs have started something, so that neither can do all of it."""

    meeting: threading.Barrier

    def start(self, exercise: Exercise) -> None:
        super().start(exercise)
        if len([event for event in self.events if event.startswith("start")]) == 1:
            self.meeting.wait(BOUND)


@pytest.fixture
def pair(author: Author) -> Author:
    """An author whose two labs both take part."""
    author.kind = type("Lab", (Together,), {"meeting": threading.Barrier(2)})
    return author


def test_each_answer_says_when_it_begins_and_why(author: Author) -> None:
    author.prove(answer="solution")
    assert [news.step for news in author.news if news.step] == [
        f"{name} solution: not proved here yet" for name in ("one", "two", "three")
    ]


# On several labs


def test_two_labs_share_the_answers_and_results_come_in_the_catalogs_order(pair: Author) -> None:
    found = pair.prove(labs=2)
    assert [result.id for result in found] == [
        f"{exercise}/{answer}"
        for exercise in ("one", "two", "three")
        for answer in ("untouched", "solution", "forgotten")
    ]
    assert {proof.lab for proof in found if isinstance(proof, Proof)} == {"cks", "cks-2"}
    assert sum(event.startswith("start") for lab in pair.labs.values() for event in lab.events) == 9


def test_progress_names_the_lab(pair: Author) -> None:
    pair.prove(labs=2)
    assert {news.lab for news in pair.news} == {"cks", "cks-2"}


def test_a_lab_that_was_made_for_it_is_removed_again(pair: Author) -> None:
    pair.prove(labs=2)
    assert pair.others["cks-2"].state is State.ABSENT
    assert pair.engine.state is State.READY


def test_a_lab_that_was_there_stays(pair: Author) -> None:
    pair.others["cks-2"] = Made(lab="cks-2", state=State.READY)
    pair.prove(labs=2)
    assert pair.others["cks-2"].state is State.READY


def test_no_lab_is_made_where_nothing_is_to_be_run(author: Author) -> None:
    author.prove()
    author.prove(labs=2)
    assert author.others == {}


def test_no_more_labs_are_made_than_there_are_answers_to_run(pair: Author) -> None:
    pair.exercises = pair.exercises[:2]
    pair.prove(labs=4, answer="solution")
    assert list(pair.others) == ["cks-2"]


def test_a_cluster_of_the_users_own_is_the_only_one_there_is(author: Author) -> None:
    author.engine.name = "external"
    with pytest.raises(UsageError) as caught:
        author.prove(labs=2)
    assert caught.value.key == "prove.one_cluster"


def test_a_lab_that_cannot_be_made_ends_all_of_it(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    def up(engine: Made, progress: object) -> None:
        raise LabError("wait", what="memory", seconds=1)

    monkeypatch.setattr(Made, "up", up)
    with pytest.raises(LabError, match="memory"):
        author.prove(labs=2)
    assert author.others["cks-2"].state is State.ABSENT


def test_who_stops_waits_until_every_lab_has_stopped(pair: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    stops: list[threading.Event] = []

    class Slow(HandMadeLab):
        """Begins a second answer once it is time to stop."""

        def start(self, exercise: Exercise) -> None:
            if self.events:
                assert stops[0].wait(BOUND)
            super().start(exercise)

    def watched(works: Sequence[Iterator[Result]], stop: threading.Event) -> Iterator[Result]:
        stops.append(stop)
        return side_by_side(works, stop)

    monkeypatch.setattr("lab.authoring.workbench.side_by_side", watched)
    pair.kind = Slow
    before = set(threading.enumerate())
    proving = pair.proving(labs=2)
    next(proving)
    proving.close()
    assert pair.others["cks-2"].state is State.ABSENT
    assert set(threading.enumerate()) <= before
    begun = sum(event.startswith("start") for lab in pair.labs.values() for event in lab.events)
    assert begun < 9


def test_what_was_interrupted_is_run_the_next_time(pair: Author) -> None:
    proving = pair.proving(labs=2)
    first = next(proving)
    proving.close()
    pair.kind = HandMadeLab
    pair.labs.clear()
    found = pair.prove()
    assert all(isinstance(proof, Proof) and proof.holds for proof in found)
    assert first.id not in {proof.id for proof in found if isinstance(proof, Proof) and proof.why}


def test_an_answer_that_was_interrupted_has_not_failed(pair: Author) -> None:
    class Interrupted(pair.kind):  # type: ignore[misc, name-defined]
        """Its scripts run until all is stopped, and end with an error then."""

        def answer(self, answer: Answer) -> Completed:
            super().answer(answer)
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    self.clock.sleep(1)
            return done(code=130)

    pair.kind = Interrupted
    proving = pair.proving(labs=2)
    next(proving)
    proving.close()
    pair.kind = HandMadeLab
    pair.labs.clear()
    assert "failed" not in pair.ran().values()


# Keeping what failed


def test_keep_stops_at_the_first_answer_that_does_not_hold(author: Author) -> None:
    author.grades["solution"] = [{"a": FAIL, "b": PASS}]
    found = author.prove(keep=True)
    assert author.labs["cks"].events[-3:] == ["solution", "grade", "grade"]
    assert [proof.id for proof in found if isinstance(proof, Proof)] == ["one/untouched", "one/solution"]
    assert [result.id for result in found][2:4] == ["one/forgotten", "two/untouched"]


def test_keep_runs_what_its_recording_speaks_against(author: Author) -> None:
    author.grades["solution"] = [{"a": FAIL, "b": PASS}]
    author.prove(answer="solution")
    found = author.prove(keep=True, answer="solution")
    assert [proof.why for proof in found if isinstance(proof, Proof)] == ["failed"]


def test_a_lab_that_was_made_for_it_stays_if_the_answer_that_failed_ran_there(pair: Author) -> None:
    pair.grades["untouched"] = pair.grades["solution"] = [{"a": PASS, "b": FAIL}]
    pair.prove(keep=True, labs=2)
    assert pair.others["cks-2"].state is State.READY
