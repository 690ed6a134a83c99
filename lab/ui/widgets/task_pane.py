"""The task of an exercise, with the hints that were taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from lab import i18n
from lab.catalog.model import Exercise
from lab.ui.desk import Desk
from lab.ui.exercise_state import ExerciseState
from lab.ui.pages import open_page

if TYPE_CHECKING:
    from textual.widgets import Markdown


class TaskPane(VerticalScroll):
    """Shows the text of one exercise.

    Args:
        is_first: whether it has the focus at first.
    """

    DEFAULT_CSS = """
    TaskPane { scrollbar-gutter: stable; }
    TaskPane Markdown { padding: 0 1; margin: 0; }
    TaskPane MarkdownH1 { content-align: left middle; margin: 0 0 1 0; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
    ]

    def __init__(self, *, is_first: bool) -> None:
        super().__init__(classes="pane first" if is_first else "pane")
        self._text: Markdown | None = None
        self._source = ""
        self._exercise: Exercise | None = None

    @property
    def text(self) -> str:
        """The Markdown that is shown."""
        return self._source

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    async def _follow(self, desk: Desk) -> None:
        """Show the task as its learner has it before them: reasons against it, task, hints taken."""
        state = desk.state
        if state is None:
            return
        exercise = state.exercise
        self._name_facts(state)
        parts = [f"> {desk.impossible(state)}"] if state.impossible else []
        parts.append(exercise.task)
        parts += [_hint(exercise, number) for number in range(state.hints)]
        parts += [_note(state)] if state.note else []
        text = "\n\n".join(parts)
        if text == self._source:
            return
        self._source = text
        await self._write(text)
        if exercise is not self._exercise:
            self._exercise = exercise
            self.scroll_home(animate=False)

    def _name_facts(self, state: ExerciseState) -> None:
        """Name the pane, with what is to be known of the exercise; before a grading, with what will be judged."""
        exercise = state.exercise
        level = i18n.text(f"ui.level.{exercise.level}")
        self.border_title = i18n.text("ui.task.title", level=level, minutes=exercise.minutes)
        name = "points" if state.is_graded else "criteria"
        self.border_subtitle = i18n.text(f"ui.task.{name}", points=exercise.points, count=len(exercise.criteria))

    async def _write(self, text: str) -> None:
        if not self.is_attached:
            return  # the learner quits at this moment
        if self._text is None:
            # Markdown is the dearest widget to import and to mount; the list of exercises is there before it.
            from lab.ui.markdown import markdown

            self._text = markdown(text)
            await self.mount(self._text)
        elif self._text.is_attached:
            await self._text.update(text)

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        """Open a link, or copy it where there is no browser."""
        event.stop()
        open_page(self.app, event.href)


def _hint(exercise: Exercise, number: int) -> str:
    hints = exercise.hints
    heading = i18n.text("ui.hint.heading", number=number + 1, count=len(hints))
    return f"---\n\n**{heading}**\n\n{hints[number]}"


def _note(state: ExerciseState) -> str:
    """The learner's note: its first line, or, once the exercise has passed, all of it."""
    first, *others = state.note.splitlines()
    if others and not state.has_passed:
        return f"---\n\n**✎** {first} … ({i18n.text('ui.note.more')})"
    return f"---\n\n**✎** {state.note}"
