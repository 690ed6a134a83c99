"""The learner's shell: which command it is, and how it gets the terminal that the app has left for a while."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from lab import i18n
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
_SESSION = ("new-session", "-A", "-s", "shell")
# The session's first shell says that it is in tmux, as on the exam's hosts, where sessions must be nested with care.
_GREETING = ("sh", "-c", 'printf "%s\\n" "$1"; exec "$SHELL" -l', "sh")
TAKEN, CHECK = 75, 76
"""Exit codes with which tmux leaves: another window has taken the shell; a check is asked for."""
_TAKE = (";", "detach-client", "-a", "-E", f"exit {TAKEN}")
# What is selected there, or copied by vim there, comes to the learner's own clipboard.
_COPY = (";", "set-option", "-s", "set-clipboard", "on")
_STATUS = ("set-option", "-g", "status")
_BESIDE_WINDOWS = (";", "set-option", "-g", "status-right", "", ";", "set-option", "-g", "status-left-length", "60")
_FUNCTION_KEYS = tuple(f"F{number}" for number in range(1, 13))
# In a pane a status line takes a row. It is worth one as soon as it has more than one window to tell of.
_STATUS_OF_WINDOWS = (
    "if-shell",
    "-F",
    "#{==:#{session_windows},1}",
    "set-option -g status off",
    "set-option -g status on",
)
_WINDOWS_CHANGE = ("window-linked", "window-unlinked")
_TELL_MILLISECONDS = "30000"
_UNFOLLOW = """
"$@" list-clients -F '#{client_readonly} #{client_name}' | while read -r only_sees client; do
    [ "$only_sees" = 0 ] || "$@" detach-client -t "$client"
done
"""
# Codes from 64 are tmux's, which has worked; below, and from 126, it has not.
_OR_BASH = '"$@" && exit; code=$?; [ $code -ge 64 ] && [ $code -lt 126 ] && exit $code; exec bash --login'


def embedded_argv(engine: Engine) -> list[str]:
    """The shell in a pane of the app. It ends with `TAKEN` when another window takes it."""
    hook = shlex.join(_STATUS_OF_WINDOWS)
    commands = [";", "set-option", "-g", "status-left", "", ";", *_STATUS_OF_WINDOWS]
    for change in _WINDOWS_CHANGE:
        commands += [";", "set-hook", "-g", change, hook]
    for key in _FUNCTION_KEYS:  # a whole terminal that was closed has left its own behind
        commands += [";", "unbind-key", "-q", "-n", key]
    return _shell_argv(engine, _OF_SCREEN, commands)


def full_screen_argv(engine: Engine, returns: str) -> list[str]:
    """The same shell in the whole terminal, until F4 or F5 is pressed. After F5 it ends with `CHECK`.

    Args:
        returns: says how one gets back, in the status line.
    """
    commands = [";", "set-option", "-g", "status-left", f" {returns}  ", ";", *_STATUS, "on"]
    for change in _WINDOWS_CHANGE:
        commands += [";", "set-hook", "-gu", change]
    # Whoever looks for a key of the app there finds that it does nothing, rather than a `~` at the prompt.
    acts: dict[str, tuple[str, ...]] = dict.fromkeys(_FUNCTION_KEYS, ("refresh-client", "-S"))
    acts |= {"F4": ("detach-client", "-E", "exit 0"), "F5": ("detach-client", "-E", f"exit {CHECK}")}
    for key, act in acts.items():
        commands += [";", "bind-key", "-n", key, *act]
    return _shell_argv(engine, _OF_TERMINAL, commands)


def follow_argv(engine: Engine) -> list[str]:
    """The same shell to be seen, and not to be typed into. It ends with `TAKEN` when its learner comes by another
    window."""
    return engine.shell_argv(*_TMUX, "attach-session", "-r", "-t", "=shell")


def tell_argv(engine: Engine, words: str) -> list[str]:
    """Says something in the shell's status line for a while, to who has it in the whole terminal."""
    return engine.shell_argv(*_TMUX, "display-message", "-d", _TELL_MILLISECONDS, _verbatim(words), tty=False)


def banner_argv(engine: Engine, words: str) -> list[str]:
    """Puts a line above the shell, in whatever window it is; without words, takes it away."""
    style = f"#[align=centre]#[bg=red]#[fg=white]#[bold] {_verbatim(words)} "
    show = ("set-option", "-g", "pane-border-format", style, ";", "set-option", "-g", "pane-border-status", "top")
    hide = ("set-option", "-gu", "pane-border-status", ";", "set-option", "-gu", "pane-border-format")
    return engine.shell_argv(*_TMUX, *(show if words else hide), tty=False)


def unfollow_argv(engine: Engine) -> list[str]:
    """Ends every window that can only see the shell: one that was killed may have left itself behind there."""
    return engine.shell_argv("sh", "-c", _UNFOLLOW, "sh", *_TMUX, tty=False)


def _verbatim(words: str) -> str:
    return words.replace("#", "##")


def _shell_argv(engine: Engine, declared: Sequence[str], commands: Sequence[str]) -> list[str]:
    """A machine without a tmux that works still has a shell.

    Args:
        declared: tells tmux, before it sees the terminal, what the terminal can do.
        commands: for tmux, once the session is there.
    """
    session = (*_SESSION, *_GREETING, i18n.text("ui.shell.in_tmux"))
    tmux = (*_TMUX, *declared, *session, *_TAKE, *_COPY, *_BESIDE_WINDOWS, *commands)
    return engine.shell_argv("sh", "-c", _OR_BASH, "sh", *tmux)
