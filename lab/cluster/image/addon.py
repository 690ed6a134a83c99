"""What add-ons there are. Needs nothing that takes time to import: the catalog asks it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from lab import paths

_FILE = "addon.yaml"
_SHORT = 360
"""Seconds of a first build that nobody minds. What takes longer is not built before somebody wants it."""


@dataclass(frozen=True, slots=True)
class Addon:
    """An add-on, as far as the lab has to know it; `addons/description.py` has all that its file may say.

    Attributes:
        id: what exercises name it by; its folder's name.
        name: what people call it.
        memory: MiB that it takes on a lab where it is installed.
        seconds: of a first build on two cores.
        images: their names.
    """

    id: str
    name: str
    version: str
    memory: int
    seconds: int
    images: tuple[str, ...]

    @property
    def is_long(self) -> bool:
        """Whether its first build takes so long that it is for those alone who ask for it: many never will."""
        return self.seconds > _SHORT

    @property
    def minutes(self) -> int:
        """Of a first build, for people."""
        return max(1, round(self.seconds / 60))


def names(root: Path | None = None) -> list[str]:
    """The ids of all add-ons."""
    return sorted(file.parent.name for file in (root or paths.data("addons")).glob(f"*/{_FILE}"))


def find(name: str, root: Path | None = None) -> Addon:
    """The add-on of this id, which must be one of `names()`."""
    file = (root or paths.data("addons")) / name / _FILE
    content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    version = str(content["version"])
    images = tuple(image.replace("{version}", version) for image in content.get("images", ()))
    return Addon(name, content["name"], version, content["memory"], content["seconds"], images)
