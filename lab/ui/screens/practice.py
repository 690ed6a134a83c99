"""Practice: the exercises, the task, the results; the lab may still be on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Container
from textual.getters import query_one
from textual.widgets import Footer, Static

from checkers.api import Verdict
from lab import i18n, settings
from lab.catalog.model import Exercise
from lab.practice.session import Session
from lab.progress import OnProgress
from lab.ui import keys
from lab.ui.attempt import Attempt
from lab.ui.lab_view import LabView
from lab.ui.menu import Entry
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.details import DetailsScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.session_screen import Exercises, SessionScreen
from lab.ui.screens.trouble import TroubleScreen
from lab.ui.widgets.exercise_tree import ExerciseTree
from lab.ui.widgets.results_pane import ResultsPane
from lab.ui.widgets.state_line import StateLine
from lab.ui.widgets.task_pane import TaskPane
from lab.ui.widgets.work_bar import WorkBar, step_line
from lab.ui.work import Work

NEED_EXERCISE = frozenset(["hint", "solution", "shell", "check", "start", "reset", "reset_all", "next", "previous"])
"""The actions that are about the exercise that is shown."""


class PracticeScreen(SessionScreen):
    """One learner, one exercise at a time."""

    CSS_PATH = "practice.tcss"
    AUTO_FOCUS = "ExerciseTree"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in keys.PRACTICE),
        Binding("ctrl+c", "interrupt", show=False),
    ]
    # Textual declares these in a way that mypy takes for instance variables, so ClassVar is no help.
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-normal"), (150, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (15, "-tall")]  # noqa: RUF012

    exercise_tree = query_one(ExerciseTree)
    task_pane = query_one(TaskPane)
    results = query_one(ResultsPane)
    bar = query_one(WorkBar)
    state_line = query_one(StateLine)

    def __init__(self, session: Session, clock: Callable[[], float], open_shell: Callable[[str], None]) -> None:
        super().__init__(session)
        self._clock = clock
        self._open_shell = open_shell
        self._attempts = {exercise.id: Attempt(exercise) for exercise in session.catalog.exercises}
        self._current = next(iter(self._attempts.values()), None)
        self._lab = LabView()
        self._work: Work | None = None

    # What is on the screen

    def compose(self) -> ComposeResult:
        """Its parts."""
        engine = self.session.engine
        yield StateLine(f"{engine.name}/{engine.lab}", len(self._attempts))
        yield Static(id="too-small")
        with Container(id="panes"):
            yield ExerciseTree(self.session.catalog)
            yield TaskPane()
            yield ResultsPane()
        yield WorkBar(self._clock)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """What is known only once it is on the screen."""
        self._title()
        self.watch(self.app, "lab", self._follow_lab)
        for attempt in self._attempts.values():
            self.exercise_tree.mark(attempt.exercise, attempt.mark)
        if self._current is not None:
            # A tree knows the lines of its nodes once it has been laid out.
            self.call_after_refresh(self.exercise_tree.choose, self._current.exercise)

    def _title(self) -> None:
        """Name the parts in the language in use."""
        self.query_one("#too-small", Static).update(i18n.text("ui.too_small"))
        self.exercise_tree.title()
        self.results.border_title = i18n.text("ui.pane.results")

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys with their names in the language in use."""
        return keys.named(super().active_bindings)

    @property
    def attempt(self) -> Attempt:
        """At the exercise that is shown."""
        if self._current is None:
            raise LookupError("check_action disables what needs an exercise")
        return self._current

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without any exercise there is nothing to be done with one."""
        if self._current is None and action in NEED_EXERCISE:
            return None
        return super().check_action(action, parameters)

    def menu(self) -> Iterable[Entry]:
        """All keys by name, what has no key, and the exercises."""
        for key in keys.PRACTICE:
            if key.id != "menu":
                yield Entry(keys.name(key.id), keys.tip(key.id), partial(self.run_action, key.action))
        for action in ("reset", "reset_all"):
            yield Entry(keys.name(action), keys.tip(action), partial(self.run_action, action))
        for exercise in self.session.catalog.exercises:
            also = f"{exercise.id} {exercise.title.en} {exercise.title.zh}"
            yield Entry(str(exercise.title), exercise.id, partial(self.exercise_tree.choose, exercise), also)

    # Choosing and reading

    @on(ExerciseTree.Chosen)
    async def _show_exercise(self, event: ExerciseTree.Chosen) -> None:
        self._current = self._attempts[event.exercise.id]
        await self.task_pane.show(self._current)
        await self.results.show(self._current)

    def action_next(self) -> None:
        """Choose the next exercise."""
        self._step(1)

    def action_previous(self) -> None:
        """Choose the exercise before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        exercises = self.session.catalog.exercises
        self.exercise_tree.choose(exercises[(exercises.index(self.attempt.exercise) + by) % len(exercises)])

    def action_next_pane(self) -> None:
        """Go to the next pane."""
        self.focus_next(".pane")

    def action_help(self) -> None:
        """Show what the app does, and its keys."""
        lines = (f"- **{key.display}** {keys.name(key.id)}: {keys.tip(key.id)}" for key in keys.PRACTICE)
        text = "\n".join([i18n.text("ui.help.text"), "", *lines])
        self.app.push_screen(ReadingScreen(keys.name("help"), text))

    async def action_hint(self) -> None:
        """Show one more hint below the task."""
        if self.attempt.hints == len(self.attempt.exercise.hints):
            self.notify(i18n.text("ui.hint.no_more"))
            return
        self.attempt.hints += 1
        await self.task_pane.show(self.attempt)
        self.task_pane.scroll_end(animate=False)

    def action_solution(self) -> None:
        """Show the solution, once the learner insists."""
        self._ask("solution", partial(self._show_solution, self.attempt.exercise))

    def _show_solution(self, exercise: Exercise) -> None:
        self.app.push_screen(ReadingScreen(str(exercise.title), exercise.solution))

    async def action_language(self) -> None:
        """Change between English and Chinese, now and for the next time."""
        other: i18n.Language = "en" if i18n.language() == "zh" else "zh"
        i18n.use(other)
        with suppress(OSError):  # where it cannot be kept, it still holds for now
            settings.save(replace(settings.load(), language=other))
        if self._lab.ready:
            self.explain()
        self._title()
        for attempt in self._attempts.values():
            await self._show(attempt)
        if self._current is not None:
            await self.task_pane.show(self._current)
        self._show_lab()
        self.refresh_bindings()

    def _ask(self, name: str, go_on: Callable[[], None]) -> None:
        """Ask the question of this name about the exercise that is shown; go on if the answer is yes."""
        question = i18n.text(f"ui.ask.{name}.question", title=self.attempt.exercise.title)
        screen = ConfirmScreen(question, i18n.text(f"ui.ask.{name}.detail"))
        self.app.push_screen(screen, lambda yes: go_on() if yes else None)

    # The lab

    def _follow_lab(self, lab: LabView) -> None:
        was_ready, self._lab = self._lab.ready, lab
        if lab.ready and not was_ready:
            self.explain()
        elif was_ready and lab.work is None and not lab.ready:
            self.notify(i18n.text("ui.lab.lost"), severity="warning", timeout=10)
        self._show_lab()

    def _show_lab(self) -> None:
        self.state_line.lab = self._lab
        self.state_line.refresh()
        self.state_line.passed = sum(
            attempt.grade is not None and attempt.grade.verdict is Verdict.PASS for attempt in self._attempts.values()
        )
        self.bar.work = self._lab.work or self._work

    def action_details(self) -> None:
        """Show what the preparation of the lab has said."""
        self.app.push_screen(DetailsScreen())

    def action_shell(self) -> None:
        """Give the terminal to the shell."""
        if self._lab.has_shell:
            self._open_shell(str(self.attempt.exercise.title))
        else:
            self._say_not_ready()

    def _say_not_ready(self) -> None:
        step = step_line(self._lab.work) if self._lab.work is not None else ""
        self.notify(i18n.text("ui.lab.wait" if self._lab.work else "ui.lab.absent", step=step), timeout=8, markup=False)

    @on(SessionScreen.Explained)
    async def _mark_impossible(self, event: SessionScreen.Explained) -> None:
        for name, reason in event.reasons.items():
            self._attempts[name].impossible = i18n.text("ui.impossible", reason=reason) if reason else ""
            await self._show(self._attempts[name])
        if self._current is not None and self._current.impossible:
            await self.task_pane.show(self._current)

    # Start, reset, check: one at a time

    def action_start(self) -> None:
        """Start the exercise; reset it where it is started."""
        if self.attempt.started:
            self.action_reset()
        elif self._may_begin():
            exercise = self.attempt.exercise
            start = partial(self.session.start, exercise)
            begin = partial(self._begin_scenario, "start", (exercise,), start, started=True)
            if self._lab.inherited and self.attempt.started is None:
                # It may have been begun before the app was opened, and starting removes what was done in it.
                self._ask("start", begin)
            else:
                begin()

    def action_reset(self) -> None:
        """Reset the exercise, once the learner insists."""
        exercise = self.attempt.exercise
        if self._may_begin():
            reset = partial(self.session.reset, exercise)
            self._ask("reset", partial(self._begin_scenario, "reset", (exercise,), reset, started=False))

    def action_reset_all(self) -> None:
        """Reset all exercises, once the learner insists."""
        if self._may_begin():
            everything = self.session.catalog.exercises
            reset = partial(self.session.reset, None)
            self._ask("reset_all", partial(self._begin_scenario, "reset_all", everything, reset, started=False))

    async def action_check(self) -> None:
        """Judge the exercise by the cluster."""
        if not self._may_begin():
            return
        self.attempt.forget_findings()
        self.attempt.grading = True
        await self._show(self.attempt)
        self.grade(self.attempt.exercise)

    async def action_interrupt(self) -> None:
        """Ctrl+C: copy what is selected, else stop what is under way, else quit."""
        if self.get_selected_text():
            self.action_copy_text()
        elif self.stop_work():
            self._work = None
            self._show_lab()
            for attempt in self._attempts.values():
                attempt.busy = attempt.grading = False
                await self._show(attempt)
            self.notify(i18n.text("ui.stopped"))
        else:
            self.app.exit()

    def _may_begin(self) -> bool:
        """Whether the exercise can be worked on now; says why not."""
        if self._lab.work is not None or not self._lab.looked:
            self._say_not_ready()
        elif self.attempt.impossible:
            self.notify(self.attempt.impossible, markup=False)
        elif any(attempt.busy or attempt.grading for attempt in self._attempts.values()):
            self.notify(i18n.text("ui.one_at_a_time"))
        else:
            return True
        return False

    def _begin_scenario(
        self, name: str, exercises: Exercises, change: Callable[[OnProgress], None], *, started: bool
    ) -> None:
        self._work = Work(i18n.text(f"ui.work.{name}", title=self.attempt.exercise.title), self._clock())
        self._show_lab()
        for exercise in exercises:
            self._attempts[exercise.id].busy = True
            self.exercise_tree.mark(exercise, self._attempts[exercise.id].mark)
        self.change_scenario(exercises, change, started=started)

    @on(SessionScreen.Progressed)
    def _show_progress(self, event: SessionScreen.Progressed) -> None:
        if self._work is not None:
            self._work = self._work.told(event.progress, self._clock())
            self._show_lab()

    @on(SessionScreen.ScenarioChanged)
    async def _take_scenario(self, event: SessionScreen.ScenarioChanged) -> None:
        self._work = None
        for exercise in event.exercises:
            attempt = self._attempts[exercise.id]
            attempt.busy, attempt.started = False, event.started
            attempt.forget_findings()
            await self._show(attempt)
        self._show_lab()
        self.notify(i18n.text("ui.started" if event.started else "ui.removed"))

    @on(SessionScreen.Found)
    async def _take_finding(self, event: SessionScreen.Found) -> None:
        attempt = self._attempts[event.exercise.id]
        attempt.found[event.graded.criterion.id] = event.graded
        await self._show(attempt)

    @on(SessionScreen.Judged)
    async def _take_grade(self, event: SessionScreen.Judged) -> None:
        attempt = self._attempts[event.grade.exercise.id]
        attempt.grading, attempt.grade = False, event.grade
        await self._show(attempt)
        self._show_lab()

    @on(SessionScreen.Failed)
    async def _take_failure(self, event: SessionScreen.Failed) -> None:
        self._work = None
        for exercise in event.exercises:
            attempt = self._attempts[exercise.id]
            attempt.trouble = event.trouble if attempt.grading else None
            attempt.busy = attempt.grading = False
            await self._show(attempt)
        self._show_lab()
        self.app.push_screen(TroubleScreen(event.trouble))

    async def _show(self, attempt: Attempt) -> None:
        """Show what has become of an attempt."""
        self.exercise_tree.mark(attempt.exercise, attempt.mark)
        if attempt is self._current:
            await self.results.show(attempt)
