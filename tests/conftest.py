"""How many tests run at a time, and what the processes that run them do not do again and again."""

from __future__ import annotations

import gc
import os
from functools import cache
from pathlib import Path

import pytest

from lab import paths
from lab.catalog import folders
from lab.catalog.model import Catalog

FEW = 8
GARBAGE = 50_000
"""So many objects more than were freed are made before Python looks for cycles among them: an app makes as many."""


def pytest_xdist_auto_num_workers() -> int:
    """On a small machine three for two processors: a Pilot test waits a third of its time until the app is idle.

    Each more costs what it takes to import all tests.
    """
    processors = os.cpu_count() or 1
    return max(processors, min(3 * processors // 2, FEW))


def pytest_configure() -> None:
    """Have the lab's own exercises read once in each process, not by each of the hundred tests that need them."""
    read, own = folders.read_all, paths.data("exercises")

    @cache
    def read_own(drafts: bool) -> Catalog:
        return read(own, drafts=drafts)

    def read_all(root: Path, *, drafts: bool) -> Catalog:
        return read_own(drafts) if root == own else read(root, drafts=drafts)

    folders.read_all = read_all


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look for garbage among what tests make, not among all modules and tests: that was a quarter of an app's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 20)
