"""A machine closes itself to its learner."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.cluster.machines import access
from lab.errors import LabError
from tests.unit.support.engines import HandMadeNode, done

SCRIPT = Path(access.__file__).with_suffix(".sh")


def test_the_script_is_laid_on_the_machine_before_it_is_called() -> None:
    node = HandMadeNode()
    access.close(node)
    assert node.files == {"/run/ckslab/access": SCRIPT.read_bytes()}
    assert node.ran == ["bash /run/ckslab/access close"]


def test_seconds_are_whole_and_never_too_few() -> None:
    node = HandMadeNode()
    access.close_after(node, 59.2)
    assert node.ran == ["bash /run/ckslab/access close-after 60"]


def test_the_state_is_what_the_machine_says() -> None:
    assert access.state(HandMadeNode(answers={"state": done(stdout="closes 12\n")})) == "closes 12"


@pytest.mark.parametrize(("code", "key"), [(65, "access.no_learner"), (1, "engine.refused")])
def test_a_machine_that_cannot_be_closed_says_why(code: int, key: str) -> None:
    node = HandMadeNode(answers={"close-after": done(code=code, stderr="no")})
    with pytest.raises(LabError) as caught:
        access.close_after(node, 60)
    assert caught.value.key == key


def test_the_script_can_be_read_by_its_shell() -> None:
    subprocess.run(["bash", "-n", SCRIPT], check=True)
