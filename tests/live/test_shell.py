"""The shell in the app, on a real lab: the machine is base, the session outlives the app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from lab.catalog.load import load
from lab.cluster.engine import Engine
from lab.practice.session import Session
from lab.progress import OnProgress
from lab.ui.app import LabApp
from lab.ui.desk import Desk
from lab.ui.screens.practice import PracticeScreen
from lab.ui.widgets.terminal import Terminal

BOUND = 60
SIZE = (120, 36)


class Learner:
    """Someone who has the shell before them."""

    def __init__(self, pilot: Pilot[None], terminal: Terminal) -> None:
        self.pilot = pilot
        self.terminal = terminal

    async def types(self, text: str) -> None:
        """Type, and press Enter at the end of each line."""
        for line in text.splitlines():
            await self.pilot.press(*line, "enter")

    async def sees(self, *texts: str) -> None:
        """Wait until all of this is on the screen."""
        await self.until(lambda: all(text in self.screen for text in texts))

    async def until(self, holds: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(BOUND):
                while not holds():
                    await self.pilot.pause(0.05)
        except TimeoutError:
            raise AssertionError(self.screen) from None

    @property
    def screen(self) -> str:
        lines = (self.terminal.render_line(row) for row in range(self.terminal.size.height))
        return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines)


@asynccontextmanager
async def shell(lab: Engine) -> AsyncIterator[Learner]:
    """The app on this lab, from its start to its end, with the shell in use."""

    def never(progress: OnProgress) -> None:
        raise AssertionError("the lab is ready")

    catalog = load()
    app = LabApp(Session(catalog, lab), never, desk=Desk.of(catalog, lab.name, lab.lab))
    app.opens_with = "practice"
    async with app.run_test(size=SIZE) as pilot:
        screen = app.get_screen("practice", PracticeScreen)
        learner = Learner(pilot, screen.query_one(Terminal))
        await learner.sees("candidate@base")
        screen.work_pane.enter()
        await learner.types("clear")
        yield learner


async def test_kubectl_answers(lab: Engine) -> None:
    async with shell(lab) as learner:
        await learner.types("kubectl get nodes")
        await learner.sees("kube-control-plane", "kube-worker-1", "Ready")


async def test_vim_opens_writes_and_leaves_the_screen_as_it_was(lab: Engine) -> None:
    async with shell(lab) as learner:
        await learner.types("echo before; vim -u NONE note.txt")
        await learner.sees("~\n~\n~")
        await learner.pilot.press("i", *"中文 from vim", "escape")
        await learner.types(":wq")
        await learner.until(lambda: "~\n~" not in learner.screen and "before" in learner.screen)
        await learner.types("cat note.txt; rm note.txt")
        await learner.sees("\n中文 from vim")


async def test_the_shell_follows_the_size_of_the_window(lab: Engine) -> None:
    async with shell(lab) as learner:
        for size in ((80, 24), (160, 45), SIZE):
            await learner.pilot.resize_terminal(*size)
            await learner.pilot.pause()
            cells = learner.terminal.size
            await learner.types("clear; stty size")
            await learner.sees(f"{cells.height} {cells.width}\n")


async def test_a_flood_can_be_interrupted(lab: Engine) -> None:
    async with shell(lab) as learner:
        await learner.types("yes flood")
        await learner.sees("flood\nflood\nflood")
        await learner.pilot.press("ctrl+c")
        await learner.types("clear; echo calm $((1+1))")
        await learner.sees("calm 2")


async def test_a_pasted_manifest_is_not_run_line_by_line(lab: Engine) -> None:
    manifest = "\n".join(f"echo line-{number}" for number in range(200))
    async with shell(lab) as learner:
        await learner.types("cat > pasted.txt")
        learner.terminal.type(manifest)
        await learner.sees("line-199")
        await learner.pilot.press("enter", "ctrl+d")
        await learner.types("clear; wc --lines pasted.txt; rm pasted.txt")
        await learner.sees("200 pasted.txt")


async def test_the_reopened_app_comes_back_to_the_same_shell(lab: Engine) -> None:
    async with shell(lab) as learner:
        await learner.types("left=behind; cd /var")
        await learner.sees("/var$")
    async with shell(lab) as learner:
        await learner.types("clear; echo $left in $PWD; cd")
        await learner.sees("behind in /var")


async def test_after_exit_enter_opens_another_shell(lab: Engine) -> None:
    async with shell(lab) as learner:
        await learner.types("exit")
        await learner.until(lambda: not learner.terminal.is_running)
        await learner.pilot.press("enter")
        await learner.sees("candidate@base")
