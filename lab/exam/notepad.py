"""What the learner notes down during a sitting."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.exam.recordings import folder


@dataclass(frozen=True, slots=True)
class Notepad:
    """A page for one sitting, in a file that only its learner reads."""

    file: Path

    def read(self) -> str:
        """What is on it."""
        try:
            return self.file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def write(self, text: str) -> None:
        """Put this there instead. Cut off, it leaves what was there before.

        Raises:
            OSError: the disk refuses.
        """
        paths.private(self.file.parent)
        fresh = self.file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.file)


def of_sitting(state: Path, sitting: int) -> Notepad:
    """The notepad of the sitting of this number, in the directory of what must survive (`lab.paths.state`)."""
    return Notepad(folder(state, sitting) / "notepad.txt")
