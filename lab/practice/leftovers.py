"""What an earlier practice left that can spoil the next one is removed before an exercise starts.

Only what was not there after `up` is removed, and only what can refuse or change what the next exercise makes:
webhooks and admission policies, rules of policy engines, a default PriorityClass; in the namespaces that were there
LimitRanges, ResourceQuotas, NetworkPolicies and labels of Pod Security; taints and cordons of nodes; the namespaces of
grades that were killed. The learner's kubectl gets the configuration back that it had at first. Other objects stay,
since they disturb nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from lab import i18n
from lab.clock import Clock
from lab.cluster.engine import Capability, Engine
from lab.cluster.host.wait import until
from lab.cluster.machines import base, inventory
from lab.cluster.machines.inventory import KUBECONFIG, Inventory, Thing
from lab.cluster.machines.kubectl import Kubectl
from lab.errors import LabError

ACCEPTED = 15
"""Seconds until the API server accepts a Pod again after what refused it was deleted."""

PROBE = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "ckslab-start-", "namespace": "default"},
        "spec": {
            "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "main",
                    "image": "busybox:1.28",
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    }
).encode()
"""A Pod that keeps to the strictest level of Pod Security, so that only what would spoil a start refuses it."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that was not there after `up`.

    Attributes:
        touch: whose it may be: that of an exercise which touches this (`lab.catalog.touches`).
        remove: deletes it, or changes it back.
    """

    touch: str
    remove: Callable[[], object]


class Leftovers:
    """What earlier practices left on a lab that can spoil the next."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._kubectl = Kubectl(engine.nodes()[0])
        self._clock = clock.slower(engine.pace)

    def remove(self, spared: frozenset[str] = frozenset()) -> frozenset[str]:
        """Remove them, and see that the cluster accepts an ordinary Pod.

        In a cluster that the lab shares with others nothing is removed, since it may be anybody's.

        Args:
            spared: what exercises under way touch. Leftovers of theirs stay, unless the cluster refuses the Pod.

        Returns:
            Those of the spared touches whose leftovers had to be removed.

        Raises:
            LabError: a Pod is refused all the same, and by whom (`start.refused`); or the API server does not answer
                (`kubectl`).
        """
        before = inventory.load(self._engine.lab)
        if before is None or Capability.BASELINE in self._engine.lacks():
            self._await_acceptance()
            return frozenset()
        now = inventory.take(self._engine, before.kinds)
        leftovers = list(self._find(before, now))
        kept = [leftover for leftover in leftovers if leftover.touch in spared]
        for leftover in leftovers:
            if leftover not in kept:
                leftover.remove()
        if before.kubeconfig and now.kubeconfig != before.kubeconfig:
            self._restore_kubeconfig(before.kubeconfig)
        try:
            self._await_acceptance()
        except LabError:
            if not kept:
                raise
        else:
            return frozenset()
        for leftover in kept:
            leftover.remove()
        self._await_acceptance()
        return frozenset(leftover.touch for leftover in kept)

    def _find(self, before: Inventory, now: Inventory) -> Iterator[Leftover]:
        """Webhooks first: one that fails closed would refuse to have the others deleted."""
        extra = [
            thing
            for thing in now.things
            if thing not in before.things and (not thing.namespace or thing.namespace in before.namespaces)
        ]
        if of_cluster := [thing for thing in extra if not thing.namespace]:
            yield Leftover("admission", partial(self._delete, of_cluster))
        for group in now.groups:
            if group not in before.groups:
                yield Leftover("admission", partial(self._delete_rules, group))
        for namespace in sorted({thing.namespace for thing in extra} - {""}):
            things = [thing for thing in extra if thing.namespace == namespace]
            yield Leftover(f"namespace:{namespace}", partial(self._delete, things, f"--namespace={namespace}"))
        for namespace, labels in before.namespaces.items():
            if now.namespaces.get(namespace, labels) != labels:
                relabel = partial(self._relabel, namespace, labels, now.namespaces[namespace])
                yield Leftover(f"namespace:{namespace}", relabel)
        for node, marks in before.nodes.items():
            if new := set(now.nodes.get(node, ())) - set(marks):
                yield Leftover(f"node:{node}", partial(self._untaint, node, new))
        for name in now.of_grades:  # no grade is under way: a start has the lab to itself
            yield Leftover(f"namespace:{name}", partial(self._delete, [Thing("Namespace", "", name)]))

    def _delete(self, things: Sequence[Thing], *place: str) -> None:
        names = [f"{thing.kind}/{thing.name}" for thing in things]
        self._kubectl.do("delete", *names, *place, "--ignore-not-found", "--wait=false")

    def _delete_rules(self, group: str) -> None:
        """All objects of a policy engine's group, whatever kinds it has today."""
        listed = self._kubectl.ask("api-resources", f"--api-group={group}", "--verbs=delete", "--output=name")
        if kinds := ",".join(listed.text.split()):
            self._kubectl.ask("delete", kinds, "--all", "--all-namespaces", "--wait=false")

    def _relabel(self, namespace: str, before: Mapping[str, str], now: Mapping[str, str]) -> None:
        """Give a namespace the labels of Pod Security that it had."""
        gone = [f"{name}-" for name in now if name not in before]
        set_again = [f"{name}={value}" for name, value in before.items() if now.get(name) != value]
        self._kubectl.do("label", "namespace", namespace, "--overwrite", *gone, *set_again)

    def _untaint(self, node: str, marks: set[str]) -> None:
        if "unschedulable" in marks:
            self._kubectl.do("uncordon", node)
        for taint in sorted(marks - {"unschedulable"}):
            key, _, effect = taint.partition("=")
            self._kubectl.do("taint", "node", node, f"{key}:{effect.rpartition(':')[2]}-")

    def _restore_kubeconfig(self, content: str) -> None:
        machine = self._engine.base()
        machine.run(["rm", "--recursive", "--force", "--", KUBECONFIG])
        machine.write(KUBECONFIG, content.encode(), mode=0o600)
        folder = KUBECONFIG.rpartition("/")[0]
        machine.run(["chmod", "700", folder])
        machine.run(["chown", "--recursive", f"{base.LEARNER}:", folder])

    def _await_acceptance(self) -> None:
        """Wait until the cluster accepts an ordinary Pod; whatever refuses it is named by the refusal."""
        refusal = ""

        def is_accepted() -> bool:
            nonlocal refusal
            tried = self._kubectl.ask("create", "--dry-run=server", "--filename=-", stdin=PROBE)
            refusal = tried.error
            return tried.ok

        try:
            until(is_accepted, seconds=ACCEPTED, what=i18n.text("session.accepted"), clock=self._clock)
        except LabError as late:
            raise LabError("start.refused", refusal, lab=self._engine.lab) from late
