"""What the results of an exercise say, and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from checkers.api import Finding, Text, Verdict, failed, passed
from lab.catalog.model import Answer, Catalog, Domain, Exercise, Localized, Scenario
from lab.grading.grade import Grade
from lab.practice.attempt import Attempt, PastCriterion, PastGrade, Standing
from lab.ui import results
from lab.ui.desk import Desk, Past
from lab.ui.events import HistoryRead
from lab.ui.exercise_state import ExerciseState, Phase
from lab.ui.heading import heading
from lab.ui.results import Closing
from tests.unit.support.desks import LOST, MISTAKE, NOON, RIGHT, WRONG, exercise, grade_of

pytestmark = pytest.mark.usefixtures("english")

UNSEEN = Finding(Verdict.UNSEEN, Text("x", "x"), Text("too slow", "太慢"))


@pytest.fixture
def task(tmp_path: Path) -> Exercise:
    """An exercise of `runs` (2 points), `refused` (3 points) and `intact`, which must hold."""
    return exercise(tmp_path, "psa-warn", Localized("Warn of violations", "对违规发出警告"))


def grade(task: Exercise, *findings: Finding, after: float = 0) -> Grade:
    """A grade so many seconds after noon."""
    return grade_of(task, *findings, at=NOON + timedelta(seconds=after))


def past(grade: Grade) -> PastGrade:
    criteria = tuple(
        PastCriterion(one.criterion.id, one.finding.verdict, one.criterion.points, one.earned) for one in grade.criteria
    )
    return PastGrade(grade.started, 1.0, "", grade.verdict, scored=True, criteria=criteria)


def judged(*grades: Grade, earlier: tuple[Attempt, ...] = (), hints: int = 0, prepared: bool = True) -> ExerciseState:
    """An exercise that was started at noon and judged so."""
    task, newest = grades[0].exercise, grades[-1]
    attempt = Attempt(task.id, "cks", "kind", NOON, hints=hints, prepared=prepared, grades=tuple(map(past, grades)))
    state = ExerciseState(task, grade=newest, found={one.criterion.id: one for one in newest.criteria})
    return state.recalled(Standing(task, (attempt, *earlier)), "cks", "")


def shown(state: ExerciseState) -> list[str]:
    return [f"{results.headline(state, criterion)}  {criterion.id}" for criterion in results.order(state)]


# The order


def test_what_failed_comes_first_then_what_could_not_be_judged_then_what_holds(task: Exercise) -> None:
    assert shown(judged(grade(task, RIGHT, WRONG, LOST))) == ["✗ 0/3  refused", "! LAB BROKEN ⚑  intact", "✓ 2/2  runs"]
    assert shown(judged(grade(task, UNSEEN, RIGHT, WRONG))) == ["✗ ⚑  intact", "? NOT SEEN 0/2  runs", "✓ 3/3  refused"]


def test_what_must_hold_and_does_not_comes_before_all(task: Exercise) -> None:
    assert shown(judged(grade(task, RIGHT, WRONG, WRONG)))[:2] == ["✗ ⚑  intact", "✗ 0/3  refused"]


def test_while_it_is_judged_the_order_is_the_exercises(task: Exercise) -> None:
    state = ExerciseState(task, phase=Phase.GRADING)
    assert shown(state) == ["» running 2 p  runs", "· pending 3 p  refused", "· pending ⚑  intact"]


def test_only_what_does_not_pass_is_open(task: Exercise) -> None:
    state = judged(grade(task, RIGHT, WRONG, LOST))
    assert [results.opens(state, criterion) for criterion in task.criteria] == [False, True, True]


# What has changed


def test_what_changed_since_the_look_before_is_marked(task: Exercise) -> None:
    state = judged(grade(task, WRONG, RIGHT, RIGHT), grade(task, RIGHT, WRONG, RIGHT, after=60))
    assert shown(state) == ["✗ was ✓ 0/3  refused", "✓ was ✗ 2/2  runs", "✓ ⚑  intact"]


def test_while_it_is_judged_again_the_newest_look_is_the_one_before(task: Exercise) -> None:
    state = judged(grade(task, WRONG, RIGHT, RIGHT))
    found = {"runs": grade(task, RIGHT, RIGHT, RIGHT).criteria[0]}
    state = replace(state.without_findings(), phase=Phase.GRADING, found=found)
    assert shown(state)[0] == "✓ was ✗ 2/2  runs"


def test_until_it_is_graded_again_the_last_time_is_shown_dimmed(task: Exercise) -> None:
    last = judged(grade(task, WRONG, RIGHT, RIGHT))
    state = replace(last.without_findings(), grade=None)
    assert str(results.summary(state, NOON + timedelta(days=3))) == (
        "Last time: ✗ FAIL, 3 of 5 points, 3 days ago. F5 grades it again."
    )
    (first, *_) = task.criteria
    assert str(results.headline(state, first)) == "✗ 0/2"
    assert results.headline(replace(state, phase=Phase.GRADING), first) != results.headline(state, first)


# The whole


def test_the_summary_has_verdict_score_and_the_learners_time(task: Exercise) -> None:
    assert str(results.summary(judged(grade(task, RIGHT, WRONG, RIGHT, after=250)), NOON)) == (
        "✗ FAIL  2 of 5 points  ━━━━╌╌╌╌╌╌  4:10 of 6:00"
    )


def test_without_a_start_there_is_no_time(task: Exercise) -> None:
    state = judged(grade(task, RIGHT, WRONG, RIGHT, after=250), prepared=False)
    assert str(results.summary(state, NOON)).endswith("━━━━╌╌╌╌╌╌")


def test_what_must_hold_and_does_not_is_seen_in_the_sum(task: Exercise) -> None:
    said = str(results.summary(judged(grade(task, RIGHT, RIGHT, WRONG)), NOON))
    assert said.startswith("✗ FAIL  0 of 5 points")
    assert "The namespace is still there" in said


def test_a_known_mistake_is_told_in_the_words_of_the_command_line(task: Exercise) -> None:
    answer = Answer("warn-only", Path("x.sh"), {}, MISTAKE)
    state = judged(replace(grade(task, RIGHT, WRONG, RIGHT), known_mistake=answer))
    assert results.remarks(state) == ["A known mistake: Warning is not refusing."]


def test_what_fails_says_what_was_expected_and_found_and_why() -> None:
    finding = failed(Text("refused", "拒绝"), Text("admitted", "接受"), Text("It only warns.", "只是警告。"))
    assert results.details(finding) == [("expected", "refused"), ("found", "admitted"), ("why", "It only warns.")]
    assert results.details(passed(Text("runs", "运行"), Text("it runs", "在运行"))) == [("found", "it runs")]


@pytest.mark.parametrize(("seconds", "told"), [(0, "0:00"), (192.9, "3:12"), (3725, "1:02:05")])
def test_time_is_told_as_a_clock_tells_it(seconds: float, told: str) -> None:
    assert results.clock(seconds) == told


# Once it has passed


def desk_with(state: ExerciseState) -> Desk:
    """A desk of this exercise and another one of its objective, which was never tried."""
    other = replace(state.exercise, id="other")
    domain = Domain("one", state.exercise.title, (state.exercise, other))
    desk = Desk.of(Catalog((domain,)), "kind", "cks").after(HistoryRead(Past()))
    return desk.with_state(state)


def closing(state: ExerciseState, **changes: object) -> list[str]:
    card = Closing.of(desk_with(state), state)
    return replace(card, **changes).lines(NOON)  # type: ignore[arg-type]


def test_the_first_pass_tells_time_against_the_aim_and_what_comes_next(task: Exercise) -> None:
    state = judged(grade(task, RIGHT, WRONG, RIGHT), grade(task, RIGHT, RIGHT, RIGHT, after=465))
    assert closing(state) == [
        "7:45, 1:45 over the aim of 6:00 · grades: 2 · no hint",
        "First pass · pod-security-standards: 1 of 2 exercises passed",
        "F8  next: Warn of violations · easy · 6 min",
        "F3  compare with the reference: costs nothing now",
    ]


def test_a_later_pass_tells_of_the_one_before(task: Exercise) -> None:
    before = grade(task, RIGHT, RIGHT, RIGHT, after=552)
    earlier = Attempt(task.id, "cks", "kind", NOON, ended=NOON, grades=(past(before),))
    earlier = replace(earlier, started=NOON - timedelta(days=8), grades=(shifted(past(before), days=-8),))
    state = judged(grade(task, RIGHT, RIGHT, RIGHT, after=300), earlier=(earlier,), hints=1)
    assert closing(state)[:3] == [
        "5:00, 1:00 under the aim of 6:00 · grades: 1 · hints: 1",
        "Pass number 2 · pod-security-standards: 1 of 2 exercises passed",
        "Last time: 9:12, 8 days ago",
    ]


def shifted(grade: PastGrade, *, days: int) -> PastGrade:
    return replace(grade, looked=grade.looked + timedelta(days=days))


def test_after_the_solution_a_full_score_is_no_pass(task: Exercise) -> None:
    state = judged(grade(task, RIGHT, RIGHT, RIGHT, after=60))
    assert closing(state, counts=False)[1:2] == [
        "You had seen the solution, so this is no pass yet. F9 starts it anew."
    ]


# The time


def test_time_runs_from_the_start_and_stops_at_the_pass(task: Exercise) -> None:
    state = judged(grade(task, RIGHT, WRONG, RIGHT, after=60))
    assert state.seconds(NOON + timedelta(seconds=192)) == 192
    state = judged(grade(task, RIGHT, WRONG, RIGHT, after=60), grade(task, RIGHT, RIGHT, RIGHT, after=90))
    assert state.seconds(NOON + timedelta(hours=2)) == 90


def test_what_was_removed_has_no_time(task: Exercise) -> None:
    removed = Attempt(task.id, "cks", "kind", NOON, ended=NOON)
    state = ExerciseState(task).recalled(Standing(task, (removed,)), "cks", "")
    assert state.seconds(NOON) is None
    assert state.started is False


# The top line


def top_line(state: ExerciseState, now: datetime = NOON, *, width: int = 120, timed: bool = True) -> str:
    return str(heading(desk_with(state), now, width, timed=timed))


def unstarted(task: Exercise) -> ExerciseState:
    return ExerciseState(replace(task, scenario=Scenario(namespaces=("audited",))), started=False)


def test_the_top_line_says_that_the_exercise_is_not_started(task: Exercise) -> None:
    line = top_line(unstarted(task))
    assert line.startswith("CKS Lab › 1/2 Warn of violations  ○ not started: F9  ")
    assert line.endswith("kind/cks · looking  ⏱ – / 6:00")
    assert len(line) == 120


def test_the_top_line_says_how_it_goes_and_the_time(task: Exercise) -> None:
    line = top_line(judged(grade(task, RIGHT, WRONG, RIGHT)), NOON + timedelta(seconds=192))
    assert "1/2 Warn of violations  ✗ 2/5" in line
    assert line.endswith("⏱ 3:12 / 6:00")


def test_the_time_can_be_hidden(task: Exercise) -> None:
    assert "⏱" not in top_line(ExerciseState(task), timed=False)


def test_where_there_is_little_room_the_title_is_cut_last(task: Exercise) -> None:
    line = top_line(unstarted(task), width=60)
    assert line.startswith("1/2 Warn of")
    assert "○ not started: F9" in line
    assert len(line) <= 60
