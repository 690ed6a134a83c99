"""The hub: one process that lets the learners of a class in, by browser and by ssh. It may be ended and begun again."""

from __future__ import annotations

import asyncio
import fcntl
import signal
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from aiohttp import web

from lab import log
from lab.catalog.model import Catalog
from lab.errors import LabError, UsageError
from lab.workshop import exam_state, retention
from lab.workshop.apps import Apps, Command
from lab.workshop.authority import Authority
from lab.workshop.browser_door import BrowserDoor
from lab.workshop.caretaker import Caretaker
from lab.workshop.class_file import Class
from lab.workshop.events import Kind
from lab.workshop.exam_state import ExamState
from lab.workshop.ledger import Ledger
from lab.workshop.ledger_thread import LedgerThread
from lab.workshop.projector import Projector
from lab.workshop.ssh_door import SshDoor
from lab.workshop.state import here
from lab.workshop.tokens import Doorkeeper

LOOPBACK = "127.0.0.1"
FOLLOWS_EVERY = 0.5
"""Seconds between two readings of the ledger: other programs write to it, such as `class slips --again`."""

EXAMS_EVERY = 10.0
"""Seconds between two looks at whether somebody watches the exams."""
DUE_EVERY = 3600.0
"""Seconds between two questions whether names are to be deleted."""


class Hub:
    """Both doors and what is behind them.

    Args:
        command: what runs the app of a learner.
        watch_exams: sees to it that somebody watches the exams that go on.
        caretaker: makes who looks after the seats; None: nobody does.
    """

    def __init__(
        self,
        class_: Class,
        catalog: Catalog,
        ledger: Ledger,
        authority: Authority,
        command: Command,
        watch_exams: Callable[[], None] = lambda: None,
        caretaker: Callable[[LedgerThread], Caretaker] | None = None,
    ) -> None:
        self._class = class_
        self._ledger = ledger
        self._authority = authority
        self._watch_exams = watch_exams
        self._exams: dict[int, ExamState] = {}
        self._exams_at = float("-inf")
        self._thread = LedgerThread()
        self._apps = Apps(command, ledger, self._thread)
        keeper = Doorkeeper(class_, ledger)
        self._caretaker = caretaker(self._thread) if caretaker else None
        projector = Projector(class_, catalog, ledger)
        self._browsers = BrowserDoor(class_, keeper, self._thread, self._apps, projector)
        self._ssh = SshDoor(class_, authority, keeper, self._thread, self._apps)

    async def serve(
        self, address: str = LOOPBACK, *, until: asyncio.Event, opened: Callable[[], None] = lambda: None
    ) -> None:
        """Let learners in until it is time to stop.

        Args:
            address: where it listens; by default nobody on another machine reaches it.
            opened: is called once both doors are open.

        Raises:
            OSError: a port cannot be had.
        """
        runner = web.AppRunner(self._browsers.application(), access_log=None, handle_signals=False)
        await runner.setup()
        try:
            read = await self._thread.do(self._see_everybody_out)
            await web.TCPSite(runner, address, self._class.port, ssl_context=self._tls()).start()
            async with await self._ssh.listen(address):
                opened()
                tasks = [asyncio.create_task(self._follow(read)), asyncio.create_task(self._end_when_due(until))]
                if self._caretaker is not None:
                    tasks.append(asyncio.create_task(self._caretaker.work()))
                await until.wait()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self._apps.close_all()
            await runner.cleanup()
            self._thread.close()

    def _see_everybody_out(self) -> int:
        """Write down that nobody's app runs: a hub that was killed could not. Returns how many events there are."""
        events = self._ledger.events()
        exam_state.follow(self._exams, events)
        present = here(events)
        for learner in sorted(present):
            self._ledger.add(Kind.LEFT, learner=learner)
        return len(events) + len(present)

    async def _follow(self, read: int) -> None:
        """Whoever's slip was given anew is let out, for it may be somebody else; and all are once the class is over.

        Whoever is at another seat now has their app begin anew there.
        """
        while True:
            await asyncio.sleep(FOLLOWS_EVERY)
            try:
                new = await self._thread.do(partial(self._ledger.events, read))
                exam_state.follow(self._exams, new)
                await self._look_at_exams()
            except LabError as error:
                log.fault("the events of the class", error)
                continue
            read += len(new)
            if any(event.kind in (Kind.ISSUED, Kind.ENDED) for event in new):
                await self._apps.close_strangers()
            for event in new:
                if event.kind is Kind.MOVED:
                    self._apps.move(event.learner)

    async def _look_at_exams(self) -> None:
        """Whoever watches them may have been killed."""
        now = asyncio.get_running_loop().time()
        if now - self._exams_at >= EXAMS_EVERY and any(exam.is_open for exam in self._exams.values()):
            self._exams_at = now
            await self._thread.do(self._watch_exams)

    async def _end_when_due(self, until: asyncio.Event) -> None:
        """End where nothing has happened for so long that names are to be deleted: this process has them, too."""
        while not until.is_set():
            if await self._thread.do(partial(retention.is_due, self._class, self._ledger)):
                until.set()
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(until.wait(), DUE_EVERY)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._authority.certificate, self._authority.key)
        return context


def run(hub: Hub, address: str, opened: Callable[[], None]) -> None:
    """Serve until Ctrl+C, or until the process is told to end."""

    async def serve() -> None:
        until = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, until.set)
        await hub.serve(address, until=until, opened=opened)

    asyncio.run(serve())


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only hub of a class. The operating system gives that back, however the hub ends.

    Args:
        folder: of the class.

    Raises:
        UsageError: it has one already (`class.served`).
    """
    with (folder / "hub.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError("class.served", name=folder.name) from None
        yield
