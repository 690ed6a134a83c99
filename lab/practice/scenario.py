"""Sets the scene of an exercise on the cluster, and clears it away again."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from checkers.kept import FILE, fingerprints, remembered
from lab.catalog.drawn import filled
from lab.catalog.model import Machine, MachineScript, Resource, Scenario
from lab.clock import Clock
from lab.cluster.engine import Capability, Engine, Node
from lab.cluster.host.wait import until
from lab.cluster.machines import inventory
from lab.cluster.machines.kubectl import Kubectl
from lab.errors import LabError

GONE = 30
"""Seconds for an object to be gone, before its finalizers are taken away."""
NAMESPACE_GONE = 60
"""Seconds for a namespace to be gone with all that is in it."""
SETTLED = 60
"""Seconds for a scene to settle."""
SCRIPT = 240
"""Seconds for a script on a machine, which may have the API server started anew."""
LINES = 10
"""Of what a script wrote, which a person is shown where it failed."""
_BEGINNING = {"ContainerCreating", "PodInitializing"}
"""Why a container waits that is still on its way."""


class Stage:
    """Where scenarios are set and cleared.

    Args:
        engine: the lab's.
        clock: for the waits, which are longer where machines are slower.
        spared: namespaces of other exercises that are under way, where nothing is removed.
    """

    def __init__(self, engine: Engine, clock: Clock, spared: Collection[str] = ()) -> None:
        # Where a node serves as base, it has the node's name.
        self._machines: dict[str, Node] = {"base": engine.base(), **{node.name: node for node in engine.nodes()}}
        self._control_plane = engine.nodes()[0]
        self._kubectl = Kubectl(self._control_plane)
        self._is_alone = Capability.BASELINE not in engine.lacks()
        self._pace = engine.pace
        self._clock = clock.slower(engine.pace)
        self._spared = spared
        self._lab = engine.lab

    def clear(self, scenario: Scenario) -> None:
        """Remove what the scenario and its learner made, and wait until it is gone."""
        for resource in scenario.remove:
            if resource.name:
                self._remove(resource)
                for namesake in self._namesakes(resource):
                    self._remove(namesake)
        if kinds := [resource.kind for resource in scenario.remove if not resource.name]:
            self._remove_new(kinds)
        self._remove_namespaces(scenario.namespaces)
        for file in scenario.files:
            self._machine(file.machine).run(["rm", "--recursive", "--force", "--", file.path])

    def set(self, scenario: Scenario, drawn: Mapping[str, str]) -> None:
        """Lay the files on the machines, run the scripts, make the namespaces and apply the manifests.

        Args:
            drawn: the values that belong in them.
        """
        for file in scenario.files:
            if file.content:
                self._machine(file.machine).write(file.path, filled(file.content.read_bytes(), drawn))
        for script in scenario.scripts:
            self._run(script, drawn)
        for namespace in scenario.namespaces:
            self._kubectl.do("create", "namespace", namespace)
        self._await_accounts(scenario)
        for manifest in scenario.apply:
            content = filled(manifest.read_bytes(), drawn)
            if scenario.install:  # it may make kinds of objects out of others, a moment later
                with contextlib.suppress(LabError):  # the last try says what is wrong
                    self._await(partial(self._is_applied, content), manifest.name)
            self._kubectl.do("apply", "-f", "-", stdin=content)

    def settle(self, scenarios: Sequence[Scenario]) -> None:
        """Wait until nothing of these scenes is still being made."""
        for scenario in scenarios:
            for namespace in scenario.namespaces:
                self._await(partial(self._is_settled, namespace), f"Pods in {namespace}")
        if any(scenario.reset == "baseline" for scenario in scenarios):
            self._remember_secrets()
        else:
            self.remember_anew(scenarios)

    def remember_anew(self, scenarios: Sequence[Scenario]) -> None:
        """Bring up to date what an exercise under way remembers of Secrets: these scenarios' were made or removed."""
        made_anew = {namespace for scenario in scenarios for namespace in scenario.namespaces}
        if not (self._spared and made_anew):
            return
        try:
            before = json.loads(self._control_plane.read(FILE))
        except FileNotFoundError:
            return
        others = [secret for secret in before["secrets"] if secret["namespace"] not in made_anew]
        now = [secret for secret in self._secrets() if secret["metadata"]["namespace"] in made_anew]
        hashes = [*others, *fingerprints(now, before["salt"])]
        self._write_hashes(json.dumps({"salt": before["salt"], "secrets": hashes}))

    def _remember_secrets(self) -> None:
        """Leave on the control plane what each Secret holds, as hashes: a check compares what becomes of them."""
        self._write_hashes(remembered(self._secrets(), secrets.token_hex(8)))

    def _secrets(self) -> list[dict[str, Any]]:
        found = json.loads(self._kubectl.do("get", "secrets", "--all-namespaces", "--output=json").text)
        items: list[dict[str, Any]] = found["items"]
        return items

    def _write_hashes(self, text: str) -> None:
        self._control_plane.write(FILE, text.encode(), mode=0o600)

    def _run(self, script: MachineScript, drawn: Mapping[str, str]) -> None:
        """Run a script on its machine.

        Raises:
            LabError: it failed (`start.step`), with the last of what it wrote.
        """
        strict = ["bash", "-euo", "pipefail", "-s"]
        content = filled(script.content.read_bytes(), drawn)
        done = self._machine(script.machine).run(strict, stdin=content, timeout=SCRIPT)
        if not done.ok:
            said = f"{done.text}\n{done.error}".splitlines()[-LINES:]
            raise LabError("start.step", "\n".join(said), script=script.content.name, machine=script.machine)

    def _machine(self, name: Machine) -> Node:
        if name not in self._machines:
            raise LabError("node.gone", node=name)
        return self._machines[name]

    def _namesakes(self, resource: Resource) -> list[Resource]:
        """What the learner made by that name in a namespace that the task does not name, as happens with `-n`.

        In a cluster that is not the lab's alone it may be somebody else's, and stays.
        """
        if not (resource.namespace and self._is_alone):
            return []
        where = ["--all-namespaces", f"--field-selector=metadata.name={resource.name}"]
        found = json.loads(self._kubectl.do("get", resource.kind, *where, "--output=json").text)["items"]
        places = [item["metadata"]["namespace"] for item in found]
        elsewhere = [place for place in places if place != resource.namespace and place not in self._spared]
        return [replace(resource, namespace=place) for place in elsewhere]

    def _remove(self, resource: Resource) -> None:
        """Delete one object. A Pod is not given its half minute to say goodbye: nobody waits for its answer."""
        place = [f"--namespace={resource.namespace}"] if resource.namespace else []
        force = ["--grace-period=0", "--force", "--wait"] if resource.kind.lower() == "pod" else []
        delete = ["delete", resource.kind, resource.name, *place, "--ignore-not-found", *force]
        bound = f"--timeout={GONE * self._pace:.0f}s"
        if self._kubectl.ask(*delete, bound, timeout=GONE + 10).ok:
            return
        # A finalizer that nothing serves would hold it for ever. If it is gone by now, the patch fails: no harm.
        free = '{"metadata":{"finalizers":null}}'
        self._kubectl.ask("patch", resource.kind, resource.name, *place, "--type=merge", f"--patch={free}")
        self._kubectl.do(*delete, bound, timeout=GONE + 10)

    def _remove_new(self, kinds: Sequence[str]) -> None:
        """Delete all objects of these kinds that the lab did not have at first, but not what other exercises touch.

        Raises:
            LabError: nobody knows what it had (`start.not_inventoried`).
        """
        before = inventory.load(self._lab)
        if before is None or before.of_cluster is None:
            raise LabError("start.not_inventoried", kinds=", ".join(kinds), lab=self._lab)
        names = self._kubectl.do("get", ",".join(kinds), "--output=name").text.split()
        known = {*before.of_cluster, *(f"namespace/{name}" for name in self._spared)}
        new = [name for name in names if name not in known]
        namespaces = [name.removeprefix("namespace/") for name in new if name.startswith("namespace/")]
        if others := [name for name in new if not name.startswith("namespace/")]:
            self._kubectl.do("delete", *others, "--ignore-not-found", self._until_gone, timeout=NAMESPACE_GONE + 10)
        self._remove_namespaces(namespaces)

    def _remove_namespaces(self, names: Sequence[str]) -> None:
        """Delete namespaces with all that is in them.

        The namespace controller begins five seconds later. Pods without a grace period that it still finds then are
        an error to it, and it waits five seconds more, then ten. With one second of grace they are gone by then.
        """
        if not names:
            return
        deleted = self._kubectl.do("delete", "namespace", *names, "--ignore-not-found", "--wait=false", "--output=name")
        going = deleted.text.split()
        for name in going:
            place = f"--namespace={name.removeprefix('namespace/')}"
            self._kubectl.ask("delete", "pods", "--all", place, "--grace-period=1", "--wait=false")
        if going:
            # Its own time is the bound; the command may take a little longer to end.
            self._kubectl.do("wait", "--for=delete", *going, self._until_gone, timeout=NAMESPACE_GONE + 10)

    @property
    def _until_gone(self) -> str:
        """How long kubectl waits for what it deletes."""
        return f"--timeout={NAMESPACE_GONE * self._pace:.0f}s"

    def _await_accounts(self, scenario: Scenario) -> None:
        """Pods are refused until their namespace has its default account, which a controller makes a little later."""
        places = {*scenario.namespaces, *(resource.namespace for resource in scenario.remove if resource.namespace)}
        for place in sorted(places):
            self._await(partial(self._has_account, place), f"ServiceAccount {place}/default")

    def _is_applied(self, content: bytes) -> bool:
        return self._kubectl.ask("apply", "-f", "-", stdin=content).ok

    def _has_account(self, namespace: str) -> bool:
        return self._kubectl.ask("get", "serviceaccount", "default", f"--namespace={namespace}").ok

    def _is_settled(self, namespace: str) -> bool:
        """No Pod there is still on its way to run; one that failed has arrived as well."""
        pods = json.loads(self._kubectl.do("get", "pods", f"--namespace={namespace}", "--output=json").text)
        return not any(is_beginning(pod) for pod in pods["items"])

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        until(condition, seconds=SETTLED, what=what, clock=self._clock)


def is_beginning(pod: Mapping[str, Any]) -> bool:
    """Whether a Pod is still on its way to run; one that cannot be scheduled or started has arrived as well."""
    status = pod.get("status", {})
    if status.get("phase") != "Pending":
        return False
    conditions = {condition["type"]: condition["status"] for condition in status.get("conditions", ())}
    if conditions.get("PodScheduled") == "False":
        return False
    if _waits(status, "initContainerStatuses") - _BEGINNING:
        return False
    return not status.get("containerStatuses") or bool(_waits(status, "containerStatuses") & _BEGINNING)


def _waits(status: Mapping[str, Any], field: str) -> set[str]:
    """Why containers wait."""
    states = [container.get("state", {}).get("waiting", {}) for container in status.get(field) or ()]
    return {str(state["reason"]) for state in states if state.get("reason")}
