"""What a container may write, by its mounts, observed by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checkers.api import NotSeen, Ran
from checkers.kit.mounts import Mount, around, asked_for, mounts, of_lines
from checkers.kit.pod import Pod
from tests.unit.support.observations import FINISHED, HandMade, Object, container, pod, seeing

LINES = """overlay / overlay ro,relatime,lowerdir=/a 0 0
proc /proc proc rw,nosuid 0 0
/dev/sda1 /data ext4 rw,relatime 0 0
/dev/sda1 /data/kept\\040here ext4 ro,relatime 0 0
"""
FOUND = [Mount("/", False), Mount("/proc", True), Mount("/data", True), Mount("/data/kept here", False)]
HELD = {
    "volumes": [{"name": "data", "emptyDir": {}}, {"name": "key", "secret": {"secretName": "key"}}],
    "securityContext": {},
}


def of(cluster: HandMade, obj: Object) -> tuple[HandMade, Any, Any]:
    found = Pod(obj)
    return cluster, found, found.containers[0]


def test_what_the_kernel_has_mounted() -> None:
    obj = pod()
    assert mounts(*of(seeing(obj, {"main": {"cat /proc/mounts": Ran(0, LINES, "")}}), obj)) == FOUND


def test_a_container_without_cat_is_looked_at_from_its_node() -> None:
    obj = pod()
    inspected = Ran(0, json.dumps({"info": {"pid": 4711}}), "")
    on_node = {"crictl inspect main": inspected, "cat /proc/4711/mounts": Ran(0, LINES, "")}
    assert mounts(*of(seeing(obj, on_nodes={"kube-worker-1": on_node}), obj)) == FOUND


def test_a_container_that_ends_meanwhile_is_not_seen() -> None:
    obj = pod()
    inspected = Ran(0, json.dumps({"info": {"pid": 4711}}), "")
    on_node = {"crictl inspect main": inspected, "cat /proc/4711/mounts": Ran(1, "", "No such file")}
    with pytest.raises(NotSeen):
        mounts(*of(seeing(obj, on_nodes={"kube-worker-1": on_node}), obj))


def test_of_a_container_that_has_ended_the_fields_are_known() -> None:
    volumes = [
        {"name": "data", "mountPath": "/data/"},
        {"name": "data", "mountPath": "/kept", "readOnly": True},
        {"name": "key", "mountPath": "/etc/key"},
    ]
    inner = container(securityContext={"readOnlyRootFilesystem": True}, volumeMounts=volumes)
    obj = pod([inner], states={"main": FINISHED}, **HELD)
    expected = [Mount("/", False), Mount("/data", True), Mount("/kept", False), Mount("/etc/key", False)]
    assert mounts(*of(seeing(obj), obj)) == expected


def test_a_root_file_system_can_be_written_unless_it_is_said_otherwise() -> None:
    found = Pod(pod())
    assert asked_for(found, found.containers[0]) == [Mount("/", True)]


@pytest.mark.parametrize(
    ("path", "mount"),
    [
        ("/etc/x", "/"),
        ("/data", "/data"),
        ("/data/", "/data"),
        ("/data/kept here/x", "/data/kept here"),
        ("/datum", "/"),
    ],
)
def test_the_mount_that_a_path_lies_on(path: str, mount: str) -> None:
    assert around(FOUND, path).path == mount


def test_of_two_mounts_at_one_place_the_later_is_on_top() -> None:
    found = of_lines(["a /data ext4 rw 0 0", "b /data ext4 ro 0 0"])
    assert not around(found, "/data/x").is_writable
