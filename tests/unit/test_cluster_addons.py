"""Add-ons of a lab: built when they are wanted, loaded onto its machines, and what a user hears of that."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import i18n, paths
from lab.cluster.engine import Capability, Completed
from lab.cluster.host import processes
from lab.cluster.image import addon, addons
from lab.errors import LabError
from lab.progress import Progress, ignore
from tests.unit.support.engines import HandMadeEngine, HandMadeNode, done

IMAGE = "docker.io/openpolicyagent/gatekeeper:v3.23.1"
CUT_OFF = {Capability.INTERNET: "no registry answers"}
MANIFEST = """
kind: Deployment
metadata: {name: manager, namespace: gatekeeper-system}
spec: {template: {spec: {containers: [{name: manager, livenessProbe: {httpGet: {path: /healthz}}}]}}}
"""


class Machine(HandMadeNode):
    """A node whose files can be read, and whose containerd has what was imported."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[str] = []

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        super().run(argv, stdin=stdin, timeout=timeout)
        if "import" in argv:
            self.images.append(IMAGE)
        return done(argv, stdout="\n".join(self.images))

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    @property
    def imports(self) -> list[bytes]:
        return [stdin for line, stdin in zip(self.ran, self.stdins, strict=True) if "import" in line]


def lab(**more: Any) -> tuple[HandMadeEngine, Machine]:
    node = Machine()
    return HandMadeEngine(node=node, **{"lacking": CUT_OFF, **more}), node


def built(key: str = "1") -> Path:
    folder = paths.cache() / "addons/gatekeeper"
    for name in ("manifests", "tools"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "manifests/gatekeeper.yaml").write_text(MANIFEST)
    (folder / "images.tar").write_bytes(b"archive")
    (folder / "key").write_text(key)
    return folder


class Builder:
    """Stands in for the program that builds: tells these events, and ends with this code."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[dict[str, Any]] = []
        self.code = 0
        self.ran: list[list[str]] = []
        monkeypatch.setattr(processes, "watch", self.watch)
        monkeypatch.setattr(processes, "run", self.run)

    def watch(
        self, argv: Sequence[str], *, env: Mapping[str, str], on_line: Callable[[str | None], None], stdin: bytes = b""
    ) -> Completed:
        assert Path(env["PYTHONPATH"], "addons/build.py").exists()
        self.ran.append(list(argv))
        for event in self.events:
            on_line(json.dumps(event))
        return done(argv, self.code)

    def run(self, argv: Sequence[str], *, env: Mapping[str, str], timeout: float) -> Completed:
        self.ran.append(list(argv))
        return done(argv)


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Builder:
    return Builder(monkeypatch)


# Building


def test_who_waits_for_a_build_hears_what_for_and_how_long_it_takes(builder: Builder) -> None:
    builder.events = [
        {"event": "plan", "steps": [{"name": "addon-gatekeeper", "seconds": 300}]},
        {"event": "begin", "step": "addon-gatekeeper"},
        {"event": "line", "text": "another build is using this cache; waiting for it"},
    ]
    heard: list[Progress] = []
    addons.build(lab()[0], ["gatekeeper"], heard.append)
    assert heard[0].step == "Building Gatekeeper, about 5 minutes the first time"
    assert heard[0].left == pytest.approx(300, abs=5)
    assert "waiting for it" in heard[-1].detail


def test_what_is_built_is_asked_for_and_nothing_is_told(builder: Builder) -> None:
    heard: list[Progress] = []
    addons.build(lab()[0], ["gatekeeper"], heard.append)
    assert heard == []
    assert builder.ran[0][1:4] == ["-m", "addons.build", "--cache"]
    assert "--without-images" not in builder.ran[0]


def test_a_lab_that_reaches_a_registry_pulls_the_images(builder: Builder) -> None:
    addons.build(lab(lacking={})[0], ["gatekeeper"], ignore)
    assert "--without-images" in builder.ran[0]


def test_a_build_that_fails_says_what_was_tried_what_came_back_and_what_to_do(builder: Builder) -> None:
    builder.code = 1
    builder.events = [
        {"event": "plan", "steps": [{"name": "addon-gatekeeper", "seconds": 300}]},
        {"event": "failed", "step": "addon-gatekeeper", "problem": "registry", "output": "dial tcp: no route"},
    ]
    with pytest.raises(LabError) as caught:
        addons.build(lab()[0], ["gatekeeper"], ignore)
    assert caught.value.key == "image.registry"
    assert "Building Gatekeeper" in caught.value.tried
    assert caught.value.came_back == "dial tcp: no route"
    assert caught.value.next_step


def test_nothing_is_built_for_an_exercise_without_add_ons(builder: Builder) -> None:
    addons.build(lab()[0], [], ignore)
    assert builder.ran == []


def test_those_that_take_minutes_are_built_in_the_background(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addon, "names", lambda: ["gatekeeper", "mesh"])
    gatekeeper = addon.find("gatekeeper")
    mesh = replace(gatekeeper, id="mesh", seconds=3600)
    monkeypatch.setattr(addon, "find", {"gatekeeper": gatekeeper, "mesh": mesh}.__getitem__)
    addons.build_later(lab()[0])
    (argv,) = builder.ran
    assert ("gatekeeper" in argv, "mesh" in argv) == (True, False)
    assert argv[-2:] == ["--background", str(addons.log())]


def test_whether_a_build_is_under_way_in_the_background_is_known() -> None:
    assert not addons.is_building()
    with (paths.cache() / "addons.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert addons.is_building()
    assert not addons.is_building()


# Loading


def test_its_images_are_imported_and_its_manifests_laid_on_base() -> None:
    built()
    engine, node = lab()
    addons.load(engine, ["gatekeeper"])
    assert node.imports == [b"archive"]
    assert engine.workstation.files == {"/opt/lab/manifests/gatekeeper.yaml": MANIFEST.encode()}


def test_images_that_are_there_are_not_imported_again() -> None:
    built()
    engine, node = lab()
    addons.load(engine, ["gatekeeper"])
    addons.load(engine, ["gatekeeper"])
    assert len(node.imports) == 1


def test_images_that_the_learner_removed_come_back() -> None:
    built()
    engine, node = lab()
    addons.load(engine, ["gatekeeper"])
    node.images.clear()
    addons.load(engine, ["gatekeeper"])
    assert len(node.imports) == 2


def test_images_that_were_built_anew_take_the_place_of_the_old_ones() -> None:
    built("1")
    engine, node = lab()
    addons.load(engine, ["gatekeeper"])
    built("2")
    addons.load(engine, ["gatekeeper"])
    assert len(node.imports) == 2


def test_a_lab_that_pulls_gets_the_manifests_alone() -> None:
    built()
    engine, node = lab(lacking={})
    addons.load(engine, ["gatekeeper"])
    assert node.ran == []
    assert engine.workstation.files


def test_a_tool_is_put_where_the_learner_finds_it() -> None:
    (built() / "tools/istioctl").write_bytes(b"program")
    engine, _ = lab()
    addons.load(engine, ["gatekeeper"])
    assert engine.workstation.files["/usr/local/bin/istioctl"] == b"program"


def test_on_slow_machines_what_the_learner_installs_may_be_slow() -> None:
    built()
    engine, _ = lab(pace=6)
    addons.load(engine, ["gatekeeper"])
    (laid,) = yaml.safe_load_all(engine.workstation.files["/opt/lab/manifests/gatekeeper.yaml"])
    assert laid["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]["timeoutSeconds"] > 1


def test_an_image_that_a_node_does_not_take_is_an_error_that_names_the_node() -> None:
    built()
    engine, node = lab()
    node.run = lambda argv, **_: done(argv, code=1, stderr="no space left on device")  # type: ignore[method-assign]
    with pytest.raises(LabError) as caught:
        addons.load(engine, ["gatekeeper"])
    assert "no space left" in caught.value.came_back


def test_an_add_on_is_installed_when_its_deployments_are_available() -> None:
    built()
    engine, node = lab()
    addons.install(engine, ["gatekeeper"])
    applied, waited = (line.partition("admin.conf ")[2] for line in node.ran)
    assert (applied, node.stdins[0]) == ("apply --server-side --filename=-", MANIFEST.encode())
    assert waited == "wait --for=condition=Available deployment --all --namespace=gatekeeper-system --timeout=180s"


def test_an_add_on_that_does_not_come_up_is_an_error() -> None:
    built()
    engine, node = lab()
    node.run = lambda argv, **_: done(argv, code=1, stderr="timed out")  # type: ignore[method-assign]
    with pytest.raises(LabError):
        addons.install(engine, ["gatekeeper"])


def test_every_add_on_is_named_in_both_languages() -> None:
    for language in i18n.LANGUAGES:
        assert "{addon}" in yaml.safe_load(paths.locale(language).read_text())["addon"]["step"]["build"]
