"""The handlers that containerd has for Pods on a node: what runs by them now, and what would after its next start."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkers.api import Finding, Observer, Ran, Text, check, failed, passed
from checkers.kit.text import as_is, listed

CONTAINERD = "https://gvisor.dev/docs/user_guide/containerd/configuration/"
RUNTIME_CLASS = "https://kubernetes.io/docs/concepts/containers/runtime-class/"

_GVISOR = "io.containerd.runsc."
_RUNC = "io.containerd.runc."
# As systemd starts it: its configuration may lie elsewhere.
_DUMP = (
    "config=$(systemctl show containerd --property=ExecStart --value"
    " | grep -oE -e '(-c|--config)[= ][^ ;]+' | tail -n 1);"
    ' config=${config#*[= ]}; containerd ${config:+--config "$config"} config dump'
)
_WRITTEN = "grep --recursive --no-messages --files-with-matches -e '^[^#]*io\\.containerd\\.runsc' /etc/containerd"

_HANDLER = Text(
    "Each node's container runtime has handlers of its own, and reads its configuration when it starts; a section that "
    "it does not read, it passes over with a warning in its log.",
    "每个节点的容器运行时有自己的 handler，并在启动时读取配置；对于不读取的小节，它只在日志中警告一声便忽略。",
)
_USUAL = Text(
    "A Pod without a RuntimeClass gets the usual handler: what the system and everybody else run should not change.",
    "没有 RuntimeClass 的 Pod 使用默认的 handler：系统和其他人运行的工作负载不应有变化。",
)
_CLASS = Text(
    "A RuntimeClass only makes a handler of the nodes known to the cluster: the names have to be the same.",
    "RuntimeClass 只是让集群知道节点上的 handler：两者的名称必须一致。",
)


@dataclass(frozen=True, slots=True)
class Handlers:
    """What containerd runs Pods by.

    Attributes:
        types: handler -> type of the runtime.
        usual: the handler of Pods that name none.
        settings: handler -> the file that its options name, where they do.
    """

    types: Mapping[str, str]
    usual: str
    settings: Mapping[str, str]

    @classmethod
    def of(cls, runtimes: Mapping[str, Mapping[str, Any]], kind: str, usual: object) -> Handlers:
        """What containerd has under `runtimes`; `kind` is what it calls the type of one."""
        options = {name: runtime.get("options") or {} for name, runtime in runtimes.items()}
        return cls(
            {name: str(runtime.get(kind)) for name, runtime in runtimes.items()},
            str(usual),
            {name: str(of_runtime.get("ConfigPath") or "") for name, of_runtime in options.items()},
        )

    def with_settings(self, file: str) -> frozenset[str]:
        """The handlers that are gVisor's and go by this file; where none is named, by any."""
        return frozenset(name for name in self.of_gvisor if not file or self.settings.get(name) == file)

    @property
    def of_gvisor(self) -> frozenset[str]:
        """The handlers that are gVisor's."""
        return frozenset(name for name, kind in self.types.items() if kind.startswith(_GVISOR))

    @property
    def text(self) -> Text:
        """As a statement."""
        return as_is(", ".join(f"{name}: {kind}" for name, kind in sorted(self.types.items())) or "-")


@check(
    "sandbox.handler",
    causes=(
        *("not-written", "other-node", "section-ignored", "not-restarted", "not-lasting", "config-broken"),
        *("not-running", "other-settings"),
    ),
)
def handler(cluster: Observer, *, node: str, settings: str = "") -> Finding:
    """containerd on the node has a handler of gVisor's, and would have it after its next start.

    `settings` is the file that its options have to name under `ConfigPath`.
    """
    expected = Text(
        f"containerd on {node} has a handler of gVisor's, and would have it again after a restart",
        f"{node} 上的 containerd 有 gVisor 的 handler，重新启动后仍然有",
    )
    now, following = _running(cluster, node), _following(cluster, node)
    if isinstance(following, Text):
        return failed(expected, following, _HANDLER, CONTAINERD, ("config-broken",))
    found = listed(
        [
            _now(now),
            Text(f"by its configuration: {following.text.en}", f"按其配置：{following.text.zh}"),
        ]
    )
    if now is None:
        return failed(expected, found, _HANDLER, CONTAINERD, ("not-running",))
    right_now, right_then = now.with_settings(settings), following.with_settings(settings)
    if right_now & right_then:
        return passed(expected, found)
    if right_then:
        return failed(expected, found, _HANDLER, CONTAINERD, ("not-restarted",))
    if right_now:
        return failed(expected, found, _HANDLER, CONTAINERD, ("not-lasting",))
    if following.of_gvisor:
        named = ", ".join(sorted(following.settings[name] or "-" for name in following.of_gvisor))
        words = as_is(f"ConfigPath: {named}")
        return failed(expected, listed([found, words]), _HANDLER, CONTAINERD, ("other-settings",))
    where, cause = _instead(cluster, node)
    return failed(expected, listed([found, *where]), _HANDLER, CONTAINERD, (cause,))


@check("sandbox.usual", causes=("usual-is-gvisor", "usual-is-another"))
def usual(cluster: Observer, *, node: str) -> Finding:
    """containerd on the node runs a Pod without a RuntimeClass by runc, and would after its next start."""
    expected = Text(
        f"containerd on {node} runs Pods without a RuntimeClass by runc, and would after a restart",
        f"{node} 上的 containerd 用 runc 运行没有 RuntimeClass 的 Pod，重新启动后仍然如此",
    )
    now, following = _running(cluster, node), _following(cluster, node)
    if isinstance(following, Text):
        return failed(expected, following, _USUAL, CONTAINERD)
    if now is None:
        return failed(expected, _now(now), _USUAL, CONTAINERD)
    kinds = [handlers.types.get(handlers.usual, "") for handlers in (now, following)]
    found = as_is(", ".join(dict.fromkeys(kind or "-" for kind in kinds)))
    if all(kind.startswith(_RUNC) for kind in kinds):
        return passed(expected, found)
    is_gvisor = any(kind.startswith(_GVISOR) for kind in kinds)
    return failed(expected, found, _USUAL, CONTAINERD, ("usual-is-gvisor" if is_gvisor else "usual-is-another",))


@check("sandbox.leads_to_gvisor", causes=("class-absent", "handler-unknown", "handler-of-another"))
def leads_to_gvisor(cluster: Observer, *, name: str, node: str) -> Finding:
    """The RuntimeClass of this name has for its handler one of gVisor's on the node."""
    expected = Text(
        f"RuntimeClass {name} has a handler that is gVisor's on {node}",
        f"RuntimeClass {name} 的 handler 在 {node} 上是 gVisor 的",
    )
    there = cluster.get("RuntimeClass", name, version="node.k8s.io/v1")
    known = _running(cluster, node)
    if there is None:
        words = Text(f"there is no RuntimeClass {name}", f"没有 RuntimeClass {name}")
        return failed(expected, words, _CLASS, RUNTIME_CLASS, ("class-absent",))
    named = str(there["handler"])
    words = _now(known)
    on_node = Text(f"on {node}, {words.en}", f"{node} 上，{words.zh}")
    found = listed([as_is(f"RuntimeClass {name}: handler {named}"), on_node])
    if known is None:
        return failed(expected, found, _CLASS, RUNTIME_CLASS)
    if named in known.of_gvisor:
        return passed(expected, found)
    cause = "handler-of-another" if named in known.types else "handler-unknown"
    return failed(expected, found, _CLASS, RUNTIME_CLASS, (cause,))


def _unreadable(node: str, said: str) -> Text:
    return Text(
        f"containerd on {node} cannot read its configuration: {said}",
        f"{node} 上的 containerd 无法读取它的配置：{said}",
    )


def _now(handlers: Handlers | None) -> Text:
    """As a statement."""
    if handlers is None:
        return Text("now: containerd does not answer", "现在：containerd 没有应答")
    return Text(f"now: {handlers.text.en}", f"现在：{handlers.text.zh}")


def _running(cluster: Observer, node: str) -> Handlers | None:
    """What containerd says while it runs; None where it does not, or has nothing to do with Kubernetes."""
    return _read(cluster.on_node(node, ["crictl", "info"]))


def _read(info: Ran) -> Handlers | None:
    try:
        containerd = json.loads(info.stdout)["config"]["containerd"]
    except (ValueError, LookupError, TypeError):
        return None
    return Handlers.of(containerd.get("runtimes") or {}, "runtimeType", containerd.get("defaultRuntimeName"))


def _following(cluster: Observer, node: str) -> Handlers | Text:
    """What containerd would have after its next start; where it would not start, its own words."""
    dumped = cluster.on_node(node, ["sh", "-c", _DUMP])
    if dumped.code != 0:
        return _unreadable(node, dumped.stderr.strip().rpartition("\n")[2])
    plugins: Mapping[str, Any] = tomllib.loads(dumped.stdout).get("plugins", {})
    for plugin in plugins.values():  # the one that has runtimes is called otherwise in containerd 1
        containerd = plugin.get("containerd", {})
        if "runtimes" in containerd:
            return Handlers.of(containerd["runtimes"], "runtime_type", containerd.get("default_runtime_name"))
    return Handlers({}, "", {})


def _instead(cluster: Observer, node: str) -> tuple[Sequence[Text], str]:
    """Where gVisor's handler is written instead, and the cause."""
    written = cluster.on_node(node, ["sh", "-c", _WRITTEN]).stdout.split()
    if written:
        files = ", ".join(written)
        words = Text(
            f"{files} has a handler of gVisor's, where containerd does not read it",
            f"{files} 中有 gVisor 的 handler，但写在 containerd 不读取的地方",
        )
        return [words], "section-ignored"
    others = [other["metadata"]["name"] for other in cluster.list("Node") if other["metadata"]["name"] != node]
    there = [other for other in others if (known := _running(cluster, other)) and known.of_gvisor]
    if there:
        return [Text(f"{', '.join(there)} has one", f"{', '.join(there)} 上有")], "other-node"
    return [], "not-written"
