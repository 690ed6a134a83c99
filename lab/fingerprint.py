"""Telling whether files have changed since something was made from them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

_MADE = frozenset({"__pycache__"})
"""Folders of what Python makes of its sources."""


def fingerprint(folder: Path, *, without: Collection[str] = ()) -> str:
    """A hash of the names and contents of all files below a folder, but for those in folders of these names."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not (_MADE | set(without)) & set(path.relative_to(folder).parts):
            digest.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()
