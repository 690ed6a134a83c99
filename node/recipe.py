"""What the node image is made of, and how each part is made."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from node import debian, oci
from node.commands import Commands
from node.golang import Go
from node.store import Artifact

HERE = Path(__file__).resolve().parent

# The programs in the multi-call binary that a node runs, and those that run as Pods from their own images.
NODE_PROGRAMS = ("kubelet", "kubeadm", "etcdctl", "etcdutl")
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd", "coredns")

_CONTAINERD = "github.com/containerd/containerd/v2"
_GVISOR = "gvisor.dev/gvisor"
_KIND = "sigs.k8s.io/kind"
_IPTABLES = [f"{program}{suffix}" for program in ("iptables", "ip6tables") for suffix in ("", "-save", "-restore")]


@dataclass(frozen=True)
class Recipe:
    """Every artifact, from the versions in versions.yaml."""

    versions: Mapping[str, Any]
    go: Go
    debian: debian.Debian
    commands: Commands
    architecture: str

    @cached_property
    def artifacts(self) -> tuple[Artifact, ...]:
        """In the order in which they are built; the node image is assembled from the last two."""
        return (
            self.kind,
            self.system,
            self.kubernetes,
            self.containerd,
            self.gvisor,
            self.cni,
            self.crictl,
            self.kube_router,
            self.stand_ins,
            self.images,
            self.base,
        )

    @cached_property
    def kind(self) -> Artifact:
        """The kind program, and the files of its base image."""
        version = self.versions["kind"]

        def make(target: Path, _: dict[str, Path]) -> None:
            self.go.install(_KIND, version, [""], target)
            shutil.copytree(self.go.sources(_KIND, version) / "images/base/files", target / "files")

        return Artifact("kind", 6, make, (version,))

    @cached_property
    def system(self) -> Artifact:
        """The Debian system of a node."""
        packages = [*self.versions["packages"]["node"], *self.versions["packages"]["learner"]]

        def make(target: Path, _: dict[str, Path]) -> None:
            self.debian.system(packages, target / "system.tar")

        return Artifact("system", 40, make, (self.debian.release, *packages))

    @cached_property
    def kubernetes(self) -> Artifact:
        """The multi-call binary with Kubernetes, etcd and CoreDNS; kubectl; and the pause program."""
        version = self.versions["kubernetes"]
        major, minor, _ = version.removeprefix("v").split(".")
        stamps = [
            f"k8s.io/component-base/version.gitVersion={version}",
            f"k8s.io/component-base/version.gitMajor={major}",
            f"k8s.io/component-base/version.gitMinor={minor}",
            f"k8s.io/client-go/pkg/version.gitVersion={version}",
        ]

        def make(target: Path, _: dict[str, Path]) -> None:
            self.go.build(HERE / "kubernetes", target / "kubernetes", stamps=stamps)
            self.go.build(HERE / "kubernetes", target / "kubectl", "./kubectl", stamps=stamps)
            self.go.build(HERE / "pause", target / "pause")

        return Artifact("kubernetes", 330, make, (version,), (HERE / "kubernetes", HERE / "pause"))

    @cached_property
    def containerd(self) -> Artifact:
        """The container runtime, its shim for runc and its own tool."""
        return self._installed(
            "containerd", 52, _CONTAINERD, ["cmd/containerd", "cmd/containerd-shim-runc-v2", "cmd/ctr"]
        )

    @cached_property
    def gvisor(self) -> Artifact:
        """runsc, and its shim with one file of a dependency replaced (shim/oom)."""
        version = self.versions["gvisor"]

        def make(target: Path, _: dict[str, Path]) -> None:
            self.go.install(_GVISOR, version, ["runsc"], target)
            self._build_shim(target)

        return Artifact("gvisor", 60, make, (version,), (HERE / "shim",))

    @cached_property
    def cni(self) -> Artifact:
        """The plugins that make a Pod's interfaces."""
        plugins = ["main/bridge", "main/loopback", "main/ptp", "ipam/host-local", "meta/portmap"]
        module = "github.com/containernetworking/plugins"
        return self._installed("cni-plugins", 8, module, [f"plugins/{plugin}" for plugin in plugins])

    @cached_property
    def crictl(self) -> Artifact:
        """The tool for what the kubelet sees of containers."""
        return self._installed("cri-tools", 28, "sigs.k8s.io/cri-tools", ["cmd/crictl"])

    @cached_property
    def kube_router(self) -> Artifact:
        """Routes and NetworkPolicy."""
        return self._installed("kube-router", 76, "github.com/cloudnativelabs/kube-router/v2", ["cmd/kube-router"])

    @cached_property
    def stand_ins(self) -> Artifact:
        """Layers of Debian's packages: what kube-proxy and kube-router call, and the applications of exercises."""

        def make(target: Path, _: dict[str, Path]) -> None:
            self.debian.unpacked(["iptables", "ipset", "kmod"], target / "netfilter.tar")
            self.debian.unpacked(["nginx-light"], target / "nginx.tar")
            self.debian.unpacked(["busybox-static"], target / "busybox-package.tar")
            debian.extract(target / "busybox-package.tar", "./bin/busybox", target / "busybox")

        return Artifact("stand-ins", 14, make, (self.debian.release, *sorted(self.versions["stand-ins"])))

    @cached_property
    def images(self) -> Artifact:
        """One archive with every image that a node starts with."""

        def make(target: Path, made: dict[str, Path]) -> None:
            _Images(self.versions, target, made).write(target / "images.tar", self.architecture)
            for layer in target.glob("*.layer"):
                layer.unlink()

        needs = (self.kubernetes, self.kube_router, self.stand_ins)
        return Artifact(
            "images",
            8,
            make,
            (str(self.versions["pause"]), str(self.versions["etcd-image"])),
            (HERE / "recipe.py", HERE / "oci.py"),
            needs,
        )

    @cached_property
    def base(self) -> Artifact:
        """The node image without its configuration, which is done inside it (`base.sh`, `configure.sh`)."""

        def make(target: Path, made: dict[str, Path]) -> None:
            with oci.Layer(target / "files.layer") as layer:
                self._node_files(layer, made)
            config = {
                "Env": [f"PATH={oci.PATH}", "container=docker"],
                "Entrypoint": ["/usr/local/bin/entrypoint", "/sbin/init"],
                "StopSignal": "SIGRTMIN+3",
                "Labels": {"dev.ckslab.image": "build"},
            }
            image = oci.Image(
                f"localhost/ckslab-node-base:{self.versions['kubernetes']}",
                [made["system"] / "system.tar", target / "files.layer"],
                config,
            )
            oci.write(target / "base.tar", [image], self.architecture)
            (target / "files.layer").unlink()

        needs = (
            self.kind,
            self.system,
            self.kubernetes,
            self.containerd,
            self.gvisor,
            self.cni,
            self.crictl,
        )
        return Artifact("base", 8, make, (), (HERE / "recipe.py", HERE / "oci.py", HERE / "rootfs"), needs)

    def _installed(self, name: str, seconds: int, module: str, packages: list[str]) -> Artifact:
        """Programs of a module, as they are."""
        version = self.versions[name]

        def make(target: Path, _: dict[str, Path]) -> None:
            self.go.install(module, version, packages, target)

        return Artifact(name, seconds, make, (module, version, *packages))

    def _build_shim(self, target: Path) -> None:
        """Go replaces files only in a vendored module: the shim is built in a copy with its sources beside it."""
        copy = target / "source"
        shutil.copytree(HERE / "shim", copy)
        self.go.vendor(copy)
        replaced = copy / "vendor" / _CONTAINERD / "pkg/sys/oom_linux.go"
        overlay = target / "overlay.json"
        overlay.write_text(json.dumps({"Replace": {str(replaced): str(copy / "oom/oom.go")}}))
        self.go.build(copy, target / "containerd-shim-runsc-v1", options=["-mod=vendor", "-overlay", str(overlay)])
        shutil.rmtree(copy)
        overlay.unlink()

    def _node_files(self, layer: oci.Layer, made: Mapping[str, Path]) -> None:
        layer.tree(made["kind"] / "files")
        layer.tree(HERE / "rootfs")
        layer.text("kind/version", self.versions["kubernetes"])
        layer.file("usr/lib/ckslab/kubernetes", made["kubernetes"] / "kubernetes")
        for program in NODE_PROGRAMS:
            layer.link(f"usr/bin/{program}", "/usr/lib/ckslab/kubernetes")
        layer.file("usr/bin/kubectl", made["kubernetes"] / "kubectl")
        for artifact in ("containerd", "gvisor", "cri-tools"):
            for path in sorted(made[artifact].iterdir()):
                layer.file(f"usr/local/bin/{path.name}", path)
        for plugin in sorted(made["cni-plugins"].iterdir()):
            layer.file(f"opt/cni/bin/{plugin.name}", plugin)


class _Images:
    """The images that a node starts with, and their layers in a scratch directory."""

    def __init__(self, versions: Mapping[str, Any], scratch: Path, made: Mapping[str, Path]) -> None:
        self._versions = versions
        self._scratch = scratch
        self._made = made

    def write(self, archive: Path, architecture: str) -> None:
        oci.write(archive, [*self._cluster(), *self._applications()], architecture)

    def _cluster(self) -> list[oci.Image]:
        """What kubeadm asks for and what connects the Pods, under the names they are known by."""
        kubernetes, pause = self._made["kubernetes"] / "kubernetes", self._made["kubernetes"] / "pause"
        with self._layer("kubernetes") as layer:
            layer.file("usr/local/bin/kubernetes", kubernetes)
            for program in CONTROL_PLANE:
                layer.link(f"usr/local/bin/{program}", "kubernetes")
        with self._layer("pause") as layer:
            layer.file("pause", pause)
        with self._layer("iptables") as layer:
            # The packages were unpacked, not installed: the names that alternatives would have made are missing.
            for name in _IPTABLES:
                layer.link(f"usr/sbin/{name}", "xtables-nft-multi")
        with self._layer("kube-router") as layer:
            layer.file("usr/local/bin/kube-router", self._made["kube-router"] / "kube-router")
        netfilter = [self._made["stand-ins"] / "netfilter.tar", self._path("iptables")]
        images = []
        for program in CONTROL_PLANE:
            # The large layer is the lowest of all, so that it is unpacked once.
            above = netfilter if program == "kube-proxy" else []
            images.append(
                oci.Image(
                    self._name(program),
                    [self._path("kubernetes"), *above],
                    {"Entrypoint": [f"/usr/local/bin/{program}"]},
                )
            )
        images.append(oci.Image(self._name("pause"), [self._path("pause")], {"Entrypoint": ["/pause"]}))
        images.append(
            oci.Image(
                self._name("kube-router"),
                [*netfilter, self._path("kube-router")],
                {"Entrypoint": ["/usr/local/bin/kube-router"]},
            )
        )
        return images

    def _applications(self) -> list[oci.Image]:
        """Stand-ins for the images that exercises name."""
        busybox = self._made["stand-ins"] / "busybox"
        with self._layer("busybox") as layer:
            layer.directory("tmp", 0o1777)
            layer.directory("root", 0o700)
            layer.text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
            layer.text("etc/group", "root:x:0:\nnogroup:x:65534:\n")
            layer.file("bin/busybox", busybox, 0o755)
            for applet in _applets(busybox):
                layer.link(f"bin/{applet}", "busybox")
        with self._layer("nginx") as layer:
            layer.directory("run")
            layer.text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/bin/false\n")
            layer.text("etc/group", "root:x:0:\nadm:x:4:\nwww-data:x:33:\n")
            layer.link("var/log/nginx/access.log", "/dev/stdout")
            layer.link("var/log/nginx/error.log", "/dev/stderr")
            layer.link("etc/nginx/sites-enabled/default", "/etc/nginx/sites-available/default")
            layer.text("var/www/html/index.html", "<h1>Welcome to nginx!</h1>\n")
        content: dict[str, tuple[list[Path], dict[str, Any]]] = {
            "busybox": ([self._path("busybox")], {"Cmd": ["sh"]}),
            "nginx": (
                # The image of its makers has a shell, `cat` and `dmesg`, which learners look around with.
                [self._path("busybox"), self._made["stand-ins"] / "nginx.tar", self._path("nginx")],
                {"Entrypoint": ["/usr/sbin/nginx", "-g", "daemon off;"], "StopSignal": "SIGQUIT"},
            ),
        }
        return [
            oci.Image(name, *content[name.rpartition("/")[2].partition(":")[0]]) for name in self._versions["stand-ins"]
        ]

    def _name(self, program: str) -> str:
        kubernetes = self._versions["kubernetes"]
        if program == "kube-router":
            return f"docker.io/cloudnativelabs/kube-router:{self._versions['kube-router']}"
        other = {
            "etcd": f"etcd:{self._versions['etcd-image']}",
            "coredns": f"coredns/coredns:{self._versions['coredns']}",
            "pause": f"pause:{self._versions['pause']}",
        }
        return f"registry.k8s.io/{other.get(program, f'{program}:{kubernetes}')}"

    def _path(self, name: str) -> Path:
        return self._scratch / f"{name}.layer"

    def _layer(self, name: str) -> oci.Layer:
        return oci.Layer(self._path(name))


def _applets(busybox: Path) -> list[str]:
    """The names that a busybox answers to, but for its own."""
    busybox.chmod(0o755)
    listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout
    return [applet for applet in listed.split() if applet != "busybox"]
