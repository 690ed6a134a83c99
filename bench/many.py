"""What it costs to judge where a cluster holds 500 objects of a kind that the checks read, beside a few.

    python -m bench.many LAB [KIND ...]

It needs a lab that is up, and starts exercises on it: what was done there is gone. The rows compare the best of some
grades of the same answer, so a machine that is busy for a while does not decide. Aim: at most twice as long.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from bench.__main__ import row
from lab.authoring.script import run_as_learner
from lab.catalog.load import load
from lab.cluster import open_lab
from lab.cluster.machines.kubectl import Kubectl
from lab.practice.session import Session

MANY = 500
RUNS = 4
PATIENCE = 900.0
"""Seconds in which so many objects are made or deleted."""
MARK = {"ckslab-bench": "many"}

Object = dict[str, Any]


def thing(version: str, kind: str, number: int, namespace: str = "", **content: Any) -> Object:
    """One of many objects."""
    place = {"namespace": namespace} if namespace else {}
    metadata = {"name": f"many-{number}", "labels": MARK, **place}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def secret(number: int) -> Object:
    return thing("v1", "Secret", number, "default", stringData={"key": f"value {number}"})


def namespace(number: int) -> Object:
    return thing("v1", "Namespace", number)


def pod(number: int) -> Object:
    """It runs nothing: a gate keeps it from being scheduled."""
    spec = {"schedulingGates": [{"name": "ckslab/never"}], "containers": [{"name": "main", "image": "busybox:1.28"}]}
    return thing("v1", "Pod", number, "default", spec=spec)


def runtime_class(number: int) -> Object:
    return thing("node.k8s.io/v1", "RuntimeClass", number, handler="runc")


def constraint(number: int) -> Object:
    """Of the template that the solution made, for a namespace that there is not."""
    kinds = [{"apiGroups": ["apps"], "kinds": ["Deployment"]}]
    spec = {"match": {"namespaces": [f"team-{number}"], "kinds": kinds}, "parameters": {"min": 3, "max": 10}}
    return thing("constraints.gatekeeper.sh/v1beta1", "K8sReplicaLimits", number, spec=spec)


KINDS: Mapping[str, tuple[str, str, Callable[[int], Object]]] = {
    "Pods": ("busybox-security-context", "pods", pod),
    "RuntimeClasses": ("gvisor-runtimeclass", "runtimeclasses", runtime_class),
    "Namespaces": ("psa-warn-baseline", "namespaces", namespace),
    "Secrets": ("etcd-encryption", "secrets", secret),
    "constraints": ("gatekeeper-replica-limits", "k8sreplicalimits", constraint),
}
"""What there are many of -> the exercise whose checks read them, the plural for kubectl, and how one is made."""


def grades(session: Session, exercise_id: str) -> tuple[float, float]:
    """The best and the worst seconds of some grades, all of which must pass."""
    exercise = session.exercise(exercise_id)
    found = [session.grade(exercise) for _ in range(RUNS)]
    wrong = {name: verdict for grade in found for name, verdict in grade.verdicts.items() if verdict != "pass"}
    if wrong:
        print(f"    not all passed: {wrong}", flush=True)
    seconds = [grade.seconds for grade in found]
    return min(seconds), max(seconds)


def compare(session: Session, kubectl: Kubectl, what: str) -> None:
    """One row."""
    exercise_id, plural, make = KINDS[what]
    exercise = session.exercise(exercise_id)
    session.start(exercise)
    solution = next(answer for answer in exercise.answers if answer.name == "solution")
    run_as_learner(session.engine, solution)
    few = grades(session, exercise_id)
    objects = {"apiVersion": "v1", "kind": "List", "items": [make(number) for number in range(MANY)]}
    kubectl.do("create", "--filename=-", stdin=json.dumps(objects).encode(), timeout=PATIENCE)
    try:
        many = grades(session, exercise_id)
    finally:
        labels = ",".join(f"{key}={value}" for key, value in MARK.items())
        everywhere = ["--all-namespaces"] if what in ("Pods", "Secrets") else []
        kubectl.ask("delete", plural, f"--selector={labels}", "--wait=false", *everywhere, timeout=PATIENCE)
    row(f"{MANY} {what}", many[0], "a few", few[0])
    print(f"    worst {many[1]:.1f} s and {few[1]:.1f} s; load average {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m bench.many", description="What it costs to judge beside 500 objects.")
    parser.add_argument("lab", help="the name of a lab that is up")
    parser.add_argument("kind", nargs="*", choices=[*KINDS, []], help=f"what there are many of: {', '.join(KINDS)}")
    asked = parser.parse_args()
    engine = open_lab(asked.lab)
    practice = Session(load(), engine)
    for name in asked.kind or KINDS:
        compare(practice, Kubectl(engine.nodes()[0]), name)
