"""Practice: the task, a place to do it in, the results; the lab may still be on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Container
from textual.getters import query_one
from textual.widget import Widget

from checkers.api import Verdict
from lab import i18n
from lab.catalog.model import Exercise
from lab.practice.attempt import standings
from lab.practice.session import Session
from lab.ui import keys, language
from lab.ui.exercise_view import ExerciseView
from lab.ui.heading import Heading, next_key
from lab.ui.lab_view import LabView
from lab.ui.menu import Entry
from lab.ui.results import Closing
from lab.ui.screens.details import DetailsScreen
from lab.ui.screens.exercise_screen import ExerciseScreen
from lab.ui.screens.help import HelpScreen
from lab.ui.screens.note import NoteScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.session_screen import SessionScreen
from lab.ui.widgets.exercise_line import ExerciseLine
from lab.ui.widgets.exercise_pane import ExercisePane
from lab.ui.widgets.exercise_tree import ExerciseTree
from lab.ui.widgets.key_footer import KeyFooter
from lab.ui.widgets.results_pane import ResultsPane
from lab.ui.widgets.task_pane import TaskPane
from lab.ui.widgets.too_small import TooSmall
from lab.ui.widgets.work_bar import WorkBar
from lab.ui.widgets.work_pane import WorkPane
from lab.ui.words import facts

NEED_EXERCISE = frozenset(
    ["hint", "solution", "shell", "check", "start", "reset", "reset_all", "next", "previous", "copy", "note", "peek"]
)
"""The actions that are about the exercise that is shown."""


class PracticeScreen(ExerciseScreen):
    """One learner, one exercise at a time.

    Args:
        work_pane: where the learner works.
    """

    ABOUT: ClassVar = "ui.help.text"
    """The name of the text that its help begins with."""
    keeps_time = True
    """Whether it means anything how long an exercise took."""

    CSS_PATH = "practice.tcss"
    AUTO_FOCUS = "TaskPane"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in keys.PRACTICE),
        *keys.LIKE_VI,
        Binding("question_mark", "help", show=False),
        Binding("ctrl+c", "interrupt", show=False),
        Binding("escape", "cancel", show=False),
        Binding("c", "copy", show=False),  # many a terminal keeps F11 for itself
        Binding("question_mark", "help", show=False),
    ]

    exercises = query_one(ExercisePane)
    task_pane = query_one(TaskPane)
    results = query_one(ResultsPane)
    bar = query_one(WorkBar)
    line = query_one(ExerciseLine)

    def __init__(self, session: Session, clock: Callable[[], float], work_pane: WorkPane) -> None:
        super().__init__(session, clock)
        self.work_pane = work_pane
        self._spoken = i18n.language()
        self._came_from: Widget | None = None
        """What had the focus before something was laid over the panes."""
        self._left: Widget | None = None
        """The pane that was left for the place to work in."""
        self._timed = True
        """Whether the time is shown."""

    # What is on the screen

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield ExerciseLine(self.session.clock.now)
        yield TooSmall()
        with Container(id="panes"):
            yield ExercisePane(self.session.catalog)
            yield TaskPane()
            yield self.work_pane
            yield ResultsPane()
        yield WorkBar(self.clock)
        yield KeyFooter(self._next_key)

    def on_mount(self) -> None:
        """What is known only once it is on the screen."""
        self._title()
        self.watch(self.app, "lab", self._follow_lab)
        for view in self.views.values():
            self.exercises.exercise_tree.mark(view.exercise, view.mark)
        if self.current is not None:
            self.exercises.choose(self.current.exercise)
        self.look_back()

    def _title(self) -> None:
        """Name the parts in the language in use."""
        self.exercises.title()
        self.work_pane.title()
        self.results.border_title = i18n.text(self.results.name_key)

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys as the footer shows them, but for those that are the work pane's own."""
        active = super().active_bindings
        if self.work_pane.takes_letters:
            active = {pressed: one for pressed, one in active.items() if one.binding.priority}
        if self.exercises.has_focus_within:
            return keys.shown(self, keys.CHOOSING)
        return keys.footer(active, keys.PRACTICE, self.size.width, self._next_key())

    def _next_key(self) -> str:
        """The action that is the sensible one now."""
        return next_key(self.current, unstarted=self.current is not None and self.is_unstarted(self.current))

    def on_resize(self) -> None:
        """The footer has room for more, or fewer, keys."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without any exercise there is nothing to be done with one; and keys may all be the work pane's."""
        if self.work_pane.takes_all_keys and action != "all_keys":
            return False
        if self.current is None and action in NEED_EXERCISE:
            return None
        return super().check_action(action, parameters)

    def menu(self) -> Iterable[Entry]:
        """All keys by name, what has no key, and the exercises."""
        for key in keys.PRACTICE:
            if key.id != "menu":
                yield Entry(keys.title(key.id), keys.tip(key.id), partial(self.run_action, key.action))
        for action in ("cancel", "reset", "reset_all"):
            yield Entry(keys.name(action), keys.tip(action), partial(self.run_action, action))
        yield Entry(keys.name("theme"), keys.tip("theme"), partial(self.run_action, "app.theme"))
        for exercise in self.session.catalog.exercises:
            also = f"{exercise.id} {exercise.title.en} {exercise.title.zh}"
            about = f"{self.views[exercise.id].mark.text} · {facts(self.session.catalog, exercise)}"
            yield Entry(str(exercise.title), about, partial(self.exercises.choose, exercise), also)

    def action_menu(self) -> None:
        """Open the menu."""
        self.app.action_command_palette()

    async def action_home(self) -> None:
        """Go home."""
        await self.run_action("app.home")

    # Going from pane to pane

    def action_next_pane(self) -> None:
        """Go to the place to work in, or from there back to the pane that was left for it. Tab goes round all panes."""
        if self.work_pane.has_focus_within:
            pane = self._left if self._left in self.focus_chain else self.task_pane
            pane.focus()
        else:
            self._left = self.focused if self.focused in (self.task_pane, self.results) else None
            self.work_pane.enter()

    def action_peek(self) -> None:
        """Lay the task over the other panes, or take it away."""
        if self.has_class("-peek"):
            self.end_peek()
        else:
            self._came_from = self.focused
            self.add_class("-peek")
            self.task_pane.focus()

    def end_peek(self) -> None:
        """Take the task away from over the other panes, and go back to where the learner was."""
        self.remove_class("-peek")
        if self._came_from is not None and self._came_from in self.focus_chain:
            self._came_from.focus()

    def action_clock(self) -> None:
        """Show the time no longer, or again."""
        self._timed = not self._timed
        self._show_heading()

    def action_exercises(self) -> None:
        """Go to the exercises, or from there to the task."""
        if self.exercises.has_focus_within:
            self.task_pane.focus()
        else:
            self._open_exercises()
            self.exercises.exercise_tree.focus()

    def action_find(self) -> None:
        """Find exercises by their names."""
        self._open_exercises()
        self.exercises.find()

    def _open_exercises(self) -> None:
        """Show them where they are not always on the screen; they go when another pane is gone to."""
        if not self.exercises.has_focus_within:
            self._came_from = self.focused
        self.add_class("-choosing")

    @on(ExercisePane.Left)
    def _leave_exercises(self, event: ExercisePane.Left) -> None:
        """To the task that was opened, or back to where the learner was."""
        back = self._came_from if not event.opened and self._came_from in self.focus_chain else None
        (back or self.task_pane).focus()

    @on(events.DescendantFocus)
    def _make_room(self) -> None:
        """The exercises cover the panes only while they are in use; results are long, and grow while they are read."""
        self.set_class(self.exercises.has_focus_within, "-choosing")
        if not self.exercises.has_focus_within:
            self.exercises.stop_finding()
        self.set_class(self.results.has_focus_within, "-reading")
        self.set_class(self.has_class("-peek") and self.task_pane.has_focus, "-peek")

    # Choosing and reading

    @on(ExerciseTree.Chosen)
    async def _show_exercise(self, event: ExerciseTree.Chosen) -> None:
        self.current = self.views[event.exercise.id]
        await self.task_pane.show(self.current)
        await self._show_results(self.current)
        self._show_heading()

    def action_next(self) -> None:
        """Choose the next exercise."""
        self._step(1)

    def action_previous(self) -> None:
        """Choose the exercise before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        self.exercises.choose(self._from_here(by))

    def _from_here(self, by: int) -> Exercise:
        """The exercise so many further on; after the last comes the first."""
        exercises = self.session.catalog.exercises
        return exercises[(exercises.index(self.view.exercise) + by) % len(exercises)]

    def action_help(self) -> None:
        """Show what the app does, and its keys."""
        with_shell = not self.lab.is_replay
        self.app.push_screen(HelpScreen(i18n.text(self.ABOUT), keys.PRACTICE, with_shell=with_shell))

    async def action_hint(self) -> None:
        """Show one more hint below the task."""
        if self.view.hints == len(self.view.exercise.hints):
            self.notify(i18n.text("ui.hint.no_more"))
            return
        self.view.hints += 1
        self.keep(partial(self.session.hint, self.view.exercise, self.view.hints))
        await self.task_pane.show(self.view)
        await self._show_results(self.view)
        self.task_pane.scroll_end(animate=False)

    async def action_solution(self) -> None:
        """Show the solution: at once where it gives nothing away any more, else once the learner insists."""
        if self.view.solution_seen or self.view.has_passed:
            await self._show_solution(self.view)
        else:
            self.ask("solution", self.view, partial(self._show_solution, self.view))

    async def _show_solution(self, view: ExerciseView) -> None:
        view.solution_seen = view.solution_seen or not view.has_passed
        self.keep(partial(self.session.solution, view.exercise))
        await self.show(view)
        self.app.push_screen(ReadingScreen(str(view.exercise.title), view.exercise.solution))

    def action_note(self) -> None:
        """Open the learner's note on the exercise."""
        self.find_note(self.view.exercise)

    @on(SessionScreen.NoteFound)
    def _open_note(self, event: SessionScreen.NoteFound) -> None:
        def keep(text: str | None) -> None:
            if text is not None and text != event.note:
                self.keep(partial(self.session.history.write_note, event.exercise, text))
                self.notify(i18n.text("ui.note.kept"))

        self.app.push_screen(NoteScreen(str(event.exercise.title), event.note), keep)

    async def action_language(self) -> None:
        """Change between English and Chinese, now and for the next time."""
        language.switch()
        await self._say_anew()

    async def on_screen_resume(self) -> None:
        """Another language may have been chosen elsewhere."""
        if self._spoken != i18n.language():
            await self._say_anew()

    async def _say_anew(self) -> None:
        """Show every text in the language in use."""
        self._spoken = i18n.language()
        if self.lab.ready:
            self.explain()
        self._title()
        for view in self.views.values():
            await self.show(view)
        if self.current is not None:
            await self.task_pane.show(self.current)
        self.show_lab()
        self.refresh_bindings()

    async def action_interrupt(self) -> None:
        """Ctrl+C: copy what is selected, else stop what is under way, else quit."""
        if self.get_selected_text():
            self.action_copy_text()
        elif not await self.stop():
            self.app.exit()

    async def action_cancel(self) -> None:
        """Leave what covers the panes, else stop what is under way."""
        if self.has_class("-peek"):
            self.end_peek()
        elif self.exercises.has_focus_within and not self.has_class("-wide"):
            self.task_pane.focus()
        else:
            await self.stop()

    # The lab

    def _follow_lab(self, lab: LabView) -> None:
        was_ready, self.lab = self.lab.ready, lab
        if lab.ready and not was_ready:
            self.explain()
            self.call_later(self.start_wanted)
        elif was_ready and lab.is_lost and not lab.is_starting:
            lost = i18n.text("ui.lab.fault", fault=lab.fault) if lab.fault else i18n.text("ui.lab.lost")
            self.notify(lost, severity="warning", timeout=10, markup=False)
        self.show_lab()

    def action_details(self) -> None:
        """Show what the preparation of the lab has said."""
        self.app.push_screen(DetailsScreen())

    @on(SessionScreen.Explained)
    async def _mark_impossible(self, event: SessionScreen.Explained) -> None:
        for name, reason in event.reasons.items():
            self.views[name].impossible = i18n.text("ui.impossible", reason=reason) if reason else ""
            await self.show(self.views[name])
        if self.current is not None and self.current.impossible:
            await self.task_pane.show(self.current)
        self.show_lab()

    # What has become of it

    @on(SessionScreen.LookedBack)
    async def _recall(self, event: SessionScreen.LookedBack) -> None:
        hints = self.current.hints if self.current else 0
        for standing in standings(self.session.catalog.exercises, event.attempts):
            view = self.views[standing.exercise.id]
            view.recall(standing, self.session.engine.lab)
            await self.show(view)
        if self.current is not None and self.current.hints != hints:
            await self.task_pane.show(self.current)
        self.show_lab()

    def show_lab(self) -> None:
        """Show what has become of the lab, and of the work under way."""
        self.work_pane.lab = self.lab
        self.bar.work = self.lab.work or self.lab.scenario
        self._show_heading()

    def _show_heading(self) -> None:
        """Show where the learner is: in the top line, over the place to work in, and by the key that comes next."""
        view, engine = self.current, self.session.engine
        self.work_pane.unstarted = view is not None and self.is_unstarted(view) and not view.busy
        exercises = self.session.catalog.exercises
        self.line.heading = Heading(
            view=view,
            number=exercises.index(view.exercise) + 1 if view is not None else 0,
            count=len(exercises),
            lab_name=f"{engine.name}/{engine.lab}",
            lab=self.lab,
            unstarted=view is not None and self.is_unstarted(view),
            timed=self._timed and self.keeps_time,
        )
        self.refresh_bindings()

    async def show(self, view: ExerciseView) -> None:
        """Show what has become of an exercise."""
        self.exercises.exercise_tree.mark(view.exercise, view.mark)
        if view is self.current:
            await self._show_results(view)
            self._show_heading()

    async def _show_results(self, view: ExerciseView) -> None:
        self.set_class(view.checked, "-checked")
        self.task_pane.name_facts(view)
        await self.results.show(view, self._card(view))

    def _card(self, view: ExerciseView) -> list[str]:
        """What is said once an exercise has passed."""
        if view.grade is None or view.grade.verdict is not Verdict.PASS:
            return []
        objective = view.exercise.objective
        related = [other for other in self.views.values() if other.exercise.objective == objective]
        closing = Closing.of(view, related, self.session.catalog.objective(view.exercise), self._from_here(1))
        return closing.lines(self.session.clock.now())
