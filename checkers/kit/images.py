"""Images: which one a name means, which ones a node has, and whose fault it is that one cannot be had."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from checkers.api import NoObservation, Observer, Text, is_image
from checkers.kit.pod import Container, Pod

MISSING = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable"}
"""Why a container waits, in the kubelet's words, when its image is what it waits for."""

# What a registry says of an image that it does not have. A node that reaches none says "no such host" and the like.
_NO_SUCH = re.compile(r": not found|manifest unknown|name unknown|does not exist|access denied|insufficient_scope")
_OF_KUBERNETES = "registry.k8s.io/"


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a container has no image. `is_labs`: the lab is at fault, and waiting mends nothing."""

    words: Text
    is_labs: bool


def missing(cluster: Observer, pod: Pod, container: Container, message: str) -> Missing:
    """Why a container has no image; `message` is what its node says of it.

    A name that the task does not give is the learner's, unless the Pod has the task's image as well: then this is
    another one beside it, which the task allows and a lab without a registry cannot have.
    """
    image, node = container.image, pod.node
    known = images(cluster, node)
    if any(is_image(image, name) for name in known) and container.spec.get("imagePullPolicy") == "Always":
        return Missing(
            Text(
                f"{message} -- {node} has {image}, but with `imagePullPolicy: Always` it asks the image's registry "
                f"each time, and this lab has no registry that answers. Waiting mends nothing: create the Pod anew "
                f"with `imagePullPolicy: IfNotPresent`.",
                f"{message} -- {node} 上已有 {image}，但 `imagePullPolicy: Always` 每次都要询问镜像仓库，而本实验环境"
                f"没有可用的镜像仓库。等待无济于事：请用 `imagePullPolicy: IfNotPresent` 重新创建 Pod。",
            ),
            is_labs=True,
        )
    has, has_zh = _listed(node, known)
    if cluster.provides(image):
        return Missing(
            Text(
                f"{message} -- the task names this image and the lab does not have it.{has}",
                f"{message} -- 任务要求使用这个镜像，而实验环境中没有它。{has_zh}",
            ),
            is_labs=True,
        )
    is_beside = any(cluster.provides(other.image) for other in pod.containers)
    if not is_beside or _NO_SUCH.search(message):
        return Missing(Text(f"{message}{has}", f"{message}{has_zh}"), is_labs=False)
    return Missing(
        Text(
            f"{message} -- this lab has no registry that answers, so it only has the images that are there already. "
            f"Waiting mends nothing: give {container.name} one of them.{has}",
            f"{message} -- 本实验环境没有可用的镜像仓库，只有已经存在的镜像可用。等待无济于事：请让 {container.name} "
            f"使用其中之一。{has_zh}",
        ),
        is_labs=True,
    )


def images(cluster: Observer, node: str) -> tuple[str, ...]:
    """The names of the images that a node has, but for those of Kubernetes itself; none where it cannot be asked."""
    try:
        ran = cluster.on_node(node, ["crictl", "images", "--output=json"])
    except NoObservation:
        return ()  # they would only have made the message better
    if ran.code != 0:
        return ()
    tags = [tag for image in json.loads(ran.stdout)["images"] for tag in image.get("repoTags") or ()]
    return tuple(sorted(tag for tag in tags if not tag.startswith(_OF_KUBERNETES)))


def _listed(node: str, known: Sequence[str]) -> tuple[str, str]:
    """In each language, which images there are."""
    if not known:
        return "", ""
    names = ", ".join(name.removeprefix("docker.io/").removeprefix("library/") for name in known)
    return f" Images on {node}: {names}.", f" {node} 上的镜像：{names}。"
