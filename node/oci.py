"""Writing images as files: layers are tar archives, an archive holds many images that may share them.

The archive is an OCI image layout and, for runtimes that want it, a docker archive at the same time, so that docker,
podman, nerdctl and containerd all load it.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


class Layer:
    """A file system layer in the making. The same calls give the same bytes: no times, root owns everything."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Layer:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()

    def directory(self, path: str, mode: int = 0o755) -> None:
        """An empty directory."""
        entry = tarfile.TarInfo(path.strip("/"))
        entry.type, entry.mode = tarfile.DIRTYPE, mode
        self._tar.addfile(entry)

    def file(self, path: str, source: Path, mode: int | None = None) -> None:
        """A file of the host, with its own mode unless one is given."""
        entry = tarfile.TarInfo(path.strip("/"))
        status = source.stat()
        entry.size, entry.mode = status.st_size, mode if mode is not None else status.st_mode & 0o777
        with source.open("rb") as content:
            self._tar.addfile(entry, content)

    def text(self, path: str, content: str, mode: int = 0o644) -> None:
        """A file with this content."""
        data = content.encode()
        entry = tarfile.TarInfo(path.strip("/"))
        entry.size, entry.mode = len(data), mode
        self._tar.addfile(entry, io.BytesIO(data))

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        entry = tarfile.TarInfo(path.strip("/"))
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        self._tar.addfile(entry)

    def tree(self, source: Path, *, executable: Sequence[str] = ()) -> None:
        """All files below a directory of the host, at the same place in the image.

        Modes of the host do not matter (a module cache has them all read-only): files that begin with `#!` may be
        executed, and so may those below the directories named by `executable`.
        """
        for path in sorted(item for item in source.rglob("*") if item.is_file()):
            name = path.relative_to(source).as_posix()
            with path.open("rb") as content:
                runs = content.read(2) == b"#!" or name.startswith(tuple(executable))
            self.file(name, path, 0o755 if runs else 0o644)


@dataclass(frozen=True, slots=True)
class Image:
    """An image: its name, its layers from the lowest, and its configuration (`Entrypoint`, `Env`, ...)."""

    name: str
    layers: Sequence[Path]
    config: Mapping[str, Any] = field(default_factory=dict)


def architecture() -> str:
    """This machine's, as images name it."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def write(archive: Path, images: Sequence[Image], architecture: str) -> None:
    """Write images to one archive; a layer that several share is stored once."""
    with tarfile.open(archive, "w") as tar:
        writer = _Writer(tar)
        entries = [writer.image(image, architecture) for image in images]
        writer.add("oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}).encode())
        writer.add(
            "index.json", json.dumps({"schemaVersion": 2, "manifests": [entry["oci"] for entry in entries]}).encode()
        )
        writer.add("manifest.json", json.dumps([entry["docker"] for entry in entries]).encode())


class _Writer:
    """Adds blobs to an archive, each once."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._written: set[str] = set()
        self._layers: dict[Path, tuple[str, int]] = {}

    def image(self, image: Image, architecture: str) -> dict[str, Any]:
        layers = [self._layer(path) for path in image.layers]
        config = {
            "architecture": architecture,
            "os": "linux",
            "config": {"Env": [f"PATH={PATH}"], **image.config},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest, _ in layers]},
            # It may be left out, but then podman cannot build on what was made from the image.
            "history": [{"created_by": "node.build"} for _ in layers],
        }
        config_digest, config_size = self._blob(json.dumps(config).encode())
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _descriptor(_CONFIG, config_digest, config_size),
            "layers": [_descriptor(_LAYER, digest, size) for digest, size in layers],
        }
        digest, size = self._blob(json.dumps(manifest).encode())
        names = {"io.containerd.image.name": image.name, "org.opencontainers.image.ref.name": image.name}
        return {
            "oci": {**_descriptor(_MANIFEST, digest, size), "annotations": names},
            "docker": {
                "Config": _blob_path(config_digest),
                "RepoTags": [image.name],
                "Layers": [_blob_path(layer) for layer, _ in layers],
            },
        }

    def add(self, name: str, data: bytes) -> None:
        if name not in self._written:
            self._written.add(name)
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            self._tar.addfile(entry, io.BytesIO(data))

    def _blob(self, data: bytes) -> tuple[str, int]:
        digest = hashlib.sha256(data).hexdigest()
        self.add(_blob_path(digest), data)
        return digest, len(data)

    def _layer(self, path: Path) -> tuple[str, int]:
        if path not in self._layers:
            with path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            self._layers[path] = digest, path.stat().st_size
            if _blob_path(digest) not in self._written:
                self._written.add(_blob_path(digest))
                self._tar.add(path, _blob_path(digest), recursive=False)
        return self._layers[path]


def _blob_path(digest: str) -> str:
    return f"blobs/sha256/{digest}"


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}
