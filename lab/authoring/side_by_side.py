"""Several pieces of work at a time, each in a thread of its own, and their results as one stream."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Ended:
    """A piece of work has ended."""

    error: BaseException | None


def side_by_side(works: Sequence[Iterator[T]], stop: threading.Event) -> Iterator[T]:
    """The results of all works, as they come.

    Where one fails, or whoever takes the results goes away, `stop` is set for the others to see, and all of them are
    waited for.

    Raises:
        BaseException: the first that a work raised.
    """
    results: queue.Queue[T | _Ended] = queue.Queue()
    threads = [threading.Thread(target=_run, args=(work, results)) for work in works]
    first: BaseException | None = None
    try:
        for thread in threads:
            thread.start()
        running = len(threads)
        while running:
            result = results.get()
            if not isinstance(result, _Ended):
                yield result
                continue
            running -= 1
            if result.error is not None:
                first = first or result.error
                stop.set()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if first is not None:
        raise first


def _run(work: Iterator[T], results: queue.Queue[T | _Ended]) -> None:
    try:
        for result in work:
            results.put(result)
    except BaseException as error:
        results.put(_Ended(error))
    else:
        results.put(_Ended(None))
