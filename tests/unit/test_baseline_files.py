"""The baseline's script, run on this machine for what it does everywhere: putting files back, unloading profiles."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lab.cluster.machines import baseline
from tests.unit.support.home import program

SCRIPT = baseline.script()


class Machine:
    """A directory that a baseline covers, and a place where it is kept."""

    def __init__(self, root: Path) -> None:
        self.etc = root / "etc"
        self.absent = root / "absent"
        self.kept = root / "kept"
        (self.etc / "manifests").mkdir(parents=True)
        (self.etc / "manifests" / "api.yaml").write_text("original")
        (self.etc / "link").symlink_to("manifests")

    def run(self, verb: str, programs: str = "/usr/sbin") -> int:
        """By the programs in a folder before all others."""
        covered = [str(self.etc), str(self.absent)]
        done = subprocess.run(
            ["bash", "-s", verb, "base", "base", "", *covered], input=SCRIPT, env=self.variables(programs)
        )
        return done.returncode

    def variables(self, programs: str = "/usr/sbin") -> dict[str, str]:
        """Nothing of this machine is touched: no program of it is needed, and no mount of it matters."""
        return {
            "CKSLAB_BASELINE": str(self.kept),
            "CKSLAB_LOCK": f"{self.kept}.lock",
            "CKSLAB_ETCD": f"{self.kept}-etcd",
            "CKSLAB_PLUGINS": f"{self.kept}-plugins",
            "CKSLAB_NEEDED": "",
            "CKSLAB_VITAL": "",
            "PATH": f"{programs}:/usr/bin:/sbin:/bin",
        }


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
        argv = ["bash", "-s", "unload_profiles", "worker", "worker", ""]
        subprocess.run(argv, input=SCRIPT, env=variables, check=True)


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


def test_a_machine_that_is_as_it_was_compares_equal(machine: Machine) -> None:
    assert machine.run("compare") == 0


def test_every_file_that_is_not_as_it_was_is_named_by_a_comparison(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    (machine.etc / "manifests" / "api.yaml").write_text("changed!")
    (machine.etc / "new file").touch()
    (machine.etc / "link").unlink()
    machine.absent.touch()
    assert machine.run("compare") == 68
    named = {str(machine.etc / name) for name in ("manifests/api.yaml", "new file", "link")} | {str(machine.absent)}
    assert named <= set(capfd.readouterr().out.splitlines())


def test_a_comparison_changes_nothing(machine: Machine) -> None:
    (machine.etc / "manifests" / "api.yaml").write_text("changed!")
    machine.run("compare")
    assert (machine.etc / "manifests" / "api.yaml").read_text() == "changed!"


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


def moved(machine: Machine, addresses: str) -> str:
    """The machine's /etc/hosts as kept, once it was told these addresses."""
    kept = machine.kept / "whole"
    (kept / "addresses").write_text("192.0.2.1 base\n192.0.2.2 kube-worker-1\n")
    (kept / "files" / "etc").mkdir(parents=True, exist_ok=True)
    (kept / "files" / "etc" / "hosts").write_text("192.0.2.1 base\n192.0.2.2 kube-worker-1\n192.0.2.22 other\n")
    argv = ["bash", "-s", "follow", "base", "base", addresses]
    subprocess.run(argv, input=SCRIPT, env=machine.variables(), check=True)
    return (kept / "files" / "etc" / "hosts").read_text()


def test_a_baseline_names_the_new_addresses_even_of_machines_that_changed_places(machine: Machine) -> None:
    hosts = moved(machine, "192.0.2.2 base\n192.0.2.1 kube-worker-1")
    assert hosts == "192.0.2.2 base\n192.0.2.1 kube-worker-1\n192.0.2.22 other\n"


def test_where_the_lab_gives_no_addresses_none_has_changed(machine: Machine) -> None:
    assert moved(machine, "").startswith("192.0.2.1 base")


# Being cut off, and what stands in the way


def test_a_run_that_goes_on_though_its_program_was_killed_is_ended_before_the_next(machine: Machine) -> None:
    lock = Path(machine.variables()["CKSLAB_LOCK"])
    earlier = subprocess.Popen(
        ["bash", "-c", f"exec 9> '{lock}'; flock 9; echo held; sleep 600"], stdout=subprocess.PIPE
    )
    assert earlier.stdout is not None
    with earlier.stdout:
        assert earlier.stdout.readline() == b"held\n"
    assert machine.run("restore") == 0
    assert earlier.wait(10) == -9


@pytest.mark.parametrize(("answers", "kept"), [(True, ["etcd.json", "keys.addresses"]), (False, [])])
def test_what_etcd_holds_is_kept_with_its_addresses_or_not_at_all(
    machine: Machine, tmp_path: Path, answers: bool, kept: list[str]
) -> None:
    program(tmp_path / "bin", "curl", "print('{}')" if answers else "sys.exit(7)")
    variables = machine.variables(str(tmp_path / "bin"))
    argv = ["bash", "-s", "renew", "control-plane", "kube-control-plane", "192.0.2.2 base"]
    subprocess.run(argv, input=SCRIPT, env=variables, check=True)
    names = [name for name in ("etcd.json", "keys.addresses") if (machine.kept / "whole" / name).exists()]
    assert names == kept


@pytest.mark.parametrize(("addresses", "is_renewed"), [("192.0.2.2 base", False), ("192.0.2.3 base", True)])
def test_what_etcd_holds_is_kept_anew_only_where_addresses_are_others(
    machine: Machine, tmp_path: Path, addresses: str, is_renewed: bool
) -> None:
    keys = machine.kept / "whole" / "etcd.json"
    keys.write_text("before")
    keys.with_name("keys.addresses").write_text("192.0.2.2 base\n")
    program(tmp_path / "bin", "curl", "print('{}')")
    argv = ["bash", "-s", "renew", "control-plane", "kube-control-plane", addresses]
    subprocess.run(argv, input=SCRIPT, env=machine.variables(str(tmp_path / "bin")), check=True)
    assert (keys.read_text() != "before") is is_renewed
    assert keys.with_name("keys.addresses").read_text() == f"{addresses}\n"


def test_a_baseline_of_an_earlier_program_is_told_as_such_and_nothing_is_removed(machine: Machine) -> None:
    (machine.kept / "whole" / "format").unlink()
    (machine.etc / "mine").write_text("mine")
    assert machine.run("restore") == 65
    assert (machine.etc / "mine").exists()


def test_a_program_that_is_gone_is_named_before_anything_is_touched(machine: Machine) -> None:
    (machine.kept / "whole" / "programs").write_text("/nowhere/kubelet\t12\t755\t0:0\n")
    (machine.etc / "mine").write_text("mine")
    argv = ["bash", "-s", "restore", "base", "base", "", str(machine.etc)]
    done = subprocess.run(argv, input=SCRIPT, env=machine.variables(), capture_output=True)
    assert done.returncode == 67
    assert done.stderr == b"program\t/nowhere/kubelet\t12\t755\n"
    assert (machine.etc / "mine").exists()


def test_the_old_data_of_etcd_goes_before_the_new_is_written(machine: Machine, tmp_path: Path) -> None:
    kept, etcd = tmp_path / "whole", Path(machine.variables()["CKSLAB_ETCD"])
    (etcd / "member").mkdir(parents=True)
    (etcd / "member" / "old").write_text("full")
    (etcd / "junk").write_text("full")
    manifest = tmp_path / "etcd.yaml"
    manifest.write_text("- --name=a\n")
    kept.mkdir()
    (kept / "etcd.db").write_text("snapshot")
    body = f"""
if os.listdir("{etcd}"):
    sys.exit("No space left on device")
os.makedirs("{etcd}/restored/member")
"""
    programs = program(tmp_path / "bin", "etcdutl", body).parent
    script = SCRIPT.replace(b"/etc/kubernetes/manifests/etcd.yaml", bytes(manifest))
    variables = machine.variables(str(programs)) | {"CKSLAB_BASELINE": str(kept)}
    subprocess.run(["bash", "-s", "restore_etcd", "control-plane", "a", ""], input=script, env=variables, check=True)
    assert [path.name for path in etcd.iterdir()] == ["member"]
