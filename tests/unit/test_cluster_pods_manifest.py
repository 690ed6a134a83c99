"""The objects of a seat: what its machines may do in the host cluster, and who reaches them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.cluster.pods import manifest
from lab.cluster.pods.manifest import LABEL, OWNER, SEATS, Seat

SEAT = Seat(
    lab="own",
    owner="a1b2",
    image="localhost/ckslab-node:1",
    pulled=False,
    reserved=False,
    inside=("10.250.0.0/16", "10.251.0.0/16"),
    outside=("10.96.0.0/16", "10.244.0.0/24"),
)


def pods(seat: Seat = SEAT) -> dict[str, dict[str, Any]]:
    """Name of each Pod -> its specification."""
    return {pod["metadata"]["name"]: pod["spec"] for pod in manifest.pods(seat)}


def containers() -> list[dict[str, Any]]:
    return [each for spec in pods().values() for each in (*spec["initContainers"], *spec["containers"])]


def furnishing(kind: str) -> dict[str, Any]:
    (found,) = (each for each in manifest.furnishings(SEAT) if each["kind"] == kind)
    return dict(found["spec"])


def test_the_namespace_carries_the_names_of_its_lab_and_owner() -> None:
    metadata = manifest.namespace(SEAT)["metadata"]
    assert metadata["name"] == "ckslab-own"
    assert (metadata["labels"][LABEL], metadata["labels"][OWNER]) == ("own", "a1b2")


def test_the_namespace_lets_privileged_pods_in_and_warns_of_none() -> None:
    labels = manifest.namespace(SEAT)["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {"privileged"}


def test_nodes_are_privileged_and_base_is_not() -> None:
    privileged = {name: spec["containers"][0]["securityContext"]["privileged"] for name, spec in pods().items()}
    assert privileged == {"kube-control-plane": True, "kube-worker-1": True, "base": False}


def test_what_fills_the_disk_has_no_privilege() -> None:
    assert all("securityContext" not in spec["initContainers"][0] for spec in pods().values())


def test_no_machine_has_credentials_of_the_host_cluster_or_hears_of_its_services() -> None:
    for spec in pods().values():
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False


def test_nothing_of_the_host_is_mounted_or_shared() -> None:
    for spec in pods().values():
        assert [list(volume) for volume in spec["volumes"]] == [["name", "emptyDir"]]
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)


def test_memory_is_kept_for_a_machine_to_its_limit() -> None:
    for container in containers():
        assert container["resources"]["requests"]["memory"] == container["resources"]["limits"]["memory"]


def test_the_quota_is_what_the_machines_take() -> None:
    def mebibytes(amount: str) -> int:
        return int(amount[:-2]) * (1024 if amount.endswith("Gi") else 1)

    taken = sum(mebibytes(spec["containers"][0]["resources"]["limits"]["memory"]) for spec in pods().values())
    hard = furnishing("ResourceQuota")["hard"]
    assert mebibytes(hard["limits.memory"]) == mebibytes(hard["requests.memory"]) == taken
    assert hard["pods"] == str(len(pods()))


def test_no_port_of_the_host_may_lead_into_a_seat() -> None:
    hard = furnishing("ResourceQuota")["hard"]
    assert (hard["services.nodeports"], hard["services.loadbalancers"]) == ("0", "0")


def test_nothing_from_outside_the_seat_is_let_in() -> None:
    fence = furnishing("NetworkPolicy")
    assert fence["podSelector"] == {}
    assert "Ingress" in fence["policyTypes"]
    (rule,) = fence["ingress"]
    assert rule["from"] == [
        {"podSelector": {}},
        {"ipBlock": {"cidr": "10.250.0.0/16"}},
        {"ipBlock": {"cidr": "10.251.0.0/16"}},
    ]


def test_a_machine_reaches_the_world_but_neither_the_host_cluster_nor_a_clouds_metadata() -> None:
    world = furnishing("NetworkPolicy")["egress"][0]["to"][-1]["ipBlock"]
    assert world["cidr"] == "0.0.0.0/0"
    assert world["except"] == ["10.244.0.0/24", "10.96.0.0/16", "169.254.0.0/16"]


def test_of_the_host_cluster_a_machine_reaches_its_dns_alone() -> None:
    _, names = furnishing("NetworkPolicy")["egress"]
    assert names["to"][0]["podSelector"] == {"matchLabels": {"k8s-app": "kube-dns"}}
    assert {port["port"] for port in names["ports"]} == {53}


def test_machines_have_names_before_they_are_ready() -> None:
    service = furnishing("Service")
    assert service["publishNotReadyAddresses"] is True
    assert service["clusterIP"] == "None"
    assert {spec["subdomain"] for spec in pods().values()} == {"nodes"}
    assert {name: spec["hostname"] for name, spec in pods().items()} == {name: name for name in manifest.MACHINES}


def test_machines_know_each_other_by_their_mere_names_whatever_became_of_their_files() -> None:
    searched = {tuple(spec["dnsConfig"]["searches"]) for spec in pods().values()}
    assert searched == {("nodes.ckslab-own.svc.cluster.local",)}


def test_a_seat_is_on_one_node_of_the_host() -> None:
    for spec in pods().values():
        (rule,) = spec["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert rule["topologyKey"] == "kubernetes.io/hostname"
        assert rule["labelSelector"] == {"matchLabels": {LABEL: "own"}}


def test_where_the_host_has_nodes_for_seats_it_is_on_those() -> None:
    assert all(spec["nodeSelector"] == {SEATS: "true"} for spec in pods(replace(SEAT, reserved=True)).values())
    assert all(spec["nodeSelector"] == {} for spec in pods().values())


def test_the_taint_of_nodes_for_seats_is_tolerated_and_no_other() -> None:
    assert all(spec["tolerations"] == [{"key": SEATS, "operator": "Exists"}] for spec in pods().values())


@pytest.mark.parametrize(("pulled", "policy"), [(True, "IfNotPresent"), (False, "Never")])
def test_an_image_is_pulled_only_where_a_registry_has_it(pulled: bool, policy: str) -> None:
    specs = pods(replace(SEAT, pulled=pulled)).values()
    assert {spec[kind][0]["imagePullPolicy"] for spec in specs for kind in ("initContainers", "containers")} == {policy}


def test_what_a_machine_keeps_is_copied_before_the_volume_hides_it() -> None:
    for spec in pods().values():
        copied = spec["initContainers"][0]["command"][4:]
        assert copied == [mount["subPath"] for mount in spec["containers"][0]["volumeMounts"]]


def test_base_copies_no_images_and_keeps_its_baseline() -> None:
    kept = {name: spec["initContainers"][0]["command"][4:] for name, spec in pods().items()}
    assert "var" in kept["kube-worker-1"]
    assert {"var/lib/ckslab", "home"} <= set(kept["base"])
    assert "var" not in kept["base"]


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[], None]:
    """Runs what fills the disk of base, on `etc` alone, below a folder."""
    command = pods()["base"]["initContainers"][0]["command"]
    script = command[2].replace("/disk", f"{tmp_path}/disk").replace('"/$directory"', f'"{tmp_path}/$directory"')
    (tmp_path / "disk").mkdir()
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "hosts").write_text("of the image")
    return lambda: subprocess.run([*command[:2], script, "copy", "etc"], check=True)


def test_what_is_kept_is_copied_once(copy: Callable[[], None], tmp_path: Path) -> None:
    """A Pod whose sandbox is made anew runs its init container again: what was changed meanwhile must stay."""
    copy()
    (tmp_path / "etc" / "hosts").write_text("of the image, later")
    copy()
    assert (tmp_path / "disk" / "etc" / "hosts").read_text() == "of the image"


def test_a_copy_that_was_cut_off_is_made_again(copy: Callable[[], None], tmp_path: Path) -> None:
    (tmp_path / "disk" / "etc.copying").mkdir()
    copy()
    assert (tmp_path / "disk" / "etc" / "hosts").read_text() == "of the image"
    assert not (tmp_path / "disk" / "etc.copying").exists()


def test_a_node_gets_a_cgroup_namespace_before_anything_else_runs() -> None:
    command = pods()["kube-worker-1"]["containers"][0]["command"]
    assert command[:4] == ["unshare", "--cgroup", "bash", "-c"]
    assert command[4].rstrip().endswith("exec /usr/local/bin/entrypoint /sbin/init")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_the_script_of_the_first_process_is_bash() -> None:
    checked = subprocess.run(["bash", "-n", manifest._ENTRY], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
