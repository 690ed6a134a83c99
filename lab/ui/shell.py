"""The learner's shell: which command it is, and how it gets the terminal that the app has left for a while."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Sequence

from lab.cluster.engine import Engine

RunCommand = Callable[[Sequence[str]], int]

# In a tmux of its own on base, the shell outlives the app: whoever comes back finds what they left. The configuration
# is the lab's: the learner's own may be part of what they try out.
_TMUX = ("tmux", "-L", "ckslab", "-f", "/etc/tmux.conf")
# What a terminal can do, tmux takes from terminfo when the terminal comes, less what is said in this option.
_OVERRIDE = "terminal-overrides[100]"
# Up to 3.5, a tmux that has let the terminal scroll (`csr`) blanks a Chinese character that begins the new row. Without
# it, tmux draws the pane anew from what it knows.
_OF_SCREEN = ("set-option", "-s", _OVERRIDE, "xterm-256color:csr@", ";")
_OF_TERMINAL = ("set-option", "-su", _OVERRIDE, ";")
_SESSION = ("new-session", "-A", "-D", "-s", "shell")
_EMBEDDED = (";", "set-option", "-g", "status", "off")
# What is selected there, or copied by vim there, comes to the learner's own clipboard.
_COPY = (";", "set-option", "-s", "set-clipboard", "on")
_OR_BASH = '"$@" || exec bash --login'


def embedded_argv(engine: Engine) -> list[str]:
    """The shell in a pane of the app."""
    return _shell_argv(engine, _OF_SCREEN)


def full_screen_argv(engine: Engine, returns: str) -> list[str]:
    """The same shell in the whole terminal, until F4 is pressed.

    Args:
        returns: says how one gets back.
    """
    back = (";", "bind-key", "-n", "F4", "unbind-key -n F4 ; detach-client")
    return _shell_argv(engine, _OF_TERMINAL, *back, ";", "display-message", "-d", "5000", returns)


def _shell_argv(engine: Engine, declared: Sequence[str], *commands: str) -> list[str]:
    """A machine without a tmux that works still has a shell.

    Args:
        declared: tells tmux, before it sees the terminal, what the terminal can do.
        commands: for tmux, once the session is there.
    """
    return engine.shell_argv("sh", "-c", _OR_BASH, "sh", *_TMUX, *declared, *_SESSION, *_EMBEDDED, *_COPY, *commands)


def run_command(argv: Sequence[str]) -> int:
    """Give the terminal to a command until it ends."""
    # Ctrl+C there is the command's, but the terminal sends it to all of its foreground. A handler, unlike SIG_IGN, is
    # not inherited by the command.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.call(argv)
    finally:
        signal.signal(signal.SIGINT, before)
