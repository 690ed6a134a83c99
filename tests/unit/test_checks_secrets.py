"""Whether a Secret can still be changed, by observations made by hand."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from checkers.api import DryRun, Finding, Verdict
from checkers.secrets import immutable
from tests.unit.support.observations import HandMade, Object

VALUE = "tokenvaluetokenval"
REFUSED = "data: Forbidden: field is immutable when `immutable` is set"


@dataclass(eq=False)
class Changeable(HandMade):
    """Decides on updates as the API server does."""

    others: str = ""
    """What it refuses every update with."""

    def draw(self, purpose: str) -> str:
        return f"drawn-{purpose}"

    def dry_run_update(self, manifest: Mapping[str, Any], *, subresource: str = "") -> DryRun:
        (stored,) = self.objects
        is_other = manifest["data"] != stored["data"]
        message = self.others or (REFUSED if stored.get("immutable") and is_other else "")
        return DryRun(not message, message)


def secret(data: Mapping[str, str] | None = None, **more: Any) -> Object:
    held = {"token": VALUE} if data is None else data
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in held.items()}
    metadata = {"name": "beacon", "namespace": "default", **more.pop("metadata", {})}
    return {"kind": "Secret", "metadata": metadata, "data": encoded, **more}


def found(obj: Object, others: str = "") -> Finding:
    cluster = Changeable([obj], values={"token": VALUE}, others=others)
    return immutable(cluster, name="beacon", keys=["token"])


def test_a_secret_whose_content_cannot_be_changed_passes() -> None:
    finding = found(secret(immutable=True))
    assert (finding.verdict, finding.found.en) == (Verdict.PASS, REFUSED)


@pytest.mark.parametrize(
    ("obj", "causes"),
    [
        (secret(), {"mutable"}),
        (secret(metadata={"labels": {"example.com/immutable": "true"}}), {"mutable", "only-metadata"}),
        (secret({"token": "other"}, immutable=True), {"other-value"}),
        (secret({}, immutable=True), {"key-gone"}),
        (secret(metadata={"namespace": "elsewhere"}, immutable=True), {"other-namespace"}),
        (secret(metadata={"name": "another"}, immutable=True), {"absent"}),
    ],
)
def test_what_is_wrong_with_a_secret(obj: Object, causes: set[str]) -> None:
    finding = found(obj)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)
    assert VALUE not in finding.found.en


def test_a_refusal_of_everything_proves_nothing() -> None:
    assert found(secret(), others="denied by a policy on immutable things").verdict is Verdict.FAIL
