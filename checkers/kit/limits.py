"""What a Pod may ask for and the nodes of a lab cannot do: right in the manifest, and no fault of the learner's."""

from __future__ import annotations

import re

from checkers.api import Text
from checkers.kit.pod import Pod

_NO_USER_NAMESPACES = re.compile(r"user namespace|hostUsers|idmap", re.IGNORECASE)


def beyond(pod: Pod, message: str) -> Text | None:
    """What the Pod asks for that its node says it cannot do, and the way out; None where that is not what it says."""
    if pod.spec.get("hostUsers") is False and _NO_USER_NAMESPACES.search(message):
        return Text(
            f"{message} -- the nodes of this lab cannot run a Pod with `hostUsers: false`, and waiting mends nothing. "
            f"The task does not ask for that field: create the Pod anew without it.",
            f"{message} -- 本实验环境的节点无法运行带有 `hostUsers: false` 的 Pod，等待无济于事。任务没有要求这个字段："
            f"请去掉它，重新创建 Pod。",
        )
    if "AppArmor is not enabled" in message:
        return Text(
            f"{message} -- the kernel of this lab's nodes has no AppArmor. Create the Pod anew without "
            "`appArmorProfile`.",
            f"{message} -- 本实验环境节点的内核没有启用 AppArmor。请去掉 `appArmorProfile`，重新创建 Pod。",
        )
    return None
