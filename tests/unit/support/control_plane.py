"""What the control plane's node shows of etcd and the API server, made by hand."""

from __future__ import annotations

import json
from datetime import timedelta

from lab.cluster.engine import Completed
from tests.unit.support.clocks import BEGAN
from tests.unit.support.engines import done

PARTS = ("etcd", "kube-apiserver")
LONG_AGO = timedelta(days=1)
UNTOUCHED: dict[str, Completed | Exception] = {
    "cmp --silent": done(),
    "is-active kubelet": done(stdout="active\n"),
    "find -L": done(),
}
"""The kubelet runs, and neither manifests nor files were changed."""


def healthy() -> dict[str, Completed | Exception]:
    """Both have run for long, by the manifests that the lab was made with."""
    answers = dict(UNTOUCHED)
    for part in PARTS:
        answers |= manifest(part, LONG_AGO) | container(part, LONG_AGO)
    return answers


def manifest(part: str, age: timedelta) -> dict[str, Completed | Exception]:
    """Put in place so long ago, and the kubelet has nothing to say of it."""
    changed = int((BEGAN - age).timestamp())
    return {f"{part}.yaml": done(stdout=f"{changed}\n"), "journalctl": done()}


def container(
    part: str, age: timedelta, *, ended: int | None = None, log: str = "", reason: str = "Error"
) -> dict[str, Completed | Exception]:
    """The newest container: made so long ago, and running unless it ended with a code."""
    made = int((BEGAN - age).timestamp() * 1e9)
    state = "CONTAINER_RUNNING" if ended is None else "CONTAINER_EXITED"
    status = {
        "exitCode": ended or 0,
        "reason": reason,
        "finishedAt": "2026-01-01T00:00:00.5Z",
        "mounts": [{"hostPath": "/etc/kubernetes/enc"}],
    }
    listed = {"containers": [{"id": f"id-of-{part}", "state": state, "createdAt": str(made)}]}
    return {
        f"container.name={part}": done(stdout=json.dumps(listed)),
        f"inspect id-of-{part}": done(stdout=json.dumps({"status": status})),
        f"tail=200 id-of-{part}": done(stderr=log),
    }
