"""Coming in without a person, to a hub whose apps repeat what is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.workshop import authority
from lab.workshop.rehearsal import Door
from lab.workshop.slips import Slip
from lab.workshop.visit import COLUMNS, ROWS, by_browser, by_ssh
from tests.unit.support.hubs import BOUND, Served, serving

pytestmark = pytest.mark.usefixtures("english")
DOORS = pytest.mark.parametrize("door", [by_browser, by_ssh])


def slip(served: Served, token: str = "") -> Slip:
    return Slip(served.class_, served.class_.learners[0], token or served.token(1))


@DOORS
async def test_what_is_typed_comes_back_on_the_screen(door: Door, tmp_path: Path) -> None:
    async with serving(tmp_path) as served, door(slip(served), served.proof) as window:
        await window.see(f"seat of 1 {COLUMNS}x{ROWS}", BOUND)
        await window.type("hello")
        await window.see("<hello>", BOUND)


@DOORS
async def test_what_does_not_come_is_told_with_what_was_there(door: Door, tmp_path: Path) -> None:
    async with serving(tmp_path) as served, door(slip(served), served.proof) as window:
        await window.see("seat of 1", BOUND)
        with pytest.raises(LabError) as caught:
            await window.see("never", 0.1)
    assert (caught.value.key, caught.value.params["words"]) == ("class.unseen", "never")
    assert "seat of 1" in caught.value.came_back


@DOORS
async def test_a_door_that_closes_is_not_waited_for(door: Door, tmp_path: Path) -> None:
    async with serving(tmp_path) as served, door(slip(served), served.proof) as window:
        await window.see("seat of 1", BOUND)
        await window.type("q")
        with pytest.raises(LabError):
            await window.see("never", 10 * BOUND)
        assert window.is_closed


@DOORS
async def test_a_token_that_lets_nobody_in_is_told(door: Door, tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        with pytest.raises(LabError) as caught:
            async with door(slip(served, "wrong"), served.proof):
                pass
    assert caught.value.key == "class.shut"


@DOORS
async def test_another_hub_than_that_of_the_slip_is_not_trusted(door: Door, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    async with serving(tmp_path) as served:
        with pytest.raises(LabError) as caught:
            async with door(slip(served), authority.of_class(other, served.class_.address)):
                pass
    assert caught.value.key == "class.shut"
