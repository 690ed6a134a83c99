"""Recordings: every observation of one graded answer with its results, to grade it again without a cluster."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checkers.api import LabBroken, LearnerBroke, NoExec, NoObservation, NotSeen, Observer, Refused, Text
from lab.catalog.model import Exercise
from lab.grading.mask import Masker
from lab.grading.observation import Observation, Observations, decoded, encoded

_ERRORS: dict[str, type[NoObservation]] = {
    error.__name__: error for error in (NotSeen, NoExec, LabBroken, LearnerBroke, Refused)
}
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
    """The values that the exercise's file itself names: they are no secret."""
    dealt = [item for items in exercise.scenario.draw.values() for item in items]
    return [*(text for criterion in exercise.criteria for text in _texts(criterion.parameters)), *dealt]


def write(file: Path, text: str) -> None:
    """Write a recording whole, or leave what was there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)


class Recorder(Observations):
    """Observes through another observer, and records it."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._results: dict[Observation, list[Any]] = {}

    def observe(self, observation: Observation) -> Any:
        """Observe, and remember the result."""
        results = self._results.setdefault(observation, [])
        try:
            value = getattr(self._observer, observation.name)(**observation.arguments)
        except NoObservation as error:
            results.append(error)
            raise
        results.append(_shortened(observation, value))
        return results[-1]

    def wait(self, seconds: float) -> None:
        """Let time pass; it is not recorded."""
        self._observer.wait(seconds)

    def save(self, file: Path, public: Sequence[str]) -> None:
        """Write a recording, its secrets masked but for those values that are `public`."""
        write(file, self.text(public))

    def text(self, public: Sequence[str]) -> str:
        """The recording as `save` writes it."""
        masker = Masker(public)
        for observation, results in self._results.items():
            self._learn(masker, observation, results)
        lines = [
            line for observation, results in self._results.items() for line in _lines(masker, observation, results)
        ]
        return "".join(f"{line}\n" for line in lines)

    def _learn(self, masker: Masker, observation: Observation, results: list[Any]) -> None:
        """Have the masker know the Secrets that were observed, in etcd as well."""
        asked = observation.arguments
        if observation.name in ("get", "list") and asked["kind"] == "Secret":
            for value in results:
                for secret in [value] if isinstance(value, Mapping) else value if isinstance(value, Sequence) else ():
                    masker.learn(secret)
        elif observation.name == "drawn":
            for value in results:
                masker.learn_value(value.encode() if isinstance(value, str) else b"")
        elif observation.name == "etcd_value" and asked["key"].startswith(_IN_ETCD):
            self._learn_stored(masker, asked["key"], results)

    def _learn_stored(self, masker: Masker, key: str, results: list[Any]) -> None:
        """What etcd holds of a Secret is plain to read unless it is encrypted, so its values must be known too."""
        namespace, name = key.removeprefix(_IN_ETCD).split("/", 1)
        try:
            masker.learn(self._observer.get("Secret", name, namespace) or {})
        except NoObservation:
            results[:] = [value[:_HEAD] if isinstance(value, bytes) else value for value in results]


class Replay(Observations):
    """Gives the results that a recording holds.

    Args:
        text: what of the file's is replayed; None: all of it.

    Attributes:
        lacks: what was asked for and is not in it. Each of these raises `LookupError`.
    """

    def __init__(self, file: Path, text: str | None = None) -> None:
        self.lacks: list[Observation] = []
        self._file = file
        self._results: dict[Observation, list[tuple[int, Any]]] = {}
        lines = (file.read_text(encoding="utf-8") if text is None else text).splitlines()
        for line in filter(None, lines):
            recorded = json.loads(line)
            results = self._results.setdefault(Observation(recorded["look"], recorded["with"]), [])
            results.append((recorded.get("times", 1), _result(recorded)))

    def kubernetes(self) -> str:
        """Recordings do not hold the version of Kubernetes."""
        return ""

    def wait(self, seconds: float) -> None:
        """Go on at once: what was observed afterwards is in the recording already."""

    def observe(self, observation: Observation) -> Any:
        """The result at that time; the last one stays."""
        if observation.name == "now" and observation not in self._results:
            return LONG_AFTER
        if observation not in self._results:
            self.lacks.append(observation)
            raise LookupError(f"{self._file.name} does not hold {observation}")
        results = self._results[observation]
        times, value = results[0]
        if len(results) > 1:
            results[:] = [(times - 1, value), *results[1:]] if times > 1 else results[1:]
        if isinstance(value, NoObservation):
            raise value
        return value


def _shortened(observation: Observation, value: Any) -> Any:
    """What a recording holds of a value.

    Of what etcd holds, only the head of each value: it says how it is stored, and no more.
    Of all Pods, those of the cluster itself are there by name alone: they are long, and no exercise asks for them.
    """
    if observation.name == "etcd_values":
        return {key: _head(stored) for key, stored in value.items()}
    asked = observation.arguments
    if observation.name != "list" or asked["kind"] == "Secret" or asked["namespace"]:
        return value
    return [
        {"metadata": {key: obj["metadata"].get(key) for key in ("name", "namespace", "uid")}}
        if obj["metadata"].get("namespace") == "kube-system"
        else obj
        for obj in value
    ]


def _head(stored: bytes) -> bytes:
    encrypted = _ENCRYPTED.match(stored)
    return encrypted[0] if encrypted else stored[:_HEAD]


def _lines(masker: Masker, observation: Observation, results: list[Any]) -> list[str]:
    """A line for each change of an observation's result, with how often it came before the next."""
    lines: list[dict[str, Any]] = []
    for value in results:
        line = {"look": observation.name, "with": masker.masked(observation.arguments), **_plain(masker, value)}
        if lines and {**line, "times": 0} == {**lines[-1], "times": 0}:
            lines[-1]["times"] += 1
        else:
            lines.append({**line, "times": 1})
    del lines[-1]["times"]  # the last one stays for ever
    return [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines]


def _plain(masker: Masker, value: Any) -> dict[str, Any]:
    if isinstance(value, NoObservation):
        words = {"en": masker.text(value.words.en), "zh": masker.text(value.words.zh)}
        return {"raises": type(value).__name__, "words": words}
    return {"gives": encoded(masker.masked(value))}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, Sequence)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)


def _result(recorded: Mapping[str, Any]) -> Any:
    if "raises" in recorded:
        return _ERRORS[recorded["raises"]](Text(**recorded["words"]))
    return decoded(recorded["look"], recorded["gives"])
