"""Home: what to do next, how far one is, what was done last, and the lab."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Container, Vertical
from textual.getters import query_one
from textual.screen import Screen
from textual.widgets import Footer

from lab import i18n
from lab.clock import Clock
from lab.ui import keys
from lab.ui.desk import Desk
from lab.ui.menu import Entry, exercise_entries
from lab.ui.past import attempt_text
from lab.ui.screens.details import DetailsScreen
from lab.ui.screens.help import HelpScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.widgets.attempts_pane import AttemptsPane
from lab.ui.widgets.follow_banner import FollowBanner
from lab.ui.widgets.lab_pane import LabPane
from lab.ui.widgets.progress_pane import ProgressPane
from lab.ui.widgets.state_line import StateLine
from lab.ui.widgets.suggestion_list import SuggestionList
from lab.ui.widgets.too_small import TooSmall
from lab.ui.widgets.work_bar import WorkBar


class HomeScreen(Screen[None]):
    """Where a learner comes in, and comes back to. It needs neither a lab nor a history.

    Args:
        clock: the time of day, for what was done when.
        seconds: seconds that only go forward, for work under way.
    """

    CSS_PATH = "home.tcss"
    AUTO_FOCUS = "SuggestionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in keys.HOME),
        *keys.LIKE_VI,
        Binding("question_mark", "help", show=False),
        Binding("ctrl+c", "interrupt", show=False),
    ]

    suggestions = query_one(SuggestionList)
    progress = query_one(ProgressPane)
    attempts = query_one(AttemptsPane)
    lab_pane = query_one(LabPane)
    state_line = query_one(StateLine)
    bar = query_one(WorkBar)

    def __init__(self, desk: Desk, clock: Clock, seconds: Callable[[], float]) -> None:
        super().__init__()
        self.desk = desk
        self._clock = clock
        self._seconds = seconds

    def compose(self) -> ComposeResult:
        yield StateLine()
        yield FollowBanner()
        yield TooSmall()
        with Container(id="panes"):
            yield SuggestionList(self._clock.now)
            with Vertical(id="beside"):
                yield ProgressPane()
                yield LabPane()
            yield AttemptsPane(self._clock.now)
        yield WorkBar(self._seconds)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    @property
    def _keys(self) -> tuple[keys.Key, ...]:
        return keys.offered(keys.HOME, in_class=self.desk.in_class)

    def _follow(self, desk: Desk) -> None:
        before, self.desk = self.desk, desk
        if desk.language != before.language:
            self.refresh_bindings()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys as the footer shows them."""
        footer = keys.footer(super().active_bindings, self._keys, self.size.width)
        return keys.dimmed(footer, keys.NEED_CLUSTER) if self.desk.lab.is_replay else footer

    def on_resize(self) -> None:
        """The footer has room for more, or fewer, keys."""
        self.refresh_bindings()

    def menu(self) -> Iterable[Entry]:
        """All keys by name, and the exercises."""
        for key in self._keys:
            if key.id != "menu":
                yield Entry(keys.title(key.id), keys.tip(key.id), partial(self.run_action, key.action))
        yield Entry(keys.name("theme"), keys.tip("theme"), partial(self.run_action, "app.theme"))
        yield from exercise_entries(self.desk, lambda exercise: self.post_message(SuggestionList.Chosen(exercise)))

    def action_next_pane(self) -> None:
        """Go to the next pane."""
        self.focus_next(".pane")

    def action_help(self) -> None:
        """Show what this screen tells, and its keys."""
        self.app.push_screen(HelpScreen(i18n.text("ui.home.help"), self._keys, with_shell=False))

    def action_details(self) -> None:
        """Show what the preparation of the lab has said."""
        self.app.push_screen(DetailsScreen())

    def action_interrupt(self) -> None:
        """Ctrl+C: copy what is selected, else quit."""
        if self.get_selected_text():
            self.action_copy_text()
        else:
            self.app.exit()

    @on(AttemptsPane.Chosen)
    def _open_attempt(self, event: AttemptsPane.Chosen) -> None:
        state = self.desk.states.get(event.attempt.exercise)
        exercise = state.exercise if state is not None else None
        text = attempt_text(event.attempt, exercise, state.note if state is not None else "", self._clock.now())
        self.app.push_screen(ReadingScreen(str(exercise.title) if exercise else event.attempt.exercise, text))
