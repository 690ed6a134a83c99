"""The board, computed from events: where each learner stands, who needs help, and which mistakes the class makes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from checkers.api import Verdict
from lab.catalog.load import load
from lab.workshop.board import STUCK_SECONDS, Board, Following, board_of
from lab.workshop.board_text import lines, plain, to_json
from lab.workshop.events import Event, Kind
from lab.workshop.state import Condition
from tests.unit.support.classes import EXERCISE, class_of, event, moment

pytestmark = pytest.mark.usefixtures("english")

CATALOG = load()
OTHER = "busybox-security-context"
PASS, FAIL, BROKEN = Verdict.PASS, Verdict.FAIL, Verdict.BROKEN


def graded(seconds: float, learner: int = 1, exercise: str = EXERCISE, mistake: str = "", **verdicts: Verdict) -> Event:
    """A grade of two criteria, the first for 3 points and the second a gate."""
    found: Mapping[str, Verdict] = {"warns": PASS, "intact": PASS} | verdicts
    points = {"warns": 3, "intact": 0}
    criteria = {name: [str(v), points[name] if v is PASS else 0, points[name]] for name, v in found.items()}
    detail = {"exercise": exercise, "criteria": criteria, "mistake": mistake}
    return event(Kind.GRADED, seconds, learner=learner, **detail)


def began(seconds: float, learner: int = 1, exercise: str = EXERCISE) -> Event:
    return event(Kind.BEGAN, seconds, learner=learner, exercise=exercise)


def board(*events: Event, now: float = 0, learners: int = 2) -> Board:
    return board_of(class_of(learners, EXERCISE, OTHER), events, moment(now))


def test_at_first_nobody_has_done_anything() -> None:
    first, second = board().rows
    assert (first.seat, first.door, first.exercise, first.points, first.stuck) == ("m-01", "", "", 0, None)
    assert not second.cells[EXERCISE].begun


def test_a_grade_is_a_mark_for_each_criterion() -> None:
    row, _ = board(began(1), graded(2, warns=FAIL)).rows
    cell = row.cells[EXERCISE]
    assert cell.marks is not None
    assert {name: mark.verdict for name, mark in cell.marks.criteria.items()} == {"warns": FAIL, "intact": PASS}
    assert (cell.grades, cell.best, cell.passed, row.exercise) == (1, 0, False, EXERCISE)


def test_the_best_grade_counts_and_the_last_one_is_shown() -> None:
    row, _ = board(began(1), graded(2), graded(3, warns=FAIL)).rows
    assert (row.points, row.cells[EXERCISE].passed) == (3, True)
    assert row.cells[EXERCISE].marks is not None
    assert row.cells[EXERCISE].marks.score == 0


def test_a_gate_that_fails_takes_all_points() -> None:
    assert board(graded(1, intact=FAIL)).rows[0].points == 0


def test_what_was_graded_after_the_solution_was_seen_does_not_count() -> None:
    seen = event(Kind.SOLUTION, 2, learner=1, exercise=EXERCISE)
    row, _ = board(began(1), seen, graded(3)).rows
    assert (row.points, row.cells[EXERCISE].passed, row.cells[EXERCISE].solution_seen) == (0, False, True)
    again, _ = board(began(1), seen, graded(3), began(4), graded(5)).rows
    assert (again.points, again.cells[EXERCISE].solution_seen) == (3, False)


@pytest.mark.parametrize("exercise", ["", EXERCISE])
def test_a_reset_takes_the_marks_away_and_not_what_was_earned(exercise: str) -> None:
    row, _ = board(began(1), graded(2), event(Kind.RESET, 3, learner=1, exercise=exercise)).rows
    cell = row.cells[EXERCISE]
    assert (cell.begun, cell.marks, cell.best, cell.passed) == (False, None, 3, True)


def test_hints_are_counted_once_each() -> None:
    hints = [event(Kind.HINT, n, learner=1, exercise=EXERCISE, number=number) for n, number in enumerate((1, 2, 1))]
    assert board(*hints).rows[0].cells[EXERCISE].hints == 2


def test_who_is_here_came_by_a_door() -> None:
    came = event(Kind.CAME, 1, learner=1, door="ssh")
    assert board(came).rows[0].door == "ssh"
    assert board(came, event(Kind.LEFT, 2, learner=1)).rows[0].door == ""


def test_a_seat_that_is_lost_is_on_its_learners_row() -> None:
    assert board(event(Kind.LOST, seat="m-02", reason="gone")).rows[1].condition is Condition.LOST


@pytest.mark.parametrize(
    ("grades", "stuck"),
    [
        ([graded(0, warns=FAIL)], False),
        ([graded(0, warns=FAIL), graded(60, warns=FAIL)], True),
        ([graded(0, warns=FAIL), graded(60, intact=FAIL)], False),
        ([graded(0, warns=FAIL), graded(60, warns=FAIL), graded(120)], False),
        ([graded(0), graded(60)], False),
        ([graded(0, warns=BROKEN), graded(60, warns=BROKEN)], False),
        ([graded(0, warns=FAIL), graded(60, warns=FAIL), began(70, exercise=OTHER)], False),
        ([graded(0, warns=FAIL), graded(60, warns=FAIL), began(70)], True),
    ],
)
def test_who_fails_on_the_same_criterion_twice_in_eight_minutes_is_stuck(grades: list[Event], stuck: bool) -> None:
    assert (board(*grades, now=STUCK_SECONDS).rows[0].stuck is not None) == stuck


def test_before_eight_minutes_are_over_nobody_is_stuck() -> None:
    grades = graded(10, warns=FAIL), graded(20, warns=FAIL)
    assert board(*grades, now=STUCK_SECONDS).rows[0].stuck is None
    found = board(*grades, now=STUCK_SECONDS + 10).rows[0].stuck
    assert found is not None
    assert (found.why, found.seconds, found.criteria) == ("same", STUCK_SECONDS, ("warns",))


def test_a_raised_hand_is_seen_until_it_is_taken_down() -> None:
    up = event(Kind.HAND, 1, learner=1, up=True)
    found = board(up, now=31).rows[0].stuck
    assert found is not None
    assert (found.why, found.seconds) == ("hand", 30)
    assert board(up, event(Kind.HAND, 2, learner=1, up=False)).rows[0].stuck is None


def test_hands_come_first_in_the_queue_and_then_who_waits_longest() -> None:
    events = [
        *(graded(second, 1, warns=FAIL) for second in (50, 60)),
        *(graded(second, 2, warns=FAIL) for second in (0, 60)),
        event(Kind.HAND, 500, learner=3, up=True),
        event(Kind.HAND, 400, learner=4, up=True),
    ]
    assert [row.learner for row in board(*events, now=600, learners=4).queue] == [4, 3, 2, 1]


def test_mistakes_are_counted_by_learner_the_commonest_first() -> None:
    events = [
        graded(1, 1, mistake="enforce-instead-of-warn", warns=FAIL),
        graded(2, 1, mistake="enforce-instead-of-warn", warns=FAIL),
        graded(3, 1),
        graded(4, 2, mistake="enforce-instead-of-warn", warns=FAIL),
        graded(5, 2, OTHER, mistake="pod-level-only", warns=FAIL),
    ]
    found = [(each.exercise, each.answer, each.now, each.ever) for each in board(*events).mistakes]
    assert found == [(EXERCISE, "enforce-instead-of-warn", 1, 2), (OTHER, "pod-level-only", 1, 1)]


def test_what_is_followed_bit_by_bit_comes_to_the_same() -> None:
    events = [
        began(0),
        graded(1, mistake="enforce-instead", warns=FAIL),
        graded(2, warns=FAIL),
        event(Kind.LOST, 3, seat="m-02", reason="gone"),
        event(Kind.HAND, 4, learner=2, up=True),
    ]
    following = Following(class_of(2, EXERCISE, OTHER))
    for each in events:
        following.follow([each])
        following.board(moment(5))
    assert following.followed == len(events)
    assert following.board(moment(900)) == board(*events, now=900)


def text(*events: Event, now: float = 0, names: bool = True) -> list[str]:
    class_ = class_of(2, EXERCISE, OTHER)
    found = board_of(class_, events, moment(now))
    return [plain(line) for line in lines(found, class_, CATALOG, 100, names=names)]


def test_a_row_shows_a_glyph_for_each_criterion_and_the_points() -> None:
    shown = text(event(Kind.CAME, learner=1, door="ssh"), began(0), graded(1, warns=FAIL), began(2, exercise=OTHER))
    assert shown[0] == "M  2 learners, 1 here, 0 in need of help"
    assert shown[3].startswith("m-01 1  ●   ✗✓ 0/3")
    assert "›◐" in shown[3]
    assert shown[4].startswith("m-02 2  ○   ○")


def test_the_queue_says_why_and_mistakes_say_what() -> None:
    wrong = CATALOG.exercise(EXERCISE).answers
    named = next(answer for answer in wrong if answer.mistake)
    criterion = CATALOG.exercise(EXERCISE).criteria[0]
    detail = {"exercise": EXERCISE, "criteria": {criterion.id: ["fail", 0, 3]}, "mistake": named.name}
    grades = [event(Kind.GRADED, second, learner=1, **detail) for second in (0, 10)]
    shown = text(*grades, event(Kind.HAND, 500, learner=2, up=True), now=600)
    queue = shown.index("Who needs help")
    assert shown[queue + 1] == "  m-02 2: hand raised 1m40s ago, at -"
    assert shown[queue + 2].startswith(f"  m-01 1: STUCK for 10m00s at {EXERCISE}: {criterion.title}"[:90])
    assert shown[-1].startswith(f"  1 of 2 (1 now) · {EXERCISE}: ")
    assert str(named.mistake)[:20] in shown[-1]


def test_without_names_nobody_is_named() -> None:
    from dataclasses import replace

    class_ = class_of(2, EXERCISE, OTHER)
    named = replace(class_, learners=tuple(replace(each, name=f"Secret{each.number}") for each in class_.learners))
    events = [event(Kind.HAND, learner=1, up=True)]
    shown = [plain(line) for line in lines(board_of(named, events, moment()), named, CATALOG, 100, names=False)]
    assert [line for line in shown if "Secret" in line] == []


def test_a_program_reads_the_same() -> None:
    class_ = class_of(2, EXERCISE, OTHER)
    found = to_json(board_of(class_, [began(0), graded(1, warns=FAIL)], moment(5)), class_, CATALOG)
    learner = found["learners"][0]
    assert (learner["seat"], learner["exercise"], learner["points"], learner["stuck"]) == ("m-01", EXERCISE, 0, None)
    assert learner["cells"][EXERCISE]["criteria"] == {"warns": "fail", "intact": "pass"}
    assert found["queue"] == []


def test_what_was_given_has_a_column_of_its_own() -> None:
    given = event(Kind.GIVEN, 1, exercises=["read-only-root"])
    found = board(given, graded(2, exercise="read-only-root"))
    assert found.columns == (EXERCISE, OTHER, "read-only-root")
    assert found.rows[0].cells["read-only-root"].best == 3


def test_who_was_not_given_an_exercise_has_no_cell_for_it() -> None:
    found = board(event(Kind.GIVEN, 1, learner=2, exercises=["read-only-root"]))
    assert ["read-only-root" in row.cells for row in found.rows] == [False, True]
    first, second = [plain(line) for line in lines(found, class_of(2, EXERCISE, OTHER), CATALOG, 100)][3:5]
    assert (first.count("○"), second.count("○")) == (3, 4)


BEGAN = event(Kind.EXAM_BEGAN, 10, learner=1, exam="drill@7", seconds=600.0, tasks=[EXERCISE])


def exam_graded(seconds: float, mistake: str = "", **verdicts: Verdict) -> Event:
    found = graded(seconds, mistake=mistake, **verdicts)
    return event(Kind.GRADED, seconds, learner=1, exam="drill@7", **found.detail)


def test_the_tasks_of_an_exam_have_columns_beside_those_of_practice() -> None:
    found = board(began(1), graded(2), BEGAN, now=70)
    assert found.columns == (EXERCISE, OTHER, f"drill@7/{EXERCISE}")
    assert [len(row.cells) for row in found.rows] == [3, 2]
    assert (found.rows[0].left, found.rows[0].points) == (540, 3)


def test_the_marks_of_an_exam_are_no_practice() -> None:
    row, _ = board(BEGAN, exam_graded(20, warns=FAIL)).rows
    cell = row.cells[f"drill@7/{EXERCISE}"]
    assert (cell.grades, cell.best, cell.passed) == (1, 0, False)
    assert row.cells[EXERCISE].marks is None
    assert (row.points, row.stuck) == (0, None)


def test_the_mistakes_of_an_exam_are_counted_with_the_others() -> None:
    found = board(BEGAN, exam_graded(20, "label-warn", warns=FAIL), graded(30, 2, mistake="label-warn", warns=FAIL))
    assert [(each.exercise, each.answer, each.now, each.ever) for each in found.mistakes] == [
        (EXERCISE, "label-warn", 2, 2)
    ]


def test_the_board_says_where_an_exam_stands() -> None:
    def told(*events: Event, now: float = 100) -> str:
        found = board(*events, now=now)
        return [plain(line) for line in lines(found, class_of(2, EXERCISE, OTHER), CATALOG, 100)][3]

    coming = event(Kind.EXAM_COMING, 1, learner=1, exam="drill@7")
    over = event(Kind.EXAM_GRADED, 700, learner=1, exam="drill@7", percent=64, passed=False)
    assert told(coming).endswith("drill@7: being made ready")
    assert told(coming, BEGAN).endswith("drill@7: 8m30s left")
    assert told(coming, BEGAN, event(Kind.EXAM_ENDED, 610, learner=1)).endswith("drill@7: being graded")
    assert told(coming, BEGAN, over).endswith("drill@7: 64 %")


def test_an_exam_is_in_the_json_too() -> None:
    first, second = to_json(board(BEGAN, now=70), class_of(2, EXERCISE, OTHER), CATALOG)["learners"]
    expected = {"exam": "drill@7", "phase": "under_way", "left": 540, "percent": None, "passed": False}
    assert (first["exam"], second["exam"]) == (expected, None)


def test_a_lost_seat_is_told_with_its_reason_and_then_where_its_learner_is() -> None:
    lost = event(Kind.LOST, 1, seat="m-01", reason="not running: base (exited)")
    moved = Event(Kind.MOVED, moment(40), "m-03", 1, {"seconds": 39})
    before, after = board(lost), board(lost, moved)
    text = "\n".join(map(plain, lines(before, class_of(2), CATALOG, 100)))
    assert "LOST: not running: base (exited)" in text
    assert (before.rows[0].condition, before.rows[0].place) == (Condition.LOST, "m-01")
    text = "\n".join(map(plain, lines(after, class_of(2), CATALOG, 100)))
    assert "LOST" not in text
    assert "→ m-03" in text
    assert (after.rows[0].seat, after.rows[0].place, after.rows[0].condition) == ("m-01", "m-03", Condition.TAKEN)
