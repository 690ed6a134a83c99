"""What becomes of exercises: starting, resetting and checking them, one thing at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from textual import on

from checkers.api import Verdict
from lab import i18n
from lab.catalog.model import Scenario
from lab.practice.attempt import Standing
from lab.practice.session import Session
from lab.progress import OnProgress
from lab.ui.exercise_view import ExerciseView
from lab.ui.lab_view import LabView
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.session_screen import Exercises, SessionScreen
from lab.ui.screens.trouble import TroubleScreen
from lab.ui.widgets.work_bar import step_line
from lab.ui.words import what_goes
from lab.ui.work import Work

LOSES = frozenset(["start", "reset", "reset_all", "solution"])
"""The questions about a loss, whose buttons say what they do."""


class ExerciseScreen(SessionScreen):
    """Owns the views of the exercises and the work on them. How they look, is for the screen that is made from this."""

    def __init__(self, session: Session, clock: Callable[[], float]) -> None:
        super().__init__(session)
        self.clock = clock
        self.views = {exercise.id: ExerciseView(exercise) for exercise in session.catalog.exercises}
        self.current = next(iter(self.views.values()), None)
        self.lab = LabView()

    async def show(self, view: ExerciseView) -> None:
        """Show what has become of an exercise."""
        raise NotImplementedError

    def show_lab(self) -> None:
        """Show what has become of the lab, and of the work under way."""
        raise NotImplementedError

    @property
    def view(self) -> ExerciseView:
        """Of the exercise that is shown."""
        if self.current is None:
            raise LookupError("check_action disables what needs an exercise")
        return self.current

    async def action_start(self) -> None:
        """Start the exercise, now or as soon as the lab is ready; anew, once the learner insists, where it is begun."""
        if self.lab.is_coming:
            await self._start_later(self.view)
        elif self._may_begin():
            await self._start(self.view)

    async def start_wanted(self) -> None:
        """Start the exercise that waits for the lab, if there is one."""
        for view in self.views.values():
            if view.wanted:
                view.wanted = False
                await self._start(view)

    async def _start_later(self, wanted: ExerciseView) -> None:
        for view in self.views.values():
            view.wanted = view is wanted
            await self.show(view)
        self._notify_of_lab("start_later")

    async def _start(self, view: ExerciseView) -> None:
        def start(progress: OnProgress) -> None:
            self.session.start(view.exercise, progress=progress)

        begin = partial(self._begin_scenario, _title("start", view), (view.exercise,), start, started=True)
        # Starting removes what was done. Before the history is read, nobody knows whether something was.
        if view.holds_work or (self.lab.inherited and view.started is None):
            self.ask("start", view, begin)
        else:
            await begin()

    def action_reset(self) -> None:
        """Reset the exercise, once the learner insists."""
        view = self.view
        if self._may_begin():
            reset = partial(self.session.reset, view.exercise)
            begin = partial(self._begin_scenario, _title("reset", view), (view.exercise,), reset, started=False)
            self.ask("reset", view, begin)

    def action_reset_all(self) -> None:
        """Reset all exercises, once the learner insists."""
        view = self.view
        if self._may_begin():
            everything = self.session.catalog.exercises
            reset = partial(self.session.reset, None)
            begin = partial(self._begin_scenario, _title("reset_all", view), everything, reset, started=False)
            self.ask("reset_all", view, begin)

    def is_unstarted(self, view: ExerciseView) -> bool:
        """Whether there is nothing to be judged yet: its scenario has to be prepared first, and was not."""
        return view.started is False and not view.impossible and view.exercise.scenario != Scenario()

    async def action_check(self) -> None:
        """Judge the exercise by the cluster; where it is not started, offer that: there is nothing to be judged yet."""
        if not self._may_begin():
            return
        if self.is_unstarted(self.view):
            self.ask("not_started", self.view, self.action_start)
            return
        self.view.forget_findings()
        self.view.grading = True
        await self.show(self.view)
        self.grade(self.view.exercise)

    async def stop(self) -> bool:
        """Stop what is under way. Whether there was anything."""
        if not self.stop_work() and not any(view.wanted for view in self.views.values()):
            return False
        self.post_message(self.Working(None))
        for view in self.views.values():
            view.busy = view.grading = view.wanted = False
            await self.show(view)
        self.notify(i18n.text("ui.stopped"))
        return True

    def ask(self, name: str, view: ExerciseView, go_on: Callable[[], Awaitable[None]]) -> None:
        """Ask the question of this name about an exercise; go on if the answer is yes."""
        question = i18n.text(f"ui.ask.{name}.question", title=view.exercise.title)
        detail = i18n.text(f"ui.ask.{name}.detail", goes=what_goes(view.exercise))
        buttons = [i18n.text(f"ui.ask.{name}.{answer}") for answer in ("agree", "refuse")] if name in LOSES else []

        async def take(yes: bool | None) -> None:
            if yes:
                await go_on()

        self.app.push_screen(ConfirmScreen(question, detail, *buttons), take)

    def say_not_ready(self) -> None:
        """Tell why there is no lab to work in, and what to do."""
        self._notify_of_lab("wait" if self.lab.work is not None else "absent")

    def _notify_of_lab(self, name: str) -> None:
        step = step_line(self.lab.work) if self.lab.work is not None else ""
        self.notify(i18n.text(f"ui.lab.{name}", step=step), timeout=8, markup=False)

    def _may_begin(self) -> bool:
        """Whether the exercise can be worked on now; says why not."""
        if self.lab.work is not None or not self.lab.looked:
            self.say_not_ready()
        elif self.view.impossible:
            self.notify(self.view.impossible, markup=False)
        elif any(view.busy or view.grading for view in self.views.values()):
            self.notify(i18n.text("ui.one_at_a_time"))
        else:
            return True
        return False

    async def _begin_scenario(
        self, title: str, exercises: Exercises, change: Callable[[OnProgress], None], *, started: bool
    ) -> None:
        self.post_message(self.Working(Work(title, self.clock())))
        for exercise in exercises:
            self.views[exercise.id].busy = True
            await self.show(self.views[exercise.id])
        self.change_scenario(exercises, change, started=started)

    @on(SessionScreen.Progressed)
    def _show_progress(self, event: SessionScreen.Progressed) -> None:
        if self.lab.scenario is not None:
            self.post_message(self.Working(self.lab.scenario.told(event.progress, self.clock())))

    @on(SessionScreen.ScenarioChanged)
    async def _take_scenario(self, event: SessionScreen.ScenarioChanged) -> None:
        self.post_message(self.Working(None))
        for exercise in event.exercises:
            view = self.views[exercise.id]
            view.scenario_changed(started=event.started)
            await self.show(view)
        self.show_lab()
        self.look_back()
        # Going back to the baseline takes the API server away for a while: what was seen then is past.
        await self.run_action("app.look")
        self.notify(i18n.text("ui.started" if event.started else "ui.removed"))

    @on(SessionScreen.Found)
    async def _take_finding(self, event: SessionScreen.Found) -> None:
        view = self.views[event.exercise.id]
        view.found[event.graded.criterion.id] = event.graded
        await self.show(view)

    @on(SessionScreen.Judged)
    async def _take_grade(self, event: SessionScreen.Judged) -> None:
        view = self.views[event.grade.exercise.id]
        view.grading, view.grade = False, event.grade
        view.recall(Standing(view.exercise, event.attempts), self.session.engine.lab)
        view.passed |= event.grade.verdict is Verdict.PASS and not view.solution_seen
        await self.show(view)
        self.show_lab()

    @on(SessionScreen.Failed)
    async def _take_failure(self, event: SessionScreen.Failed) -> None:
        self.post_message(self.Working(None))
        for exercise in event.exercises:
            view = self.views[exercise.id]
            view.trouble = event.trouble if view.grading else None
            view.busy = view.grading = False
            await self.show(view)
        self.show_lab()
        self.app.push_screen(TroubleScreen(event.trouble))


def _title(work: str, view: ExerciseView) -> str:
    return i18n.text(f"ui.work.{work}", title=view.exercise.title)
