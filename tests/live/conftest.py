"""One lab for all live tests: made when the first of them begins, removed after the last, with nothing left behind.

Environment:
    CKSLAB_LIVE_LAB: its name; `live` unless said otherwise.
    CKSLAB_LIVE_IMAGE: the image its nodes are made from, as `ckslab up --image` takes it.
    CKSLAB_LIVE_KEEP: not empty: use the lab that is there, and leave it there; for whoever writes a test.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab import paths
from lab.cluster import create_lab, open_lab
from lab.cluster.engine import Engine
from lab.cluster.image import node_image as image
from lab.cluster.record import Record
from lab.console import Console
from lab.progress import OnProgress, ignore
from tests.live.support import Cli, belongings, remains

HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Only who names this folder, or a file in it, gets a lab."""
    named = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return None if any(path.resolve().is_relative_to(HERE) for path in named) else True


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("live")


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A ready lab. What is done on it does not go into the developer's history."""
    name = os.environ.get("CKSLAB_LIVE_LAB", "live")
    is_kept = bool(os.environ.get("CKSLAB_LIVE_KEEP"))
    chosen = os.environ.get("CKSLAB_LIVE_IMAGE", "auto")
    with pytest.MonkeyPatch.context() as patch:
        if not is_kept:  # always the same, so that the next run finds the lab of one that was killed
            patch.setenv("XDG_STATE_HOME", str(paths.cache() / "live-tests"))
        with _shown(request) as progress:
            image.setup(progress, image=chosen, yes=True)
            if not is_kept:
                open_lab(name).down(progress)
            engine = create_lab(name, Record(image=chosen))
            began = time.monotonic()
            engine.up(progress)
            print(f"Lab {name} was up in {time.monotonic() - began:.0f} s.", flush=True)
        yield engine
        if not is_kept:
            owned = belongings(name)
            open_lab(name).down(ignore)
            assert remains(owned) == []


@pytest.fixture(scope="session")
def ckslab(lab: Engine) -> Cli:
    """The command line, on this lab."""
    return Cli(lab.lab)


@contextmanager
def _shown(request: pytest.FixtureRequest) -> Iterator[OnProgress]:
    """Progress on the terminal: the first build of the image takes many minutes."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled(), Console() as console:
        yield console
