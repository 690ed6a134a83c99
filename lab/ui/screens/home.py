"""Home: what to do next, how far one is, what was done last, and the lab."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Footer

from lab import i18n
from lab.practice.attempt import standings
from lab.practice.session import Session
from lab.practice.suggestion import suggest
from lab.ui import keys, language
from lab.ui.lab_view import LabView
from lab.ui.menu import Entry
from lab.ui.past import attempt_text
from lab.ui.screens.details import DetailsScreen
from lab.ui.screens.help import HelpScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.session_screen import SessionScreen
from lab.ui.widgets.attempts_pane import AttemptsPane
from lab.ui.widgets.lab_pane import LabPane
from lab.ui.widgets.progress_pane import ProgressPane
from lab.ui.widgets.state_line import StateLine
from lab.ui.widgets.suggestion_list import SuggestionList
from lab.ui.widgets.too_small import TooSmall
from lab.ui.widgets.work_bar import WorkBar
from lab.ui.words import facts


class HomeScreen(SessionScreen):
    """Where a learner comes in, and comes back to. It needs neither a lab nor a history."""

    CSS_PATH = "home.tcss"
    AUTO_FOCUS = "SuggestionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in keys.HOME),
        *keys.LIKE_VI,
        Binding("question_mark", "help", show=False),
        Binding("ctrl+c", "interrupt", show=False),
    ]

    def __init__(self, session: Session, clock: Callable[[], float]) -> None:
        super().__init__(session)
        self._past: SessionScreen.LookedBack | None = None
        """What was done; None: it is just being read."""
        self._impossible: Mapping[str, str] = {}
        self._lab = LabView()
        # They are kept, not looked up: news of the lab may come when the learner quits and the screen is empty already.
        self.state_line = StateLine(self._lab_name, len(session.catalog.exercises))
        self.suggestions = SuggestionList()
        self.progress = ProgressPane()
        self.attempts = AttemptsPane()
        self.lab_pane = LabPane()
        self.bar = WorkBar(clock)

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield self.state_line
        yield TooSmall()
        with Container(id="panes"):
            yield self.suggestions
            with Vertical(id="beside"):
                yield from (self.progress, self.lab_pane)
            yield self.attempts
        yield self.bar
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """What is known only once it is on the screen."""
        self.watch(self.app, "lab", self._follow_lab)

    def on_screen_resume(self) -> None:
        """Something may have been done meanwhile, so that nothing is shown which was true before."""
        self._past = None
        self._show_past()
        self._show_lab()
        self.call_after_refresh(self.look_back)

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys as the footer shows them."""
        footer = keys.footer(super().active_bindings, keys.HOME, self.size.width)
        return keys.dimmed(footer, keys.NEED_CLUSTER) if self._lab.is_replay else footer

    def on_resize(self) -> None:
        """The footer has room for more, or fewer, keys."""
        self.refresh_bindings()

    def menu(self) -> Iterable[Entry]:
        """All keys by name, and the exercises."""
        for key in keys.HOME:
            if key.id != "menu":
                yield Entry(keys.title(key.id), keys.tip(key.id), partial(self.run_action, key.action))
        yield Entry(keys.name("theme"), keys.tip("theme"), partial(self.run_action, "app.theme"))
        for exercise in self.session.catalog.exercises:
            also = f"{exercise.id} {exercise.title.en} {exercise.title.zh}"
            choose = partial(self.post_message, SuggestionList.Chosen(exercise))
            yield Entry(str(exercise.title), facts(self.session.catalog, exercise), choose, also)

    def action_next_pane(self) -> None:
        """Go to the next pane."""
        self.focus_next(".pane")

    def action_help(self) -> None:
        """Show what this screen tells, and its keys."""
        self.app.push_screen(HelpScreen(i18n.text("ui.home.help"), keys.HOME, with_shell=False))

    def action_details(self) -> None:
        """Show what the preparation of the lab has said."""
        self.app.push_screen(DetailsScreen())

    def action_language(self) -> None:
        """Change between English and Chinese."""
        language.switch()
        if self._lab.ready:
            self.explain()
        self._show_past()
        self._show_lab()
        self.refresh_bindings()

    def action_interrupt(self) -> None:
        """Ctrl+C: copy what is selected, else quit."""
        if self.get_selected_text():
            self.action_copy_text()
        else:
            self.app.exit()

    # What was done

    @on(SessionScreen.LookedBack)
    def _take_past(self, event: SessionScreen.LookedBack) -> None:
        self._past = event
        self._show_past()

    @on(SessionScreen.Explained)
    def _leave_out_impossible(self, event: SessionScreen.Explained) -> None:
        self._impossible = event.reasons
        self._show_past()

    @on(AttemptsPane.Chosen)
    def _open_attempt(self, event: AttemptsPane.Chosen) -> None:
        attempt = event.attempt
        exercise = next((own for own in self.session.catalog.exercises if own.id == attempt.exercise), None)
        note = self._past.notes.get(attempt.exercise, "") if self._past else ""
        text = attempt_text(attempt, exercise, note, self.session.clock.now())
        self.app.push_screen(ReadingScreen(str(exercise.title) if exercise else attempt.exercise, text))

    def _show_past(self) -> None:
        """Show what is concluded from the history, in the language in use; nothing while it is being read."""
        catalog, now = self.session.catalog, self.session.clock.now()
        if self._past is None:
            self.suggestions.show_nothing()
            self.progress.show(catalog, None)
            self.attempts.show_nothing()
            self.state_line.passed = None
            return
        found = standings(catalog.exercises, self._past.attempts)
        possible = [standing for standing in found if not self._impossible.get(standing.exercise.id)]
        self.suggestions.show(catalog, suggest(possible, now), now)
        self.progress.show(catalog, possible)
        titles = {exercise.id: str(exercise.title) for exercise in catalog.exercises}
        self.attempts.show(self._past.attempts, titles, self._past.trouble, now)
        self.state_line.passed = sum(standing.passed is not None for standing in possible)
        self.state_line.count = len(possible)

    # The lab

    @property
    def _lab_name(self) -> str:
        return f"{self.session.engine.name}/{self.session.engine.lab}"

    def _follow_lab(self, lab: LabView) -> None:
        was_ready, self._lab = self._lab.ready, lab
        if lab.ready and not was_ready:
            self.explain()
        self._show_lab()

    def _show_lab(self) -> None:
        self.state_line.lab = self._lab
        self.state_line.refresh()
        # The header says all there is to say of a lab that is ready.
        self.lab_pane.display = not self._lab.ready or self._lab.is_replay
        self.lab_pane.show(self._lab_name, self._lab)
        self.bar.work = self._lab.work or self._lab.scenario
