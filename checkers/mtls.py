"""A server that demands certificates of its clients: what it answers with the right one, with another, with none."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import normpath
from typing import Literal

from checkers.api import Finding, NotSeen, Observer, Ran, Text, check, failed, passed
from checkers.kit.mounts import is_within
from checkers.kit.network import CURL, NO_ANSWER, Place, enter, http_status, is_answer
from checkers.kit.pod import Container, Pod
from checkers.kit.runtime import inspect
from checkers.kit.text import as_is, listed
from checkers.kit.trouble import Trouble
from checkers.kit.workload import CAUSES, run_in, running_pods
from checkers.kit.x509 import Unreadable, certificates, request

Without = Literal["encryption", "certificate", "authority"]
"""What a client lacks: it speaks plain HTTP, it has no certificate, or one that another authority signed."""

SIGNERS = "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers"
TLS = "https://kubernetes.io/docs/tasks/tls/managing-tls-in-a-cluster/"

_AUTHORITY = ("kube-root-ca.crt", "ca.crt")
"""The ConfigMap that each namespace has, and its key: the authority of the cluster's API."""

_WORDS: Mapping[Without, Text] = {
    "encryption": Text("without TLS", "不使用 TLS"),
    "certificate": Text("without a certificate", "没有证书"),
    "authority": Text("with a certificate of another authority", "使用其他机构签发的证书"),
}
_WHY: Mapping[Without, Text] = {
    "encryption": Text(
        "One port that answers in plain text undoes all that the other one demands.",
        "只要有一个端口以明文应答，另一个端口的所有要求就都白费了。",
    ),
    "certificate": Text(
        "TLS alone tells the client who the server is. Who the client is, the server only knows by its certificate.",
        "仅有 TLS 只能让客户端知道服务器是谁；服务器只有通过证书才知道客户端是谁。",
    ),
    "authority": Text(
        "Anybody can sign a certificate with any name in it: what counts is who signed it.",
        "任何人都能签发写着任意名字的证书：关键在于由谁签发。",
    ),
}
_SIGNED = Text(
    "The server believes whatever its authority signed, so the one who signs has to be the one that was agreed on.",
    "服务器相信它所认可的机构签发的一切，因此签发者必须是约定的那个机构。",
)

# The certificate of another authority is made for the one request, and its key is never written anywhere.
_FOREIGN = """
pem=$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "$1" -keyout - 2>/dev/null)
shift
exec "$@" --cert <(echo "$pem") --key <(echo "$pem")
"""
_VERIFY = 'openssl verify -purpose sslclient -CAfile <(echo "$1") <(echo "$2")'
_REFUSED = re.compile(r"^error \d+ at .*$", re.MULTILINE)
_REFUSALS = (("expired", "certificate has expired"), ("other-purpose", "unsuitable certificate purpose"))
"""What openssl finds wrong besides who signed it -> the cause."""


@dataclass(frozen=True, slots=True)
class _Client:
    """The Pod and container that has a certificate; `files` are those of the certificate and of its key."""

    pod: Pod
    container: Container
    files: tuple[str, str]
    pem: str


@check("mtls.demands", causes=(*CAUSES, "no-file", "right-refused", "right-unanswered", "answered"))
def demands(
    cluster: Observer,
    *,
    server: str,
    client: str,
    namespace: str = "default",
    port: int,
    files: Sequence[str],
    without: Without,
    plain: Sequence[int] = (),
) -> Finding:
    """Each Pod of the Deployment `server` answers the client with its certificate, and nobody who lacks something.

    `files` are the certificate and its key, in a container of the Deployment `client`, from whose network all is asked.
    What counts is HTTP's status: 2xx and 3xx are answers. Without encryption, the ports of `plain` are tried as well.
    """
    lacks = _WORDS[without]
    expected = Text(
        f"{server} answers {client} with its certificate on port {port}, and nobody {lacks.en}",
        f"{server} 在端口 {port} 上应答持有证书的 {client}，{lacks.zh}的一律不应答",
    )
    clients = _clients(cluster, client, namespace, files)
    servers = running_pods(cluster, "Deployment", server, namespace)
    if isinstance(clients, Trouble):
        return clients.finding(expected, _WHY[without], TLS)
    if isinstance(servers, Trouble):
        return servers.finding(expected, _WHY[without], TLS)
    asking = clients[0]
    refused, answered = [], []
    causes = set()
    for pod in servers.pods:
        status = _with_own(cluster, asking, _place(pod, port))
        if not is_answer(status):
            refused.append(_said(pod, port, Text("with the client's certificate", "使用客户端的证书"), status))
            causes.add("right-unanswered" if status == NO_ANSWER else "right-refused")
        for tried, status in _lacking(cluster, asking, pod, port, plain, without):
            if is_answer(status):
                answered.append(_said(pod, tried, lacks, status))
                causes.add("answered")
    if causes:
        return failed(expected, listed([*refused, *answered]), _WHY[without], TLS, causes)
    return passed(expected, listed(as_is(f"Pod {pod.name}") for pod in servers.pods))


@check(
    "mtls.signed",
    causes=(*CAUSES, "no-file", "pending", "other-user", "other-authority", "expired", "other-purpose", "key-open"),
)
def signed(cluster: Observer, *, client: str, namespace: str = "default", files: Sequence[str], user: str) -> Finding:
    """The certificate in each Pod of the Deployment `client` is this user's, and the cluster's authority signed it.

    `files` are the certificate and its key, in a container of the Pod. The key may not lie in a ConfigMap.
    """
    expected = Text(
        f"{client} has a certificate for {user}, signed by the authority of the cluster, and its key in no ConfigMap",
        f"{client} 拥有由集群的证书机构签发给 {user} 的证书，其密钥不在 ConfigMap 中",
    )
    clients = _clients(cluster, client, namespace, files)
    if isinstance(clients, Trouble):
        causes = ("pending",) if _is_pending(cluster, user) else ()
        return clients.finding(expected, _SIGNED, SIGNERS, causes)
    texts: list[Text] = []
    causes_found: set[str] = set()
    for each in clients:
        found = certificates(each.pem)[0]
        texts.append(as_is(f"Pod {each.pod.name}: subject {found.subject}; issuer {found.issuer}"))
        if found.subject.user != user:
            causes_found.add("other-user")
        verified = _verified(cluster, namespace, each)
        if verified.code != 0:
            causes_found.add(next((cause for cause, words in _REFUSALS if words in verified.stderr), "other-authority"))
            texts.append(as_is(" ".join(_REFUSED.findall(verified.stderr))))
        if _is_in_config_map(each):
            causes_found.add("key-open")
            texts.append(Text(f"{each.files[1]} is in a ConfigMap", f"{each.files[1]} 在 ConfigMap 中"))
    if causes_found:
        return failed(expected, listed(texts), _SIGNED, SIGNERS, causes_found)
    return passed(expected, listed(texts))


def _clients(cluster: Observer, name: str, namespace: str, files: Sequence[str]) -> Sequence[_Client] | Trouble:
    """The certificate of each Pod of the client; or why a Pod does not run, or has none."""
    pods = running_pods(cluster, "Deployment", name, namespace)
    if isinstance(pods, Trouble):
        return pods
    found = []
    for pod in pods.pods:
        client = _client(cluster, pod, files)
        if client is None:
            words = Text(
                f"No container of Pod {pod.name} has a certificate in {files[0]}.",
                f"Pod {pod.name} 没有容器在 {files[0]} 中有证书。",
            )
            return Trouble(words, causes=("no-file",))
        found.append(client)
    return found


def _client(cluster: Observer, pod: Pod, files: Sequence[str]) -> _Client | None:
    for container in pod.running:
        ran = run_in(cluster, pod, container, ["cat", files[0]])
        if ran is not None and ran.code == 0 and _has_certificate(ran.stdout):
            return _Client(pod, container, (files[0], files[1]), ran.stdout)
    return None


def _has_certificate(pem: str) -> bool:
    try:
        return bool(certificates(pem))
    except Unreadable:
        return False


def _lacking(
    cluster: Observer, client: _Client, pod: Pod, port: int, plain: Sequence[int], without: Without
) -> Iterator[tuple[int, str]]:
    """What a client that lacks something is answered, by port."""
    if without == "encryption":
        for each in (port, *plain):
            yield each, _ask(cluster, client, [*CURL, _place(pod, each).url])
    elif without == "certificate":
        yield port, _ask(cluster, client, [*CURL, _secure(_place(pod, port))])
    else:
        subject = f"/CN={certificates(client.pem)[0].subject.user or client.pod.name}"
        ask = [*enter(cluster, client.pod), *CURL, _secure(_place(pod, port))]
        yield port, http_status(cluster, client.pod, ["bash", "-c", _FOREIGN, "bash", subject, *ask])


def _with_own(cluster: Observer, client: _Client, place: Place) -> str:
    """What the client is answered with the certificate that its container has."""
    root = f"/proc/{inspect(cluster, client.pod, client.container).get('pid')}/root"
    certificate, key = (f"{root}{file}" for file in client.files)
    return _ask(cluster, client, [*CURL, "--cert", certificate, "--key", key, _secure(place)])


def _secure(place: Place) -> str:
    return place.url.replace("http:", "https:", 1)


def _ask(cluster: Observer, client: _Client, argv: Sequence[str]) -> str:
    return http_status(cluster, client.pod, [*enter(cluster, client.pod), *argv])


def _place(pod: Pod, port: int) -> Place:
    return Place(str(pod.status.get("podIP") or ""), port)


def _said(pod: Pod, port: int, how: Text, status: str) -> Text:
    no = status == NO_ANSWER
    outcome = Text("no answer", "没有应答") if no else as_is(f"HTTP {status}")
    return Text(
        f"Pod {pod.name}, port {port}, {how.en}: {outcome.en}", f"Pod {pod.name}，端口 {port}，{how.zh}：{outcome.zh}"
    )


def _verified(cluster: Observer, namespace: str, client: _Client) -> Ran:
    """Whether the authority of the cluster's API signed the certificate, for clients; a node's openssl verifies it."""
    name, key = _AUTHORITY
    authority = cluster.get("ConfigMap", name, namespace)
    if authority is None:
        raise NotSeen(Text(f"there is no ConfigMap {name} in {namespace}", f"{namespace} 中没有 ConfigMap {name}"))
    argv = ["bash", "-c", _VERIFY, "bash", authority["data"][key], client.pem]
    return cluster.on_node(client.pod.node, argv)


def _is_in_config_map(client: _Client) -> bool:
    """Whether the volume that the key lies in is one."""
    places = {normpath(mount["mountPath"]): mount["name"] for mount in client.container.spec.get("volumeMounts") or ()}
    over = [place for place in places if is_within(client.files[1], place)]
    name = places[max(over, key=len)] if over else ""
    return any("configMap" in volume and volume["name"] == name for volume in client.pod.spec.get("volumes") or ())


def _is_pending(cluster: Observer, user: str) -> bool:
    """Whether a request for the user's certificate waits for somebody's decision."""
    for obj in cluster.list("CertificateSigningRequest", version="certificates.k8s.io/v1"):
        try:
            asked = request(base64.b64decode(obj["spec"]["request"]).decode("ascii", "replace"))
        except Unreadable:
            continue
        if asked.subject.user == user and not (obj.get("status") or {}).get("conditions"):
            return True
    return False
