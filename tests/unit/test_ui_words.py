"""What the app says of an exercise before it is lost or chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.catalog.model import MachineFile, Resource, Scenario
from lab.ui.words import what_goes
from tests.unit.support.exercises import criterion, exercise

pytestmark = pytest.mark.usefixtures("english")


def test_each_thing_that_a_start_removes_is_named() -> None:
    scenario = Scenario(
        namespaces=("payments",),
        files=(MachineFile("kube-worker-1", "/etc/profile", Path("profile")),),
        remove=(Resource("Pod", "web", "default"), Resource("Pod", "inside", "payments")),
    )
    assert what_goes(exercise([criterion("one")], scenario=scenario)) == (
        "This goes: namespace payments with all that is in it, Pod web, /etc/profile on kube-worker-1. "
        "Your files at home stay."
    )


def test_a_baseline_takes_the_work_on_every_exercise() -> None:
    told = what_goes(exercise([criterion("one")], scenario=Scenario(reset="baseline")))
    assert "with the work on every exercise" in told
