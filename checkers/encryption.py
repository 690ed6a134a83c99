"""The configuration of encryption at rest: what the API server has loaded, and what it would start with again.

`encryption.lasting` asks which provider and key write, `encryption.key_gone` whether a key is gone for good.

What it writes next is not tried with a new Secret. The API server's metrics have the hash of the configuration that it
works with; the file that has this hash says which provider writes, and that holds for its next start too, which no
trial could show. A trial would leave traces in the learner's cluster, and show less.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from posixpath import dirname, join, normpath
from typing import Any

import yaml

from checkers.api import Finding, LabBroken, LearnerBroke, NotSeen, Observer, Text, check, failed, passed
from checkers.etcd import ENCRYPT, Provider
from checkers.kit.static_pods import NODE, Folder, Kubelet, Manifest, kubelet, manifests
from checkers.kit.text import as_is, listed

FLAG = "--encryption-provider-config"
RELOAD = f"{FLAG}-automatic-reload"
STATIC_POD = "https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/"

_LOADED = re.compile(r'^apiserver_encryption_config_controller_last_config_info\{.*\bhash="sha256:(\w+)".*\} 1$', re.M)
_STARTED = re.compile(r"^process_start_time_seconds ([\d.e+]+)$", re.M)
# All metrics together are megabytes.
_METRICS = (
    "kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /metrics"
    " | grep -e ^apiserver_encryption_config -e ^process_start_time_seconds"
)
# A key never leaves the node: nothing of that many letters matters here.
_READ = (
    'readlink -- "$1" || echo; set -e; stat --dereference --format=%Z -- "$1"; sha256sum < "$1";'
    " sed -E -e 's#[A-Za-z0-9+/]{16,}={0,2}#masked#g'"
    " -e 's#(secret[[:punct:]]?[[:space:]]*:[[:space:]]*)[^,}]+#\\1masked#g' -- \"$1\""
)
OLD_KEY = "/var/lib/ckslab/old-encryption-key"
"""Where the script of a scenario leaves the hash of the key that it has the API server encrypt with (SHA-256)."""
_MARK = "old-key"
# The same, in which that key, whatever it is called and however it is written, is marked.
_READ_MARKED = (
    'text=$(cat -- "$1"); old=$(cat -- "$2") || exit;'
    " for word in $(grep -oE '[A-Za-z0-9+/]{16,}={0,2}' -- \"$1\" | sort -u); do"
    ' if [ "$(printf %s "$word" | base64 --decode 2> /dev/null | sha256sum | cut -d" " -f1)" = "$old" ];'
    f' then is={_MARK}; else is=masked; fi; text=${{text//"$word"/$is}}; done;'
    f" printf %s \"$text\" | sed -E '/{_MARK}/!s#(secret[[:punct:]]?[[:space:]]*:[[:space:]]*)[^,}}]+#\\1masked#g'"
)
_NOTICED = 60.0
"""Seconds in which the kubelet makes a new API server of a changed manifest, and that one loads its file."""
_RELOADED = 90.0
"""Seconds in which the API server loads a changed file by itself, where automatic reload is on."""
_LINKS = 8
_UNREADABLE = (yaml.YAMLError, LookupError, TypeError, AttributeError, StopIteration)
"""What a text raises that is no configuration."""
_RESOURCES = (("secrets", "secrets."), ("*.",), ("*.*",))
"""The names in a configuration that cover Secrets; the API server goes by the first of these that is there."""

_WHY = Text(
    "With a file that it cannot read the API server does not start; with another key in it, Secrets become unreadable.",
    "启动时读不到该文件，API 服务器就无法运行；文件中的密钥变了，Secret 就无法读取。",
)
_WRITES = Text(
    "The first provider that is listed for secrets writes, the others only read: it decides how each Secret is stored "
    "from now on.",
    "为 secrets 列出的第一个提供程序负责写入，其余的只用于读取：它决定今后每个 Secret 如何存储。",
)
_FIRST_KEY = Text(
    "The first key of the first provider encrypts, the others only decrypt: a new key has to come first.",
    "第一个提供程序的第一个密钥负责加密，其余的只用于解密：新密钥必须排在第一位。",
)
_STILL = Text(
    "As long as the API server has the old key, whoever got hold of it reads what the API server still accepts, and a "
    "Secret that was not written again stays unnoticed.",
    "只要 API 服务器还有旧密钥，拿到它的人就仍能读取 API 服务器仍然接受的内容，没有重新写入的 Secret 也不会被发现。",
)
_DOWN = Text(
    "The kubelet runs the API server and etcd from manifests on the node; nothing in the cluster can be seen or "
    "changed until they run.",
    "kubelet 根据节点上的清单运行 API 服务器和 etcd；它们不运行，就无法查看或更改集群中的任何东西。",
)
_LOGGED = (
    ("key-not-base64", "must be base64 encoded"),
    ("key-length", "not of the expected length"),
    ("config-syntax", "error decoding encryption provider configuration file"),
    ("unknown-flag", "unknown flag"),
    ("file-missing", "error reading encryption provider configuration file"),
)
"""What the API server's last line says where it did not start -> the cause."""
_CAUSES = (
    "no-manifest",
    "second-manifest",
    "flag-missing",
    "flag-removed",
    "flag-elsewhere",
    "not-mounted",
    "volume-unknown",
    "hostpath-type",
    "file-missing",
    "not-loaded",
    "changed-afterwards",
    "identity-first",
    "other-provider",
    "other-resource",
    "other-key",
    "new-key-second",
    "kubelet-stopped",
    "kubelet-disabled",
    "key-not-base64",
    "key-length",
    "config-syntax",
    "unknown-flag",
)


@dataclass(frozen=True, slots=True)
class _File:
    """The file with the configuration, as it lies on the node; in its text, keys are masked."""

    place: str
    changed: float
    hash: str
    text: str


@dataclass(frozen=True, slots=True)
class _Provider:
    """A provider of a configuration; of each key name and secret, which is masked."""

    name: str
    keys: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Wrong:
    """Something that is not right, and whether time alone may mend it."""

    cause: str
    found: Text
    why: Text = _WHY
    may_pass: bool = False


_Judge = Callable[[_File], Iterator[_Wrong]]
"""What is wrong with a file, whether it is loaded or would only be."""


@check("encryption.lasting", causes=_CAUSES)
def lasting(cluster: Observer, *, provider: Provider, key: str = "") -> Finding:
    """The API server stores Secrets by this provider, and this key of it, and would do so whenever it is started."""
    by = f"{provider}:{key}" if key else provider
    expected = Text(
        f"the API server encrypts Secrets with {by} before it stores them, and would start with the same "
        "configuration again",
        f"API 服务器在存储 Secret 之前用 {by} 加密，并且重新启动时会使用同一份配置",
    )
    found = Text(
        f"{by} comes first for secrets in the configuration that it has loaded and would load again",
        f"在它已加载并会再次加载的配置中，{by} 在 secrets 的提供程序中排在第一位",
    )
    return _of_configuration(cluster, partial(_other_writer, provider=provider, key=key), expected, found)


@check("encryption.key_gone", causes=(*_CAUSES, "old-key-there", "old-key-left", "same-secret"))
def key_gone(cluster: Observer, *, key: str) -> Finding:
    """The API server has the key no more that the scenario began with, under no name, nor would it after a start.

    `key` is the name of the new one.
    """
    expected = Text(
        "the API server has no longer the key that Secrets were encrypted with at the start, and would not have it "
        "after a restart",
        "API 服务器不再拥有开始时用于加密 Secret 的密钥，重新启动后也不会有",
    )
    found = Text(
        "it is not in the configuration that the API server has loaded and would load again",
        "API 服务器已加载并会再次加载的配置中没有它",
    )
    return _of_configuration(cluster, partial(_old_key, cluster, key=key), expected, found)


def _of_configuration(cluster: Observer, judge: _Judge, expected: Text, found: Text) -> Finding:
    """`found` where nothing is wrong with what the API server has loaded, nor with what it would load."""
    try:
        cluster.list("Namespace")
    except LearnerBroke as down:
        return _while_down(cluster, down, expected, judge)
    wrong = _all_wrong(cluster, judge, _Running.of(cluster))
    if not wrong:
        return passed(expected, found)
    certain = [fault for fault in wrong if not fault.may_pass]
    if not certain:
        raise NotSeen(wrong[0].found)
    found = listed([fault.found for fault in certain])
    return failed(expected, found, certain[0].why, ENCRYPT, {fault.cause for fault in certain})


@dataclass(frozen=True, slots=True)
class _Running:
    """The metrics of the API server that runs: hashes of what it has loaded, and since when it runs."""

    hashes: Sequence[str]
    since: float

    @classmethod
    def of(cls, cluster: Observer) -> _Running:
        """Ask it."""
        metrics = cluster.on_node(NODE, ["sh", "-c", _METRICS]).stdout
        since = _STARTED.search(metrics)
        if since is None:
            raise LabBroken(Text("The API server does not show its metrics.", "API 服务器没有显示它的指标。"))
        return cls(_LOADED.findall(metrics), float(since[1]))


def _while_down(cluster: Observer, down: LearnerBroke, expected: Text, judge: _Judge) -> Finding:
    """The words of the node say why it is down; what is wrong with the manifest is a cause beside that."""
    causes = {cause for cause, words in _LOGGED if words in down.words.en}
    causes |= {fault.cause for fault in _all_wrong(cluster, judge, None)}
    return failed(expected, down.words, _DOWN, STATIC_POD, causes)


def _all_wrong(cluster: Observer, judge: _Judge, running: _Running | None) -> Sequence[_Wrong]:
    """Everything that is wrong, with what runs and with what would be started. `running` is None where nothing runs."""
    starter = kubelet(cluster)
    folder = manifests(cluster, starter.folder)
    if not folder.manifests:
        return [_no_manifest(folder, starter), *_not_started(starter)]
    by_file = {
        manifest.file: list(_of_manifest(cluster, manifest, folder.now, running, judge))
        for manifest in folder.manifests
    }
    wrong = [fault for faults in by_file.values() for fault in faults]
    if len(by_file) > 1 and wrong:
        wrong.insert(0, _several([*by_file]))
    return [*wrong, *_not_started(starter)]


def _of_manifest(
    cluster: Observer, manifest: Manifest, now: float, running: _Running | None, judge: _Judge
) -> Iterator[_Wrong]:
    """What is wrong with one manifest, or with the file that it names."""
    if not manifest.flag(FLAG):
        yield _without_flag(cluster, manifest, running)
        return
    yield from _unstartable(cluster, manifest)
    file = _config(cluster, manifest)
    if isinstance(file, _Wrong):
        yield file
        return
    yield from judge(file)
    if running and file.hash not in running.hashes:
        # Between a change and its effect, what runs says nothing of it.
        is_starting = manifest.changed > running.since and now - manifest.changed < _NOTICED
        is_reloading = manifest.flag(RELOAD) is not None and now - file.changed < _RELOADED
        yield _not_loaded(manifest, file, running, may_pass=is_starting or is_reloading)


def _config(cluster: Observer, manifest: Manifest) -> _File | _Wrong:
    """The file that the flag names, wherever it lies on the node."""
    path = normpath(join("/", manifest.flag(FLAG) or ""))
    for _ in range(_LINKS):
        place = manifest.on_node(path)
        if not place:
            words = (
                f"{manifest.file}: {path} is on no volume, so the container does not see such a file of the node",
                f"{manifest.file}：{path} 不在任何卷中，容器看不到节点上的这个文件",
            )
            return _Wrong("not-mounted", Text(*words))
        ran = cluster.on_node(NODE, ["sh", "-c", _READ, "sh", place])
        link, _, rest = ran.stdout.partition("\n")
        if link:  # it is resolved inside the container, where an absolute one begins at the container's root
            path = normpath(join(dirname(path), link))
            continue
        if ran.code != 0:
            return _Wrong("file-missing", as_is(ran.stderr.strip() or place))
        changed, hashed, text = rest.split("\n", 2)
        return _File(place, float(changed), hashed.split()[0], text)
    return _Wrong("file-missing", Text(f"{path}: too many links", f"{path}：链接层数过多"))


def _providers(text: str) -> Sequence[_Provider]:
    """The providers for Secrets, the one that writes first; none where they are written plain.

    Raises:
        ValueError: it is no configuration.
    """
    try:
        config = yaml.safe_load(text)
        for names in _RESOURCES:
            for entry in config["resources"]:
                if set(names) & set(entry["resources"]):
                    if not entry["providers"]:
                        raise ValueError("no provider")
                    return [_provider(provider) for provider in entry["providers"]]
    except _UNREADABLE as error:
        raise ValueError from error
    return []


def _provider(written: Mapping[str, Any]) -> _Provider:
    name = next(iter(written))
    keys = (written[name] or {}).get("keys") or ()
    return _Provider(str(name), [(str(key.get("name")), str(key.get("secret"))) for key in keys])


def _no_manifest(folder: Folder, starter: Kubelet) -> _Wrong:
    place = starter.folder or "staticPodPath"
    unread = listed(folder.unread) if folder.unread else as_is("-")
    words = (
        f"the kubelet finds no Pod that runs kube-apiserver in {place}: {unread.en}",
        f"kubelet 在 {place} 中找不到运行 kube-apiserver 的 Pod：{unread.zh}",
    )
    return _Wrong("no-manifest", Text(*words))


def _several(files: Sequence[str]) -> _Wrong:
    words = (
        f"the kubelet takes each of these files for the API server, and only one of them can run: {', '.join(files)}",
        f"kubelet 把下列每个文件都当作 API 服务器，而只有一个能运行：{', '.join(files)}",
    )
    return _Wrong("second-manifest", Text(*words))


def _without_flag(cluster: Observer, manifest: Manifest, running: _Running | None) -> _Wrong:
    others = cluster.on_node(
        NODE, ["grep", "--recursive", "--files-with-matches", "-e", FLAG, "--", dirname(manifest.file)]
    )
    there = [file for file in others.stdout.split() if file != manifest.file]
    if there:
        words = (
            f"{manifest.file} does not give {FLAG}; it is in {', '.join(there)}",
            f"{manifest.file} 中没有 {FLAG}；它在 {', '.join(there)} 中",
        )
        return _Wrong("flag-elsewhere", Text(*words))
    if running and running.hashes:
        words = (
            f"it runs with an encryption configuration, but its next start has none, for {manifest.file} does not give "
            f"{FLAG}",
            f"它正在使用加密配置运行，但下次启动时就没有了：{manifest.file} 中没有 {FLAG}",
        )
        return _Wrong("flag-removed", Text(*words))
    return _Wrong("flag-missing", Text(f"{manifest.file} does not give {FLAG}", f"{manifest.file} 中没有 {FLAG}"))


def _unstartable(cluster: Observer, manifest: Manifest) -> Iterator[_Wrong]:
    """Why the kubelet would not start the Pod at all."""
    if unknown := ", ".join(manifest.unknown_volumes()):
        words = (
            f"{manifest.file} mounts what is not among its volumes: {unknown}",
            f"{manifest.file} 挂载了不在其 volumes 中的卷：{unknown}",
        )
        yield _Wrong("volume-unknown", Text(*words))
    if misfits := manifest.misfits(cluster):
        yield _Wrong("hostpath-type", listed(misfits))


def _other_writer(file: _File, *, provider: Provider, key: str) -> Iterator[_Wrong]:
    """What writes Secrets instead; nothing where it is this provider and, where one is named, this key of it."""
    try:
        providers = _providers(file.text)
    except ValueError:
        yield _no_configuration(file)
        return
    if not providers:
        words = (
            f"{file.place} lists no provider for secrets, so they are written plain",
            f"{file.place} 没有为 secrets 列出提供程序，因此它们以明文写入",
        )
        yield _Wrong("other-resource", Text(*words), _WRITES)
        return
    writer = providers[0]
    if writer.name != provider:
        words = (
            f"the first provider for secrets in {file.place} is {writer.name}",
            f"{file.place} 中 secrets 的第一个提供程序是 {writer.name}",
        )
        yield _Wrong("identity-first" if writer.name == "identity" else "other-provider", Text(*words), _WRITES)
    elif key and [name for name, _ in writer.keys][:1] != [key]:
        names = [f"{each.name}:{name}" for each in providers for name, _ in each.keys]
        words = (
            f"the keys for secrets in {file.place} are, in this order: {', '.join(names)}",
            f"{file.place} 中 secrets 的密钥依次为：{', '.join(names)}",
        )
        yield _Wrong("new-key-second" if f"{provider}:{key}" in names else "other-key", Text(*words), _FIRST_KEY)


def _old_key(cluster: Observer, file: _File, *, key: str) -> Iterator[_Wrong]:
    """The key that the scenario began with, where the file still has it. `key` is the name of the new one."""
    ran = cluster.on_node(NODE, ["bash", "-c", _READ_MARKED, "bash", file.place, OLD_KEY])
    if ran.code != 0:
        raise LabBroken(
            Text(
                f"The start of this exercise left no {OLD_KEY} on {NODE}. Start it again: `ckslab start`.",
                f"本练习的开始步骤没有在 {NODE} 上留下 {OLD_KEY}。请重新开始：`ckslab start`。",
            )
        )
    try:
        config = yaml.safe_load(ran.stdout)
        providers = [_provider(each) for entry in config["resources"] for each in entry["providers"]]
    except _UNREADABLE:
        yield _no_configuration(file)
        return
    names = {name for provider in providers for name, secret in provider.keys if secret == _MARK}
    if not names:
        return
    words = (
        f"{file.place} still has the key, under the name {', '.join(sorted(names))}",
        f"{file.place} 中仍有该密钥，名称为 {'、'.join(sorted(names))}",
    )
    if key in names:
        cause = "same-secret"
    else:
        cause = "old-key-left" if [name for name, _ in providers[0].keys][:1] == [key] else "old-key-there"
    yield _Wrong(cause, Text(*words), _STILL)


def _no_configuration(file: _File) -> _Wrong:
    words = f"{file.place} is no configuration that can be read", f"{file.place} 不是可以读取的配置"
    return _Wrong("config-syntax", Text(*words))


def _not_loaded(manifest: Manifest, file: _File, running: _Running, *, may_pass: bool) -> _Wrong:
    if running.hashes:
        words = (
            f"{file.place} on {NODE} is not what it has loaded: the file was changed after it started",
            f"{NODE} 上的 {file.place} 不是它已加载的内容：文件在它启动之后被修改过",
        )
        return _Wrong("changed-afterwards", Text(*words), may_pass=may_pass)
    words = (
        f"it runs without an encryption configuration: it was not started by {manifest.file} as it is now",
        f"它没有使用加密配置运行：它不是按现在的 {manifest.file} 启动的",
    )
    return _Wrong("not-loaded", Text(*words), may_pass=may_pass)


def _not_started(starter: Kubelet) -> Iterator[_Wrong]:
    """Why nothing would start the API server again."""
    if not starter.runs:
        words = (
            f"the kubelet on {NODE} does not run, so nothing would start the API server again ({starter.state})",
            f"{NODE} 上的 kubelet 没有运行，没有谁会再次启动 API 服务器（{starter.state}）",
        )
        yield _Wrong("kubelet-stopped", Text(*words))
    if not starter.enabled:
        words = (
            f"the kubelet on {NODE} is not started with the node, so neither is the API server ({starter.state})",
            f"{NODE} 上的 kubelet 不随节点启动，API 服务器也就不会启动（{starter.state}）",
        )
        yield _Wrong("kubelet-disabled", Text(*words))
