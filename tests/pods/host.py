"""A cluster to run seats on: one control plane and two workers, made by kind as the kind engine makes its labs.

    python -m tests.pods.host up|down

Another cluster is used where `CKSLAB_PODS_KUBECONFIG` names one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from lab import paths
from lab.cluster.host import containers
from lab.cluster.host import facts as host
from lab.cluster.host.containers import LABEL, ContainerNode, Containers
from lab.cluster.image import node_image
from lab.cluster.kind.config import CONTROL_PLANE, WORKER, kind_config
from lab.cluster.machines import health, network
from lab.cluster.machines.kubectl import Kubectl
from lab.cluster.machines.kubelet import HostFacts
from lab.progress import ignore

NAME = "pods-host"
_NETWORK = f"ckslab-{NAME}"
_SECOND_WORKER = "kube-worker-2"


def kubeconfig() -> Path:
    """Of the host cluster's administrator."""
    return paths.private(paths.cache() / "test-pods") / "kubeconfig"


def nodes(runtime: Containers) -> list[ContainerNode]:
    """Control plane first."""
    return [
        ContainerNode(runtime, f"{NAME}-control-plane", CONTROL_PLANE, "control-plane"),
        ContainerNode(runtime, f"{NAME}-worker", WORKER, "worker"),
        ContainerNode(runtime, f"{NAME}-worker2", _SECOND_WORKER, "worker"),
    ]


def up() -> None:
    """Make it; one that is there is used as it is."""
    runtime = containers.find()
    made_from = node_image.ensure(runtime, "auto", ignore)
    if len(runtime.inspect(*(node.container for node in nodes(runtime)))) < len(nodes(runtime)):
        down()
        runtime.must("network", "create", "--label", f"{LABEL}={NAME}", _NETWORK)
        _kind(runtime, "create", "--image", made_from, "--config", "-", stdin=_config())
    network.connect(nodes(runtime), Kubectl(nodes(runtime)[0]))
    health.await_ready(nodes(runtime))


def down() -> None:
    """Remove it."""
    runtime = containers.find()
    _kind(runtime, "delete", "--name", NAME)
    runtime.call("network", "rm", _NETWORK)


def _config() -> bytes:
    facts = HostFacts(host.has_cgroup_v1(), host.may_raise_limits(host.this_process()))
    config: dict[str, Any] = yaml.safe_load(kind_config(NAME, facts))
    patch = yaml.safe_dump({"kind": "JoinConfiguration", "nodeRegistration": {"name": _SECOND_WORKER}})
    config["nodes"].append({"role": "worker", "kubeadmConfigPatches": [patch]})
    return yaml.safe_dump(config).encode()


def _kind(runtime: Containers, verb: str, *options: str, stdin: bytes = b"") -> None:
    argv = [str(node_image.kind_program()), verb, "cluster", "--kubeconfig", str(kubeconfig()), *options]
    variable = "PODMAN" if runtime.runtime == "podman" else "DOCKER"
    settings = {"KIND_EXPERIMENTAL_PROVIDER": runtime.runtime, f"KIND_EXPERIMENTAL_{variable}_NETWORK": _NETWORK}
    done = runtime.watch(argv, lambda _: None, stdin, settings)
    assert done.ok, done.text


if __name__ == "__main__":
    {"up": up, "down": down}[sys.argv[1]]()
