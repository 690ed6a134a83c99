"""What machines have in common, whatever they are: files are read and written by running commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from lab.cluster.engine import Completed, Node, Role
from lab.errors import LabError


class Machine(ABC):
    """A machine of the lab; see `lab.cluster.engine.Node`."""

    __slots__ = ()
    name: str
    role: Role

    @abstractmethod
    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        """Run a command as root."""

    def read(self, path: str) -> bytes:
        """The content of a file."""
        completed = self.run(["cat", "--", path])
        if not completed.ok:
            raise FileNotFoundError(f"{self.name}:{path}: {completed.error}")
        return completed.stdout

    def write(self, path: str, content: bytes, *, mode: int = 0o644) -> None:
        """Put a file in place, with the directories above it."""
        # In place, not by renaming: a container's /etc/hosts is a mount. The umask keeps a secret unread meanwhile.
        script = 'umask 022; mkdir -p "$(dirname "$1")" && umask 077 && cat > "$1" && chmod "$2" "$1"'
        completed = self.run(["sh", "-c", script, "write", path, f"{mode:o}"], stdin=content)
        if not completed.ok:
            raise refused(f"write {self.name}:{path}", completed)


def must(machine: Node, argv: Sequence[str], *, stdin: bytes = b"") -> Completed:
    """Run a command as root that has to succeed.

    Raises:
        LabError: it did not (`engine.refused`, or `disk.full`).
    """
    completed = machine.run(argv, stdin=stdin)
    if not completed.ok:
        raise refused(f"{machine.name}: {argv[0]}", completed)
    return completed


def refused(command: str, completed: Completed) -> LabError:
    """What to raise for a command that failed."""
    words = completed.error or completed.text
    if "no space left on device" in words.lower():
        return LabError("disk.full", words, command=command)
    return LabError("engine.refused", words, command=command)
