"""Where files live. Nothing else in the lab knows a directory by name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_package = Path(__file__).resolve().parent


def data(name: str) -> Path:
    """A folder of data shipped with the lab: `exercises`, `addons`, `hub`, `node` or `vagrant`.

    In a checkout it lies beside `lab/`; an installed wheel carries it inside the package.
    """
    installed = _package / "_data" / name
    return installed if installed.is_dir() else _package.parent / name


def locale(language: str) -> Path:
    """The texts of the program in one language."""
    return _package / "locale" / f"{language}.yaml"


def lab(name: str) -> Path:
    """What belongs to one lab: its record, kubeconfig, baseline. `up` makes it, `down` removes it."""
    return state() / "labs" / name


def state() -> Path:
    """What must survive: labs, history."""
    return private(_ours("state"))


def history() -> Path:
    """What the learner has done."""
    return state() / "history.db"


def log() -> Path:
    """What failed and nobody foresaw."""
    return state() / "ckslab.log"


def crash() -> Path:
    """Where the app came to grief by a fault of its own, the last time that it did."""
    return state() / "crash.log"


def settings() -> Path:
    """The user's choices: language, theme, keys."""
    return _ours("config") / "settings.yaml"


def cache() -> Path:
    """What can be built again. `CKSLAB_CACHE` puts it elsewhere, on a larger disk for example."""
    chosen = os.environ.get("CKSLAB_CACHE")
    return private(Path(chosen) if chosen else _ours("cache"))


def private(directory: Path) -> Path:
    """Make a directory that only its owner may enter."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def _ours(purpose: str) -> Path:
    """Our directory among the user's for `state`, `config` or `cache`.

    What XDG says is said here: `platformdirs` knows more systems, and its import takes a third of `ckslab list`.
    """
    if sys.platform != "linux":
        import platformdirs

        return Path(getattr(platformdirs.PlatformDirs("ckslab", appauthor=False), f"user_{purpose}_dir"))
    chosen = Path(os.environ.get(f"XDG_{purpose.upper()}_HOME", ""))
    usual = {"state": ".local/state", "config": ".config", "cache": ".cache"}[purpose]
    return (chosen if chosen.is_absolute() else Path.home() / usual) / "ckslab"
