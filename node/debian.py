"""Root file systems out of Debian's packages."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from node.commands import Commands

# Documentation is nine tenths of some packages; the copyright files stay.
_WITHOUT_DOCUMENTATION = [
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/man/*",
]


@dataclass(frozen=True, slots=True)
class Debian:
    """A release of Debian, as its package servers have it today."""

    release: str
    commands: Commands

    def system(self, packages: Sequence[str], target: Path) -> None:
        """A small installed system with these packages, as a tar archive."""
        self._bootstrap("minbase", packages, target, [f"--dpkgopt={option}" for option in _WITHOUT_DOCUMENTATION])

    def unpacked(self, packages: Sequence[str], target: Path) -> None:
        """These packages and what they depend on, unpacked but not installed, as a tar archive."""
        self._bootstrap("extract", packages, target, [])

    def _bootstrap(self, variant: str, packages: Sequence[str], target: Path, options: Sequence[str]) -> None:
        self.commands.run(
            [
                "mmdebstrap",
                f"--variant={variant}",
                f"--include={','.join(packages)}",
                *options,
                self.release,
                str(target),
            ]
        )


def extract(archive: Path, member: str, target: Path) -> None:
    """Take one file out of a tar archive."""
    with tarfile.open(archive) as tar:
        content = tar.extractfile(member)
        if content is None:
            raise FileNotFoundError(f"{member} in {archive}")
        target.write_bytes(content.read())
