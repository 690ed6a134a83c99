"""Images as files: what docker, podman and containerd find in an archive."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from node import oci


@pytest.fixture
def layers(tmp_path: Path) -> tuple[Path, Path]:
    """One with a program and a link to it, one with a text."""
    source = tmp_path / "program"
    source.write_bytes(b"\x7fELF")
    source.chmod(0o755)
    programs, texts = tmp_path / "programs.layer", tmp_path / "texts.layer"
    with oci.Layer(programs) as layer:
        layer.directory("tmp", 0o1777)
        layer.file("usr/bin/kubectl", source)
        layer.link("usr/bin/k", "kubectl")
    with oci.Layer(texts) as layer:
        layer.text("/etc/motd", "hello\n")
    return programs, texts


@pytest.fixture
def archive(tmp_path: Path, layers: tuple[Path, Path]) -> Path:
    """Two images that share a layer."""
    programs, texts = layers
    target = tmp_path / "images.tar"
    one = oci.Image("registry.k8s.io/one:1", [programs], {"Entrypoint": ["/usr/bin/kubectl"]})
    two = oci.Image("docker.io/library/two:2", [programs, texts], {"User": "65532:65532"})
    oci.write(target, [one, two], "amd64")
    return target


def member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        content = tar.extractfile(name)
        assert content is not None
        return content.read()


def document(archive: Path, name: str) -> Any:
    return json.loads(member(archive, name))


def blob(archive: Path, descriptor: dict[str, Any]) -> bytes:
    """What a descriptor points at; its size and digest must be true."""
    algorithm, _, digest = descriptor["digest"].partition(":")
    content = member(archive, f"blobs/{algorithm}/{digest}")
    assert len(content) == descriptor["size"]
    assert hashlib.sha256(content).hexdigest() == digest
    return content


def test_docker_finds_its_manifest_with_files_that_are_there(archive: Path) -> None:
    manifest = document(archive, "manifest.json")
    assert [entry["RepoTags"] for entry in manifest] == [["registry.k8s.io/one:1"], ["docker.io/library/two:2"]]
    for entry in manifest:
        config = document(archive, entry["Config"])
        assert (config["architecture"], config["os"]) == ("amd64", "linux")
        digests = [f"sha256:{hashlib.sha256(member(archive, layer)).hexdigest()}" for layer in entry["Layers"]]
        assert digests == config["rootfs"]["diff_ids"]


def test_containerd_finds_an_oci_layout_whose_descriptors_are_true(archive: Path) -> None:
    assert document(archive, "oci-layout") == {"imageLayoutVersion": "1.0.0"}
    index = document(archive, "index.json")
    assert [it["annotations"]["io.containerd.image.name"] for it in index["manifests"]] == [
        "registry.k8s.io/one:1",
        "docker.io/library/two:2",
    ]
    for descriptor in index["manifests"]:
        manifest = json.loads(blob(archive, descriptor))
        blob(archive, manifest["config"])
        for layer in manifest["layers"]:
            blob(archive, layer)


def test_each_layer_has_its_line_of_history_so_that_others_can_build_on_the_image(archive: Path) -> None:
    for entry in document(archive, "manifest.json"):
        assert len(document(archive, entry["Config"])["history"]) == len(entry["Layers"])


def test_an_image_has_the_configuration_it_was_given_and_a_path(archive: Path) -> None:
    one, two = (document(archive, entry["Config"])["config"] for entry in document(archive, "manifest.json"))
    assert one == {"Env": [f"PATH={oci.PATH}"], "Entrypoint": ["/usr/bin/kubectl"]}
    assert two["User"] == "65532:65532"


def test_a_layer_that_images_share_is_stored_once(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    assert len(names) == len(set(names))
    one, two = document(archive, "manifest.json")
    assert one["Layers"] == two["Layers"][:1]


def test_two_layers_of_the_same_content_are_one(tmp_path: Path, layers: tuple[Path, Path]) -> None:
    copy = tmp_path / "copy.layer"
    copy.write_bytes(layers[0].read_bytes())
    oci.write(tmp_path / "images.tar", [oci.Image("one:1", [layers[0]]), oci.Image("two:2", [copy])], "amd64")
    one, two = document(tmp_path / "images.tar", "manifest.json")
    assert one["Layers"] == two["Layers"]


def test_a_layer_unpacks_to_what_was_put_in(layers: tuple[Path, Path], tmp_path: Path) -> None:
    for layer in layers:
        with tarfile.open(layer) as tar:
            tar.extractall(tmp_path / "root", filter="tar")
    root = tmp_path / "root"
    assert (root / "usr/bin/k").readlink() == Path("kubectl")
    assert (root / "usr/bin/kubectl").stat().st_mode & 0o777 == 0o755
    assert (root / "etc/motd").read_text() == "hello\n"
    with tarfile.open(layers[0]) as tar:
        assert tar.getmember("tmp").mode == 0o1777


def test_the_same_calls_give_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for time in (1, 2_000_000_000):
        source = tmp_path / "source"
        source.write_text("content")
        os.utime(source, (time, time))
        with oci.Layer(tmp_path / "layer") as layer:
            layer.file("etc/file", source, 0o644)
            layer.text("etc/text", "text")
            layer.directory("run")
        oci.write(tmp_path / "images.tar", [oci.Image("one:1", [tmp_path / "layer"])], "arm64")
        written.append((tmp_path / "layer").read_bytes())
    assert written[0] == written[1]


def test_a_tree_keeps_its_places_and_lets_scripts_run(tmp_path: Path) -> None:
    for name, content in (("etc/config", "a = 1"), ("bin/script", "#!/bin/sh\n"), ("kind/bin/tool", "\x7fELF")):
        file = tmp_path / "files" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(0o444)
    with oci.Layer(tmp_path / "layer") as layer:
        layer.tree(tmp_path / "files", executable=["kind/bin/"])
    with tarfile.open(tmp_path / "layer") as tar:
        modes = {entry.name: entry.mode for entry in tar}
        assert {entry.uid for entry in tar} == {0}
    assert modes == {"bin/script": 0o755, "etc/config": 0o644, "kind/bin/tool": 0o755}
