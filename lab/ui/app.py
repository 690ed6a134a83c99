"""The app: one desk, the jobs that change it, and the screens that show it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import events as textual_events
from textual import on
from textual.actions import ActionParseResult, parse
from textual.app import SuspendNotSupported
from textual.binding import Binding
from textual.command import CommandPalette, Provider
from textual.dom import DOMNode
from textual.reactive import reactive
from textual.theme import ThemeProvider
from textual.timer import Timer

from lab import i18n, paths
from lab.foreground import foreground
from lab.practice.session import Session
from lab.settings import NOTHING_CHOSEN, Settings
from lab.ui import events, keys, wrapping
from lab.ui.crash import CrashingApp
from lab.ui.desk import Desk, Event
from lab.ui.events import Step
from lab.ui.jobs import Happened, Jobs, Prepare
from lab.ui.keymap import Keymap
from lab.ui.menu import Menu
from lab.ui.preferences import Preferences
from lab.ui.run import EXAMS
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.home import HomeScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.trouble import TroubleScreen
from lab.ui.shell import CHECK, RunCommand, full_screen_argv
from lab.ui.trouble import Trouble
from lab.ui.widgets import too_small
from lab.ui.widgets.suggestion_list import SuggestionList

if TYPE_CHECKING:
    from lab.catalog.model import Catalog
    from lab.demo import DemoSession
    from lab.ui.screens.practice import PracticeScreen
    from lab.ui.screens.waiting import WaitingScreen
    from lab.ui.widgets.work_pane import WorkPane
    from lab.workshop.exam_state import ExamState
    from lab.workshop.follow import Answer
    from lab.workshop.link import Link, News

NEWS_EVERY = 1.0
"""Seconds between two questions to the class's ledger."""
SAID_SECONDS = 60.0
"""For which the instructor's words are shown; they are read between two commands."""


PATIENCE = 1.0
"""Seconds for which what was typed waits for the history, which another process may be writing to."""


def _nothing() -> Desk:
    return Desk.unread("", "")


# Textual's own keys are left out: Ctrl+Q and Ctrl+P are a shell's.
class LabApp(CrashingApp, inherit_bindings=False):
    """A lab and the screens to work in it.

    Args:
        session: the catalog and the engine.
        prepare: makes the lab ready; minutes may pass.
        desk: what is known at the beginning; else nothing: the exercises are read once the first frame is there.
        work_pane: makes the pane where the learner works; else a shell.
        clock: seconds that only go forward.
        run_command: gives the terminal to a command until it ends.
        settings: what the learner chose earlier.
        link: in a class, the learner's line to their instructor, on whose machine they work: what is for its owner is
            not for them.
    """

    TITLE = "CKS Lab"
    # As a part of the app's own style sheet it is parsed with it. Read with its screen, Textual would parse all twice.
    CSS_PATH = "screens/home.tcss"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Menu}
    # A key of the app itself would come before a screen could leave it to the shell.
    ENABLE_COMMAND_PALETTE = False
    # Textual declares these in a way that mypy takes for instance variables, so ClassVar is no help.
    HORIZONTAL_BREAKPOINTS = [*too_small.WIDTHS, (100, "-normal"), (150, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [*too_small.HEIGHTS]  # noqa: RUF012
    CSS = (
        too_small.CSS
        + """
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
    )

    desk: reactive[Desk] = reactive(_nothing)
    """All that the app knows. Screens and panes watch it."""

    def __init__(
        self,
        session: Session,
        prepare: Prepare,
        *,
        desk: Desk | None = None,
        work_pane: Callable[[], WorkPane] | None = None,
        clock: Callable[[], float] = time.monotonic,
        run_command: RunCommand = foreground,
        settings: Settings = NOTHING_CHOSEN,
        link: Link | None = None,
    ) -> None:
        wrapping.install()
        super().__init__()
        engine = session.engine
        desk = desk or Desk.unread(engine.name, engine.lab)
        self.set_reactive(LabApp.desk, replace(desk, in_class=link is not None))
        self._session = session
        self._clock = clock
        self.jobs = Jobs(self, session, prepare, lambda: self.desk, self.take, clock)
        self._link = link
        self._preferences = Preferences(saved=link is None and not desk.lab.is_replay)
        self._work_pane = work_pane or self._shell_pane
        self._run_command = run_command
        self._next_look: Timer | None = None
        self._practice: PracticeScreen | None = None
        self._waiting: WaitingScreen | None = None
        self._early: list[textual_events.InputEvent] | None = None if desk.is_read else []
        """What was typed while there was nothing yet that it could be about; None: there is something."""
        self._refused = self._follow(settings)
        self.recent: list[str] = []
        """What was chosen in the menu, the newest first."""
        self.opens_with: Literal["home", "practice"] = "home"

    def on_mount(self) -> None:
        self.install_screen(HomeScreen(self.desk, self._session.clock, self._clock), "home")
        if self.opens_with == "practice":
            self._install_practice()
        self.push_screen(self.opens_with)
        if self._refused is not None:
            self.push_screen(TroubleScreen(self._refused))
        self.call_after_refresh(self.jobs.see_lab)
        self.call_after_refresh(self.jobs.read_history if self.desk.is_read else self.jobs.read_exercises)
        if self.desk.is_read:
            self._hear_class()

    @property
    def is_at_work(self) -> bool:
        """Whether the lab is being made or removed."""
        return self.desk.lab.work is not None

    def _install_practice(self) -> PracticeScreen:
        """The screen for practice, made when it is first gone to."""
        if self._practice is None:
            from lab.ui.screens.practice import PracticeScreen  # half of what the first frame would wait for

            clock = self._session.clock
            self._practice = PracticeScreen(
                self.jobs, self._work_pane(), self.desk, clock, self._clock, self.open_shell
            )
            self.install_screen(self._practice, "practice")
        return self._practice

    def _shell_pane(self) -> WorkPane:
        from lab.ui.shell import embedded_argv
        from lab.ui.widgets.shell_pane import ShellPane

        return ShellPane(partial(embedded_argv, self._session.engine))

    def _follow(self, settings: Settings) -> Trouble | None:
        """Do as was chosen earlier. Returns what cannot be done."""
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

    # What happens

    async def on_event(self, event: textual_events.Event) -> None:
        """What is typed before home shows anything waits for it: Enter is meant for the first exercise."""
        if self._early is not None and isinstance(event, textual_events.InputEvent) and not event.is_forwarded:
            self._early.append(event)
        else:
            await super().on_event(event)

    def _hear_class(self) -> None:
        """Begin to ask for what the instructor says. It may be about exercises, so that they are read before."""
        if self._link is not None:
            self.call_after_refresh(self.jobs.hear, self._link)

    async def _hear_early(self) -> None:
        early, self._early = self._early or [], None
        for event in early:
            await super().on_event(event)

    @on(Happened)
    async def _take_news(self, message: Happened) -> None:
        self.take(message.event)
        match message.event:
            case events.ExercisesRead():
                self.set_timer(PATIENCE, self._hear_early)
                self._hear_class()
            case events.HistoryRead():
                await self._hear_early()

    def take(self, event: Event) -> None:
        """Something has happened: change the desk, say what is to be said of it, and do what follows."""
        before = self.desk
        self.desk = after = before.after(event)
        notice = events.notice(event, before, after)
        if notice is not None:
            severity: Literal["warning", "information"] = "warning" if notice.warns else "information"
            self.notify(notice.text, severity=severity, timeout=notice.seconds, markup=False)
        match event:
            case events.Failed() | events.LabWorkEnded() | events.ExercisesRead() if event.trouble is not None:
                self.push_screen(TroubleScreen(event.trouble))
            case events.Examined():
                self.push_screen(ReadingScreen(i18n.text("ui.doctor.title"), event.text))
            case events.NoteRead() if self._practice is not None:
                self._practice.open_note(event)
            case events.LabSeen():
                self._look_again()
            case events.Heard() if self._link is not None:
                if event.news is not None and self.screen_stack:  # it is empty while the app closes
                    self._hear(event.news, self._link)
                # After this one has ended: on a busy machine one that hangs does not take the place of the one before.
                self.set_timer(NEWS_EVERY, partial(self.jobs.hear, self._link))
        for step in events.steps(event, before, after):
            self._do(step)

    def _hear(self, news: News, link: Link) -> None:
        """Show what has come from the instructor, and do what follows."""
        for text in news.said:
            self.notify(text, title=i18n.text("ui.class.said"), timeout=SAID_SECONDS, markup=False)
        if news.was_reset:
            self.notify(i18n.text("ui.class.was_reset"), timeout=SAID_SECONDS)
            self.jobs.read_history()
        if news.given:
            self._receive(news.given, link.catalog)
        for name, number in news.hints:
            if name in self.desk.states:
                exercise = self.desk.states[name].exercise
                self.take(events.HintSent(exercise, number))
                self.jobs.save_hint(exercise, number)
        self._show_question(asked=news.asked)
        if news.seat:
            self.notify(i18n.text(f"ui.class.seat.{news.seat}"), timeout=SAID_SECONDS)
        if news.exam is not None:
            self._follow_exam(news.exam)

    def _receive(self, given: Sequence[str], catalog: Catalog) -> None:
        """Put exercises that the instructor has given beside the others, unless they are there."""
        from lab.workshop.place import catalog_of  # needed by few, and never by the first frame

        if any(name not in self.desk.states for name in given):
            self._session.catalog = catalog_of([*self.desk.states, *given], catalog)
            self.take(events.ExercisesGiven(self._session.catalog))

    def _follow_exam(self, exam: ExamState) -> None:
        """An exam of the class comes before everything else: it is waited for, then it has an app of its own."""
        from lab.ui.screens.waiting import WaitingScreen
        from lab.workshop.exam_state import Phase

        if exam.phase is Phase.UNDER_WAY:
            self.exit(return_code=EXAMS)
        elif exam.phase is Phase.COMING and self._waiting is None:
            self.jobs.stop()
            self._waiting = WaitingScreen(exam.exam)
            self.push_screen(self._waiting)
        elif exam.phase is Phase.CANCELLED and self._waiting is not None:
            self._waiting.end()
            self._waiting = None
            self.notify(i18n.text("ui.class.exam.cancelled"), timeout=SAID_SECONDS)
            self.jobs.read_history()

    def _do(self, step: Step) -> None:
        match step:
            case Step.PREPARE_LAB:
                self.action_up()
            case Step.SEE_LAB:
                self.jobs.see_lab()
            case Step.READ_HISTORY:
                self.jobs.read_history()
            case Step.FIND_IMPOSSIBLE:
                self.jobs.find_impossible()
            case Step.START_WANTED if self.desk.wanted is not None:
                wanted = self.desk.wanted.exercise
                self.take(events.StartWanted(None))
                self._install_practice().start(self.desk.states[wanted.id])

    def _look_again(self) -> None:
        """A while after the last look at the lab has ended: one that hangs does not pile up."""
        if self._next_look is not None:
            self._next_look.stop()
        self._next_look = self.set_timer(self.desk.lab.pause(self._clock()), self.jobs.see_lab)

    # What the learner does

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do what can be done. In a replay, what needs a cluster says that there is none, and how to get one."""
        _, name, _ = parse(action) if isinstance(action, str) else action
        if not self.desk.lab.is_replay or name not in keys.NEED_CLUSTER:
            return await super().run_action(action, default_namespace, namespaces)
        self.notify(i18n.text("ui.demo.no_cluster"), timeout=8)
        return True

    def watch_theme(self, before: str, theme: str) -> None:
        """Save a theme that is chosen now."""
        if theme != before and self.is_running:
            self._preferences.save("theme", theme)

    def notify(self, message: str, **options: Any) -> None:
        """Say something in passing. What is still shown is not shown twice, but for longer."""
        for notification in list(self._notifications):
            if notification.message == message:
                self._unnotify(notification)
        super().notify(message, **options)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text, and say so: nothing else on the screen shows it."""
        super().copy_to_clipboard(text)
        lines = len(text.splitlines())
        copied = i18n.text("ui.copied.lines", lines=lines) if lines > 1 else i18n.text("ui.copied.line", text=text)
        self.notify(copied, markup=False)

    def get_key_display(self, binding: Binding) -> str:
        """A key as it is written on keyboards."""
        return keys.display(binding.key)

    async def action_home(self) -> None:
        """Go home. The exercises stay as they are; another process may have changed the history."""
        await self.switch_screen("home")
        self.jobs.read_history()

    async def action_practice(self) -> None:
        """Go to the exercises."""
        self._install_practice()
        await self.switch_screen("practice")

    @on(SuggestionList.Chosen)
    async def _practise(self, event: SuggestionList.Chosen) -> None:
        self.take(events.ExerciseChosen(event.exercise))
        await self.action_practice()

    def action_exams(self) -> None:
        """Go to the mock exams, which are an app of their own; not while something is under way that would end."""
        if self.is_at_work or self.desk.is_busy:
            self.notify(i18n.text("ui.one_at_a_time"))
        else:
            self.exit(return_code=EXAMS)

    def action_hand(self) -> None:
        """Raise a hand, or take it down again."""
        if self._link is not None:
            up = not self.desk.hand
            self.jobs.raise_hand(self._link, up=up)
            self.notify(i18n.text("ui.class.hand_up" if up else "ui.class.hand_down"))

    def _show_question(self, *, asked: bool) -> None:
        """Ask whether the instructor may see the shell, as long as they wait for an answer."""
        from lab.ui.screens.follow import FollowScreen

        screens = self.screen_stack  # none any more, once the app is on its way out
        if asked and screens and not any(isinstance(screen, FollowScreen) for screen in screens):
            self.push_screen(FollowScreen(), self._answer)
        elif not asked and screens and isinstance(screens[-1], FollowScreen):
            screens[-1].dismiss(None)

    def _answer(self, answer: Answer | None) -> None:
        if answer is not None and self._link is not None:
            self.jobs.answer(self._link, answer)

    def action_unfollow(self) -> None:
        """Let the instructor see the shell no longer."""
        self._answer("refused")
        self.notify(i18n.text("ui.follow.taken_back"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In a class, the machine and its labs are not the learner's; without one, there is nobody to see a hand."""
        without = keys.ONLY_IN_CLASS if self._link is None else keys.NOT_IN_CLASS
        if action == "unfollow" and not self.desk.followed:
            return False  # then the key is the shell's
        return False if action in without else super().check_action(action, parameters)

    def action_language(self) -> None:
        """Change between English and Chinese."""
        self.take(events.LanguageChosen(self._preferences.switch_language()))

    def action_command_palette(self) -> None:
        """Open the menu."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=i18n.text("ui.menu.placeholder")))

    def action_theme(self) -> None:
        """Choose a theme."""
        self.push_screen(CommandPalette(providers=[ThemeProvider], placeholder=i18n.text("ui.menu.themes")))

    def action_up(self) -> None:
        """Make the lab ready, from whatever state it is in; where the learner's own change is in the way, say that."""
        if not self._may_change_lab():
            return
        if self.desk.lab.fault:
            detail = i18n.text("ui.ask.up.detail", fault=self.desk.lab.fault)
            self._ask(i18n.text("ui.ask.up.question"), detail, self.jobs.prepare_lab)
        else:
            self.jobs.prepare_lab()

    def action_down(self) -> None:
        """Remove the lab, once the learner insists."""
        if self._may_change_lab():
            question = i18n.text("ui.ask.down.question", lab=self.desk.lab_name)
            self._ask(question, i18n.text("ui.ask.down.detail"), self.jobs.remove_lab)

    def _may_change_lab(self) -> bool:
        """Whether nothing else is under way; says so."""
        if self.desk.lab.work is not None:
            return False
        if self.desk.is_busy:
            self.notify(i18n.text("ui.one_at_a_time"))
            return False
        return True

    def _ask(self, question: str, detail: str, go_on: Callable[[], None]) -> None:
        def answer(yes: bool | None) -> None:
            if yes and self._may_change_lab():
                go_on()

        self.push_screen(ConfirmScreen(question, detail), answer)

    def action_doctor(self) -> None:
        """Examine the host and the lab."""
        self.notify(i18n.text("ui.doctor.looking"))
        self.jobs.examine()

    def action_look(self) -> None:
        """See what there is of the lab, now."""
        self.jobs.see_lab()

    def open_shell(self, title: str) -> bool:
        """Leave the terminal to the learner's shell until it ends. Returns whether a grade was asked for there."""
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


def demo_app(
    session: DemoSession, *, clock: Callable[[], float] = time.monotonic, settings: Settings = NOTHING_CHOSEN
) -> LabApp:
    """The app on recordings: answers to choose from take the place of the shell, and nothing is saved."""

    def work_pane() -> WorkPane:
        from lab.ui.widgets.answer_pane import AnswerPane

        return AnswerPane(session, app.jobs.choose_answer)

    engine = session.engine
    desk = Desk.of(session.catalog, engine.name, engine.lab, engine.status())
    app = LabApp(session, engine.up, desk=desk, work_pane=work_pane, clock=clock, settings=settings)
    return app
