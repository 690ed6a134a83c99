"""The app: it owns what every screen needs, the lab and the way to its shell."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import on, work
from textual.app import SuspendNotSupported
from textual.binding import Binding
from textual.command import CommandPalette, Provider
from textual.message import Message
from textual.reactive import reactive
from textual.theme import ThemeProvider
from textual.timer import Timer

from lab import i18n, log, paths
from lab.cluster.engine import State, Status
from lab.errors import LabError
from lab.practice.session import Session
from lab.progress import Progress
from lab.settings import NOTHING_CHOSEN, Settings
from lab.ui import Prepare, choices, keys, wrapping
from lab.ui.crash import CrashingApp
from lab.ui.examination import examination
from lab.ui.keymap import Keymap
from lab.ui.lab_view import LabView
from lab.ui.menu import Menu
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.home import HomeScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.session_screen import SessionScreen
from lab.ui.screens.trouble import TroubleScreen
from lab.ui.shell import CHECK, RunCommand, full_screen_argv, run_command
from lab.ui.trouble import Trouble
from lab.ui.widgets.suggestion_list import SuggestionList
from lab.ui.work import Work, until_cancelled

if TYPE_CHECKING:
    from lab.grading.control_plane import Down
    from lab.ui.screens.practice import PracticeScreen

BETWEEN_LOOKS = 20.0
"""Seconds from one look at the lab's state to the next. A look takes a tenth of a second of the machine's time."""
SOON, FOR_A_WHILE = 3.0, 60.0
"""The same while it is half made, stopped or silent, so long after its state has changed: somebody may be at work on it
in another terminal."""


# Textual's own keys are left out: Ctrl+Q and Ctrl+P are a shell's.
class LabApp(CrashingApp, inherit_bindings=False):
    """A lab and the screens to work in it.

    Args:
        session: the catalog and the engine.
        prepare: makes the lab ready; minutes may pass.
        clock: seconds that only go forward.
        run_command: gives the terminal to a command until it ends.
        settings: what the learner chose earlier.
    """

    TITLE = "CKS Lab"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Menu}
    # A key of the app itself would come before a screen could leave it to the shell.
    ENABLE_COMMAND_PALETTE = False
    # Textual declares these in a way that mypy takes for instance variables, so ClassVar is no help.
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-normal"), (150, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (15, "-tall")]  # noqa: RUF012
    CSS = """
    Screen { layers: default too-small; }
    Screen.-tiny, Screen.-short {
        overflow: hidden;

        TooSmall { display: block; }
    }
    /* Marks have colours of their own, which must be legible on the chosen line. */
    OptionList:focus > .option-list--option-highlighted { color: $text; background: $block-cursor-background 40%; }
    /* The menu is a box like every other. */
    CommandPalette {
        #--container { width: 84; max-width: 94%; margin-top: 2; background: transparent; }
        #--input { border: round $primary; background: $surface; }
        #--input.--list-visible { border-bottom: none; }
        #--input Label { margin-top: 0; }
        #--results { background: $surface; }
        CommandList { border: round $primary; border-top: none; background: $surface; max-height: 70vh; }
    }
    """

    lab = reactive(LabView())
    """The lab as last seen. Screens watch it."""

    @dataclass
    class Looked(Message):
        """The lab's state was looked at; where its API server does not answer, `down` says why."""

        status: Status | None
        down: Down | None = None

    @dataclass
    class Examined(Message):
        """The machine and the lab were examined. `told` is Markdown."""

        told: str = ""
        trouble: Trouble | None = None

    @dataclass
    class Progressed(Message):
        """`setup`, `up` or `down` has news."""

        progress: Progress

    @dataclass
    class Prepared(Message):
        """`setup` and `up`, or `down`, have ended."""

        trouble: Trouble | None

    saves_choices: ClassVar[bool] = True
    """Whether a language or theme chosen here is chosen for the next time as well."""

    def __init__(
        self,
        session: Session,
        prepare: Prepare,
        *,
        clock: Callable[[], float] = time.monotonic,
        run_command: RunCommand = run_command,
        settings: Settings = NOTHING_CHOSEN,
    ) -> None:
        wrapping.install()
        super().__init__()
        choices.are_saved(self.saves_choices)
        self._session = session
        self._prepare = prepare
        self._clock = clock
        self._run_command = run_command
        self._next_look: Timer | None = None
        self._changed = clock()
        """When the lab's state was last seen to be another one."""
        self._practice: PracticeScreen | None = None
        self._refused = self._follow(settings)
        self.recent: list[str] = []
        """What was chosen in the menu, the newest first."""
        self.opens_with: Literal["home", "practice"] = "home"

    def on_mount(self) -> None:
        """What is known only once it is on the screen."""
        self.install_screen(HomeScreen(self._session, self._clock), "home")
        if self.opens_with == "practice":
            self._install_practice()
        self.push_screen(self.opens_with)
        if self._refused is not None:
            self.push_screen(TroubleScreen(self._refused))
        self.call_after_refresh(self.look)

    def practice_screen(self) -> PracticeScreen:
        """Where exercises are done."""
        from lab.ui.screens.shell import ShellScreen  # with a terminal: half of what the first frame would wait for

        return ShellScreen(self._session, self._clock, self.open_shell)

    def _install_practice(self) -> PracticeScreen:
        """The screen for practice, made when it is first gone to."""
        if self._practice is None:
            self._practice = self.practice_screen()
            self.install_screen(self._practice, "practice")
        return self._practice

    def _follow(self, settings: Settings) -> Trouble | None:
        """Do as was chosen earlier. What cannot be done is told."""
        keymap = Keymap.of(settings.keys)
        self.set_keymap(keymap.moved)
        keys.use(keymap.written)
        refused = list(keymap.refused)
        if settings.theme in self.available_themes:
            self.theme = settings.theme
        elif settings.theme is not None:
            known = ", ".join(sorted(self.available_themes))
            refused.append(i18n.text("ui.settings.no_theme", theme=settings.theme, known=known))
        if not refused:
            return None
        tried = i18n.text("ui.settings.tried", file=paths.settings())
        return Trouble(tried, "\n".join(refused), i18n.text("ui.settings.next"), ours=False)

    def watch_theme(self, before: str, theme: str) -> None:
        """Keep a theme that is chosen now."""
        if theme != before and self.is_running:
            choices.keep("theme", theme)

    def notify(self, message: str, **options: Any) -> None:
        """Say something in passing. What is still being said is not said twice, but for longer."""
        for notification in list(self._notifications):
            if notification.message == message:
                self._unnotify(notification)
        super().notify(message, **options)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text, and say so: nothing else on the screen shows it."""
        super().copy_to_clipboard(text)
        lines = len(text.splitlines())
        said = i18n.text("ui.copied.lines", lines=lines) if lines > 1 else i18n.text("ui.copied.line", text=text)
        self.notify(said, markup=False)

    def get_key_display(self, binding: Binding) -> str:
        """A key as it is written on keyboards."""
        return keys.display(binding.key)

    async def action_home(self) -> None:
        """Go home. The exercises stay as they are."""
        await self.switch_screen("home")

    async def action_practice(self) -> None:
        """Go to the exercises."""
        self._install_practice()
        await self.switch_screen("practice")

    @on(SuggestionList.Chosen)
    async def _practise(self, event: SuggestionList.Chosen) -> None:
        await self.action_practice()
        self._install_practice().exercises.choose(event.exercise)

    def action_command_palette(self) -> None:
        """Open the menu."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=i18n.text("ui.menu.placeholder")))

    def action_theme(self) -> None:
        """Choose a theme."""
        self.push_screen(CommandPalette(providers=[ThemeProvider], placeholder=i18n.text("ui.menu.themes")))

    def action_up(self) -> None:
        """Make the lab ready, from whatever state it is in; where the learner's own change is in the way, say that."""
        if not self.lab.fault:
            self._begin("up", self._prepare)
            return

        def go_on(yes: bool | None) -> None:
            if yes:
                self._begin("up", self._prepare)

        detail = i18n.text("ui.ask.up.detail", fault=self.lab.fault)
        self.push_screen(ConfirmScreen(i18n.text("ui.ask.up.question"), detail), go_on)

    def action_down(self) -> None:
        """Remove the lab, once the learner insists."""

        def go_on(yes: bool | None) -> None:
            if yes:
                self._begin("down", self._session.down)

        question = i18n.text("ui.ask.down.question", lab=self._session.engine.lab)
        self.push_screen(ConfirmScreen(question, i18n.text("ui.ask.down.detail")), go_on)

    def action_doctor(self) -> None:
        """Examine the machine and the lab."""
        self.notify(i18n.text("ui.doctor.looking"))
        self._examine()

    def action_look(self) -> None:
        """See what there is of the lab, now."""
        self.look()

    def open_shell(self, title: str) -> bool:
        """Leave the terminal to the learner's shell until it ends. Returns whether a check was asked for there."""
        returns = i18n.text("ui.shell.returns")
        argv = full_screen_argv(self._session.engine, returns)
        try:
            with self.suspend():
                print(f"\n{title}\n{returns}\n", flush=True)
                return self._run_command(argv) == CHECK
        except SuspendNotSupported:
            self.notify(i18n.text("ui.shell.unsupported"), severity="warning", timeout=10)
        except OSError as error:
            self.push_screen(TroubleScreen(Trouble.of(error)))
        return False

    @work(thread=True, exclusive=True, exit_on_error=False, group="doctor")
    def _examine(self) -> None:
        try:
            told = examination(self._session.engine.lab)
        except Exception as error:
            self.post_message(self.Examined(trouble=Trouble.of(error)))
        else:
            self.post_message(self.Examined(told))

    @on(SessionScreen.Working)
    def _take_work(self, event: SessionScreen.Working) -> None:
        self.lab = replace(self.lab, scenario=event.work)

    @on(Examined)
    def _show_examined(self, event: Examined) -> None:
        title = i18n.text("ui.doctor.title")
        self.push_screen(TroubleScreen(event.trouble) if event.trouble else ReadingScreen(title, event.told))

    # Only one look at a time, and the next one a while after the last has ended: a look that hangs does not pile up.

    @work(thread=True, exclusive=True, exit_on_error=False, group="look")
    def look(self) -> None:
        """See what there is of the lab."""
        try:
            status = self._session.engine.status()
        except Exception as error:
            # Whatever prevents the look, `up` tells it better; here the state is just not known.
            if not isinstance(error, LabError):
                log.fault("the state of the lab", error)
            self.post_message(self.Looked(None))
        else:
            self.post_message(self.Looked(status, self._why_down(status)))

    def _why_down(self, status: Status) -> Down | None:
        """Why the API server does not answer; None where it does, or where a start or a reset has taken it away."""
        if status.state is not State.UNREACHABLE or self.lab.work is not None or self.lab.scenario is not None:
            return None
        from lab.grading.control_plane import why_down  # needed by few, and never by the first frame

        return why_down(self._session.engine, self._session.clock)

    @on(Looked)
    def _take_status(self, event: Looked) -> None:
        is_first = not self.lab.looked
        if _state(event.status) is not _state(self.lab.status):
            self._changed = self._clock()
        inherited = self.lab.inherited or (is_first and not _is_absent(event.status))
        self.lab = replace(self.lab, status=event.status, looked=True, inherited=inherited, down=event.down)
        if is_first and not self.lab.ready:
            self.action_up()
        if self._next_look is not None:
            self._next_look.stop()
        self._next_look = self.set_timer(pause(event.status, self._clock() - self._changed), self.look)

    def _begin(self, name: Literal["up", "down"], change: Prepare) -> None:
        """Begin work on the whole lab, unless some is under way."""
        if self.lab.work is None:
            begun = Work(i18n.text(f"ui.work.{name}"), self._clock())
            self.lab = replace(self.lab, work=begun, removing=name == "down")
            self._change_lab(change)

    @work(thread=True, exclusive=True, exit_on_error=False, group="lab")
    def _change_lab(self, change: Prepare) -> None:
        def tell(progress: Progress) -> None:
            self.post_message(self.Progressed(progress))

        try:
            change(until_cancelled(tell))
        except Exception as error:
            self.post_message(self.Prepared(Trouble.of(error)))
        else:
            self.post_message(self.Prepared(None))

    @on(Progressed)
    def _take_progress(self, event: Progressed) -> None:
        if self.lab.work is not None:
            self.lab = replace(self.lab, work=self.lab.work.told(event.progress, self._clock()))

    @on(Prepared)
    def _take_end(self, event: Prepared) -> None:
        self.lab = replace(self.lab, work=None)
        if event.trouble is not None:
            self.push_screen(TroubleScreen(event.trouble))
        self.look()


def pause(status: Status | None, unchanged: float) -> float:
    """Seconds until the lab should be looked at again, whose state has been the same for so many seconds."""
    settled = _state(status) in (State.READY, State.ABSENT, State.REPLAY)
    return BETWEEN_LOOKS if settled or unchanged > FOR_A_WHILE else SOON


def _state(status: Status | None) -> State | None:
    return status.state if status is not None else None


def _is_absent(status: Status | None) -> bool:
    return status is not None and status.state is State.ABSENT
