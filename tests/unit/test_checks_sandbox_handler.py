"""Which handlers containerd has on a node, and which it would have after its next start."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from checkers.api import Finding, Ran, Verdict
from checkers.sandbox_handler import handler, leads_to_gvisor, usual
from tests.unit.support.observations import HandMade, Object, node

WORKER, CONTROL_PLANE = "kube-worker-1", "kube-control-plane"
GVISOR, RUNC = "io.containerd.runsc.v1", "io.containerd.runc.v2"
USUAL = {"runc": RUNC}
BOTH = {"runc": RUNC, "runsc": GVISOR}


@dataclass
class Nodes(HandMade):
    """Two nodes.

    Attributes:
        now: node -> the handlers of the containerd that runs there; None: it does not run.
        following: handlers by the configuration of the worker; None: it cannot be read.
        usual: the handler of Pods that name none, now and by the configuration.
        written: files that name gVisor's runtime.
        settings: the file that the options of each handler name, now and by the configuration.
    """

    now: dict[str, Mapping[str, str] | None] = field(default_factory=lambda: {WORKER: BOTH, CONTROL_PLANE: USUAL})
    following: Mapping[str, str] | None = field(default_factory=lambda: BOTH)
    usual: tuple[str, str] = ("runc", "runc")
    written: Sequence[str] = ()
    plugin: str = "io.containerd.cri.v1.runtime"
    settings: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        self.objects = [*self.objects, node(WORKER), node(CONTROL_PLANE)]

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        if argv == ["crictl", "info"]:
            known = self.now[node]
            options = {"options": {"ConfigPath": self.settings[0]}} if self.settings[0] else {}
            runtimes = {name: {"runtimeType": kind, **options} for name, kind in (known or {}).items()}
            info = {"config": {"containerd": {"defaultRuntimeName": self.usual[0], "runtimes": runtimes}}}
            return Ran(1, "", "connection refused") if known is None else Ran(0, json.dumps(info), "")
        if "config dump" in argv[-1]:
            return Ran(1, "", "toml: expected") if self.following is None else Ran(0, self._dumped(self.following), "")
        return Ran(0, "\n".join(self.written), "")

    def _dumped(self, following: Mapping[str, str]) -> str:
        begin = f"plugins.'{self.plugin}'.containerd"
        lines = ["version = 3", "[plugins.'io.containerd.gc.v1.scheduler']", "[grpc]", f"[{begin}]"]
        lines.append(f"default_runtime_name = '{self.usual[1]}'")
        for name, kind in following.items():
            lines += [f"[{begin}.runtimes.{name}]", f"runtime_type = '{kind}'"]
            lines += [f"[{begin}.runtimes.{name}.options]", f"ConfigPath = '{self.settings[1]}'"]
        return "\n".join(lines)


def of(worker: Mapping[str, str] | None, following: Mapping[str, str] | None = USUAL, **more: Sequence[str]) -> Finding:
    now = {WORKER: worker, CONTROL_PLANE: USUAL}
    return handler(Nodes(now=now, following=following, **more), node=WORKER)


@pytest.mark.parametrize("name", ["runsc", "tenants"])
@pytest.mark.parametrize("plugin", ["io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri"])
def test_a_handler_that_is_there_and_will_be_passes(name: str, plugin: str) -> None:
    known = {**USUAL, name: GVISOR}
    lab = Nodes(now={WORKER: known, CONTROL_PLANE: USUAL}, following=known, plugin=plugin)
    assert handler(lab, node=WORKER).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (of(USUAL), "not-written"),
        (of(USUAL, written=["/etc/containerd/config.toml"]), "section-ignored"),
        (of(USUAL, BOTH), "not-restarted"),
        (of(None, BOTH), "not-running"),
        (of(None, USUAL), "not-running"),
        (of(BOTH, USUAL), "not-lasting"),
        (of(BOTH, None), "config-broken"),
        (handler(Nodes(now={WORKER: USUAL, CONTROL_PLANE: BOTH}, following=USUAL), node=WORKER), "other-node"),
    ],
)
def test_why_there_is_no_handler_of_gvisors(found: Finding, cause: str) -> None:
    assert found.verdict is Verdict.FAIL
    assert found.causes == {cause}


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        (("/a", "/a"), ""),
        (("", ""), "other-settings"),
        (("/b", "/b"), "other-settings"),
        (("", "/a"), "not-restarted"),
        (("/a", ""), "not-lasting"),
    ],
)
def test_where_settings_are_named_the_handler_goes_by_them(settings: tuple[str, str], cause: str) -> None:
    lab = Nodes(now={WORKER: BOTH, CONTROL_PLANE: USUAL}, settings=settings)
    finding = handler(lab, node=WORKER, settings="/a")
    assert finding.causes == ({cause} if cause else set())
    assert finding.verdict is (Verdict.FAIL if cause else Verdict.PASS)


@pytest.mark.parametrize(
    ("names", "causes"),
    [
        (("runc", "runc"), None),
        (("runsc", "runsc"), {"usual-is-gvisor"}),
        (("runc", "runsc"), {"usual-is-gvisor"}),
        (("runc", "gone"), {"usual-is-another"}),
    ],
)
def test_what_runs_a_pod_without_a_class(names: tuple[str, str], causes: set[str] | None) -> None:
    found = usual(Nodes(usual=names), node=WORKER)
    assert (found.verdict, set(found.causes)) == (Verdict.FAIL if causes else Verdict.PASS, causes or set())


def test_a_containerd_that_would_not_start_runs_nothing_and_says_why() -> None:
    for finding in (usual(Nodes(following=None), node=WORKER), of(BOTH, None)):
        assert finding.verdict is Verdict.FAIL
        assert finding.found.en.endswith("cannot read its configuration: toml: expected")


@pytest.mark.parametrize(
    ("named", "cause"), [("runsc", ""), ("gvisor", "handler-unknown"), ("runc", "handler-of-another")]
)
def test_where_a_class_leads_to(named: str, cause: str) -> None:
    gvisor: Object = {"kind": "RuntimeClass", "metadata": {"name": "gvisor"}, "handler": named}
    found = leads_to_gvisor(Nodes([gvisor]), name="gvisor", node=WORKER)
    assert found.verdict is (Verdict.FAIL if cause else Verdict.PASS)
    assert found.causes == ({cause} if cause else set())


def test_where_no_containerd_answers_its_handler_is_not_called_unknown() -> None:
    gvisor: Object = {"kind": "RuntimeClass", "metadata": {"name": "gvisor"}, "handler": "runsc"}
    found = leads_to_gvisor(Nodes([gvisor], now={WORKER: None}), name="gvisor", node=WORKER)
    assert (found.verdict, found.causes) == (Verdict.FAIL, set())


def test_a_class_that_is_not_there_leads_nowhere() -> None:
    assert leads_to_gvisor(Nodes(), name="gvisor", node=WORKER).causes == {"class-absent"}
