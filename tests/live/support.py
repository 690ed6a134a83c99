"""The command line as a user runs it, and what a lab has on this machine."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.cluster import record
from lab.cluster.host import containers
from lab.cluster.host.containers import Containers

CLOSED_WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: closed}
webhooks:
  - name: closed.example.com
    rules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"]}]
    clientConfig: {service: {name: nobody, namespace: default}}
    failurePolicy: Fail
    sideEffects: None
    admissionReviewVersions: [v1]
"""
"""A manifest: nobody answers the API server, which refuses whatever it would have asked about."""
PATIENCE = 300
"""Seconds for one command. A start that goes to the baseline takes 25 on a quiet machine, two minutes on a busy one."""
PROGRAM = str(Path(sys.executable).parent / "ckslab")


@dataclass(frozen=True, slots=True)
class Cli:
    """`ckslab --name LAB`, in English."""

    lab: str

    def argv(self, *arguments: str) -> list[str]:
        return [PROGRAM, "--lang", "en", "--name", self.lab, *arguments]

    def __call__(self, *arguments: str, stdin: str = "", timeout: float = PATIENCE) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*arguments), input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )

    def must(self, *arguments: str, stdin: str = "", timeout: float = PATIENCE) -> str:
        """What it prints; it has to succeed."""
        ended = self(*arguments, stdin=stdin, timeout=timeout)
        assert ended.returncode == 0, f"{arguments}: exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def base(self, script: str, *, timeout: float = PATIENCE) -> str:
        """What a script prints that the learner runs on base; it has to succeed."""
        return self.must("shell", "--", "bash", "-euo", "pipefail", "-s", stdin=script, timeout=timeout)

    def kubectl(self, *arguments: str, stdin: str = "", timeout: float = PATIENCE) -> str:
        return self.must("kubectl", "--", *arguments, stdin=stdin, timeout=timeout)


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a lab has on this machine: names, as its container runtime knows them, and a directory."""

    engine: Containers
    containers: tuple[str, ...]
    volumes: tuple[str, ...]
    network: str
    folder: Path


def engine_of(lab: str) -> Containers:
    """The container runtime that a lab runs on."""
    memory = record.load(lab)
    return containers.find(memory.runtime if memory else None)


def image_of(lab: str) -> str:
    """The image that a lab's machines were made from."""
    memory = record.load(lab)
    assert memory is not None
    return memory.made_from


def belongings(lab: str) -> Belongings:
    """Found out by the names alone, and by what the containers themselves have mounted."""
    engine = engine_of(lab)
    names = tuple(f"{lab}-{machine}" for machine in ("control-plane", "worker", "base"))
    mounts = [mount for found in engine.inspect(*names) for mount in found["Mounts"] if mount["Type"] == "volume"]
    return Belongings(engine, names, tuple(mount["Name"] for mount in mounts), f"ckslab-{lab}", paths.lab(lab))


def remains(owned: Belongings) -> list[str]:
    """Which of these things are there."""
    engine = owned.engine
    looked = [
        *(("container", name, engine.call("container", "inspect", name).ok) for name in owned.containers),
        *(("volume", name, engine.call("volume", "inspect", name).ok) for name in owned.volumes),
        ("network", owned.network, engine.call("network", "inspect", owned.network).ok),
        ("folder", str(owned.folder), owned.folder.exists()),
    ]
    return [f"{kind} {name}" for kind, name, there in looked if there]
