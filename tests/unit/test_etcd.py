"""What etcd holds goes back key by key while the cluster runs."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from lab.cluster.engine import Completed
from lab.cluster.machines.etcd import KEPT as FILE
from lab.cluster.machines.etcd import restore
from lab.errors import LabError
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeNode, done

KEPT = {
    "/registry/namespaces/kube-system": "the system's",
    "/registry/namespaces/default": "a namespace",
    "/registry/clusterroles/view": "a role",
    "/registry/pods/kube-system/coredns-1": "a Pod",
    "/registry/leases/kube-system/kube-scheduler": "a lease",
    "/registry/events/default/old": "an event",
}


@dataclass
class Etcd(HandMadeNode):
    """A control plane whose etcd holds what it is told; `makers` make something of it before each look."""

    holds: dict[str, str] = field(default_factory=lambda: dict(KEPT))
    makers: list[Mapping[str, str]] = field(default_factory=list)
    transactions: list[int] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    managers: list[str] = field(default_factory=lambda: ["runs", "has-ended"])

    def read(self, path: str) -> bytes:
        assert path == FILE
        return told(KEPT)

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        if argv[0] == "crictl":
            return self.crictl(*argv[1:])
        asked = json.loads(stdin)
        if argv[-1].endswith("/range"):
            if self.makers:
                self.holds |= self.makers.pop(0)
            self.looks.append("keys" if asked["keys_only"] else "all")
            holds = dict.fromkeys(self.holds, "") if asked["keys_only"] else self.holds
            return done(stdout=told(holds).decode())
        self.transactions.append(len(asked["success"]))
        for change in asked["success"]:
            if put := change.get("requestPut"):
                self.holds[plain(put["key"])] = plain(put["value"])
            else:
                self.holds.pop(plain(change["requestDeleteRange"]["key"]), None)
        return done(stdout="{}")

    def crictl(self, verb: str, *options: str) -> Completed:
        """Its only containers are the controller manager's."""
        if verb == "ps":
            assert options == ("--all", "--quiet", "--name", "^kube-controller-manager$")
            return done(stdout="".join(f"{name}\n" for name in self.managers))
        assert (verb, *options) == ("rm", "--force", *self.managers)
        self.managers = []
        return done()


def told(holds: Mapping[str, str]) -> bytes:
    """As etcd's gateway says it."""
    pairs: list[dict[str, Any]] = [{"key": coded(key), "value": coded(value)} for key, value in holds.items()]
    return json.dumps({"kvs": pairs}).encode()


def coded(text: str) -> str:
    return b64encode(text.encode()).decode()


def plain(text: str) -> str:
    return b64decode(text).decode()


def restored(etcd: Etcd) -> Mapping[str, str]:
    assert restore(etcd, Hands().clock)
    return etcd.holds


def test_what_was_made_goes_and_what_was_changed_or_deleted_comes_back() -> None:
    etcd = Etcd()
    etcd.holds |= {"/registry/namespaces/mine": "new", "/registry/namespaces/default": "with a label"}
    del etcd.holds["/registry/clusterroles/view"]
    assert restored(etcd) == KEPT


def test_where_nothing_has_changed_nothing_is_written() -> None:
    etcd = Etcd()
    restored(etcd)
    assert etcd.transactions == []


def test_after_the_first_look_keys_are_enough() -> None:
    etcd = Etcd()
    restored(etcd)
    assert etcd.looks == ["all", "keys", "keys", "keys"]


def test_the_clusters_own_leases_stay_as_their_holders_have_them() -> None:
    etcd = Etcd()
    etcd.holds |= {"/registry/leases/kube-system/kube-scheduler": "renewed", "/registry/masterleases/10.0.0.2": "one"}
    assert restored(etcd)["/registry/leases/kube-system/kube-scheduler"] == "renewed"
    assert restored(etcd)["/registry/masterleases/10.0.0.2"] == "one"


def test_the_lease_of_what_was_installed_goes_with_it() -> None:
    etcd = Etcd()
    etcd.holds["/registry/leases/policies/leader"] = "of a controller that is gone"
    assert restored(etcd) == KEPT


def test_events_since_go_and_those_that_have_ended_do_not_come_back() -> None:
    etcd = Etcd()
    del etcd.holds["/registry/events/default/old"]
    etcd.holds["/registry/events/default/new"] = "an event"
    assert not [key for key in restored(etcd) if key.startswith("/registry/events/")]


def test_what_a_controller_makes_once_more_goes_as_well() -> None:
    etcd = Etcd()
    etcd.makers = [{}, {}, {"/registry/replicasets/mine/late": "made of what was seen before"}]
    assert restored(etcd) == KEPT


def test_who_always_makes_something_ends_the_wait() -> None:
    etcd = Etcd()
    etcd.makers = [{f"/registry/pods/mine/{number}": "one more"} for number in range(100)]
    with pytest.raises(LabError) as raised:
        restore(etcd, Hands().clock)
    assert raised.value.key == "wait"


def test_many_changes_are_written_in_several_transactions() -> None:
    etcd = Etcd()
    etcd.holds |= {f"/registry/secrets/mine/{number}": "new" for number in range(250)}
    restored(etcd)
    assert etcd.transactions == [100, 100, 50]


@pytest.mark.parametrize("kept", [b"", b"{", b'{"kvs": [{"value": ""}]}'])
def test_what_was_kept_and_is_damaged_is_refused(monkeypatch: pytest.MonkeyPatch, kept: bytes) -> None:
    etcd = Etcd()
    monkeypatch.setattr(Etcd, "read", lambda self, path: kept)
    with pytest.raises(LabError) as raised:
        restore(etcd, Hands().clock)
    assert raised.value.key == "engine.refused"
    assert etcd.transactions == []


def test_what_was_kept_and_is_no_cluster_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    etcd = Etcd()
    monkeypatch.setattr(Etcd, "read", lambda self, path: b'{"header": {}}')
    assert not restore(etcd, Hands().clock)
    assert etcd.transactions == []


def test_without_a_pod_of_the_system_nothing_is_changed() -> None:
    etcd = Etcd()
    del etcd.holds["/registry/pods/kube-system/coredns-1"]
    etcd.holds["/registry/namespaces/mine"] = "new"
    assert not restore(etcd, Hands().clock)
    assert etcd.transactions == []


KIND = "/registry/apiextensions.k8s.io/customresourcedefinitions/policies.kyverno.io"


def test_where_kinds_of_objects_have_come_they_go_and_the_controllers_that_watched_them_start_anew() -> None:
    etcd = Etcd()
    etcd.holds[KIND] = "new"
    assert restored(etcd) == KEPT
    assert etcd.managers == []


def test_where_kinds_of_objects_are_gone_the_controllers_start_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    etcd = Etcd()
    monkeypatch.setattr(Etcd, "read", lambda self, path: told({**KEPT, KIND: "kept"}))
    assert restored(etcd)[KIND] == "kept"
    assert etcd.managers == []


def test_the_next_controllers_need_not_wait_for_the_lease_of_the_last() -> None:
    etcd = Etcd()
    etcd.holds |= {KIND: "new", "/registry/leases/kube-system/kube-controller-manager": "held"}
    assert restored(etcd) == KEPT


def test_where_the_kinds_are_the_same_the_controllers_go_on() -> None:
    etcd = Etcd()
    etcd.holds |= {"/registry/namespaces/mine": "new", "/registry/leases/kube-system/kube-controller-manager": "held"}
    assert restored(etcd)["/registry/leases/kube-system/kube-controller-manager"] == "held"
    assert etcd.managers == ["runs", "has-ended"]


def test_containers_that_cannot_be_listed_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    etcd = Etcd()
    etcd.holds[KIND] = "new"
    monkeypatch.setattr(Etcd, "crictl", lambda *_: done(code=1, stderr="no containerd"))
    with pytest.raises(LabError) as raised:
        restore(etcd, Hands().clock)
    assert raised.value.key == "engine.refused"
    assert etcd.transactions == []
