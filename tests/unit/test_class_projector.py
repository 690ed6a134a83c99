"""The board as a page for a projector: what is on it, for whom, and how it brings itself up to date."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from lab.catalog.load import load
from lab.exam.events import Moment
from lab.workshop.class_file import Class
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger
from lab.workshop.projector import OLD_SECONDS, ROWS, Projector
from lab.workshop.tokens import TRIES, issue_board
from tests.unit.support.classes import EXERCISE, class_of, moment
from tests.unit.support.hubs import Served, serving

pytestmark = pytest.mark.usefixtures("english")
CATALOG = load()


class Wall:
    """A projector, and a clock that goes forward when told."""

    def __init__(self, class_: Class) -> None:
        self.seconds = 0.0
        self.ledger = Ledger(watch=self.watch)
        self.projector = Projector(class_, CATALOG, self.ledger, self.watch)

    def watch(self) -> Moment:
        return moment(self.seconds)

    @property
    def text(self) -> str:
        """What one reads."""
        self.seconds += OLD_SECONDS
        return " ".join(re.sub("<[^>]+>", " ", self.projector.board()).split())


def named() -> Class:
    ada, bob = class_of(2).learners
    learners = (replace(ada, name="Ada Lovelace"), replace(bob, name="Bob"))
    return replace(class_of(2), learners=learners, title="Monday <b>")


@pytest.fixture
def wall() -> Wall:
    return Wall(named())


def fails(wall: Wall, learner: int, mistake: str = "") -> None:
    criteria = {criterion.id: ["fail", 0, criterion.points] for criterion in CATALOG.exercise(EXERCISE).criteria}
    wall.ledger.add(Kind.GRADED, learner=learner, exercise=EXERCISE, criteria=criteria, mistake=mistake)


def test_it_has_seats_marks_who_is_stuck_and_mistakes_and_no_names(wall: Wall) -> None:
    wall.ledger.add(Kind.CAME, learner=1, door="browser")
    wall.ledger.add(Kind.HAND, learner=1, up=True)
    fails(wall, 2, "enforce-instead-of-warn")
    text = wall.text
    for words in ("2 learners, 1 here, 1 in need of help", "m-01", "m-02", "✗", "m-01: hand raised", "1 of 2 (1 now)"):
        assert words in text
    assert "Ada" not in text
    assert "Bob" not in text


def test_what_it_is_called_is_text_and_no_markup(wall: Wall) -> None:
    assert "Monday &lt;b&gt;" in wall.projector.page()
    assert "Monday <b>" not in wall.projector.page()


def test_many_who_ask_at_once_get_the_same_board(wall: Wall) -> None:
    wall.seconds = 10
    before = wall.projector.board()
    wall.ledger.add(Kind.HAND, learner=1, up=True)
    assert wall.projector.board() is before
    wall.seconds += OLD_SECONDS
    assert "hand raised" in wall.projector.board()


def test_a_large_class_stands_beside_one_another() -> None:
    wall = Wall(class_of(ROWS + 1))
    assert wall.projector.board().count("<table>") == 2


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as hub:
        yield hub


@pytest_asyncio.fixture
async def browser(served: Served) -> AsyncIterator[aiohttp.ClientSession]:
    async with served.browser() as one:
        yield one


async def status(browser: aiohttp.ClientSession, path: str) -> int:
    async with browser.get(path) as answer:
        return answer.status


async def test_a_link_shows_it_and_no_key_of_a_learner_does(served: Served, browser: aiohttp.ClientSession) -> None:
    token = issue_board(served.ledger)
    await served.enter(browser)
    assert await status(browser, f"/board/{token}") == 200
    assert await status(browser, f"/board/{token}/now") == 200
    for path in ("/board", "/board/", "/board/x", "/board/x/now", f"/board/{served.token(2)}", f"/board/{token}/x"):
        assert await status(browser, path) in (403, 404)


async def test_before_there_is_a_link_nothing_shows_it(browser: aiohttp.ClientSession) -> None:
    assert await status(browser, "/board/x") == 403


async def test_a_new_link_takes_the_place_of_the_one_before(served: Served, browser: aiohttp.ClientSession) -> None:
    first, second = issue_board(served.ledger), issue_board(served.ledger)
    assert (await status(browser, f"/board/{first}"), await status(browser, f"/board/{second}")) == (403, 200)


async def test_nobody_finds_the_link_by_trying(served: Served, browser: aiohttp.ClientSession) -> None:
    tried = [await status(browser, f"/board/wrong{number}/now") for number in range(TRIES + 1)]
    assert tried == [403] * TRIES + [429]


async def test_it_is_shown_once_the_class_is_over(served: Served, browser: aiohttp.ClientSession) -> None:
    token = issue_board(served.ledger)
    served.ledger.add(Kind.ENDED)
    assert await status(browser, f"/board/{token}/now") == 200


async def test_it_loads_nothing_from_anywhere_else(served: Served, browser: aiohttp.ClientSession) -> None:
    async with browser.get(f"/board/{issue_board(served.ledger)}") as page:
        text, policy = await page.text(), page.headers["Content-Security-Policy"]
    loaded = re.findall(r"""(?:src|href|action)=["']([^"']+)""", text)
    assert sorted(loaded) == ["/page/board.css", "/page/board.js", "/page/page.css"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    for name in loaded:
        async with browser.get(name) as file:
            assert file.status == 200
            assert "url(" not in await file.text()


def test_where_an_exam_stands_is_beside_the_row() -> None:
    wall = Wall(class_of(2))
    wall.ledger.add(Kind.EXAM_BEGAN, learner=1, exam="drill@7", seconds=600.0, tasks=[EXERCISE])
    assert "drill@7: 10m00s left" in wall.text
    assert f"drill@7/{EXERCISE}" in wall.text
