"""Running the programs of a build: their output is passed on line by line, and kept for when they fail."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_KEPT = 40
"""So many of a program's last lines tell why it failed."""


class BuildFailed(Exception):  # noqa: N818 - it says what happened
    """A build cannot go on."""


class CommandFailed(BuildFailed):
    """A program ended with an error.

    Attributes:
        argv: the command.
        output: its last lines.
    """

    def __init__(self, argv: Sequence[str], code: int, output: str) -> None:
        # A script given as an argument is told by its first line.
        command = " ".join(part.partition("\n")[0] for part in argv)
        super().__init__(f"{command}: exit code {code}\n{output}")
        self.argv = argv
        self.output = output


class Commands:
    """Runs programs, telling each line they print."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: Path | None = None,
    ) -> str:
        """Run a command to its end and return its last lines.

        Args:
            env: variables besides those of this process.
            stdin: a file it reads; nothing otherwise.

        Raises:
            CommandFailed: it ended with an error, or could not be started.
        """
        kept: deque[str] = deque(maxlen=_KEPT)
        try:
            with (stdin or Path(os.devnull)).open("rb") as source:
                process = subprocess.Popen(
                    argv,
                    cwd=cwd,
                    env={**os.environ, **(env or {})},
                    stdin=source,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="backslashreplace",
                )
        except FileNotFoundError as missing:
            raise CommandFailed(argv, 127, str(missing)) from missing
        with process:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            for line in process.stdout:
                kept.append(line.rstrip())
                self._tell(kept[-1])
        if process.returncode:
            raise CommandFailed(argv, process.returncode, "\n".join(kept))
        return "\n".join(kept)
