"""The browsers' door of a hub on loopback: who is let in, and everything that is refused."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import WSCloseCode, WSMsgType

from lab.workshop.browser_door import COOKIE, MOST_MESSAGE
from lab.workshop.events import Kind
from lab.workshop.tokens import TRIES
from tests.unit.support.hubs import BOUND, Served, serving

pytestmark = pytest.mark.usefixtures("english")

Browser = aiohttp.ClientSession


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as hub:
        yield hub


@pytest_asyncio.fixture
async def browser(served: Served) -> AsyncIterator[Browser]:
    async with served.browser() as one:
        yield one


async def status(browser: Browser, method: str, path: str, **options: object) -> int:
    async with browser.request(method, path, allow_redirects=False, **options) as answer:  # type: ignore[arg-type]
        return answer.status


async def connect(served: Served, browser: Browser, query: str = "") -> aiohttp.ClientWebSocketResponse:
    return await browser.ws_connect(f"/socket{query}", origin=served.origin)


async def shown(socket: aiohttp.ClientWebSocketResponse, words: bytes) -> bytes:
    """What the terminal has shown once these words are among it."""
    drawn = b""
    async with asyncio.timeout(BOUND):
        while words not in drawn:
            drawn += await socket.receive_bytes()
    return drawn


async def test_a_slip_leads_to_a_terminal_of_its_own_seat(served: Served, browser: Browser) -> None:
    token = served.token(2)
    async with browser.get(f"/s/{token}") as page:
        assert (page.status, "Seat m-02" in await page.text()) == (200, True)
    assert await status(browser, "POST", f"/s/{token}", headers={"Origin": served.origin}) == 303
    async with browser.get("/") as page:
        assert f'data-session-websocket-url="wss://{served.origin[8:]}/socket"' in await page.text()
    async with await connect(served, browser, "?width=100&height=40") as socket:
        assert await shown(socket, b"\r\n") == b"seat of 2 100x40 False\r\n"
        await socket.send_str('["stdin", "ls"]')
        assert await shown(socket, b">") == b"<ls>"
        await socket.send_str('["resize", {"width": 90, "height": 30}]')
        await socket.send_str('["stdin", "size"]')
        assert b"<90x30>" in await shown(socket, b">")


async def test_who_follows_the_link_without_pressing_the_button_uses_nothing(served: Served, browser: Browser) -> None:
    token = served.token()
    assert [await status(browser, "GET", f"/s/{token}") for _ in range(3)] == [200, 200, 200]
    assert await status(browser, "POST", f"/s/{token}", headers={"Origin": served.origin}) == 303


async def test_the_key_is_for_this_host_alone_and_no_script_reads_it(served: Served, browser: Browser) -> None:
    headers = {"Origin": served.origin}
    async with browser.post(f"/s/{served.token()}", headers=headers, allow_redirects=False) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=Strict", "Secure"}


async def test_without_a_token_there_is_no_app(served: Served, browser: Browser) -> None:
    assert await status(browser, "GET", "/") == 401
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(served, browser)
    assert refused.value.status == 401


@pytest.mark.parametrize("token", ["aaaa", "a" * 26, "%2e%2e%2f", "x" * 5000])
async def test_a_wrong_token_is_refused(served: Served, browser: Browser, token: str) -> None:
    served.token()
    assert await status(browser, "GET", f"/s/{token}") == 403
    assert await status(browser, "POST", f"/s/{token}", headers={"Origin": served.origin}) == 403


async def test_a_token_that_was_used_is_refused(served: Served, browser: Browser) -> None:
    token = served.token()
    headers = {"Origin": served.origin}
    assert await status(browser, "POST", f"/s/{token}", headers=headers) == 303
    async with served.browser() as another:
        assert await status(another, "GET", f"/s/{token}") == 403
        assert await status(another, "POST", f"/s/{token}", headers=headers) == 403
        assert await status(another, "GET", "/") == 401


async def test_a_key_of_another_seat_leads_there_and_never_here(served: Served, browser: Browser) -> None:
    await served.enter(browser, 1)
    async with served.browser() as other:
        key = await served.enter(other, 2)
    async with served.browser() as mixed:
        headers = {"Cookie": f"{COOKIE}={key}"}
        async with mixed.get("/?seat=m-01", headers=headers) as page:
            assert "m-02" in await page.text()


async def test_an_invented_key_is_refused(browser: Browser) -> None:
    assert await status(browser, "GET", "/", headers={"Cookie": f"{COOKIE}={'a' * 43}"}) == 401


async def test_a_new_slip_lets_out_who_came_in_by_the_old_one(served: Served, browser: Browser) -> None:
    await served.enter(browser)
    async with await connect(served, browser) as socket:
        await shown(socket, b"seat of 1")
        served.token()
        async with asyncio.timeout(BOUND):
            assert (await socket.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
    assert await status(browser, "GET", "/") == 401


async def test_at_the_end_of_the_class_everybody_is_let_out(served: Served, browser: Browser) -> None:
    await served.enter(browser)
    async with await connect(served, browser) as socket:
        await shown(socket, b"seat of 1")
        served.ledger.add(Kind.ENDED)
        assert await closed(socket) is not None
    assert await status(browser, "GET", "/") == 401
    assert await status(browser, "GET", f"/s/{served.token(2)}") == 403


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1:443", "localhost:1"])
async def test_a_foreign_host_is_refused(served: Served, browser: Browser, host: str) -> None:
    await served.enter(browser)
    for path in ("/", f"/s/{served.token()}", "/page/page.css", "/socket"):
        assert await status(browser, "GET", path, headers={"Host": host}) == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost", "https://localhost", None])
async def test_a_foreign_origin_is_refused(served: Served, browser: Browser, origin: str | None) -> None:
    await served.enter(browser)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await browser.ws_connect("/socket", origin=origin)
    assert refused.value.status == 403
    headers = {"Origin": origin} if origin else {}
    assert await status(browser, "POST", f"/s/{served.token()}", headers=headers) == 403


async def test_of_twenty_wrong_tries_the_last_ten_are_not_even_looked_at(served: Served, browser: Browser) -> None:
    token = served.token()
    tried = [await status(browser, "GET", f"/s/wrong{number}") for number in range(20)]
    assert tried == [403] * TRIES + [429] * (20 - TRIES)
    assert await status(browser, "GET", f"/s/{token}") == 429


async def test_who_is_in_stays_in_while_others_try_tokens(served: Served, browser: Browser) -> None:
    await served.enter(browser)
    for number in range(TRIES):
        await status(browser, "GET", f"/s/wrong{number}")
    assert await status(browser, "GET", "/") == 200


@pytest.mark.parametrize(
    "path",
    [
        "/page/",
        "/page/app.html",
        "/page/..%2fhub.py",
        "/page/%2e%2e/hub.py",
        "/page/../../hub.key",
        "/static/js/textual.js",
        "/hub.key",
        "/class.db",
        "/s/",
        "/download/x",
    ],
)
async def test_a_path_outside_of_the_pages_own_files_is_refused(served: Served, browser: Browser, path: str) -> None:
    await served.enter(browser)
    from yarl import URL

    async with browser.get(URL(served.origin + path, encoded=True)) as answer:
        assert answer.status == 404
        assert await answer.text() in ("", "404: Not Found")


async def test_another_method_is_refused(served: Served, browser: Browser) -> None:
    await served.enter(browser)
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        assert await status(browser, method, "/", headers={"Origin": served.origin}) in (403, 405)


@pytest.mark.parametrize("message", ["x" * (MOST_MESSAGE + 1), '["stdin", "' + "x" * MOST_MESSAGE + '"]'])
async def test_an_oversized_message_ends_the_connection(served: Served, browser: Browser, message: str) -> None:
    await served.enter(browser)
    async with await connect(served, browser) as socket:
        await shown(socket, b"seat of 1")
        await socket.send_str(message)
        # What the hub has not read resets the connection, and its last word may be lost by that.
        assert await closed(socket) in (WSCloseCode.MESSAGE_TOO_BIG, WSCloseCode.ABNORMAL_CLOSURE)


@pytest.mark.parametrize(
    "message", ["no json", "[]", "{}", '["stdin"]', '["stdin", 7]', '["resize", {"width": "x"}]', '["open_url", "x"]']
)
async def test_a_message_that_no_page_sends_ends_the_connection(served: Served, browser: Browser, message: str) -> None:
    await served.enter(browser)
    async with await connect(served, browser) as socket:
        await shown(socket, b"seat of 1")
        await socket.send_str(message)
        assert await closed(socket) == WSCloseCode.POLICY_VIOLATION


async def closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """The code with which the hub has closed a connection."""
    async with asyncio.timeout(BOUND):
        while not socket.closed:
            await socket.receive()
    return socket.close_code


async def test_an_oversized_form_is_refused(served: Served, browser: Browser) -> None:
    token = served.token()
    await status(browser, "POST", f"/s/{token}", headers={"Origin": served.origin}, data=b"x" * 100_000)
    assert await status(browser, "GET", "/") in (200, 401)


async def test_the_pages_load_nothing_from_anywhere_else(served: Served, browser: Browser) -> None:
    token = served.token()
    pages: list[str] = []
    policies: list[str] = []
    for path in (f"/s/{token}", "/s/wrong", "/"):
        async with browser.get(path) as page:
            pages.append(await page.text())
            policies.append(page.headers["Content-Security-Policy"])
    await served.enter(browser)
    async with browser.get("/") as page:
        pages.append(await page.text())
        policies.append(page.headers["Content-Security-Policy"])
    loaded = re.findall(r"""(?:src|href|action)=["']([^"']+)""", "".join(pages))
    assert loaded
    assert [one for one in loaded if not one.startswith("/")] == []
    for policy in policies:
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert set(re.findall(r"\w+://\S+", policy)) == {f"wss://{served.origin[8:]};"}
    async with browser.get("/page/page.css") as style:
        assert "url(" not in await style.text()


async def test_every_answer_has_the_headers_that_keep_a_browser_safe(served: Served, browser: Browser) -> None:
    for path in ("/", "/s/wrong", "/nowhere", "/page/page.js"):
        async with browser.get(path) as answer:
            headers = answer.headers
        assert (headers["Referrer-Policy"], headers["X-Content-Type-Options"]) == ("same-origin", "nosniff")
        assert headers["Cache-Control"] == "no-store"


async def test_a_second_window_takes_the_place_of_the_first(served: Served, browser: Browser) -> None:
    await served.enter(browser)
    async with await connect(served, browser) as first, await connect(served, browser) as second:
        await shown(second, b"seat of 1")
        assert await closed(first) is not None
        assert not second.closed


async def test_an_app_that_ends_closes_the_terminal(served: Served, browser: Browser) -> None:
    await served.enter(browser)
    async with await connect(served, browser) as socket:
        await shown(socket, b"seat of 1")
        await socket.send_str(json.dumps(["stdin", "q"]))
        assert await closed(socket) == WSCloseCode.OK


async def test_who_comes_and_goes_is_written_down(served: Served, browser: Browser) -> None:
    await served.enter(browser)
    async with await connect(served, browser) as socket:
        await shown(socket, b"seat of 1")
        await socket.send_str('["stdin", "q"]')
        await closed(socket)
    came = [(event.kind, event.detail.get("door")) for event in served.ledger.events()][-2:]
    assert came == [(Kind.CAME, "browser"), (Kind.LEFT, None)]


async def test_the_apps_do_not_have_the_hubs_variables(
    served: Served, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of the instructor")
    await served.enter(browser)
    async with await connect(served, browser) as socket:
        assert b"False" in await shown(socket, b"\r\n")


async def test_who_is_moved_has_their_app_begin_anew_in_the_same_window(served: Served, browser: Browser) -> None:
    await served.enter(browser)
    async with await connect(served, browser, "?width=100&height=40") as socket:
        await shown(socket, b"seat of 1")
        await socket.send_str('["resize", {"width": 90, "height": 30}]')
        served.ledger.add(Kind.MOVED, seat="m-03", learner=1, seconds=40, kept=False)
        await shown(socket, b"seat of 1 90x30")
        await socket.send_str('["stdin", "ls"]')
        await shown(socket, b"<ls>")
        await socket.send_str('["stdin", "q"]')
        assert await closed(socket) == WSCloseCode.OK
    assert [event.kind for event in served.ledger.events()][-4:] == [Kind.CAME, Kind.MOVED, Kind.CAME, Kind.LEFT]
