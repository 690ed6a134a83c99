"""Packages of PyPI, by pip or uv, whichever is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from node.commands import Commands


def install(requirement: str, target: Path, commands: Commands, *, alone: bool = False) -> None:
    """Install a package into a new directory, whole or not at all; `alone`: without those that it depends on."""
    installer = [sys.executable, "-m", "pip"] if _has_pip() else [shutil.which("uv") or "uv", "pip"]
    target.parent.mkdir(parents=True, exist_ok=True)
    options = ["--quiet", *(["--no-deps"] if alone else [])]
    # Neither installer mends what an interrupted one left in a target.
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        commands.run([*installer, "install", *options, "--target", f"{scratch}/content", requirement])
        Path(scratch, "content").rename(target)


def _has_pip() -> bool:
    return subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
