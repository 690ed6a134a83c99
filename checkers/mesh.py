"""Pods in a service mesh: whether they are spoken to with mutual TLS only, and what the wire carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from checkers.api import DryRun, Finding, NotSeen, Observer, Text, check, failed, passed
from checkers.kit.mesh import NETWORKING, PAST_THE_PROXY, ROOT, Object, has_proxy, in_time, is_injected, selector
from checkers.kit.network import (
    CURL,
    NO_ANSWER,
    Place,
    Request,
    enter,
    is_answer,
    no_service,
    of_service,
    silent,
    statuses,
    wrong_ones,
)
from checkers.kit.peer_authentication import PERMISSIVE, STRICT, decision, policies
from checkers.kit.pod import Pod
from checkers.kit.text import NAMED, as_is, listed, of_some
from checkers.kit.trouble import Trouble
from checkers.kit.workload import CAUSES, pods_of

MTLS = "https://istio.io/latest/docs/tasks/security/authentication/mtls-migration/"
INJECTION = "https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/"

_OPEN = ("not-injected", "no-policy", "permissive", "disabled", "by-label", "policy-elsewhere")
"""Why a Pod may be spoken to in plain text."""

_PLAIN = Text(
    "Who speaks plain text shows no certificate: the server cannot know who asks, and everybody on the way can listen.",
    "使用明文的人不出示证书：服务器不知道是谁在请求，途中的任何人都能读到内容。",
)
_WIRE = Text(
    "Whoever can listen on a node or between two of them reads what is not encrypted, passwords and all.",
    "能在节点上或节点之间窃听的人，可以读到一切没有加密的内容，包括密码。",
)
_NEW = Text(
    "Nobody who creates the next Pod will think of this: it has to hold by itself.",
    "创建下一个 Pod 的人不会想到这一点：规则必须自行生效。",
)
_NEEDED = Text(
    "A rule that cuts what others still need will be taken back by whoever has to get it going again.",
    "切断别人仍然需要的连接的规则，会被负责恢复工作的人撤销。",
)

# Runs a command in this network and tells how many frames came by meanwhile, but for those that stayed in the Pod, and
# in how many of them a word was to be read. 17: packets as they are; 0x0300: of every protocol; 772: the loopback.
_WATCH = """
use Socket;
socket(my $wire, 17, SOCK_RAW, 0x0300) or die "packets cannot be read: $!";
my $word = shift;
system(@ARGV);
my ($frames, $clear) = (0, 0);
while (defined(my $from = recv($wire, my $frame, 65535, MSG_DONTWAIT))) {
    next if (unpack "S n i S", $from)[3] == 772;
    $frames++;
    $clear++ if index($frame, $word) >= 0;
}
print " $frames $clear";
"""


@dataclass(frozen=True, slots=True)
class _Target:
    """A port of a Pod that somebody asks in plain text."""

    client: Pod
    server: Pod
    port: int

    @property
    def place(self) -> Place:
        return Place(str(self.server.status.get("podIP") or ""), self.port)

    def said(self, status: str) -> Text:
        pair = f"{_name(self.client)} -> {_name(self.server)}:{self.port}"
        outcome = Text("no answer", "没有应答") if status == NO_ANSWER else as_is(f"HTTP {status}")
        return Text(f"{pair}: {outcome.en}", f"{pair}：{outcome.zh}")


@dataclass(frozen=True, slots=True)
class _Watched:
    """A request, and what was on the wire meanwhile."""

    client: Pod
    service: str
    status: str
    frames: int
    clear: int

    @property
    def is_right(self) -> bool:
        return is_answer(self.status) and self.frames > 0 and not self.clear

    @property
    def text(self) -> Text:
        pair = f"{_name(self.client)} -> {self.service}"
        if self.status == NO_ANSWER:
            return Text(f"{pair}: no answer", f"{pair}：没有应答")
        said = f"{pair}: HTTP {self.status}"
        if not self.clear:
            return as_is(said)
        return Text(
            f"{said}, in plain text in {self.clear} of {self.frames} packets",
            f"{said}，{self.frames} 个数据包中有 {self.clear} 个是明文",
        )


@check(
    "mesh.refuses_plain_text", causes=(*CAUSES, *_OPEN, "not-restarted", "port-level", "no-answer", "destination-rule")
)
def refuses_plain_text(cluster: Observer, *, clients: Sequence[str], servers: Mapping[str, Sequence[int]]) -> Finding:
    """No Pod of these Deployments answers a request without TLS on these ports, on which it all the same listens.

    `clients` (`NAMESPACE/DEPLOYMENT`) are from whose networks it is asked, without a proxy even where a Pod has one.
    """
    names = "; ".join(f"{name}: {', '.join(map(str, ports))}" for name, ports in servers.items())
    expected = Text(f"no request without TLS is answered by {names}", f"{names} 不应答任何不使用 TLS 的请求")
    targets = _targets(cluster, clients, servers)
    if isinstance(targets, Trouble):
        return targets.finding(expected, _PLAIN, MTLS)
    if closed := _silent(cluster, targets):
        return failed(expected, listed(closed), _NEEDED, MTLS, ("no-answer",))
    seen = in_time(cluster, lambda: _in_plain_text(cluster, targets), lambda seen: set(seen) <= {NO_ANSWER})
    answered = wrong_ones(targets, seen, lambda status: status == NO_ANSWER, names)
    if not answered:
        return passed(expected, Text(f"{len(targets)} were tried", f"尝试了 {len(targets)} 个请求"))
    causes = {cause for target, _ in answered for cause in _why_open(cluster, target.server, target.port)}
    some = listed(target.said(status) for target, status in answered[:NAMED])
    found = Text(
        f"{len(answered)} of {len(targets)} were answered: {some.en}",
        f"{len(targets)} 个中有 {len(answered)} 个得到应答：{some.zh}",
    )
    return failed(expected, found, _PLAIN, MTLS, causes)


@check("mesh.answers_plain_text", causes=(*CAUSES, "no-answer", "strict"))
def answers_plain_text(cluster: Observer, *, clients: Sequence[str], servers: Mapping[str, Sequence[int]]) -> Finding:
    """Each Pod of these Deployments answers a request without TLS on these ports, as one from outside of the mesh.

    `clients` (`NAMESPACE/DEPLOYMENT`) are from whose networks it is asked, without a proxy even where a Pod has one.
    """
    names = "; ".join(f"{name}: {', '.join(map(str, ports))}" for name, ports in servers.items())
    expected = Text(f"requests without TLS are answered by {names}", f"{names} 应答不使用 TLS 的请求")
    targets = _targets(cluster, clients, servers)
    if isinstance(targets, Trouble):
        return targets.finding(expected, _NEEDED, MTLS)
    if closed := _silent(cluster, targets):
        return failed(expected, listed(closed), _NEEDED, MTLS, ("no-answer",))
    seen = in_time(cluster, lambda: _in_plain_text(cluster, targets), lambda seen: all(map(is_answer, seen)))
    wrong = wrong_ones(targets, seen, is_answer, names)
    if not wrong:
        return passed(expected, Text(f"{len(targets)} were answered", f"{len(targets)} 个请求得到应答"))
    known = policies(cluster)
    modes = {decision(known, each.server.namespace, _labels(each.server), each.port).mode for each, _ in wrong}
    texts = [target.said(status) for target, status in wrong]
    return failed(expected, of_some(texts, len(targets)), _NEEDED, MTLS, ("strict",) if STRICT in modes else ())


@check("mesh.encrypts", causes=(*CAUSES, "no-service", "not-answered", "plain-text", "not-injected", "not-restarted"))
def encrypts(cluster: Observer, *, connections: Mapping[str, Sequence[str]]) -> Finding:
    """Each Pod of these Deployments is answered by these Services, and nothing of it can be read on the wire.

    `connections` has `NAMESPACE/DEPLOYMENT: [NAMESPACE/SERVICE:PORT]`. A request with a random word goes out, and the
    packets that leave the Pod or come to it are searched for the word.
    """
    pairs = "; ".join(f"{client} -> {', '.join(services)}" for client, services in connections.items())
    expected = Text(f"answered and encrypted: {pairs}", f"得到应答并且加密：{pairs}")
    requests: list[tuple[Pod, str, Place]] = []
    for name, services in connections.items():
        pods = pods_of(cluster, name)
        if isinstance(pods, Trouble):
            return pods.finding(expected, _WIRE, MTLS)
        for service in services:
            place = of_service(cluster, service)
            if place is None:
                return failed(expected, no_service(service), _NEEDED, MTLS, ("no-service",))
            requests += [(pod, service, place) for pod in pods]
    watched = in_time(
        cluster,
        lambda: [_watch(cluster, *request) for request in requests],
        lambda seen: all(each.is_right for each in seen),
    )
    wrong = [each for each in watched if not each.is_right]
    if not wrong:
        frames = sum(each.frames for each in watched)
        return passed(
            expected,
            Text(
                f"{len(watched)} requests, {frames} packets, none in plain text",
                f"{len(watched)} 个请求，{frames} 个数据包，没有明文",
            ),
        )
    causes = {"plain-text" if is_answer(each.status) else "not-answered" for each in wrong}
    causes |= {cause for each in wrong if (cause := _why_outside(cluster, each.client))}
    return failed(expected, of_some([each.text for each in wrong], len(watched)), _WIRE, MTLS, causes)


@check("mesh.holds_new_pods", causes=(*_OPEN, "policy-alone", "port-level", "no-pod"))
def holds_new_pods(cluster: Observer, *, namespace: str) -> Finding:
    """A Pod that comes into the namespace, with labels of its own, gets a proxy and accepts nothing but mutual TLS."""
    expected = Text(
        f"a new Pod in {namespace} gets a proxy and accepts nothing but mutual TLS, whatever its labels",
        f"{namespace} 中的新 Pod 会得到代理，并且只接受双向 TLS，无论其标签是什么",
    )
    labels = {cluster.draw("label"): cluster.draw("value")}
    accepted = cluster.dry_run(_new_pod(cluster, namespace, labels))
    if not accepted.accepted:
        return failed(expected, as_is(accepted.message), _NEEDED, INJECTION, ("no-pod",))
    # An annotation that means something to the injector alone, and that it refuses: no proxy, no refusal.
    nonsense = {"traffic.sidecar.istio.io/includeInboundPorts": cluster.draw("port")}
    refused = cluster.dry_run(_new_pod(cluster, namespace, labels, nonsense))
    causes, said = set(), []
    if not _is_by_injector(refused):
        causes.add("not-injected")
        said.append(Text("a new Pod gets no proxy", "新的 Pod 得不到代理"))
    known = policies(cluster)
    found = decision(known, namespace, labels)
    if found.mode != STRICT:
        causes |= _why_not_strict(cluster, namespace, labels)
        said.append(
            Text(
                f"its mode is {found.mode} (PeerAuthentication {found.name})",
                f"它的模式是 {found.mode}（PeerAuthentication {found.name}）",
            )
        )
    elif "not-injected" in causes:
        causes.add("policy-alone")
    else:
        for words, cause in _exceptions(known, namespace):
            causes.add(cause)
            said.append(words)
    if causes:
        return failed(expected, listed(said), _NEW, INJECTION if "policy-alone" in causes else MTLS, causes)
    return passed(expected, as_is(f"PeerAuthentication {found.name}: {found.mode}"))


def _exceptions(known: Sequence[Object], namespace: str) -> Iterator[tuple[Text, str]]:
    """Which Pods with certain labels would accept plain text all the same, and the cause."""
    for policy in known:
        labels, ports = selector(policy), (policy.get("spec") or {}).get("portLevelMtls") or {}
        if policy["metadata"]["namespace"] != namespace or not labels:
            continue
        for port in (None, *map(int, ports)):
            found = decision(known, namespace, labels, port)
            if found.mode == STRICT or (port is not None and found.level != "port"):
                continue
            which = ", ".join(f"{name}={value}" for name, value in labels.items())
            on_port = Text(f" on port {port}", f"端口 {port} 上") if port else as_is("")
            words = Text(
                f"with the labels {which} its mode{on_port.en} is {found.mode} (PeerAuthentication {found.name})",
                f"带有标签 {which} 时，它{on_port.zh}的模式是 {found.mode}（PeerAuthentication {found.name}）",
            )
            yield words, "port-level" if port else _of_mode(found.mode)


def _of_mode(mode: str) -> str:
    """The cause that it is the mode."""
    return "permissive" if mode == PERMISSIVE else "disabled"


def _targets(
    cluster: Observer, clients: Sequence[str], servers: Mapping[str, Sequence[int]]
) -> list[_Target] | Trouble:
    """Each port of each Pod that is asked, by each Pod that asks; or why one of the Deployments has no Pods."""
    asking: list[Pod] = []
    for name in clients:
        pods = pods_of(cluster, name)
        if isinstance(pods, Trouble):
            return pods
        asking += pods
    found: list[_Target] = []
    for name, ports in servers.items():
        pods = pods_of(cluster, name)
        if isinstance(pods, Trouble):
            return pods
        found += [_Target(client, pod, port) for client in asking for pod in pods for port in ports]
    return found


def _silent(cluster: Observer, targets: Sequence[_Target]) -> list[Text]:
    """The ports on which the Pods themselves do not listen."""
    return silent(cluster, ((_name(each.server), each.server, each.place) for each in targets))


def _in_plain_text(cluster: Observer, targets: Sequence[_Target]) -> list[str]:
    """What each request is answered."""
    found: dict[_Target, str] = {}
    for client in {_name(each.client): each.client for each in targets}.values():
        of_client = [each for each in targets if each.client is client]
        requests = [Request("GET", each.place.url) for each in of_client]
        found |= dict(zip(of_client, statuses(cluster, client, requests, PAST_THE_PROXY), strict=True))
    return [found[each] for each in targets]


def _watch(cluster: Observer, client: Pod, service: str, place: Place) -> _Watched:
    word = cluster.draw("on the wire")
    request = [*CURL, "--header", f"x-note: {word}", place.url]
    ran = cluster.on_node(client.node, [*enter(cluster, client), "perl", "-e", _WATCH, word, *request])
    parts = ran.stdout.split()
    if len(parts) != 3:
        node = client.node
        raise NotSeen(Text(f"{node} could not watch the wire: {ran.stderr}", f"{node} 无法监视网络：{ran.stderr}"))
    return _Watched(client, service, parts[0], int(parts[1]), int(parts[2]))


def _why_open(cluster: Observer, pod: Pod, port: int) -> set[str]:
    """By what a Pod may be spoken to in plain text."""
    if outside := _why_outside(cluster, pod):
        return {outside}
    found = decision(policies(cluster), pod.namespace, _labels(pod), port)
    if found.mode == STRICT:
        return set()  # not taken up yet
    if found.level == "port":
        return {"port-level"}
    causes = _why_not_strict(cluster, pod.namespace, _labels(pod))
    if not found.policy and _has_rule_for_clients(cluster):
        causes.add("destination-rule")
    return causes


def _why_outside(cluster: Observer, pod: Pod) -> str:
    """Why a Pod has no proxy; empty where it has one."""
    if has_proxy(pod):
        return ""
    refuses = _labels(pod).get("sidecar.istio.io/inject") == "false"
    return "not-restarted" if is_injected(cluster, pod.namespace) and not refuses else "not-injected"


def _why_not_strict(cluster: Observer, namespace: str, labels: Mapping[str, str]) -> set[str]:
    """What the policies that there are lack."""
    known = policies(cluster)
    found = decision(known, namespace, labels)
    if found.policy:
        return {_of_mode(found.mode)}
    causes = {"no-policy"}
    strict = [policy for policy in known if ((policy.get("spec") or {}).get("mtls") or {}).get("mode") == STRICT]
    spaces = {policy["metadata"]["namespace"] for policy in strict}
    if any(policy["metadata"]["namespace"] == namespace and selector(policy) for policy in strict):
        causes.add("by-label")
    if spaces - {namespace, ROOT}:
        causes.add("policy-elsewhere")
    return causes


def _has_rule_for_clients(cluster: Observer) -> bool:
    """Whether a DestinationRule tells clients to use mutual TLS, which tells the server nothing."""
    rules = cluster.list("DestinationRule", version=NETWORKING)
    modes = {(((rule["spec"].get("trafficPolicy") or {}).get("tls") or {}).get("mode")) for rule in rules}
    return bool(modes & {"ISTIO_MUTUAL", "MUTUAL"})


def _new_pod(
    cluster: Observer, namespace: str, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None
) -> Mapping[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": f"{cluster.draw('pod')}-",
            "namespace": namespace,
            "labels": labels,
            "annotations": annotations or {},
        },
        "spec": {"containers": [{"name": "main", "image": "busybox:1.28"}]},
    }


def _is_by_injector(refused: DryRun) -> bool:
    return not refused.accepted and "sidecar-injector" in refused.message


def _labels(pod: Pod) -> Mapping[str, str]:
    return pod.metadata.get("labels") or {}


def _name(pod: Pod) -> str:
    return f"{pod.namespace}/{pod.name}"
