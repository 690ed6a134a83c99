"""The manifest of a hub inside a cluster: complete, without secrets, and with no more rights than it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from lab import cli
from lab.catalog.load import load
from lab.cluster.host import containers
from lab.cluster.host.containers import Containers
from lab.cluster.image import hub_image, node_image
from lab.cluster.pods import image_import, rights
from lab.cluster.pods.hosting import HostCluster
from lab.cluster.pods.manifest import SEATS, namespace_of
from lab.workshop import class_file, deployment, rehearsal
from lab.workshop.class_file import Class
from tests.unit.support.api_server import ApiServer
from tests.unit.support.host_cluster import NODE, HandMadeHost

pytestmark = pytest.mark.usefixtures("english")
Output = pytest.CaptureFixture[str]
HUB, NODES = "registry.example/hub:1", "registry.example/node:1"
CLASS = """
id: monday
title: "Monday: Pods"
exercises: [psa-warn-baseline]
learners: ["Ada: Lovelace", {name: Alan, id: "007", lang: zh}]
list: names.csv
address: class.example
engine: pods
kubeconfig: mine.kubeconfig
"""
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A class with a list beside it, as spreadsheets write it in China."""
    (tmp_path / "names.csv").write_bytes("name\n张三\n".encode("gb18030"))
    (tmp_path / "mine.kubeconfig").touch()
    made = tmp_path / class_file.FILE
    made.write_text(CLASS, encoding="utf-8")
    return made


def class_of(file: Path, **changes: Any) -> Class:
    facts = yaml.safe_load(file.read_text(encoding="utf-8")) | changes
    file.write_text(yaml.safe_dump(facts, allow_unicode=True), encoding="utf-8")
    return class_file.load(file, load())


def objects(file: Path, *, service: str = "ClusterIP", storage_class: str = "", **changes: Any) -> dict[str, Any]:
    """Kind -> the object; there is one of each."""
    chosen = {"service": service, "storage_class": storage_class}
    text = deployment.written(file, class_of(file, **changes), image=HUB, node_image=NODES, **chosen)
    documents = list(yaml.safe_load_all(text))
    by_kind = {document["kind"]: document for document in documents}
    assert len(by_kind) == len(documents)
    return by_kind


def pod(file: Path, **changes: Any) -> dict[str, Any]:
    specification: dict[str, Any] = objects(file, **changes)["Deployment"]["spec"]["template"]["spec"]
    return specification


def hub(file: Path, **changes: Any) -> dict[str, Any]:
    (container,) = pod(file, **changes)["containers"]
    return dict(container)


def test_it_has_all_that_a_hub_needs_and_its_namespace_comes_first(file: Path) -> None:
    assert list(objects(file)) == [
        "Namespace",
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ConfigMap",
        "PersistentVolumeClaim",
        "Deployment",
        "Service",
        "NetworkPolicy",
    ]


def misspelt(value: Any, kind: str, where: str) -> Iterator[str]:
    """The fields of an object that Kubernetes has no such field for, by the types of its own client."""
    if element := re.fullmatch(r"(?:List\[|Dict\[str, )(.+)\]", kind):
        for key, each in enumerate(value) if isinstance(value, list) else value.items():
            yield from misspelt(each, element[1], f"{where}.{key}")
    elif model := getattr(client, kind, None):
        names = {attribute: name for name, attribute in model.attribute_map.items()}
        for field, each in value.items():
            if field in names:
                yield from misspelt(each, model.openapi_types[names[field]], f"{where}.{field}")
            else:
                yield f"{where}.{field}"


@pytest.mark.parametrize("service", ["ClusterIP", "NodePort", "LoadBalancer"])
def test_kubernetes_knows_each_field_of_it(file: Path, service: str) -> None:
    made = objects(file, service=service, storage_class="fast", port=443)
    assert [field for kind, each in made.items() for field in misspelt(each, f"V1{kind}", kind)] == []
    assert list(misspelt({"spec": {"containers": [{"imagePulPolicy": ""}]}}, "V1Pod", "Pod")) == [
        "Pod.spec.containers.0.imagePulPolicy"
    ]


def test_whatever_has_a_namespace_is_in_the_hubs(file: Path) -> None:
    made = objects(file)
    name = made.pop("Namespace")["metadata"]["name"]
    assert name == "ckslab-monday-hub"
    assert {each["metadata"].get("namespace", name) for each in made.values()} == {name}


def test_nothing_in_it_is_a_token_or_a_key(file: Path) -> None:
    made = objects(file)
    assert "Secret" not in made
    (user,) = yaml.safe_load(made["ConfigMap"]["data"]["kubeconfig"])["users"]
    assert user["user"] == {"tokenFile": "/var/run/secrets/kubernetes.io/serviceaccount/token"}
    assert set(made["ConfigMap"]["data"]) == {"class.yaml", "kubeconfig"}


# The class


def test_the_hub_has_the_learners_of_file_and_list(file: Path, tmp_path: Path) -> None:
    before = class_of(file)
    inside = tmp_path / "inside"
    inside.mkdir()
    for name, content in objects(file)["ConfigMap"]["data"].items():
        (inside / name).write_text(content, encoding="utf-8")
    after = class_of(inside / class_file.FILE)
    assert [learner.name for learner in after.learners] == ["Ada: Lovelace", "Alan", "张三"]
    assert (after.learners, after.title, after.origin) == (before.learners, before.title, before.origin)


def test_the_hub_makes_seats_in_its_own_cluster_from_the_image_that_nodes_have(file: Path) -> None:
    data = objects(file)["ConfigMap"]["data"]
    facts, config = yaml.safe_load(data["class.yaml"]), yaml.safe_load(data["kubeconfig"])
    assert (facts["engine"], facts["image"], facts["kubeconfig"]) == ("pods", NODES, "kubeconfig")
    assert facts["context"] == config["current-context"]
    assert config["clusters"][0]["cluster"]["server"] == "https://kubernetes.default.svc"


def test_another_class_file_makes_another_pod(file: Path) -> None:
    def digest(**changes: Any) -> str:
        template = objects(file, **changes)["Deployment"]["spec"]["template"]
        return str(template["metadata"]["annotations"][f"{deployment.LABEL}-file"])

    before = digest()
    assert digest() == before
    assert digest(keep_days=7) != before


# Rights


def granted(file: Path) -> set[tuple[str, str, str]]:
    """Verb, API group, resource."""
    return {
        (verb, group, resource)
        for rule in objects(file)["ClusterRole"]["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_the_hub_has_each_right_that_the_doctor_asks_for(file: Path, api: ApiServer, tmp_path: Path) -> None:
    api.answers[REVIEWS] = {"status": {"allowed": True}}
    rights.missing(HostCluster(str(api.kubeconfig(tmp_path)), "lab"), "own")
    asked = [sent["spec"]["resourceAttributes"] for sent in api.sent]
    named = {(it["verb"], it["group"], "/".join(filter(None, (it["resource"], it["subresource"])))) for it in asked}
    of_classes = {("list", "", "pods"), ("get", "coordination.k8s.io", "leases")}
    assert granted(file) == named | of_classes


def test_the_hub_has_no_right_to_secrets_or_to_rights(file: Path) -> None:
    assert not {resource for _, _, resource in granted(file)} & {"secrets", "roles", "clusterroles", "*"}


def test_the_rights_are_those_of_the_account_that_the_hub_runs_as(file: Path) -> None:
    made = objects(file)
    assert made["ClusterRoleBinding"]["roleRef"]["name"] == made["ClusterRole"]["metadata"]["name"]
    (subject,) = made["ClusterRoleBinding"]["subjects"]
    assert subject["name"] == made["ServiceAccount"]["metadata"]["name"] == pod(file)["serviceAccountName"]
    (condition,) = made["ValidatingAdmissionPolicy"]["spec"]["matchConditions"]
    assert f"'system:serviceaccount:{subject['namespace']}:{subject['name']}'" in condition["expression"]


@pytest.mark.parametrize("name", ["monday", "a-class-of-24-characters"])
def test_the_hub_is_kept_to_the_namespaces_of_its_seats_and_of_the_rehearsal(file: Path, name: str) -> None:
    class_ = class_of(file, id=name)
    (rule,) = objects(file)["ValidatingAdmissionPolicy"]["spec"]["validations"]
    (pattern,) = re.findall(r"matches\('(.*)'\)", rule["expression"])
    rehearsed = class_file.seat_name(rehearsal.class_id(class_), 1)
    assert all(re.search(pattern, namespace_of(seat)) for seat in (*class_.seats, rehearsed))
    others = ("kube-system", "default", deployment.namespace_of(class_), namespace_of(f"{name}-late-01"), "")
    assert not any(re.search(pattern, namespace) for namespace in others)


def test_all_that_the_hub_may_change_is_held_by_the_policy(file: Path) -> None:
    changed = {(group, resource) for verb, group, resource in granted(file) if verb in ("create", "delete")}
    held = objects(file)["ValidatingAdmissionPolicy"]["spec"]["matchConstraints"]["resourceRules"]
    assert changed == {(group, each) for rule in held for group in rule["apiGroups"] for each in rule["resources"]}


# The Pod


def test_pod_security_of_its_namespace_lets_the_hub_in(file: Path) -> None:
    """What `restricted` asks for: https://kubernetes.io/docs/concepts/security/pod-security-standards/."""
    labels = objects(file)["Namespace"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    spec = pod(file)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in (*spec["initContainers"], *spec["containers"]):
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
    kinds = {kind for volume in spec["volumes"] for kind in volume if kind != "name"}
    assert kinds <= {"configMap", "emptyDir", "persistentVolumeClaim"}


def test_a_class_has_one_hub_at_a_time(file: Path) -> None:
    spec = objects(file)["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_the_hub_is_not_where_learners_can_become_root(file: Path) -> None:
    required = pod(file)["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (term,) = required["nodeSelectorTerms"]
    assert term["matchExpressions"] == [{"key": SEATS, "operator": "DoesNotExist"}]


@pytest.mark.parametrize(("port", "host"), [(8443, "class.example:8443"), (443, "class.example")])
def test_probes_ask_by_the_address_that_the_hub_answers_to(file: Path, port: int, host: str) -> None:
    container = hub(file, port=port)
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["httpHeaders"] == [{"name": "Host", "value": host}]


@pytest.mark.parametrize(("port", "sysctls"), [(8443, 0), (443, 1)])
def test_a_port_of_roots_is_opened_where_class_yaml_wants_it(file: Path, port: int, sysctls: int) -> None:
    assert len(pod(file, port=port)["securityContext"].get("sysctls", ())) == sysctls


def test_memory_is_asked_for_by_the_number_of_learners(file: Path) -> None:
    def mebibytes(**changes: Any) -> int:
        return int(hub(file, **changes)["resources"]["requests"]["memory"].removesuffix("Mi"))

    three = mebibytes()
    assert mebibytes(learners=["a", "b", "c", "d", "e", "f"]) > three
    assert int(hub(file)["resources"]["limits"]["memory"].removesuffix("Mi")) > three


# The doors


def test_the_service_leads_to_both_doors(file: Path) -> None:
    made, container = objects(file), hub(file)
    doors = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert doors == {"https": 8443, "ssh": 8022}
    assert {port["targetPort"]: port["port"] for port in made["Service"]["spec"]["ports"]} == doors
    labels = made["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert made["Service"]["spec"]["selector"] == labels


def test_unless_asked_for_nobody_outside_the_cluster_reaches_it(file: Path) -> None:
    assert objects(file)["Service"]["spec"]["type"] == "ClusterIP"


def test_ports_of_nodes_are_those_of_class_yaml(file: Path) -> None:
    ports = objects(file, port=30443, ssh_port=30022, service="NodePort")["Service"]["spec"]["ports"]
    assert [port["nodePort"] for port in ports] == [30443, 30022]


def test_behind_a_load_balancer_the_hub_knows_who_tries_tokens(file: Path) -> None:
    assert objects(file, service="LoadBalancer")["Service"]["spec"]["externalTrafficPolicy"] == "Local"


def test_nothing_but_the_doors_is_reached_and_the_hub_reaches_no_metadata(file: Path) -> None:
    policy = objects(file)["NetworkPolicy"]["spec"]
    assert policy["ingress"] == [{"ports": [{"port": "https"}, {"port": "ssh"}]}]
    _, servers = policy["egress"]
    assert servers["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}]
    assert servers["ports"] == [{"port": 443}, {"port": 6443}]


def test_the_volume_may_be_of_another_class(file: Path) -> None:
    assert "storageClassName" not in objects(file)["PersistentVolumeClaim"]["spec"]
    assert objects(file, storage_class="fast")["PersistentVolumeClaim"]["spec"]["storageClassName"] == "fast"


# On the command line


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The add-ons that the hub's image was asked for with."""
    asked: list[Sequence[str]] = []

    def current(addons: Sequence[str]) -> str:
        asked.append(sorted(addons))
        return "localhost/ckslab-hub:1"

    monkeypatch.setattr(hub_image, "current", current)
    return asked


def test_the_manifest_is_printed_and_where_its_image_is_from_is_said(
    file: Path, told: list[Sequence[str]], capsys: Output
) -> None:
    assert cli.main(["class", "manifest", "--file", str(file)]) == 0
    printed = capsys.readouterr()
    (made,) = (each for each in yaml.safe_load_all(printed.out) if each["kind"] == "Deployment")
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == "localhost/ckslab-hub:1"
    assert node_image.current() in printed.out
    assert "`ckslab class images` makes it" in printed.err


def test_an_image_of_a_registry_is_named_as_it_is(file: Path, told: list[Sequence[str]], capsys: Output) -> None:
    class_of(file, image=NODES)
    assert cli.main(["class", "manifest", "--image", HUB, "--file", str(file)]) == 0
    printed = capsys.readouterr()
    assert (HUB in printed.out, NODES in printed.out, printed.err, told) == (True, True, "", [])


def test_the_image_has_the_add_ons_of_the_classes_exercises(
    file: Path, told: list[Sequence[str]], capsys: Output
) -> None:
    class_of(file, exercises=["psa-warn-baseline", "gatekeeper-audit-then-deny"])
    assert cli.main(["class", "manifest", "--file", str(file)]) == 0
    assert told == [["gatekeeper"]]


def test_a_class_whose_seats_are_no_pods_has_no_hub_there(file: Path, capsys: Output) -> None:
    file.write_text("id: monday\ntitle: M\nexercises: [psa-warn-baseline]\nlearners: [Ada]\n", encoding="utf-8")
    assert cli.main(["class", "manifest", "--file", str(file)]) == 2
    assert "Write `engine: pods` into it" in capsys.readouterr().err


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Image -> the nodes that were given it."""
    got: dict[str, list[str]] = {}

    def give(image: str, here: object, host: object, namespace: str, nodes: Sequence[Any], progress: object) -> None:
        assert namespace == "ckslab-monday-images"
        got[image] = [node["metadata"]["name"] for node in nodes]

    monkeypatch.setattr(containers, "find", lambda *_: Containers("podman"))
    monkeypatch.setattr(hub_image, "ensure", lambda *_: HUB)
    monkeypatch.setattr(node_image, "ensure", lambda *_: NODES)
    monkeypatch.setattr(image_import, "import_image", give)
    return got


def seats_node(name: str) -> dict[str, Any]:
    return {**NODE, "metadata": {"name": name, "uid": name, "labels": {SEATS: "true"}}}


def test_each_image_is_given_to_the_nodes_that_run_it(
    file: Path, given: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    host = HandMadeHost().install(monkeypatch)
    host.objects["/api/v1/nodes/host-2"] = seats_node("host-2")
    assert cli.main(["class", "images", "--file", str(file)]) == 0
    assert given == {HUB: ["host-1"], NODES: ["host-2"]}
    assert host.did == ["POST /api/v1/namespaces", "DELETE /api/v1/namespaces/ckslab-monday-images"]
    assert f"The hub's is {HUB}." in capsys.readouterr().out


def test_an_image_that_nodes_pull_is_not_given_to_them(
    file: Path, given: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    HandMadeHost().install(monkeypatch)
    class_of(file, image=NODES)
    assert cli.main(["class", "images", "--file", str(file)]) == 0
    assert list(given) == [HUB]


def test_where_all_nodes_are_for_seats_it_is_said_that_the_hub_needs_one(
    file: Path, given: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    HandMadeHost().install(monkeypatch).objects["/api/v1/nodes/host-1"] = seats_node("host-1")
    assert cli.main(["class", "images", "--file", str(file)]) == 3
    assert "takes the hub" in capsys.readouterr().err
    assert given == {}
