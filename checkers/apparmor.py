"""AppArmor: the profiles that a node has loaded, and what they let the processes of a Pod do."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import normpath

from checkers.api import Finding, NoExec, NoObservation, NotSeen, Observer, Ran, Text, check, failed, passed
from checkers.kit.mounts import is_within
from checkers.kit.pod import Container, Pod
from checkers.kit.runtime import inspect
from checkers.kit.text import as_is, listed, of_container
from checkers.kit.trouble import CAUSES, Trouble, of_running_pod

LINK = "https://kubernetes.io/docs/tutorials/security/apparmor/"

_LOADED = "/sys/kernel/security/apparmor/profiles"
_ENFORCE = "enforce"
# Opened for appending, and nothing is appended: what is there stays as it is, and what is not there is not made.
_OPEN = ("sh", "-c", 'ls -d -- "$1" && : >> "$1"', "sh")
_NO_PERMISSION = "Permission denied"
_NO_FILE = "No such file"

_KERNEL = Text(
    "A profile is a matter of each node's kernel: a file on its disk does nothing until it is loaded there, and in "
    "complain mode it only takes notes.",
    "配置文件由每个节点的内核执行：磁盘上的文件在加载之前不起任何作用，而在 complain 模式下只做记录。",
)
_CONFINED = Text(
    "Only a container that asks for the profile by its name is held by it; any other gets what the node gives to all.",
    "只有按名称指定了该配置文件的容器才受它约束；其他容器得到的是节点给所有容器的默认设置。",
)
_WRITES = Text(
    "A profile is worth what it refuses, as long as the program can still do its work.",
    "配置文件的价值在于它拒绝了什么，同时程序仍能完成自己的工作。",
)


@check("apparmor.loaded", causes=("not-loaded", "loaded-elsewhere", "complain"))
def loaded(cluster: Observer, *, node: str, profile: str) -> Finding:
    """The kernel of this node has the profile loaded in enforce mode."""
    expected = Text(
        f"{node} has AppArmor profile {profile} loaded in enforce mode",
        f"{node} 已加载 AppArmor 配置文件 {profile}，处于 enforce 模式",
    )
    mode = _modes(cluster, node).get(profile, "")
    if mode == _ENFORCE:
        return passed(expected, _describe_mode(node, profile, mode))
    others = _elsewhere(cluster, node, profile)
    cause = mode or ("loaded-elsewhere" if others else "not-loaded")
    causes = {cause} & {"complain", "loaded-elsewhere", "not-loaded"}
    return failed(expected, listed([_describe_mode(node, profile, mode), *others]), _KERNEL, LINK, causes)


@check(
    "apparmor.confined",
    causes=(
        *CAUSES,
        "profile-asked-for",
        "other-profile",
        "runtime-default",
        "unconfined",
        "profile-unset",
        "profile-unset-though-loaded",
        "some-containers-only",
    ),
)
def confined(cluster: Observer, *, pod: str, namespace: str = "default", profile: str) -> Finding:
    """Every container of the Pod is held by the profile in enforce mode, by what its node's kernel says."""
    expected = Text(
        f"every container of Pod {pod} is confined by AppArmor profile {profile} in enforce mode",
        f"Pod {pod} 的每个容器都受 AppArmor 配置文件 {profile} 约束，处于 enforce 模式",
    )

    def judge(found_pod: Pod) -> Finding:
        states = [(container, _confinement(cluster, found_pod, container)) for container in found_pod.judged]
        wrong = [(container, state) for container, state in states if not state.is_by(profile)]
        found = listed(of_container(container, state.text) for container, state in wrong or states)
        if not wrong:
            return passed(expected, found)
        causes = _field_causes(found_pod, profile)
        if "profile-unset" in causes and _mode_if_known(cluster, found_pod.node, profile):
            causes.add("profile-unset-though-loaded")
        return failed(expected, found, _CONFINED, LINK, causes)

    def not_running(trouble: Trouble) -> set[str]:
        """What the Pod asks for is known even where it does not run."""
        return _field_causes(trouble.pod, profile) if trouble.pod else set()

    return of_running_pod(cluster, pod, namespace, judge, expected, _CONFINED, LINK, more=not_running)


@check("apparmor.writes", causes=(*CAUSES, "refuses-too-much", "no-volume"))
def writes(
    cluster: Observer, *, pod: str, namespace: str = "default", profile: str, refused: str, allowed: str
) -> Finding:
    """The profile keeps every container from writing one file, and one of them can write another file all the same."""
    expected = Text(
        f"in Pod {pod}, profile {profile} keeps {refused} from being written, while {allowed} can be written",
        f"在 Pod {pod} 中，配置文件 {profile} 使 {refused} 无法写入，而 {allowed} 可以写入",
    )

    def judge(found_pod: Pod) -> Finding:
        tries = [
            (container, tried)
            for container in found_pod.running
            if (tried := _tried(cluster, found_pod, container, refused, allowed))
        ]
        if not tries:
            raise NotSeen(Text(f"No container of Pod {pod} has a shell.", f"Pod {pod} 的容器都没有 shell。"))
        found = listed(of_container(container, tried.text) for container, tried in tries)
        is_refused = all(tried.is_refused_by(profile) for _, tried in tries)
        is_let = any(tried.allowed.is_open for _, tried in tries)
        if is_refused and is_let:
            return passed(expected, found)
        if not any(_has_volume_at(container, allowed) for container, _ in tries):
            return failed(expected, found, _WRITES, LINK, ("no-volume",))
        # Where nobody has been let write it, there is no such file.
        reasons = [tried.allowed.ran.stderr for _, tried in tries]
        is_held = any(_NO_PERMISSION in reason or _NO_FILE in reason for reason in reasons)
        return failed(expected, found, _WRITES, LINK, ("refuses-too-much",) if is_refused and is_held else ())

    return of_running_pod(cluster, pod, namespace, judge, expected, _WRITES, LINK)


@dataclass(frozen=True, slots=True)
class Confinement:
    """What holds a container.

    Attributes:
        label: what the kernel says of its process, such as `web (enforce)`; empty where it has ended.
        wanted: what its Pod asks for, as a value of `appArmorProfile`.
    """

    label: str
    wanted: str

    def is_by(self, profile: str) -> bool:
        """The profile holds it; of what has ended, its Pod's field decides."""
        return self.label == f"{profile} ({_ENFORCE})" if self.label else self.wanted == f"Localhost {profile}"

    @property
    def text(self) -> Text:
        """As a statement."""
        return as_is(f"{self.label or '-'}, appArmorProfile: {self.wanted or 'null'}")


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of opening a file for writing."""

    path: str
    ran: Ran

    @property
    def is_open(self) -> bool:
        """It could be opened."""
        return self.ran.code == 0

    @property
    def text(self) -> Text:
        """As a statement."""
        if self.is_open:
            return Text(f"{self.path} can be written", f"{self.path} 可以写入")
        return as_is(f"{self.path}: {self.ran.stderr.strip().rpartition(': ')[2]}")


@dataclass(frozen=True, slots=True)
class Tried:
    """Both files in one container, and what holds it."""

    confinement: Confinement
    refused: Opened
    allowed: Opened

    def is_refused_by(self, profile: str) -> bool:
        """It is the profile that refuses: neither the file's own permissions nor a file system that is read-only."""
        # Of this file: a shell may have been refused another one before it came to that.
        message = f"{self.refused.path}: {_NO_PERMISSION}"
        return message in self.refused.ran.stderr and self.confinement.is_by(profile)

    @property
    def text(self) -> Text:
        """As a statement."""
        return listed([as_is(self.confinement.label), self.refused.text, self.allowed.text])


def _modes(cluster: Observer, node: str) -> dict[str, str]:
    """The profiles that a node's kernel has loaded -> the mode of each; lines like `web (enforce)`."""
    lines = cluster.on_node(node, ["cat", _LOADED]).stdout.splitlines()
    return {name: mode.rstrip(")") for name, _, mode in (line.rpartition(" (") for line in lines)}


def _elsewhere(cluster: Observer, node: str, profile: str) -> list[Text]:
    """Which other nodes have the profile."""
    names = [other["metadata"]["name"] for other in cluster.list("Node")]
    modes = {name: _mode_if_known(cluster, name, profile) for name in names if name != node}
    return [_describe_mode(name, profile, mode) for name, mode in modes.items() if mode]


def _mode_if_known(cluster: Observer, node: str, profile: str) -> str:
    """The mode in which a node has the profile; empty where that cannot be observed: it only makes a message better."""
    try:
        return _modes(cluster, node).get(profile, "")
    except NoObservation:
        return ""


def _describe_mode(node: str, profile: str, mode: str) -> Text:
    if mode:
        return as_is(f"{node}: {profile} ({mode})")
    return Text(f"{node}: {profile} is not loaded", f"{node}：{profile} 未加载")


def _profile_of(pod: Pod, container: Container) -> str:
    """The container's `appArmorProfile` as it takes effect, such as `Localhost web`; empty where there is none."""
    profile = pod.setting(container, "appArmorProfile") or {}
    return " ".join(profile[field] for field in ("type", "localhostProfile") if profile.get(field))


def _field_causes(pod: Pod, profile: str) -> set[str]:
    """What is asked for instead of the profile."""
    wanted = {_profile_of(pod, container) for container in pod.judged}
    if f"Localhost {profile}" in wanted:
        if len(wanted) == 1:
            return {"profile-asked-for"}
        return {"some-containers-only"} if wanted == {f"Localhost {profile}", ""} else set()
    if len(wanted) > 1:
        return set()
    (only,) = wanted
    if only.startswith("Localhost "):
        return {"other-profile"}
    return {{"": "profile-unset", "RuntimeDefault": "runtime-default", "Unconfined": "unconfined"}[only]}


def _confinement(cluster: Observer, pod: Pod, container: Container) -> Confinement:
    wanted = _profile_of(pod, container)
    if not container.is_running:
        return Confinement("", wanted)
    pid = inspect(cluster, pod, container).get("pid")
    label = cluster.on_node(pod.node, ["cat", f"/proc/{pid}/attr/current"]) if pid else None
    if label is None or label.code != 0:
        gone = of_container(container, Text("it has just ended", "它刚刚结束"))
        raise NotSeen(gone)
    return Confinement(label.stdout.strip(), wanted)


def _tried(cluster: Observer, pod: Pod, container: Container, refused: str, allowed: str) -> Tried | None:
    """None where the container has no shell to try it with; its own program is held all the same."""
    try:
        opened = [_open(cluster, pod, container, path) for path in (refused, allowed)]
    except NoExec:
        return None
    return Tried(_confinement(cluster, pod, container), *opened)


def _has_volume_at(container: Container, path: str) -> bool:
    """Whether a volume of the Pod is mounted where this path lies."""
    return any(is_within(path, normpath(mount["mountPath"])) for mount in container.spec.get("volumeMounts") or ())


def _open(cluster: Observer, pod: Pod, container: Container, path: str) -> Opened:
    return Opened(path, cluster.exec(pod.name, container.name, [*_OPEN, path], pod.namespace))
