"""What the app knows of one exercise: what it has seen itself, and what the history tells of earlier."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from checkers.api import Verdict
from lab.catalog.model import Criterion, Exercise
from lab.grading.grade import Grade, Graded
from lab.practice.attempt import Attempt, Outcome, PastGrade, Standing
from lab.ui import marks
from lab.ui.marks import Mark
from lab.ui.trouble import Trouble


@dataclass(slots=True)
class ExerciseView:
    """An exercise as the learner has it before them.

    Attributes:
        started: whether the scenario is prepared; None: neither this run of the app nor the history knows.
        wanted: it is to be started as soon as the lab is ready.
        busy: its scenario is being prepared or removed.
        grading: its criteria are being judged.
        hints: how many hints were taken.
        solution_seen: the solution was shown, so what is found no longer counts.
        passed: all criteria have passed once, without the solution.
        past: what became of the newest attempt that the history knows of.
        attempt: the newest attempt on this lab, whether or not its work is still there.
        earlier: the attempts before it, on any lab, newest first.
        impossible: why it cannot be done on this engine; empty when it can.
        found: criterion id -> what the newest look has found so far.
        grade: the newest look, once it is complete.
        trouble: why the newest look could not be completed.
    """

    exercise: Exercise
    started: bool | None = None
    wanted: bool = False
    busy: bool = False
    grading: bool = False
    hints: int = 0
    solution_seen: bool = False
    passed: bool = False
    past: Outcome | None = None
    attempt: Attempt | None = None
    earlier: tuple[Attempt, ...] = ()
    impossible: str = ""
    found: dict[str, Graded] = field(default_factory=dict)
    grade: Grade | None = None
    trouble: Trouble | None = None

    def recall(self, standing: Standing, lab: str) -> None:
        """Go on from what the history knows, on this lab."""
        self.passed = self.passed or standing.passed is not None
        self.past = standing.latest.outcome if standing.latest else None
        self.attempt = standing.newest_on(lab)
        self.earlier = tuple(attempt for attempt in standing.attempts if attempt is not self.attempt)
        self.started = self.is_open and self.attempt is not None and self.attempt.prepared
        if self.is_open and self.attempt is not None:
            # What was done a moment ago may not be in the history yet.
            self.hints = max(self.hints, self.attempt.hints)
            self.solution_seen = self.solution_seen or self.attempt.solution_seen

    @property
    def holds_work(self) -> bool:
        """Whether a start would remove something that the learner did: what was begun, or was judged without that."""
        return bool(self.started) or self.grade is not None or (self.is_open and self.checks > 0)

    def scenario_changed(self, *, started: bool) -> None:
        """Its scenario was prepared, or removed: a new attempt, which the history will tell more of."""
        self.busy, self.started, self.hints, self.solution_seen = False, started, 0, False
        self.attempt = None
        self.forget_findings()

    def forget_findings(self) -> None:
        """As if nobody had looked yet."""
        self.found = {}
        self.grade = None
        self.trouble = None

    @property
    def is_open(self) -> bool:
        """Whether the cluster still holds what was done in the attempt."""
        return self.attempt is not None and self.attempt.ended is None

    @property
    def has_passed(self) -> bool:
        """Whether this attempt has passed, so that the solution gives nothing away."""
        return self.attempt is not None and self.attempt.outcome is Outcome.PASSED

    @property
    def checks(self) -> int:
        """How often this attempt was judged."""
        return len(self.attempt.grades) if self.attempt is not None else 0

    @property
    def before(self) -> dict[str, Verdict]:
        """Criterion id -> its verdict in the look before the newest one; empty where there was none."""
        grades = self.attempt.grades if self.attempt is not None else ()
        earlier: tuple[PastGrade, ...] = grades[:-1] if self.grade is not None else grades
        return {criterion.id: criterion.verdict for criterion in earlier[-1].criteria} if earlier else {}

    def seconds(self, now: datetime) -> float | None:
        """How long the learner has been at it, up to the pass; None while it is not started."""
        if self.attempt is None or not self.is_open or not self.attempt.prepared:
            return None
        return self.attempt.seconds if self.has_passed else max(0.0, (now - self.attempt.started).total_seconds())

    @property
    def checked(self) -> bool:
        """Whether somebody has looked, or is just looking."""
        return self.grading or bool(self.found) or self.trouble is not None

    @property
    def mark(self) -> Mark:
        """Its state in the list of exercises."""
        if self.impossible:
            return marks.IMPOSSIBLE
        if self.wanted or self.busy or self.grading:
            return marks.BUSY
        if self.trouble is not None and self.trouble.ours:
            return marks.VERDICTS[Verdict.BROKEN]
        if self.grade is not None:
            return marks.VERDICTS[self.grade.verdict]
        if self.past is not None:
            return marks.OUTCOMES[self.past]
        return marks.BEGUN if self.started else marks.NEW

    def mark_of(self, criterion: Criterion) -> Mark:
        """The state of one criterion. Where the lab failed amid a look, what was not judged is the lab's fault too."""
        graded = self.found.get(criterion.id)
        if graded is not None:
            return marks.VERDICTS[graded.finding.verdict]
        if self.trouble is not None and self.trouble.ours:
            return marks.VERDICTS[Verdict.BROKEN]
        return marks.RUNNING if criterion is self._next else marks.PENDING

    @property
    def _next(self) -> Criterion | None:
        """The criterion being judged: they are told in the exercise's order."""
        if not self.grading:
            return None
        return next((criterion for criterion in self.exercise.criteria if criterion.id not in self.found), None)
