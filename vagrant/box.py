"""Make the box of the lab's machines out of the node image.

    python vagrant/box.py --runtime podman --image NAME --cache DIR

For libvirt, which boots its kernel directly. With PYTHONPATH set to the folder that `node/` is in; as root, because the
system is completed in a chroot. It is made once for the same image and the same files, and tells what it does in the
events of node/events.py. `--tell` prints where it is, or would be, and makes nothing:
    {"name": as Vagrant shall call it, "boot": folder with its kernel and initrd, "box": the file for `vagrant box add`}
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from node.commands import CommandFailed, Commands
from node.events import say
from node.store import Artifact, Store

HERE = Path(__file__).resolve().parent
GIGABYTES = 20
"""The size of a machine's disk. It takes no more of the host's than what is written."""
STEPS = {"box-files": 20, "box-system": 60, "box-disk": 20}
"""What is done, and the seconds that it took on two cores."""


def main() -> int:
    """Make the box unless it is there; 0 when it is, 1 with a `failed` event."""
    options = _arguments()
    store = Store(options.cache / "artifacts")
    artifact = Artifact(
        "box",
        sum(STEPS.values()),
        lambda target, _: _Box(options.runtime, options.image, target).make(),
        (options.image, str(GIGABYTES)),
        (HERE / "box.py", HERE / "box.sh", HERE / "rootfs"),
    )
    if options.tell:
        place = store.path(artifact)
        print(json.dumps({"name": f"ckslab-{artifact.key}", "boot": str(place), "box": str(place / "node.box")}))
        return 0
    say("plan", steps=[{"name": name, "seconds": seconds} for name, seconds in STEPS.items()])
    try:
        if not store.has(artifact):
            store.build(artifact)
    except _StepFailed as failure:
        full = "no space left on device" in str(failure.cause).lower()
        say("failed", step=failure.step, problem="disk-full" if full else "command", output=str(failure.cause))
        return 1
    return 0


class _StepFailed(Exception):  # noqa: N818 - it says what happened
    def __init__(self, step: str, cause: Exception) -> None:
        super().__init__(step)
        self.step = step
        self.cause = cause


@dataclass(frozen=True)
class _Box:
    """A box in the making.

    Attributes:
        target: the directory that it is made in; the files of the box stay there.
    """

    runtime: str
    image: str
    target: Path

    def make(self) -> None:
        steps: dict[str, Callable[[], None]] = {
            "box-files": self._take_files,
            "box-system": self._complete,
            "box-disk": self._write,
        }
        for name, step in steps.items():
            say("begin", step=name)
            began = time.monotonic()
            try:
                step()
            except (CommandFailed, OSError, subprocess.SubprocessError) as cause:
                raise _StepFailed(name, cause) from cause
            say("end", step=name, seconds=round(time.monotonic() - began, 1))
        shutil.rmtree(self._root)

    @property
    def _root(self) -> Path:
        return self.target / "root"

    @property
    def _run(self) -> Callable[..., str]:
        return Commands(lambda line: say("line", text=line)).run

    def _take_files(self) -> None:
        """The node image's files, out of a container that is never started, and what only a machine needs."""
        container = f"ckslab-box-{uuid.uuid4().hex[:8]}"
        archive = self.target / "root.tar"
        self._run([self.runtime, "create", "--name", container, "--entrypoint", "sleep", self.image, "infinity"])
        try:
            self._run([self.runtime, "export", "--output", str(archive), container])
        finally:
            self._run([self.runtime, "rm", "--force", "--volumes", container])
        self._root.mkdir()
        self._run(["tar", "--extract", "--numeric-owner", "--file", str(archive), "--directory", str(self._root)])
        archive.unlink()

    def _complete(self) -> None:
        """Debian's kernel and what else box.sh installs."""
        with _mounted(self._root) as handed:
            shutil.copy(_public_key(), handed / "vagrant.pub")
            shutil.copy("/etc/resolv.conf", handed / "resolv.conf")
            shutil.copy(HERE / "box.sh", handed / "box.sh")
            self._run(["chroot", str(self._root), "bash", "/run/host/box.sh"])
        for path in (HERE / "rootfs").rglob("*"):
            if path.is_file():
                place = self._root / path.relative_to(HERE / "rootfs")
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)

    def _write(self) -> None:
        """A disk of these files, and the box around it. The boot loader is QEMU, so kernel and initrd lie beside it."""
        for kind, name in (("vmlinuz-*", "vmlinuz"), ("initrd.img-*", "initrd")):
            newest = max((self._root / "boot").glob(kind))
            shutil.copy(newest, self.target / name)
        raw, disk = self.target / "disk.raw", self.target / "box.img"
        with raw.open("wb") as empty:
            empty.truncate(GIGABYTES << 30)
        options = ["-q", "-t", "ext4", "-L", "root", "-E", "lazy_itable_init=1"]
        self._run(["mke2fs", *options, "-d", str(self._root), str(raw)])
        self._run(["qemu-img", "convert", "-O", "qcow2", str(raw), str(disk)])
        raw.unlink()
        metadata = self.target / "metadata.json"
        metadata.write_text(json.dumps({"provider": "libvirt", "format": "qcow2", "virtual_size": GIGABYTES}))
        with tarfile.open(self.target / "node.box", "w") as box:
            for file in (metadata, disk):
                box.add(file, file.name)
                file.unlink()


@contextmanager
def _mounted(root: Path) -> Iterator[Path]:
    """The kernel's file systems below a root directory, for programs in a chroot; a folder for what they are given."""
    mount = partial(subprocess.run, check=True, capture_output=True)
    places = [root / name for name in ("proc", "sys", "dev", "run")]
    try:
        for place in places[:3]:
            mount(["mount", "--rbind", f"/{place.name}", place])
            mount(["mount", "--make-rslave", place])
        mount(["mount", "-t", "tmpfs", "tmpfs", places[3]])
        handed = places[3] / "host"
        handed.mkdir()
        yield handed
    finally:
        for place in reversed(places):
            subprocess.run(["umount", "--recursive", "--lazy", place], capture_output=True)


def _public_key() -> Path:
    """Vagrant's well-known key, wherever its package has put it: beside its Ruby code."""
    folders = (Path("/usr/share/rubygems-integration"), Path("/opt/vagrant"), Path("/usr/share/ruby-vagrant"))
    found = next((path for folder in folders for path in folder.rglob("keys/vagrant.pub")), None)
    if found is None:
        raise FileNotFoundError(f"keys/vagrant.pub below {', '.join(map(str, folders))}: is Vagrant installed?")
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make the box of the lab's machines.")
    parser.add_argument("--runtime", default="podman", help="what has the node image: docker, podman or nerdctl")
    parser.add_argument("--image", required=True, help="name of the node image")
    parser.add_argument("--cache", type=Path, required=True, help="directory for what is made")
    parser.add_argument("--tell", action="store_true", help="print where the box is, and make nothing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
