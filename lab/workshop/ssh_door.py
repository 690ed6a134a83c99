"""The door for ssh: `ssh -p PORT SEAT@HOST` leads to the same app as the browser, and to nothing else.

A token is asked for once; it binds the key that the learner's ssh offers. There are no passwords, no commands, no
files, and nothing is forwarded.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial

import asyncssh

from lab import i18n
from lab.workshop.apps import Apps, LearnersApp
from lab.workshop.authority import Authority
from lab.workshop.class_file import Class, Learner
from lab.workshop.ledger_thread import LedgerThread
from lab.workshop.tokens import Doorkeeper, Refused

LOGIN_SECONDS = 60
MOST_TRIES = 3
"""Wrong tokens in one connection, after which it is ended."""
KEEPALIVE_SECONDS = 30
_CHUNK = 4096


class SshDoor:
    """Lets learners in by ssh.

    Args:
        keeper: knows who may come in.
        thread: where it is asked.
        apps: what they come in to.
    """

    def __init__(
        self, class_: Class, authority: Authority, keeper: Doorkeeper, thread: LedgerThread, apps: Apps
    ) -> None:
        self._class = class_
        self._authority = authority
        self._keeper = keeper
        self._thread = thread
        self._apps = apps

    async def listen(self, address: str) -> asyncssh.SSHAcceptor:
        """Begin to let learners in at this address."""
        return await asyncssh.create_server(
            lambda: _Login(self._class, self._keeper, self._thread),
            address,
            self._class.ssh_port,
            server_host_keys=[str(self._authority.ssh_key)],
            process_factory=self._serve,
            encoding=None,
            line_editor=False,
            login_timeout=LOGIN_SECONDS,
            keepalive_interval=KEEPALIVE_SECONDS,
            password_auth=False,
            gss_host=None,
            agent_forwarding=False,
            x11_forwarding=False,
            allow_scp=False,
            sftp_factory=None,
            server_version="CKS_Lab",
        )

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        learner = _learner_of(process)
        if process.command is not None or process.subsystem is not None or process.term_type is None:
            process.stderr.write(f"{i18n.text_in(learner.language, 'workshop.ssh.only_app')}\r\n".encode())
            process.exit(1)
            return
        size = process.term_size[:2]
        may_stay, is_moved = partial(self._may_stay, learner, str(process.get_extra_info("key"))), True
        try:
            while is_moved and not process.is_closing():
                async with self._apps.open(learner, "ssh", *size, may_stay) as app:
                    await _connected(process, app)
                is_moved, size = app.is_moved, app.size
        finally:
            process.exit(0)

    async def _may_stay(self, learner: Learner, key: str) -> bool:
        return await self._thread.do(partial(self._keeper.of_key, "ssh", key)) == learner


class _Login(asyncssh.SSHServer):
    """One connection until it is known whose it is."""

    def __init__(self, class_: Class, keeper: Doorkeeper, thread: LedgerThread) -> None:
        self._seats = {learner.seat: learner for learner in class_.learners}
        self._keeper = keeper
        self._thread = thread
        self._connection: asyncssh.SSHServerConnection | None = None
        self._address = self._seat = self._offered = ""
        self._tries = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._address = str(conn.get_extra_info("peername")[0])

    def begin_auth(self, username: str) -> bool:
        """Whoever comes must show something."""
        self._seat = username
        return True

    def password_auth_supported(self) -> bool:
        return False

    def public_key_auth_supported(self) -> bool:
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 - asyncssh's
        """Whether a key lets in. The first one offered is what a token will bind: that the client has it, ssh sees."""
        fingerprint = key.get_fingerprint()
        self._offered = self._offered or fingerprint
        learner = await self._thread.do(partial(self._keeper.of_key, "ssh", fingerprint))
        return learner is not None and self._let_in(learner, fingerprint)

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(
        self,
        username: str,  # noqa: ARG002 - asyncssh's
        lang: str,  # noqa: ARG002
        submethods: str,  # noqa: ARG002
    ) -> tuple[str, str, str, list[tuple[str, bool]]]:
        """Ask for the token; whoever's ssh has no key is told how to make one first."""
        language = self._language
        says = "" if self._offered else i18n.text_in(language, "workshop.ssh.no_key")
        return "", says, "", [(i18n.text_in(language, "workshop.ssh.token"), False)]

    async def validate_kbdint_response(
        self,
        username: str,  # noqa: ARG002 - asyncssh's
        responses: Sequence[str],
    ) -> bool:
        """Use the token up, for the key that was offered."""
        if self._offered and len(responses) == 1:
            learner = await self._thread.do(partial(self._bind, responses[0]))
            if learner is not None and self._let_in(learner, self._offered):
                return True
        self._tries += 1
        if self._tries == MOST_TRIES and self._connection is not None:
            self._connection.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "")
        return False

    def _bind(self, token: str) -> Learner | None:
        """Use a token up; None: it is not one of this seat's."""
        try:
            learner = self._keeper.of_token(token, self._address)
            if learner.seat != self._seat:
                self._keeper.count_wrong(self._address)
                return None
            return self._keeper.bind(token, self._address, "ssh", self._offered)
        except Refused:
            return None

    def _let_in(self, learner: Learner, key: str) -> bool:
        """Whether it is the learner of the seat that was asked for. The connection remembers who came by which key."""
        if learner.seat != self._seat or self._connection is None:
            return False
        self._connection.set_extra_info(learner=learner, key=key)
        return True

    @property
    def _language(self) -> i18n.Language:
        learner = self._seats.get(self._seat)
        return learner.language if learner else "en"


def _learner_of(process: asyncssh.SSHServerProcess[bytes]) -> Learner:
    learner = process.get_extra_info("learner")
    assert isinstance(learner, Learner)  # noqa: S101 - nobody comes here who was not let in
    return learner


async def _connected(process: asyncssh.SSHServerProcess[bytes], app: LearnersApp) -> None:
    """An app and a window show and tell each other everything until one of them ends."""
    typing = asyncio.create_task(_type(process, app))
    try:
        while (drawn := await app.read()) is not None:
            process.stdout.write(drawn)
            await process.stdout.drain()
    except (ConnectionError, asyncssh.Error):
        pass  # the window was closed
    finally:
        typing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await typing


async def _type(process: asyncssh.SSHServerProcess[bytes], app: LearnersApp) -> None:
    """Pass on what is typed, and each change of the window's size."""
    while True:
        try:
            typed = await process.stdin.read(_CHUNK)
        except asyncssh.TerminalSizeChanged as changed:
            app.resize(changed.width, changed.height)
            continue
        except (asyncssh.BreakReceived, asyncssh.SignalReceived):
            continue
        if not typed:
            app.close()
            return
        app.type(typed.decode("utf-8", "surrogateescape"))
