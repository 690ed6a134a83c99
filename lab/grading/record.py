"""Recordings: every look of one graded answer with what came of it, to grade it again without a cluster."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checkers.api import LabBroken, LearnerBroke, NoExec, NoLook, NotSeen, Observer, Refused, Text
from lab.catalog.model import Exercise
from lab.grading.looks import Look, Looks, decoded, encoded
from lab.grading.mask import Masker

_NO_LOOKS: dict[str, type[NoLook]] = {own.__name__: own for own in (NotSeen, NoExec, LabBroken, LearnerBroke, Refused)}
_IN_ETCD = "/registry/secrets/"
_HEAD = 32
"""Bytes of a Secret in etcd that tell how it is stored: `k8s:enc:aescbc:v1:KEY:`, or that it is plain."""
LONG_AFTER = datetime(9999, 1, 1, tzinfo=UTC)
"""The time where a recording does not hold it. Those made before it was asked for are of Pods that had settled."""
_ENCRYPTED = re.compile(rb"k8s:enc:(?:[^:]*:){3}")
UNTOUCHED = "untouched"
"""The name of what a learner finds and has not changed: like an answer, but nothing is done."""


def place(exercise: Exercise, answer: str) -> Path:
    """Where the recording of an answer lies."""
    return exercise.folder / "recordings" / f"{answer}.jsonl"


def public(exercise: Exercise) -> list[str]:
    """The values that the exercise's file names itself, which are nobody's secret."""
    return [text for criterion in exercise.criteria for text in _texts(criterion.parameters)]


class Recorder(Looks):
    """Looks through another observer, and keeps what it saw."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._seen: dict[Look, list[Any]] = {}

    def look(self, look: Look) -> Any:
        """Look, and keep what came of it."""
        told = self._seen.setdefault(look, [])
        try:
            told.append(_shortened(look, getattr(self._observer, look.name)(**look.arguments)))
        except NoLook as error:
            told.append(error)
            raise
        return told[-1]

    def wait(self, seconds: float) -> None:
        """Let time pass; it is not kept."""
        self._observer.wait(seconds)

    def save(self, file: Path, public: Sequence[str]) -> None:
        """Write a recording, its secrets masked but for those values that are `public`."""
        masker = Masker(public)
        for look, told in self._seen.items():
            self._learn(masker, look, told)
        lines = [line for look, told in self._seen.items() for line in _lines(masker, look, told)]
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        fresh.replace(file)

    def _learn(self, masker: Masker, look: Look, told: list[Any]) -> None:
        """Have the masker know the Secrets that were seen, in etcd as well."""
        seen = look.arguments
        if look.name in ("get", "list") and seen["kind"] == "Secret":
            for value in told:
                for secret in [value] if isinstance(value, Mapping) else value if isinstance(value, Sequence) else ():
                    masker.learn(secret)
        elif look.name == "etcd_value" and seen["key"].startswith(_IN_ETCD):
            self._learn_stored(masker, seen["key"], told)

    def _learn_stored(self, masker: Masker, key: str, told: list[Any]) -> None:
        """What etcd holds of a Secret is plain to read unless it is encrypted, so its values must be known too."""
        namespace, name = key.removeprefix(_IN_ETCD).split("/", 1)
        try:
            masker.learn(self._observer.get("Secret", name, namespace) or {})
        except NoLook:
            told[:] = [value[:_HEAD] if isinstance(value, bytes) else value for value in told]


class Replay(Looks):
    """Shows what a recording holds.

    Attributes:
        lacks: what was asked for and is not in it. Each of these raises `LookupError`.
    """

    def __init__(self, file: Path) -> None:
        self.lacks: list[Look] = []
        self._file = file
        self._told: dict[Look, list[tuple[int, Any]]] = {}
        for line in filter(None, file.read_text(encoding="utf-8").splitlines()):
            held = json.loads(line)
            told = self._told.setdefault(Look(held["look"], held["with"]), [])
            told.append((held.get("times", 1), _told(held)))

    def kubernetes(self) -> str:
        """Recordings do not hold the version of Kubernetes."""
        return ""

    def wait(self, seconds: float) -> None:
        """Go on at once: what was seen afterwards is held already."""

    def look(self, look: Look) -> Any:
        """What came of it then; the last thing that did stays."""
        if look.name == "now" and look not in self._told:
            return LONG_AFTER
        if look not in self._told:
            self.lacks.append(look)
            raise LookupError(f"{self._file.name} does not hold {look}")
        told = self._told[look]
        times, value = told[0]
        if len(told) > 1:
            told[:] = [(times - 1, value), *told[1:]] if times > 1 else told[1:]
        if isinstance(value, NoLook):
            raise value
        return value


def _shortened(look: Look, value: Any) -> Any:
    """What a recording holds of a value.

    Of what etcd holds, only the head of each value: it says how it is stored, and no more.
    Of all Pods, those of the cluster itself are kept by name alone: they are long, and no exercise asks for them."""
    if look.name == "etcd_values":
        return {key: _head(stored) for key, stored in value.items()}
    if look.name != "list" or look.arguments["kind"] == "Secret" or look.arguments["namespace"]:
        return value
    return [
        {"metadata": {key: own["metadata"].get(key) for key in ("name", "namespace", "uid")}}
        if own["metadata"].get("namespace") == "kube-system"
        else own
        for own in value
    ]


def _head(stored: bytes) -> bytes:
    encrypted = _ENCRYPTED.match(stored)
    return encrypted[0] if encrypted else stored[:_HEAD]


def _lines(masker: Masker, look: Look, told: list[Any]) -> list[str]:
    """A line for each change of what came of a look, with how often it came before the next."""
    lines: list[dict[str, Any]] = []
    for value in told:
        line = {"look": look.name, "with": masker.masked(look.arguments), **_held(masker, value)}
        if lines and {**line, "times": 0} == {**lines[-1], "times": 0}:
            lines[-1]["times"] += 1
        else:
            lines.append({**line, "times": 1})
    del lines[-1]["times"]  # the last one stays for ever
    return [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines]


def _held(masker: Masker, value: Any) -> dict[str, Any]:
    if isinstance(value, NoLook):
        words = {"en": masker.text(value.words.en), "zh": masker.text(value.words.zh)}
        return {"raises": type(value).__name__, "words": words}
    return {"gives": encoded(masker.masked(value))}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, Sequence)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)


def _told(held: Mapping[str, Any]) -> Any:
    if "raises" in held:
        return _NO_LOOKS[held["raises"]](Text(**held["words"]))
    return decoded(held["look"], held["gives"])
