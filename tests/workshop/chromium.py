"""A headless Chromium (Debian's) at a page of the hub, driven by its DevTools protocol.

What the page's terminal draws is read from the web socket's messages as Chromium got them, for a terminal in a page is
a picture. What is typed are key events of the page.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from lab.workshop.visit import COLUMNS, ROWS, Window, followed

PROGRAM = "chromium"
BOUND = 180.0
"""Seconds for what takes a moment where nothing else runs."""
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--no-first-run"),
    *("--ignore-certificate-errors", "--window-size=1400,900", "--remote-debugging-port=0"),
)
_KEYS = {"\r": ("Enter", 13)} | {
    sequence: (f"F{number}", 111 + number)
    for number, sequence in {5: "\x1b[15~", 6: "\x1b[17~", 9: "\x1b[20~", 10: "\x1b[21~"}.items()
}


def require() -> None:
    """Fail where there is no Chromium, and say how to get it."""
    if shutil.which(PROGRAM) is None:
        pytest.fail(f"This test needs {PROGRAM}: apt-get install --no-install-recommends {PROGRAM}")


class Page:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._drawn: asyncio.Queue[bytes] = asyncio.Queue()
        self.requested: list[str] = []
        """Whatever was asked for, from wherever."""
        self.size: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()
        """The columns and rows of the terminal, once the page has one."""

    async def follow(self) -> None:
        """Take what Chromium says, until it ends."""
        async for message in self._socket:
            self._take(json.loads(message.data))

    def _take(self, said: dict[str, Any]) -> None:
        values = said.get("params", {})
        match said.get("method"):
            case None:
                self._calls.pop(said["id"]).set_result(said)
            case "Network.requestWillBeSent":
                self.requested.append(values["request"]["url"])
            case "Network.webSocketCreated":
                self.requested.append(values["url"])
                asked = parse_qs(urlsplit(values["url"]).query)
                if not self.size.done():
                    size = int(asked.get("width", [COLUMNS])[0]), int(asked.get("height", [ROWS])[0])
                    self.size.set_result(size)
            case "Network.webSocketFrameReceived" if values["response"]["opcode"] == 2:
                self._drawn.put_nowait(base64.b64decode(values["response"]["payloadData"]))

    async def call(self, method: str, **parameters: Any) -> Any:
        """Have Chromium do something."""
        number = next(self._numbers)
        self._calls[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        said = await asyncio.wait_for(self._calls[number], BOUND)
        assert "error" not in said, f"{method}: {said['error']}"
        return said["result"]

    async def evaluate(self, script: str) -> Any:
        """What a piece of JavaScript comes to on the page."""
        return (await self.call("Runtime.evaluate", expression=script, returnByValue=True))["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until it comes to something that is true."""
        async with asyncio.timeout(BOUND):
            while True:
                if await self.evaluate(script):
                    return
                await asyncio.sleep(0.1)

    async def type(self, keys: str) -> None:
        """Press these keys, one after the other; a function key is its terminal's sequence alone."""
        for pressed in [keys] if keys in _KEYS else keys:
            name, code = _KEYS.get(pressed, (pressed, 0))
            text = {} if pressed.startswith("\x1b") else {"text": pressed}
            about = {"key": name, "code": name if code else "", "windowsVirtualKeyCode": code}
            await self.call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
            await self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    async def read(self) -> bytes:
        """What the terminal was told to draw next."""
        return await self._drawn.get()

    @asynccontextmanager
    async def window(self) -> AsyncIterator[Window]:
        """The terminal on the page."""
        columns, rows = await asyncio.wait_for(self.size, BOUND)
        async with followed(Window(self.read, self.type, columns, rows)) as window:
            yield window


@asynccontextmanager
async def browser() -> AsyncIterator[Page]:
    """A browser that nobody has used before, with one tab."""
    async with AsyncExitStack() as stack:
        profile = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        program = await asyncio.create_subprocess_exec(
            PROGRAM, *_FLAGS, f"--user-data-dir={profile}", "about:blank", stderr=asyncio.subprocess.DEVNULL
        )
        try:
            port = await _port(profile / "DevToolsActivePort")
            session = await stack.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{port}"))
            async with session.get("/json/list") as answer:
                (tab,) = [each for each in await answer.json() if each["type"] == "page"]
            socket = await stack.enter_async_context(session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0))
            page = Page(socket)
            following = asyncio.create_task(page.follow())
            for domain in ("Network", "Page", "Runtime"):
                await page.call(f"{domain}.enable")
            yield page
            following.cancel()
        finally:
            program.terminate()
            await program.wait()


async def _port(file: Path) -> int:
    """Chromium chooses it, and writes it down once it listens there."""
    async with asyncio.timeout(BOUND):
        while True:
            lines = await asyncio.to_thread(_lines, file)
            if lines:
                return int(lines[0])
            await asyncio.sleep(0.1)


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
