"""The last attempts, newest first: Enter opens one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lab import i18n
from lab.practice.attempt import Attempt
from lab.progress import at_time, duration
from lab.ui.desk import Desk, Past
from lab.ui.marks import MUTED, OUTCOMES

SHOWN = 30


class AttemptsPane(OptionList):
    """Two lines an attempt."""

    DEFAULT_CSS = """
    AttemptsPane { min-width: 8; }
    """

    @dataclass
    class Chosen(Message):
        """The learner wants to see this one."""

        attempt: Attempt

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(classes="pane", markup=False)
        self._now = now
        self._desk: Desk | None = None
        self._shown: tuple[Attempt, ...] = ()

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    def _follow(self, desk: Desk) -> None:
        """Show them, or why they cannot be read; nothing until the history was read."""
        if not desk.differs(self._desk, "past", "language"):
            return
        self._desk = desk
        at = self.highlighted or 0
        self.clear_options()
        self.border_title = i18n.text("ui.home.attempts")
        self.border_subtitle = ""
        if desk.past is not None:
            self._show(desk, desk.past, at)

    def _show(self, desk: Desk, past: Past, at: int) -> None:
        trouble = past.trouble
        self._shown = past.attempts[:SHOWN]
        if trouble is not None:
            parts = [part for part in (trouble.tried, trouble.came_back, trouble.next_step) if part]
            self.add_option(Option(Content.styled("\n".join(parts), "$text-warning"), disabled=True))
        elif not past.attempts:
            self.add_option(Option(Content.styled(i18n.text("ui.home.no_attempts"), MUTED), disabled=True))
        else:
            self.border_subtitle = i18n.text("ui.home.open")
            now = self._now()
            self.add_options(Option(_line(attempt, _title(desk, attempt), now)) for attempt in self._shown)
            self.highlighted = min(at, len(self._shown) - 1)
        self.add_options(Option(_follow_line(*follow, self._now()), disabled=True) for follow in past.follows)
        if past.open_exam:
            self.border_subtitle = i18n.text("ui.home.exam_open", number=past.open_exam)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self._shown[event.option_index]))


def _title(desk: Desk, attempt: Attempt) -> str:
    """The exercise's title; its id where the exercise is no more."""
    state = desk.states.get(attempt.exercise)
    return str(state.exercise.title) if state is not None else attempt.exercise


def _follow_line(began: datetime, ended: datetime | None, now: datetime) -> Content:
    words = i18n.text("ui.follow.was", at=at_time(began, now), time=duration(((ended or now) - began).total_seconds()))
    return Content.styled(words, MUTED)


def _line(attempt: Attempt, title: str, now: datetime) -> Content:
    best = attempt.best
    facts = [at_time(attempt.started, now)]
    facts += [f"{best.score}/{best.max}", duration(attempt.seconds)] if best else []
    facts += [i18n.text("history.hints", hints=attempt.hints)] if attempt.hints else []
    mark = OUTCOMES[attempt.outcome].content
    return Content.assemble(mark, "  ", title, "\n    ", (" · ".join(facts), MUTED))
