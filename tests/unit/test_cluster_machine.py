"""What every machine can do that commands can be run on."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab.cluster.engine import Completed
from lab.cluster.machines.machine import Machine


class ThisComputer(Machine):
    """A machine whose commands run here."""

    @property
    def name(self) -> str:
        return "here"

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        ended = subprocess.run(argv, input=stdin, capture_output=True, timeout=timeout)
        return Completed(argv, ended.returncode, ended.stdout, ended.stderr)


def test_everybody_may_enter_the_directories_that_a_file_is_put_in(tmp_path: Path) -> None:
    ThisComputer().write(str(tmp_path / "opt/lab/manifests/a.yaml"), b"kind: A\n")
    for directory in ("opt", "opt/lab", "opt/lab/manifests"):
        assert (tmp_path / directory).stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "opt/lab/manifests/a.yaml").stat().st_mode & 0o777 == 0o644


def test_a_secret_file_is_its_owners(tmp_path: Path) -> None:
    ThisComputer().write(str(tmp_path / "key"), b"secret", mode=0o600)
    assert (tmp_path / "key").read_bytes() == b"secret"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
