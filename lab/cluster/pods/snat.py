"""Source NAT on the nodes of a seat: what one sends to Pods on the other gets through the host cluster's network.

Between its own Pods a host cluster hides no address. What one of them sends to any other address, such as that of a Pod
in a seat, it masquerades as if it left the cluster, and the answer does not find back. It leaves alone what comes from
addresses that it does not know. So what a seat's node sends to Pods on the other one gets the address of the node's
bridge, as if a Pod had sent it: an API server's question to a webhook, a name that a node asks CoreDNS for.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

from lab.cluster.engine import Node
from lab.cluster.machines import network
from lab.cluster.machines.kubectl import Kubectl
from lab.cluster.machines.machine import must

# In a table of its own, before those that kube-proxy and kube-router keep putting in order.
_TABLE = """\
table ip ckslab
delete table ip ckslab
table ip ckslab {{
  chain postrouting {{
    type nat hook postrouting priority 90;
    oifname "eth0" ip daddr {pods} ip saddr != {pods} snat to {bridge}
  }}
}}
"""


def apply(nodes: Sequence[Node], kubectl: Kubectl, pods: str) -> None:
    """Have each node translate so. May be repeated: a Pod that is made anew has none of it.

    Args:
        pods: the range of Pods in the seat.

    Raises:
        LabError: a node refuses (`engine.refused`), or has no range of Pod addresses (`wait`).
    """
    for node in nodes:
        bridge = next(ip_network(network.pod_range(node, kubectl)).hosts())
        must(node, ["nft", "--file", "-"], stdin=_TABLE.format(pods=pods, bridge=bridge).encode())
