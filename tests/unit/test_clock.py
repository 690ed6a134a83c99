"""Waiting, on machines that are as fast as others and on those that are not."""

from __future__ import annotations

import pytest

from lab.clock import wait_until
from tests.unit.support.clocks import Hands


@pytest.mark.parametrize("pace", [1, 6])
def test_a_bound_is_longer_on_slower_machines(pace: float) -> None:
    clock = Hands().clock
    began = clock.seconds()
    assert not wait_until(lambda: False, clock.slower(pace), bound=10, every=1)
    assert clock.seconds() - began == 10 * pace


def test_on_slow_machines_what_holds_is_seen_as_soon() -> None:
    clock = Hands().clock
    assert wait_until(lambda: clock.seconds() >= 3, clock.slower(6), bound=10, every=1)
    assert clock.seconds() == 3
