"""What a hypervisor itself has: copies of boxes that Vagrant no longer knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cluster.vagrant import virtual
from tests.unit.support.virtual_machines import VirtualMachines

COPY = "ckslab-one_vagrant_box_image_0_1795602716_box.img"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> VirtualMachines:
    return VirtualMachines(tmp_path).install(monkeypatch)


def test_a_copy_of_a_box_is_removed_and_nothing_else(host: VirtualMachines) -> None:
    others = ["ckslab-one-of-mine.img", "ckslab-two_vagrant_box_image_0_1_box.img", "mine.img"]
    host.change(volumes=[COPY, *others])
    virtual.forget_box("ckslab-one")
    assert host.world["volumes"] == others


def test_a_copy_that_a_disk_is_made_over_stays(host: VirtualMachines) -> None:
    """Another user of this host may have made it."""
    host.change(volumes=[COPY, "theirs.img"], beneath={"theirs.img": COPY})
    virtual.forget_box("ckslab-one")
    assert host.world["volumes"] == [COPY, "theirs.img"]


def test_without_a_hypervisor_nothing_happens(host: VirtualMachines) -> None:
    (host.folder / "bin" / "virsh").unlink()
    virtual.forget_box("ckslab-one")
