"""A clean slate: before an exercise starts, what any earlier practice left that can spoil it is taken away.

What goes is only what was not there after `up` and can refuse, change or keep away what the next exercise makes:
webhooks and admission policies, rules of policy engines, a default PriorityClass; in the namespaces that were there
LimitRanges, ResourceQuotas, NetworkPolicies and labels of Pod Security; taints and cordons of nodes. The learner's
kubectl means the cluster and namespace again that it meant at first. Other objects stay: they are in nobody's way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from lab import i18n
from lab.clock import Clock
from lab.cluster.engine import Capability, Engine
from lab.cluster.host.wait import until
from lab.cluster.machines import base, inventory
from lab.cluster.machines.inventory import KUBECONFIG, Inventory, Thing
from lab.cluster.machines.kubectl import Kubectl
from lab.errors import LabError

ACCEPTED = 15
"""Seconds until the API server has noticed that what refused is gone, and a namespace has its account again."""

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
"""A Pod that nothing refuses but what a start has to know of: it keeps to the strictest level of Pod Security."""


class Slate:
    """The lab, as far as it concerns what exercises have in common."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._kubectl = Kubectl(engine.nodes()[0])
        self._clock = clock.slower(engine.pace)

    def clean(self) -> bool:
        """Take away what can spoil a start. Returns whether there was anything that other attempts may have made.

        In a cluster of the user's own that is not the lab's alone nothing is taken away, since it may be anybody's.

        Raises:
            LabError: a Pod is refused all the same, and by whom (`start.refused`); or the API server does not answer
                (`kubectl`).
        """
        removed = False
        before = inventory.load(self._engine.lab)
        if before is not None and Capability.BASELINE not in self._engine.lacks():
            now = inventory.take(self._engine, before.kinds)
            removed = self._remove(before, now)
            if before.kubeconfig and now.kubeconfig != before.kubeconfig:
                self._restore_kubeconfig(before.kubeconfig)
        self._await_acceptance()
        return removed

    def _remove(self, before: Inventory, now: Inventory) -> bool:
        """Webhooks first: one that fails closed would refuse all the rest."""
        extra = [
            thing
            for thing in now.things
            if thing not in before.things and (not thing.namespace or thing.namespace in before.namespaces)
        ]
        self._delete([thing for thing in extra if not thing.namespace], "")
        new_groups = [group for group in now.groups if group not in before.groups]
        for group in new_groups:
            self._delete_rules(group)
        for namespace in sorted({thing.namespace for thing in extra} - {""}):
            self._delete([thing for thing in extra if thing.namespace == namespace], namespace)
        changed = [self._relabel(name, labels, now.namespaces.get(name)) for name, labels in before.namespaces.items()]
        changed += [self._untaint(name, set(now.nodes.get(name, ())) - set(old)) for name, old in before.nodes.items()]
        return bool(extra or new_groups or any(changed))

    def _delete(self, things: list[Thing], namespace: str) -> None:
        if things:
            place = [f"--namespace={namespace}"] if namespace else []
            names = [f"{thing.kind}/{thing.name}" for thing in things]
            self._kubectl.do("delete", *names, *place, "--ignore-not-found", "--wait=false")

    def _delete_rules(self, group: str) -> None:
        """All objects of a policy engine's group, whatever kinds it has today."""
        listed = self._kubectl.ask("api-resources", f"--api-group={group}", "--verbs=delete", "--output=name")
        if kinds := ",".join(listed.text.split()):
            self._kubectl.ask("delete", kinds, "--all", "--all-namespaces", "--wait=false")

    def _relabel(self, namespace: str, before: Mapping[str, str], now: Mapping[str, str] | None) -> bool:
        """The labels of Pod Security as they were, of a namespace that is still there."""
        if now is None:
            return False
        gone = [f"{name}-" for name in now if name not in before]
        set_again = [f"{name}={value}" for name, value in before.items() if now.get(name) != value]
        if gone or set_again:
            self._kubectl.do("label", "namespace", namespace, "--overwrite", *gone, *set_again)
        return bool(gone or set_again)

    def _untaint(self, node: str, marks: set[str]) -> bool:
        if "unschedulable" in marks:
            self._kubectl.do("uncordon", node)
        for taint in sorted(marks - {"unschedulable"}):
            key, _, effect = taint.partition("=")
            self._kubectl.do("taint", "node", node, f"{key}:{effect.rpartition(':')[2]}-")
        return bool(marks)

    def _restore_kubeconfig(self, content: str) -> None:
        machine = self._engine.base()
        machine.run(["rm", "--recursive", "--force", "--", KUBECONFIG])
        machine.write(KUBECONFIG, content.encode(), mode=0o600)
        folder = KUBECONFIG.rpartition("/")[0]
        machine.run(["chmod", "700", folder])
        machine.run(["chown", "--recursive", f"{base.LEARNER}:", folder])

    def _await_acceptance(self) -> None:
        """See that an ordinary Pod would be accepted; whatever else stands in the way is thereby named."""
        said = ""

        def is_accepted() -> bool:
            nonlocal said
            tried = self._kubectl.ask("create", "--dry-run=server", "--filename=-", stdin=PROBE)
            said = tried.error
            return tried.ok

        try:
            until(is_accepted, seconds=ACCEPTED, what=i18n.text("session.accepted"), clock=self._clock)
        except LabError as late:
            raise LabError("start.refused", said, lab=self._engine.lab) from late
