"""Who reaches whom in the network of the cluster, by connections that are tried from the networks of Pods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TypeVar

from checkers.api import Finding, LabBroken, Observer, Text, broken, check, failed, passed
from checkers.kit.network import Place, connects, node_resolves, resolves, silent
from checkers.kit.pod import Pod
from checkers.kit.policies import VERSION, Direction, Object, Way, isolating, policies, ways
from checkers.kit.text import NAMED, as_is, listed
from checkers.kit.trouble import PATIENCE, Trouble
from checkers.kit.workload import CAUSES, pods_of

LINK = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"

_DIRECTIONS: Sequence[Direction] = ("Ingress", "Egress")
_REFUSED = Text(
    "What is not forbidden is allowed: whoever breaks into one Pod tries all that it can reach.",
    "没有禁止的都是允许的：攻入一个 Pod 的人会尝试它能到达的一切。",
)
_ALLOWED = Text(
    "A policy that cuts what the work needs will be deleted by whoever has to get it going again.",
    "切断工作所需连接的策略，会被负责恢复工作的人删掉。",
)
_RESOLVES = Text(
    "A program asks for an address before it connects: without DNS, nothing works that goes by a name.",
    "程序在连接之前要先查询地址：没有 DNS，凡是使用名称的都不能工作。",
)
_ISOLATED = Text(
    "A Pod that no policy selects is open. Whoever makes the next one will not think of a label for that.",
    "没有被任何策略选中的 Pod 是开放的。下一个创建 Pod 的人不会想到要为此加上标签。",
)

_DNS = 53
_AT_ONCE = 6
"""Pods from which connections are tried at the same time."""

Asked = TypeVar("Asked")
Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Connection:
    """One that is tried. `target` is None where it is to a Service; `name` says to what."""

    source: Pod
    target: Pod | None
    place: Place
    name: str

    @property
    def text(self) -> Text:
        """Between whom."""
        source = f"{self.source.namespace}/{self.source.name} ({self.source.node})"
        return as_is(f"{source} -> {self.name}:{self.place.port}")


@check(
    "network.refuses",
    causes=(
        *(*CAUSES, "no-answer", "not-isolated", "any-peer", "any-peer-for-dns"),
        *("whole-namespace", "namesake", "every-port"),
    ),
)
def refuses(cluster: Observer, *, connections: Mapping[str, Sequence[str]], services: Sequence[str] = ()) -> Finding:
    """No Pod of these Deployments reaches a Pod of those, which all the same answers in its own network.

    `connections` has `NAMESPACE/DEPLOYMENT: [NAMESPACE/DEPLOYMENT:PORT]`: from where to where. `services` are reached
    from none of the sources, either: `NAMESPACE/SERVICE:PORT`.
    """
    pairs = _described(connections, services)
    expected = Text(f"no connection {pairs}", f"无法建立连接 {pairs}")
    tried = _connections(cluster, connections, services)
    if isinstance(tried, Trouble):
        return tried.finding(expected, _REFUSED, LINK)
    if closed := _silent(cluster, tried):
        return failed(expected, listed(closed), _ALLOWED, LINK, ("no-answer",))
    came = _in_time(cluster, tried, lambda: _came(cluster, tried), lambda seen: not seen)
    if not came:
        return passed(expected, Text(f"{len(tried)} were tried", f"尝试了 {len(tried)} 个连接"))
    causes = {cause for connection in came for cause in _why_open(cluster, connection)}
    if causes == {"any-peer"} and all(connection.place.port == _DNS for connection in came):
        causes = {"any-peer-for-dns"}
    some = listed(connection.text for connection in came[:NAMED])
    found = Text(
        f"{len(came)} of {len(tried)} came about: {some.en}", f"建立了 {len(tried)} 个中的 {len(came)} 个：{some.zh}"
    )
    return failed(expected, found, _REFUSED, LINK, causes)


@check("network.reaches", causes=(*CAUSES, "no-answer", "not-let-in", "not-let-out", "let-neither"))
def reaches(cluster: Observer, *, connections: Mapping[str, Sequence[str]]) -> Finding:
    """Each Pod of these Deployments reaches each Pod of those: `NAMESPACE/DEPLOYMENT: [NAMESPACE/DEPLOYMENT:PORT]`."""
    pairs = _described(connections)
    expected = Text(f"connections {pairs}", f"可以建立连接 {pairs}")
    tried = _connections(cluster, connections)
    if isinstance(tried, Trouble):
        return tried.finding(expected, _ALLOWED, LINK)
    if closed := _silent(cluster, tried):
        return failed(expected, listed(closed), _ALLOWED, LINK, ("no-answer",))
    came = _in_time(cluster, tried, lambda: _came(cluster, tried), lambda seen: len(seen) == len(tried))
    lacking = [connection for connection in tried if connection not in came]
    if not lacking:
        return passed(expected, Text(f"{len(tried)} came about", f"建立了 {len(tried)} 个连接"))
    causes = {cause for connection in lacking for cause in _why_refused(cluster, connection)}
    some = listed(connection.text for connection in lacking[:NAMED])
    found = Text(
        f"{len(lacking)} of {len(tried)} did not come about: {some.en}",
        f"{len(tried)} 个中有 {len(lacking)} 个没有建立：{some.zh}",
    )
    return failed(expected, found, _ALLOWED, LINK, causes)


@check("network.resolves", causes=(*CAUSES, "dns-cut", "udp-cut", "tcp-cut"))
def resolve(cluster: Observer, *, workloads: Sequence[str]) -> Finding:
    """Each Pod of these Deployments (`NAMESPACE/DEPLOYMENT`) is answered by the cluster's DNS, by UDP and by TCP."""
    names = ", ".join(workloads)
    expected = Text(f"DNS answers the Pods of {names}, by UDP and by TCP", f"DNS 通过 UDP 和 TCP 应答 {names} 的 Pod")
    pods = _all_pods(cluster, workloads)
    if isinstance(pods, Trouble):
        return pods.finding(expected, _RESOLVES, LINK)
    server = _address(cluster, "kube-system", "kube-dns")
    if not node_resolves(cluster, pods[0].node, server):
        node = pods[0].node
        return broken(expected, Text(f"{server} does not answer {node} either", f"{server} 也不应答 {node}"))

    def ask_one(pod: Pod) -> tuple[bool, bool]:
        return resolves(cluster, pod, server), all(connects(cluster, pod, [Place(server, _DNS)]))

    def ask() -> Sequence[tuple[bool, bool]]:
        return _side_by_side(ask_one, pods)

    spaces = {pod.namespace for pod in pods}
    answered = _until(cluster, spaces, ask, lambda seen: all(all(each) for each in seen))
    lacking = {(pod.name, _missing(each)) for pod, each in zip(pods, answered, strict=True) if not all(each)}
    if not lacking:
        return passed(expected, Text(f"{len(pods)} Pods asked {server}", f"{len(pods)} 个 Pod 询问了 {server}"))
    said = [
        Text(f"Pod {name}: no answer of {server} by {by}", f"Pod {name}：{server} 没有通过 {by} 应答")
        for name, by in sorted(lacking)
    ]
    causes = {_CUT[by] for _, by in lacking}
    return failed(expected, listed(said[:NAMED]), _RESOLVES, LINK, causes)


_CUT = {"UDP, TCP": "dns-cut", "UDP": "udp-cut", "TCP": "tcp-cut"}


@check("network.isolates", causes=("open", "ingress-open", "egress-open", "by-label", "policy-elsewhere"))
def isolates(cluster: Observer, *, namespace: str) -> Finding:
    """A Pod that comes into the namespace with labels of its own is held to a policy, in both directions."""
    expected = Text(
        f"policies of namespace {namespace} select every Pod for ingress and for egress, whatever its labels",
        f"命名空间 {namespace} 的策略在入站和出站两个方向上选中所有 Pod，无论其标签如何",
    )
    labels = {cluster.draw("label"): cluster.draw("value")}
    known = policies(cluster, namespace)
    not_held: list[Direction] = [each for each in _DIRECTIONS if not isolating(known, labels, each)]
    names = ", ".join(sorted(policy["metadata"]["name"] for policy in known)) or "-"
    if not not_held:
        return passed(expected, as_is(f"NetworkPolicy: {names}"))
    open_to = ", ".join(not_held)
    found = Text(
        f"a Pod with other labels is not held to any policy for {open_to}; NetworkPolicies of {namespace}: {names}",
        f"带有其他标签的 Pod 不受任何 {open_to} 策略约束；{namespace} 的 NetworkPolicy：{names}",
    )
    causes = {"open" if len(not_held) > 1 else f"{not_held[0].lower()}-open"}
    if all(any(each in (policy["spec"].get("policyTypes") or ()) for policy in known) for each in not_held):
        causes.add("by-label")
    if not known and _elsewhere(cluster):
        causes.add("policy-elsewhere")
    return failed(expected, found, _ISOLATED, LINK, causes)


def _elsewhere(cluster: Observer) -> bool:
    """Whether there are policies in any namespace, but for the cluster's own."""
    everywhere = cluster.list("NetworkPolicy", version=VERSION)
    return any(policy["metadata"]["namespace"] != "kube-system" for policy in everywhere)


def _missing(answered: tuple[bool, bool]) -> str:
    return ", ".join(by for by, is_there in zip(("UDP", "TCP"), answered, strict=True) if not is_there)


def _described(connections: Mapping[str, Sequence[str]], services: Sequence[str] = ()) -> str:
    pairs = [f"{source} -> {', '.join([*targets, *services])}" for source, targets in connections.items()]
    return "; ".join(pairs)


def _connections(
    cluster: Observer, wanted: Mapping[str, Sequence[str]], services: Sequence[str] = ()
) -> list[Connection] | Trouble:
    """Each that is meant, from Pod to Pod; or why one of the Deployments has no Pods to try it with."""
    ends = [*wanted, *(target.partition(":")[0] for targets in wanted.values() for target in targets)]
    by_name: dict[str, Sequence[Pod]] = {}
    for name in dict.fromkeys(ends):
        pods = pods_of(cluster, name)
        if isinstance(pods, Trouble):
            return pods
        by_name[name] = pods
    found: list[Connection] = []
    for source, targets in wanted.items():
        for pod in by_name[source]:
            for target in targets:
                name, _, port = target.partition(":")
                found += [_to_pod(pod, each, int(port)) for each in by_name[name]]
            found += [_to_service(cluster, pod, service) for service in services]
    return found


def _all_pods(cluster: Observer, names: Sequence[str]) -> list[Pod] | Trouble:
    found: list[Pod] = []
    for name in names:
        pods = pods_of(cluster, name)
        if isinstance(pods, Trouble):
            return pods
        found += pods
    return found


def _to_pod(source: Pod, target: Pod, port: int) -> Connection:
    place = Place(str(target.status.get("podIP") or ""), port)
    return Connection(source, target, place, f"{target.namespace}/{target.name}")


def _to_service(cluster: Observer, source: Pod, service: str) -> Connection:
    whole, _, port = service.partition(":")
    return Connection(source, None, Place(_address(cluster, *whole.split("/")), int(port)), whole)


def _address(cluster: Observer, namespace: str, service: str) -> str:
    found = cluster.get("Service", service, namespace)
    if found is None:
        raise LabBroken(
            Text(f"there is no Service {service} in {namespace}", f"命名空间 {namespace} 中没有 Service {service}")
        )
    return str(found["spec"]["clusterIP"])


def _silent(cluster: Observer, tried: Sequence[Connection]) -> list[Text]:
    """The targets that nobody could reach: on these ports they do not answer themselves."""
    return silent(cluster, ((each.name, each.target, each.place) for each in tried if each.target))


def _came(cluster: Observer, tried: Sequence[Connection]) -> list[Connection]:
    """Those that come about."""
    by_source: dict[str, list[Connection]] = {}
    for connection in tried:
        by_source.setdefault(f"{connection.source.namespace}/{connection.source.name}", []).append(connection)

    def of_one(of_source: Sequence[Connection]) -> list[Connection]:
        came = connects(cluster, of_source[0].source, [connection.place for connection in of_source])
        return [connection for connection, is_there in zip(of_source, came, strict=True) if is_there]

    return list(chain.from_iterable(_side_by_side(of_one, list(by_source.values()))))


def _side_by_side(ask: Callable[[Asked], Seen], of: Sequence[Asked]) -> list[Seen]:
    """Ask of each: what a policy drops is waited for, for seconds, and the waits need not follow one another."""
    with ThreadPoolExecutor(_AT_ONCE) as asking:
        return list(asking.map(ask, of))


def _in_time(
    cluster: Observer,
    tried: Sequence[Connection],
    ask: Callable[[], Seen],
    is_right: Callable[[Seen], bool],
) -> Seen:
    spaces = {pod.namespace for connection in tried for pod in (connection.source, connection.target) if pod}
    return _until(cluster, spaces, ask, is_right)


def _until(cluster: Observer, spaces: set[str], ask: Callable[[], Seen], is_right: Callable[[Seen], bool]) -> Seen:
    """What was seen once it is right, or will not become so: nodes take a policy up a moment after it was made."""
    seen = ask()
    if is_right(seen) or not _has_new_policy(cluster, spaces):
        return seen
    for _ in range(PATIENCE):
        cluster.wait(1)
        seen = ask()
        if is_right(seen):
            break
    return seen


def _has_new_policy(cluster: Observer, spaces: set[str]) -> bool:
    """Whether one was made a few seconds ago. When one was changed it does not tell, but that it was."""
    now = cluster.now()
    return any(
        policy["metadata"].get("generation", 1) > 1 or _age(policy, now) < PATIENCE
        for space in sorted(spaces)
        for policy in policies(cluster, space)
    )


def _age(policy: Object, now: datetime) -> float:
    return (now - datetime.fromisoformat(policy["metadata"]["creationTimestamp"])).total_seconds()


def _why_open(cluster: Observer, connection: Connection) -> set[str]:
    """By what a connection comes about: no policy is in its way, or one lets it pass."""
    held = _held(cluster, connection)
    if not held:
        return {"not-isolated"}
    return {cause for found in held.values() for way in found for cause in _of_way(way, connection)}


def _of_way(way: Way, connection: Connection) -> set[str]:
    if way.item is None:
        return {"any-peer"}
    pods, spaces = way.item.get("podSelector"), way.item.get("namespaceSelector")
    if way.item.get("ipBlock"):
        return set()
    if not pods:
        return {"whole-namespace"}
    if spaces is not None and connection.target and connection.source.namespace != connection.target.namespace:
        return {"namesake"}
    return {"every-port"} if way.is_for_every_port else set()


def _why_refused(cluster: Observer, connection: Connection) -> set[str]:
    """At which end no policy lets a connection pass."""
    words = {"Ingress": "not-let-in", "Egress": "not-let-out"}
    found = {words[direction] for direction, found in _held(cluster, connection).items() if not found}
    return {"let-neither"} if len(found) > 1 else found


def _held(cluster: Observer, connection: Connection) -> dict[Direction, list[Way]]:
    """The directions in which one of the two Pods is held to policies, and how these let the connection pass."""
    if connection.target is None:
        known = policies(cluster, connection.source.namespace)
        labels = connection.source.metadata.get("labels") or {}
        return {"Egress": []} if isolating(known, labels, "Egress") else {}
    target = (connection.target, connection.place.port)
    ends: Sequence[tuple[Direction, Pod, Pod]] = (
        ("Ingress", connection.target, connection.source),
        ("Egress", connection.source, connection.target),
    )
    held: dict[Direction, list[Way]] = {}
    for direction, pod, peer in ends:
        known = policies(cluster, pod.namespace)
        if isolating(known, pod.metadata.get("labels") or {}, direction):
            held[direction] = ways(cluster, known, direction, pod, peer, target)
    return held
