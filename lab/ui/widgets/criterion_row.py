"""One criterion: its state, its points, its statement, and what was found of it."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from lab import i18n
from lab.catalog.model import Criterion
from lab.ui import results
from lab.ui.exercise_state import ExerciseState
from lab.ui.marks import MUTED
from lab.ui.pages import page_name
from lab.ui.widgets.hanging import Hanging


class CriterionRow(Vertical):
    """Shows how an exercise fares in one criterion: folded in a line, open with what was found."""

    DEFAULT_CSS = """
    CriterionRow {
        height: auto;

        .details { height: auto; padding: 0 0 0 2; margin: 0 0 1 0; }
        &.-folded .details { display: none; }
        &.-folded .beside { text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """

    @dataclass
    class Clicked(Message):
        """The learner clicked on it."""

        row: CriterionRow

    def __init__(self, criterion: Criterion) -> None:
        super().__init__(classes="-folded")
        self.criterion = criterion
        self.link = ""
        self._headline = Hanging()
        self._details = Static(classes="details")

    def compose(self) -> ComposeResult:
        yield self._headline
        yield self._details

    def show(self, state: ExerciseState) -> None:
        """Show what is known by now."""
        graded = state.found.get(self.criterion.id)
        self.link = graded.finding.link if graded is not None else ""
        self._headline.update(results.headline(state, self.criterion), Content(str(self.criterion.title)))
        lines = []
        if graded is not None:
            lines = [_labelled(name, Content(words)) for name, words in results.details(graded.finding)]
        if self.link:
            lines.append(_labelled("link", Content.styled(page_name(self.link), Style(link=self.link, underline=True))))
        self._details.update(Content("\n").join(lines))

    @property
    def can_open(self) -> bool:
        """Whether there is anything below the line."""
        return bool(str(self._details.content))

    def open(self, *, opens: bool) -> None:
        """Show what was found, or the line alone."""
        self.set_class(not (opens and self.can_open), "-folded")

    @property
    def is_open(self) -> bool:
        """Whether what was found is shown."""
        return not self.has_class("-folded")

    def on_click(self, event: events.Click) -> None:
        """A click does what Enter does."""
        event.stop()
        self.post_message(self.Clicked(self))


def _labelled(name: str, words: Content) -> Content:
    return Content.assemble((i18n.text(f"ui.results.{name}"), MUTED), "  ", words)
