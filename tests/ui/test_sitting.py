"""An exam on the screen: its clock, its tasks, the shell; and that nothing is lost, whatever is closed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Markdown, OptionList, Static

from lab import i18n
from lab.catalog.model import Catalog, Localized
from lab.errors import LabError
from lab.exam.events import Kind
from lab.exam.notepad import Notepad
from lab.exam.plan import PlannedTask
from lab.exam.report import Report, report_of
from lab.exam.sittings import Journal, Sittings
from lab.exam.state import Phase
from lab.exam.verdicts import from_detail
from lab.ui.exam_app import ExamApp
from lab.ui.run import HOME
from lab.ui.screens.confirm import ConfirmScreen
from lab.ui.screens.note import NoteScreen
from lab.ui.screens.reading import ReadingScreen
from lab.ui.screens.report import ReportScreen
from lab.ui.screens.sitting import Exam, SittingScreen
from lab.ui.shell import TAKEN
from lab.ui.widgets.terminal import Terminal
from lab.workshop.events import Kind as ClassKind
from lab.workshop.ledger import Ledger
from lab.workshop.link import Link
from tests.ui.test_shell import BASH, until
from tests.unit.support.classes import class_of
from tests.unit.support.exams import passed
from tests.unit.support.sittings import HOSTS, Computer, database, plan

SIZE = (100, 30)


class Sat:
    """A sitting of ten minutes with two tasks, one on each host, and the app that shows it."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        tasks = tuple(
            PlannedTask(n, exercise.id, "first", "about", "easy", 5, 50, HOSTS[n - 1])
            for n, exercise in enumerate(catalog.exercises, 1)
        )
        self.catalog = catalog
        self.computer = Computer()
        self.sittings = Sittings(database())
        self.sitting = self.sittings.begin(replace(plan(), tasks=tasks), self.computer.now())
        self.journal = Journal(self.sittings, self.sitting, self.computer.now)
        self.watched: list[str] = []
        self.full: list[str] = []
        self.full_code = 0
        self.link: Link | None = None
        self.exam = Exam(
            plan=self.sitting.plan,
            catalog=catalog,
            journal=self.journal,
            notepad=Notepad(folder / "notepad.txt"),
            shell_argv=lambda: BASH,
            full_shell=self.full_shell,
            watch_over=lambda: self.watched.append("again"),
            report=self.report,
            close=lambda: self.watched.append("closed"),
        )
        self.app = ExamApp(self.exam)

    def full_shell(self) -> int:
        self.full.append("full")
        return self.full_code

    def report(self) -> Report:
        title = Localized("A short exam", "短考试")
        return report_of(
            self.sittings.get(), self.catalog, title=title, others=(), suggestions=(), now=self.computer.now().wall
        )

    @asynccontextmanager
    async def show(self, size: tuple[int, int] = SIZE) -> AsyncIterator[Pilot[None]]:
        self.app = ExamApp(self.exam, link=self.link)
        async with self.app.run_test(size=size) as pilot:
            await pilot.pause()
            yield pilot

    async def tick(self, pilot: Pilot[None], seconds: float = 0) -> None:
        """Time passes, and the screen looks."""
        self.computer.wait(seconds)
        await self.screen._tick()
        await pilot.pause()

    @property
    def screen(self) -> SittingScreen:
        (found,) = [screen for screen in self.app.screen_stack if isinstance(screen, SittingScreen)]
        return found

    @property
    def top(self) -> str:
        return str(self.screen.query_one("#top", Static).content)

    @property
    def text(self) -> str:
        return self.screen.query_one("#task Markdown", Markdown).source

    @property
    def lines(self) -> list[str]:
        tasks = self.screen.query_one("#tasks", OptionList)
        return [str(tasks.get_option_at_index(index).prompt) for index in range(tasks.option_count)]

    @property
    def ended(self) -> str:
        return str(self.screen.query_one("#ended", Static).content)

    def kinds(self) -> list[tuple[Kind, int]]:
        return [(event.kind, event.task) for event in self.sittings.get().events[1:]]


@pytest.fixture
def sat(two_exercises: Catalog, tmp_path: Path) -> Sat:
    return Sat(two_exercises, tmp_path)


async def test_the_first_task_is_open_with_its_host_the_clock_and_a_shell(sat: Sat) -> None:
    async with sat.show() as pilot:
        await sat.tick(pilot, 10)
        assert sat.top.startswith("EXAM  task 1 of 2 · 50 % · on cks1111")
        assert sat.top.endswith("⏱ 9:50")
        assert "ssh cks1111" in sat.text
        assert "Task of" in sat.text
        assert sat.screen.query_one(Terminal).is_running
        assert sat.screen.query_one(Terminal).has_focus
        assert (Kind.OPENED, 1) in sat.kinds()


async def test_the_keys_go_from_task_to_task_while_the_shell_has_the_focus(sat: Sat) -> None:
    async with sat.show() as pilot:
        await pilot.press("f8")
        await pilot.pause()
        assert "task 2 of 2" in sat.top
        await pilot.press("f8")
        await pilot.pause()
        assert "task 1 of 2" in sat.top
        await pilot.press("f7")
        await pilot.pause()
        assert "task 2 of 2" in sat.top
        assert [task for kind, task in sat.kinds() if kind is Kind.OPENED] == [1, 2, 1, 2]


async def test_the_list_says_how_long_each_task_was_worked_on_and_which_are_flagged(sat: Sat) -> None:
    async with sat.show() as pilot:
        await sat.tick(pilot, 30)
        await pilot.press("f2")
        await pilot.pause()
        assert "⚑" in sat.lines[0]
        assert sat.lines[0].endswith(" 30s")
        assert sat.lines[1].endswith(" –")
        await pilot.press("f2")
        await pilot.pause()
        assert "⚑" not in sat.lines[0]


async def test_letters_are_the_shells(sat: Sat) -> None:
    async with sat.show() as pilot:
        terminal = sat.screen.query_one(Terminal)

        def shown() -> str:
            rows = range(terminal.size.height)
            return "\n".join("".join(segment.text for segment in terminal.render_line(row)) for row in rows)

        await until(pilot, lambda: "ready>" in shown())
        await pilot.press(*"echo q", "enter")
        await until(pilot, lambda: "\nq " in shown())
        assert sat.app.is_running


async def test_nothing_helps(sat: Sat) -> None:
    async with sat.show():
        actions = {one.binding.action for one in sat.screen.active_bindings.values()}
        assert not any(word in action for action in actions for word in ("hint", "solution", "check", "start", "reset"))


async def test_what_is_written_on_the_notepad_is_there_again(sat: Sat) -> None:
    async with sat.show() as pilot:
        await pilot.press("f3")
        await pilot.pause()
        assert isinstance(sat.app.screen, NoteScreen)
        await pilot.press(*"task 2", "escape")
        await pilot.pause()
    assert sat.exam.notepad.read() == "task 2"


async def test_whoever_comes_back_finds_everything_and_the_right_time(sat: Sat) -> None:
    async with sat.show() as pilot:
        await pilot.press("f8", "f2")
        await sat.tick(pilot, 60)
    sat.computer.wait(120)
    async with sat.show() as pilot:
        await sat.tick(pilot)
        assert "task 2 of 2" in sat.top
        assert sat.top.endswith("⏱ 7:00")
        assert "⚑" in sat.lines[1]


async def test_closing_the_app_ends_nothing(sat: Sat) -> None:
    async with sat.show() as pilot:
        await pilot.press("f10")
        await pilot.pause()
    assert sat.journal.state().phase is Phase.UNDER_WAY
    assert sat.kinds()[-1] == (Kind.LEFT, 1)


async def test_handing_in_asks_first_and_names_what_was_never_opened(sat: Sat) -> None:
    async with sat.show() as pilot:
        await pilot.press("f2", "f9")
        await pilot.pause()
        assert isinstance(sat.app.screen, ConfirmScreen)
        detail = str(sat.app.screen.query_one("#detail", Static).content)
        assert detail == "10m00s left. Never opened: 2. Flagged: 1."
        await pilot.press("escape")
        await pilot.pause()
        assert sat.journal.state().phase is Phase.UNDER_WAY
        await pilot.press("f9", "y")
        await pilot.pause()
        assert sat.journal.state().phase is Phase.ENDED
        assert "Handed in." in sat.ended
        assert "0 of 2" in sat.ended


async def test_when_the_time_is_over_the_shell_is_closed_and_somebody_grades(sat: Sat) -> None:
    async with sat.show() as pilot:
        await sat.tick(pilot, 600)
        assert "The time is over." in sat.ended
        assert not sat.screen.query_one(Terminal).is_running
        assert sat.watched == ["again"]
        for key in ("f2", "f8", "f9", "f3"):
            await pilot.press(key)
            await pilot.pause()
        assert sat.app.screen is sat.screen
        assert Kind.FLAGGED not in [kind for kind, _ in sat.kinds()]


async def test_once_everything_is_graded_the_report_opens_and_the_exam_can_be_closed(sat: Sat) -> None:
    async with sat.show() as pilot:
        sat.journal.hand_in()
        for position in (1, 2):
            sat.journal.graded(position, from_detail(passed()))
        await sat.tick(pilot)
        assert isinstance(sat.app.screen, ReportScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert sat.ended.startswith("Graded.")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(sat.app.screen, ReportScreen)
        await pilot.press("escape", "c")
        await until(pilot, lambda: not sat.app.is_running)
    assert sat.watched == ["again", "closed"]
    assert sat.app.return_code == HOME


async def test_a_host_that_is_gone_stops_the_clock_and_says_so(sat: Sat) -> None:
    async with sat.show() as pilot:
        await sat.tick(pilot, 10)
        sat.journal.gone(HOSTS[1])
        await sat.tick(pilot, 40)
        assert f"{HOSTS[1]} does not work" in sat.top
        assert sat.top.endswith("⏸ 9:50")
        sat.journal.back(HOSTS[1])
        await sat.tick(pilot)
        assert "40s given back" in sat.top
        assert sat.top.endswith("⏱ 9:50")


async def test_a_disk_that_refuses_is_told_and_ends_nothing(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise LabError("history.refused", "no space left on device", file="history.db")

    async with sat.show() as pilot:
        monkeypatch.setattr(sat.sittings, "add", refuse)
        await pilot.press("f2")
        await pilot.pause()
        notices = [notice.message for notice in sat.app._notifications]
        assert any("no space left on device" in notice for notice in notices)
        assert "⚑" in sat.lines[0]
        monkeypatch.undo()
        await pilot.press("f8")
        await pilot.pause()
        assert sat.journal.unsaved == ()


async def test_the_shell_gets_the_whole_terminal_and_comes_back(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def suspend() -> Iterator[None]:
        sat.full.append("the app lets go of the terminal")
        yield
        sat.full.append("and takes it again")

    async with sat.show() as pilot:
        monkeypatch.setattr(sat.app, "suspend", suspend)
        await pilot.press("f4")
        await pilot.pause()
        assert sat.full == ["the app lets go of the terminal", "full", "and takes it again"]
        assert sat.screen.query_one(Terminal).is_running


async def test_a_shell_that_another_window_has_taken_is_left_to_it(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    sat.full_code = TAKEN
    async with sat.show() as pilot:
        monkeypatch.setattr(sat.app, "suspend", nullcontext)
        await pilot.press("f4")
        await pilot.pause()
        assert not sat.screen.query_one(Terminal).is_running
        assert str(sat.screen.query_one("#shell").border_subtitle).startswith("The shell is open in another window.")


async def test_where_the_terminal_cannot_be_left_the_exam_says_so_and_goes_on(sat: Sat) -> None:
    async with sat.show() as pilot:
        await pilot.press("f4")
        await pilot.pause()
        assert sat.full == []
        assert any("`ckslab shell` in a second one" in notice.message for notice in sat.app._notifications)
        assert sat.screen.query_one(Terminal).is_running


@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_the_clock_and_every_pane_are_there_in_every_size(sat: Sat, language: i18n.Language) -> None:
    i18n.use(language)
    async with sat.show() as pilot:
        for size in ((80, 24), (100, 30), (160, 50)):
            await pilot.resize_terminal(*size)
            await sat.tick(pilot)
            assert sat.top.endswith("10:00")
            for name in ("#tasks", "#task", "#shell"):
                region = sat.screen.query_one(name).region
                assert region.width >= 20
                assert region.height >= 3
                assert region.right <= size[0]
            footer = [key.region.right for key in sat.screen.query("FooterKey")]
            assert max(footer) <= size[0]


async def test_the_help_says_what_counts(sat: Sat) -> None:
    async with sat.show() as pilot:
        await pilot.press("f1")
        await pilot.pause()
        assert isinstance(sat.app.screen, ReadingScreen)
        assert "F9 hands in" in sat.app.screen.query_one(Markdown).source


async def test_more_time_is_told_and_on_the_clock(sat: Sat) -> None:
    async with sat.show() as pilot:
        sat.journal.credit(300, "given by the instructor")
        await sat.tick(pilot)
        assert [each.message for each in sat.app._notifications] == ["Your instructor has given you 5m00s more."]
        assert sat.screen.state.left == 900


async def test_what_the_instructor_of_a_class_says_is_heard_in_an_exam(sat: Sat) -> None:
    ledger = Ledger()
    sat.link = Link(class_of(1).learners[0], ledger, Catalog(()))
    async with sat.show() as pilot:
        ledger.add(ClassKind.SAID, text="Five minutes left")
        await until(pilot, lambda: any("Five minutes left" in each.message for each in sat.app._notifications))


async def test_who_is_at_another_seat_now_hears_what_is_left_of_their_work(sat: Sat) -> None:
    ledger = Ledger()
    ledger.add(ClassKind.MOVED, learner=1, seat="m-02", seconds=70.0, kept=False)
    ledger.add(ClassKind.CAME, learner=1, door="ssh")
    sat.link = Link(class_of(1).learners[0], ledger, Catalog(()))
    async with sat.show() as pilot:
        await until(pilot, lambda: any("all tasks were set again" in each.message for each in sat.app._notifications))


async def test_another_exam_of_the_class_takes_the_place_of_a_report(sat: Sat) -> None:
    ledger = Ledger()
    sat.link = Link(class_of(1).learners[0], ledger, Catalog(()))
    async with sat.show() as pilot:
        ledger.add(ClassKind.EXAM_COMING, learner=1, exam="drill@8")
        await until(pilot, lambda: sat.app.return_code == HOME)
