"""The Vagrantfile as Vagrant reads it, for both providers. VirtualBox is a stand-in: Vagrant wants its program only."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from lab import paths
from tests.unit.support.home import program

VIRTUALBOX = """
if sys.argv[1] == '--version': print('7.0.20r163906')
elif sys.argv[1:3] == ['list', 'systemproperties']: print('Default machine folder: ' + os.environ['VAGRANT_HOME'])
"""
PROVIDERS = ("virtualbox", "libvirt")
SECONDS = 120

installed = pytest.mark.skipif(not shutil.which("vagrant"), reason="Vagrant is not installed")


def machines() -> list[dict[str, object]]:
    table: list[dict[str, object]] = yaml.safe_load((paths.data("vagrant") / "machines.yaml").read_text())["machines"]
    return table


def vagrant(folder: Path, provider: str, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Vagrant on a copy of our file that a test may spoil, with a home of its own."""
    programs = folder / "bin"
    program(programs, "VBoxManage", VIRTUALBOX)
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "VAGRANT_CWD": str(folder / "vagrant"),
        "VAGRANT_DOTFILE_PATH": str(folder / "state"),
        "VAGRANT_HOME": str(folder / "home"),
        "VAGRANT_DEFAULT_PROVIDER": provider,
        "VAGRANT_CHECKPOINT_DISABLE": "1",
        **variables,
    }
    return subprocess.run(["vagrant", *command], env=environment, capture_output=True, text=True, timeout=SECONDS)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("vagrant", "node"):
        shutil.copytree(paths.data(name), tmp_path / name)
    return tmp_path


def test_the_table_has_the_names_and_addresses_that_readers_of_the_book_know() -> None:
    assert [(own["name"], own["role"], own["address"]) for own in machines()] == [
        ("kube-control-plane", "control-plane", "192.168.56.10"),
        ("kube-worker-1", "worker", "192.168.56.21"),
    ]


@installed
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("boot", [{}, {"CKSLAB_BOX": "ckslab-x", "CKSLAB_BOOT": "/boot", "CKSLAB_EMULATE": "1"}])
def test_it_is_valid(copy: Path, provider: str, boot: dict[str, str]) -> None:
    done = vagrant(copy, provider, "validate", CKSLAB_LAB="own", **boot)
    assert done.returncode == 0, done.stdout + done.stderr


@installed
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_word_that_the_provider_does_not_know_is_found(copy: Path, provider: str) -> None:
    file = copy / "vagrant" / "Vagrantfile"
    file.write_text(file.read_text().replace(f"{provider}.memory =", f"{provider}.memroy ="))
    done = vagrant(copy, provider, "validate")
    assert done.returncode == 1
    assert "memroy" in done.stdout + done.stderr


@installed
@pytest.mark.parametrize(
    ("wanted", "names"), [("1", ["kube-control-plane"]), ("2", [own["name"] for own in machines()])]
)
def test_there_are_as_many_machines_as_wanted(copy: Path, wanted: str, names: list[str]) -> None:
    done = vagrant(copy, "virtualbox", "status", "--machine-readable", CKSLAB_MACHINES=wanted)
    lines = [line.split(",") for line in done.stdout.splitlines()]
    assert [fields[1] for fields in lines if fields[2] == "state"] == names
