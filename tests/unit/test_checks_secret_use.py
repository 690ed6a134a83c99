"""How a Secret's values come to programs, by observations made by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checkers.api import Finding, Ran, Verdict
from checkers.secret_use import environment, file, only
from tests.unit.support.observations import NAME, HandMade, Object, container, node, pod

TOKEN, PASSWORD = "tokenvaluetokenval", "passwordvaluepassw"
VALUES = {"token": TOKEN, "password": PASSWORD}
PATH = "/etc/beacon/token"
CLOSED = "overlay / overlay rw 0 0\ntmpfs /etc/beacon tmpfs ro 0 0\n"
VOLUME = {"name": "beacon", "secret": {"secretName": "beacon"}}
MOUNT = {"name": "beacon", "mountPath": "/etc/beacon"}
REFERENCE = {"valueFrom": {"secretKeyRef": {"name": "beacon", "key": "token"}}}


def seen(obj: Object, **runs: dict[str, Ran]) -> HandMade:
    secret = {"kind": "Secret", "metadata": {"name": "beacon", "namespace": "default"}, "data": {"token": "x"}}
    return HandMade([obj, node(), secret], runs, values=VALUES)


def said(text: str) -> dict[str, Ran]:
    """What a shell in a container prints."""
    return {"sh": Ran(0, text, "")}


def of_environment(obj: Object, **runs: dict[str, Ran]) -> Finding:
    return environment(seen(obj, **runs), workload=NAME, kind="Pod", keys=["token", "password"])


def test_environments_without_the_values_pass() -> None:
    assert of_environment(pod(), main=said("HOME=/root\\0PORT=1")).verdict is Verdict.PASS


def test_a_value_in_an_environment_is_told_by_its_key_alone() -> None:
    finding = of_environment(pod(), main=said(f"HOME=/root\\0A={PASSWORD}"))
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == "container main: a process has the value of password in its environment"


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ({}, "by-program"),
        ({"volumeMounts": [MOUNT]}, "by-program"),
        ({"env": [{"name": "A", **REFERENCE}]}, None),
        ({"envFrom": [{"secretRef": {"name": "beacon"}}], "volumeMounts": [MOUNT]}, "mounted-too"),
    ],
)
def test_how_the_value_came_into_the_environment(spec: dict[str, Any], cause: str | None) -> None:
    obj = pod([container(**spec)], volumes=[VOLUME])
    assert of_environment(obj, main=said(TOKEN)).causes == ({cause} if cause else set())


def test_one_container_of_two_is_told() -> None:
    obj = pod([container(env=[{"name": "A", **REFERENCE}]), container("helper")])
    assert of_environment(obj, main=said(TOKEN), helper=said("")).causes == {"some-containers"}


@pytest.mark.parametrize(
    ("spec", "verdict"),
    [
        ({"env": [{"name": "A", "value": TOKEN}]}, Verdict.FAIL),
        ({"env": [{"name": "A", **REFERENCE}]}, Verdict.FAIL),
        ({"envFrom": [{"secretRef": {"name": "beacon"}}]}, Verdict.FAIL),
        ({"envFrom": [{"secretRef": {"name": "another"}}, {"configMapRef": {"name": "beacon"}}]}, Verdict.PASS),
        ({}, Verdict.PASS),
    ],
)
def test_an_init_container_that_has_ended_is_judged_by_its_fields(spec: dict[str, Any], verdict: Verdict) -> None:
    assert of_environment(pod(init=[container("prepare", **spec)]), main=said("")).verdict is verdict


def test_without_a_shell_the_runtime_tells_the_environment() -> None:
    inspected = {"info": {"config": {"envs": [{"key": "A", "value": TOKEN}]}}}
    cluster = seen(pod())
    cluster.on_nodes = {"kube-worker-1": {"crictl inspect main": Ran(0, json.dumps(inspected), "")}}
    assert environment(cluster, workload=NAME, kind="Pod", keys=["token"]).verdict is Verdict.FAIL


def of_file(content: str = TOKEN, mode: str = "400", mounts: str = CLOSED, name: str = "main") -> Finding:
    runs = {f"cat {PATH}": Ran(0, content, ""), "stat": Ran(0, f"{mode}\n", ""), "cat /proc/mounts": Ran(0, mounts, "")}
    cluster = seen(pod(), main=runs)
    return file(cluster, workload=NAME, kind="Pod", container=name, path=PATH, key="token", mode="0400")


def test_a_file_that_is_as_asked_passes() -> None:
    finding = of_file()
    assert (finding.verdict, finding.found.en) == (Verdict.PASS, f"Pod web: {PATH} has mode 0400, read-only")


@pytest.mark.parametrize(
    ("what", "cause"),
    [
        ({"content": f"{TOKEN}\n"}, "other-content"),
        ({"mode": "644"}, "mode"),
        ({"mode": "440"}, "mode"),
        ({"mode": "620"}, "mode-decimal"),
        ({"mounts": "overlay / overlay rw 0 0\n"}, "writable"),
        ({"name": "other"}, "no-container"),
    ],
)
def test_what_is_wrong_with_a_file(what: dict[str, str], cause: str) -> None:
    finding = of_file(**what)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {cause})
    assert TOKEN not in finding.found.en


def test_a_file_that_is_not_there() -> None:
    cluster = seen(pod(), main={"cat": Ran(1, "", f"cat: can't open '{PATH}'")})
    finding = file(cluster, workload=NAME, kind="Pod", container="main", path=PATH, key="token", mode="0400")
    assert finding.causes == {"no-file"}


def of_volumes(obj: Object, **runs: dict[str, Ran]) -> Finding:
    cluster = seen(obj, **runs)
    return only(cluster, workload=NAME, kind="Pod", container="main", key="token", keys=["token", "password"])


def mounted(*names: str, volume: Object = VOLUME) -> Object:
    """These containers have the Secret as a volume."""
    every = [container(name, volumeMounts=[MOUNT] if name in names else []) for name in ("main", "helper")]
    return pod(every, volumes=[volume])


def test_one_value_in_the_container_that_it_is_for_passes() -> None:
    assert of_volumes(mounted("main"), main=said(TOKEN)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "volume", [VOLUME, {"name": "beacon", "projected": {"sources": [{"configMap": {}}, {"secret": {}}]}}]
)
def test_another_value_beside_it_is_too_much(volume: Object) -> None:
    finding = of_volumes(mounted("main", volume=volume), main=said(TOKEN + PASSWORD))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"other-keys"})
    assert finding.found.en == "container main: the value of password in a file"


def test_the_value_in_another_container_is_too_much() -> None:
    finding = of_volumes(mounted("main", "helper"), main=said(TOKEN), helper=said(TOKEN))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"other-container"})


def test_a_volume_of_another_secret_is_nobodys_concern() -> None:
    assert of_volumes(mounted("main", "helper"), main=said(TOKEN), helper=said("else")).verdict is Verdict.PASS
