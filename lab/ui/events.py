"""What can happen, how each event changes the desk, and what follows from it: rules without a screen or a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from lab import i18n
from lab.catalog.model import Catalog, Exercise
from lab.cluster.engine import State, Status
from lab.grading.grade import Grade, Graded
from lab.progress import Progress
from lab.ui.desk import Desk, Event, Past
from lab.ui.exercise_state import Phase
from lab.ui.trouble import Trouble
from lab.ui.work import Work

if TYPE_CHECKING:
    from lab.grading.control_plane import Down
    from lab.workshop.follow import Answer
    from lab.workshop.link import News

Exercises = tuple[Exercise, ...]
SENT_SECONDS = 60.0
"""For which a learner is told what has come from the instructor; it is read between two commands."""

# The lab


@dataclass(frozen=True, slots=True, eq=False)
class LabSeen:
    """The lab's state was looked at.

    Attributes:
        status: None: that failed.
        now: by the app's clock.
        down: why the API server does not answer, where it does not.
    """

    status: Status | None
    now: float
    down: Down | None = None

    def change(self, desk: Desk) -> Desk:
        """An API server that a start or a reset has taken away is nobody's fault."""
        seen = replace(desk.lab, status=self.status, looked=True, down=self.down)
        if seen.state is not desk.lab.state:
            seen = replace(seen, changed=self.now)
        if not desk.lab.looked and self.status is not None and seen.state is not State.ABSENT:
            seen = replace(seen, inherited=True)
        return replace(desk, lab=seen)


@dataclass(frozen=True, slots=True, eq=False)
class LabWorkBegan:
    """`setup` and `up`, or `down`, have begun."""

    work: Work
    removing: bool

    def change(self, desk: Desk) -> Desk:
        """Nothing is ready meanwhile."""
        return replace(desk, lab=replace(desk.lab, work=self.work, removing=self.removing))


@dataclass(frozen=True, slots=True, eq=False)
class LabProgressed:
    """`setup`, `up` or `down` has news."""

    progress: Progress
    now: float

    def change(self, desk: Desk) -> Desk:
        """News of work that has ended comes too late."""
        if desk.lab.work is None:
            return desk
        return replace(desk, lab=replace(desk.lab, work=desk.lab.work.with_news(self.progress, self.now)))


@dataclass(frozen=True, slots=True, eq=False)
class LabWorkEnded:
    """`setup` and `up`, or `down`, have ended. A removal ends attempts."""

    trouble: Trouble | None = None
    past: Past | None = None

    def change(self, desk: Desk) -> Desk:
        """The lab is what the next look finds."""
        desk = replace(desk, lab=replace(desk.lab, work=None))
        return desk.with_past(self.past) if self.past is not None else desk


# Starting and resetting


@dataclass(frozen=True, slots=True, eq=False)
class StartWanted:
    """The exercise is to be started as soon as the lab is ready; None: none is any more."""

    exercise: Exercise | None

    def change(self, desk: Desk) -> Desk:
        """Only one exercise waits for the lab."""
        before = desk.wanted
        desk = desk.with_phase((before.exercise,), Phase.IDLE) if before is not None else desk
        return desk.with_phase((self.exercise,), Phase.WANTED) if self.exercise is not None else desk


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioBegan:
    """A start or a reset of exercises has begun."""

    work: Work
    exercises: Exercises

    def change(self, desk: Desk) -> Desk:
        """The exercises are busy."""
        desk = replace(desk, lab=replace(desk.lab, scenario=self.work))
        return desk.with_phase(self.exercises, Phase.PREPARING)


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioProgressed:
    """A start or a reset has news."""

    progress: Progress
    now: float

    def change(self, desk: Desk) -> Desk:
        """News of work that has ended comes too late."""
        if desk.lab.scenario is None:
            return desk
        return replace(desk, lab=replace(desk.lab, scenario=desk.lab.scenario.with_news(self.progress, self.now)))


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioEnded:
    """Scenarios are prepared, or removed: a new attempt, or none."""

    exercises: Exercises
    started: bool
    past: Past

    def change(self, desk: Desk) -> Desk:
        """What was found before is past."""
        desk = replace(desk, lab=replace(desk.lab, scenario=None))
        ids = [exercise.id for exercise in self.exercises]
        desk = desk.with_states(desk.states[name].with_scenario(started=self.started) for name in ids)
        return desk.with_past(self.past)


# Grading


@dataclass(frozen=True, slots=True, eq=False)
class GradingBegan:
    """An exercise is being graded."""

    exercise: Exercise

    def change(self, desk: Desk) -> Desk:
        """What was found before is past."""
        return desk.with_state(replace(desk.states[self.exercise.id].without_findings(), phase=Phase.GRADING))


@dataclass(frozen=True, slots=True, eq=False)
class CriterionGraded:
    """A criterion was judged."""

    exercise: Exercise
    graded: Graded

    def change(self, desk: Desk) -> Desk:
        """A finding of a grading that was stopped comes too late."""
        state = desk.states[self.exercise.id]
        if state.phase is not Phase.GRADING:
            return desk
        return desk.with_state(replace(state, found={**state.found, self.graded.criterion.id: self.graded}))


@dataclass(frozen=True, slots=True, eq=False)
class ExerciseGraded:
    """All criteria of an exercise were judged. The history, `past`, has it."""

    grade: Grade
    past: Past

    def change(self, desk: Desk) -> Desk:
        """The attempt has one grade more."""
        state = replace(desk.states[self.grade.exercise.id], phase=Phase.IDLE, grade=self.grade)
        return desk.with_state(state).with_past(self.past)


@dataclass(frozen=True, slots=True, eq=False)
class AnswerChosen:
    """Another recorded answer is the one to be graded."""

    exercise: Exercise

    def change(self, desk: Desk) -> Desk:
        """What was found belongs to the answer before."""
        return desk.with_state(replace(desk.states[self.exercise.id].without_findings(), phase=Phase.IDLE))


# How work ends otherwise


@dataclass(frozen=True, slots=True, eq=False)
class Stopped:
    """The learner stopped what was under way with exercises."""

    def change(self, desk: Desk) -> Desk:
        """Nothing is under way or wanted."""
        desk = replace(desk, lab=replace(desk.lab, scenario=None))
        active = tuple(state.exercise for state in desk.states.values() if state.phase is not Phase.IDLE)
        return desk.with_phase(active, Phase.IDLE)


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """Work did not come to its end. `exercises`: those that it was about, if it was a start, a reset or a grading."""

    trouble: Trouble
    exercises: Exercises = ()

    def change(self, desk: Desk) -> Desk:
        """What a grading has missed is not the learner's fault."""
        if not self.exercises:
            return desk
        desk = replace(desk, lab=replace(desk.lab, scenario=None))
        states = [desk.states[exercise.id] for exercise in self.exercises]
        return desk.with_states(
            replace(state, phase=Phase.IDLE, trouble=self.trouble if state.phase is Phase.GRADING else None)
            for state in states
        )


# Choosing and reading


@dataclass(frozen=True, slots=True, eq=False)
class ExerciseChosen:
    """The learner goes to an exercise."""

    exercise: Exercise

    def change(self, desk: Desk) -> Desk:
        """It is the one that is shown."""
        return desk if desk.current == self.exercise.id else replace(desk, current=self.exercise.id)


@dataclass(frozen=True, slots=True, eq=False)
class HintTaken:
    """The learner takes one more hint."""

    exercise: Exercise

    def change(self, desk: Desk) -> Desk:
        """There are only so many."""
        state = desk.states[self.exercise.id]
        return desk.with_state(replace(state, hints=min(state.hints + 1, len(self.exercise.hints))))


@dataclass(frozen=True, slots=True, eq=False)
class HintSent:
    """The instructor has sent the learner a hint. It is taken, with those before it."""

    exercise: Exercise
    number: int

    def change(self, desk: Desk) -> Desk:
        """It is shown below the task."""
        state = desk.states[self.exercise.id]
        return desk.with_state(replace(state, hints=max(state.hints, self.number)))


@dataclass(frozen=True, slots=True, eq=False)
class SolutionShown:
    """The learner reads the solution."""

    exercise: Exercise

    def change(self, desk: Desk) -> Desk:
        """From now on no grade counts, but for those who have passed."""
        return desk.with_state(desk.states[self.exercise.id].with_solution_seen())


@dataclass(frozen=True, slots=True, eq=False)
class ExercisesRead:
    """The exercises were read. `trouble`: why they could not be."""

    catalog: Catalog
    trouble: Trouble | None = None

    def change(self, desk: Desk) -> Desk:
        """They are there, and nothing is known of them."""
        return desk.with_catalog(self.catalog)


@dataclass(frozen=True, slots=True, eq=False)
class HistoryRead:
    """The history was read, or could not be."""

    past: Past

    def change(self, desk: Desk) -> Desk:
        """Exercises go on from there."""
        return desk.with_past(self.past)


@dataclass(frozen=True, slots=True, eq=False)
class NoteRead:
    """The learner's note on an exercise was read; it may be empty."""

    exercise: Exercise
    note: str

    def change(self, desk: Desk) -> Desk:
        """It is shown where it is written."""
        return desk


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """The host and the lab were examined. `text` is Markdown."""

    text: str

    def change(self, desk: Desk) -> Desk:
        """It is shown over the screen."""
        return desk


@dataclass(frozen=True, slots=True, eq=False)
class ImpossibleFound:
    """It is known what cannot be done on this engine: exercise id -> why; empty where it can be done."""

    reasons: Mapping[str, str]

    def change(self, desk: Desk) -> Desk:
        """Those exercises say why."""
        return desk.with_states(
            replace(desk.states[name], impossible=reason)
            for name, reason in self.reasons.items()
            if desk.states[name].impossible != reason
        )


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """The ledger of the class was asked for news; None: it could not be read."""

    news: News | None

    def change(self, desk: Desk) -> Desk:
        """What was said is said in passing."""
        if self.news is None:
            return desk
        return replace(desk, hand=self.news.hand, followed=self.news.followed)


@dataclass(frozen=True, slots=True, eq=False)
class ExercisesGiven:
    """There is more to do: the instructor has given exercises. `catalog` has them beside all that there were."""

    catalog: Catalog

    def change(self, desk: Desk) -> Desk:
        """Nothing else changes; where there was none, the first one is shown."""
        return desk.with_catalog(self.catalog)


@dataclass(frozen=True, slots=True, eq=False)
class HandMoved:
    """The learner has raised a hand, or taken it down."""

    up: bool

    def change(self, desk: Desk) -> Desk:
        """It is up, or not."""
        return replace(desk, hand=self.up)


@dataclass(frozen=True, slots=True, eq=False)
class FollowAnswered:
    """The learner has let their instructor see their shell, or not."""

    answer: Answer

    def change(self, desk: Desk) -> Desk:
        """Whether the instructor sees it then, the next news tell."""
        return desk


@dataclass(frozen=True, slots=True, eq=False)
class LanguageChosen:
    """Everything is to be shown in this language."""

    language: i18n.Language

    def change(self, desk: Desk) -> Desk:
        """It is drawn anew."""
        return replace(desk, language=self.language)


# What follows


class Step(Enum):
    """What the app does by itself after an event."""

    PREPARE_LAB = auto()
    SEE_LAB = auto()
    READ_HISTORY = auto()
    FIND_IMPOSSIBLE = auto()
    START_WANTED = auto()


def steps(event: Event, before: Desk, after: Desk) -> list[Step]:
    """What the app does next."""
    next_steps: list[Step] = []
    if isinstance(event, LabSeen) and not before.lab.looked and not after.lab.ready:
        next_steps.append(Step.PREPARE_LAB)
    # Going back to the baseline takes the API server away for a while: what was seen then is past.
    if isinstance(event, LabWorkEnded | ScenarioEnded):
        next_steps.append(Step.SEE_LAB)
    if isinstance(event, ExercisesRead | ExercisesGiven):
        next_steps.append(Step.READ_HISTORY)
    becomes_ready = _is_ready(after) and not _is_ready(before)
    is_other = after.language != before.language or after.catalog is not before.catalog
    if becomes_ready or (_is_ready(after) and is_other):
        next_steps.append(Step.FIND_IMPOSSIBLE)
    if becomes_ready and after.wanted is not None:
        next_steps.append(Step.START_WANTED)
    return next_steps


def _is_ready(desk: Desk) -> bool:
    """Whether there are a lab and exercises for it."""
    return desk.is_read and desk.lab.ready


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be said in passing."""

    text: str
    warns: bool = False
    seconds: float | None = None


def notice(event: Event, before: Desk, after: Desk) -> Notice | None:
    """What is said of an event in passing; None: nothing."""
    match event:
        case LabSeen() if before.lab.ready and after.lab.is_lost and not after.lab.is_starting:
            fault = after.lab.fault
            lost = i18n.text("ui.lab.fault", fault=fault) if fault else i18n.text("ui.lab.lost")
            return Notice(lost, warns=True, seconds=10)
        case StartWanted() if event.exercise is not None and after.lab.work is not None:
            return Notice(i18n.text("ui.lab.start_later", step=after.lab.work.step), seconds=8)
        case ScenarioEnded():
            return Notice(i18n.text("ui.started" if event.started else "ui.removed"))
        case ExercisesGiven():
            new = [str(state.exercise.title) for name, state in after.states.items() if name not in before.states]
            return Notice(i18n.text("ui.class.given", titles=", ".join(new)), seconds=SENT_SECONDS)
        case HintSent():
            return Notice(i18n.text("ui.class.hint", title=event.exercise.title), seconds=SENT_SECONDS)
        case Stopped():
            return Notice(i18n.text("ui.stopped"))
        case HintTaken() if after.states[event.exercise.id].hints == before.states[event.exercise.id].hints:
            return Notice(i18n.text("ui.hint.no_more"))
    return None
