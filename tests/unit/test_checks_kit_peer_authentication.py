"""Which PeerAuthentication decides, as Istio has it."""

from __future__ import annotations

from typing import Any

import pytest

from checkers.kit.peer_authentication import decision
from tests.unit.support.meshes import JUST_NOW, policy
from tests.unit.support.observations import Object

WEB = {"app": "web"}


def peers(namespace: str, mode: str = "", *, web: bool = False, made: str = "", **spec: Any) -> Object:
    found = policy("PeerAuthentication", namespace, f"{namespace}-{mode}", **({"made": made} if made else {}), **spec)
    if mode:
        found["spec"]["mtls"] = {"mode": mode}
    if web:
        found["spec"]["selector"] = {"matchLabels": WEB}
    return found


@pytest.mark.parametrize(
    ("known", "mode", "level"),
    [
        ([], "PERMISSIVE", None),
        ([peers("istio-system", "STRICT")], "STRICT", "mesh"),
        ([peers("istio-system", "STRICT"), peers("shop", "PERMISSIVE")], "PERMISSIVE", "namespace"),
        ([peers("shop", "PERMISSIVE"), peers("shop", "STRICT", web=True)], "STRICT", "workload"),
        ([peers("shop", "STRICT"), peers("shop", web=True)], "STRICT", "namespace"),
        ([peers("shop", "STRICT"), peers("shop", "UNSET", web=True)], "STRICT", "namespace"),
        (
            [peers("shop", "STRICT"), peers("shop", web=True, portLevelMtls={"80": {"mode": "DISABLE"}})],
            "DISABLE",
            "port",
        ),
        (
            [peers("shop", "STRICT"), peers("shop", web=True, portLevelMtls={"80": {"mode": "UNSET"}})],
            "STRICT",
            "namespace",
        ),
        (
            [peers("shop", "STRICT"), peers("shop", web=True, portLevelMtls={"81": {"mode": "DISABLE"}})],
            "STRICT",
            "namespace",
        ),
        ([peers("shop", "STRICT", portLevelMtls={"80": {"mode": "DISABLE"}})], "STRICT", "namespace"),
        ([peers("street", "STRICT")], "PERMISSIVE", None),
        ([peers("istio-system", "STRICT", web=True)], "PERMISSIVE", None),
        ([peers("shop", "PERMISSIVE", made=JUST_NOW), peers("shop", "STRICT")], "STRICT", "namespace"),
    ],
)
def test_the_narrowest_that_says_something_decides(known: list[Object], mode: str, level: str | None) -> None:
    found = decision(known, "shop", WEB, 80)
    assert (found.mode, found.level) == (mode, level)


def test_a_policy_is_called_by_its_namespace_and_name() -> None:
    assert decision([peers("shop", "STRICT")], "shop", WEB).name == "shop/shop-STRICT"
    assert decision([], "shop", WEB).name == "-"
