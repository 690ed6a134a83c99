"""A user's home that a test has to itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lab import i18n
from lab.cluster.host import facts as host


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer or CI has set for a lab of their own does not reach a test."""
    for name in [name for name in os.environ if name.startswith("CKSLAB_")]:
        monkeypatch.delenv(name)


def move_in(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """English, and every file of the lab below this folder."""
    monkeypatch.setattr(i18n, "_chosen", "en")
    for kind in ("STATE", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(folder / kind.lower()))


def copy_of_home(source: Path, target: Path) -> None:
    """Everything below a folder, at another place: files that name the one then name the other."""
    for file in source.rglob("*"):
        copy = target / file.relative_to(source)
        if file.is_dir():
            copy.mkdir(parents=True, exist_ok=True)
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes().replace(str(source).encode(), str(target).encode()))
            copy.chmod(file.stat().st_mode)


def program(folder: Path, name: str, body: str) -> Path:
    """A program: a few lines of Python, which finds Python's own library alone and so begins twice as soon."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!{sys.executable} -IS\nimport os, sys\n{body}\n")
    file.chmod(0o755)
    return file


def only_path(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Nothing is installed but what lies in this folder."""
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(host, "_ADMINISTRATORS", str(folder))
    assert os.environ["PATH"] == str(folder)
    return folder
