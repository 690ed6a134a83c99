"""The exam: clock, tasks, the one that is read, and the shell. Nothing here helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Markdown, OptionList, Static
from textual.widgets.option_list import Option

from lab import i18n
from lab.catalog.model import Catalog
from lab.errors import LabError
from lab.exam.notepad import Notepad
from lab.exam.plan import Plan
from lab.exam.report import Report
from lab.exam.sittings import Journal
from lab.exam.state import Phase, State
from lab.progress import duration
from lab.ui import exam_view, keys
from lab.ui.keys import Key
from lab.ui.markdown import markdown
from lab.ui.run import HOME
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.note import NoteScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.report import ReportScreen
from lab.ui.shell import TAKEN
from lab.ui.widgets.terminal import Terminal
from lab.ui.widgets.too_small import TooSmall

TICK = 1.0
"""Seconds between two looks at the clock."""
MORE_SECONDS = 30.0
"""For which a learner is told that there is more time."""


@dataclass(frozen=True, slots=True)
class Exam:
    """What a sitting is shown from.

    Attributes:
        shell_argv: the command that is the exam's shell, asked for when one is begun.
        full_shell: leaves the terminal to that shell until its learner returns; gives its exit code.
        watch_over: sees to it that somebody watches the sitting, whoever has ended.
        report: what came of it, once it is graded.
        close: gives its labs back; seconds may pass.
    """

    plan: Plan
    catalog: Catalog
    journal: Journal
    notepad: Notepad
    shell_argv: Callable[[], Sequence[str]]
    full_shell: Callable[[], int]
    watch_over: Callable[[], None]
    report: Callable[[], Report]
    close: Callable[[], None]


class SittingScreen(Screen[None]):
    """One sitting, from wherever it stands to its end. Closing it ends nothing."""

    CSS_PATH = "sitting.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in keys.SITTING),
        Binding("ctrl+c", "interrupt", show=False),
        # Only once it is graded: before, these keys are the shell's.
        Binding("enter", "report", show=False, priority=True),
        Binding("c", "close", show=False, priority=True),
    ]

    def __init__(self, exam: Exam) -> None:
        super().__init__()
        self._exam = exam
        self._state = exam.journal.state()
        self._shown = 0
        self._was_reported = False
        self._top = Static(id="top")
        self._tasks = OptionList(id="tasks", classes="pane")
        self._text = markdown("")
        self._task_pane = VerticalScroll(self._text, id="task", classes="pane")
        self._terminal = Terminal()
        self._ended = Static(id="ended")

    def compose(self) -> ComposeResult:
        yield self._top
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield self._tasks
                yield self._task_pane
            with Vertical(id="shell", classes="pane"):
                yield self._terminal
        yield self._ended
        yield Footer(show_command_palette=False, compact=True)
        yield TooSmall()

    async def on_mount(self) -> None:
        """Everything is as it was left, with the right time."""
        self._name_panes()
        self._show_list()
        self.set_interval(TICK, self._tick)
        if self._is_under_way:
            await self._open(self._state.opened_last or 1)
            self._terminal.focus()
            self.call_after_refresh(self._begin_shell)  # before, it would be told that its screen is tiny
        self._show()

    def on_unmount(self) -> None:
        """The window closes; the exam goes on, but nobody works on a task."""
        if self._state.phase is Phase.UNDER_WAY and self._shown:
            self._write(lambda: self._exam.journal.left(self._shown))

    # What is shown

    async def _tick(self) -> None:
        self._look()
        self._show()

    def _look(self) -> None:
        before = self._state
        try:
            self._state = self._exam.journal.state()
        except LabError as error:
            self._complain(error)
            return
        if (more := self._state.credited - before.credited) > 0:
            self.notify(i18n.text("ui.exam.more_time", time=duration(more)), timeout=MORE_SECONDS, markup=False)
        if self._state.phase is Phase.GRADED and not self._was_reported:
            self._was_reported = True
            self.action_report()
        if before.phase is Phase.UNDER_WAY and self._state.phase is not Phase.UNDER_WAY:
            self._terminal.stop()
            self._exam.watch_over()
            self.refresh_bindings()

    def _show(self) -> None:
        is_over = self._state.phase is not Phase.UNDER_WAY
        self._top.update(exam_view.top_line(self._exam.plan, self._state, max(20, self._top.size.width)))
        self.set_class(is_over, "-over")
        if is_over:
            self._ended.update(exam_view.ended(self._state))
        else:
            self._show_list()

    def _show_list(self) -> None:
        """The tasks, each where it was: a list that is made anew each second would jump."""
        width = max(20, self._tasks.scrollable_content_region.width)
        lines = list(exam_view.task_lines(self._exam.plan, self._exam.catalog, self._state, width))
        if self._tasks.option_count != len(lines):
            self._tasks.clear_options()
            self._tasks.add_options([Option(line) for line in lines])
            return
        for index, line in enumerate(lines):
            if str(self._tasks.get_option_at_index(index).prompt) != str(line):
                self._tasks.replace_option_prompt_at_index(index, line)

    def _name_panes(self) -> None:
        self._tasks.border_title = i18n.text("ui.exam.tasks")
        self.query_one("#shell").border_title = i18n.text("ui.pane.shell")
        self._say_of_shell("ui.exam.leave_shell")

    # Tasks

    @on(OptionList.OptionSelected)
    async def _choose(self, event: OptionList.OptionSelected) -> None:
        await self._open(event.option_index + 1)

    async def _open(self, position: int) -> None:
        if position != self._shown:
            self._shown = position
            self._write(lambda: self._exam.journal.opened(position))
            self._task_pane.border_title = i18n.text("ui.exam.task_title", position=position)
            if not self._text.is_attached:
                return  # the learner leaves at this moment
            await self._text.update(exam_view.task_text(self._exam.plan, self._exam.catalog, position))
            self._task_pane.scroll_home(animate=False)
        self._tasks.highlighted = position - 1
        self._look()
        self._show()

    async def action_next(self) -> None:
        """Go to the next task; after the last comes the first."""
        await self._step(1)

    async def action_previous(self) -> None:
        """Go to the one before."""
        await self._step(-1)

    async def _step(self, by: int) -> None:
        if self._is_under_way:
            await self._open((self._shown - 1 + by) % len(self._exam.plan.tasks) + 1)

    def action_flag(self) -> None:
        """Set the flag of the task that is shown, or take it away."""
        if self._is_under_way:
            on = not self._state.task(self._shown).flagged
            self._write(lambda: self._exam.journal.flagged(self._shown, on=on))
            self._look()
            self._show()

    def action_notepad(self) -> None:
        """Open the notepad of this sitting."""

        def save(text: str | None) -> None:
            if text is not None:
                self._write(lambda: self._exam.notepad.write(text))

        if self._is_under_way:
            self.app.push_screen(NoteScreen(i18n.text("ui.exam.notepad"), self._exam.notepad.read()), save)

    # The shell

    def action_next_pane(self) -> None:
        """From the shell to the tasks and the text, and back."""
        panes = [self._terminal, self._tasks, self._task_pane]
        focused = next((index for index, pane in enumerate(panes) if pane.has_focus), -1)
        panes[(focused + 1) % len(panes)].focus()

    def action_shell(self) -> None:
        """Give the whole terminal to the shell."""
        if not self._is_under_way:
            return
        self._terminal.stop()
        try:
            with self.app.suspend():
                is_taken = self._exam.full_shell() == TAKEN
        except SuspendNotSupported:
            is_taken = False
            self.notify(i18n.text("ui.exam.not_here"), severity="warning", markup=False)
        if is_taken:
            self._say_of_shell("ui.shell.taken")
        else:
            self._begin_shell()

    @on(Terminal.Ended)
    def _shell_ended(self, event: Terminal.Ended) -> None:
        self._say_of_shell("ui.shell.taken" if event.code == TAKEN else "ui.exam.shell_ended")

    def _say_of_shell(self, key: str) -> None:
        self.query_one("#shell").border_subtitle = i18n.text(key)

    def on_key(self, event: events.Key) -> None:
        """Only a shell that has ended leaves a key to its screen."""
        if event.key == "enter" and self._terminal.has_focus and self._is_under_way:
            event.stop()
            self._begin_shell()

    def _begin_shell(self) -> None:
        try:
            self._terminal.run(self._exam.shell_argv())
        except OSError as error:
            self.notify(i18n.text("ui.shell.no_start", error=error), severity="warning", markup=False)
        self._name_panes()

    # The end

    def action_hand_in(self) -> None:
        """End the exam, once the learner insists."""

        def hand_in(yes: bool | None) -> None:
            if yes and self._is_under_way:
                self._write(self._exam.journal.hand_in)
                self._look()
                self._show()

        if self._is_under_way:
            question, detail = i18n.text("ui.exam.ask"), exam_view.unfinished(self._exam.plan, self._state)
            buttons = [i18n.text(f"ui.exam.ask_{answer}") for answer in ("agree", "refuse")]
            self.app.push_screen(ConfirmScreen(question, detail, *buttons), hand_in)

    def action_report(self) -> None:
        """Show where the points went."""
        try:
            self.app.push_screen(ReportScreen(self._exam.report()))
        except LabError as error:
            self._complain(error)

    def action_close(self) -> None:
        """Put the exam behind one: the labs are given back, and the way leads home."""
        self.notify(i18n.text("ui.exam.closing"))
        self._close()

    @work(thread=True, exclusive=True)
    def _close(self) -> None:
        try:
            self._exam.close()
        except LabError as error:
            self.app.call_from_thread(self._complain, error)
        self.app.call_from_thread(self.app.exit, return_code=HOME)

    def action_leave(self) -> None:
        """Close the app; the exam and its clock go on."""
        self.app.exit()

    def action_interrupt(self) -> None:
        """Ctrl+C where it is not the shell's: copy what is selected, else nothing. Nobody leaves an exam by mistake."""
        if self.get_selected_text():
            self.action_copy_text()

    def action_help(self) -> None:
        """Show the keys, and what counts."""
        self.app.push_screen(ReadingScreen(i18n.text("ui.exam.name"), i18n.text("ui.exam.help")))

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys as the footer shows them."""
        shown = keys.SITTING if self._is_under_way else tuple(key for key in keys.SITTING if key.id == "leave")
        active = {pressed: one for pressed, one in super().active_bindings.items() if _is_one_of(one, shown)}
        return keys.footer(active, shown, self.size.width)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done now: the report and the way out are there once it is graded."""
        if action in ("report", "close") and self._state.phase is not Phase.GRADED:
            return False
        return super().check_action(action, parameters)

    def on_resize(self) -> None:
        """The footer has room for more, or fewer, keys."""
        self.refresh_bindings()

    @property
    def state(self) -> State:
        """Where the sitting stands, as it is shown."""
        return self._state

    @property
    def _is_under_way(self) -> bool:
        return self._state.phase is Phase.UNDER_WAY

    @on(Markdown.LinkClicked)
    def _open_link(self, event: Markdown.LinkClicked) -> None:
        from lab.ui.pages import open_page

        open_page(self.app, event.href)

    def _write(self, write: Callable[[], object]) -> None:
        """Write down what was done. What the disk refuses is kept and said; the exam goes on."""
        try:
            write()
        except (LabError, OSError) as error:
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        self.notify(str(error), severity="warning", timeout=10, markup=False)


def _is_one_of(active: ActiveBinding, shown: Sequence[Key]) -> bool:
    """Whether a binding is hidden anyway, or one of these keys."""
    return not active.binding.show or active.binding.id in {key.id for key in shown}
