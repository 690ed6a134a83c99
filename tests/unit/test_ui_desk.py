"""The rules of the app, without a screen: what is known after each event, what may begin, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from checkers.api import Text, Verdict
from lab import i18n
from lab.catalog.model import Catalog
from lab.cluster.engine import State, Status
from lab.grading.control_plane import Down
from lab.practice.attempt import Outcome
from lab.progress import Progress
from lab.ui import events, marks
from lab.ui.desk import Desk, Past
from lab.ui.events import Step
from lab.ui.exercise_state import Phase
from lab.ui.trouble import Trouble
from lab.ui.work import Work
from tests.unit.support.desks import LOST, NOON, RIGHT, WRONG, Play, catalog, with_scenario

pytestmark = pytest.mark.usefixtures("english")

OURS = Trouble("The cluster could not be asked.", "no answer", "Repair the lab.")
THEIRS = Trouble("There is no such exercise.", "", "Name another.", ours=False)
CRASHED = Down(
    Verdict.FAIL,
    Text("kube-apiserver ended with exit code 1.", "kube-apiserver 以退出码 1 结束。"),
    Text("Mend the manifest.", "请修复清单文件。"),
    ("Error: unknown flag: --secure-prt",),
)
PASSES, FAILS = (RIGHT, RIGHT, RIGHT), (RIGHT, WRONG, RIGHT)


@pytest.fixture
def fresh(tmp_path: Path) -> Play:
    """The app before anything was looked at."""
    return Play(catalog(tmp_path))


@pytest.fixture
def play(fresh: Play) -> Play:
    """A ready lab, in which nothing was begun."""
    return fresh.open()


@pytest.fixture
def staged(tmp_path: Path) -> Play:
    """The same, whose first exercise has a scenario."""
    return Play(with_scenario(catalog(tmp_path))).open()


def mark(play: Play) -> str:
    return marks.of_exercise(play.state()).text


# The lab


def test_a_lab_that_is_not_ready_at_first_is_prepared(fresh: Play) -> None:
    fresh.sees(State.ABSENT)
    assert fresh.steps == [Step.PREPARE_LAB]


def test_a_ready_lab_is_left_alone_and_asked_what_it_lacks(fresh: Play) -> None:
    fresh.sees(State.READY)
    assert fresh.steps == [Step.FIND_IMPOSSIBLE]


def test_a_lab_that_is_lost_later_is_not_prepared_by_itself(play: Play) -> None:
    play.sees(State.UNREACHABLE)
    assert play.steps == []
    assert "u repairs the lab" in play.notices[-1]


def test_once_prepared_it_is_looked_at_and_then_ready(fresh: Play) -> None:
    fresh.sees(State.ABSENT)
    fresh.prepares()
    assert marks.of_lab(fresh.desk.lab) is marks.PREPARING
    fresh.happens(events.LabWorkEnded())
    assert fresh.steps == [Step.SEE_LAB]
    fresh.sees(State.READY)
    assert fresh.desk.lab.ready


def test_a_look_that_fails_leaves_the_state_unknown(play: Play) -> None:
    play.sees(None)
    assert marks.of_lab(play.desk.lab) is marks.UNKNOWN
    assert play.desk.lab.inherited  # as it was


def test_a_lab_that_was_there_may_hold_begun_exercises_one_that_was_not_holds_none(fresh: Play) -> None:
    fresh.sees(State.STOPPED)
    assert fresh.desk.lab.inherited
    other = Play(fresh.catalog)
    other.sees(State.ABSENT)
    other.sees(State.READY)
    assert not other.desk.lab.inherited


@pytest.mark.parametrize(
    ("state", "seconds", "pause"),
    [
        (State.READY, 0, 20.0),
        (State.ABSENT, 0, 20.0),
        (State.PARTIAL, 59, 3.0),
        (State.UNREACHABLE, 61, 20.0),
    ],
)
def test_a_lab_that_may_be_changing_is_looked_at_more_often(
    fresh: Play, state: State, seconds: float, pause: float
) -> None:
    fresh.sees(state)
    assert fresh.desk.lab.pause(seconds) == pause


def test_news_of_work_that_has_ended_changes_nothing(play: Play) -> None:
    desk = play.desk
    play.happens(events.LabProgressed(Progress("Cluster", 1, 2, 0.0), 1.0))
    play.happens(events.ScenarioProgressed(Progress("Pods", 1, 2, 0.0), 1.0))
    assert play.desk is desk


def test_an_api_server_that_the_learner_broke_is_said_with_what_is_wrong(play: Play) -> None:
    play.sees(State.UNREACHABLE, down=CRASHED)
    assert marks.of_lab(play.desk.lab) is marks.API_DOWN
    assert "unknown flag: --secure-prt" in play.notices[-1]
    assert play.desk.lab.advice == "ui.state.fault"


def test_an_api_server_that_is_starting_needs_no_repair(play: Play) -> None:
    play.sees(State.UNREACHABLE, down=replace(CRASHED, verdict=Verdict.UNSEEN))
    assert marks.of_lab(play.desk.lab) is marks.API_STARTING
    assert (play.notices, play.desk.lab.advice) == ([], "")


def test_an_api_server_that_a_start_takes_away_is_nothing_to_repair(play: Play) -> None:
    play.happens(events.ScenarioBegan(Work("start", 0.0), (play.first,)))
    play.sees(State.UNREACHABLE)
    assert marks.of_lab(play.desk.lab) is marks.PREPARING
    assert (play.notices, play.desk.lab.advice) == ([], "")


def test_one_that_a_failed_start_left_without_an_answer_is(play: Play) -> None:
    play.happens(events.ScenarioBegan(Work("start", 0.0), (play.first,)))
    play.sees(State.UNREACHABLE)
    play.happens(events.Failed(OURS, (play.first,)))
    assert marks.of_lab(play.desk.lab) is marks.LAB_STATES[State.UNREACHABLE]
    assert play.desk.lab.advice == "ui.state.repair"


@pytest.mark.parametrize("state", [State.READY, State.DEGRADED, State.UNREACHABLE])
def test_there_is_a_shell_as_long_as_the_machines_run(play: Play, state: State) -> None:
    play.sees(state)
    assert play.desk.lab.has_shell


# Starting


def test_an_exercise_that_was_never_begun_starts_at_once(play: Play) -> None:
    assert not play.desk.start_loses_work(play.state())


def test_before_the_history_is_read_nobody_knows_what_was_begun_in_a_lab_that_was_there(fresh: Play) -> None:
    fresh.sees(State.READY)
    assert fresh.desk.start_loses_work(fresh.state())
    fresh.happens(events.HistoryRead(Past()))
    assert not fresh.desk.start_loses_work(fresh.state())


def test_in_a_lab_that_was_made_just_now_nothing_can_be_lost(fresh: Play) -> None:
    fresh.sees(State.ABSENT)
    fresh.sees(State.READY)
    assert not fresh.desk.start_loses_work(fresh.state())


def test_what_is_begun_or_graded_is_started_anew_only_after_a_question(play: Play) -> None:
    play.starts(play.first)
    assert mark(play) == "◐ begun"
    assert play.desk.start_loses_work(play.state())
    play.grades(play.second, *FAILS)
    assert play.desk.start_loses_work(play.state(play.second))


def test_a_start_is_said_and_the_lab_looked_at_again(play: Play) -> None:
    play.starts(play.first)
    assert play.steps == [Step.SEE_LAB]
    assert play.notices == ["The scenario is ready. F6 goes to the shell, F5 grades."]
    assert play.desk.lab.scenario is None


def test_a_new_attempt_has_neither_hints_nor_findings_of_the_one_before(play: Play) -> None:
    play.happens(events.HintTaken(play.first), events.SolutionShown(play.first))
    play.grades(play.first, *FAILS)
    play.starts(play.first)
    state = play.state()
    assert (state.hints, state.solution_seen, state.grade, dict(state.found)) == (0, False, None, {})


def test_a_scenario_that_is_not_prepared_has_to_be_started_before_a_grading(staged: Play) -> None:
    assert staged.desk.needs_start(staged.state())
    assert staged.desk.next_key == "start"
    staged.starts(staged.first)
    assert not staged.desk.needs_start(staged.state())
    assert staged.desk.next_key == "check"


def test_a_recording_never_has_to_be_started(staged: Play) -> None:
    replay = Status("demo", "recordings", State.REPLAY)
    desk = Desk.of(staged.catalog, "demo", "recordings", replay).after(events.HistoryRead(Past()))
    assert desk.state is not None
    assert not desk.needs_start(desk.state)


def test_an_exercise_without_a_scenario_can_be_graded_at_once(play: Play) -> None:
    assert not play.desk.needs_start(play.state())


# Starting as soon as the lab is ready


def waiting(fresh: Play) -> Play:
    """The first exercise waits for the lab, which is being prepared."""
    fresh.sees(State.ABSENT)
    fresh.prepares()
    fresh.happens(events.LabProgressed(Progress("Node image", 1, 3, 0.0), 1.0))
    fresh.happens(events.StartWanted(fresh.first))
    return fresh


def test_a_start_can_be_wanted_before_there_is_a_lab_and_follows_once_there_is(fresh: Play) -> None:
    waiting(fresh)
    assert "(1/3 Node image). The exercise starts as soon as it is ready" in fresh.notices[-1]
    assert mark(fresh) == "» busy"
    fresh.happens(events.LabWorkEnded())
    fresh.sees(State.READY)
    assert Step.START_WANTED in fresh.steps


def test_while_up_works_on_a_ready_lab_a_start_waits_for_its_end(play: Play) -> None:
    play.prepares()
    assert play.desk.lab.is_coming
    play.happens(events.StartWanted(play.first), events.LabWorkEnded())
    assert Step.START_WANTED in play.steps


def test_only_the_last_one_is_wanted(fresh: Play) -> None:
    waiting(fresh).happens(events.StartWanted(fresh.second))
    assert fresh.desk.wanted is fresh.state(fresh.second)
    assert fresh.state().phase is Phase.IDLE


def test_what_is_wanted_can_be_taken_back(fresh: Play) -> None:
    waiting(fresh).happens(events.Stopped())
    assert fresh.desk.wanted is None
    fresh.happens(events.LabWorkEnded())
    fresh.sees(State.READY)
    assert Step.START_WANTED not in fresh.steps


def test_a_lab_that_is_being_removed_is_not_waited_for(play: Play) -> None:
    play.prepares(removing=True)
    assert not play.desk.lab.is_coming


# What may begin


def test_on_a_ready_lab_everything_may_begin(play: Play) -> None:
    assert play.desk.obstacle == ""


def test_before_the_lab_was_looked_at_nothing_may(fresh: Play) -> None:
    assert "no lab to work in yet" in fresh.desk.obstacle


def test_while_the_lab_is_prepared_the_obstacle_says_how_far_it_is(fresh: Play) -> None:
    assert "still being prepared (1/3 Node image)" in waiting(fresh).desk.obstacle


def test_one_thing_is_done_at_a_time(play: Play) -> None:
    play.happens(events.GradingBegan(play.first), events.ExerciseChosen(play.second))
    assert play.desk.obstacle.startswith("One thing at a time")


def test_what_the_engine_lacks_is_said_before_anything_is_tried(play: Play) -> None:
    play.happens(events.ImpossibleFound({"psa-warn": "this kernel has no gVisor", "run-as-user": ""}))
    assert mark(play) == "– not here"
    assert "this kernel has no gVisor" in play.desk.obstacle
    assert play.desk.next_key == "next"
    play.happens(events.ExerciseChosen(play.second))
    assert play.desk.obstacle == ""


# Grading


def test_criteria_are_filled_in_as_each_is_judged(play: Play) -> None:
    play.happens(events.GradingBegan(play.first))
    runs, refused, _ = play.first.criteria
    assert mark(play) == "» busy"
    assert [marks.of_criterion(play.state(), one).name for one in (runs, refused)] == ["running", "pending"]
    play.grades(play.first, *FAILS)
    assert [marks.of_criterion(play.state(), one).name for one in (runs, refused)] == ["pass", "fail"]
    assert mark(play) == "✗ FAIL"


def test_a_finding_of_a_grading_that_was_stopped_comes_too_late(play: Play) -> None:
    play.happens(events.GradingBegan(play.first), events.Stopped())
    desk = play.desk
    play.happens(events.CriterionGraded(play.first, None))  # type: ignore[arg-type]
    assert play.desk is desk
    assert mark(play) == "○ new"
    assert play.notices == ["Stopped."]


def test_a_broken_lab_is_never_the_learners_fault(play: Play) -> None:
    play.grades(play.first, RIGHT, LOST, RIGHT)
    assert mark(play) == "! LAB BROKEN"


def test_what_a_failed_grading_has_missed_is_the_labs_fault(play: Play) -> None:
    play.happens(events.GradingBegan(play.first), events.Failed(OURS, (play.first,)))
    assert marks.of_criterion(play.state(), play.first.criteria[0]).name == "broken"
    assert mark(play) == "! LAB BROKEN"
    assert play.desk.obstacle == ""


def test_a_wrong_request_leaves_criteria_unjudged(play: Play) -> None:
    play.happens(events.GradingBegan(play.first), events.Failed(THEIRS, (play.first,)))
    assert marks.of_criterion(play.state(), play.first.criteria[0]).name == "pending"


def test_a_failure_that_is_not_of_an_exercise_stops_none(play: Play) -> None:
    play.happens(events.ScenarioBegan(Work("start", 0.0), (play.first,)), events.Failed(OURS))
    assert play.state().phase is Phase.PREPARING
    assert play.desk.lab.scenario is not None


def test_after_a_full_score_the_next_exercise_is_the_sensible_thing(play: Play) -> None:
    play.grades(play.first, *PASSES)
    assert play.desk.next_key == "next"


def test_what_was_found_goes_with_the_recorded_answer_that_it_belongs_to(play: Play) -> None:
    play.grades(play.first, *FAILS)
    play.happens(events.AnswerChosen(play.first))
    assert not play.state().is_graded


def test_results_of_the_last_time_are_shown_but_not_in_a_replay(play: Play) -> None:
    assert not play.desk.shows_results(play.state())
    play.grades(play.first, *FAILS)
    later = Play(play.catalog)
    later.history = play.history
    assert later.open().desk.shows_results(later.state())
    later.sees(State.REPLAY)
    assert not later.desk.shows_results(later.state())


# Hints, solution, history


def test_hints_come_one_at_a_time_until_there_are_no_more(play: Play) -> None:
    play.happens(events.HintTaken(play.first), events.HintTaken(play.first))
    assert (play.state().hints, play.notices) == (2, [])
    play.happens(events.HintTaken(play.first))
    assert play.state().hints == 2
    assert "no more hints" in play.notices[-1]


def test_after_the_solution_a_full_score_is_no_pass(play: Play) -> None:
    play.happens(events.SolutionShown(play.first))
    play.history.see_solution(play.first, play.engine)  # type: ignore[arg-type]
    play.grades(play.first, *PASSES)
    assert play.state().solution_seen
    assert not play.state().passed


def test_after_a_pass_the_solution_changes_nothing(play: Play) -> None:
    play.grades(play.first, *PASSES)
    play.happens(events.SolutionShown(play.first))
    assert not play.state().solution_seen
    assert play.state().passed


def test_what_was_done_earlier_is_known_again(play: Play) -> None:
    play.starts(play.first)
    play.history.take_hint(play.first, play.engine, 1)  # type: ignore[arg-type]
    play.history.write_note(play.first, "mind the label")
    later = Play(play.catalog)
    later.history = play.history
    later.open()
    state = later.state()
    assert (state.started, state.hints, state.note, state.outcome) == (True, 1, "mind the label", Outcome.BEGUN)
    assert state.seconds(NOON + timedelta(seconds=192)) == 192


def test_a_hint_of_a_moment_ago_is_not_forgotten_by_a_history_that_has_not_got_it(play: Play) -> None:
    play.starts(play.first)
    play.happens(events.HintTaken(play.first), events.HistoryRead(play.past))
    assert play.state().hints == 1


def test_a_history_that_cannot_be_read_takes_nothing_away(play: Play) -> None:
    play.grades(play.first, *PASSES)
    play.happens(events.HistoryRead(Past(trouble=OURS)))
    assert play.state().passed
    assert play.desk.past is not None
    assert play.desk.past.trouble is OURS


def test_what_was_passed_stays_so_when_it_is_begun_anew(play: Play) -> None:
    play.starts(play.first)
    play.grades(play.first, *PASSES)
    play.starts(play.first)
    assert mark(play) == "◐ begun"
    assert play.state().passed


def test_a_removal_of_the_lab_ends_what_was_begun_in_it(play: Play) -> None:
    play.starts(play.first)
    play.history.end_all(play.engine)  # type: ignore[arg-type]
    play.prepares(removing=True)
    play.happens(events.LabWorkEnded(None, play.past))
    assert play.state().started is False


def test_what_cannot_be_done_here_counts_in_no_sum(play: Play) -> None:
    play.grades(play.first, *PASSES)
    assert play.desk.passed() == play.desk.passed("pod-security-standards") == (1, 2)
    assert play.desk.passed("another-objective") == (0, 0)
    play.happens(events.ImpossibleFound({"run-as-user": "no"}))
    assert play.desk.passed() == (1, 1)


def test_before_the_history_is_read_nothing_is_counted(fresh: Play) -> None:
    assert fresh.desk.possible == []


# Reading


@pytest.mark.parametrize("lab_first", [True, False])
def test_what_is_impossible_is_asked_once_there_are_exercises_and_a_lab(fresh: Play, lab_first: bool) -> None:
    fresh.desk = Desk.unread("kind", "cks")
    asked = []
    for what in ("lab", "exercises") if lab_first else ("exercises", "lab"):
        if what == "lab":
            fresh.sees(State.READY)
        else:
            fresh.happens(events.ExercisesRead(fresh.catalog))
        asked.append(Step.FIND_IMPOSSIBLE in fresh.steps)
    assert asked == [False, True]


def test_once_the_exercises_are_read_the_history_is(fresh: Play) -> None:
    fresh.desk = Desk.unread("kind", "cks")
    fresh.happens(events.ExercisesRead(fresh.catalog))
    assert fresh.steps == [Step.READ_HISTORY]
    assert fresh.desk.state is fresh.state(fresh.first)


# Choosing


def test_after_the_last_exercise_comes_the_first(play: Play) -> None:
    assert (play.desk.step(1), play.desk.step(-1)) == (play.second, play.second)
    play.happens(events.ExerciseChosen(play.second))
    assert (play.desk.number, play.desk.step(1)) == (2, play.first)


def test_another_language_is_asked_again_what_is_impossible(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "_chosen", "zh")
    play.happens(events.LanguageChosen("zh"))
    assert play.steps == [Step.FIND_IMPOSSIBLE]


def test_without_exercises_there_is_nothing_to_be_done() -> None:
    desk = Desk.of(Catalog(()), "kind", "cks")
    assert (desk.state, desk.number, desk.next_key) == (None, 0, "")


@pytest.mark.parametrize(
    "event_of",
    [
        lambda play: events.ExerciseChosen(play.first),
        lambda play: events.NoteRead(play.first, "x"),
        lambda play: events.Examined("x"),
    ],
)
def test_what_changes_nothing_leaves_the_desk_as_it_is(play: Play, event_of: Callable[[Play], events.Event]) -> None:
    desk = play.desk
    play.happens(event_of(play))
    assert play.desk is desk
