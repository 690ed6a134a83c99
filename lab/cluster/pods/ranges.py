"""Which addresses the cluster in a seat has: none that the host cluster has, or what is in the seat would hide it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, ip_network
from typing import Any

from lab.cluster.machines.kubeadm import Addressing
from lab.errors import LabError

_PREFERRED = (*range(250, 256), *range(249, -1, -1))
"""The second byte of ranges `10.N.0.0/16`, in the order in which they are tried."""
_SERVICES_PREFIX = 16
"""Of a host's range of Services, where it does not say: larger ones are rare."""


def choose(host: Sequence[str]) -> Addressing:
    """Two ranges, for Pods and Services, that overlap none of the host's.

    Raises:
        LabError: the host has all of 10.0.0.0/8 (`pods.ranges`).
    """
    taken = list(_networks(host))
    free = (f"10.{second}.0.0/16" for second in _PREFERRED if _is_free(f"10.{second}.0.0/16", taken))
    pods, services = next(free, ""), next(free, "")
    if not services:
        raise LabError("pods.ranges", ", ".join(host))
    return Addressing(pods, services)


def of_host(
    nodes: Sequence[Mapping[str, Any]],
    services: Sequence[Mapping[str, Any]],
    api: Mapping[str, Any],
    endpoints: Sequence[Mapping[str, Any]],
) -> list[str]:
    """The ranges of a host cluster: Pods of each node, Services, addresses of each node and of the API servers.

    Args:
        services: its ServiceCIDRs, where it has such objects.
        api: its Service `kubernetes`, from whose address the range is guessed where it has none.
        endpoints: the EndpointSlices of that Service.
    """
    pods = [cidr for node in nodes for cidr in node["spec"].get("podCIDRs", ())]
    given = [cidr for each in services for cidr in each["spec"].get("cidrs", ())]
    guessed = f"{api['spec']['clusterIP']}/{_SERVICES_PREFIX}"
    addresses = [
        address["address"]
        for node in nodes
        for address in node["status"].get("addresses", ())
        if address["type"] in ("InternalIP", "ExternalIP")
    ]
    servers = [address for each in endpoints for one in each.get("endpoints") or () for address in one["addresses"]]
    return sorted({str(network) for network in _networks([*pods, *(given or [guessed]), *addresses, *servers])})


def _networks(ranges: Iterable[str]) -> Iterator[IPv4Network]:
    """Those of IPv4; a seat has no other addresses."""
    networks = (ip_network(each, strict=False) for each in ranges)
    return (network for network in networks if isinstance(network, IPv4Network))


def _is_free(cidr: str, taken: Iterable[IPv4Network]) -> bool:
    network = IPv4Network(cidr)
    return not any(network.overlaps(other) for other in taken)
