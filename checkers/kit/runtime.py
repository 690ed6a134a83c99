"""A container as the runtime of its node has it, which no manifest and no image can tell otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from checkers.api import Observer
from checkers.kit.pod import Container, Pod


def inspect(cluster: Observer, pod: Pod, container: Container) -> Mapping[str, Any]:
    """What `crictl inspect` knows: its process on the node (`pid`), by which runtime it runs (`runtimeType`), ...

    Empty where the runtime does not know the container, which has then just ended.
    """
    if not container.id:
        return {}
    inspected = cluster.on_node(pod.node, ["crictl", "inspect", container.id])
    known: Mapping[str, Any] = json.loads(inspected.stdout)["info"] if inspected.code == 0 else {}
    return known
