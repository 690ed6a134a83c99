"""Whether a workload does what it is there for."""

from __future__ import annotations

from checkers.api import Finding, Observer, Ran, Text, check, failed, passed
from checkers.kit.pod import Pod
from checkers.kit.text import as_is, listed
from checkers.kit.workload import CAUSES, Pods, Workload, of_workload

LINK = "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"

_WHY = Text(
    "What was made safe and no longer works will be taken back by whoever needs it.",
    "加固之后不再工作的东西，会被需要它的人改回去。",
)


@check("workloads.answers", causes=(*CAUSES, "no-answer"))
def answers(
    cluster: Observer, *, workload: str, kind: Workload = "Deployment", namespace: str = "default", port: int
) -> Finding:
    """Each Pod of the workload answers an HTTP request at its own address, on this port."""
    expected = Text(
        f"each Pod of {kind} {workload} answers HTTP requests on port {port}",
        f"{kind} {workload} 的每个 Pod 都在端口 {port} 上应答 HTTP 请求",
    )

    def judge(pods: Pods) -> Finding:
        said = [(pod, _status(cluster, pod, port)) for pod in pods.pods]
        silent = [(pod, status) for pod, status in said if not _is_answer(status)]
        found = listed(as_is(f"Pod {pod.name}: {status}") for pod, status in silent or said)
        return failed(expected, found, _WHY, LINK, ("no-answer",)) if silent else passed(expected, found)

    return of_workload(cluster, kind, workload, namespace, judge, expected, _WHY, LINK)


def _status(cluster: Observer, pod: Pod, port: int) -> str:
    """The first line of the response, such as `HTTP/1.1 200 OK`; curl's words where none came."""
    address = str(pod.status.get("podIP") or "")
    host = f"[{address}]" if ":" in address else address
    ran = _request(cluster, pod, f"http://{host}:{port}/")
    lines = (ran.stdout if ran.code == 0 else ran.stderr).strip().splitlines()
    return lines[0] if lines else f"curl: {ran.code}"


def _request(cluster: Observer, pod: Pod, url: str) -> Ran:
    if not pod.spec.get("runtimeClassName"):
        return cluster.request(pod.name, url, pod.namespace)
    # A sandbox has a network stack of its own, which cannot be entered: the node asks from outside.
    return cluster.on_node(pod.node, ["curl", "--silent", "--show-error", "--include", "--max-time", "5", "--", url])


def _is_answer(status: str) -> bool:
    """Whether the server did what it was asked: 2xx, or sent elsewhere: 3xx."""
    return status.startswith("HTTP/") and status.split()[1][:1] in ("2", "3")
