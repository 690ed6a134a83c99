"""The desk: all that the app knows at a moment. Screens only show it; it has neither a widget nor a thread.

It never changes: `Desk.after` gives the desk that an event leads to (`lab.ui.events`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from lab import i18n
from lab.catalog.model import Catalog, Exercise
from lab.cluster.engine import Status
from lab.practice.attempt import Attempt, Standing, standings
from lab.practice.review import Review
from lab.ui.exercise_state import ExerciseState, Phase
from lab.ui.lab_view import LabView
from lab.ui.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Past:
    """What was read of the history.

    Attributes:
        attempts: all of them, newest first.
        notes: exercise id -> the learner's own words on it.
        exams: what mock exams say of objectives.
        follows: when an instructor saw the learner's shell, newest first: from when, and until when.
        open_exam: the number of the mock exam that was not closed yet; 0: there is none.
        trouble: why the history could not be read.
    """

    attempts: tuple[Attempt, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    exams: tuple[Review, ...] = ()
    follows: tuple[tuple[datetime, datetime | None], ...] = ()
    open_exam: int = 0
    trouble: Trouble | None = None


class Event(Protocol):
    """Something that happened: `lab.ui.events` has all of them."""

    def change(self, desk: Desk) -> Desk:
        """The desk once it has happened."""


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """What the app knows.

    Attributes:
        engine: the name of what provides the lab.
        lab_name: the name of the lab.
        states: exercise id -> its state, in the catalog's order.
        current: the id of the exercise that is shown; empty where there is none.
        past: None until the history was read.
        language: in which everything is shown.
        is_read: whether the exercises were read. Until then there are none.
        in_class: the learner has an instructor, on whose machine they work.
        hand: they have raised a hand.
        followed: their instructor sees their shell.
    """

    catalog: Catalog
    engine: str
    lab_name: str
    lab: LabView
    states: Mapping[str, ExerciseState]
    current: str
    past: Past | None
    language: i18n.Language
    is_read: bool = True
    in_class: bool = False
    hand: bool = False
    followed: bool = False

    @classmethod
    def unread(cls, engine: str, lab_name: str) -> Desk:
        """The desk before the exercises were read."""
        return cls(Catalog(()), engine, lab_name, LabView(), {}, "", None, i18n.language(), is_read=False)

    @classmethod
    def of(cls, catalog: Catalog, engine: str, lab_name: str, status: Status | None = None) -> Desk:
        """The desk at the beginning. A lab whose state never changes has its `status` from then on."""
        lab = LabView(status, looked=status is not None)
        return replace(cls.unread(engine, lab_name), lab=lab).with_catalog(catalog)

    def after(self, event: Event) -> Desk:
        """The desk once this has happened."""
        return event.change(self)

    def differs(self, other: Desk | None, *fields: str) -> bool:
        """Whether one of these fields is another than on that desk, so that what shows them has to be drawn anew."""
        return other is None or any(getattr(self, name) is not getattr(other, name) for name in fields)

    # The exercises

    @property
    def state(self) -> ExerciseState | None:
        """Of the exercise that is shown."""
        return self.states.get(self.current)

    @property
    def number(self) -> int:
        """The place of the exercise that is shown, from 1; 0: there is none."""
        return list(self.states).index(self.current) + 1 if self.current else 0

    @property
    def wanted(self) -> ExerciseState | None:
        """The exercise that starts as soon as the lab is ready."""
        return next((state for state in self.states.values() if state.phase is Phase.WANTED), None)

    @property
    def is_busy(self) -> bool:
        """Whether an exercise is being prepared, removed or graded."""
        return any(state.is_busy for state in self.states.values())

    def step(self, by: int) -> Exercise:
        """The exercise so many further on than the one that is shown; after the last comes the first."""
        exercises = self.catalog.exercises
        return exercises[(self.number - 1 + by) % len(exercises)]

    def needs_start(self, state: ExerciseState) -> bool:
        """Whether the exercise has to be started before there is anything to do. A recording never has to be."""
        return state.needs_start and not self.lab.is_replay

    def shows_results(self, state: ExerciseState) -> bool:
        """Whether there are results to be read: of now, or of the last time. In a replay each answer has its own."""
        return state.is_graded or (state.last_grade is not None and not self.lab.is_replay)

    @property
    def next_key(self) -> str:
        """The action that is the sensible one now: to start, to grade, or, once it has passed, to go on."""
        state = self.state
        if state is None:
            return ""
        if state.impossible or state.has_full_score:
            return "next"
        return "start" if self.needs_start(state) else "check"

    # What may begin now

    @property
    def obstacle(self) -> str:
        """Why the exercise that is shown cannot be worked on now; empty if it can."""
        if self.lab.work is not None or not self.lab.looked:
            return self.not_ready
        if self.state is not None and self.state.impossible:
            return self.impossible(self.state)
        return i18n.text("ui.one_at_a_time") if self.is_busy else ""

    @property
    def not_ready(self) -> str:
        """Why there is no lab to work in, and what to do."""
        if self.lab.work is None:
            return i18n.text("ui.lab.absent")
        return i18n.text("ui.lab.wait", step=self.lab.work.step)

    def impossible(self, state: ExerciseState) -> str:
        """Why the exercise cannot be done here; empty if it can."""
        return i18n.text("ui.impossible", reason=state.impossible) if state.impossible else ""

    def start_loses_work(self, state: ExerciseState) -> bool:
        """Whether a start may remove something. Until the history is read, nobody knows what was begun in this lab."""
        return state.holds_work or (self.lab.inherited and state.started is None)

    # How far the learner is

    @property
    def possible(self) -> list[Standing]:
        """Where the learner stands with each exercise that can be done here; none until the history was read."""
        states = [state for state in self.states.values() if not state.impossible]
        return [state.standing for state in states if state.standing is not None]

    def passed(self, objective: str = "") -> tuple[int, int]:
        """How many exercises have passed, and of how many that can be done here: of an objective, or of all."""
        counted = [one for one in self.possible if objective in ("", one.exercise.objective)]
        return sum(standing.passed is not None for standing in counted), len(counted)

    # How events change it

    def with_catalog(self, catalog: Catalog) -> Desk:
        """The desk with these exercises. Those that were there before stay as they are."""
        states = {each.id: self.states.get(each.id, ExerciseState(each)) for each in catalog.exercises}
        current = self.current or next(iter(states), "")
        return replace(self, catalog=catalog, states=states, current=current, is_read=True)

    def with_state(self, state: ExerciseState) -> Desk:
        """The desk with another state of one exercise."""
        return self.with_states([state])

    def with_states(self, states: Iterable[ExerciseState]) -> Desk:
        """The desk with another state of some exercises."""
        changed = {state.exercise.id: state for state in states}
        return replace(self, states={**self.states, **changed}) if changed else self

    def with_phase(self, exercises: Sequence[Exercise], phase: Phase) -> Desk:
        """The desk with these exercises in a phase."""
        return self.with_states(replace(self.states[exercise.id], phase=phase) for exercise in exercises)

    def with_past(self, past: Past) -> Desk:
        """The desk with what the history says. One that cannot be read takes nothing away that is known."""
        known = past.attempts if past.trouble is None else self.past.attempts if self.past is not None else ()
        found = standings(self.catalog.exercises, known)
        return replace(self, past=past).with_states(
            self.states[standing.exercise.id].recalled(
                standing, self.lab_name, past.notes.get(standing.exercise.id, "")
            )
            for standing in found
        )
