"""The hub itself: what a slow disk, a kill and a restart do to it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest

from lab.i18n import text
from lab.workshop import authority
from lab.workshop.browser_door import COOKIE
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger
from lab.workshop.ledger_thread import LedgerThread
from lab.workshop.tokens import issue
from tests.unit.support.classes import class_of
from tests.unit.support.hubs import BOUND, free_port, serving

pytestmark = pytest.mark.usefixtures("english")

FILE = """
id: m
title: M
exercises: [psa-warn-baseline]
learners: [Ada, Bob]
port: {port}
ssh_port: {ssh_port}
"""


async def test_what_the_ledger_is_asked_is_done_in_that_order() -> None:
    thread, done = LedgerThread(), list[int]()
    await asyncio.gather(*(thread.do(lambda number=number: done.append(number)) for number in range(50)))  # type: ignore[misc]
    thread.close()
    assert done == list(range(50))


async def test_while_another_program_holds_the_ledger_learners_type_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as served, served.browser() as browser:
        await served.enter(browser)
        token = served.token(2)
        async with browser.ws_connect("/socket", origin=served.origin) as socket, asyncio.timeout(BOUND):
            while b"seat of 1" not in await socket.receive_bytes():
                pass
            with closing(sqlite3.connect(tmp_path / "class.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                headers = {"Origin": served.origin}
                coming = asyncio.create_task(browser.post(f"/s/{token}", headers=headers, allow_redirects=False))
                await socket.send_str('["stdin", "ls"]')
                assert await socket.receive_bytes() == b"<ls>"
                assert not coming.done()
                other.execute("COMMIT")
            assert (await coming).status == 303


async def test_who_was_in_when_a_hub_was_killed_is_not_here_until_they_come_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "class.db")
    ledger.add(Kind.CAME, learner=1, door="browser")
    ledger.add(Kind.CAME, learner=2, door="ssh")
    ledger.add(Kind.LEFT, learner=2)
    async with serving(tmp_path):
        assert [(event.kind, event.learner) for event in ledger.events(3)] == [(Kind.LEFT, 1)]


@asynccontextmanager
async def hub(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`class serve` with its doors open; killed at the end, if it still runs."""
    start = [sys.executable, "-m", "lab.cli", "class", "serve", "--file", str(folder / "class.yaml")]
    process = await asyncio.create_subprocess_exec(*start, env=os.environ, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(BOUND):
            assert text("cli.class.serve.begins", origin="https", ssh_port=1, listen="")[:20].encode() in (
                await process.stdout.readline()
            )
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_what_a_killed_hub_has_said_yes_to_is_so_after_its_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    port = free_port()
    (tmp_path / "class.yaml").write_text(FILE.format(port=port, ssh_port=free_port()))
    place = tmp_path / "ckslab" / "classes" / "m"
    place.mkdir(parents=True)
    ledger = Ledger(place / "class.db")
    token = issue(ledger, class_of(2).learners[0])
    origin = f"https://localhost:{port}"
    trust = ssl.create_default_context(cafile=str(authority.of_class(place, "localhost").certificate))
    connector = aiohttp.TCPConnector(ssl=trust, force_close=True)
    async with aiohttp.ClientSession(origin, connector=connector) as browser:
        async with hub(tmp_path) as process:
            headers = {"Origin": origin}
            async with browser.post(f"/s/{token}", headers=headers, allow_redirects=False) as answer:
                assert (answer.status, COOKIE in answer.cookies) == (303, True)
            process.kill()
            await process.wait()
        async with hub(tmp_path), browser.get("/") as page:
            assert (page.status, "m-01" in await page.text()) == (200, True)
    assert [event.kind for event in ledger.events()] == [Kind.ISSUED, Kind.BOUND]


async def test_a_hub_sees_to_it_that_exams_are_watched(tmp_path: Path) -> None:
    watched = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with serving(tmp_path, watch_exams=lambda: loop.call_soon_threadsafe(watched.set)) as served:
        served.ledger.add(Kind.EXAM_BEGAN, learner=1, exam="drill@7", seconds=600.0, tasks=["one"])
        await asyncio.wait_for(watched.wait(), BOUND)
