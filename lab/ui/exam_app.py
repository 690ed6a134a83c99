"""The app for mock exams: the lobby, the sitting, its report. `lab.ui.app` is the one for practice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events, on
from textual.message import Message

from lab import i18n, log, paths
from lab.errors import LabError
from lab.settings import NOTHING_CHOSEN, Settings
from lab.ui import keys, wrapping
from lab.ui.crash import CrashingApp
from lab.ui.keymap import Keymap
from lab.ui.run import HOME
from lab.ui.screens.lobby import Lobby, LobbyScreen
from lab.ui.screens.sitting import Exam, SittingScreen
from lab.ui.screens.trouble import TroubleScreen
from lab.ui.trouble import Trouble
from lab.ui.widgets import too_small
from lab.workshop.exam_state import Phase

if TYPE_CHECKING:
    from lab.workshop.link import Link, News

NEWS_EVERY = 1.0
"""Seconds between two questions to the class's ledger."""
SAID_SECONDS = 60.0
"""For which the instructor's words are shown; they are read between two commands."""


class ExamApp(CrashingApp, inherit_bindings=False):
    """An exam that is under way, or the lobby where one begins.

    Args:
        opens: what it opens with.
        settings: what the learner chose earlier.
        link: in a class, the learner's line to their instructor.
    """

    TITLE = "CKS Lab"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [*too_small.WIDTHS, (90, "-normal")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [*too_small.HEIGHTS]  # noqa: RUF012
    CSS = (
        too_small.CSS
        + """
    OptionList:focus > .option-list--option-highlighted { color: $text; background: $block-cursor-background 40%; }
    """
    )

    @dataclass
    class Heard(Message):
        """The ledger of the class was asked for news; None: it could not be read."""

        news: News | None

    def __init__(self, opens: Exam | Lobby, settings: Settings = NOTHING_CHOSEN, link: Link | None = None) -> None:
        wrapping.install()
        super().__init__()
        self._link = link
        self._opens = opens
        self._exam: Exam | None = None
        self._refused = self._follow(settings)

    def on_mount(self) -> None:
        """Open what there is."""
        if isinstance(self._opens, Exam):
            self._show(self._opens)
        else:
            self.push_screen(LobbyScreen(self._opens))
        if self._refused is not None:
            self.push_screen(TroubleScreen(self._refused))
        if self._link is not None:
            self._hear(self._link)

    def _hear(self, link: Link) -> None:
        """Ask for what the instructor has said. Where that cannot be read now, it is the next time."""

        def work() -> None:
            try:
                news = link.news()
            except LabError as error:
                log.fault("the news of the class", error)
                news = None
            self.post_message(self.Heard(news))

        self.run_worker(work, thread=True)

    @on(Heard)
    def _take_news(self, message: Heard) -> None:
        news = message.news
        for text in news.said if news is not None else ():
            self.notify(text, title=i18n.text("ui.class.said"), timeout=SAID_SECONDS, markup=False)
        if news is not None and news.seat:
            self.notify(i18n.text(f"ui.class.exam.seat.{news.seat}"), timeout=SAID_SECONDS)
        if news is not None and news.exam is not None and news.exam.phase is Phase.COMING:
            self.exit(return_code=HOME)  # another one: this one was put aside
        elif self._link is not None:
            self.set_timer(NEWS_EVERY, partial(self._hear, self._link))

    @on(LobbyScreen.Begun)
    def _begin(self, message: LobbyScreen.Begun) -> None:
        self._show(message.exam)

    def _show(self, exam: Exam) -> None:
        self._exam = exam
        self.push_screen(SittingScreen(exam))

    async def on_event(self, event: events.Event) -> None:
        """A key shows that the learner is at work, wherever it goes."""
        if self._exam is not None and isinstance(event, (events.Key, events.Paste)):
            with suppress(LabError):  # what cannot be saved is kept, and said with the next thing that is done
                self._exam.journal.key()
        await super().on_event(event)

    def _follow(self, settings: Settings) -> Trouble | None:
        """Do as was chosen earlier. Returns what cannot be done."""
        keymap = Keymap.of(settings.keys)
        self.set_keymap(keymap.moved)
        keys.use(keymap.written)
        if settings.theme in self.available_themes:
            self.theme = settings.theme
        if not keymap.refused:
            return None
        tried = i18n.text("ui.settings.tried", file=paths.settings())
        return Trouble(tried, "\n".join(keymap.refused), i18n.text("ui.settings.next"), ours=False)

    def get_key_display(self, binding: Any) -> str:
        """A key as it is written on keyboards."""
        return keys.display(binding.key)
