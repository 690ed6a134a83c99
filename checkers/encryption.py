"""The configuration of encryption at rest: what the API server has loaded, and what it would start with again.

`encryption.lasting` asks which provider and key write, `encryption.key_gone` whether a key is gone for good.

What it writes next is not tried with a new Secret. The API server's metrics have the hash of the configuration that it
works with; the file that has this hash says which provider writes, and that holds for its next start too, which no
trial could show. A trial would leave traces in the learner's cluster, and show less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from checkers.api import Finding, LabBroken, LearnerBroke, Observer, Text, check, failed
from checkers.etcd import ENCRYPT, Provider
from checkers.kit import next_start
from checkers.kit.next_start import File, Running, Wrong
from checkers.kit.static_pods import NODE, Manifest

FLAG = "--encryption-provider-config"
RELOAD = f"{FLAG}-automatic-reload"
OLD_KEY = "/var/lib/ckslab/old-encryption-key"
"""Where the script of a scenario leaves the hash of the key that it has the API server encrypt with (SHA-256)."""
_MARK = "old-key"
# The configuration without its keys, in which that key, whatever it is called and however it is written, is marked.
_READ_MARKED = (
    'text=$(cat -- "$1"); old=$(cat -- "$2") || exit;'
    " for word in $(grep -oE '[A-Za-z0-9+/]{16,}={0,2}' -- \"$1\" | sort -u); do"
    ' if [ "$(printf %s "$word" | base64 --decode 2> /dev/null | sha256sum | cut -d" " -f1)" = "$old" ];'
    f' then is={_MARK}; else is=masked; fi; text=${{text//"$word"/$is}}; done;'
    f" printf %s \"$text\" | sed -E '/{_MARK}/!s#(secret[[:punct:]]?[[:space:]]*:[[:space:]]*)[^,}}]+#\\1masked#g'"
)
_RELOADED = 90.0
"""Seconds in which the API server loads a changed file by itself, where automatic reload is on."""
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
_LOGGED = (
    ("key-not-base64", "must be base64 encoded"),
    ("key-length", "not of the expected length"),
    ("config-syntax", "error decoding encryption provider configuration file"),
    ("unknown-flag", "unknown flag"),
    ("file-missing", "error reading encryption provider configuration file"),
)
"""What the API server's last line says where it did not start -> the cause."""
_CAUSES = (
    *next_start.CAUSES,
    "flag-removed",
    "not-loaded",
    "identity-first",
    "other-provider",
    "other-resource",
    "other-key",
    "new-key-second",
    "key-not-base64",
    "key-length",
    "config-syntax",
)


@dataclass(frozen=True, slots=True)
class _Provider:
    """A provider of a configuration; of each key name and secret, which is masked."""

    name: str
    keys: Sequence[tuple[str, str]]


_Judge = Callable[[File], Iterator[Wrong]]
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
    running = Running.of(cluster)
    wrong = next_start.all_wrong(cluster, partial(_of_manifest, cluster, judge, running))
    return next_start.finding_of(wrong, expected, found, _WHY, ENCRYPT)


def _while_down(cluster: Observer, down: LearnerBroke, expected: Text, judge: _Judge) -> Finding:
    """The words of the node say why it is down; what is wrong with the manifest is a cause beside that."""
    causes = {cause for cause, words in _LOGGED if words in down.words.en}
    causes |= {fault.cause for fault in next_start.all_wrong(cluster, partial(_of_manifest, cluster, judge, None))}
    return failed(expected, down.words, next_start.DOWN, next_start.STATIC_POD, causes)


def _of_manifest(
    cluster: Observer, judge: _Judge, running: Running | None, manifest: Manifest, now: float
) -> Iterator[Wrong]:
    """What is wrong with one manifest, or with the file that it names. `running` is None where nothing runs."""
    if not manifest.flag(FLAG):
        yield _without_flag(cluster, manifest, running)
        return
    yield from next_start.unstartable(cluster, manifest)
    file = next_start.named_file(cluster, manifest, FLAG)
    if isinstance(file, Wrong):
        yield file
        return
    yield from judge(file)
    if running and file.hash not in running.hashes:
        # Between a change and its effect, what runs says nothing of it.
        is_starting = manifest.changed > running.since and now - manifest.changed < next_start.NOTICED
        is_reloading = manifest.flag(RELOAD) is not None and now - file.changed < _RELOADED
        yield _not_loaded(manifest, file, running, may_pass=is_starting or is_reloading)


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


def _without_flag(cluster: Observer, manifest: Manifest, running: Running | None) -> Wrong:
    wrong = next_start.without_flag(cluster, manifest, FLAG)
    if wrong.cause == "flag-missing" and running and running.hashes:
        words = (
            f"it runs with an encryption configuration, but its next start has none, for {manifest.file} does not give "
            f"{FLAG}",
            f"它正在使用加密配置运行，但下次启动时就没有了：{manifest.file} 中没有 {FLAG}",
        )
        return Wrong("flag-removed", Text(*words))
    return wrong


def _other_writer(file: File, *, provider: Provider, key: str) -> Iterator[Wrong]:
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
        yield Wrong("other-resource", Text(*words), _WRITES)
        return
    writer = providers[0]
    if writer.name != provider:
        words = (
            f"the first provider for secrets in {file.place} is {writer.name}",
            f"{file.place} 中 secrets 的第一个提供程序是 {writer.name}",
        )
        yield Wrong("identity-first" if writer.name == "identity" else "other-provider", Text(*words), _WRITES)
    elif key and [name for name, _ in writer.keys][:1] != [key]:
        names = [f"{each.name}:{name}" for each in providers for name, _ in each.keys]
        words = (
            f"the keys for secrets in {file.place} are, in this order: {', '.join(names)}",
            f"{file.place} 中 secrets 的密钥依次为：{', '.join(names)}",
        )
        yield Wrong("new-key-second" if f"{provider}:{key}" in names else "other-key", Text(*words), _FIRST_KEY)


def _old_key(cluster: Observer, file: File, *, key: str) -> Iterator[Wrong]:
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
    yield Wrong(cause, Text(*words), _STILL)


def _no_configuration(file: File) -> Wrong:
    words = f"{file.place} is no configuration that can be read", f"{file.place} 不是可以读取的配置"
    return Wrong("config-syntax", Text(*words))


def _not_loaded(manifest: Manifest, file: File, running: Running, *, may_pass: bool) -> Wrong:
    if running.hashes:
        return next_start.changed_afterwards(file, may_pass=may_pass)
    words = (
        f"it runs without an encryption configuration: it was not started by {manifest.file} as it is now",
        f"它没有使用加密配置运行：它不是按现在的 {manifest.file} 启动的",
    )
    return Wrong("not-loaded", Text(*words), may_pass=may_pass)
