"""The app of a learner in a class, who works on somebody else's machine."""

from __future__ import annotations

import pytest

from lab import paths
from lab.cluster.engine import State
from lab.ui.events import LabWorkEnded
from tests.ui.fakes import Stage


@pytest.fixture
def guest(stage: Stage) -> Stage:
    stage.in_class = True
    return stage


@pytest.mark.parametrize("key", ["m", "r", "x"])
async def test_the_machine_and_its_labs_are_the_instructors(guest: Stage, key: str) -> None:
    async with guest.show(at_home=True) as pilot:
        await pilot.press(key)
        await pilot.pause()
        (said,) = guest.app._notifications
        assert said.message.startswith("This machine is your instructor's")
        assert guest.app.screen is guest.home
        assert guest.engine.state is State.READY
        assert guest.app.return_code is None


async def test_what_a_learner_likes_is_not_saved_for_the_instructor(guest: Stage) -> None:
    async with guest.show(at_home=True) as pilot:
        await pilot.press("l")
        guest.app.theme = "textual-light"
        await pilot.pause()
    assert not paths.settings().exists()


async def test_a_learner_may_mend_their_lab(guest: Stage) -> None:
    guest.engine.state = State.UNREACHABLE
    async with guest.show(at_home=True) as pilot:
        await guest.hear(pilot, LabWorkEnded)
