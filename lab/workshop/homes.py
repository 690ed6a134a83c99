"""Copies of what learners have at home, from which another seat is furnished once theirs is lost.

What is in them is the learners': it is never unpacked on this machine, and no more is read than fits.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from lab import paths
from lab.cluster.engine import Engine
from lab.cluster.host import processes
from lab.errors import LabError
from lab.workshop.class_file import Learner

BYTES = 4 * 2**20
"""Of all files of a copy. The smallest come first, for they are what is written by hand."""
FILES = 5000
MOST_BYTES = 2 * BYTES
"""Of a copy as it comes, packed: more does not come from that command."""
SECONDS = 20.0
"""In which a home is read, or written."""

# As the learner, so that it is only what is theirs. A lab's own keys and credentials are of no use on another one.
_PACK = """
find . -xdev -user "$(id -un)" \\( -path ./.ssh -o -path ./.kube -o -path ./.cache \\) -prune \\
    -o -xdev -user "$(id -un)" \\( -type f -o -type l -o -type d \\) -printf '%s %P\\0' |
sort -zn | head -zn "$2" | {
    sum=0
    while IFS= read -r -d '' entry; do
        sum=$((sum + ${entry%% *}))
        [ "$sum" -le "$1" ] || break
        [ -z "${entry#* }" ] || printf './%s\\0' "${entry#* }"
    done
} | tar --create --gzip --file=- --null --no-recursion --ignore-failed-read --verbatim-files-from --files-from=- ||
    [ "$?" = 1 ]  # a file has changed meanwhile
"""
_UNPACK = ("tar", "--extract", "--gzip", "--file=-", "--no-same-owner", "--exclude=./.ssh", "--exclude=./.kube")


class Homes:
    """The newest copy of each learner's home.

    Args:
        folder: of the class.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "homes"

    def save(self, learner: Learner, engine: Engine) -> None:
        """Take a copy in place of the one before, which stays where this one cannot be taken.

        Raises:
            LabError: it cannot (`class.home.save`).
        """
        argv = engine.shell_argv("bash", "-c", _PACK, "bash", str(BYTES), str(FILES), tty=False)
        content = _read(argv, MOST_BYTES, SECONDS * engine.pace)
        if not content:
            raise LabError("class.home.save", seat=engine.lab)
        paths.private(self._folder)
        new = self._file(learner).with_suffix(".new")
        new.touch(mode=0o600)
        new.write_bytes(content)
        new.replace(self._file(learner))

    def put_back(self, learner: Learner, engine: Engine) -> bool:
        """Give a learner on another seat what they had at home. Whether there was a copy.

        Raises:
            LabError: it cannot be unpacked there (`class.home.put_back`).
        """
        try:
            content = self._file(learner).read_bytes()
        except FileNotFoundError:
            return False
        argv = engine.shell_argv(*_UNPACK, tty=False)
        unpacked = processes.run(argv, env={}, stdin=content, timeout=SECONDS * engine.pace)
        if not unpacked.ok:
            raise LabError("class.home.put_back", unpacked.error or unpacked.text, seat=engine.lab)
        return True

    def _file(self, learner: Learner) -> Path:
        return self._folder / f"{learner.seat}.tar.gz"


def _read(argv: Sequence[str], most: int, seconds: float) -> bytes:
    """What a program writes; nothing where it fails, writes too much or takes too long: a learner may be behind it."""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:
        late = threading.Timer(seconds, program.kill)
        late.start()
        try:
            assert program.stdout is not None  # noqa: S101 - a pipe was asked for
            content = program.stdout.read(most + 1)
            if len(content) > most:
                program.kill()
            return content if program.wait() == 0 and len(content) <= most else b""
        finally:
            late.cancel()
            with contextlib.suppress(ProcessLookupError):
                program.kill()
