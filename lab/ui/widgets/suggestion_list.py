"""What to do next, and why: one of it is chosen with Enter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from checkers.api import Verdict
from lab import i18n
from lab.catalog.model import Catalog, Exercise
from lab.practice.attempt import Outcome
from lab.practice.suggestion import Reason, Suggestion, suggest, why
from lab.ui import marks
from lab.ui.desk import Desk
from lab.ui.marks import Mark
from lab.ui.words import facts

MARKS: Mapping[Reason, Mark] = {
    Reason.BEGUN: marks.BEGUN,
    Reason.FAILED: marks.VERDICTS[Verdict.FAIL],
    Reason.SHOWN: marks.OUTCOMES[Outcome.SHOWN],
    Reason.UNSURE: marks.VERDICTS[Verdict.PASS],
    Reason.UNREACHED: marks.NEW,
    Reason.NEW: marks.NEW,
    Reason.FADED: marks.NEW,
    Reason.DUE: marks.VERDICTS[Verdict.PASS],
    Reason.MORE: marks.NEW,
}


class SuggestionList(OptionList):
    """The exercises worth doing, best first."""

    DEFAULT_CSS = """
    SuggestionList { min-width: 8; }
    """

    @dataclass
    class Chosen(Message):
        """The learner wants to do it."""

        exercise: Exercise

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(classes="pane", markup=False)
        self._now = now
        self._desk: Desk | None = None
        self._shown: tuple[Suggestion, ...] = ()
        self._cursor: Exercise | None = None
        """Where the cursor was put; None: on what is best, whichever that is."""

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    def _follow(self, desk: Desk) -> None:
        """Show nothing until the history was read."""
        if not desk.differs(self._desk, "past", "states", "language"):
            return
        suggestions = suggest(desk.possible, self._now(), desk.past.exams) if desk.past is not None else []
        if list(suggestions) == list(self._shown) and not desk.differs(self._desk, "past", "language"):
            return  # something of an exercise has changed that makes no difference here
        self._desk = desk
        at = self._cursor
        self.clear_options()
        self.border_title = i18n.text("ui.home.next")
        self.border_subtitle = ""
        if desk.past is not None:
            self._show(desk.catalog, suggestions, at)

    def _show(self, catalog: Catalog, suggestions: Sequence[Suggestion], at: Exercise | None) -> None:
        """The cursor stays on its exercise; if that was the best one, it goes to what is best now."""
        self.border_subtitle = i18n.text("ui.home.open") if suggestions else ""
        self._shown = tuple(suggestions)
        if not suggestions:
            self.add_option(Option(Content.styled(i18n.text("ui.home.all_passed"), marks.MUTED), disabled=True))
            return
        self.add_options(Option(_lines(catalog, suggestion, self._now())) for suggestion in suggestions)
        exercises = [suggestion.exercise for suggestion in suggestions]
        self.highlighted = exercises.index(at) if at in exercises else 0

    @on(OptionList.OptionHighlighted)
    def _remember(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._cursor = self._shown[event.option_index].exercise if event.option_index else None

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self._shown[event.option_index].exercise))


def _lines(catalog: Catalog, suggestion: Suggestion, now: datetime) -> Content:
    """State and title; then why, where the state does not say it, and what one chooses by."""
    about = [part for part in (why(suggestion, now), facts(catalog, suggestion.exercise)) if part]
    mark = MARKS[suggestion.reason].content
    return Content.assemble(mark, "  ", str(suggestion.exercise.title), "\n    ", (" · ".join(about), marks.MUTED))
