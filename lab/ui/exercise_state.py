"""What the app knows of one exercise: what it has seen itself, and what the history says of earlier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto

from checkers.api import Verdict
from lab.catalog.model import Criterion, Exercise, Scenario
from lab.grading.grade import Grade, Graded
from lab.practice.attempt import Attempt, Outcome, PastGrade, Standing
from lab.ui.trouble import Trouble


class Phase(Enum):
    """What is being done with an exercise."""

    IDLE = auto()
    WANTED = auto()
    """It starts as soon as the lab is ready."""
    PREPARING = auto()
    """Its scenario is being prepared or removed."""
    GRADING = auto()


@dataclass(frozen=True, slots=True)
class ExerciseState:
    """An exercise as its learner has it before them.

    Attributes:
        started: whether its scenario is prepared; None: neither this run of the app nor the history knows.
        hints: how many hints were taken.
        solution_seen: the solution was shown, so grades no longer count.
        standing: all attempts at it; None: the history was not read yet.
        attempt: the newest attempt on this lab, whether or not its work is still there.
        impossible: why this engine cannot provide it; empty when it can.
        note: the learner's own words on it; empty where there are none.
        found: criterion id -> what the newest grading has found so far.
        grade: the newest grade, once it is complete.
        trouble: why the newest grading could not be completed.
    """

    exercise: Exercise
    phase: Phase = Phase.IDLE
    started: bool | None = None
    hints: int = 0
    solution_seen: bool = False
    standing: Standing | None = None
    attempt: Attempt | None = None
    impossible: str = ""
    note: str = ""
    found: Mapping[str, Graded] = field(default_factory=dict)
    grade: Grade | None = None
    trouble: Trouble | None = None

    # What becomes of it

    def recalled(self, standing: Standing, lab: str, note: str) -> ExerciseState:
        """With what the history knows of it on this lab."""
        attempt = standing.newest_on(lab)
        state = replace(self, standing=standing, attempt=attempt, note=note)
        if attempt is None or attempt.ended is not None:
            return replace(state, started=False)
        return replace(
            state,
            started=attempt.prepared,
            # What was done a moment ago may not be in the history yet.
            hints=max(self.hints, attempt.hints),
            solution_seen=self.solution_seen or attempt.solution_seen,
        )

    def with_scenario(self, *, started: bool) -> ExerciseState:
        """Its scenario was prepared, or removed: what was found and taken belongs to the attempt before."""
        return replace(
            self.without_findings(),
            phase=Phase.IDLE,
            started=started,
            hints=0,
            solution_seen=False,
            attempt=None,
        )

    def without_findings(self) -> ExerciseState:
        """As if it had never been graded."""
        return replace(self, found={}, grade=None, trouble=None)

    def with_solution_seen(self) -> ExerciseState:
        """Its solution is shown. Whoever has passed compares, and that changes nothing."""
        return replace(self, solution_seen=self.solution_seen or not self.has_passed)

    # What follows from it

    @property
    def is_busy(self) -> bool:
        """Whether it is being prepared, removed or graded."""
        return self.phase in (Phase.PREPARING, Phase.GRADING)

    @property
    def needs_start(self) -> bool:
        """Whether there is nothing to be graded yet: its scenario has to be prepared first, and was not."""
        return self.started is False and not self.impossible and self.exercise.scenario != Scenario()

    @property
    def holds_work(self) -> bool:
        """Whether a start would remove something that the learner did: what was begun, or was graded without that."""
        return bool(self.started) or self.grade is not None or (self.is_open and self.gradings > 0)

    @property
    def is_open(self) -> bool:
        """Whether the cluster still holds what was done in the attempt."""
        return self.attempt is not None and self.attempt.ended is None

    @property
    def has_passed(self) -> bool:
        """Whether this attempt has passed, so that the solution gives nothing away."""
        return self.attempt is not None and self.attempt.outcome is Outcome.PASSED

    @property
    def has_full_score(self) -> bool:
        """Whether all criteria passed in the newest grade, with the solution seen or not."""
        return self.grade is not None and self.grade.verdict is Verdict.PASS

    @property
    def passed(self) -> bool:
        """Whether any attempt at it has passed."""
        return self.standing is not None and self.standing.passed is not None

    @property
    def outcome(self) -> Outcome | None:
        """What became of the newest attempt that says something; None where there is none."""
        latest = self.standing.latest if self.standing is not None else None
        return latest.outcome if latest is not None else None

    @property
    def earlier(self) -> tuple[Attempt, ...]:
        """The attempts before this one, on any lab, newest first."""
        attempts = self.standing.attempts if self.standing is not None else ()
        return tuple(attempt for attempt in attempts if attempt is not self.attempt)

    @property
    def gradings(self) -> int:
        """How often this attempt was graded."""
        return len(self.attempt.grades) if self.attempt is not None else 0

    @property
    def last_grade(self) -> PastGrade | None:
        """The newest grade that the history has of this attempt."""
        return self.attempt.grades[-1] if self.attempt is not None and self.attempt.grades else None

    @property
    def before(self) -> dict[str, Verdict]:
        """Criterion id -> its verdict in the grade before the newest one; empty where there was none."""
        grades = self.attempt.grades if self.attempt is not None else ()
        earlier: tuple[PastGrade, ...] = grades[:-1] if self.grade is not None else grades
        return {criterion.id: criterion.verdict for criterion in earlier[-1].criteria} if earlier else {}

    @property
    def is_graded(self) -> bool:
        """Whether it was graded in this run of the app, or is just being graded."""
        return self.phase is Phase.GRADING or bool(self.found) or self.trouble is not None

    @property
    def graded_now(self) -> Criterion | None:
        """The criterion that is being judged: they are judged in the exercise's order."""
        if self.phase is not Phase.GRADING:
            return None
        return next((criterion for criterion in self.exercise.criteria if criterion.id not in self.found), None)

    def seconds(self, now: datetime) -> float | None:
        """How long the learner has been at it, up to the pass; None while it is not started."""
        if self.attempt is None or not self.is_open or not self.attempt.prepared:
            return None
        return self.attempt.seconds if self.has_passed else max(0.0, (now - self.attempt.started).total_seconds())
