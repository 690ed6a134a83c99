"""What every screen with exercises has in common: the long work of a session, done in threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from textual import work
from textual.message import Message
from textual.screen import Screen
from textual.worker import get_current_worker

from lab.catalog.model import Exercise
from lab.grading.grade import Grade, Graded
from lab.practice.attempt import Attempt
from lab.practice.session import Session
from lab.progress import OnProgress, Progress
from lab.ui.trouble import Trouble
from lab.ui.work import Work, until_cancelled

Exercises = tuple[Exercise, ...]


class SessionScreen(Screen[None]):
    """Calls its session in workers. They touch no widget, they post messages; handlers own what is known and shown.

    A worker catches whatever comes up, since nobody else would see it, and hands it on as `Failed`.
    """

    @dataclass
    class Explained(Message):
        """It is known what cannot be done on this engine: exercise id -> why."""

        reasons: Mapping[str, str]

    @dataclass
    class Progressed(Message):
        """A start or a reset has news."""

        progress: Progress

    @dataclass
    class ScenarioChanged(Message):
        """Scenarios are prepared, or removed."""

        exercises: Exercises
        started: bool

    @dataclass
    class Found(Message):
        """A criterion was judged."""

        exercise: Exercise
        graded: Graded

    @dataclass
    class Judged(Message):
        """All criteria were judged. `attempts` are all at the exercise, with this grade, newest first."""

        grade: Grade
        attempts: tuple[Attempt, ...]

    @dataclass
    class Working(Message):
        """A start or a reset is under way and has got so far; None: it has ended."""

        work: Work | None

    @dataclass
    class LookedBack(Message):
        """The history was read, or could not be."""

        attempts: tuple[Attempt, ...] = ()
        trouble: Trouble | None = None
        notes: Mapping[str, str] = field(default_factory=dict)

    @dataclass
    class NoteFound(Message):
        """The learner's note on an exercise was read; it may be empty."""

        exercise: Exercise
        note: str

    @dataclass
    class Failed(Message):
        """A start, a reset or a look did not come to its end."""

        exercises: Exercises
        trouble: Trouble

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def stop_work(self) -> bool:
        """Tell what is under way to stop. Whether there was anything."""
        return bool(self.workers.cancel_group(self, "exercise"))

    @work(thread=True, exclusive=True, exit_on_error=False, group="impossible")
    def explain(self) -> None:
        """Find out what cannot be done on this engine."""
        exercises = self.session.catalog.exercises
        try:
            reasons = {exercise.id: "; ".join(self.session.impossible(exercise).values()) for exercise in exercises}
        except Exception as error:
            self._report(self.Failed((), Trouble.of(error)))
        else:
            self._report(self.Explained(reasons))

    # Another process may be writing to the history, so a look into it may take seconds.

    @work(thread=True, exclusive=True, exit_on_error=False, group="look back")
    def look_back(self) -> None:
        """Read the history."""
        try:
            history = self.session.history
            past = self.LookedBack(history.attempts(), notes=history.notes())
        except Exception as error:
            past = self.LookedBack(trouble=Trouble.of(error))
        self._report(past)

    @work(thread=True, exclusive=True, exit_on_error=False, group="note")
    def find_note(self, exercise: Exercise) -> None:
        """Read the learner's note on an exercise."""
        try:
            note = self.session.history.note(exercise)
        except Exception as error:
            self._report(self.Failed((), Trouble.of(error)))
        else:
            self._report(self.NoteFound(exercise, note))

    @work(thread=True, exit_on_error=False, group="keep")
    def keep(self, keep: Callable[[], object]) -> None:
        """Put something into the history, as `keep` does it."""
        try:
            keep()
        except Exception as error:
            self._report(self.Failed((), Trouble.of(error)))

    @work(thread=True, exclusive=True, exit_on_error=False, group="exercise")
    def change_scenario(self, exercises: Exercises, change: Callable[[OnProgress], None], *, started: bool) -> None:
        """Start or reset, as `change` does it."""

        def tell(progress: Progress) -> None:
            self.post_message(self.Progressed(progress))

        try:
            change(until_cancelled(tell))
        except Exception as error:
            self._report(self.Failed(exercises, Trouble.of(error)))
        else:
            self._report(self.ScenarioChanged(exercises, started))

    @work(thread=True, exclusive=True, exit_on_error=False, group="exercise")
    def grade(self, exercise: Exercise) -> None:
        """Look at the cluster and judge."""

        def tell(graded: Graded) -> None:
            self.post_message(self.Found(exercise, graded))

        try:
            grade = self.session.grade(exercise, until_cancelled(tell))
            attempts = self.session.history.attempts(exercise.id)
        except Exception as error:
            self._report(self.Failed((exercise,), Trouble.of(error)))
        else:
            self._report(self.Judged(grade, attempts))

    def _report(self, message: Message) -> None:
        """Tell how work ended, unless the learner stopped it: then something else may be under way already."""
        if not get_current_worker().is_cancelled:
            self.post_message(message)
