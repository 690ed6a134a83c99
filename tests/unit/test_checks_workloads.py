"""Whether a workload answers, by observations made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from checkers.api import Ran, Verdict
from checkers.workloads import answers
from tests.unit.support.observations import NAME, HandMade, node, pod


@dataclass
class Asked(HandMade):
    """Gives each request the same response."""

    response: Ran = field(default_factory=lambda: Ran(0, "HTTP/1.1 200 OK\r\nServer: a\r\n\r\nhello", ""))
    urls: list[str] = field(default_factory=list)

    def request(self, pod: str, url: str, namespace: str = "default") -> Ran:
        self.urls.append(url)
        return self.response


def asked(address: str = "10.244.1.5", response: Ran | None = None) -> Asked:
    obj = pod()
    obj["status"]["podIP"] = address
    cluster = Asked([obj, node()])
    if response is not None:
        cluster.response = response
    return cluster


def test_a_pod_that_answers_passes_with_what_it_said() -> None:
    cluster = asked()
    finding = answers(cluster, workload=NAME, kind="Pod", port=8080)
    assert (finding.verdict, finding.found.en) == (Verdict.PASS, "Pod web: HTTP/1.1 200 OK")
    assert cluster.urls == ["http://10.244.1.5:8080/"]


def test_an_address_of_version_6_is_asked_in_brackets() -> None:
    cluster = asked("fd00::5")
    answers(cluster, workload=NAME, kind="Pod", port=8080)
    assert cluster.urls == ["http://[fd00::5]:8080/"]


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (Ran(7, "", "curl: (7) Failed to connect\n"), "Failed to connect"),
        (Ran(0, "HTTP/1.1 404 Not Found\r\n", ""), "404 Not Found"),
        (Ran(28, "", ""), "curl: 28"),
    ],
)
def test_a_pod_that_does_not_answer_is_told_with_what_came(response: Ran, words: str) -> None:
    finding = answers(asked(response=response), workload=NAME, kind="Pod", port=8080)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"no-answer"})
    assert words in finding.found.en


def test_a_pod_in_a_sandbox_is_asked_from_its_node() -> None:
    cluster = asked()
    cluster.objects[0]["spec"]["runtimeClassName"] = "gvisor"
    cluster.on_nodes = {"kube-worker-1": {"curl": Ran(0, "HTTP/1.0 200 OK\r\n", "")}}
    finding = answers(cluster, workload=NAME, kind="Pod", port=8080)
    assert (finding.verdict, finding.found.en) == (Verdict.PASS, "Pod web: HTTP/1.0 200 OK")
    assert cluster.urls == []
