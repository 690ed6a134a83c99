"""What was made of files and takes longer to make than to read: kept in the cache until one of the files changes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from lab import paths


def made_of(files: Sequence[str], name: str, make: Callable[[], Any]) -> Any:
    """The value that `make` makes of these files, which JSON can hold.

    Args:
        name: of the value; it is read again as long as the size and the time of each file are the same.
    """
    stamp = [_stamp(file) for file in files]
    kept = paths.cache() / "made" / f"{name}.json"
    try:
        content = json.loads(kept.read_text(encoding="utf-8"))
        if content["stamp"] == stamp:
            return content["value"]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # there is none yet, or none that can be read
    value = make()
    try:
        fresh = paths.private(kept.parent) / f"{name}.{os.getpid()}"
        fresh.write_text(json.dumps({"stamp": stamp, "value": value}, ensure_ascii=False), encoding="utf-8")
        fresh.replace(kept)
    except OSError:
        pass  # a full or read-only disk only makes it slower
    return value


def _stamp(file: str) -> list[str | int]:
    try:
        facts = os.stat(file)  # noqa: PTH116 - of many files, and a `Path` costs more than this
    except OSError:
        return [file, 0, 0]
    return [file, facts.st_mtime_ns, facts.st_size]
