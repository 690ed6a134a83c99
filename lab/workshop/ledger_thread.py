"""The one thread of the hub that reads and writes the ledger: a disk that is slow holds up no learner's keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class LedgerThread:
    """Does what has to do with the ledger, one thing after another, in the order in which it was asked for.

    So what looks something up and then writes is never disturbed in between.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    async def do(self, work: Callable[[], T]) -> T:
        """Do this, and wait for what comes of it. Once begun it is done to its end, whoever still waits."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """Do what is left, and nothing more."""
        self._thread.shutdown()
