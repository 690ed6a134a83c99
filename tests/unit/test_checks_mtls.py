"""A server that demands certificates, by observations made by hand: what it answers to whom."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from checkers.api import Finding, NotSeen, Ran, Verdict
from checkers.mtls import Without, demands, signed
from tests.unit.support.certificates import CERTIFICATE, CERTIFICATE_REQUEST
from tests.unit.support.observations import HandMade, Object, container, node, pod, status

FILES = ["/tls/tls.crt", "/tls/tls.key"]
OWNER = "ledger"
"""Whose certificate CERTIFICATE is."""
ALL: Sequence[Without] = ("encryption", "certificate", "authority")


def deployment(name: str, **more: Any) -> list[Object]:
    """A Deployment with its one Pod."""
    made = {"creationTimestamp": "2026-01-01T00:00:00Z"}
    owned = {"ownerReferences": [{"uid": f"set-{name}", "controller": True}], **made}
    obj = pod([container(name)], metadata={"name": name, **owned}, **more)
    obj["status"] |= {"podIP": "10.0.0.1", "containerStatuses": [status(name)]}
    replicas = {"uid": f"set-{name}", "ownerReferences": [{"uid": f"of-{name}", "controller": True}]}
    return [
        {
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": "default", "uid": f"of-{name}", **made},
            "spec": {"replicas": 1},
            "status": {"observedGeneration": 1, "updatedReplicas": 1},
        },
        {"kind": "ReplicaSet", "metadata": {"name": name, "namespace": "default", **replicas}},
        obj,
    ]


@dataclass(eq=False)
class Served(HandMade):
    """A server and its client.

    Attributes:
        says: who asks (`own`, `authority`, `certificate`, or a port in plain text) -> the status; else 000.
        refusal: what openssl finds wrong with the certificate.
        asked: the commands that asked.
    """

    says: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    asked: list[Sequence[str]] = field(default_factory=list)

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        if argv[:2] == ["crictl", "inspect"]:
            return Ran(0, json.dumps({"info": {"pid": 7}}), "")
        if "openssl verify" in " ".join(argv):
            said = f"CN = ledger\nerror 10 at 0 depth lookup: {self.refusal}\nerror: verification failed"
            return Ran(2, "", said) if self.refusal else Ran(0, "OK", "")
        self.asked.append(argv)
        url = argv[-1]
        who = "own" if "--cert" in argv else "authority" if argv[0] == "bash" else "certificate"
        if url.startswith("http://"):
            who = url.removesuffix("/").rpartition(":")[2]
        return Ran(0, self.says.get(who, "000"), "")


def served(says: Mapping[str, str] | None = None, **more: Any) -> Served:
    authority = {"kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "namespace": "default"}}
    objects = [*deployment("server"), *deployment("client"), authority | {"data": {"ca.crt": "pem"}}, node()]
    runs = {"client": {"cat /tls/tls.crt": Ran(0, CERTIFICATE, "")}}
    return Served(objects, runs, says={"own": "200", **(says or {})}, **more)


def demanded(cluster: Served, without: Without, **more: Any) -> Finding:
    return demands(cluster, server="server", client="client", port=8443, files=FILES, without=without, **more)


def of_user(cluster: Served, user: str = OWNER) -> Finding:
    return signed(cluster, client="client", files=FILES, user=user)


@pytest.mark.parametrize("without", ALL)
@pytest.mark.parametrize("status", ["000", "400", "403", "495"])
def test_who_lacks_something_gets_an_error_or_nothing(without: Without, status: str) -> None:
    says = {"certificate": status, "authority": status, "8443": status}
    assert demanded(served(says), without).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("without", "who"), [("certificate", "certificate"), ("authority", "authority"), ("encryption", "8443")]
)
def test_who_is_answered_although_something_lacks(without: Without, who: str) -> None:
    finding = demanded(served({who: "200"}), without)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"answered"})
    assert finding.found.en.startswith("Pod server, port 8443, with")
    assert finding.found.en.endswith("HTTP 200")


@pytest.mark.parametrize("without", ALL)
def test_a_refusal_counts_only_beside_an_answer_to_the_right_certificate(without: Without) -> None:
    finding = demanded(served({"own": "400"}), without)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"right-refused"})


def test_a_server_that_does_not_answer_at_all_has_not_refused_the_certificate() -> None:
    finding = demanded(served({"own": "000"}), "certificate")
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"right-unanswered"})


def test_another_port_may_not_answer_in_plain_text_either() -> None:
    assert demanded(served({"8080": "200"}), "encryption").verdict is Verdict.PASS
    finding = demanded(served({"8080": "301"}), "encryption", plain=[8080])
    assert finding.found.en == "Pod server, port 8080, without TLS: HTTP 301"


def test_the_key_stays_where_it_is() -> None:
    cluster = served()
    demanded(cluster, "certificate")
    (own,) = [argv for argv in cluster.asked if "--cert" in argv]
    assert own[own.index("--key") + 1] == "/proc/7/root/tls/tls.key"
    assert own[:2] == ["nsenter", "--net=/proc/7/ns/net"]


def test_a_foreign_certificate_has_the_same_name_in_it() -> None:
    cluster = served()
    demanded(cluster, "authority")
    assert "/CN=ledger" in cluster.asked[-1]


def test_a_client_without_the_file_is_no_client() -> None:
    cluster = served()
    cluster.runs = {"client": {"cat": Ran(1, "", "cat: can't open")}}
    assert (demanded(cluster, "certificate").causes, of_user(cluster).causes) == ({"no-file"}, {"no-file"})


def test_a_server_that_is_gone_refuses_nobody() -> None:
    cluster = served()
    cluster.objects = [obj for obj in cluster.objects if obj["metadata"]["name"] != "server"]
    assert demanded(cluster, "certificate").causes == {"no-workload"}


def test_what_curl_does_not_tell_is_not_judged() -> None:
    with pytest.raises(NotSeen, match="could not ask"):
        demanded(served({"certificate": ""}), "certificate")


def test_a_certificate_of_the_clusters_authority_passes_with_its_names() -> None:
    finding = of_user(served())
    assert (finding.verdict, finding.found.en) == (
        Verdict.PASS,
        "Pod client: subject CN = ledger; issuer CN = ledger-ca",
    )


@pytest.mark.parametrize(
    ("volume", "causes"), [({"configMap": {"name": "pair"}}, {"key-open"}), ({"secret": {"secretName": "pair"}}, set())]
)
def test_a_key_does_not_belong_in_a_config_map(volume: Object, causes: set[str]) -> None:
    cluster = served()
    (client,) = [each for each in cluster.objects if each.get("kind") == "Pod" and each["metadata"]["name"] == "client"]
    client["spec"]["volumes"] = [{"name": "pair", **volume}]
    client["spec"]["containers"][0]["volumeMounts"] = [{"name": "pair", "mountPath": "/tls/"}]
    assert of_user(cluster).causes == causes


def test_one_for_another_user_fails() -> None:
    assert of_user(served(), "clerk").causes == {"other-user"}


@pytest.mark.parametrize(
    ("refusal", "cause"),
    [
        ("unable to get local issuer certificate", "other-authority"),
        ("certificate has expired", "expired"),
        ("unsuitable certificate purpose", "other-purpose"),
    ],
)
def test_one_that_openssl_does_not_verify_fails_for_its_own_reason(refusal: str, cause: str) -> None:
    finding = of_user(served(refusal=refusal))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {cause})
    assert finding.found.en.endswith(refusal)


@pytest.mark.parametrize(("decided", "causes"), [([], {"no-file", "pending"}), ([{"type": "Denied"}], {"no-file"})])
def test_a_request_that_waits_is_noticed(decided: list[Object], causes: set[str]) -> None:
    cluster = served()
    cluster.runs = {}
    asked = base64.b64encode(CERTIFICATE_REQUEST.encode()).decode()
    cluster.objects.append(
        {
            "kind": "CertificateSigningRequest",
            "metadata": {"name": "r"},
            "spec": {"request": asked},
            "status": {"conditions": decided},
        }
    )
    assert of_user(cluster).causes == causes
    assert "pending" not in of_user(cluster, "clerk").causes
