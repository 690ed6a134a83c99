"""What a machine that is a Pod is at, as its host cluster tells it."""

from __future__ import annotations

from lab.cluster.pods.hosting import Object
from lab.cluster.pods.manifest import CONTAINER

RUNNING = "running"
HOPELESS = ("ErrImageNeverPull", "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError")
"""Why a container waits for what will not come by itself."""


def has_ended(pod: Object) -> bool:
    """Whether it will not run again: it was evicted, or is being removed."""
    return pod["status"].get("phase") in ("Failed", "Succeeded") or "deletionTimestamp" in pod["metadata"]


def of(pod: Object) -> str:
    """A machine's condition in a word: `running`, why its container waits, or how far its Pod has come."""
    for container in pod["status"].get("containerStatuses") or ():
        state = container["state"]
        if container["name"] == CONTAINER and ("running" in state or "waiting" in state):
            # Before its volume has been filled it is said to wait for that.
            return RUNNING if "running" in state else _waits(pod, str(state["waiting"].get("reason", "")))
    return str(pod["status"].get("phase", "Pending"))


def runs(pod: Object) -> bool:
    """Whether the machine does."""
    return of(pod) == RUNNING


def starts(pod: Object) -> int:
    """How often its container was started again."""
    statuses = pod["status"].get("containerStatuses") or ()
    return sum(int(status.get("restartCount", 0)) for status in statuses)


def trouble(pod: Object) -> str:
    """Why a machine does not run, in the words of the scheduler or the kubelet."""
    status = pod["status"]
    said = [
        f"{state.get('reason', '')} {state.get('message', '')}".strip()
        for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
        for name, state in container["state"].items()
        if name != "running" and state.get("reason") not in ("PodInitializing", "Completed")
    ]
    unmet = [it.get("message", "") for it in status.get("conditions") or () if it["status"] == "False"]
    return "; ".join(filter(None, said or unmet)) or str(status.get("message") or status.get("phase"))


def _waits(pod: Object, reason: str) -> str:
    """The reason that counts: the init container's, where that one waits."""
    for container in pod["status"].get("initContainerStatuses") or ():
        if "waiting" in container["state"]:
            return str(container["state"]["waiting"].get("reason", ""))
    return reason
