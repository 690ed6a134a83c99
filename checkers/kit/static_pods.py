"""How the kubelet would start the API server from the manifests that lie on its node, whatever runs there now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import commonpath, join, normpath, relpath
from typing import Any

import yaml

from checkers.api import Observer, Text
from checkers.kit.text import as_is

NODE = "kube-control-plane"
KUBELET_CONFIG = "/var/lib/kubelet/config.yaml"

_PROGRAM = "kube-apiserver"
_LIST = (
    'cd -- "$1" || exit; date +%s; for file in [!.]*; do'
    f' if [ -f "$file" ] && grep -q {_PROGRAM} -- "$file";'
    ' then printf \'\\036%s\\n\' "$file"; stat --dereference --format=%Z -- "$file"; cat -- "$file"; fi; done'
)
"""As the kubelet reads the folder: neither what begins with a dot nor what is in directories below."""
_FITS = {
    "Directory": ("directory",),
    "DirectoryOrCreate": ("directory", ""),
    "File": ("regular file", "regular empty file"),
    "FileOrCreate": ("regular file", "regular empty file", ""),
    "Socket": ("socket",),
    "CharDevice": ("character special file",),
    "BlockDevice": ("block special file",),
}
"""Type of a hostPath -> what may lie there, in the words of `stat`; nothing: it is made."""


@dataclass(frozen=True, slots=True)
class Kubelet:
    """What starts the API server: whether it runs, is started with the node, and which folder it reads."""

    runs: bool
    enabled: bool
    folder: str
    state: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that the kubelet would start an API server from.

    Attributes:
        changed: seconds since 1970, by the node's clock.
    """

    file: str
    changed: float
    pod: Mapping[str, Any]
    container: Mapping[str, Any]

    @property
    def args(self) -> Sequence[str]:
        """The command with its arguments."""
        given = [self.container.get(name) for name in ("command", "args")]
        return [str(arg) for args in given if isinstance(args, list) for arg in args]

    def flag(self, flag: str) -> str | None:
        """What the flag is given; empty where nothing. None without the flag. The last one counts."""
        return flag_in(self.args, flag)

    def on_node(self, path: str) -> str:
        """Where a file of the container lies on the node; empty if it is in the container's layer, and gone with it."""
        paths = self._host_paths()
        mounts = {normpath(join("/", str(mount.get("mountPath") or ""))): mount for mount in self._mounts()}
        outer = [place for place in mounts if commonpath([place, path]) == place]
        if not outer:
            return ""
        nearest = max(outer, key=len)
        mount = mounts[nearest]
        if mount.get("name") not in paths:
            return ""
        return normpath(join(paths[mount["name"]][0], str(mount.get("subPath") or ""), relpath(path, nearest)))

    def misfits(self, cluster: Observer) -> Sequence[Text]:
        """Volumes that keep the kubelet from starting the Pod: what lies there is not of the type that is asked for."""
        typed = [(path, type_) for path, type_ in self._host_paths().values() if type_ in _FITS]
        if not typed:
            return ()
        # One line a path, also where there is nothing.
        script = 'for path; do stat --dereference --format=%F -- "$path" 2> /dev/null || echo; done'
        lines = cluster.on_node(NODE, ["sh", "-c", script, "sh", *(path for path, _ in typed)]).stdout.split("\n")
        return [
            Text(
                f"{self.file}: a volume asks for {path} of type {type_}, and on {NODE} it is: {there or 'not there'}",
                f"{self.file}：有卷要求 {path} 的类型为 {type_}，而 {NODE} 上是：{there or '不存在'}",
            )
            for (path, type_), there in zip(typed, lines, strict=False)
            if there not in _FITS[type_]
        ]

    def unknown_volumes(self) -> Sequence[str]:
        """Volumes that are mounted and not there: the Pod is invalid."""
        volumes = {volume.get("name") for volume in _mappings(self.pod["spec"].get("volumes"))}
        return [str(mount.get("name")) for mount in self._mounts() if mount.get("name") not in volumes]

    def _mounts(self) -> Sequence[Mapping[str, Any]]:
        return _mappings(self.container.get("volumeMounts"))

    def _host_paths(self) -> Mapping[str, tuple[str, str]]:
        """Volume -> where it is on the node, and of which type."""
        return {
            str(volume.get("name")): (str(host.get("path") or "/"), str(host.get("type") or ""))
            for volume in _mappings(self.pod["spec"].get("volumes"))
            for host in _mappings([volume.get("hostPath")])
        }


@dataclass(frozen=True, slots=True)
class Folder:
    """The manifests of the API server that the kubelet would read, by the node's clock `now`.

    Attributes:
        unread: of those files that name the API server and are no Pod, what is wrong with them.
    """

    now: float
    manifests: Sequence[Manifest]
    unread: Sequence[Text]


def flag_in(args: Sequence[str], flag: str) -> str | None:
    """What the flag is given among these; empty where nothing. None without the flag. The last one counts."""
    found: str | None = None
    for arg, after in zip(args, [*args[1:], ""], strict=False):
        name, is_given, value = arg.partition("=")
        if name.replace("_", "-") == flag:
            found = value if is_given else "" if after.startswith("-") else after
    return found


def kubelet(cluster: Observer) -> Kubelet:
    """The kubelet, by systemd and by its configuration."""
    show = ["systemctl", "show", "kubelet", "--property=ActiveState", "--property=UnitFileState"]
    lines = cluster.on_node(NODE, show).stdout.split()
    properties = dict(line.partition("=")[::2] for line in lines)
    text = cluster.on_node(NODE, ["cat", "--", KUBELET_CONFIG]).stdout
    try:
        config = _mapping(text)
    except yaml.YAMLError:
        config = {}  # the kubelet cannot read it either
    enabled = properties.get("UnitFileState", "") not in ("disabled", "masked", "masked-runtime", "bad")
    return Kubelet(
        properties.get("ActiveState") == "active", enabled, str(config.get("staticPodPath") or ""), ", ".join(lines)
    )


def manifests(cluster: Observer, folder: str) -> Folder:
    """All that the kubelet would take for a Pod of the API server."""
    if not folder:
        return Folder(0, (), ())
    now, *files = cluster.on_node(NODE, ["sh", "-c", _LIST, "sh", folder]).stdout.split("\036")
    found: list[Manifest] = []
    unread: list[Text] = []
    for text in files:
        name, changed, content = text.split("\n", 2)
        try:
            found.extend(_of_pod(join(folder, name), float(changed), _mapping(content)))
        except yaml.YAMLError as error:
            unread.append(as_is(f"{join(folder, name)}: {' '.join(str(error).split())}"))
    return Folder(float(now.strip() or 0), found, unread)


def _of_pod(file: str, changed: float, pod: Mapping[str, Any]) -> Iterator[Manifest]:
    """One for each of the Pod's containers that runs the API server."""
    if pod.get("kind") != "Pod" or not isinstance(pod.get("spec"), Mapping):
        return
    for container in _mappings(pod["spec"].get("containers")):
        manifest = Manifest(file, changed, pod, container)
        if container.get("name") == _PROGRAM or (manifest.args and manifest.args[0].endswith(_PROGRAM)):
            yield manifest


def _mappings(value: Any) -> Sequence[Mapping[str, Any]]:
    """The mappings in a list that a learner wrote: whatever else is in it, the kubelet refuses."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _mapping(text: str) -> Mapping[str, Any]:
    """The first document, as the kubelet reads it."""
    loaded = next(iter(yaml.safe_load_all(text)), None)
    return loaded if isinstance(loaded, Mapping) else {}
