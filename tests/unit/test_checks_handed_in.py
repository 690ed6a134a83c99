"""What a learner hands in on base, by observations made by hand."""

from __future__ import annotations

import base64
import json

import pytest

from checkers.api import Finding, Ran, Verdict
from checkers.handed_in import stored, value
from tests.unit.support.observations import HandMade, node

PATH, KEY = "/home/candidate/seal.txt", "/registry/secrets/notary/deed"
SEAL, WITNESS = "sealvaluesealvalue", "witnesswitnesswitn"
BYTES = b"k8s\x00\n\x0c\n\x02v1\x12\x06Secret\x12\xff\x01" + SEAL.encode()
SHOWN = BYTES.decode("utf-8", "backslashreplace")
NONE = Ran(1, "", "No such file")


def base(text: str | None, *, on_node: bool = False) -> HandMade:
    """What lies at the path on base; None: nothing."""
    machines = {
        "base": {"cat": NONE if text is None else Ran(0, text, "")},
        "kube-worker-1": {"test": Ran(0 if on_node else 1, "", "")},
    }
    return HandMade([node()], on_nodes=machines, stored={KEY: BYTES}, values={"seal": SEAL, "witness": WITNESS})


def of_bytes(text: str | None, **more: bool) -> Finding:
    return stored(base(text, **more), path=PATH, name="deed", namespace="notary")


def of_value(text: str | None, **more: bool) -> Finding:
    return value(base(text, **more), path=PATH, drawn="seal", others=["witness"])


@pytest.mark.parametrize("text", [SHOWN, f"{SHOWN}\n", f"{KEY}\n{SHOWN}\n", f"{SHOWN}\n{KEY}\n{SHOWN}\n\n"])
def test_the_bytes_of_etcd_pass_with_what_etcdctl_puts_around_them(text: str) -> None:
    assert of_bytes(text).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("text", "causes"),
    [
        (None, {"no-file"}),
        ("", set()),
        (SEAL, set()),
        ("k8s\x00 of another\n", {"another-secret"}),
        ("apiVersion: v1\nkind: Secret\n", {"by-the-api"}),
        (base64.b64encode(BYTES).decode(), {"encoded"}),
        (json.dumps({"kvs": [{"value": "x"}]}), {"encoded", "in-json"}),
        (f"{KEY}\n{SHOWN}\n{KEY}-of-another\nk8s\x00 more\n", {"more"}),
        (f"SQLite or bolt {SHOWN} and so on", {"more"}),
        (SHOWN.replace("\n", "\r\n"), {"by-a-terminal"}),
    ],
)
def test_what_is_no_copy_of_the_bytes(text: str | None, causes: set[str]) -> None:
    finding = of_bytes(text)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)


def test_a_secret_that_etcd_has_no_more() -> None:
    cluster = base(SHOWN)
    cluster.stored = {}
    assert stored(cluster, path=PATH, name="deed", namespace="notary").causes == {"secret-gone"}


@pytest.mark.parametrize("text", [SEAL, f"{SEAL}\n", f"  {SEAL}\r\n"])
def test_the_value_passes_whatever_newline_it_has(text: str) -> None:
    assert of_value(text).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("text", "causes"),
    [
        (None, {"no-file"}),
        ("", set()),
        ("a guess", set()),
        (base64.b64encode(SEAL.encode()).decode() + "\n", {"encoded"}),
        (WITNESS, {"another-value"}),
        (SHOWN, {"more"}),
    ],
)
def test_what_is_not_the_value(text: str | None, causes: set[str]) -> None:
    finding = of_value(text)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)
    assert SEAL not in finding.found.en
    assert SEAL not in finding.expected.en


def test_a_file_that_was_left_on_a_node_is_found() -> None:
    for finding in (of_bytes(None, on_node=True), of_value(None, on_node=True)):
        assert finding.causes == {"no-file", "on-node"}
        assert finding.found.en == f"there is no {PATH} on base; there is one on kube-worker-1"
