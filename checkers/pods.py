"""Whether a Pod runs what a task asks for."""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import basename

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.pod import Container
from checkers.trouble import Trouble, running_pod
from checkers.words import as_is, listed, of_container

LINK = "https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"

_WHY = Text(
    "What a manifest is worth shows only in a Pod that runs.",
    "清单写得如何，只有在运行的 Pod 中才能看出。",
)


@check("pods.runs")
def runs(lab: Observer, *, pod: str, namespace: str = "default", image: str, command: Sequence[str] = ()) -> Finding:
    """The Pod runs, and one of its containers has this image and, if one is given, this command.

    Others beside it are right.
    """
    with_command = Text(f" whose command is {list(command)}", f"、命令 {list(command)}") if command else as_is("")
    expected = Text(
        f"Pod {pod} runs in namespace {namespace}, with a container of image {image}{with_command.en}",
        f"Pod {pod} 在命名空间 {namespace} 中运行，其中一个容器使用镜像 {image}{with_command.zh}",
    )
    seen = running_pod(lab, pod, namespace)
    if isinstance(seen, Trouble):
        return seen.finding(expected, _WHY, LINK)
    right = [
        own
        for own in seen.running
        if is_image(own.image, image) and (not command or is_command(_command(own), command))
    ]
    found = listed(of_container(own, as_is(f"{own.image} {_command(own)}")) for own in right or seen.running)
    return passed(expected, found) if right else failed(expected, found, _WHY, LINK)


def is_image(given: str, wanted: str) -> bool:
    """Whether two names mean the same image: `docker.io/library/` goes without saying, and so does a digest."""
    return _full_name(given) == _full_name(wanted)


def is_command(given: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether two commands are the same; that a program is named by its path makes no difference."""
    if not given or basename(given[0]) != basename(wanted[0]):
        return False
    return [part.strip() for part in given[1:]] == [part.strip() for part in wanted[1:]]


def _command(container: Container) -> list[str]:
    """What is run, where the image adds nothing: `args` alone are the command of an image without an entry point."""
    return [*(container.spec.get("command") or ()), *(container.spec.get("args") or ())]


def _full_name(image: str) -> str:
    name = image.partition("@")[0]
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = "docker.io", name
    if first == "index.docker.io":
        first = "docker.io"
    if first == "docker.io" and "/" not in rest:
        rest = f"library/{rest}"
    if ":" not in basename(rest):
        rest += ":latest"
    return f"{first}/{rest}"
