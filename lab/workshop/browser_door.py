"""The door for browsers: a page with a terminal, and the web socket behind it.

Everything is refused that is not known: another Host, another Origin, another path, whoever has no key. The page loads
nothing from anywhere else.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from jinja2 import Environment, StrictUndefined

from lab import i18n
from lab.workshop.apps import Apps, LearnersApp
from lab.workshop.class_file import HTTPS, Class, Learner
from lab.workshop.ledger_thread import LedgerThread
from lab.workshop.projector import Projector
from lab.workshop.tokens import Doorkeeper, Refused

COOKIE = "__Host-ckslab"
"""A browser gives such a cookie to the host alone that set it, and only over TLS."""
KEY_BYTES = 32
MOST_MESSAGE = 64 * 1024
"""Bytes of a message from the page: what is pasted comes in one."""
MOST_BODY = 1024
_HEARTBEAT = 20.0

_PAGES = Path(__file__).parent / "pages"
_LANGUAGES = {"en": "en", "zh": "zh-Hans"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self' wss://{host};"
    " img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    # The link on the slip has the token in it. With `no-referrer`, browsers would not even say where the button is.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _served() -> Mapping[str, tuple[bytes, str]]:
    """The files of the pages: name -> content and type. There are no others, whatever is asked for."""
    theirs = files("textual_serve") / "static"
    return {
        "terminal.js": ((theirs / "js" / "textual.js").read_bytes(), "text/javascript"),
        "terminal.css": ((theirs / "css" / "xterm.css").read_bytes(), "text/css"),
        "page.js": ((_PAGES / "page.js").read_bytes(), "text/javascript"),
        "page.css": ((_PAGES / "page.css").read_bytes(), "text/css"),
        "board.js": ((_PAGES / "board.js").read_bytes(), "text/javascript"),
        "board.css": ((_PAGES / "board.css").read_bytes(), "text/css"),
    }


class BrowserDoor:
    """Lets learners in by browser.

    Args:
        keeper: knows who may come in.
        thread: where it is asked.
        apps: what they come in to.
        projector: the board without names, for who has the link to it.
    """

    def __init__(
        self, class_: Class, keeper: Doorkeeper, thread: LedgerThread, apps: Apps, projector: Projector
    ) -> None:
        self._class = class_
        self._keeper = keeper
        self._thread = thread
        self._apps = apps
        self._projector = projector
        self._origin = class_.origin
        self._host = class_.address if class_.port == HTTPS else f"{class_.address}:{class_.port}"
        self._headers = {**_HEADERS, "Content-Security-Policy": _POLICY.format(host=self._host)}
        self._served = _served()
        self._pages = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

    def application(self) -> web.Application:
        """What aiohttp serves."""
        application = web.Application(middlewares=[self._guard], client_max_size=MOST_BODY)
        application.add_routes(
            [
                web.get("/s/{token}", self._show_entry),
                web.post("/s/{token}", self._enter),
                web.get("/", self._show_app),
                web.get("/socket", self._connect),
                web.get("/board/{token}", partial(self._show_board, self._projector.page)),
                web.get("/board/{token}/now", partial(self._show_board, self._projector.board)),
                web.get("/page/{name}", self._file),
            ]
        )
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Only who asks for this host by its name, and, to do something, comes from a page of its own."""
        try:
            if request.headers.getall("Host", []) != [self._host]:
                raise web.HTTPMisdirectedRequest(text="")
            acts = request.method != "GET" or request.path == "/socket"
            if acts and request.headers.getall("Origin", []) != [self._origin]:
                raise web.HTTPForbidden(text="")
            response = await handler(request)
        except web.HTTPException as refused:
            refused.headers.update(self._headers)
            raise
        if not response.prepared:
            response.headers.update(self._headers)
        return response

    # Coming in

    async def _show_entry(self, request: web.Request) -> web.StreamResponse:
        """Who this token is for, and a button. A link is followed by more than people: by chats, and by scanners."""
        try:
            token, address = request.match_info["token"], _address(request)
            learner = await self._thread.do(partial(self._keeper.of_token, token, address))
        except Refused as refused:
            return self._refuse(refused)
        return self._page("entry.html", learner.language, learner=learner, path=request.path)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """Use the token up, and give this browser a key."""
        key = secrets.token_urlsafe(KEY_BYTES)
        try:
            token, address = request.match_info["token"], _address(request)
            await self._thread.do(partial(self._keeper.bind, token, address, "browser", key))
        except Refused as refused:
            return self._refuse(refused)
        response = web.HTTPSeeOther("/")
        response.set_cookie(COOKIE, key, path="/", secure=True, httponly=True, samesite="Strict")
        raise response

    def _refuse(self, refused: Refused) -> web.Response:
        status = 429 if refused.why == "too_many" else 403
        return self._page("refused.html", self._class.language, status=status, refused=refused)

    # The app

    async def _show_app(self, request: web.Request) -> web.StreamResponse:
        learner = await self._learner(request)
        if learner is None:
            return self._page("refused.html", self._class.language, status=401, refused=None)
        address = f"wss://{self._host}/socket"
        return self._page("app.html", learner.language, learner=learner, address=address)

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        """The terminal of the page: what is typed goes to the app, what the app draws comes back."""
        learner = await self._learner(request)
        if learner is None:
            raise web.HTTPUnauthorized(text="")
        size = _number(request, "width", 80), _number(request, "height", 24)
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=MOST_MESSAGE, compress=False)
        await socket.prepare(request)
        may_stay, is_moved, code = partial(self._may_stay, request, learner), True, int(WSCloseCode.OK)
        while is_moved and not socket.closed:
            async with self._apps.open(learner, "browser", *size, may_stay) as app:
                code, size = await _connected(app, socket), app.size
            is_moved = app.is_moved
        await socket.close(code=code)
        return socket

    async def _learner(self, request: web.Request) -> Learner | None:
        """Whose browser this is."""
        key = request.cookies.get(COOKIE, "")
        return await self._thread.do(partial(self._keeper.of_key, "browser", key)) if key else None

    async def _may_stay(self, request: web.Request, learner: Learner) -> bool:
        return await self._learner(request) == learner

    # The board

    async def _show_board(self, write: Callable[[], str], request: web.Request) -> web.StreamResponse:
        """The board without names, or the part of it that changes."""

        def written() -> str:
            self._keeper.require_board(request.match_info["token"], _address(request))
            return write()

        try:
            return web.Response(text=await self._thread.do(written), content_type="text/html")
        except Refused as refused:
            return self._refuse(refused)

    # What is served

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """One of the few files that there are. They are no secret: the page of a refusal needs them too."""
        name = request.match_info["name"]
        if name not in self._served:
            raise web.HTTPNotFound(text="")
        content, kind = self._served[name]
        return web.Response(body=content, content_type=kind, charset="utf-8")

    def _page(self, template: str, language: i18n.Language, *, status: int = 200, **values: Any) -> web.Response:
        """A page; everything that is put into it is escaped."""
        page = self._pages.from_string((_PAGES / template).read_text(encoding="utf-8"))
        text = page.render(
            class_=self._class,
            language=_LANGUAGES[language],
            t=lambda key, **params: i18n.text_in(language, f"workshop.page.{key}", **params),
            words=lambda refused: [
                i18n.text_in(language, f"errors.{refused.key}.{part}") for part in ("tried", "next")
            ],
            **values,
        )
        return web.Response(text=text, status=status, content_type="text/html")


async def _connected(app: LearnersApp, socket: web.WebSocketResponse) -> int:
    """An app and a page show and tell each other everything until one of them ends. Returns the code to close with."""
    tasks = [asyncio.create_task(_show(app, socket)), asyncio.create_task(_listen(app, socket))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return max(task.result() for task in done)
    except ConnectionError:
        return WSCloseCode.GOING_AWAY  # the window was closed while something was on its way there
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _show(app: LearnersApp, socket: web.WebSocketResponse) -> int:
    """Send what an app draws, until it ends. Returns the code to close with."""
    while (drawn := await app.read()) is not None:
        await socket.send_bytes(drawn)
    return WSCloseCode.OK


async def _listen(app: LearnersApp, socket: web.WebSocketResponse) -> int:
    """Do what the page says, until it says something that no page says. Returns the code to close with."""
    async for message in socket:
        if message.type is not WSMsgType.TEXT or not _take(app, message.data):
            return WSCloseCode.POLICY_VIOLATION
    return WSCloseCode.OK


def _take(app: LearnersApp, text: str) -> bool:
    """Do what a message of the page asks for; whether it was one that a page sends."""
    try:
        match json.loads(text):
            case ["stdin", str(typed)]:
                app.type(typed)
            case ["resize", {"width": int(columns), "height": int(rows)}]:
                app.resize(columns, rows)
            case ["ping" | "focus" | "blur", *_]:
                pass
            case _:
                return False
    except ValueError:
        return False
    return True


def _number(request: web.Request, name: str, usual: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else usual


def _address(request: web.Request) -> str:
    """Of whoever is at the other end. What a header says of it anybody can write."""
    return request.remote or ""
