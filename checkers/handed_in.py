"""What the learner hands in: files on base that say what was found."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from checkers.api import Finding, NoObservation, Observer, Text, check, failed, passed
from checkers.etcd import SECRETS

ENCRYPT = "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#verifying-that-data-is-encrypted"
SECRET = "https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data"  # noqa: S105 - a page

_BASE = "base"
_READ = ["cat", "--"]

_STORED = Text(
    "Only the bytes themselves show what a stolen disk or a backup of etcd gives away.",
    "只有这些字节本身，才说明被窃取的磁盘或 etcd 备份会泄露什么。",
)
_VALUE = Text(
    "base64 is a way of writing, not encryption: whoever reads etcd has the value.",
    "base64 只是一种写法，不是加密：能读 etcd 的人就得到了值。",
)


@check(
    "handed_in.stored",
    causes=(
        *("secret-gone", "no-file", "on-node", "by-the-api", "encoded", "in-json", "more", "by-a-terminal"),
        "another-secret",
    ),
)
def stored(cluster: Observer, *, path: str, name: str, namespace: str) -> Finding:
    """The file on base has the bytes that etcd holds of this Secret, and besides no more than its key and newlines."""
    key = f"{SECRETS}{namespace}/{name}"
    expected = Text(f"{path} on base holds what etcd has under {key}", f"base 上的 {path} 是 etcd 中 {key} 的内容")
    value = cluster.etcd_value(key)
    if value is None:
        return failed(expected, Text(f"etcd has no {key}", f"etcd 中没有 {key}"), _STORED, ENCRYPT, ["secret-gone"])
    text = _content(cluster, path)
    if text is None:
        return _absent(cluster, path, expected, _STORED, ENCRYPT)
    wanted = value.decode("utf-8", "backslashreplace")
    if wanted in text and not text.replace(wanted, "").replace(key, "").strip():
        return passed(expected, Text(f"{len(value)} bytes of {key}", f"{key} 的 {len(value)} 个字节"))
    causes, words = _what_else(text, key, wanted)
    return failed(expected, words, _STORED, ENCRYPT, causes)


@check("handed_in.value", causes=("no-file", "on-node", "encoded", "more", "another-value"))
def value(cluster: Observer, *, path: str, drawn: str, others: Sequence[str] = ()) -> Finding:
    """The file on base has the value of this name that the start drew. Blanks and newlines around it do not matter.

    `others` are names of values that may be taken for it.
    """
    expected = Text(f"{path} on base holds the value, decoded", f"base 上的 {path} 是解码后的值")
    text = _content(cluster, path)
    if text is None:
        return _absent(cluster, path, expected, _VALUE, SECRET)
    wanted, found = cluster.drawn(drawn), text.strip()
    if found == wanted:
        return passed(expected, Text("the value", "就是该值"))
    for cause, is_so, words in (
        ("encoded", _decoded(found) == wanted, Text("the value in base64", "该值的 base64")),
        ("another-value", found in [cluster.drawn(each) for each in others], Text("another value", "另一个值")),
        ("more", wanted in found, Text("the value, and more around it", "该值，以及它前后的其他内容")),
    ):
        if is_so:
            return failed(expected, Text(f"{path}: {words.en}", f"{path}：{words.zh}"), _VALUE, SECRET, [cause])
    words = Text(f"{path} holds something else", f"{path} 是其他内容")
    return failed(expected, words, _VALUE, SECRET)


def _content(cluster: Observer, path: str) -> str | None:
    """What the file on base holds; None where there is none."""
    ran = cluster.on_node(_BASE, [*_READ, path])
    return ran.stdout if ran.code == 0 else None


def _absent(cluster: Observer, path: str, expected: Text, why: Text, link: str) -> Finding:
    """There is no such file on base; maybe it was left on a node."""
    names = [node["metadata"]["name"] for node in cluster.list("Node")]
    there = [name for name in names if _is_on(cluster, name, path)]
    words = Text(f"there is no {path} on base", f"base 上没有 {path}")
    if there:
        named = ", ".join(there)
        words = Text(f"{words.en}; there is one on {named}", f"{words.zh}；它在 {named} 上")
    return failed(expected, words, why, link, ["no-file", *(["on-node"] if there else [])])


def _is_on(cluster: Observer, node: str, path: str) -> bool:
    try:
        return cluster.on_node(node, ["test", "-f", path]).code == 0
    except NoObservation:
        return False  # it would only have made the message better


def _what_else(text: str, key: str, wanted: str) -> tuple[Sequence[str], Text]:
    """What the file holds in place of the bytes, as causes and in words."""
    if wanted in text:
        return ["more"], Text(f"the bytes of {key}, and more than these", f"{key} 的字节，以及更多内容")
    if wanted in text.replace("\r\n", "\n"):
        words = (
            f"the bytes of {key}, with \\r\\n in place of each \\n: they came through a terminal",
            f"{key} 的字节，但每个 \\n 都变成了 \\r\\n：它们经过了终端",
        )
        return ["by-a-terminal"], Text(*words)
    if "k8s\x00" in text:
        return ["another-secret"], Text(f"bytes of etcd, but not those of {key}", f"是 etcd 的字节，但不是 {key} 的")
    if "apiVersion" in text:
        return ["by-the-api"], Text("an object as the API server shows it", "是 API server 显示的对象")
    if '"kvs"' in text:
        return ["encoded", "in-json"], Text("the bytes in base64, in JSON", "是 JSON 中 base64 形式的字节")
    if "azhzA" in text:
        return ["encoded"], Text("the bytes in base64", "是 base64 形式的字节")
    return [], Text("something else", "是其他内容")


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace").strip()
    except binascii.Error:
        return ""
