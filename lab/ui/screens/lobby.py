"""Before an exam: which one, what it is, what it needs; then its preparation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from lab import i18n
from lab.catalog.blueprint import Blueprint
from lab.exam.plan import read_seed
from lab.exam.prepare import Wish
from lab.progress import OnProgress, Progress, duration, remaining
from lab.ui.markdown import markdown
from lab.ui.run import HOME
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.sitting import Exam
from lab.ui.screens.trouble import TroubleScreen
from lab.ui.trouble import Trouble
from lab.ui.widgets.too_small import TooSmall


@dataclass(frozen=True, slots=True)
class Lobby:
    """What can be sat here.

    Attributes:
        about: what an exam is and needs, as Markdown.
        new_seed: draws a seed where the learner names none.
        begin: prepares an exam and starts its clock; minutes may pass.
    """

    blueprints: Sequence[Blueprint]
    about: Callable[[Blueprint], str]
    new_seed: Callable[[], int]
    begin: Callable[[Wish, OnProgress], Exam]


class LobbyScreen(Screen[None]):
    """One exam is chosen and prepared here."""

    CSS_PATH = "lobby.tcss"
    AUTO_FOCUS = "#exams"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "", priority=True),
        Binding("ctrl+c", "leave", show=False),
    ]

    @dataclass
    class Begun(Message):
        """The clock of an exam runs."""

        exam: Exam

    @dataclass
    class Failed(Message):
        """It could not be prepared; None: its learner has stopped it."""

        error: Exception | None

    @dataclass
    class Progressed(Message):
        """The preparation goes on."""

        progress: Progress

    def __init__(self, lobby: Lobby) -> None:
        super().__init__()
        self._lobby = lobby
        self._stop = threading.Event()
        self._is_preparing = False
        self._news: dict[str, Progress] = {}
        self._exams = OptionList(*(Option(_facts(each)) for each in lobby.blueprints), id="exams", classes="pane")
        self._about = markdown("")
        self._seed = Input(id="seed", placeholder=i18n.text("ui.lobby.seed"), classes="pane")
        self._progress = Static(id="progress", classes="pane", markup=False)

    def compose(self) -> ComposeResult:
        yield Static(i18n.text("ui.lobby.title"), id="top")
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield self._exams
                yield self._seed
            yield VerticalScroll(self._about, id="about", classes="pane")
        yield self._progress
        yield Static(i18n.text("ui.lobby.keys"), id="keys", markup=False)
        yield TooSmall()

    def on_mount(self) -> None:
        self._exams.border_title = i18n.text("ui.lobby.exams")
        self._seed.border_title = i18n.text("ui.lobby.seed_title")
        self._exams.highlighted = 0

    @on(OptionList.OptionHighlighted)
    async def _tell_about(self, event: OptionList.OptionHighlighted) -> None:
        await self._about.update(self._lobby.about(self._lobby.blueprints[event.option_index]))

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _ask(self) -> None:
        """Begin, once the learner insists: what they practise on these labs goes."""
        if self._is_preparing or self._exams.highlighted is None:
            return
        blueprint = self._lobby.blueprints[self._exams.highlighted]
        try:
            seed, digest = read_seed(self._seed.value) if self._seed.value else (self._lobby.new_seed(), "")
        except ValueError:
            self.notify(i18n.text("cli.exam.bad-seed", seed=self._seed.value), severity="warning", markup=False)
            return

        def begin(yes: bool | None) -> None:
            if yes:
                self._is_preparing = True
                self._stop.clear()
                self.add_class("-preparing")
                self._progress.update(i18n.text("ui.lobby.preparing"))
                self._prepare(Wish(blueprint, seed, digest))

        buttons = [i18n.text(f"ui.lobby.ask_{answer}") for answer in ("agree", "refuse")]
        question = i18n.text("ui.lobby.ask", title=blueprint.title)
        self.app.push_screen(ConfirmScreen(question, i18n.text("ui.lobby.ask_detail"), *buttons), begin)

    @work(thread=True)
    def _prepare(self, wish: Wish) -> None:
        def progress(news: Progress) -> None:
            if self._stop.is_set():
                raise KeyboardInterrupt
            self.post_message(self.Progressed(news))

        try:
            exam = self._lobby.begin(wish, progress)
        except KeyboardInterrupt:
            self.post_message(self.Failed(None))
        except Exception as error:
            self.post_message(self.Failed(error))
        else:
            self.post_message(self.Begun(exam))

    @on(Progressed)
    def _show_progress(self, message: Progressed) -> None:
        news = message.progress
        if news.step:
            self._news[news.lab] = news
        else:
            self._news.pop(news.lab, None)
        self._progress.update("\n".join(map(_line, self._news.values())) or i18n.text("ui.lobby.preparing"))

    @on(Failed)
    def _show_failure(self, message: Failed) -> None:
        self._is_preparing = False
        self._news.clear()
        self.remove_class("-preparing")
        if message.error is None:
            self.notify(i18n.text("ui.lobby.stopped"))
        else:
            self.app.push_screen(TroubleScreen(Trouble.of(message.error)))

    def action_leave(self) -> None:
        """Stop the preparation, else go back to where one came from."""
        if self._is_preparing:
            self._stop.set()
            self._progress.update(i18n.text("ui.lobby.stopping"))
        else:
            self.app.exit(return_code=HOME)


def _facts(blueprint: Blueprint) -> str:
    facts = i18n.text("cli.exam.facts", minutes=blueprint.minutes, tasks=blueprint.tasks, pass_mark=blueprint.pass_mark)
    return f"{blueprint.title}\n  {facts}"


def _line(news: Progress) -> str:
    parts = [duration(news.elapsed), remaining(news.left), news.detail]
    return f"{news.lab}  [{news.number}/{news.steps}] {news.step} … {', '.join(part for part in parts if part)}"
