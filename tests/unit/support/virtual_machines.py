"""Vagrant and a hypervisor made by hand: programs that keep what there is in a file; and ssh, which answers as told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab.cluster.engine import Completed
from lab.cluster.host import processes
from lab.cluster.host.processes import OnLine
from tests.unit.support.engines import done
from tests.unit.support.home import program
from tests.unit.support.runtime import ANSWERS

MACHINES = ("kube-control-plane", "kube-worker-1")

_WORLD = """
import json
file = os.environ["WORLD"]
with open(file) as kept:
    world = json.load(kept)
world["ran"].append([os.path.basename(sys.argv[0]), *sys.argv[1:]])

def keep():
    with open(f"{file}.new", "w") as fresh:  # whoever is ended while writing leaves the old one
        json.dump(world, fresh)
    os.replace(f"{file}.new", file)
"""

# What Vagrant made it knows by files with the hypervisor's ids; machines of other people's it does not see.
VAGRANT = f"""{_WORLD}
lab, count = os.environ.get("CKSLAB_LAB", ""), int(os.environ.get("CKSLAB_MACHINES", "2"))
names = {MACHINES!r}[:count]
dot = os.environ.get("VAGRANT_DOTFILE_PATH", "/nowhere")

def id_of(name):
    return f"{{dot}}/machines/{{name}}/libvirt/id"

def says(name, *fields):
    print(1, name, *fields, sep=",", flush=True)

def state(name):
    machine = world["machines"].get(f"ckslab-{{lab}}-{{name}}", {{}})
    return machine["state"] if os.path.exists(id_of(name)) else "not_created"

def up():
    import signal
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    world["settings"] = {{key: value for key, value in os.environ.items() if key.startswith("CKSLAB_")}}
    for name in names:
        own = f"ckslab-{{lab}}-{{name}}"
        says(name, "ui", "output", f"==> {{name}}: Starting%!(VAGRANT_COMMA) at last")
        if world["trouble"] == name:
            world["volumes"].append(f"{{own}}.img")
            keep()
            says(name, "ui", "detail", f"    {{name}}: ckslab: URL is not what its makers published")
            says("", "error-exit", "Vagrant::Errors::Any", "no more disk")
            says("", "ui", "error", "There is no\\\\nmore disk\\\\n/usr/share/gems/x.rb:9:in `block in wait_for'")
            sys.exit(1)
        if not os.path.exists(id_of(name)):
            if own in world["machines"] or f"{{own}}.img" in world["volumes"]:
                sys.exit("taken")
            os.makedirs(os.path.dirname(id_of(name)), exist_ok=True)
            with open(id_of(name), "w") as made:
                made.write(f"id-of-{{own}}")
            world["machines"][own] = {{"id": f"id-of-{{own}}"}}
            world["volumes"].append(f"{{own}}.img")
        if world["machines"][own].get("state") == "inaccessible":
            sys.exit("waiting for an address for ever")
        world["machines"][own]["state"] = "running"
        if ended:
            break  # with what it is at it comes to an end
        world["networks"] = [f"ckslab-{{lab}}"]

def destroy(*which):
    for name in which or names:
        if os.path.exists(id_of(name)):
            del world["machines"][f"ckslab-{{lab}}-{{name}}"]
            world["volumes"].remove(f"ckslab-{{lab}}-{{name}}.img")
            os.unlink(id_of(name))

def snapshot(verb, *words):
    if verb == "save":
        world["snapshots"].append(list(words[-2:]))
    elif verb == "list":
        print(*(name for machine, name in world["snapshots"] if machine == words[0]), sep="\\n")
    elif list(words[-2:]) not in world["snapshots"]:
        sys.exit("no such snapshot")

match sys.argv[1:]:
    case ["up", *_]:
        up()
    case ["status", *_]:
        for name in names:
            says(name, "provider-name", "libvirt")
            says(name, "state", state(name))
    case ["ssh-config", *_]:
        for name in names:
            print(f"Host {{name}}\\n  HostName 192.0.2.1\\n")
    case ["destroy", *which, "--force"]:
        destroy(*which)
    case ["snapshot", *words]:
        snapshot(*words)
    case ["box", "list", *_]:
        for name in world["boxes"]:
            says("", "box-name", name); says("", "box-provider", "libvirt"); says("", "box-version", "0")
    case ["box", "add", *words]:
        world["boxes"].append(words[words.index("--name") + 1] if "--name" in words else words[0])
    case ["plugin", "list", *_]:
        print("vagrant-libvirt (0.11.2, system)")
keep()
"""

VIRSH = f"""{_WORLD}
match sys.argv[3:]:
    case ["list", *_]:
        for name, machine in world["machines"].items():
            print(machine["id"], name)
    case ["vol-list", *_]:
        print(" Name   Path", "-" * 20, *(f" {{name}}   /pool/{{name}}" for name in world["volumes"]), "", sep="\\n")
    case ["vol-dumpxml", name, *_]:
        beneath = world["beneath"].get(name)
        print(f"<target><path>/pool/{{name}}</path></target>")
        print(f"<backingStore>\\n  <path>/pool/{{beneath}}</path></backingStore>" if beneath else "")
    case ["vol-delete", name, *_]:
        world["volumes"] = [volume for volume in world["volumes"] if volume != name]
    case ["net-undefine", name]:
        world["networks"] = [network for network in world["networks"] if network != name]
keep()
"""


@dataclass
class VirtualMachines:
    """A host with Vagrant and libvirt.

    Attributes:
        answers: words of a command on a machine -> what comes back of it.
        asked: every command on a machine, after its name.
    """

    folder: Path
    answers: dict[str, Completed | BaseException] = field(default_factory=lambda: {**ANSWERS})
    asked: list[str] = field(default_factory=list)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> VirtualMachines:
        self.change(machines={}, volumes=[], beneath={}, networks=[], snapshots=[], boxes=[])
        self.change(ran=[], settings={}, trouble="")
        program(self.folder / "bin", "vagrant", VAGRANT)
        program(self.folder / "bin", "virsh", VIRSH)
        monkeypatch.setenv("PATH", str(self.folder / "bin"))
        monkeypatch.setenv("WORLD", str(self._file))
        self._run, self._watch = processes.run, processes.watch
        monkeypatch.setattr(processes, "run", self.run)
        monkeypatch.setattr(processes, "watch", self.watch)
        return self

    @property
    def _file(self) -> Path:
        return self.folder / "world.json"

    @property
    def world(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self._file.read_text())
        return loaded

    def change(self, **things: object) -> None:
        before = self.world if self._file.exists() else {}
        self._file.write_text(json.dumps({**before, **things}))

    def set_states(self, *states: str) -> None:
        """Of the lab's machines, in order."""
        machines = self.world["machines"]
        for machine, state in zip(machines.values(), states, strict=True):
            machine["state"] = state
        self.change(machines=machines)

    def ran(self, *words: str) -> list[str]:
        """Those commands of Vagrant and the hypervisor that begin so."""
        lines = [" ".join(argv) for argv in self.world["ran"]]
        return [line for line in lines if any(line.startswith(word) for word in words)]

    def run(self, argv: Sequence[str], *, env: Mapping[str, str], stdin: bytes = b"", timeout: float) -> Completed:
        return self._ssh(argv) if argv[0] == "ssh" else self._run(argv, env=env, stdin=stdin, timeout=timeout)

    def watch(self, argv: Sequence[str], *, env: Mapping[str, str], on_line: OnLine, stdin: bytes = b"") -> Completed:
        if argv[0] != "ssh":
            return self._watch(argv, env=env, on_line=on_line, stdin=stdin)
        on_line("[kubeadm] at work")
        return self._ssh(argv)

    def _ssh(self, argv: Sequence[str]) -> Completed:
        line = " ".join(argv[-2:])
        self.asked.append(line)
        for words, said in self.answers.items():
            if words in line:
                if isinstance(said, BaseException):
                    raise said
                return said
        return done(argv)
