"""The furnishing of a machine: what it is told, and that no machine is handed over whose containers miss gVisor."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from lab import paths
from tests.unit.support.home import program

NOT_READY = "map[reason:NetworkPluginNotReady status:false type:NetworkReady]"
READY = "map[reason: status:true type:NetworkReady]"

# Answers as it is told, and notes what it was asked. A container that it runs says its kernel's first words.
CRICTL = """
import json, pathlib
told = json.loads(pathlib.Path(os.environ["TOLD"]).read_text())
verb = next(word for word in sys.argv[1:] if word in told)
with open(os.environ["ASKED"], "a") as asked:
    asked.write(verb + "\\n")
if verb == "info":
    looks = pathlib.Path(os.environ["ASKED"]).read_text().split().count("info")
    print(told[verb][min(looks, len(told[verb])) - 1])
elif verb == "run":
    here = pathlib.Path(json.loads(pathlib.Path(sys.argv[-1]).read_text())["log_directory"])
    (here / "log").write_text(told[verb])
elif told[verb]:
    sys.exit(told[verb])
"""


class Machine:
    """Programs that a machine has, and what its container runtime answers.

    Attributes:
        told: a verb of crictl -> its refusal; what a container logs (`run`); conditions at each look (`info`).
    """

    def __init__(self, root: Path) -> None:
        self.told: dict[str, object] = {
            "inspecti": "",
            "pull": "",
            "info": [READY],
            "pods": "",
            "rmp": "",
            "run": "[    0.000000] Starting gVisor...\n",
        }
        self.networks = root / "networks"
        self._root = root
        program(root / "bin", "crictl", CRICTL)
        program(root / "bin", "journalctl", "print('unknown runtime handler')")
        (root / "bin" / "sleep").symlink_to("/bin/true")

    def check_gvisor(self) -> subprocess.CompletedProcess[str]:
        (self._root / "told").write_text(json.dumps(self.told))
        variables = {
            "PATH": f"{self._root / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "TOLD": f"{self._root}/told",
            "ASKED": f"{self._root}/asked",
            "CKSLAB_HERE": str(self._root),
            "CKSLAB_NETWORKS": str(self.networks),
        }
        argv = ["bash", str(paths.data("vagrant") / "provision.sh"), "check_gvisor"]
        return subprocess.run(argv, env=variables, capture_output=True, text=True, timeout=60)

    @property
    def asked(self) -> list[str]:
        return (self._root / "asked").read_text().split()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_machine_that_starts_a_container_in_gvisor_is_accepted_and_keeps_nothing_of_it(machine: Machine) -> None:
    done = machine.check_gvisor()
    assert done.returncode == 0, done.stderr
    assert list(machine.networks.iterdir()) == []
    assert "pull" not in machine.asked


def test_a_container_in_another_kernel_is_refused_with_what_containerd_said_and_what_to_do(machine: Machine) -> None:
    machine.told["run"] = "[    0.000000] Linux version 6.1.0\n"
    done = machine.check_gvisor()
    assert done.returncode == 1
    assert "unknown runtime handler" in done.stderr
    assert "no container started in gVisor" in done.stderr
    assert "`ckslab up`" in done.stderr


def test_the_container_waits_for_its_network(machine: Machine) -> None:
    machine.told["info"] = [NOT_READY, NOT_READY, READY]
    assert machine.check_gvisor().returncode == 0
    assert machine.asked[: machine.asked.index("run")].count("info") == 3


def test_an_image_that_is_missing_is_pulled(machine: Machine) -> None:
    machine.told["inspecti"] = "no such image"
    assert machine.check_gvisor().returncode == 0
    assert "pull" in machine.asked


def test_without_a_registry_the_built_box_is_the_next_step(machine: Machine) -> None:
    machine.told.update(inspecti="no such image", pull="registry-1.docker.io: no route to host")
    done = machine.check_gvisor()
    assert done.returncode == 1
    assert "no route to host" in done.stderr
    assert "--image build" in done.stderr
    assert "run" not in machine.asked


def test_the_scripts_ask_for_no_version_that_the_vagrantfile_does_not_hand_them() -> None:
    folder = paths.data("vagrant")
    handed = set(re.findall(r'^  "([A-Z_]+)" =>', (folder / "Vagrantfile").read_text(), re.MULTILINE))
    scripts = (folder / "provision.sh").read_text() + (folder / "download.sh").read_text()
    assert set(re.findall(r"\$\{([A-Z_]+):\?\}", scripts)) == handed
