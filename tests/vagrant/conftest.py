"""One lab of virtual machines for all tests here (`make test-vagrant`): made for the first, removed by the last.

Environment:
    CKSLAB_VAGRANT_LAB: its name; `vagrant-test` unless said otherwise.
    CKSLAB_VAGRANT_IMAGE: what its machines are made from, as `ckslab up --image` takes it; `build` if not said.
    CKSLAB_VAGRANT_KEEP: not empty: use the lab that is there, and leave it there; for whoever writes a test.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.support import Cli

HERE = Path(__file__).resolve().parent
UP_SECONDS = 3600
_TOOK = pytest.StashKey[list[tuple[str, float]]]()


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Only who names this folder, or a file in it, gets virtual machines."""
    named = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return None if any(path.resolve().is_relative_to(HERE) for path in named) else True


class Watch:
    """Seconds of each step, told when it ends and once more at the end of all."""

    def __init__(self, config: pytest.Config) -> None:
        self._capture = config.pluginmanager.getplugin("capturemanager")
        self._took = config.stash.setdefault(_TOOK, [])

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.note(name, time.monotonic() - began)

    def note(self, name: str, seconds: float) -> None:
        """So long something took."""
        self._took.append((name, seconds))
        with self._capture.global_and_fixture_disabled():
            print(f"\n{name}: {self._took[-1][1]:.0f} s", flush=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for name, seconds in config.stash.get(_TOOK, []):
        terminalreporter.write_line(f"{seconds:7.0f} s  {name}")


@pytest.fixture(scope="session")
def watch(request: pytest.FixtureRequest) -> Watch:
    return Watch(request.config)


@pytest.fixture(scope="session")
def ckslab(watch: Watch) -> Iterator[Cli]:
    """The command line, on a lab of virtual machines that is ready."""
    lab = Cli(os.environ.get("CKSLAB_VAGRANT_LAB", "vagrant-test"))
    kept = bool(os.environ.get("CKSLAB_VAGRANT_KEEP"))
    if not kept:
        image = os.environ.get("CKSLAB_VAGRANT_IMAGE", "build")
        lab.must("down", timeout=UP_SECONDS)
        with watch.step(f"up --engine vagrant --image {image}"):
            lab.must("up", "--engine", "vagrant", "--image", image, timeout=UP_SECONDS)
    yield lab
    if not kept:
        lab.must("down", timeout=UP_SECONDS)
