"""The task of an exercise, with the hints that were taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from lab import i18n
from lab.catalog.model import Exercise
from lab.ui.exercise_view import ExerciseView

if TYPE_CHECKING:
    from textual.widgets import Markdown


class TaskPane(VerticalScroll):
    """Shows the text of one exercise."""

    DEFAULT_CSS = """
    TaskPane Markdown { padding: 0 1; margin: 0; }
    TaskPane MarkdownH1 { content-align: left middle; margin: 0 0 1 0; }
    """

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
        facts = i18n.text(
            "ui.task.facts",
            points=exercise.points,
            minutes=exercise.minutes,
            level=i18n.text(f"ui.level.{exercise.level}"),
        )
        self.border_title = i18n.text("ui.pane.task")
        self.border_subtitle = facts
        parts = [f"> {view.impossible}"] if view.impossible else []
        parts.append(exercise.task)
        parts += [_hint(view, number) for number in range(view.hints)]
        await self._write("\n\n".join(parts))
        if exercise is not self._exercise:
            self._exercise = exercise
            self.scroll_home(animate=False)

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
        """Copy a link: a terminal on another machine has no browser to open."""
        event.stop()
        self.app.copy_to_clipboard(event.href)
        self.notify(event.href, title=i18n.text("ui.task.copied"), markup=False)


def _hint(view: ExerciseView, number: int) -> str:
    hints = view.exercise.hints
    heading = i18n.text("ui.hint.heading", number=number + 1, count=len(hints))
    return f"---\n\n**{heading}**\n\n{hints[number]}"
