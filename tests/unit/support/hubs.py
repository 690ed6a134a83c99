"""A hub with both doors open on loopback, whose learners' apps are small programs."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
from yarl import URL

from lab.catalog.load import load
from lab.workshop import authority
from lab.workshop.browser_door import COOKIE
from lab.workshop.class_file import Class, Learner
from lab.workshop.hub import LOOPBACK, Hub
from lab.workshop.ledger import Ledger
from lab.workshop.tokens import issue
from tests.unit.support.classes import class_of

ADDRESS = "localhost"
BOUND = 60
"""Seconds for what takes a moment where nothing else runs."""
ECHO = """
import os, sys, tty
tty.setraw(0)
columns, rows = os.get_terminal_size()
sys.stdout.write(f"seat of {sys.argv[1]} {columns}x{rows} {'SECRET' in os.environ}\\r\\n")
sys.stdout.flush()
while typed := os.read(0, 1024):
    if typed == b"q":
        break
    if typed == b"size":
        columns, rows = os.get_terminal_size()
        typed = f"{columns}x{rows}".encode()
    os.write(1, b"<" + typed + b">")
"""
"""Says whose it is, then repeats what is typed; `q` ends it."""


def echo(learner: Learner) -> Sequence[str]:
    return [sys.executable, "-c", ECHO, str(learner.number)]


def free_port() -> int:
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])


@dataclass
class Served:
    """What is served, and who may come in."""

    class_: Class
    ledger: Ledger
    proof: authority.Authority

    @property
    def origin(self) -> str:
        return self.class_.origin

    def token(self, learner: int = 1) -> str:
        return issue(self.ledger, self.class_.learners[learner - 1])

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[aiohttp.ClientSession]:
        """A browser that trusts the certificate on the slip, and no other."""
        trust = ssl.create_default_context(cafile=str(self.proof.certificate))
        async with aiohttp.ClientSession(
            self.origin, connector=aiohttp.TCPConnector(ssl=trust, force_close=True), trust_env=False
        ) as session:
            yield session

    async def enter(self, browser: aiohttp.ClientSession, learner: int = 1) -> str:
        """Come in by a slip. Returns the key that the browser has from then on."""
        headers = {"Origin": self.origin}
        async with browser.post(f"/s/{self.token(learner)}", headers=headers, allow_redirects=False) as answer:
            assert answer.status == 303
        return str(browser.cookie_jar.filter_cookies(URL(self.origin))[COOKIE].value)


@asynccontextmanager
async def serving(
    folder: Path, learners: int = 2, watch_exams: Callable[[], None] = lambda: None
) -> AsyncIterator[Served]:
    """A hub that serves while the block lasts."""
    class_ = replace(class_of(learners), address=ADDRESS, port=free_port(), ssh_port=free_port())
    ledger = Ledger(folder / "class.db")
    proof = authority.of_class(folder, ADDRESS)
    until, opened = asyncio.Event(), asyncio.Event()
    whole = Hub(class_, load(), ledger, proof, echo, watch_exams)
    hub = asyncio.create_task(whole.serve(until=until, opened=opened.set))
    opening = asyncio.create_task(opened.wait())
    try:
        await asyncio.wait((hub, opening), return_when=asyncio.FIRST_COMPLETED)
        yield Served(class_, ledger, proof)
    finally:
        until.set()
        opening.cancel()
        await hub
