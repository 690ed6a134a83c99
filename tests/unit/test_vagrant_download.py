"""The programs of a machine that is furnished by download: what is published, and nothing else."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lab import paths

VERSIONS = {
    "KUBERNETES": "v1.35.4",
    "ETCD": "v3.6.5",
    "CONTAINERD": "v2.2.6",
    "CNI_PLUGINS": "v1.9.1",
    "CRI_TOOLS": "v1.37.0",
    "GVISOR": "20260901",
}
MACHINE = os.uname().machine
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(MACHINE, "")
KUBERNETES = f"/dl.k8s.io/release/v1.35.4/bin/linux/{ARCH}"
GVISOR = f"/storage.googleapis.com/gvisor/releases/release/20260901/{MACHINE}"
KUBEADM = f"{KUBERNETES}/kubeadm"
PROGRAMS = {"kubeadm", "kubelet", "kubectl", "runsc", "containerd-shim-runsc-v1"}
UNPACKED = {"containerd", "crictl", "etcdctl", "etcdutl", "bridge"}

pytestmark = [
    pytest.mark.skipif(not ARCH, reason=f"Kubernetes publishes nothing for {MACHINE}"),
    pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed"),
]


class Server:
    """Publishes files with the checksums beside them, written as their makers write them.

    Attributes:
        files: what is at each path.
        breaks_after: path -> so many bytes come, once, before the connection ends.
        takes_no_ranges: each transfer begins at the first byte.
        asked: path and first byte of every request.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.breaks_after: dict[str, int] = {}
        self.takes_no_ranges = False
        self.asked: list[tuple[str, int]] = []
        self.port = 0
        for program in ("kubeadm", "kubelet", "kubectl"):
            self.publish(f"{KUBERNETES}/{program}", program.encode() * 1000, ".sha256")
        for program in ("runsc", "containerd-shim-runsc-v1"):
            content = program.encode() * 1000
            self.files[f"{GVISOR}/{program}"] = content
            self.files[f"{GVISOR}/{program}.sha512"] = f"{hashlib.sha512(content).hexdigest()}  {program}\n".encode()
        self.release("containerd/containerd/releases/download/v2.2.6", f"containerd-2.2.6-linux-{ARCH}.tar.gz")
        self.release("containernetworking/plugins/releases/download/v1.9.1", f"cni-plugins-linux-{ARCH}-v1.9.1.tgz")
        self.release("kubernetes-sigs/cri-tools/releases/download/v1.37.0", f"crictl-v1.37.0-linux-{ARCH}.tar.gz")
        self.release("etcd-io/etcd/releases/download/v3.6.5", f"etcd-v3.6.5-linux-{ARCH}.tar.gz")

    def publish(self, path: str, content: bytes, suffix: str) -> None:
        self.files[path] = content
        self.files[f"{path}{suffix}"] = hashlib.sha256(content).hexdigest().encode()

    def release(self, folder: str, archive: str) -> None:
        etcd = archive.removesuffix(".tar.gz")
        inside = {
            "containerd": ["bin/containerd"],
            "cni": ["./bridge"],
            "crictl": ["crictl"],
            "etcd": [f"{etcd}/etcd", f"{etcd}/etcdctl", f"{etcd}/etcdutl"],
        }[archive.partition("-")[0]]
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name in inside:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = 4, 0o755
                tar.addfile(entry, io.BytesIO(b"made"))
        suffix = ".sha256sum" if archive.startswith("containerd") else ".sha256"
        address = f"/github.com/{folder}/{archive}"
        self.publish(address, packed.getvalue(), suffix)
        if not archive.startswith("crictl"):
            self.files[f"{address}{suffix}"] += f"  {archive}\n".encode()
        if archive.startswith("etcd"):
            digest = hashlib.sha256(packed.getvalue()).hexdigest()
            others = "0" * 64 + f"  etcd-v3.6.5-darwin-{ARCH}.zip\n"
            self.files[f"/github.com/{folder}/SHA256SUMS"] = f"{others}{digest}  {archive}\n".encode()


@pytest.fixture
def server() -> Iterator[Server]:
    own = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-")
            first = 0 if own.takes_no_ranges else int(wanted)
            own.asked.append((self.path, int(wanted)))
            content = own.files.get(self.path)
            if content is None or first >= len(content):
                self.send_error(404 if content is None else 416)
                return
            self.send_response(206 if first else 200)
            self.send_header("Content-Length", str(len(content) - first))
            if first:
                self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            self.wfile.write(content[first : own.breaks_after.pop(self.path, len(content))])

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    own.port = listening.server_port
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield own
    listening.shutdown()
    listening.server_close()


class Machine:
    """A machine's folders for programs."""

    def __init__(self, root: Path, server: Server) -> None:
        self.root = root
        self._server = server

    def download(self) -> subprocess.CompletedProcess[str]:
        variables = {
            **VERSIONS,
            "CKSLAB_MIRROR": f"http://127.0.0.1:{self._server.port}/",
            "CKSLAB_BIN": f"{self.root}/bin",
            "CKSLAB_KUBERNETES_BIN": f"{self.root}/bin",
            "CKSLAB_CNI": f"{self.root}/bin",
            "CKSLAB_DOWNLOADS": f"{self.root}/downloads",
            "CKSLAB_PAUSE": "0",
            "PATH": os.environ["PATH"],
        }
        script = str(paths.data("vagrant") / "download.sh")
        return subprocess.run(["bash", script], env=variables, capture_output=True, text=True, timeout=60)

    @property
    def programs(self) -> set[str]:
        return {path.name for path in (self.root / "bin").iterdir() if path.stat().st_mode & 0o100}


@pytest.fixture
def machine(tmp_path: Path, server: Server) -> Machine:
    return Machine(tmp_path, server)


def test_every_program_is_there_afterwards_and_the_downloads_are_not(machine: Machine) -> None:
    done = machine.download()
    assert done.returncode == 0, done.stderr
    assert machine.programs == PROGRAMS | UNPACKED
    assert not (machine.root / "downloads").exists()


@pytest.mark.parametrize("path", [KUBEADM, f"{GVISOR}/runsc"])
def test_what_is_not_as_published_is_refused_removed_and_named_with_both_checksums(
    machine: Machine, server: Server, path: str
) -> None:
    server.files[path] = b"something else"
    done = machine.download()
    assert done.returncode == 1
    assert path.lstrip("/") in done.stderr
    assert "published" in done.stderr
    assert "`ckslab up`" in done.stderr
    name = Path(path).name
    assert name not in machine.programs
    assert not (machine.root / "downloads" / name).exists()


def test_a_file_that_its_list_of_checksums_does_not_name_is_refused(machine: Machine, server: Server) -> None:
    listed = next(path for path in server.files if path.endswith("SHA256SUMS"))
    server.files[listed] = b"0" * 64 + b"  another.tar.gz\n"
    done = machine.download()
    assert done.returncode == 1
    assert "published none" in done.stderr


def test_a_transfer_that_breaks_goes_on_where_it_stopped(machine: Machine, server: Server) -> None:
    server.breaks_after[KUBEADM] = 500
    done = machine.download()
    assert done.returncode == 0, done.stderr
    assert [first for path, first in server.asked if path == KUBEADM] == [0, 500]


def test_an_interrupted_download_goes_on_in_the_next_run(machine: Machine, server: Server) -> None:
    (machine.root / "downloads").mkdir()
    (machine.root / "downloads" / "kubeadm").write_bytes(server.files[KUBEADM][:700])
    assert machine.download().returncode == 0
    assert [first for path, first in server.asked if path == KUBEADM] == [700]


def test_a_file_that_is_whole_already_is_not_fetched_again(machine: Machine, server: Server) -> None:
    (machine.root / "downloads").mkdir()
    (machine.root / "downloads" / "kubeadm").write_bytes(server.files[KUBEADM])
    assert machine.download().returncode == 0
    assert "kubeadm" in machine.programs


def test_a_server_that_cannot_go_on_in_the_middle_begins_anew(machine: Machine, server: Server) -> None:
    server.takes_no_ranges = True
    server.breaks_after[KUBEADM] = 500
    done = machine.download()
    assert done.returncode == 0, done.stderr
    assert (machine.root / "bin" / "kubeadm").read_bytes() == server.files[KUBEADM]


def test_a_release_that_is_not_there_is_named_with_what_to_do(machine: Machine, server: Server) -> None:
    del server.files[KUBEADM]
    done = machine.download()
    assert done.returncode == 1
    assert f"{KUBEADM} could not be downloaded" in done.stderr
