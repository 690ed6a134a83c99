"""Practice: the task, a place to do it in, the results; the lab may still be on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar

from textual import events as textual_events
from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Container
from textual.getters import query_one
from textual.screen import Screen
from textual.widget import Widget

from lab import i18n
from lab.catalog.model import Exercise
from lab.clock import Clock
from lab.ui import events, keys
from lab.ui.desk import Desk
from lab.ui.exercise_state import ExerciseState
from lab.ui.jobs import Jobs
from lab.ui.menu import Entry, exercise_entries
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.details import DetailsScreen
from lab.ui.screens.help import HelpScreen
from lab.ui.screens.note import NoteScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.snippets import SnippetsScreen, snippets
from lab.ui.widgets.exercise_line import ExerciseLine
from lab.ui.widgets.exercise_pane import ExercisePane
from lab.ui.widgets.exercise_tree import ExerciseTree
from lab.ui.widgets.follow_banner import FollowBanner
from lab.ui.widgets.key_footer import KeyFooter
from lab.ui.widgets.results_pane import ResultsPane
from lab.ui.widgets.task_pane import TaskPane
from lab.ui.widgets.too_small import TooSmall
from lab.ui.widgets.work_bar import WorkBar
from lab.ui.widgets.work_pane import WorkPane
from lab.ui.words import what_goes

NEED_EXERCISE = frozenset(
    ["hint", "solution", "shell", "check", "start", "reset", "reset_all", "next", "previous", "copy", "note", "peek"]
)
"""The actions that are about the exercise that is shown."""
LOSES = frozenset(["start", "reset", "reset_all", "solution"])
"""The questions about a loss, whose buttons say what they do."""


class PracticeScreen(Screen[None]):
    """One learner, one exercise at a time. The screen shows the app's desk, and begins jobs.

    Args:
        work_pane: where the learner works; it says what else is different there.
        clock: the time of day, for what was done when.
        seconds: seconds that only go forward, for work under way.
        open_shell: leaves the whole terminal to the shell, under a title. Returns whether a grade was asked for there.
    """

    CSS_PATH = "practice.tcss"
    AUTO_FOCUS = ".first"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in keys.PRACTICE),
        *keys.LIKE_VI,
        Binding("question_mark", "help", show=False),
        Binding("ctrl+c", "interrupt", show=False),
        Binding("escape", "cancel", show=False),
        Binding("c", "copy", show=False),  # many a terminal keeps F11 for itself
    ]

    exercises = query_one(ExercisePane)
    task_pane = query_one(TaskPane)
    results = query_one(ResultsPane)
    bar = query_one(WorkBar)
    line = query_one(ExerciseLine)

    def __init__(
        self,
        jobs: Jobs,
        work_pane: WorkPane,
        desk: Desk,
        clock: Clock,
        seconds: Callable[[], float],
        open_shell: Callable[[str], bool],
    ) -> None:
        super().__init__()
        self._jobs = jobs
        self.work_pane = work_pane
        self.desk = desk
        self._clock = clock
        self._seconds = seconds
        self._open_shell = open_shell
        self._footer: tuple[object, ...] = ()
        """What the footer was last drawn for."""
        self._came_from: Widget | None = None
        """What had the focus before something was laid over the panes."""
        self._left: Widget | None = None
        """The pane that was left for the place to work in."""

    # What is on the screen

    def compose(self) -> ComposeResult:
        line = ExerciseLine(self._clock.now)
        line.timed = self.work_pane.KEEPS_TIME
        yield line
        yield FollowBanner()
        yield TooSmall()
        with Container(id="panes"):
            yield ExercisePane(self.desk.catalog)
            yield TaskPane(is_first=not self.work_pane.IS_FIRST)
            yield self.work_pane
            yield ResultsPane(self._clock.now, self.work_pane.RESULTS)
        yield WorkBar(self._seconds)
        yield KeyFooter(lambda: self.desk.next_key)

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    @property
    def _keys(self) -> tuple[keys.Key, ...]:
        return keys.offered(keys.PRACTICE, in_class=self.desk.in_class)

    def _follow(self, desk: Desk) -> None:
        self.desk = desk
        self.set_class(desk.state is not None and desk.shows_results(desk.state), "-checked")
        footer = (desk.next_key, desk.language, desk.lab.is_replay)
        if footer != self._footer:
            self._footer = footer
            self.refresh_bindings()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys as the footer shows them, but for those that are the work pane's own."""
        active = super().active_bindings
        if self.work_pane.takes_letters:
            active = {pressed: one for pressed, one in active.items() if one.binding.priority}
        if self.exercises.has_focus_within:
            return keys.shown(self, keys.CHOOSING)
        footer = keys.footer(active, self._keys, self.size.width, self.desk.next_key)
        return keys.dimmed(footer, keys.NEED_CLUSTER) if self.desk.lab.is_replay else footer

    def on_resize(self) -> None:
        """The footer has room for more, or fewer, keys."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without any exercise there is nothing to be done with one; and keys may all be the work pane's."""
        if self.work_pane.takes_all_keys and action != "all_keys":
            return False
        if self.desk.state is None and action in NEED_EXERCISE:
            return None
        return super().check_action(action, parameters)

    def menu(self) -> Iterable[Entry]:
        """All keys by name, what has no key, and the exercises."""
        for key in self._keys:
            if key.id != "menu":
                yield Entry(keys.title(key.id), keys.tip(key.id), partial(self.run_action, key.action))
        for action in ("cancel", "reset", "reset_all"):
            yield Entry(keys.name(action), keys.tip(action), partial(self.run_action, action))
        yield Entry(keys.name("theme"), keys.tip("theme"), partial(self.run_action, "app.theme"))
        yield from exercise_entries(self.desk, self._choose)

    async def action_menu(self) -> None:
        """Open the menu. An action of the screen, which leaves the key to the shell when all keys are."""
        await self.run_action("app.command_palette")

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
            self._end_peek()
        else:
            self._came_from = self.focused
            self.add_class("-peek")
            self.task_pane.focus()

    def _end_peek(self) -> None:
        """Take the task away from over the other panes, and go back to where the learner was."""
        self.remove_class("-peek")
        if self._came_from is not None and self._came_from in self.focus_chain:
            self._came_from.focus()

    def action_clock(self) -> None:
        """Show the time no longer, or again."""
        self.line.timed = not self.line.timed and self.work_pane.KEEPS_TIME

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

    @on(textual_events.DescendantFocus)
    def _make_room(self) -> None:
        """The exercises cover the panes only while they are in use; results are long, and grow while they are read."""
        self.set_class(self.exercises.has_focus_within, "-choosing")
        if not self.exercises.has_focus_within:
            self.exercises.stop_finding()
        self.set_class(self.results.has_focus_within, "-reading")
        self.set_class(self.has_class("-peek") and self.task_pane.has_focus, "-peek")

    # Choosing and reading

    @on(ExerciseTree.Chosen)
    def _take_choice(self, event: ExerciseTree.Chosen) -> None:
        self._choose(event.exercise)

    def _choose(self, exercise: Exercise) -> None:
        self._jobs.take(events.ExerciseChosen(exercise))

    def action_next(self) -> None:
        """Choose the next exercise."""
        self._choose(self.desk.step(1))

    def action_previous(self) -> None:
        """Choose the exercise before."""
        self._choose(self.desk.step(-1))

    @property
    def _state(self) -> ExerciseState:
        """Of the exercise that is shown."""
        if self.desk.state is None:
            raise LookupError("check_action disables what needs an exercise")
        return self.desk.state

    def action_help(self) -> None:
        """Show what the app does, and its keys."""
        about, with_shell = i18n.text(self.work_pane.HELP), not self.desk.lab.is_replay
        self.app.push_screen(HelpScreen(about, self._keys, with_shell=with_shell))

    def action_hint(self) -> None:
        """Show one more hint below the task."""
        hints, exercise = self._state.hints, self._state.exercise
        self._jobs.take(events.HintTaken(exercise))
        if self._state.hints > hints:
            self._jobs.save_hint(exercise, self._state.hints)
            self.task_pane.call_next(self.task_pane.scroll_end, animate=False)

    def action_solution(self) -> None:
        """Show the solution: at once where it gives nothing away any more, else once the learner insists."""
        if self._state.solution_seen or self._state.has_passed:
            self._show_solution(self._state)
        else:
            self._ask("solution", self._state, self._show_solution)

    def _show_solution(self, state: ExerciseState) -> None:
        self._jobs.take(events.SolutionShown(state.exercise))
        self._jobs.save_solution_seen(state.exercise)
        self.app.push_screen(ReadingScreen(str(state.exercise.title), state.exercise.solution))

    def action_note(self) -> None:
        """Open the learner's note on the exercise, as it is in the history now."""
        self._jobs.read_note(self._state.exercise)

    def open_note(self, event: events.NoteRead) -> None:
        """Open a note that was read, and save what is written."""

        def save(text: str | None) -> None:
            if text is not None and text != event.note:
                self._jobs.save_note(event.exercise, text)
                self.notify(i18n.text("ui.note.kept"))

        self.app.push_screen(NoteScreen(str(event.exercise.title), event.note), save)

    def action_details(self) -> None:
        """Show what the preparation of the lab has said."""
        self.app.push_screen(DetailsScreen())

    def action_interrupt(self) -> None:
        """Ctrl+C: copy what is selected, else stop what is under way, else quit."""
        if self.get_selected_text():
            self.action_copy_text()
        elif not self._jobs.stop():
            self.app.exit()

    def action_cancel(self) -> None:
        """Leave what covers the panes, else stop what is under way."""
        if self.has_class("-peek"):
            self._end_peek()
        elif self.exercises.has_focus_within and not self.has_class("-wide"):
            self.task_pane.focus()
        else:
            self._jobs.stop()

    # Working on an exercise

    def action_start(self) -> None:
        """Start the exercise, now or as soon as the lab is ready; anew, once the learner insists, where it is begun."""
        if self.desk.lab.is_coming:
            self._jobs.take(events.StartWanted(self._state.exercise))
        elif self._may_begin():
            self.start(self._state)

    def start(self, state: ExerciseState) -> None:
        """Start an exercise; where that removes something, once the learner insists."""
        if self.desk.start_loses_work(state):
            self._ask("start", state, self._begin_start)
        else:
            self._begin_start(state)

    def _begin_start(self, state: ExerciseState) -> None:
        self._jobs.start(state.exercise)

    def action_reset(self) -> None:
        """Reset the exercise, once the learner insists."""
        if self._may_begin():
            self._ask("reset", self._state, lambda state: self._jobs.reset(state.exercise))

    def action_reset_all(self) -> None:
        """Reset all exercises, once the learner insists."""
        if self._may_begin():
            self._ask("reset_all", self._state, lambda _: self._jobs.reset_all())

    def action_check(self) -> None:
        """Grade the exercise; where it is not started, offer that: there is nothing to be judged yet."""
        self.work_pane.settle()
        if not self._may_begin():
            return
        if self.desk.needs_start(self._state):
            self._ask("not_started", self._state, lambda _: self.action_start())
        else:
            self._jobs.grade(self._state.exercise)

    def _may_begin(self) -> bool:
        """Whether the exercise can be worked on now; says why not."""
        if obstacle := self.desk.obstacle:
            self.notify(obstacle, timeout=8, markup=False)
        return not obstacle

    def _ask(self, name: str, state: ExerciseState, go_on: Callable[[ExerciseState], None]) -> None:
        """Ask the question of this name about an exercise; go on if the answer is yes."""
        question = i18n.text(f"ui.ask.{name}.question", title=state.exercise.title)
        detail = i18n.text(f"ui.ask.{name}.detail", goes=what_goes(state.exercise))
        buttons = [i18n.text(f"ui.ask.{name}.{answer}") for answer in ("agree", "refuse")] if name in LOSES else []

        def take(yes: bool | None) -> None:
            if yes:
                go_on(state)

        self.app.push_screen(ConfirmScreen(question, detail, *buttons), take)

    # In the shell

    def action_all_keys(self) -> None:
        """Pass all keys to what runs in the work pane, or no longer."""
        self.work_pane.passes_all = not self.work_pane.passes_all

    def action_shell(self) -> None:
        """Give the terminal to the shell. Whoever comes back by the key for a grade gets one."""
        if not self.desk.lab.has_shell:
            self.notify(self.desk.not_ready, timeout=8, markup=False)
            return
        self.work_pane.close()
        asks_for_grade = self._open_shell(str(self._state.exercise.title))
        self.work_pane.open()
        if asks_for_grade:
            self.action_check()

    def action_copy(self) -> None:
        """Type something from the task where the learner works: what is selected, else what is chosen."""
        if selected := self.get_selected_text():
            self.clear_selection()
            self._type(selected)
        elif found := snippets(self.task_pane.text):
            self.app.push_screen(SnippetsScreen(found), self._type)
        else:
            self.notify(i18n.text("ui.snippets.none"))

    def _type(self, text: str | None) -> None:
        if text is None:
            return
        if self.work_pane.is_running:
            self.work_pane.type(text)
            self.work_pane.enter()
        else:
            self.notify(self.desk.not_ready, timeout=8, markup=False)
