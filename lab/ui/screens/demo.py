"""Practice on recordings: an answer is chosen instead of being worked out."""

from __future__ import annotations

from collections.abc import Callable

from textual import on

from lab import i18n
from lab.demo import DemoSession
from lab.ui.screens.practice import PracticeScreen
from lab.ui.widgets.answer_pane import AnswerPane
from lab.ui.widgets.exercise_tree import ExerciseTree


class DemoScreen(PracticeScreen):
    """What is checked is what was recorded when the chosen answer was tried on a live lab."""

    ABOUT = "ui.demo.help"

    def __init__(self, session: DemoSession, clock: Callable[[], float]) -> None:
        self.answers = AnswerPane()
        super().__init__(session, clock, self.answers)
        self._demo = session

    def _title(self) -> None:
        """Results that were not found just now say so."""
        super()._title()
        self.results.border_title = i18n.text("ui.demo.results")

    @on(ExerciseTree.Chosen)
    def _offer(self, event: ExerciseTree.Chosen) -> None:
        self.answers.offer(event.exercise.answers, self._demo.chosen(event.exercise))

    @on(AnswerPane.Chosen)
    async def _choose(self, event: AnswerPane.Chosen) -> None:
        """What was found belongs to the answer that was checked, so it goes with it."""
        view = self.view
        if event.answer is self._demo.chosen(view.exercise):
            return
        if view.grading:
            await self.stop()
        self._demo.choose(view.exercise, event.answer)
        view.forget_findings()
        await self.show(view)
