"""A program in a terminal of its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence

_TERMINAL_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
"""Signals that a terminal sends. Whoever started this process may have had it ignore some, which is inherited."""
CHUNK = 2048
"""What is read at once: little enough that the screen takes it in some milliseconds, even in a flood."""


class Pty:
    """A program that runs in a pseudo-terminal. Its output can be awaited on `fd`.

    Args:
        argv: the program.
        environment: all of its variables; those of this process may hold what is not for the learner.
    """

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], columns: int, rows: int) -> None:
        self._unsent = bytearray()
        self.fd, program_end = pty.openpty()
        _set_size(program_end, columns, rows)
        try:
            self._process = subprocess.Popen(
                argv,
                stdin=program_end,
                stdout=program_end,
                stderr=program_end,
                env=dict(environment),
                start_new_session=True,
                preexec_fn=_take_terminal,
            )
        except OSError:
            os.close(self.fd)
            raise
        finally:
            os.close(program_end)
        os.set_blocking(self.fd, False)

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    def read(self) -> bytes | None:
        """What has been written; None once the program has closed its terminal."""
        try:
            return os.read(self.fd, CHUNK) or None
        except BlockingIOError:
            return b""
        except OSError:  # EIO: nobody has the other end any more
            return None

    def write(self, text: str) -> bool:
        """Type something. Whether the program has room for all of it; if not, `flush` once `fd` can be written to."""
        self._unsent += text.encode("utf-8", "surrogateescape")
        return self.flush()

    def flush(self) -> bool:
        """Send what is left to send. Whether that was all."""
        try:
            while self._unsent:
                del self._unsent[: os.write(self.fd, self._unsent)]
        except BlockingIOError:
            return False
        except OSError:  # nobody has the other end any more
            self._unsent.clear()
        return True

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program of another size."""
        with contextlib.suppress(OSError):
            _set_size(self.fd, columns, rows)

    def close(self) -> int | None:
        """Hang up, as a closed window does, and reap the program. Returns its exit code; None if it does not end."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGHUP)
        os.close(self.fd)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(1)
        self._process.kill()
        return None


def _take_terminal() -> None:
    """Make the terminal the program's controlling one and undo what is ignored, so that Ctrl+C ends what runs in it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in _TERMINAL_SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def _set_size(fd: int, columns: int, rows: int) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
