"""Whether the API server would have the file again that it works with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from checkers.api import Finding, LearnerBroke, NotSeen, Ran, Text, Verdict
from checkers.api_server import lasting
from tests.unit.support.observations import HandMade

FLAG = "--audit-policy-file"
FILE = "/etc/kubernetes/audit/policy.yaml"
NOW, STARTED = 10_000.0, 9_000.0


def pod(*args: str, mount: str = "/etc/kubernetes/audit", lies: str = "/etc/kubernetes/audit") -> str:
    container = {
        "name": "kube-apiserver",
        "command": ["kube-apiserver", *args],
        "volumeMounts": [{"name": "audit", "mountPath": mount}],
    }
    volumes = [{"name": "audit", "hostPath": {"path": lies}}]
    return yaml.safe_dump({"kind": "Pod", "spec": {"containers": [container], "volumes": volumes}})


@dataclass
class Node(HandMade):
    """A control plane whose API server was started with a file by its manifest, unless its fields say otherwise.

    Attributes:
        runs: the arguments of what runs.
        files: path on the node -> when its content was changed.
        names: the further files that the one of the flag names.
    """

    manifest: str = field(default_factory=lambda: pod(f"{FLAG}={FILE}"))
    manifest_changed: float = 100
    runs: Sequence[str] = (f"{FLAG}={FILE}",)
    files: dict[str, float] = field(default_factory=lambda: {FILE: 100.0})
    kubelet: str = "ActiveState=active\nUnitFileState=enabled\n"
    names: Sequence[str] = ()

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        line = " ".join(argv)
        if argv[0] == "systemctl":
            return Ran(0, self.kubelet, "")
        if argv[0] == "cat":
            return Ran(0, "staticPodPath: /etc/kubernetes/manifests\n", "")
        if argv[0] == "grep":
            return Ran(1, "", "")
        if "metrics" in line:
            return Ran(0, f"process_start_time_seconds {STARTED:e}\n", "")
        if "cmdline" in line:
            return Ran(0, "\n".join(["kube-apiserver", *self.runs, ""]), "")
        if "readlink" in line:
            return self._read(argv[-1])
        if "bpath" in line:
            return Ran(0, "".join(f"{name}\n" for name in self.names), "")
        return Ran(0, f"{NOW:.0f}\n\036kube-apiserver.yaml\n{self.manifest_changed:.0f}\n{self.manifest}", "")

    def _read(self, path: str) -> Ran:
        if path not in self.files:
            return Ran(1, "\n", f"stat: cannot statx '{path}': No such file or directory")
        content = "kind: Policy\n" + "".join(f"path: {name}\n" for name in self.names)
        return Ran(0, f"\n{self.files[path]:.0f}\nabc  -\n{content}", "")


def of(**shown: Any) -> Finding:
    return lasting(Node(**shown), flag=FLAG)


def test_a_file_that_it_was_started_with_and_would_be_again_passes() -> None:
    assert of().verdict is Verdict.PASS


def test_the_flag_may_be_written_in_two_words() -> None:
    assert of(runs=(FLAG, FILE)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("shown", "causes"),
    [
        ({"manifest": pod(), "runs": ()}, {"flag-missing"}),
        ({"manifest": pod(f"{FLAG}={FILE}", mount="/elsewhere")}, {"not-mounted"}),
        ({"files": {}}, {"file-missing"}),
        (
            {"manifest": pod(f"{FLAG}={FILE}", lies="/run/audit"), "files": {"/run/audit/policy.yaml": 1}},
            {"not-lasting"},
        ),
        ({"files": {FILE: NOW - 10}}, {"changed-afterwards"}),
        ({"runs": ()}, {"not-restarted"}),
        ({"runs": (f"{FLAG}=/etc/other.yaml",)}, {"not-restarted"}),
        ({"kubelet": "ActiveState=active\nUnitFileState=disabled\n"}, {"kubelet-disabled"}),
    ],
)
def test_why_the_next_start_would_be_another(shown: dict[str, Any], causes: set[str]) -> None:
    found = of(**shown)
    assert found.verdict is Verdict.FAIL
    assert found.causes == causes


@pytest.mark.parametrize("named", ["second.yaml", "/etc/kubernetes/audit/second.yaml"])
@pytest.mark.parametrize(
    ("changed", "causes"), [(100, set()), (NOW - 10, {"changed-afterwards"}), (None, {"file-missing"})]
)
def test_a_further_file_that_the_one_of_the_flag_names_counts_as_well(
    named: str, changed: float | None, causes: set[str]
) -> None:
    second = {} if changed is None else {"/etc/kubernetes/audit/second.yaml": float(changed)}
    found = of(names=[named], files={FILE: 100.0, **second})
    assert found.causes == causes
    assert found.verdict is (Verdict.FAIL if causes else Verdict.PASS)


def test_a_manifest_that_was_changed_a_moment_ago_is_not_seen_yet() -> None:
    with pytest.raises(NotSeen):
        of(runs=(), manifest_changed=NOW - 5)


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ('"command failed" err="unknown flag: --audit-policy"', "unknown-flag"),
        ("open /etc/audit.yaml: no such file or directory", "file-missing"),
    ],
)
def test_the_last_line_of_an_api_server_that_does_not_start_is_a_cause(message: str, cause: str) -> None:
    class Down(Node):
        def list(self, *args: Any, **more: Any) -> Any:
            raise LearnerBroke(Text(message, message))

    found = lasting(Down(manifest=pod(f"{FLAG}={FILE}", mount="/elsewhere")), flag=FLAG)
    assert found.verdict is Verdict.FAIL
    assert found.causes == {cause, "not-mounted"}
