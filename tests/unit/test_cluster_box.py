"""The box of virtual machines: which one is taken, and how one that is built comes to Vagrant."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from lab.cluster.host import facts as host
from lab.cluster.image import node_image as image
from lab.cluster.vagrant import box
from lab.cluster.vagrant.box import PLAIN, Box
from lab.errors import LabError
from lab.progress import ignore
from tests.unit.support.engines import done

TOLD = {"name": "ckslab-made", "boot": "/cache/made", "box": "/cache/made/node.box"}
OLDER, OLDEST = "ckslab-0123456789abcdef", "ckslab-fedcba9876543210"


@dataclass
class Workshop:
    """Stands for Vagrant and for the program that makes a box.

    Attributes:
        online: whether a registry answers.
        files: name of each box that Vagrant has -> the file that it came from.
        in_use: boxes that machines are made from.
        forgotten: boxes whose copies libvirt was to remove.
        built: command lines of the program, but for those that only ask.
    """

    online: bool = False
    files: dict[str, str] = field(default_factory=dict)
    in_use: set[str] = field(default_factory=set)
    forgotten: list[str] = field(default_factory=list)
    built: list[list[str]] = field(default_factory=list)

    def boxes(self) -> set[str]:
        return set(self.files)

    def add_box(self, name: str, file: str) -> None:
        self.files[name] = file

    def remove_box(self, name: str) -> None:
        if name in self.in_use:
            raise LabError("vagrant.refused", "in use", command="vagrant box")
        del self.files[name]

    def ensure(self, choice: str, provider: Any = "libvirt") -> Box:
        return box.ensure(self, choice, provider, ignore)  # type: ignore[arg-type]


@pytest.fixture
def workshop(monkeypatch: pytest.MonkeyPatch) -> Workshop:
    workshop = Workshop()
    monkeypatch.setattr(image, "registry_answers", lambda _: workshop.online)
    monkeypatch.setattr(image, "ensure", lambda *_: "localhost/node:1")
    monkeypatch.setattr(box, "follow", lambda argv, progress, env: workshop.built.append(argv))
    monkeypatch.setattr(host, "is_root", lambda: True)
    monkeypatch.setattr(box.virtual, "forget_box", workshop.forgotten.append)
    monkeypatch.setattr(box.containers, "find", lambda: SimpleNamespace(runtime="podman", environment={}))
    monkeypatch.setattr(box.processes, "run", lambda argv, **_: done(argv, stdout=json.dumps(TOLD)))
    return workshop


def test_where_a_registry_answers_machines_are_furnished_by_download(workshop: Workshop) -> None:
    workshop.online = True
    assert workshop.ensure("auto") == Box(PLAIN)
    assert workshop.built == []


def test_where_none_does_the_box_is_built_and_handed_to_vagrant(workshop: Workshop) -> None:
    assert workshop.ensure("auto") == Box("ckslab-made", "/cache/made")
    assert workshop.files == {"ckslab-made": "/cache/made/node.box"}
    assert workshop.built[0][4:6] == ["--image", "localhost/node:1"]


def test_a_box_that_vagrant_has_is_not_built_again(workshop: Workshop) -> None:
    workshop.files["ckslab-made"] = "earlier"
    assert workshop.ensure("build").name == "ckslab-made"
    assert workshop.built == []


def test_an_older_box_goes_when_the_next_one_is_built(workshop: Workshop) -> None:
    workshop.files = {OLDER: "", "mine/box": "", "ckslab-mine": ""}
    workshop.ensure("build")
    assert set(workshop.files) == {"ckslab-made", "mine/box", "ckslab-mine"}
    assert workshop.forgotten == [OLDER]


def test_a_box_that_machines_run_on_stays(workshop: Workshop) -> None:
    workshop.files, workshop.in_use = {OLDER: "", OLDEST: ""}, {OLDER}
    workshop.ensure("build")
    assert set(workshop.files) == {"ckslab-made", OLDER}
    assert workshop.forgotten == [OLDEST]


def test_pull_means_debians_box_even_without_a_registry(workshop: Workshop) -> None:
    assert workshop.ensure("pull") == Box(PLAIN)


def test_a_box_made_elsewhere_is_taken_by_its_name(workshop: Workshop) -> None:
    assert workshop.ensure("mine/box", "virtualbox") == Box("mine/box")


def test_virtualbox_takes_no_box_without_a_boot_loader(workshop: Workshop) -> None:
    assert workshop.ensure("auto", "virtualbox") == Box(PLAIN)
    with pytest.raises(LabError) as caught:
        workshop.ensure("build", "virtualbox")
    assert "`--image build`" in caught.value.next_step


def test_who_is_not_root_is_told_before_anything_is_built(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "is_root", lambda: False)
    with pytest.raises(LabError) as caught:
        workshop.ensure("build")
    assert caught.value.key == "vagrant.box-root"
    assert workshop.built == []
