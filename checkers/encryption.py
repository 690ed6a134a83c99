"""The configuration of encryption at rest that the API server runs with, against the one it would start with."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import commonpath, join, normpath, relpath

from checkers.api import Finding, LabBroken, Observer, Ran, Text, check, failed, passed
from checkers.etcd import ENCRYPT
from checkers.words import as_is

NODE = "kube-control-plane"

_FLAG = "--encryption-provider-config"
_TEMPLATE = '{"args": {{json .info.runtimeSpec.process.args}}, "mounts": {{json .status.mounts}}}'
_LOADED = re.compile(r'^apiserver_encryption_config_controller_last_config_info\{.*\bhash="sha256:(\w+)".*\} 1$', re.M)
# All metrics together are megabytes.
_METRICS = "kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /metrics | grep ^apiserver_encryption_config"

_WHY = Text(
    "With a file that it cannot read the API server does not start; with another key in it, Secrets become unreadable.",
    "启动时读不到该文件，API 服务器就无法运行；文件中的密钥变了，Secret 就无法读取。",
)


@dataclass(frozen=True, slots=True)
class _Server:
    """The API server's container: what it was started with, and which directories and files of the node it sees."""

    args: Sequence[str]
    mounts: dict[str, str]

    @property
    def config(self) -> str:
        """The path that the flag names, inside the container; empty without the flag. The last one counts."""
        values = [following for own, following in zip(self.args, [*self.args[1:], ""], strict=True) if own == _FLAG]
        values += [own.partition("=")[2] for own in self.args if own.startswith(f"{_FLAG}=")]
        return normpath(join("/", values[-1])) if values else ""

    def on_node(self, path: str) -> str:
        """Where a file of the container lies on the node; empty if it is the container's own, and gone with it."""
        outer = [place for place in self.mounts if commonpath([place, path]) == place]
        if not outer:
            return ""
        nearest = max(outer, key=len)
        return normpath(f"{self.mounts[nearest]}/{relpath(path, nearest)}")


@check("encryption.lasting")
def lasting(lab: Observer) -> Finding:
    """The API server encrypts by the very file that it would find when it starts again."""
    expected = Text(
        "the API server runs with an encryption configuration, and would start with the same one again",
        "API 服务器使用加密配置运行，并且重新启动时会使用同一份配置",
    )
    lab.list("Namespace")  # if it is down, the observer says why
    server = _server(lab)
    if not server.config:
        return failed(expected, Text(f"it was started without {_FLAG}", f"它启动时没有 {_FLAG}"), _WHY, ENCRYPT)
    file = server.on_node(server.config)
    if not file:
        found = Text(
            f"{server.config} is on no volume, so it is lost with the container",
            f"{server.config} 不在任何卷中，会随容器一起消失",
        )
        return failed(expected, found, _WHY, ENCRYPT)
    hashed = lab.on_node(NODE, ["sha256sum", "--", file])
    if hashed.code != 0:
        return failed(expected, as_is(hashed.stderr.strip()), _WHY, ENCRYPT)
    if hashed.stdout.split()[0].lstrip("\\") not in _loaded(lab):
        found = Text(
            f"{file} on {NODE} is not what it has loaded: the file was changed after it started",
            f"{NODE} 上的 {file} 不是它已加载的内容：文件在它启动之后被修改过",
        )
        return failed(expected, found, _WHY, ENCRYPT)
    return passed(expected, Text(f"it has loaded {file} as it is on {NODE}", f"它已加载 {NODE} 上现有的 {file}"))


def _server(lab: Observer) -> _Server:
    label = "--label=io.kubernetes.container.name=kube-apiserver"
    newest = _must(lab.on_node(NODE, ["crictl", "ps", "--quiet", label])).stdout.split()[0]
    argv = ["crictl", "inspect", "--output=go-template", f"--template={_TEMPLATE}", newest]
    seen = json.loads(_must(lab.on_node(NODE, argv)).stdout)
    return _Server(seen["args"], {normpath(own["containerPath"]): own["hostPath"] for own in seen["mounts"]})


def _loaded(lab: Observer) -> list[str]:
    """The hash of the configuration that the API server has loaded, as it says itself."""
    found = _LOADED.findall(lab.on_node(NODE, ["sh", "-c", _METRICS]).stdout)
    if not found:
        raise LabBroken(
            Text(
                "The API server does not say which encryption configuration it has loaded; that of 1.35 does.",
                "API 服务器没有说明已加载哪份加密配置；1.35 版会说明。",
            )
        )
    return found


def _must(ran: Ran) -> Ran:
    if ran.code != 0 or not ran.stdout.strip():
        raise LabBroken(as_is(ran.stderr.strip() or "crictl"))
    return ran
