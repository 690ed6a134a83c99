"""The work that takes its time, each piece on a thread: how it begins, how it ends, how it fails.

A job touches no widget: it says what happened by an event, and the app's desk follows.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from textual.app import App
from textual.message import Message
from textual.worker import get_current_worker

from lab import i18n, log
from lab.catalog.model import Catalog, Exercise
from lab.cluster.engine import State, Status
from lab.errors import LabError
from lab.practice.session import Session
from lab.progress import OnProgress, Progress
from lab.ui import events
from lab.ui.desk import Desk, Event, Past
from lab.ui.exercise_state import Phase
from lab.ui.trouble import Trouble
from lab.ui.work import Work

if TYPE_CHECKING:
    from lab.grading.control_plane import Down
    from lab.workshop.follow import Answer
    from lab.workshop.link import Link

Prepare = Callable[[OnProgress], None]
"""Makes the lab ready: `setup`, then `up`. It runs on a thread, and may run again after it failed.

When the learner quits in the middle, its `OnProgress` raises `KeyboardInterrupt` at the next news: to the work that is
Ctrl+C, as on the command line.
"""

EXERCISE, LAB = "exercise", "lab"
"""The groups of jobs that change the lab: one job at a time in each."""

T = TypeVar("T")


@dataclass
class Happened(Message):
    """A job has something to say."""

    event: Event


class Jobs:
    """Begins jobs of a session.

    Args:
        app: its workers are the threads.
        desk: the app's desk, as it is now.
        take: changes the app's desk, at once; called by what begins a job, in the app's own thread.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        app: App[Any],
        session: Session,
        prepare: Prepare,
        desk: Callable[[], Desk],
        take: Callable[[Event], None],
        clock: Callable[[], float],
    ) -> None:
        self._app = app
        self._session = session
        self._prepare = prepare
        self._desk = desk
        self.take = take
        self._clock = clock
        self._writing = ThreadPoolExecutor(max_workers=1)
        """Writes into the history what the learner did, in that order."""

    # The lab

    def prepare_lab(self) -> None:
        """Make the lab ready."""
        self._change_lab("up", self._prepare)

    def remove_lab(self) -> None:
        """Remove the lab."""
        self._change_lab("down", self._session.down)

    def see_lab(self) -> None:
        """See what there is of the lab."""

        def job() -> Event:
            try:
                status = self._session.engine.status()
            except Exception as error:
                # Whatever prevents it, `up` says it better; here the state is just not known.
                if not isinstance(error, LabError):
                    log.fault("the state of the lab", error)
                return events.LabSeen(None, self._clock())
            return events.LabSeen(status, self._clock(), self._why_down(status))

        self._run("see the lab", job)

    def examine(self) -> None:
        """Examine the host and the lab."""

        def job() -> Event:
            from lab.cluster.doctor import examine  # with all that makes images

            parts: list[str] = []
            for found in examine(self._session.engine.lab):
                parts.append(f"- **{i18n.text(f'cli.doctor.{found.state}')}** {found.name}: {found.says}")
                parts += ["", f"  {found.next_step}", ""] if found.next_step else []
            return events.Examined("\n".join(parts))

        self._run("examine", job)

    def _change_lab(self, name: str, change: Prepare) -> None:
        def job() -> Event:
            tell = self._telling(self._lab_news)
            try:
                change(tell)
            except Exception as error:
                return events.LabWorkEnded(Trouble.of(error), self._read_past())
            return events.LabWorkEnded(None, self._read_past())

        work = Work(i18n.text(f"ui.work.{name}"), self._clock())
        self.take(events.LabWorkBegan(work, removing=name == "down"))
        self._run(LAB, job)

    def _why_down(self, status: Status) -> Down | None:
        """Why the API server does not answer; None where it does, or where a start or a reset has taken it away."""
        lab = self._desk().lab
        if status.state is not State.UNREACHABLE or lab.work is not None or lab.scenario is not None:
            return None
        from lab.grading.control_plane import why_down  # needed by few, and never by the first frame

        return why_down(self._session.engine, self._session.clock)

    def _lab_news(self, progress: Progress) -> Event:
        return events.LabProgressed(progress, self._clock())

    # Exercises

    def read_exercises(self) -> None:
        """Read what exercises there are."""
        catalog = self._session.catalog

        def job() -> Event:
            try:
                _ = catalog.exercises
            except Exception as error:
                return events.ExercisesRead(Catalog(()), Trouble.of(error))
            return events.ExercisesRead(catalog)

        self._run("exercises", job)

    def start(self, exercise: Exercise) -> None:
        """Prepare the exercise's scenario."""
        start = partial(self._session.start, exercise)
        self._change_scenario("start", (exercise,), start, started=True)

    def reset(self, exercise: Exercise) -> None:
        """Remove what the exercise and its learner made."""
        reset = partial(self._session.reset, exercise)
        self._change_scenario("reset", (exercise,), reset, started=False)

    def reset_all(self) -> None:
        """Take the whole lab back to how it was made."""
        reset = partial(self._session.reset, None)
        self._change_scenario("reset_all", self._session.catalog.exercises, reset, started=False)

    def grade(self, exercise: Exercise) -> None:
        """Judge the exercise by the cluster."""

        def job() -> Event:
            self._wait_for_writing()
            grade = self._session.grade(exercise, self._telling(partial(events.CriterionGraded, exercise)))
            return events.ExerciseGraded(grade, self._read_past())

        self.take(events.GradingBegan(exercise))
        self._run(EXERCISE, job, exercise)

    def choose_answer(self, exercise: Exercise) -> None:
        """Another recorded answer is the one to be graded; a grading of the one before it is of no use."""
        if self._desk().states[exercise.id].phase is Phase.GRADING:
            self.stop()
        self.take(events.AnswerChosen(exercise))

    def stop(self) -> bool:
        """Stop the start, the reset or the grading under way. Returns whether there was anything to be stopped."""
        is_wanted = self._desk().wanted is not None
        if not self._app.workers.cancel_group(self._app, EXERCISE) and not is_wanted:
            return False
        self.take(events.Stopped())
        return True

    def find_impossible(self) -> None:
        """Find out what cannot be done on this engine."""

        def job() -> Event:
            exercises = self._session.catalog.exercises
            reasons = {exercise.id: "; ".join(self._session.impossible(exercise).values()) for exercise in exercises}
            return events.ImpossibleFound(reasons)

        self._run("impossible", job)

    def _change_scenario(
        self, name: str, exercises: events.Exercises, change: Callable[..., None], *, started: bool
    ) -> None:
        def job() -> Event:
            self._wait_for_writing()
            change(progress=self._telling(self._scenario_news))
            return events.ScenarioEnded(exercises, started, self._read_past())

        title = i18n.text(f"ui.work.{name}", title=exercises[0].title if exercises else "")
        self.take(events.ScenarioBegan(Work(title, self._clock()), exercises))
        self._run(EXERCISE, job, *exercises)

    def _scenario_news(self, progress: Progress) -> Event:
        return events.ScenarioProgressed(progress, self._clock())

    # The history. Another process may be writing to it, so that reading it may take seconds.

    def read_history(self) -> None:
        """Read what was done."""
        self._run("history", lambda: events.HistoryRead(self._read_past()))

    def read_note(self, exercise: Exercise) -> None:
        """Read the learner's note on an exercise."""
        self._run("note", lambda: events.NoteRead(exercise, self._session.history.note(exercise)))

    def save_note(self, exercise: Exercise, text: str) -> None:
        """Write the learner's note on an exercise into the history."""
        self._save(partial(self._session.history.write_note, exercise, text))

    def save_hint(self, exercise: Exercise, number: int) -> None:
        """Write into the history that a hint was taken."""
        self._save(partial(self._session.hint, exercise, number))

    def save_solution_seen(self, exercise: Exercise) -> None:
        """Write into the history that the solution was seen."""
        self._save(partial(self._session.solution, exercise))

    def _save(self, write: Callable[[], object]) -> None:
        written = self._writing.submit(write)

        def job() -> Event:
            written.result()
            return events.HistoryRead(self._read_past())

        self._run("save", job, exclusive=False)

    def _wait_for_writing(self) -> None:
        """What was taken before a grading or a start belongs to the attempt before it."""
        self._writing.submit(lambda: None).result()

    def _read_past(self) -> Past:
        try:
            history = self._session.history
            # Imported on this thread, so that neither the first frame nor home has to wait for it.
            import lab.practice.recall  # noqa: F401
            from lab.exam.reviews import reviews_of
            from lab.exam.sittings import Sittings

            sittings = Sittings(history.database)
            exams, not_closed = tuple(reviews_of(sittings.all())), sittings.open()
            open_exam = not_closed.number if not_closed else 0
            return Past(history.attempts(), history.notes(), exams, history.follows(), open_exam)
        except Exception as error:
            return Past(trouble=Trouble.of(error))

    # The class

    def hear(self, link: Link) -> None:
        """Ask for what the instructor has said. Where that cannot be read now, it is the next time."""

        def job() -> Event:
            try:
                return events.Heard(link.news())
            except LabError as error:
                log.fault("the news of the class", error)
                return events.Heard(None)

        self._run("hear", job)

    def raise_hand(self, link: Link, *, up: bool) -> None:
        """Write into the ledger that a hand is up, or down."""

        def job() -> Event:
            link.raise_hand(up=up)
            return events.HandMoved(up)

        self._run("hand", job)

    def answer(self, link: Link, answer: Answer) -> None:
        """Write into the ledger whether the instructor may see the shell."""

        def job() -> Event:
            link.answer(answer)
            return events.FollowAnswered(answer)

        self._run("answer", job)

    # Threads

    def _run(self, group: str, job: Callable[[], Event], *exercises: Exercise, exclusive: bool = True) -> None:
        """Run a job on a thread, and say how it ended; unless it was stopped: then another may be under way already.

        Args:
            group: in which, if `exclusive`, one job takes the place of another.
            exercises: those that fail with it.
        """

        def work() -> None:
            event: Event
            try:
                event = job()
            except Exception as error:
                event = events.Failed(Trouble.of(error), exercises)
            if not get_current_worker().is_cancelled:
                self._app.post_message(Happened(event))

        self._app.run_worker(work, thread=True, exclusive=exclusive, exit_on_error=False, group=group)

    def _telling(self, event_of: Callable[[T], Event]) -> Callable[[T], None]:
        """A callback for the news of a job: it tells them, or ends the job once the learner has stopped it.

        It ends it by `KeyboardInterrupt`, which all long work bears: it is what Ctrl+C does to it on the command line.
        """
        worker = get_current_worker()

        def tell(news: T) -> None:
            if worker.is_cancelled:
                raise KeyboardInterrupt
            self._app.post_message(Happened(event_of(news)))

        return tell
