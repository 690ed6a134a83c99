"""The board of a class in the instructor's app."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from lab.catalog.load import load
from lab.errors import LabError
from lab.ui.board_app import BoardApp
from lab.ui.screens import board
from lab.workshop.board import Board, board_of
from lab.workshop.events import Event, Kind
from tests.ui.test_shell import until
from tests.unit.support.classes import class_of, event, moment

CATALOG = load()
CLASS = class_of(2)


class Room:
    """What happens in the class, and the app that shows it."""

    def __init__(self) -> None:
        self.reads = 0
        self.events: list[Event] = []
        self.trouble: LabError | None = None
        self.app = BoardApp(CLASS, CATALOG, self.read)

    def read(self) -> Board:
        self.reads += 1
        if self.trouble is not None:
            raise self.trouble
        return board_of(CLASS, self.events, moment(60))


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setattr(board, "EVERY", 0.05)
    return Room()


async def shown(room: Room, pilot: Pilot[None], words: str) -> str:
    """What stands on the board once it has these words."""
    text = ""
    while words not in text:
        await pilot.pause(0.02)
        text = str(room.app.screen.query_one(Static).content)
    return text


async def test_the_board_follows_what_happens(room: Room) -> None:
    async with room.app.run_test(size=(100, 30)) as pilot:
        await shown(room, pilot, "2 learners, 0 here")
        room.events.append(event(Kind.CAME, learner=2, door="browser"))
        await shown(room, pilot, "2 learners, 1 here")
        room.events.append(event(Kind.HAND, 30, learner=1, up=True))
        assert "m-01 1: hand raised 30s ago" in await shown(room, pilot, "Who needs help")


async def test_a_ledger_that_cannot_be_read_for_a_while_ends_nothing(room: Room) -> None:
    room.trouble = LabError("history.busy", file="class.db", seconds=10)
    async with room.app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: room.reads > 2)
        room.trouble = None
        await shown(room, pilot, "2 learners")


async def test_names_are_hidden_where_others_see_the_screen(room: Room) -> None:
    async with room.app.run_test(size=(100, 30)) as pilot:
        await shown(room, pilot, "m-01 1")
        await pilot.press("n")
        assert "m-01 1" not in await shown(room, pilot, "m-01 ")
        await pilot.press("n")
        await shown(room, pilot, "m-01 1")


async def test_it_speaks_both_languages(room: Room) -> None:
    async with room.app.run_test(size=(100, 30)) as pilot:
        await shown(room, pilot, "2 learners")
        await pilot.press("l")
        await shown(room, pilot, "2 名学员")


@pytest.mark.parametrize("size", [(1, 1), (60, 15), (200, 60)])
async def test_it_fits_into_every_window(room: Room, size: tuple[int, int]) -> None:
    async with room.app.run_test(size=size) as pilot:
        await shown(room, pilot, "2 learners")
        await pilot.press("q")
    assert room.app.return_code == 0
