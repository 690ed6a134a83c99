"""Coming in through a door as a learner does, without a person: for the rehearsal before a class, and for tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import aiohttp
import asyncssh

from lab.errors import LabError
from lab.terminal.screen import Screen
from lab.workshop.authority import Authority
from lab.workshop.slips import Slip

COLUMNS, ROWS = 140, 40
LAST = 12
"""How many lines of a screen are told where what was waited for is not on it."""


class Window:
    """A terminal at a door: what the app draws is on its screen, what is typed goes to the app.

    Args:
        read: what was drawn next; empty once the door is closed.
        send: types.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[bytes]],
        send: Callable[[str], Awaitable[None]],
        columns: int = COLUMNS,
        rows: int = ROWS,
    ) -> None:
        self._screen = Screen(columns, rows)
        self._send = send
        self._read = read
        self._drawn = asyncio.Event()
        self.is_closed = False

    @property
    def text(self) -> str:
        """What is on the screen."""
        lines = ("".join(run.text for run in self._screen.line(row)).rstrip() for row in range(self._screen.rows))
        return "\n".join(line for line in lines if line)

    @property
    def last(self) -> Sequence[str]:
        """The last lines of it, for who has waited in vain."""
        return self.text.splitlines()[-LAST:]

    async def type(self, keys: str) -> None:
        """Press these keys."""
        await self._send(keys)

    async def see(self, words: str, seconds: float) -> None:
        """Wait until these words are on the screen.

        Raises:
            LabError: they are not, after so many seconds (`class.unseen`).
        """
        try:
            async with asyncio.timeout(seconds):
                while words not in self.text and not self.is_closed:
                    self._drawn.clear()
                    await self._drawn.wait()
        except TimeoutError:
            pass
        if words not in self.text:
            raise LabError("class.unseen", "\n".join(self.last), words=words, seconds=f"{seconds:.0f}")

    async def follow(self) -> None:
        """Draw what comes, until the door closes."""
        while drawn := await self._read():
            self._screen.feed(drawn)
            self._drawn.set()
        self.is_closed = True
        self._drawn.set()


@asynccontextmanager
async def by_browser(slip: Slip, proof: Authority) -> AsyncIterator[Window]:
    """Come in as the page of the browser's door does it, with the certificate that is on the slip.

    Raises:
        LabError: the door does not open (`class.shut`).
    """
    origin = slip.class_.origin
    trust = ssl.create_default_context(cafile=str(proof.certificate))
    trust.hostname_checks_common_name = False
    headers = {"Origin": origin}
    query = f"/socket?width={COLUMNS}&height={ROWS}"
    connector = aiohttp.TCPConnector(ssl=trust)
    async with contextlib.AsyncExitStack() as stack:
        try:
            browser = await stack.enter_async_context(aiohttp.ClientSession(origin, connector=connector))
            await _require_page(await browser.get(f"/s/{slip.token}"))
            await _require_page(await browser.post(f"/s/{slip.token}", headers=headers))
            socket = await stack.enter_async_context(browser.ws_connect(query, origin=origin))
        except aiohttp.ClientError as error:
            raise LabError("class.shut", str(error), door=origin) from error

        async def read() -> bytes:
            message = await socket.receive()
            return message.data if message.type is aiohttp.WSMsgType.BINARY else b""

        async def send(keys: str) -> None:
            await socket.send_str(json.dumps(["stdin", keys]))

        yield await stack.enter_async_context(followed(Window(read, send)))


@asynccontextmanager
async def by_ssh(slip: Slip, proof: Authority, key: asyncssh.SSHKey | None = None) -> AsyncIterator[Window]:
    """Come in by ssh, to the host key that is on the slip.

    Args:
        key: the learner's; None: one that is made for that.

    Raises:
        LabError: the door does not open (`class.shut`).
    """
    own = key or asyncssh.generate_private_key("ssh-ed25519")
    host_key = asyncssh.read_private_key(proof.ssh_key).convert_to_public()

    class Client(asyncssh.SSHClient):
        def kbdint_auth_requested(self) -> str:
            return ""

        def kbdint_challenge_received(
            self,
            name: str,  # noqa: ARG002 - asyncssh's
            instructions: str,  # noqa: ARG002
            lang: str,  # noqa: ARG002
            prompts: Sequence[tuple[str, bool]],
        ) -> list[str]:
            return [slip.token for _ in prompts]

    async with contextlib.AsyncExitStack() as stack:
        try:
            connection = await stack.enter_async_context(
                asyncssh.connect(
                    slip.class_.address,
                    slip.class_.ssh_port,
                    username=slip.learner.seat,
                    client_keys=[own],
                    client_factory=Client,
                    known_hosts=([host_key], [], []),
                    agent_path=None,
                    config=None,
                )
            )
            process = await stack.enter_async_context(
                connection.create_process(term_type="xterm-256color", term_size=(COLUMNS, ROWS), encoding=None)
            )
        except (OSError, asyncssh.Error) as error:
            raise LabError("class.shut", str(error), door=slip.command) from error

        async def read() -> bytes:
            return bytes(await process.stdout.read(65536))

        async def send(keys: str) -> None:
            process.stdin.write(keys.encode())

        yield await stack.enter_async_context(followed(Window(read, send)))


@asynccontextmanager
async def followed(window: Window) -> AsyncIterator[Window]:
    """A window that is followed while the block lasts."""
    following = asyncio.create_task(window.follow())
    try:
        yield window
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _require_page(answer: aiohttp.ClientResponse) -> None:
    """See that a page came.

    Raises:
        aiohttp.ClientError: another answer did.
    """
    answer.raise_for_status()
    await answer.read()
