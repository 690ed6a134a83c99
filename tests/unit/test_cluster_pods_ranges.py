"""The addresses of the cluster in a seat, and which of the host cluster's it must not have or reach."""

from __future__ import annotations

from typing import Any

import pytest

from lab.cluster.pods import ranges
from lab.errors import LabError

NODE: dict[str, Any] = {
    "spec": {"podCIDRs": ["10.244.1.0/24", "fd00:10:244:1::/64"]},
    "status": {
        "addresses": [
            {"type": "InternalIP", "address": "10.89.0.3"},
            {"type": "InternalIP", "address": "fc00::3"},
            {"type": "Hostname", "address": "worker"},
        ]
    },
}
API = {"spec": {"clusterIP": "10.96.0.1"}}


def test_on_an_ordinary_host_they_are_the_same_each_time() -> None:
    chosen = ranges.choose(["10.244.0.0/16", "10.96.0.0/12"])
    assert (chosen.pods, chosen.services) == ("10.250.0.0/16", "10.251.0.0/16")


def test_what_overlaps_a_range_of_the_host_is_left_out() -> None:
    chosen = ranges.choose(["10.248.0.0/14", "10.253.7.0/24"])
    assert (chosen.pods, chosen.services) == ("10.252.0.0/16", "10.254.0.0/16")


def test_a_host_with_all_addresses_leaves_none() -> None:
    with pytest.raises(LabError) as caught:
        ranges.choose(["10.0.0.0/8"])
    assert caught.value.key == "pods.ranges"


def test_those_of_the_host_are_of_pods_services_nodes_and_api_servers() -> None:
    services = [{"spec": {"cidrs": ["10.96.0.0/12"]}}]
    endpoints = [{"endpoints": [{"addresses": ["203.0.113.5"]}]}]
    assert ranges.of_host([NODE], services, API, endpoints) == [
        "10.244.1.0/24",
        "10.89.0.3/32",
        "10.96.0.0/12",
        "203.0.113.5/32",
    ]


def test_where_the_host_does_not_tell_its_services_they_are_guessed_from_one() -> None:
    assert "10.96.0.0/16" in ranges.of_host([NODE], [], API, [])


def test_a_slice_without_endpoints_is_none() -> None:
    assert ranges.of_host([], [], API, [{"endpoints": None}]) == ["10.96.0.0/16"]
