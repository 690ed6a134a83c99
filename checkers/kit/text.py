"""Building what a finding says, in both languages at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checkers.api import Text
from checkers.kit.pod import Container, Kind

_KINDS = {Kind.MAIN: "容器", Kind.INIT: "init 容器", Kind.SIDECAR: "sidecar 容器", Kind.EPHEMERAL: "临时容器"}

NAMED = 3
"""Things that a finding names one by one."""


def as_is(words: object) -> Text:
    """Names, values, the cluster's own words: the same in each language."""
    return Text(str(words), str(words))


def listed(parts: Iterable[Text]) -> Text:
    """Several statements as one."""
    known = list(parts)
    return Text("; ".join(part.en for part in known), "；".join(part.zh for part in known))


def of_some(wrong: Sequence[Text], of: int) -> Text:
    """What is wrong with some of many things, one by one as long as these are few."""
    named = listed(wrong[:NAMED])
    return Text(f"{len(wrong)} of {of} not: {named.en}", f"{of} 个中有 {len(wrong)} 个不符：{named.zh}")


def of_container(container: Container, words: Text) -> Text:
    """A statement about one container, its kind named too."""
    kind, name = container.kind, container.name
    return Text(f"{kind} {name}: {words.en}", f"{_KINDS[kind]} {name}：{words.zh}")
