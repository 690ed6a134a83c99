"""What the app knows of one exercise: what it has seen itself, and what the history tells of earlier."""

from __future__ import annotations

from dataclasses import dataclass, field

from checkers.api import Verdict
from lab.catalog.model import Criterion, Exercise
from lab.grading.grade import Grade, Graded
from lab.practice.attempt import Outcome, Standing
from lab.ui import marks
from lab.ui.marks import Mark
from lab.ui.trouble import Trouble


@dataclass(slots=True)
class ExerciseView:
    """An exercise as the learner has it before them.

    Attributes:
        started: whether the scenario is prepared; None: this run of the app does not know.
        wanted: it is to be started as soon as the lab is ready.
        busy: its scenario is being prepared or removed.
        grading: its criteria are being judged.
        hints: how many hints were taken.
        solution_seen: the solution was shown, so what is found no longer counts.
        passed: all criteria have passed once, without the solution.
        past: what became of the newest attempt that the history knows of.
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
    impossible: str = ""
    found: dict[str, Graded] = field(default_factory=dict)
    grade: Grade | None = None
    trouble: Trouble | None = None

    def recall(self, standing: Standing, lab: str) -> None:
        """Go on from what the history knows, on this lab."""
        self.passed = self.passed or standing.passed is not None
        self.past = standing.latest.outcome if standing.latest else None
        if here := standing.open_on(lab):
            self.started, self.hints, self.solution_seen = True, here.hints, here.solution_seen
        elif self.started is None:
            self.started = False

    @property
    def holds_work(self) -> bool:
        """Whether a start would remove something that the learner did: what was begun, or was judged without that."""
        return bool(self.started) or self.grade is not None

    def forget_findings(self) -> None:
        """As if nobody had looked yet."""
        self.found = {}
        self.grade = None
        self.trouble = None

    @property
    def checked(self) -> bool:
        """Whether somebody has looked, or is just looking."""
        return self.grading or bool(self.found) or self.trouble is not None

    @property
    def score(self) -> int:
        """Points earned, of those criteria that were judged."""
        return sum(graded.earned for graded in self.found.values())

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
