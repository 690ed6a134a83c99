"""The apps of learners: each a process in a terminal of its own, shown through the door that its learner came by."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lab.terminal.pty import Pty
from lab.workshop.class_file import Learner
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger
from lab.workshop.ledger_thread import LedgerThread
from lab.workshop.tokens import Door

LEAST, MOST = (20, 5), (500, 200)
"""Columns and rows that somebody's window may have; what is beyond is taken for the nearest of these."""

_PASSED_ON = (
    *("PATH", "HOME", "USER", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "CKSLAB_CACHE", "TZ"),
    *("DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST", "CONTAINERS_CONF", "PYTHONPATH"),
    *("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "KUBECONFIG", "AWS_PROFILE", "AWS_CONFIG_FILE"),
    *("AWS_SHARED_CREDENTIALS_FILE", "AZURE_CONFIG_DIR", "CLOUDSDK_CONFIG", "GOOGLE_APPLICATION_CREDENTIALS"),
)
"""What an app needs of the hub's variables to find labs, and their runtime or their host cluster: where files are, and
the way out. The others are not for learners."""

Command = Callable[[Learner], Sequence[str]]
"""What runs the app of a learner."""

MayStay = Callable[[], Awaitable[bool]]
"""Whether what let a learner in would still do so."""


class LearnersApp:
    """One app that runs."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], columns: int, rows: int) -> None:
        self.size = _bounded(columns, rows)
        """Columns and rows of its window."""
        self._pty: Pty | None = Pty(argv, environment, *self.size)
        self._awake = asyncio.Event()
        self.is_moved = False
        """It has ended because its learner is at another seat: another one is to be opened in its place."""

    async def read(self) -> bytes | None:
        """What it has drawn; None once it has ended. What is not read it waits with: a slow window slows it down."""
        while self._pty is not None:
            drawn = self._pty.read()
            if drawn != b"":
                return drawn
            await self._something_to_read(self._pty.fd)
        return None

    def type(self, text: str) -> None:
        """Keys that were pressed."""
        if self._pty is not None and not self._pty.write(text):
            asyncio.get_running_loop().add_writer(self._pty.fd, self._send_rest, self._pty)

    def resize(self, columns: int, rows: int) -> None:
        """Its window has another size."""
        self.size = _bounded(columns, rows)
        if self._pty is not None:
            self._pty.resize(*self.size)

    def close(self) -> None:
        """End it. The shell inside goes on in the seat's tmux."""
        pty, self._pty = self._pty, None
        if pty is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(pty.fd)
        loop.remove_writer(pty.fd)
        self._awake.set()
        # Hanging up waits for the app to save what it must, which is no reason for everybody else to wait.
        loop.run_in_executor(None, pty.close)

    def _send_rest(self, pty: Pty) -> None:
        if pty.flush():
            asyncio.get_running_loop().remove_writer(pty.fd)

    async def _something_to_read(self, fd: int) -> None:
        loop = asyncio.get_running_loop()
        self._awake = asyncio.Event()
        loop.add_reader(fd, self._awake.set)
        try:
            await self._awake.wait()
        finally:
            if self._pty is not None:
                loop.remove_reader(fd)


@dataclass(frozen=True, slots=True, eq=False)
class _Visit:
    """An app, and whether its learner may stay."""

    app: LearnersApp
    may_stay: MayStay


class Apps:
    """All apps that run: one for each learner at most. Who opens another has left the first."""

    def __init__(self, command: Command, ledger: Ledger, thread: LedgerThread) -> None:
        self._command = command
        self._ledger = ledger
        self._thread = thread
        self._visits: dict[int, _Visit] = {}

    @asynccontextmanager
    async def open(
        self, learner: Learner, door: Door, columns: int, rows: int, may_stay: MayStay
    ) -> AsyncIterator[LearnersApp]:
        """A learner's app, for as long as its window is open."""
        self.close(learner.number)
        visit = _Visit(LearnersApp(self._command(learner), environment(), columns, rows), may_stay)
        self._visits[learner.number] = visit
        try:
            await self._thread.do(partial(self._ledger.add, Kind.CAME, learner=learner.number, door=door))
            yield visit.app
        finally:
            visit.app.close()
            if self._visits.get(learner.number) is visit:
                del self._visits[learner.number]
                await self._thread.do(partial(self._ledger.add, Kind.LEFT, learner=learner.number))

    def close(self, learner: int) -> None:
        """End a learner's app, if one runs."""
        if visit := self._visits.pop(learner, None):
            visit.app.close()

    def move(self, learner: int) -> None:
        """End a learner's app, if one runs, so that it is opened again at their other seat."""
        if visit := self._visits.get(learner):
            visit.app.is_moved = True
            self.close(learner)

    async def close_strangers(self) -> None:
        """End the apps of those who would no longer be let in."""
        for learner, visit in list(self._visits.items()):
            if not await visit.may_stay() and self._visits.get(learner) is visit:
                self.close(learner)

    def close_all(self) -> None:
        """The hub ends."""
        for learner in list(self._visits):
            self.close(learner)


def environment() -> dict[str, str]:
    """All variables of an app: built for it, not the hub's."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed_on, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}


def sit_command(file: Path) -> Command:
    """`ckslab class sit`, for the class of a file."""

    def command(learner: Learner) -> Sequence[str]:
        start = [sys.executable, "-m", "lab.cli", "--name", learner.seat, "--lang", learner.language]
        return [*start, "class", "sit", "--file", str(file.absolute()), str(learner.number)]

    return command


def _bounded(columns: int, rows: int) -> tuple[int, int]:
    return min(max(columns, LEAST[0]), MOST[0]), min(max(rows, LEAST[1]), MOST[1])
