"""Practice on recordings: an answer is chosen instead of being worked out."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.binding import ActiveBinding

from lab.catalog.model import Answer
from lab.demo import DemoSession
from lab.ui import keys
from lab.ui.exercise_view import ExerciseView
from lab.ui.screens.practice import PracticeScreen
from lab.ui.widgets.answer_pane import AnswerPane
from lab.ui.widgets.exercise_tree import ExerciseTree


class DemoScreen(PracticeScreen):
    """What is checked is what was recorded when the chosen answer was tried on a live lab."""

    ABOUT = "ui.demo.help"
    AUTO_FOCUS = "AnswerPane OptionList"
    keeps_time = False

    def __init__(self, session: DemoSession, clock: Callable[[], float]) -> None:
        self.answers = AnswerPane()
        super().__init__(session, clock, self.answers)
        self._demo = session

    def _title(self) -> None:
        """Results that were not found just now say so."""
        self.results.name_key = "ui.demo.results"
        super()._title()

    def is_unstarted(self, view: ExerciseView) -> bool:  # noqa: ARG002 - what was recorded needs no start
        """Nothing has to be started in a replay."""
        return False

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys as the footer shows them, dim where they need a cluster."""
        return keys.dimmed(super().active_bindings, keys.NEED_CLUSTER)

    @on(ExerciseTree.Chosen)
    def _offer(self, event: ExerciseTree.Chosen) -> None:
        self.answers.offer(event.exercise.answers, self._demo.chosen(event.exercise))

    async def action_check(self) -> None:
        """Judge the answer where the cursor is; keys may be faster than the news of it."""
        await self._choose(self.answers.chosen)
        await super().action_check()

    @on(AnswerPane.Chosen)
    async def _take_choice(self) -> None:
        await self._choose(self.answers.chosen)

    async def _choose(self, answer: Answer | None) -> None:
        """What was found belongs to the answer that was checked, so it goes with it."""
        view = self.view
        if answer is self._demo.chosen(view.exercise):
            return
        if view.grading:
            await self.stop()
        self._demo.choose(view.exercise, answer)
        view.forget_findings()
        await self.show(view)
