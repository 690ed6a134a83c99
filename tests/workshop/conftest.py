"""A class on kind for all tests here (`make test-class`): made by the first, removed by the last.

Environment:
    CKSLAB_CLASS: its name; `class-test` unless said otherwise.
    CKSLAB_CLASS_LEARNERS: how many; 3 unless said otherwise. One seat more is in reserve. With 1, that learner comes by
        browser and by ssh; a seat takes 1.2 GB.
    CKSLAB_CLASS_KEEP: not empty: use the seats that are there, and leave them there; for whoever writes a test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab.catalog.load import load
from lab.workshop import authority, class_file
from lab.workshop.authority import Authority
from lab.workshop.class_file import Class, Learner
from lab.workshop.ledger import folder
from lab.workshop.slips import Slip
from tests.live.support import PROGRAM, Cli
from tests.unit.conftest import english
from tests.unit.support.hubs import free_port
from tests.vagrant.conftest import Watch, pytest_terminal_summary

__all__ = ["english", "pytest_terminal_summary"]

HERE = Path(__file__).resolve().parent
UP_SECONDS = 1800.0
OPEN_SECONDS = 180.0
"""For what takes seconds where nothing else runs."""
EXERCISES = ("psa-warn-baseline", "busybox-security-context")
NAMES = ("Ada Lovelace", "Alan Turing", "张三")
KEPT = bool(os.environ.get("CKSLAB_CLASS_KEEP"))


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Only who names this folder, or a file in it, gets a class."""
    named = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return None if any(path.resolve().is_relative_to(HERE) for path in named) else True


@dataclass
class Room:
    """A class with its file, its verbs, and the hub that serves it."""

    file: Path
    hub: subprocess.Popen[str] | None = field(default=None)

    @property
    def class_(self) -> Class:
        return class_file.load(self.file, load())

    @property
    def proof(self) -> Authority:
        return authority.of_class(folder(self.class_.id), self.class_.address)

    def argv(self, *arguments: str) -> list[str]:
        return [PROGRAM, "--lang", "en", "class", *arguments, "--file", str(self.file)]

    def __call__(self, *arguments: str, timeout: float = UP_SECONDS) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*arguments),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def must(self, *arguments: str, timeout: float = UP_SECONDS) -> str:
        """What it prints; it has to succeed."""
        ended = self(*arguments, timeout=timeout)
        assert ended.returncode == 0, f"{arguments}: exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def board(self, learner: Learner) -> dict[str, Any]:
        """A learner's row."""
        row: dict[str, Any] = json.loads(self.must("board", "--json"))["learners"][learner.number - 1]
        return row

    def slip(self, learner: Learner, *options: str) -> Slip:
        """A slip with a new token, as it is printed."""
        printed = self.must("slips", learner.seat, *options)
        (token,) = [line.split()[-1] for line in printed.splitlines() if line.strip().startswith("Token:")]
        return Slip(self.class_, learner, token.replace("-", ""))

    def base(self, learner: Learner) -> Cli:
        """The lab of a learner's seat."""
        return Cli(learner.seat)

    def open(self) -> None:
        """Serve, and wait until both doors are open."""
        self.hub = subprocess.Popen(
            self.argv("serve"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL
        )
        assert self.hub.stdout is not None
        assert "Learners are let in" in self.hub.stdout.readline()

    def kill(self) -> None:
        """The hub is gone without a word."""
        assert self.hub is not None
        self.hub.kill()
        self.hub.wait(OPEN_SECONDS)

    def close(self) -> None:
        """End the hub, if one serves."""
        if self.hub is not None and self.hub.poll() is None:
            self.hub.terminate()
            self.hub.communicate(timeout=OPEN_SECONDS)


@pytest.fixture(scope="session")
def watch(request: pytest.FixtureRequest) -> Watch:
    return Watch(request.config)


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory, watch: Watch) -> Iterator[Room]:
    """A class whose seats are ready. Whatever becomes of the tests, nothing of it stays."""
    name, learners = os.environ.get("CKSLAB_CLASS", "class-test"), int(os.environ.get("CKSLAB_CLASS_LEARNERS", "3"))
    room = Room(tmp_path_factory.mktemp("class") / class_file.FILE)
    room.must("new", name, *NAMES[:learners], "--exercises", *EXERCISES)
    with room.file.open("a", encoding="utf-8") as file:
        file.write(f"port: {free_port()}\nssh_port: {free_port()}\n")
    if not KEPT:
        room("purge", "--consent", name)
    print(room.must("plan"), file=sys.stderr)
    with watch.step(f"up of {len(room.class_.seats)} seats"):
        room.must("up", "--consent", name)
    yield room
    room.close()
    if not KEPT:
        room("purge", "--consent", name)


@pytest.fixture(scope="session")
def served(room: Room) -> Room:
    """The same, with a hub that serves it."""
    room.open()
    return room
