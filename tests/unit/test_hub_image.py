"""The image of a hub: what it is made of, and when it is made."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub import build
from hub.build import Build
from lab import paths
from lab.cluster.host import packages
from lab.cluster.host.containers import Containers
from lab.cluster.image import addons, hub_image, node_image
from lab.errors import LabError
from lab.progress import ignore
from node import events
from node.commands import CommandFailed, Commands
from node.debian import Debian
from tests.unit.support.engines import done
from tests.unit.support.runtime import HandMadeContainers

NAME = "localhost/ckslab-hub:1"
REQUIRED = ("aiohttp", "kubernetes", "textual")


@dataclass
class Workshop:
    """A small lab to make an image of, and what was run to make it."""

    root: Path
    ran: list[list[str]]

    @property
    def context(self) -> Path:
        """What the runtime was given to build from, as it was then."""
        return self.root / "context"

    def build(self, *addon_names: str) -> Build:
        return Build("podman", "node:1", self.root / "lab", list(addon_names), self.root / "cache")

    def run(self, *addon_names: str) -> bool:
        return events.run(list(self.build(*addon_names).steps()))


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    made = Workshop(tmp_path, [])
    code = ("lab/cli.py", "lab/__pycache__/cli.pyc", "checkers/api.py", "node/recipe.py", "hub/Containerfile")
    data = ("exercises/EX/exercise.yaml", "exercises/EX/recordings/solution.jsonl", "addons/a/addon.yaml")
    for name in (*code, *data):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "cache").mkdir()

    def run(_: Commands, argv: list[str], **__: Any) -> str:
        made.ran.append(argv)
        if "build" in argv:
            shutil.copytree(argv[-1], made.context, dirs_exist_ok=True)
        for option in argv:
            if option.startswith("--target="):
                Path(option.removeprefix("--target="), "aiohttp").mkdir(parents=True)
        return ""

    monkeypatch.setattr(Commands, "run", run)
    monkeypatch.setattr(Debian, "system", lambda _, names, target: target.write_text(" ".join(names)))
    monkeypatch.setattr(build, "HERE", tmp_path / "hub")
    return made


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_image_has_the_lab_as_an_installed_one_has_it(workshop: Workshop) -> None:
    assert workshop.run()
    assert files(workshop.context / "ckslab") == {
        "lab/cli.py",
        "checkers/api.py",
        "lab/_data/exercises/EX/exercise.yaml",
        "lab/_data/addons/a/addon.yaml",
        "lab/_data/node/recipe.py",
    }
    assert {"python3", "tini"} <= set((workshop.context / "system.tar").read_text().split())


def test_it_is_built_without_a_network_from_the_node_image(workshop: Workshop) -> None:
    workshop.run()
    (argv,) = [argv for argv in workshop.ran if argv[0] == "podman"]
    assert {"build", "--network=none", "--build-arg=NODE=node:1", f"--tag={workshop.build().image}"} <= set(argv)


def test_packages_are_of_the_versions_that_are_here_for_the_python_that_is_there(workshop: Workshop) -> None:
    workshop.run()
    (argv,) = [argv for argv in workshop.ran if "--only-binary=:all:" in argv]
    release = yaml.safe_load((paths.data("node") / "versions.yaml").read_text())["debian"]
    assert f"--python-version={build.PYTHON[release]}" in argv
    assert all(any(each.startswith(name) for each in argv) for name in REQUIRED)
    (constraints,) = [each.partition("=")[2] for each in argv if each.startswith("--constraint=")]
    assert Path(constraints).name == "constraints.txt"


def test_what_was_made_for_it_is_not_made_again(workshop: Workshop) -> None:
    workshop.run()
    assert [step.name for step in workshop.build().steps()] == ["hub-image"]


def test_add_ons_are_where_their_builder_looks_for_them(workshop: Workshop) -> None:
    cache = workshop.root / "cache"
    part = cache / "artifacts" / "addon-a-images-0123456789abcdef"
    part.mkdir(parents=True)
    (part / "images.tar").write_text("images")
    (cache / "addons" / "a").mkdir(parents=True)
    (cache / "addons" / "a" / "images.tar").symlink_to(part / "images.tar")
    (cache / "addons" / "a" / "key").write_text(part.name)
    assert workshop.run("a")
    assert files(workshop.context / "cache") == {f"artifacts/{part.name}/images.tar"}


def test_its_name_is_another_for_another_lab_node_or_add_on(workshop: Workshop) -> None:
    names = [workshop.build().image, workshop.build("a").image]
    (workshop.root / "lab" / "cli.py").write_text("changed")
    names.append(workshop.build().image)
    names.append(Build("podman", "node:2", workshop.root / "lab", [], workshop.root / "cache").image)
    assert len(set(names)) == len(names)


def test_what_fails_is_told_as_an_event(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Commands, argv: list[str], **__: Any) -> str:
        raise CommandFailed(argv, 1, "No space left on device")

    monkeypatch.setattr(Commands, "run", fail)
    assert not workshop.run()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (told[-1]["event"], told[-1]["step"], told[-1]["problem"]) == ("failed", "hub-packages", "disk-full")


def test_without_pip_uv_takes_the_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build.importlib.util, "find_spec", lambda _: None)
    program, *words = build._installer()
    assert (Path(program).name, words[:2]) == ("uv", ["pip", "install"])


def test_its_name_is_told_by_the_builder_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    argv = [sys.executable, "-m", "hub.build", "--node", "node:1", "--lab", str(Path(hub_image.lab.__file__).parent)]
    told = subprocess.run(
        [*argv, "--cache", str(paths.cache()), "--tell"],
        capture_output=True,
        text=True,
        check=True,
        cwd=paths.data("hub").parent,
    )
    monkeypatch.setattr(node_image, "current", lambda: "node:1")
    assert hub_image.current(()) == told.stdout.strip()
    assert hub_image.current(()).startswith(f"{build.REPOSITORY}:")


# Having it


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> HandMadeContainers:
    made = HandMadeContainers()
    made.install(monkeypatch)
    made.answers["--tell"] = done(stdout=f"{NAME}\n")
    made.answers["podman images"] = done(stdout=f"{NAME}\nlocalhost/ckslab-hub:0\n")
    monkeypatch.setattr(packages, "for_building", lambda *_, **__: None)
    monkeypatch.setattr(node_image, "ensure", lambda *_: made.ran.append("the node image"))
    monkeypatch.setattr(addons, "build", lambda engine, names, _: made.ran.append(f"add-ons {sorted(names)} {engine}"))
    return made


def test_an_image_that_is_there_is_not_built(machine: HandMadeContainers) -> None:
    machine.images.add(NAME)
    assert hub_image.ensure(Containers("podman"), ["gatekeeper"], ignore) == NAME
    assert machine.did("add-ons", "the node image") == []


def test_what_it_is_made_of_is_there_before_it_is_built_and_the_one_before_it_goes(machine: HandMadeContainers) -> None:
    hub_image.ensure(Containers("podman"), ["gatekeeper"], ignore)
    built = [line for line in machine.ran if "hub.build" in line and "--tell" not in line]
    assert len(built) == 1
    assert "--addon gatekeeper" in built[0]
    assert "--runtime podman" in built[0]
    steps = ("the node image", "add-ons ['gatekeeper'] None", built[0], "podman rmi localhost/ckslab-hub:0")
    assert [line for line in machine.ran if line in steps] == list(steps)


def test_a_builder_that_does_not_work_is_told(machine: HandMadeContainers) -> None:
    machine.answers["--tell"] = done(code=1, stderr="No module named yaml")
    with pytest.raises(LabError) as caught:
        hub_image.current(())
    assert "No module named yaml" in caught.value.came_back
