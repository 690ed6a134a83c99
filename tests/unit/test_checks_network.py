"""Who reaches whom, by observations made by hand: a network in which only certain connections come about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from checkers.api import Finding, NotSeen, Ran, Verdict
from checkers.network import isolates, reaches, refuses, resolve
from tests.unit.support.observations import HandMade, Object, container, node, pod, status

LONG_AGO = "2026-01-01T00:00:00Z"
JUST_NOW = "2026-01-01T00:59:58Z"
DNS = "10.96.0.10"
ADDRESSES = {"web": "10.0.0.1", "app": "10.0.0.2", "guest": "10.0.0.3"}
"""Of the Pods, by the names of their Deployments. All are in `shop`, but for `guest`, which is in `street`."""


def deployment(name: str) -> list[Object]:
    """A Deployment with its one Pod, which has the label `app: NAME`."""
    space = "street" if name == "guest" else "shop"
    owned = {"ownerReferences": [{"uid": f"set-{name}", "controller": True}], "creationTimestamp": LONG_AGO}
    obj = pod([container(name)], metadata={"name": name, "namespace": space, "labels": {"app": name}, **owned})
    obj["status"] |= {"podIP": ADDRESSES[name], "containerStatuses": [status(name)]}
    replicas = {"uid": f"set-{name}", "ownerReferences": [{"uid": f"of-{name}", "controller": True}]}
    return [
        {
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": space, "uid": f"of-{name}", "creationTimestamp": LONG_AGO},
            "spec": {"replicas": 1},
            "status": {"observedGeneration": 1, "updatedReplicas": 1},
        },
        {"kind": "ReplicaSet", "metadata": {"name": name, "namespace": space, **replicas}},
        obj,
    ]


def policy(name: str = "deny", *, made: str = LONG_AGO, namespace: str = "shop", **spec: Any) -> Object:
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": made}
    return {"kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


DENY = policy(podSelector={}, policyTypes=["Ingress", "Egress"])


@dataclass(eq=False)
class Network(HandMade):
    """A cluster in whose network these connections come about, and no others.

    Attributes:
        open: from the Deployment to the address and port; each Pod reaches itself on port 80.
        opens: what is open after a wait, in place of that.
        deaf: whom the DNS does not answer by UDP.
    """

    open: set[tuple[str, str]] = field(default_factory=set)
    opens: set[tuple[str, str]] | None = None
    deaf: set[str] = field(default_factory=set)

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self.open = self.open if self.opens is None else self.opens

    def draw(self, purpose: str) -> str:
        return f"random-{purpose}"

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        if argv[:2] == ["crictl", "inspect"]:
            return Ran(0, json.dumps({"info": {"pid": argv[2]}}), "")
        source = argv[1].split("/")[2] if argv[0] == "nsenter" else "node"
        if "bash" in argv:
            return Ran(0, "" if source in self.deaf else "Qq", "")
        urls = [each.removeprefix("http://").removesuffix("/") for each in argv if each.startswith("http://")]
        mine = {*self.open, (source, f"{ADDRESSES.get(source)}:80"), ("app", f"{ADDRESSES['app']}:81")}
        lines = [f"{number} {0.1 if (source, url) in mine else 0:.6f}" for number, url in enumerate(urls)]
        return Ran(7, "\n".join(reversed(lines)), "")


def network(*policies: Object, **more: Any) -> Network:
    spaces = [
        {"kind": "Namespace", "metadata": {"name": name, "labels": {"name": name}}} for name in ("shop", "street")
    ]
    services = [
        {"kind": "Service", "metadata": {"name": name, "namespace": space}, "spec": {"clusterIP": address}}
        for name, space, address in (("kube-dns", "kube-system", DNS), ("kubernetes", "default", "10.96.0.1"))
    ]
    workloads = [obj for name in ADDRESSES for obj in deployment(name)]
    return Network([*workloads, *spaces, *services, *policies, node()], **more)


def refused(cluster: Network, target: str = "shop/web:80", source: str = "street/guest", **more: Any) -> Finding:
    return refuses(cluster, connections={source: [target]}, **more)


def reached(cluster: Network) -> Finding:
    return reaches(cluster, connections={"shop/app": ["shop/web:80"]})


def open_to(source: str, target: str = "web", port: int = 80) -> set[tuple[str, str]]:
    return {(source, f"{ADDRESSES[target]}:{port}")}


def test_a_connection_that_does_not_come_about_is_refused() -> None:
    assert refused(network(DENY)).verdict is Verdict.PASS


def test_one_that_comes_about_is_named_with_both_ends_and_the_node() -> None:
    finding = refused(network(open=open_to("guest")))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"not-isolated"})
    assert finding.found.en == "1 of 1 came about: street/guest (kube-worker-1) -> shop/web:80"


def test_a_port_on_which_nothing_listens_is_not_taken_for_refused() -> None:
    finding = refused(network(DENY), "shop/web:81")
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"no-answer"})
    assert finding.found.en == "nothing listens at shop/web:81"


def test_a_service_is_no_more_to_be_reached_than_the_pods() -> None:
    cluster = network(DENY, open={("guest", "10.96.0.1:443")})
    assert refused(cluster, services=["default/kubernetes:443"]).verdict is Verdict.FAIL
    assert refused(network(DENY), services=["default/kubernetes:443"]).verdict is Verdict.PASS


def test_a_deployment_that_is_gone_reaches_nothing_and_fails() -> None:
    cluster = network(DENY)
    cluster.objects = [obj for obj in cluster.objects if obj["metadata"]["name"] != "web"]
    assert refused(cluster).causes == {"no-workload"}


def test_what_the_node_does_not_tell_is_not_judged() -> None:
    cluster = network()
    cluster.on_node = lambda node, argv: Ran(0, '{"info": {"pid": 1}}' if argv[0] == "crictl" else "", "")  # type: ignore[method-assign]
    with pytest.raises(NotSeen, match="could not be entered"):
        refused(cluster)


def test_a_policy_that_was_just_made_has_a_few_seconds() -> None:
    new = DENY | {"metadata": {**DENY["metadata"], "creationTimestamp": JUST_NOW}}
    assert refused(network(new, open=open_to("guest"), opens=set())).verdict is Verdict.PASS
    assert refused(network(DENY, open=open_to("guest"), opens=set())).verdict is Verdict.FAIL


def test_a_policy_that_was_changed_has_a_few_seconds() -> None:
    changed = DENY | {"metadata": {**DENY["metadata"], "generation": 2}}
    assert refused(network(changed, open=open_to("guest"), opens=set())).verdict is Verdict.PASS


def ingress(item: Mapping[str, Any] | None, **more: Any) -> Object:
    rule = {**({"from": [item]} if item is not None else {}), **more}
    return policy("allow", podSelector={"matchLabels": {"app": "web"}}, policyTypes=["Ingress"], ingress=[rule])


@pytest.mark.parametrize(
    ("item", "cause"),
    [
        (None, "any-peer"),
        ({"namespaceSelector": {}}, "whole-namespace"),
        ({"namespaceSelector": {"matchLabels": {"name": "street"}}, "podSelector": {}}, "whole-namespace"),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "guest"}}}, "namesake"),
    ],
)
def test_why_a_pod_of_another_namespace_comes_in(item: Mapping[str, Any] | None, cause: str) -> None:
    assert refused(network(DENY, ingress(item), open=open_to("guest"))).causes == {cause}


@pytest.mark.parametrize(("ports", "cause"), [((53,), "any-peer-for-dns"), ((53, 80), "any-peer")])
def test_a_rule_for_dns_without_peers_is_told_from_one_for_everything(ports: Sequence[int], cause: str) -> None:
    places = {f"{ADDRESSES['web']}:{port}" for port in ports}
    cluster = network(DENY, ingress(None), open={(source, place) for source in ("guest", "web") for place in places})
    connections = {"street/guest": [f"shop/web:{port}" for port in ports]}
    assert refuses(cluster, connections=connections).causes == {cause}


def test_a_rule_without_ports_is_why_another_port_is_open() -> None:
    item = {"podSelector": {"matchLabels": {"app": "app"}}}
    cluster = network(ingress(item), open={("guest", "10.0.0.2:81"), ("web", "10.0.0.2:81")})
    cluster.objects.append(
        policy(podSelector={"matchLabels": {"app": "app"}}, policyTypes=["Ingress"], ingress=[{"from": [SHOP_WEB]}])
    )
    assert refused(cluster, "shop/app:81", "shop/web").causes == {"every-port"}


SHOP_WEB = {"podSelector": {"matchLabels": {"app": "web"}}}


@pytest.mark.parametrize(
    "item",
    [
        {"podSelector": {"matchLabels": {"app": "guest"}}},  # of the policy's own namespace
        {"namespaceSelector": {"matchLabels": {"name": "elsewhere"}}},
        {"ipBlock": {"cidr": "10.0.0.0/24", "except": ["10.0.0.3/32"]}},
    ],
)
def test_a_rule_that_does_not_mean_the_peer_explains_nothing(item: Mapping[str, Any]) -> None:
    assert refused(network(DENY, ingress(item), open=open_to("guest"))).causes == set()


def test_a_path_that_is_there_passes() -> None:
    assert reached(network(DENY, open=open_to("app"))).verdict is Verdict.PASS


TO_WEB = policy("out", podSelector={}, policyTypes=["Egress"], egress=[{"to": [SHOP_WEB], "ports": [{"port": 80}]}])
FROM_APP = {"podSelector": {"matchLabels": {"app": "app"}}}


@pytest.mark.parametrize(
    ("policies", "causes"),
    [
        ([DENY], {"let-neither"}),
        ([DENY, ingress(FROM_APP, ports=[{"port": 80}])], {"not-let-out"}),
        ([DENY, TO_WEB], {"not-let-in"}),
        ([DENY, TO_WEB, ingress(FROM_APP, ports=[{"port": 79, "endPort": 81}])], set()),
        ([DENY, TO_WEB, ingress(FROM_APP, ports=[{"port": 80, "protocol": "UDP"}])], {"not-let-in"}),
        ([DENY, TO_WEB, ingress(FROM_APP, ports=[{"port": "http"}])], {"not-let-in"}),
        ([DENY, TO_WEB, ingress(FROM_APP, ports=[{"protocol": "TCP"}])], set()),
    ],
)
def test_at_which_end_a_path_is_cut(policies: list[Object], causes: set[str]) -> None:
    finding = reached(network(*policies))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)


def test_a_path_to_what_does_not_listen_is_not_the_policys_fault() -> None:
    finding = reaches(network(), connections={"shop/app": ["shop/web:81"]})
    assert finding.causes == {"no-answer"}


@pytest.mark.parametrize(
    ("deaf", "open_", "causes"),
    [
        (set(), {("web", f"{DNS}:53")}, set()),
        ({"web"}, set(), {"dns-cut"}),
        ({"web"}, {("web", f"{DNS}:53")}, {"udp-cut"}),
        (set(), set(), {"tcp-cut"}),
    ],
)
def test_dns_has_to_answer_by_udp_and_tcp(deaf: set[str], open_: set[tuple[str, str]], causes: set[str]) -> None:
    finding = resolve(network(DENY, deaf=deaf, open=open_), workloads=["shop/web"])
    assert (finding.verdict, finding.causes) == (Verdict.FAIL if causes else Verdict.PASS, causes)


def test_a_dns_that_does_not_answer_the_node_is_the_labs_fault() -> None:
    assert resolve(network(DENY, deaf={"node", "web"}), workloads=["shop/web"]).verdict is Verdict.BROKEN


@pytest.mark.parametrize(
    ("policies", "causes"),
    [
        ([DENY], set()),
        ([policy("in", podSelector={}, policyTypes=["Ingress"]), TO_WEB], set()),
        ([policy("in", podSelector={}, policyTypes=["Ingress"])], {"egress-open"}),
        (
            [policy(podSelector={"matchLabels": {"app": "web"}}, policyTypes=["Ingress", "Egress"])],
            {"open", "by-label"},
        ),
        ([policy(podSelector={"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["x"]}]},
                 policyTypes=["Ingress", "Egress"])], set()),
        ([], {"open"}),
        ([policy(namespace="default", podSelector={})], {"open", "policy-elsewhere"}),
    ],
)  # fmt: skip
def test_whether_a_pod_with_labels_of_its_own_is_held(policies: list[Object], causes: set[str]) -> None:
    finding = isolates(network(*policies), namespace="shop")
    assert (finding.verdict, finding.causes) == (Verdict.FAIL if causes else Verdict.PASS, causes)
