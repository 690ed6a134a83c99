"""What the host cluster lets its user do, as far as a lab needs it. The cluster itself is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.cluster.pods import manifest
from lab.cluster.pods.hosting import HostCluster
from lab.cluster.pods.manifest import Seat, namespace_of
from lab.errors import LabError

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_OF_CLUSTER = (
    ("list", "", "nodes"),
    *((verb, "", "namespaces") for verb in ("get", "list", "watch", "create")),
    ("list", "networking.k8s.io", "servicecidrs"),
)
_OF_DEFAULT = (("get", "", "services"), ("list", "discovery.k8s.io", "endpointslices"))
"""Where the API server is, which a seat is not to reach."""
_OF_NAMESPACE = (
    *(("create", "", resource) for resource in ("pods", "pods/exec", "pods/portforward", "services", "resourcequotas")),
    ("create", "networking.k8s.io", "networkpolicies"),
    *((verb, "", "pods") for verb in ("get", "list", "watch", "delete")),
    # A web socket begins with a GET.
    *(("get", "", resource) for resource in ("pods/exec", "pods/portforward", "pods/log")),
    ("delete", "", "namespaces"),
)
"""Verb, API group, resource."""
_OF_CLASSES = (("list", "", "pods"), ("get", "coordination.k8s.io", "leases"))
"""What `class plan` counts by, and what tells soonest that a host node is dead."""
_POD_SECURITY = "violates PodSecurity"


def missing(host: HostCluster, lab: str) -> list[str]:
    """The rights that this user lacks, as `kubectl auth can-i` takes them: `create pods/exec`.

    Raises:
        LabError: the cluster cannot be asked.
    """
    places = {"": _OF_CLUSTER, "default": _OF_DEFAULT, namespace_of(lab): _OF_NAMESPACE}
    wanted = [(right, namespace) for namespace, rights in places.items() for right in rights]
    return [f"{right[0]} {right[2]}" for right, namespace in wanted if not _may(host, right, namespace)]


def rules() -> list[Mapping[str, Sequence[str]]]:
    """All that labs and classes need, as the rules of a ClusterRole."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for verb, group, resource in (*_OF_CLUSTER, *_OF_DEFAULT, *_OF_NAMESPACE, *_OF_CLASSES):
        verbs.setdefault((group, resource), set()).add(verb)
    return [
        {"apiGroups": [group], "resources": [resource], "verbs": sorted(may)}
        for (group, resource), may in sorted(verbs.items())
    ]


def refusal(host: HostCluster, lab: str) -> str:
    """What the host says against a machine of a lab when it is asked to make one without keeping it; empty if nothing.

    In a Namespace of another kind Pod Security may refuse what it will let into the lab's own.
    """
    namespace = namespace_of(lab)
    there = namespace if host.get(f"/api/v1/namespaces/{namespace}") else "default"
    seat = Seat(lab, "", "image", pulled=True, reserved=False, inside=(), outside=())
    pod = next(pod for pod in manifest.pods(seat) if pod["metadata"]["name"] == next(iter(manifest.MACHINES)))
    trial = {**pod, "metadata": {"generateName": "ckslab-trial-", "namespace": there}}
    try:
        host.ask("POST", f"/api/v1/namespaces/{there}/pods?dryRun=All", trial)
    except LabError as refused:
        said = refused.came_back
        is_other = there != namespace and _POD_SECURITY in said
        return "" if is_other or "exceeded quota" in said else said
    return ""


def _may(host: HostCluster, right: tuple[str, str, str], namespace: str) -> bool:
    verb, group, resource = right
    name, _, part = resource.partition("/")
    attributes = {"verb": verb, "group": group, "resource": name, "subresource": part, "namespace": namespace}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = host.ask("POST", _REVIEWS, body) or {}
    return bool(answer["status"]["allowed"])
