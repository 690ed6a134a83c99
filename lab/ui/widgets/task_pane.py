"""The task of an exercise, with the hints that were taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from lab import i18n
from lab.catalog.model import Exercise
from lab.ui.exercise_view import ExerciseView
from lab.ui.pages import open_page

if TYPE_CHECKING:
    from textual.widgets import Markdown


class TaskPane(VerticalScroll):
    """Shows the text of one exercise."""

    DEFAULT_CSS = """
    TaskPane { scrollbar-gutter: stable; }
    TaskPane Markdown { padding: 0 1; margin: 0; }
    TaskPane MarkdownH1 { content-align: left middle; margin: 0 0 1 0; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(classes="pane")
        self._text: Markdown | None = None
        self._exercise: Exercise | None = None

    @property
    def text(self) -> str:
        """The Markdown that is shown."""
        return self._text.source if self._text is not None else ""

    async def show(self, view: ExerciseView) -> None:
        """Show the task as its learner has it before them: reasons against it, task, hints taken."""
        exercise = view.exercise
        self.name_facts(view)
        parts = [f"> {view.impossible}"] if view.impossible else []
        parts.append(exercise.task)
        parts += [_hint(view, number) for number in range(view.hints)]
        await self._write("\n\n".join(parts))
        if exercise is not self._exercise:
            self._exercise = exercise
            self.scroll_home(animate=False)

    def name_facts(self, view: ExerciseView) -> None:
        """Name the pane, with what is to be known of the exercise; before a check, with what will be judged."""
        exercise = view.exercise
        level = i18n.text(f"ui.level.{exercise.level}")
        self.border_title = i18n.text("ui.task.title", level=level, minutes=exercise.minutes)
        name = "points" if view.checked else "criteria"
        self.border_subtitle = i18n.text(f"ui.task.{name}", points=exercise.points, count=len(exercise.criteria))

    async def _write(self, text: str) -> None:
        if not self.is_attached:
            return  # the learner quits at this moment
        if self._text is None:
            # Markdown is the dearest widget to import and to mount; the list of exercises is there before it.
            from textual.widgets import Markdown

            self._text = Markdown(text, open_links=False)
            await self.mount(self._text)
        elif self._text.is_attached:
            await self._text.update(text)

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        """Open a link, or copy it where there is no browser."""
        event.stop()
        open_page(self.app, event.href)


def _hint(view: ExerciseView, number: int) -> str:
    hints = view.exercise.hints
    heading = i18n.text("ui.hint.heading", number=number + 1, count=len(hints))
    return f"---\n\n**{heading}**\n\n{hints[number]}"
