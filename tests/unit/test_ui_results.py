"""What the results of an exercise say, and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from checkers.api import Finding, Text, Verdict, failed, passed
from lab import i18n
from lab.catalog.model import Answer, Exercise, Localized
from lab.grading.grade import Grade, Graded
from lab.practice.attempt import Attempt, PastCriterion, PastGrade, Standing
from lab.ui import results
from lab.ui.exercise_view import ExerciseView
from lab.ui.heading import Heading, next_key
from lab.ui.lab_view import LabView
from lab.ui.results import Closing
from tests.ui.fakes import LOST, MISTAKE, NOON, RIGHT, WRONG, exercise

UNSEEN = Finding(Verdict.UNSEEN, Text("x", "x"), Text("too slow", "太慢"))


@pytest.fixture(autouse=True)
def _english() -> None:
    i18n.use("en")


@pytest.fixture
def task(tmp_path: Path) -> Exercise:
    """An exercise of `runs` (2 points), `refused` (3 points) and `intact`, which must hold."""
    return exercise(tmp_path, "psa-warn", Localized("Warn of violations", "对违规发出警告"))


def grade(task: Exercise, *findings: Finding, after: float = 0) -> Grade:
    """A look so many seconds after noon."""
    graded = tuple(
        Graded(criterion, finding, criterion.points if finding.verdict is Verdict.PASS else 0)
        for criterion, finding in zip(task.criteria, findings, strict=True)
    )
    return Grade(task, "kind", "v1.35.0", NOON + timedelta(seconds=after), 1.0, graded)


def past(grade: Grade) -> PastGrade:
    criteria = tuple(
        PastCriterion(one.criterion.id, one.finding.verdict, one.criterion.points, one.earned) for one in grade.criteria
    )
    return PastGrade(grade.started, 1.0, "", grade.verdict, scored=True, criteria=criteria)


def judged(*grades: Grade, earlier: tuple[Attempt, ...] = (), hints: int = 0, prepared: bool = True) -> ExerciseView:
    """An exercise that was started at noon and judged so."""
    task, newest = grades[0].exercise, grades[-1]
    attempt = Attempt(task.id, "cks", "kind", NOON, hints=hints, prepared=prepared, grades=tuple(map(past, grades)))
    view = ExerciseView(task, grade=newest, found={one.criterion.id: one for one in newest.criteria})
    view.recall(Standing(task, (attempt, *earlier)), "cks")
    return view


def shown(view: ExerciseView) -> list[str]:
    return [f"{results.headline(view, own)}  {own.id}" for own in results.order(view)]


# The order


def test_what_failed_comes_first_then_what_could_not_be_judged_then_what_holds(task: Exercise) -> None:
    assert shown(judged(grade(task, RIGHT, WRONG, LOST))) == ["✗ 0/3  refused", "! LAB BROKEN ⚑  intact", "✓ 2/2  runs"]
    assert shown(judged(grade(task, UNSEEN, RIGHT, WRONG))) == ["✗ ⚑  intact", "? NOT SEEN 0/2  runs", "✓ 3/3  refused"]


def test_what_must_hold_and_does_not_comes_before_all(task: Exercise) -> None:
    assert shown(judged(grade(task, RIGHT, WRONG, WRONG)))[:2] == ["✗ ⚑  intact", "✗ 0/3  refused"]


def test_while_it_is_judged_the_order_is_the_exercises(task: Exercise) -> None:
    view = ExerciseView(task, grading=True)
    assert shown(view) == ["» running 2 p  runs", "· pending 3 p  refused", "· pending ⚑  intact"]


def test_only_what_does_not_pass_is_open(task: Exercise) -> None:
    view = judged(grade(task, RIGHT, WRONG, LOST))
    assert [results.opens(view, criterion) for criterion in task.criteria] == [False, True, True]


# What has changed


def test_what_changed_since_the_look_before_is_marked(task: Exercise) -> None:
    view = judged(grade(task, WRONG, RIGHT, RIGHT), grade(task, RIGHT, WRONG, RIGHT, after=60))
    assert shown(view) == ["✗ was ✓ 0/3  refused", "✓ was ✗ 2/2  runs", "✓ ⚑  intact"]


def test_while_it_is_judged_again_the_newest_look_is_the_one_before(task: Exercise) -> None:
    view = judged(grade(task, WRONG, RIGHT, RIGHT))
    view.forget_findings()
    view.grading, view.found = True, {"runs": grade(task, RIGHT, RIGHT, RIGHT).criteria[0]}
    assert shown(view)[0] == "✓ was ✗ 2/2  runs"


# The whole


def test_the_summary_has_verdict_score_and_the_learners_time(task: Exercise) -> None:
    assert str(results.summary(judged(grade(task, RIGHT, WRONG, RIGHT, after=250)))) == (
        "✗ FAIL  2 of 5 points  ━━━━╌╌╌╌╌╌  4:10 of 6:00"
    )


def test_without_a_start_there_is_no_time(task: Exercise) -> None:
    view = judged(grade(task, RIGHT, WRONG, RIGHT, after=250), prepared=False)
    assert str(results.summary(view)).endswith("━━━━╌╌╌╌╌╌")


def test_what_must_hold_and_does_not_is_seen_in_the_sum(task: Exercise) -> None:
    said = str(results.summary(judged(grade(task, RIGHT, RIGHT, WRONG))))
    assert said.startswith("✗ FAIL  0 of 5 points")
    assert "The namespace is still there" in said


def test_a_known_mistake_is_told_in_the_words_of_the_command_line(task: Exercise) -> None:
    answer = Answer("warn-only", Path("x.sh"), {}, MISTAKE)
    view = judged(replace(grade(task, RIGHT, WRONG, RIGHT), known_mistake=answer))
    assert results.remarks(view) == ["A known mistake: Warning is not refusing."]


def test_what_fails_says_what_was_expected_and_found_and_why() -> None:
    finding = failed(Text("refused", "拒绝"), Text("admitted", "接受"), Text("It only warns.", "只是警告。"))
    assert results.details(finding) == [("expected", "refused"), ("found", "admitted"), ("why", "It only warns.")]
    assert results.details(passed(Text("runs", "运行"), Text("it runs", "在运行"))) == [("found", "it runs")]


@pytest.mark.parametrize(("seconds", "told"), [(0, "0:00"), (192.9, "3:12"), (3725, "1:02:05")])
def test_time_is_told_as_a_clock_tells_it(seconds: float, told: str) -> None:
    assert results.clock(seconds) == told


# Once it has passed


def closing(view: ExerciseView, **changes: object) -> list[str]:
    other = ExerciseView(replace(view.exercise, id="other"))
    card = Closing.of(view, [view, other], "Pod security standards", other.exercise)
    return replace(card, **changes).lines(NOON)  # type: ignore[arg-type]


def test_the_first_pass_tells_time_against_the_aim_and_what_comes_next(task: Exercise) -> None:
    view = judged(grade(task, RIGHT, WRONG, RIGHT), grade(task, RIGHT, RIGHT, RIGHT, after=465))
    assert closing(view) == [
        "7:45, 1:45 over the aim of 6:00 · checks: 2 · no hint",
        "First pass · Pod security standards: 1 of 2 exercises passed",
        "F8  next: Warn of violations · easy · 6 min",
        "F3  compare with the reference: costs nothing now",
    ]


def test_a_later_pass_tells_of_the_one_before(task: Exercise) -> None:
    before = grade(task, RIGHT, RIGHT, RIGHT, after=552)
    earlier = Attempt(task.id, "cks", "kind", NOON, ended=NOON, grades=(past(before),))
    earlier = replace(earlier, started=NOON - timedelta(days=8), grades=(shifted(past(before), days=-8),))
    view = judged(grade(task, RIGHT, RIGHT, RIGHT, after=300), earlier=(earlier,), hints=1)
    assert closing(view)[:3] == [
        "5:00, 1:00 under the aim of 6:00 · checks: 1 · hints: 1",
        "Pass number 2 · Pod security standards: 1 of 2 exercises passed",
        "Last time: 9:12, 8 days ago",
    ]


def shifted(grade: PastGrade, *, days: int) -> PastGrade:
    return replace(grade, looked=grade.looked + timedelta(days=days))


def test_after_the_solution_a_full_score_is_no_pass(task: Exercise) -> None:
    view = judged(grade(task, RIGHT, RIGHT, RIGHT, after=60))
    assert closing(view, counts=False)[1:2] == ["You had seen the solution, so this is no pass yet. F9 starts it anew."]


# The time


def test_time_runs_from_the_start_and_stops_at_the_pass(task: Exercise) -> None:
    view = judged(grade(task, RIGHT, WRONG, RIGHT, after=60))
    assert view.seconds(NOON + timedelta(seconds=192)) == 192
    view = judged(grade(task, RIGHT, WRONG, RIGHT, after=60), grade(task, RIGHT, RIGHT, RIGHT, after=90))
    assert view.seconds(NOON + timedelta(hours=2)) == 90


def test_what_was_removed_has_no_time(task: Exercise) -> None:
    view = ExerciseView(task)
    view.recall(Standing(task, (Attempt(task.id, "cks", "kind", NOON, ended=NOON),)), "cks")
    assert view.seconds(NOON) is None
    assert view.started is False


# The top line


def heading(view: ExerciseView, now: datetime = NOON, *, width: int = 120, **facts: object) -> str:
    given = {"number": 1, "count": 5, "lab_name": "kind/cks", "lab": LabView(), "unstarted": False, "timed": True}
    return str(Heading(view=view, **(given | facts)).line(now, width))  # type: ignore[arg-type]


def test_the_top_line_says_that_the_exercise_is_not_started(task: Exercise) -> None:
    line = heading(ExerciseView(task, started=False), unstarted=True)
    assert line.startswith("CKS Lab › 1/5 Warn of violations  ○ not started: F9  ")
    assert line.endswith("kind/cks · looking  ⏱ – / 6:00")
    assert len(line) == 120


def test_the_top_line_says_how_it_goes_and_the_time(task: Exercise) -> None:
    view = judged(grade(task, RIGHT, WRONG, RIGHT))
    line = heading(view, NOON + timedelta(seconds=192))
    assert "1/5 Warn of violations  ✗ 2/5" in line
    assert line.endswith("⏱ 3:12 / 6:00")


def test_the_time_can_be_hidden(task: Exercise) -> None:
    assert "⏱" not in heading(ExerciseView(task), timed=False)


def test_where_there_is_little_room_the_title_is_cut_last(task: Exercise) -> None:
    line = heading(ExerciseView(task, started=False), width=60, unstarted=True)
    assert line.startswith("1/5 Warn of")
    assert "○ not started: F9" in line
    assert len(line) <= 60


# The sensible key


def test_the_sensible_key_is_to_start_then_to_check_then_to_go_on(task: Exercise) -> None:
    assert next_key(ExerciseView(task, started=False), unstarted=True) == "start"
    assert next_key(ExerciseView(task, started=True), unstarted=False) == "check"
    assert next_key(judged(grade(task, RIGHT, WRONG, RIGHT)), unstarted=False) == "check"
    assert next_key(judged(grade(task, RIGHT, RIGHT, RIGHT)), unstarted=False) == "next"
