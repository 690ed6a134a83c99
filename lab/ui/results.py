"""What the results of an exercise say, and in which order: rules that need no screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textual.content import Content

from checkers.api import Finding, Verdict
from lab import i18n
from lab.catalog.model import Criterion, Exercise
from lab.practice.attempt import Attempt, Outcome
from lab.progress import ago
from lab.ui import marks
from lab.ui.desk import Desk
from lab.ui.exercise_state import ExerciseState, Phase

CELLS = 10
"""The length of the bar that shows the score."""
_PLACES = (Verdict.FAIL, Verdict.BROKEN, Verdict.UNSEEN, Verdict.PASS)
"""What is to be mended comes first, then what could not be judged, then what holds."""
_WORDLESS = (Verdict.PASS, Verdict.FAIL)
"""Their glyph and their points say all."""


def order(state: ExerciseState) -> list[Criterion]:
    """The criteria as they are shown: in the exercise's order while they are judged, afterwards what failed first.

    A criterion that must hold and does not comes before all others: until it holds no point counts.
    """
    criteria = list(state.exercise.criteria)
    if state.grade is None:
        return criteria
    verdicts = state.grade.verdicts

    def place(criterion: Criterion) -> tuple[int, bool]:
        verdict = verdicts[criterion.id]
        return _PLACES.index(verdict), verdict is Verdict.FAIL and not criterion.is_gate

    return sorted(criteria, key=place)


def opens(state: ExerciseState, criterion: Criterion) -> bool:
    """Whether what was found of a criterion is shown without being asked for."""
    graded = state.found.get(criterion.id)
    return state.grade is not None and graded is not None and graded.finding.verdict is not Verdict.PASS


def headline(state: ExerciseState, criterion: Criterion) -> Content:
    """`✓ was ✗  2/2`: its state, what it was in the grade before if that has changed, and its points.

    As long as it is not graded in this run of the app, what it was the last time, dimmed.
    """
    if not state.is_graded and state.last_grade is not None:
        for past in state.last_grade.criteria:
            if past.id == criterion.id:
                points = _points(criterion, past.earned)
                return Content.styled(f"{marks.VERDICTS[past.verdict].glyph} {points}", marks.MUTED)
    mark = marks.of_criterion(state, criterion)
    graded = state.found.get(criterion.id)
    verdict = graded.finding.verdict if graded is not None else None
    parts = [mark.bare if verdict in _WORDLESS else mark.content]
    before = state.before.get(criterion.id)
    if verdict is not None and before not in (None, verdict):
        was = i18n.text("ui.results.was", before=marks.VERDICTS[before].glyph)
        parts.append(Content.styled(f" {was}", "bold $text-primary"))
    points = _points(criterion, graded.earned if graded is not None else None)
    return Content.assemble(*parts, " ", (points, "bold"))


def details(finding: Finding) -> list[tuple[str, str]]:
    """(Name, words) of what was found; where that is not right, of what was expected and why it matters, too."""
    parts = [("found", i18n.pick(finding.found))]
    if finding.verdict is not Verdict.PASS:
        why = "" if finding.why is None else i18n.pick(finding.why)
        parts = [("expected", i18n.pick(finding.expected)), *parts, ("why", why)]
    return [(name, words) for name, words in parts if words]


def summary(state: ExerciseState, now: datetime) -> Content:
    """The whole in a line or two: verdict, score, time."""
    if state.phase is Phase.GRADING:
        return Content(i18n.text("ui.results.looking", done=len(state.found), count=len(state.exercise.criteria)))
    if state.trouble is not None and state.trouble.ours:
        return Content.assemble(marks.VERDICTS[Verdict.BROKEN].content, "  ", i18n.text("ui.results.lab_fault"))
    if state.grade is None and state.last_grade is not None:
        last, when = state.last_grade, ago(state.last_grade.looked, now)
        score = i18n.text("ui.results.score", score=last.score, points=last.max)
        verdict = marks.VERDICTS[last.verdict].text
        return Content.styled(i18n.text("ui.results.last", verdict=verdict, score=score, ago=when), marks.MUTED)
    if state.grade is None:
        return Content.styled(i18n.text("ui.results.none"), marks.MUTED)
    grade, points = state.grade, state.exercise.points
    mark = marks.VERDICTS[grade.verdict]
    score = i18n.text("ui.results.score", score=grade.score, points=points)
    bar = marks.bar(grade.score / points if points else 0, CELLS)
    line = Content.assemble(mark.content, "  ", (score, "bold"), "  ", (bar, f"$text-{mark.tone}"))
    seconds = state.seconds(grade.started)
    if seconds is not None:
        time = i18n.text("ui.results.time", time=clock(seconds), aim=clock(60 * state.exercise.minutes))
        line = Content.assemble(line, f"  {time}")
    if grade.failed_gates:
        titles = "; ".join(str(graded.criterion.title) for graded in grade.failed_gates)
        line = Content.assemble(line, "\n", i18n.text("grading.gates", titles=titles, earned=grade.earned))
    return line


def remarks(state: ExerciseState) -> list[str]:
    """What is to be said of the whole after the facts: a mistake that is known, and what to do about the lab."""
    if state.grade is None:
        return []
    lines = []
    known = state.grade.known_mistake
    if known is not None and known.mistake is not None:
        lines.append(f"{i18n.text('grading.mistake')}{known.mistake}")
    if state.grade.verdict in (Verdict.BROKEN, Verdict.UNSEEN):
        lines.append(i18n.text(f"ui.results.after_{state.grade.verdict}"))
    return lines


def legend(state: ExerciseState) -> str:
    """What the sign of criteria without points means; empty where there are none."""
    has_gates = any(criterion.is_gate for criterion in state.exercise.criteria)
    return i18n.text("ui.results.legend") if has_gates else ""


def clock(seconds: float) -> str:
    """`3:12`, `1:02:05`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _points(criterion: Criterion, earned: int | None) -> str:
    """`2/3`, `3 p` while nothing is earned or lost, or the sign of a criterion that earns nothing but must hold."""
    if criterion.is_gate:
        return "⚑"
    if earned is None:
        return i18n.text("ui.results.points", points=criterion.points)
    return f"{earned}/{criterion.points}"


@dataclass(frozen=True, slots=True)
class Closing:
    """What is said once an exercise has passed.

    Attributes:
        seconds: what it took; None where it was not started, so that nobody knows.
        aim: in seconds.
        counts: the solution had not been seen.
        times: how often the exercise has passed, this time too.
        objective: the name of what the curriculum asks for.
        passed: how many exercises of that objective have passed.
        count: of how many.
        last: the pass before this one.
        following: the exercise that comes next.
    """

    seconds: float | None
    aim: float
    gradings: int
    hints: int
    counts: bool
    times: int
    objective: str
    passed: int
    count: int
    last: Attempt | None
    following: Exercise | None

    @classmethod
    def of(cls, desk: Desk, state: ExerciseState) -> Closing:
        """Of an exercise that has just got a full score."""
        passes = [attempt for attempt in state.earlier if attempt.outcome is Outcome.PASSED]
        passed, count = desk.passed(state.exercise.objective)
        following = desk.step(1)
        return cls(
            seconds=state.seconds(state.grade.started) if state.grade is not None else None,
            aim=60 * state.exercise.minutes,
            gradings=state.gradings,
            hints=state.hints,
            counts=not state.solution_seen or state.has_passed,
            times=len(passes) + 1,
            objective=desk.catalog.objective(state.exercise),
            passed=passed,
            count=count,
            last=passes[0] if passes else None,
            following=following if following is not state.exercise else None,
        )

    def lines(self, now: datetime) -> list[str]:
        """What is said, a line each."""
        lines = [self._effort()]
        if self.counts:
            name = "first" if self.times == 1 else "again"
            lines.append(
                i18n.text(
                    f"ui.closing.{name}",
                    times=self.times,
                    objective=self.objective,
                    passed=self.passed,
                    count=self.count,
                )
            )
            if self.last is not None:
                time = clock(self.last.seconds) if self.last.prepared else "–"
                lines.append(i18n.text("ui.closing.last", time=time, ago=ago(self.last.decided, now)))
        else:
            lines.append(i18n.text("ui.closing.unscored"))
        if self.following is not None:
            level = i18n.text(f"ui.level.{self.following.level}")
            lines.append(
                i18n.text("ui.closing.next", title=self.following.title, level=level, minutes=self.following.minutes)
            )
        if self.counts:
            lines.append(i18n.text("ui.closing.compare"))
        return lines

    def _effort(self) -> str:
        """The time against the aim, checks, hints."""
        facts = []
        if self.seconds is not None:
            name = "within" if self.seconds <= self.aim else "over"
            rest = clock(abs(self.aim - self.seconds))
            facts.append(i18n.text(f"ui.closing.{name}", time=clock(self.seconds), aim=clock(self.aim), rest=rest))
        facts.append(i18n.text("ui.closing.checks", count=self.gradings))
        facts.append(i18n.text("ui.closing.hints" if self.hints else "ui.closing.no_hint", count=self.hints))
        return " · ".join(facts)
