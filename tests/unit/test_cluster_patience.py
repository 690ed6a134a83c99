"""What is told to be patient with an emulated processor."""

from __future__ import annotations

from typing import Any

import yaml

from lab.cluster.machines.patience import patches, softened

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: manager
        livenessProbe: {httpGet: {path: /healthz, port: 9090}}
        readinessProbe: {httpGet: {path: /readyz, port: 9090}, periodSeconds: 7}
      - name: without-probes
"""


def soft(manifest: str) -> list[Any]:
    return list(yaml.safe_load_all(softened(manifest.encode())))


def test_every_static_pod_is_given_minutes_before_it_is_taken_for_dead() -> None:
    told = {name: yaml.safe_load(patch)["spec"]["containers"] for name, patch in patches().items()}
    assert set(told) == {"etcd.yaml", "kube-apiserver.yaml", "kube-controller-manager.yaml", "kube-scheduler.yaml"}
    for file, [container] in told.items():
        assert f"{container['name']}.yaml" == file
        # The kubelet asks every ten seconds.
        assert container["livenessProbe"]["failureThreshold"] * 10 >= 180


def test_a_softened_container_has_longer_to_answer_and_is_asked_the_same() -> None:
    [deployment] = soft(DEPLOYMENT)
    manager, other = deployment["spec"]["template"]["spec"]["containers"]
    assert manager["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": 9090}
    assert manager["livenessProbe"]["timeoutSeconds"] == manager["readinessProbe"]["timeoutSeconds"] == 15
    assert manager["livenessProbe"]["failureThreshold"] == 30
    assert manager["readinessProbe"]["periodSeconds"] == 7
    assert other == {"name": "without-probes"}


def test_nothing_else_of_a_manifest_changes() -> None:
    others = """
kind: CustomResourceDefinition
spec: {versions: [{name: "v1", schema: {default: "on", pattern: 'y'}}]}
---
---
kind: Namespace
metadata: {name: "123"}
"""
    assert soft(others) == list(yaml.safe_load_all(others))


def test_softening_twice_is_softening_once() -> None:
    once = softened(DEPLOYMENT.encode())
    assert softened(once) == once
