"""Whether a Pod runs what a task asks for."""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import basename

from checkers.api import Finding, Observer, Text, check, failed, is_image, passed
from checkers.kit.pod import Container, Pod
from checkers.kit.text import as_is, listed, of_container
from checkers.kit.trouble import CAUSES, Trouble, of_running_pod

LINK = "https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"

_WHY = Text(
    "What a manifest is worth shows only in a Pod that runs.",
    "清单写得如何，只有在运行的 Pod 中才能看出。",
)


@check("pods.runs", causes=(*CAUSES, "another-ends", "own-command", "no-command"))
def runs(
    cluster: Observer, *, pod: str, namespace: str = "default", image: str, command: Sequence[str] = ()
) -> Finding:
    """The Pod runs, and one of its containers has this image and, if one is given, this command.

    Others beside it are right, as long as they stay up as well.
    """
    with_command = Text(f" whose command is {list(command)}", f"、命令 {list(command)}") if command else as_is("")
    expected = Text(
        f"Pod {pod} runs in namespace {namespace}, with a container of image {image}{with_command.en}",
        f"Pod {pod} 在命名空间 {namespace} 中运行，其中一个容器使用镜像 {image}{with_command.zh}",
    )

    def judge(found_pod: Pod) -> Finding:
        right = running(found_pod, image, command)
        found = listed(
            of_container(container, as_is(f"{container.image} {_command(container)}"))
            for container in right or found_pod.running
        )
        return passed(expected, found) if right else failed(expected, found, _WHY, LINK)

    def of_the_end(trouble: Trouble) -> set[str]:
        """What is known of a container that does not stay up: whether the task asks for it, and what it runs."""
        container = trouble.container
        if container is None or "does-not-stay-up" not in trouble.causes:
            return set()
        if not is_image(container.image, image):
            return {"another-ends"}
        return {"own-command" if _command(container) else "no-command"}

    return of_running_pod(cluster, pod, namespace, judge, expected, _WHY, LINK, more=of_the_end)


def running(pod: Pod, image: str, command: Sequence[str] = ()) -> tuple[Container, ...]:
    """The running containers that have this image and, if one is given, this command."""
    return tuple(
        container
        for container in pod.running
        if is_image(container.image, image) and (not command or is_command(_command(container), command))
    )


def is_command(given: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether two commands are the same; that a program is named by its path makes no difference."""
    if not given or basename(given[0]) != basename(wanted[0]):
        return False
    return [part.strip() for part in given[1:]] == [part.strip() for part in wanted[1:]]


def _command(container: Container) -> list[str]:
    """What is run, where the image adds nothing: `args` alone are the command of an image without an entry point."""
    return [*(container.spec.get("command") or ()), *(container.spec.get("args") or ())]
