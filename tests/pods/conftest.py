"""A host cluster and one lab on it for all tests here (`make test-pods`): made for the first, removed by the last.

Environment:
    CKSLAB_PODS_LAB: the lab's name; `pods-test` unless said otherwise.
    CKSLAB_PODS_KUBECONFIG: of a host cluster that is there. Else one is made by kind (`tests/pods/host.py`).
    CKSLAB_PODS_KEEP: not empty: use the lab that is there, and leave it and its host there; for whoever writes a test.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.support import Cli
from tests.pods import host
from tests.vagrant.conftest import Watch, pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]

HERE = Path(__file__).resolve().parent
UP_SECONDS = 1800
_IS_KEPT = bool(os.environ.get("CKSLAB_PODS_KEEP"))


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Only who names this folder, or a file in it, gets a host cluster."""
    named = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return None if any(path.resolve().is_relative_to(HERE) for path in named) else True


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl of the host cluster's administrator."""

    kubeconfig: Path

    def __call__(self, *words: str, stdin: str = "", timeout: float = 120) -> str:
        """What it prints; it has to succeed."""
        argv = ["kubectl", f"--kubeconfig={self.kubeconfig}", *words]
        ended = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
        assert ended.returncode == 0, f"{words}: {ended.stderr}"
        return ended.stdout


@pytest.fixture(scope="session")
def watch(request: pytest.FixtureRequest) -> Watch:
    return Watch(request.config)


@pytest.fixture(scope="session")
def on_host(watch: Watch) -> Iterator[Kubectl]:
    """A cluster that labs can be Pods of."""
    given = os.environ.get("CKSLAB_PODS_KUBECONFIG")
    if not given:
        with watch.step("the host cluster"):
            host.up()
    yield Kubectl(Path(given) if given else host.kubeconfig())
    if not given and not _IS_KEPT:
        host.down()


@pytest.fixture(scope="session")
def ckslab(on_host: Kubectl, watch: Watch) -> Iterator[Cli]:
    """The command line, on a lab of Pods that is ready."""
    lab = Cli(os.environ.get("CKSLAB_PODS_LAB", "pods-test"))
    up = ["up", "--engine", "pods", "--kubeconfig", str(on_host.kubeconfig)]
    if not _IS_KEPT:
        lab.must("down", timeout=UP_SECONDS)
    # The first one gives the image to the host's nodes, which a class does once.
    with watch.step("up"):
        lab.must(*up, timeout=UP_SECONDS)
    yield lab
    if not _IS_KEPT:
        lab.must("down", timeout=UP_SECONDS)
