"""What etcd holds, put back key by key while the cluster runs: the quick way where nothing else has changed.

Whoever watches the API server hears of it as of any other change, so nothing has to be started anew.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lab.clock import Clock
from lab.cluster.engine import Node
from lab.cluster.machines.machine import must, refused
from lab.errors import LabError

KEPT = "/var/lib/ckslab/baseline/whole/etcd.json"
"""What `baseline.sh save` has kept of it, as etcd itself wrote it."""
_PKI = "/etc/kubernetes/pki/etcd"
_CURL = (
    *("curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "20"),
    *("--cacert", f"{_PKI}/ca.crt", "--cert", f"{_PKI}/server.crt", "--key", f"{_PKI}/server.key"),
)
_ADDRESS = "https://127.0.0.1:2379/v3/kv"
_ALL = {"key": "AA==", "range_end": "AA=="}
_AT_ONCE = 100
"""Changes in one transaction, of which etcd takes 128."""
_STILL, _BETWEEN = 3, 0.4
"""So many looks in a row at which nobody has made anything, and the seconds from one to the next."""
_MOST_LOOKS = 25
_RENEWED = (
    *(b"/registry/leases/kube-system/", b"/registry/leases/kube-node-lease/", b"/registry/masterleases/"),
    b"compact_rev_key",
)
"""Keys of what the cluster itself renews every few seconds. They stay as they are."""
_SYSTEM = b"/registry/namespaces/kube-system"
_PODS = b"/registry/pods/"
_KINDS = b"/registry/apiextensions.k8s.io/customresourcedefinitions/"
_MANAGER = "kube-controller-manager"
_LEASE_OF_MANAGER = f"/registry/leases/kube-system/{_MANAGER}".encode()
_CONTAINERS_OF_MANAGER = ("crictl", "ps", "--all", "--quiet", "--name", f"^{_MANAGER}$")
_EVENTS = b"/registry/events/"
"""Events end by themselves, so those of the baseline are not missed."""

Contents = Mapping[bytes, str]
"""Each key with its value, which stays as base64 has it."""


def restore(control_plane: Node, clock: Clock) -> bool:
    """Let etcd hold what it held at the baseline, until nobody makes anything else of it.

    A controller that still acts on what it has just seen may make something once more, so it takes several looks.
    Where kinds of objects have come or gone, as with an add-on, the controllers are started anew: those that watched
    kinds which are there no more have gone by what was no more.

    Returns False, and changes nothing, where a Pod of the system is gone: its kubelet would have to begin one that it
    has ended. So it does where what was kept is no cluster.

    Raises:
        LabError: etcd refuses, or does not answer, or what was kept is damaged (`engine.refused`); somebody always
            makes something (`wait`).
    """
    kept = _parsed(control_plane.read(KEPT))
    now = _read(control_plane)
    if _SYSTEM not in kept or any(key not in now and key.startswith(_PODS) for key in kept):
        return False
    _change(control_plane, _other(kept, now), _surplus(kept, now))
    still = 0
    for _ in range(_MOST_LOOKS):
        clock.sleep(_BETWEEN)
        now = _read(control_plane, keys_only=True)
        lost, surplus = {key: kept[key] for key in _lasting(kept) if key not in now}, _surplus(kept, now)
        still = 0 if lost or surplus else still + 1
        if still == _STILL:
            return True
        _change(control_plane, lost, surplus)
    raise LabError("wait", what="etcd", seconds=f"{_MOST_LOOKS * _BETWEEN:.0f}")


def _change(control_plane: Node, put: Contents, gone: Sequence[bytes]) -> None:
    """Write keys and delete others; where kinds of objects are among them, with the controllers started anew."""
    if any(key.startswith(_KINDS) for key in (*put, *gone)):
        _start_controllers_anew(control_plane)
        gone = [*gone, _LEASE_OF_MANAGER]
    _write(control_plane, put, gone)


def _start_controllers_anew(control_plane: Node) -> None:
    """Remove their container, and what is left of earlier ones: after one that has ended, the kubelet takes its time.

    The next waits until the lease of the last has ended, where it is not deleted.
    """
    if containers := must(control_plane, _CONTAINERS_OF_MANAGER).text.split():
        must(control_plane, ["crictl", "rm", "--force", *containers])


def _other(kept: Contents, now: Contents) -> Contents:
    """What is gone, or is not as it was."""
    return {key: kept[key] for key in _lasting(kept) if now.get(key) != kept[key]}


def _surplus(kept: Contents, now: Contents) -> Sequence[bytes]:
    """The keys of what was not there."""
    return [key for key in now if key not in kept and not key.startswith(_RENEWED)]


def _lasting(kept: Contents) -> Iterator[bytes]:
    """The keys of what stays as it is until somebody changes it."""
    return (key for key in kept if not key.startswith((*_RENEWED, _EVENTS)))


def _read(control_plane: Node, *, keys_only: bool = False) -> Contents:
    """All of it. Values are nine tenths of what has to be carried; without them each is empty."""
    return _parsed(_ask(control_plane, "range", {**_ALL, "keys_only": keys_only}))


def _write(control_plane: Node, put: Contents, gone: Iterable[bytes]) -> None:
    changes: list[dict[str, Any]] = [{"requestPut": {"key": _coded(key), "value": put[key]}} for key in put]
    changes += [{"requestDeleteRange": {"key": _coded(key)}} for key in gone]
    for first in range(0, len(changes), _AT_ONCE):
        _ask(control_plane, "txn", {"success": changes[first : first + _AT_ONCE]})


def _ask(control_plane: Node, what: str, asked: Mapping[str, Any]) -> bytes:
    argv = [*_CURL, "--data", "@-", f"{_ADDRESS}/{what}"]
    answer = control_plane.run(argv, stdin=json.dumps(asked).encode())
    if not answer.ok:
        raise refused(f"{control_plane.name}: etcd {what}", answer)
    return answer.stdout


def _parsed(answer: bytes) -> Contents:
    """A value that is empty is left out of an answer."""
    try:
        return {b64decode(each["key"]): each.get("value", "") for each in json.loads(answer).get("kvs", ())}
    except (ValueError, KeyError) as damaged:
        raise LabError("engine.refused", str(damaged), command="etcd") from damaged


def _coded(key: bytes) -> str:
    return b64encode(key).decode()
