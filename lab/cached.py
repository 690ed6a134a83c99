"""Values that take longer to make from files than to read: cached until one of the files changes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from lab import paths


def cached(files: Sequence[str], name: str, make: Callable[[], Any]) -> Any:
    """The value that `make` makes from these files, which JSON can hold.

    Args:
        name: of the value; it is read again as long as the size and the time of each file are the same.
    """
    stamp = [_stamp(file) for file in files]
    file = paths.cache() / "values" / f"{name}.json"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["stamp"] == stamp:
            return content["value"]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # there is none yet, or none that can be read
    value = make()
    try:
        fresh = paths.private(file.parent) / f"{name}.{os.getpid()}"
        fresh.write_text(json.dumps({"stamp": stamp, "value": value}, ensure_ascii=False), encoding="utf-8")
        fresh.replace(file)
    except OSError:
        pass  # a full or read-only disk only makes it slower
    return value


def _stamp(file: str) -> list[str | int]:
    try:
        facts = os.stat(file)  # noqa: PTH116 - of many files, and a `Path` costs more than this
    except OSError:
        return [file, 0, 0]
    return [file, facts.st_mtime_ns, facts.st_size]
