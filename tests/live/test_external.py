"""A cluster of one's own: the nodes of the lab, reached as anybody's are, by a kubeconfig and by ssh."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.catalog.load import load
from lab.catalog.model import SOLUTION
from lab.cluster.engine import Engine
from lab.cluster.machines.base import HOME
from tests.live.support import Cli

EXERCISE = "busybox-security-context"


@pytest.fixture
def ways(lab: Engine, ckslab: Cli, tmp_path: Path) -> list[str]:
    """How a user says where the cluster is."""
    key, config = tmp_path / "key", tmp_path / "ssh_config"
    key.touch(mode=0o600)
    key.write_bytes(lab.base().read(f"{HOME}/.ssh/id_ed25519"))
    nodes = json.loads(ckslab.kubectl("get", "nodes", "--output", "json"))["items"]
    hosts = [(node["metadata"]["name"], node["status"]["addresses"][0]["address"]) for node in nodes]
    config.write_text(
        "".join(f"Host {name}\n  HostName {address}\n" for name, address in hosts)
        + f"Host *\n  User candidate\n  IdentityFile {key}\n"
        f"  StrictHostKeyChecking accept-new\n  UserKnownHostsFile {tmp_path / 'known_hosts'}\n"
    )
    return ["--engine", "external", "--kubeconfig", str(lab.kubeconfig), "--ssh-config", str(config)]


@pytest.fixture
def own(lab: Engine, ways: list[str]) -> Iterator[Cli]:
    """The command line on that cluster, which is not the lab's alone. The learner works on the control plane."""
    cli, control_plane, config = Cli(f"{lab.lab}-own"), lab.nodes()[0], f"{HOME}/.kube/config"
    refused = cli("up", *ways)
    assert (refused.returncode, "`~/.kube/config`" in refused.stderr) == (3, True)
    control_plane.write(config, lab.base().read(config))
    assert control_plane.run(["chown", "--recursive", "candidate:", f"{HOME}/.kube"]).ok
    try:
        cli.must("up", *ways)
        yield cli
    finally:
        control_plane.run(["rm", "-r", f"{HOME}/.kube"])
        cli.must("down")


def test_it_is_examined_worked_in_graded_and_forgotten(lab: Engine, ckslab: Cli, own: Cli) -> None:
    status = json.loads(own.must("status", "--json"))
    assert (status["engine"], status["state"]) == ("external", "ready")
    assert status["nodes"] == {"kube-control-plane": "Ready", "kube-worker-1": "Ready"}

    own.must("start", EXERCISE)
    exercise = next(one for one in load().exercises if one.id == EXERCISE)
    solution = next(answer for answer in exercise.answers if answer.name == SOLUTION)
    own.base(solution.script_text)
    assert json.loads(own.must("grade", EXERCISE, "--json"))["score"] == exercise.points
    own.must("reset", EXERCISE)
    assert own("grade", EXERCISE).returncode == 1

    own.must("down")
    assert json.loads(own("status", "--json").stdout)["state"] == "absent"
    assert json.loads(ckslab.must("status", "--json"))["state"] == "ready"


def test_what_it_lacks_is_measured_and_exercises_that_need_it_say_so(ckslab: Cli, own: Cli) -> None:
    told = {one["id"]: one["impossible"] for one in json.loads(own.must("list", "--json"))}
    assert told[EXERCISE] == ""
    assert "up --baseline" in told["etcd-encryption"]  # nobody has said that all may be taken back
    refused = own("start", "etcd-encryption")
    assert (refused.returncode, "up --baseline" in refused.stderr) == (2, True)


def test_without_consent_it_is_not_taken_back_though_there_is_a_baseline(ckslab: Cli, own: Cli) -> None:
    own.kubectl("create", "configmap", "of-the-owner")
    refused = own("reset")
    assert refused.returncode == 3
    assert "--baseline" in refused.stderr
    assert "of-the-owner" in own.kubectl("get", "configmaps")
    own.kubectl("delete", "configmap", "of-the-owner")
