"""What can be reached from the network of a Pod. Programs of its node ask in there, so no image needs to have any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from checkers.api import NotSeen, Observer, Text
from checkers.kit.once import ask_once
from checkers.kit.pod import Container, Pod
from checkers.kit.runtime import inspect

Asked = TypeVar("Asked")

_CONNECT, _WHOLE = "3", "5"
"""Seconds for a connection to come about, and for all that may follow."""

_QUIETLY = ("--silent", "--insecure", "--noproxy", "*", "--max-time", _WHOLE, "--output", "/dev/null", "--write-out")
CURL = ("curl", *_QUIETLY, "%{http_code}")
"""Prints the status of HTTP and nothing else; nobody asks whose certificate the server has."""
NO_ANSWER = "000"
"""What curl prints where no status of HTTP came."""
TOO_LATE = "late"
"""In place of a status: the connection came about and nothing followed in time. Nobody knows what would have."""
_STATUS = r"%{method} %{url} %{http_code} %{exitcode} %{time_connect}\n"
_TIMED_OUT = "28"

# A question for the address of kube-dns.kube-system.svc.cluster.local. An answer, whatever it says, begins with the ID.
_ID = "Qq"
_QUESTION = (
    _ID + r"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    r"\x08kube-dns\x0bkube-system\x03svc\x07cluster\x05local\x00\x00\x01\x00\x01"
)
_ASK = """
exec 3<>"/dev/udp/$1/53"
for _ in 1 2; do
  printf '%b' "$2" >&3 || continue
  timeout 2 head -c 2 <&3 && exit
done
"""


@dataclass(frozen=True, slots=True)
class Place:
    """An address with a port of TCP."""

    address: str
    port: int

    @property
    def url(self) -> str:
        """What curl connects to."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.port}/"


@dataclass(frozen=True, slots=True)
class Request:
    """A request of HTTP."""

    method: str
    url: str


def of_service(cluster: Observer, service: str) -> Place | None:
    """The place of `NAMESPACE/SERVICE:PORT`; None where there is no such Service."""
    whole, _, port = service.partition(":")
    namespace, _, name = whole.partition("/")
    found = cluster.get("Service", name, namespace)
    return Place(str(found["spec"].get("clusterIP") or ""), int(port)) if found else None


def no_service(service: str) -> Text:
    """What to say where there is none."""
    namespace, _, name = service.partition(":")[0].partition("/")
    return Text(
        f"There is no Service {name} in namespace {namespace}.", f"命名空间 {namespace} 中没有 Service {name}。"
    )


def connects(cluster: Observer, pod: Pod, places: Sequence[Place]) -> Sequence[bool]:
    """Whether a connection from the Pod to each of these places comes about, whatever is said on it."""
    argv = ["curl", "--silent", "--noproxy", "*", "--parallel", "--connect-timeout", _CONNECT, "--max-time", _WHOLE]
    argv += ["--write-out", r"%{urlnum} %{time_connect}\n"]
    for place in places:
        argv += ["--output", "/dev/null", place.url]
    ran = cluster.on_node(pod.node, [*enter(cluster, pod), *argv])
    seconds = dict(line.split()[:2] for line in ran.stdout.splitlines() if line)
    if len(seconds) != len(places):
        raise NotSeen(_not_asked(pod, ran.stderr))
    return [float(seconds[str(number)]) > 0 for number, _ in enumerate(places)]


def statuses(cluster: Observer, pod: Pod, requests: Sequence[Request], prefix: Sequence[str] = ()) -> Sequence[str]:
    """The status of HTTP that each request from the Pod's network gets, or `TOO_LATE`; all are sent at once.

    Args:
        prefix: what runs the command in there, such as another user.
    """
    argv = [*enter(cluster, pod), *prefix, "curl", "--parallel"]
    for number, request in enumerate(requests):
        argv += ["--next"] if number else []
        argv += [*_QUIETLY, _STATUS, "--request", request.method, request.url]
    ran = cluster.on_node(pod.node, argv)
    found: dict[tuple[str, str], str] = {}
    for line in ran.stdout.splitlines():
        method, url, status, code, seconds = line.split()
        found[method, url] = TOO_LATE if code == _TIMED_OUT and float(seconds) else status
    if set(found) != {(request.method, request.url) for request in requests}:
        raise NotSeen(_not_asked(pod, ran.stderr))
    return [found[request.method, request.url] for request in requests]


def wrong_ones(
    asked: Sequence[Asked], found: Sequence[str], is_right: Callable[[str], bool], names: str
) -> list[tuple[Asked, str]]:
    """Of what was asked, each with its status, that which is certainly not right.

    An answer that is late is neither: it is no refusal, and nobody knows what it would have been.

    Raises:
        NotSeen: one is late and nothing else is wrong; `names` are those that were asked.
    """
    wrong = [(each, said) for each, said in zip(asked, found, strict=True) if said != TOO_LATE and not is_right(said)]
    if TOO_LATE in found and not wrong:
        raise NotSeen(Text(f"{names} did not answer within {_WHOLE} s", f"{names} 没有在 {_WHOLE} 秒内应答"))
    return wrong


def silent(cluster: Observer, places: Iterable[tuple[str, Pod, Place]]) -> list[Text]:
    """Of these places, each with the Pod that it is in and what that is called, those at which nothing listens.

    They are asked within the Pod itself, where neither a policy nor a proxy is in the way.
    """
    by_pod: dict[str, tuple[Pod, list[Place]]] = {}
    for name, pod, place in places:
        _, known = by_pod.setdefault(name, (pod, []))
        known += [place] if place not in known else []
    return [
        Text(f"nothing listens at {name}:{place.port}", f"{name}:{place.port} 上没有程序监听")
        for name, (pod, known) in by_pod.items()
        for place, listens in zip(known, connects(cluster, pod, known), strict=True)
        if not listens
    ]


def http_status(cluster: Observer, pod: Pod, argv: Sequence[str]) -> str:
    """The status of HTTP that a command with `CURL` prints on the Pod's node."""
    ran = cluster.on_node(pod.node, argv)
    if len(ran.stdout) != len(NO_ANSWER):
        raise NotSeen(Text(f"{pod.node} could not ask: {ran.stderr}", f"{pod.node} 无法发出请求：{ran.stderr}"))
    return ran.stdout


def is_answer(status: str) -> bool:
    """Whether a request got what it was sent for."""
    return status[0] in "23"


def resolves(cluster: Observer, pod: Pod, server: str) -> bool:
    """Whether a server of DNS at this address answers the Pod a question by UDP."""
    return _is_answered(cluster, pod.node, server, enter(cluster, pod))


def node_resolves(cluster: Observer, node: str, server: str) -> bool:
    """The same asked by a node itself, which no policy for Pods concerns."""
    return _is_answered(cluster, node, server)


def _is_answered(cluster: Observer, node: str, server: str, enter: Sequence[str] = ()) -> bool:
    ran = cluster.on_node(node, [*enter, "bash", "-c", _ASK, "bash", server, _QUESTION])
    return ran.stdout.startswith(_ID)


def enter(cluster: Observer, pod: Pod) -> Sequence[str]:
    """What has a command of the node run in the Pod's network, which its containers have in common."""
    pid = next((_process(cluster, pod, container) for container in pod.running), None)
    if not pid:
        raise NotSeen(_not_asked(pod, "no process"))
    return ["nsenter", f"--net=/proc/{pid}/ns/net"]


def _process(cluster: Observer, pod: Pod, container: Container) -> int | None:
    """The container's process on the node: the same as long as there is this container."""
    return ask_once(cluster, ("process", container.id), lambda: inspect(cluster, pod, container).get("pid"))


def _not_asked(pod: Pod, said: str) -> Text:
    return Text(
        f"the network of Pod {pod.name} could not be entered on {pod.node}: {said}",
        f"无法在 {pod.node} 上进入 Pod {pod.name} 的网络：{said}",
    )
