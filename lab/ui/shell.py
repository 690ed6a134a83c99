"""The learner's shell: which command it is, and how it gets the terminal that the app has left for a while."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Sequence

from lab.cluster.engine import Engine

RunCommand = Callable[[Sequence[str]], int]

# In a tmux of its own on base, the shell outlives the app: whoever comes back finds what they left. -D takes it from a
# window that was closed without a word, or is left for another. The configuration is the lab's: the learner's own may
# be part of what they try out.
_TMUX = ("tmux", "-L", "ckslab", "-f", "/etc/tmux.conf", "new-session", "-A", "-D", "-s", "shell")
_EMBEDDED = (";", "set-option", "-g", "status", "off")
# What is selected there, or copied by vim there, comes to the learner's own clipboard.
_COPY = (";", "set-option", "-s", "set-clipboard", "on")
_OR_BASH = '"$@" || exec bash --login'


def embedded_argv(engine: Engine) -> list[str]:
    """The shell in a pane of the app."""
    return _shell_argv(engine)


def full_screen_argv(engine: Engine, returns: str) -> list[str]:
    """The same shell in the whole terminal, until F4 is pressed.

    Args:
        returns: says how one gets back.
    """
    back = (";", "bind-key", "-n", "F4", "unbind-key -n F4 ; detach-client")
    return _shell_argv(engine, *back, ";", "display-message", "-d", "5000", returns)


def _shell_argv(engine: Engine, *commands: str) -> list[str]:
    """A machine without a tmux that works still has a shell."""
    return engine.shell_argv("sh", "-c", _OR_BASH, "sh", *_TMUX, *_EMBEDDED, *_COPY, *commands)


def run_command(argv: Sequence[str]) -> int:
    """Give the terminal to a command until it ends."""
    # Ctrl+C there is the command's, but the terminal sends it to all of its foreground. A handler, unlike SIG_IGN, is
    # not inherited by the command.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.call(argv)
    finally:
        signal.signal(signal.SIGINT, before)
