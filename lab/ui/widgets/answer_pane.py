"""The answers of an exercise, instead of a shell: one is chosen, and its script can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.highlight import highlight
from textual.widgets import OptionList, Static

from lab import i18n
from lab.catalog.model import Answer, Exercise
from lab.demo import DemoSession
from lab.text import cells, pad
from lab.ui import marks
from lab.ui.desk import Desk
from lab.ui.widgets.work_pane import WorkPane


class AnswerPane(WorkPane):
    """Where the cursor is, is the answer that is chosen. None is one, too: nothing was done.

    Args:
        on_chosen: is called when another answer of an exercise is chosen.
    """

    DEFAULT_CSS = """
    AnswerPane OptionList {
        min-width: 8;
        max-height: 50%;
        background: $background;
        scrollbar-size-vertical: 1;
    }
    AnswerPane VerticalScroll { border-top: solid $panel-lighten-2; padding: 0 1; scrollbar-size-vertical: 1; }
    AnswerPane VerticalScroll:focus { border-top: solid $primary; }
    """

    IS_FIRST = True
    HELP = "ui.demo.help"
    RESULTS = "ui.demo.results"
    KEEPS_TIME = False

    def __init__(self, session: DemoSession, on_chosen: Callable[[Exercise], None]) -> None:
        super().__init__(classes="pane")
        self._session = session
        self._on_chosen = on_chosen
        self._exercise: Exercise | None = None
        self._answers: Sequence[Answer | None] = ()
        self._list = OptionList(markup=False, compact=True, classes="first")
        self._page = VerticalScroll()
        self._script = Static(markup=False)

    def compose(self) -> ComposeResult:
        yield self._list
        with self._page:
            yield self._script

    def on_resize(self) -> None:
        """The chosen answer stays to be seen where there is less room."""
        self.call_after_refresh(self._list.scroll_to_highlight)

    @property
    def chosen(self) -> Answer | None:
        """Where the cursor is now."""
        at = self._list.highlighted
        return None if at is None else self._answers[at]

    def _follow(self, before: Desk, desk: Desk) -> None:
        super()._follow(before, desk)
        if desk.state is not None and desk.state.exercise is not self._exercise:
            self._exercise = desk.state.exercise
            self._offer(self._exercise)

    def _offer(self, exercise: Exercise) -> None:
        """Show the exercise's answers, and that nothing was done, with the cursor on the one that was chosen."""
        chosen = self._session.chosen(exercise)
        self._answers = (None, *exercise.answers)
        self._list.clear_options()
        self._list.add_options(_label(answer) for answer in self._answers)
        self._list.highlighted = self._answers.index(chosen)

    def enter(self) -> None:
        """Give the list of answers the focus."""
        self._list.focus()

    def title(self) -> None:
        """Name it in the language in use, and its answers."""
        self.border_title = i18n.text("ui.demo.pane")
        self.border_subtitle = i18n.text("ui.demo.keys")
        for index, answer in enumerate(self._answers):
            self._list.replace_option_prompt_at_index(index, _label(answer))
        self._show_script(self.chosen)

    @on(OptionList.OptionHighlighted)
    def _choose(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._show_script(self.chosen)
        self._page.scroll_home(animate=False)
        self.settle()

    def settle(self) -> None:
        """The answer where the cursor is becomes the one to be graded: keys may be faster than the news of it."""
        if self._exercise is not None and self.chosen is not self._session.chosen(self._exercise):
            self._session.choose(self._exercise, self.chosen)
            self._on_chosen(self._exercise)

    def _show_script(self, answer: Answer | None) -> None:
        if answer is None:
            self._script.update(Content.styled(i18n.text("ui.demo.untouched"), marks.MUTED))
        else:
            self._script.update(highlight(answer.script_text, language="bash"))


def _label(answer: Answer | None) -> Content:
    """What it is, and its name."""
    mark = marks.UNTOUCHED if answer is None else marks.RIGHT if answer.is_right else marks.MISTAKE
    width = max(cells(one.text) for one in (marks.UNTOUCHED, marks.RIGHT, marks.MISTAKE))
    name = "" if answer is None else answer.name.replace("-", " ")
    return Content.assemble((pad(mark.text, width), f"bold $text-{mark.tone}"), "  ", name)
