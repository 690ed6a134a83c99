"""The baseline's script, run on this machine for what it does everywhere: putting files back, unloading profiles."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lab.cluster import baseline
from tests.unit.support.home import program

SCRIPT = Path(baseline.__file__).with_suffix(".sh")


class Machine:
    """A directory that a baseline covers, and a place where it is kept."""

    def __init__(self, root: Path) -> None:
        self.etc = root / "etc"
        self.absent = root / "absent"
        self._kept = root / "kept"
        (self.etc / "manifests").mkdir(parents=True)
        (self.etc / "manifests" / "api.yaml").write_text("original")
        (self.etc / "link").symlink_to("manifests")

    def run(self, verb: str, programs: str = "/usr/sbin") -> int:
        """By the programs in a folder before all others."""
        covered = [str(self.etc), str(self.absent)]
        variables = {"CKSLAB_BASELINE": str(self._kept), "PATH": f"{programs}:/usr/bin:/sbin:/bin"}
        done = subprocess.run(["bash", "-s", verb, "base", *covered], input=SCRIPT.read_bytes(), env=variables)
        return done.returncode


class Kernel:
    """What a node shows of AppArmor: the profiles it has loaded, and the file that takes the name of one to remove."""

    def __init__(self, root: Path, *, is_container: bool) -> None:
        self.removed = root / "apparmor" / ".remove"
        self._root = root
        for name in ("apparmor", "bin"):
            (root / name).mkdir()
        (root / "bin" / "systemd-detect-virt").write_text(f"#!/bin/sh\nexit {int(not is_container)}\n")
        (root / "bin" / "systemd-detect-virt").chmod(0o755)

    def unload(self, loaded: list[str], at_the_baseline: list[str]) -> None:
        (self._root / "apparmor" / "profiles").write_text("".join(f"{profile}\n" for profile in loaded))
        (self._root / "profiles").write_text("".join(f"{profile}\n" for profile in at_the_baseline))
        variables = {
            "CKSLAB_BASELINE": str(self._root),
            "CKSLAB_APPARMOR": str(self._root / "apparmor"),
            "PATH": f"{self._root}/bin:/usr/bin:/bin",
        }
        argv = ["bash", "-s", "unload_profiles", "worker"]
        subprocess.run(argv, input=SCRIPT.read_bytes(), env=variables, check=True)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    own = Machine(tmp_path)
    assert own.run("save") == 0
    return own


def test_what_was_changed_is_as_it_was(machine: Machine) -> None:
    file = machine.etc / "manifests" / "api.yaml"
    file.write_text("broken")
    file.chmod(0o600)
    assert machine.run("restore") == 0
    assert file.read_text() == "original"
    assert file.stat().st_mode & 0o777 == 0o644


def test_what_was_deleted_is_there_again(machine: Machine) -> None:
    (machine.etc / "manifests" / "api.yaml").unlink()
    (machine.etc / "manifests").rmdir()
    (machine.etc / "link").unlink()
    assert machine.run("restore") == 0
    assert (machine.etc / "link" / "api.yaml").read_text() == "original"


def test_what_was_not_there_is_gone(machine: Machine) -> None:
    (machine.etc / "enc").mkdir()
    (machine.etc / "enc" / "a name with\nodd letters").write_text("key")
    (machine.etc / "dangling").symlink_to("nowhere")
    machine.absent.mkdir()
    assert machine.run("restore") == 0
    assert sorted(path.name for path in machine.etc.rglob("*")) == ["api.yaml", "link", "manifests"]
    assert not machine.absent.exists()


def test_what_became_something_else_is_itself_again(machine: Machine) -> None:
    (machine.etc / "link").unlink()
    (machine.etc / "link").write_text("a file now")
    (machine.etc / "manifests" / "api.yaml").unlink()
    (machine.etc / "manifests" / "api.yaml").mkdir()
    assert machine.run("restore") == 0
    assert (machine.etc / "link").readlink() == Path("manifests")
    assert (machine.etc / "manifests" / "api.yaml").read_text() == "original"


def test_a_directory_that_became_a_link_is_itself_again_and_what_it_points_to_stays(
    machine: Machine, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (machine.etc / "manifests").rename(elsewhere)
    (elsewhere / "mine").write_text("mine")
    (machine.etc / "manifests").symlink_to(elsewhere)
    assert machine.run("restore") == 0
    assert [path.name for path in (machine.etc / "manifests").iterdir()] == ["api.yaml"]
    assert (elsewhere / "mine").exists()


def test_a_link_to_a_directory_that_became_a_directory_is_itself_again(machine: Machine) -> None:
    (machine.etc / "link").unlink()
    (machine.etc / "link").mkdir()
    (machine.etc / "link" / "mine").write_text("mine")
    assert machine.run("restore") == 0
    assert (machine.etc / "link").readlink() == Path("manifests")


def test_what_was_changed_without_a_trace_in_size_and_time_is_as_it_was(machine: Machine) -> None:
    file = machine.etc / "manifests" / "api.yaml"
    before = file.stat()
    file.write_text("ORIGINAL")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert machine.run("restore") == 0
    assert file.read_text() == "original"


def test_where_what_is_kept_cannot_be_read_nothing_is_removed(machine: Machine, tmp_path: Path) -> None:
    find = program(tmp_path / "bin", "find", 'sys.exit("Input/output error")')
    (machine.etc / "mine").write_text("mine")
    assert machine.run("restore", str(find.parent)) == 1
    assert (machine.etc / "mine").exists()
    assert (machine.etc / "manifests" / "api.yaml").exists()


def test_what_is_as_it_was_is_not_touched(machine: Machine) -> None:
    file = machine.etc / "manifests" / "api.yaml"
    before = file.stat().st_ctime_ns
    assert machine.run("restore") == 0
    assert file.stat().st_ctime_ns == before


def test_it_can_be_gone_back_to_again_and_again(machine: Machine) -> None:
    for content in ("first", "second"):
        (machine.etc / "manifests" / "api.yaml").write_text(content)
        assert machine.run("restore") == 0
        assert (machine.etc / "manifests" / "api.yaml").read_text() == "original"


def test_without_a_baseline_nothing_is_done_and_the_exit_code_says_so(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    (machine.etc / "mine").write_text("mine")
    assert machine.run("restore") == 66
    assert (machine.etc / "mine").exists()


def test_a_save_that_was_interrupted_is_no_baseline(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "kept" / "whole").rename(tmp_path / "kept" / "new")
    assert machine.run("restore") == 66


def test_a_profile_that_the_learner_loaded_is_unloaded_whatever_mode_it_is_in(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, is_container=False)
    kernel.unload(["cri.default (enforce)", "mine (complain)"], at_the_baseline=["cri.default"])
    assert kernel.removed.read_text() == "mine"


def test_a_profile_of_the_baseline_stays_even_in_another_mode(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, is_container=False)
    kernel.unload(["cri.default (complain)"], at_the_baseline=["cri.default"])
    assert not kernel.removed.exists()


def test_in_a_container_no_profile_is_unloaded_since_they_are_its_hosts(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, is_container=True)
    kernel.unload(["somebody.elses (enforce)"], at_the_baseline=[])
    assert not kernel.removed.exists()


@pytest.mark.parametrize("is_container", [True, False])
def test_only_a_container_is_known_by_an_address_that_may_change(tmp_path: Path, *, is_container: bool) -> None:
    (tmp_path / "address").write_text("192.0.2.77\n")
    answer = f"#!/bin/sh\nexit {int(not is_container)}\n"
    for name, script in (("systemd-detect-virt", answer), ("ip", "#!/bin/sh\necho 192.0.2.1 src 192.0.2.78 uid 0\n")):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    variables = {"CKSLAB_BASELINE": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    argv = ["bash", "-s", "has_moved", "worker"]
    done = subprocess.run(argv, input=SCRIPT.read_bytes(), env=variables)
    assert (done.returncode == 0) is is_container
