"""The ssh door of a hub on loopback, by asyncssh's client: who is let in, and everything that is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import pytest_asyncio

from lab.workshop.events import Kind
from lab.workshop.hub import LOOPBACK
from lab.workshop.ssh_door import MOST_TRIES
from lab.workshop.tokens import TRIES, readable
from tests.unit.support.hubs import BOUND, Served, serving

pytestmark = pytest.mark.usefixtures("english")


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as hub:
        yield hub


def key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


class Typing(asyncssh.SSHClient):
    """A learner at the prompt, who types a token."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.told: list[str] = []

    def kbdint_auth_requested(self) -> str | None:
        return None if self.told else ""

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str]:
        self.told += [instructions, *(prompt for prompt, _ in prompts)]
        return [self.token] * len(prompts)


def known_host(served: Served) -> Any:
    """The key whose fingerprint is on the slip."""
    public = asyncssh.read_private_key(served.proof.ssh_key).export_public_key().decode()
    return asyncssh.import_known_hosts(f"[{LOOPBACK}]:{served.class_.ssh_port} {public}")


@asynccontextmanager
async def login(
    served: Served,
    seat: str,
    keys: Sequence[asyncssh.SSHKey] = (),
    token: str = "",
    typing: Typing | None = None,
    **options: Any,
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with asyncssh.connect(
        LOOPBACK,
        served.class_.ssh_port,
        username=seat,
        client_keys=list(keys) or None,
        client_factory=lambda: typing or Typing(token),
        known_hosts=known_host(served),
        agent_path=None,
        config=None,
        login_timeout=BOUND,
        **options,
    ) as connection:
        yield connection


async def refused(
    served: Served, seat: str, keys: Sequence[asyncssh.SSHKey] = (), token: str = "", **options: Any
) -> bool:
    try:
        async with login(served, seat, keys, token, **options):
            return False
    except asyncssh.PermissionDenied:
        return True


async def shown(process: asyncssh.SSHClientProcess[bytes], words: bytes) -> bytes:
    drawn = b""
    async with asyncio.timeout(BOUND):
        while words not in drawn:
            drawn += await process.stdout.read(1024)
    return drawn


def app(connection: asyncssh.SSHClientConnection, **options: Any) -> Any:
    return connection.create_process(term_type="xterm", term_size=(100, 40), encoding=None, **options)


async def test_a_token_lets_in_and_from_then_on_the_key_does(served: Served) -> None:
    mine = key()
    async with login(served, "m-02", [mine], readable(served.token(2))) as connection, app(connection) as process:
        assert await shown(process, b"\r\n") == b"seat of 2 100x40 False\r\n"
    async with login(served, "m-02", [mine]) as connection, app(connection) as process:
        await shown(process, b"seat of 2")
        process.stdin.write(b"ls")
        await shown(process, b"<ls>")
        process.change_terminal_size(90, 30)
        process.stdin.write(b"size")
        await shown(process, b"<90x30>")
        process.stdin.write(b"q")
        async with asyncio.timeout(BOUND):
            assert (await process.wait()).exit_status == 0


async def test_no_token_no_key_no_entry(served: Served) -> None:
    assert await refused(served, "m-01")
    assert await refused(served, "m-01", [key()])
    assert await refused(served, "m-01", [key()], "a" * 26)


async def test_the_token_of_another_seat_is_refused_and_not_used(served: Served) -> None:
    token = served.token(2)
    assert await refused(served, "m-01", [key()], token)
    assert not await refused(served, "m-02", [key()], token)


async def test_the_key_of_another_seat_is_refused(served: Served) -> None:
    mine = key()
    assert not await refused(served, "m-02", [mine], served.token(2))
    assert await refused(served, "m-01", [mine])


async def test_a_token_that_was_used_is_refused(served: Served) -> None:
    token = served.token()
    assert not await refused(served, "m-01", [key()], token)
    assert await refused(served, "m-01", [key()], token)


async def test_a_key_that_is_only_offered_is_not_let_in(served: Served) -> None:
    """The token binds what the client offered first; another key of the same client is not known."""
    first, second = key(), key()
    assert not await refused(served, "m-01", [first, second], served.token())
    assert await refused(served, "m-01", [second])
    assert not await refused(served, "m-01", [first])


async def test_whose_ssh_has_no_key_is_told_so_and_the_token_stays(served: Served) -> None:
    token = served.token()
    typing = Typing(token)
    with pytest.raises(asyncssh.PermissionDenied):
        async with login(served, "m-01", typing=typing):
            pass
    assert "ssh-keygen -t ed25519" in typing.told[0]
    assert not await refused(served, "m-01", [key()], token)


async def test_after_three_wrong_tokens_the_connection_is_ended(served: Served) -> None:
    class Stubborn(Typing):
        def kbdint_auth_requested(self) -> str:
            return ""

    typing = Stubborn("wrong")
    with pytest.raises(asyncssh.DisconnectError):
        async with login(served, "m-01", [key()], typing=typing):
            pass
    assert len(typing.told) == 2 * MOST_TRIES


async def test_a_new_slip_lets_out_who_came_in_by_the_old_one(served: Served) -> None:
    mine = key()
    async with login(served, "m-01", [mine], served.token()) as connection, app(connection) as process:
        await shown(process, b"seat of 1")
        served.token()
        async with asyncio.timeout(BOUND):
            await process.wait()
    assert await refused(served, "m-01", [mine])


async def test_a_password_is_not_even_asked_for(served: Served) -> None:
    token = served.token()
    assert await refused(served, "m-01", [key()], preferred_auth=["password"], password=token)
    assert not [event for event in served.ledger.events() if event.kind is Kind.BOUND]


async def test_of_twenty_wrong_tries_the_last_ten_are_not_even_looked_at(served: Served) -> None:
    token = served.token()
    for _ in range(TRIES):
        assert await refused(served, "m-01", [key()], "wrong")
    assert await refused(served, "m-01", [key()], token)


@pytest.mark.parametrize("forward", ["local", "remote", "socket"])
async def test_nothing_is_forwarded(served: Served, forward: str) -> None:
    async with login(served, "m-01", [key()], served.token()) as connection:
        if forward == "local":
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_connection(LOOPBACK, served.class_.port)
        elif forward == "socket":
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_unix_connection("/run/docker.sock")
        else:
            with pytest.raises(asyncssh.ChannelListenError):
                await connection.forward_remote_port("", 0, LOOPBACK, 22)


@pytest.mark.parametrize("command", ["id", "cat /etc/passwd", "scp -f /etc/passwd"])
async def test_no_command_is_run(served: Served, command: str) -> None:
    async with login(served, "m-01", [key()], served.token()) as connection:
        done = await connection.run(command)
    assert done.exit_status == 1
    assert "This door leads to the app alone" in str(done.stderr)
    assert "root" not in str(done.stdout)


async def test_no_files_are_served(served: Served) -> None:
    async with login(served, "m-01", [key()], served.token()) as connection:
        with pytest.raises(asyncssh.Error):
            await connection.start_sftp_client()


async def test_who_leaves_the_browser_for_ssh_needs_a_token_for_that(served: Served) -> None:
    async with served.browser() as browser:
        await served.enter(browser)
    assert await refused(served, "m-01", [key()])


async def test_who_is_moved_has_their_app_begin_anew_in_the_same_window(served: Served) -> None:
    async with login(served, "m-01", [key()], served.token()) as connection, app(connection) as process:
        await shown(process, b"seat of 1")
        process.change_terminal_size(90, 30)
        process.stdin.write(b"size")
        await shown(process, b"<90x30>")
        served.ledger.add(Kind.MOVED, seat="m-03", learner=1, seconds=40, kept=False)
        await shown(process, b"seat of 1 90x30")
        process.stdin.write(b"ls")
        await shown(process, b"<ls>")
        process.stdin.write(b"q")
        async with asyncio.timeout(BOUND):
            assert (await process.wait()).exit_status == 0
