"""How many tests run at a time."""

from __future__ import annotations

import os

FEW = 8


def pytest_xdist_auto_num_workers() -> int:
    """On a small machine two for each processor: a Pilot test waits half of its time until the app is idle."""
    processors = os.cpu_count() or 1
    return max(processors, min(2 * processors, FEW))
