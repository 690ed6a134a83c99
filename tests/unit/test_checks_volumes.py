"""What is mounted where, and whom the files belong to."""

from __future__ import annotations

from typing import Any

import pytest

from checkers.api import Finding, Ran, Verdict
from checkers.volumes import empty_dir, file_group
from tests.unit.support.observations import NAME, HandMade, Object, container, pod, seeing

LS = "-rw-r--r--    1 1000     2000             6 Jan  1 00:00 /data/test/hello.txt"
MOUNT = [{"name": "scratch", "mountPath": "/data/test"}]


def with_volume(*containers: Object, **kind: Any) -> Object:
    volumes = [{"name": "scratch", **(kind or {"emptyDir": {}})}]
    return pod(containers or [container(volumeMounts=MOUNT)], volumes=volumes)


def mounted(lab: HandMade) -> Finding:
    return empty_dir(lab, pod=NAME, path="/data/test")


def owned(lab: HandMade) -> Finding:
    return file_group(lab, pod=NAME, path="/data/test/hello.txt", group=2000)


def listing(line: str = LS, code: int = 0, error: str = "") -> dict[str, dict[str, Ran]]:
    return {"main": {"ls": Ran(code, line, error)}}


def test_an_empty_dir_at_the_path_passes() -> None:
    assert mounted(seeing(with_volume())).verdict is Verdict.PASS


@pytest.mark.parametrize("path", ["/data/test/", "/data//test"])
def test_another_way_to_write_the_path_passes(path: str) -> None:
    obj = with_volume(container(volumeMounts=[{"name": "scratch", "mountPath": path}]))
    assert mounted(seeing(obj)).verdict is Verdict.PASS


def test_any_of_the_containers_may_hold_it() -> None:
    obj = with_volume(container(), container("second", volumeMounts=MOUNT))
    assert mounted(seeing(obj)).verdict is Verdict.PASS


def test_another_path_fails_and_what_is_mounted_is_told() -> None:
    obj = with_volume(container(volumeMounts=[{"name": "scratch", "mountPath": "/data"}]))
    finding = mounted(seeing(obj))
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == "container main: /data (emptyDir)"


def test_another_type_of_volume_fails() -> None:
    assert mounted(seeing(with_volume(hostPath={"path": "/srv"}))).found.en == "container main: /data/test (hostPath)"


def test_no_volume_fails_without_telling_of_the_service_account() -> None:
    token = {"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    assert mounted(seeing(pod([container(volumeMounts=[token])]))).found.en == "container main: no volume mounted"


def test_a_file_of_the_group_passes() -> None:
    assert owned(seeing(with_volume(), listing())).verdict is Verdict.PASS


def test_a_file_of_another_group_fails_and_is_shown() -> None:
    finding = owned(seeing(with_volume(), listing(LS.replace("2000", "3000"))))
    assert finding.verdict is Verdict.FAIL
    assert "3000" in finding.found.en


def test_no_file_fails_in_the_words_of_ls() -> None:
    said = "ls: /data/test/hello.txt: No such file or directory"
    finding = owned(seeing(with_volume(), listing("", 1, said)))
    assert finding.verdict is Verdict.FAIL
    assert said in finding.found.en


def test_a_directory_of_that_name_is_no_file() -> None:
    assert owned(seeing(with_volume(), listing(LS.replace("-rw-", "drwx", 1)))).verdict is Verdict.FAIL


def test_a_file_outside_a_volume_fails_whatever_its_group() -> None:
    assert owned(seeing(pod(), listing())).verdict is Verdict.FAIL


def test_a_container_without_ls_fails_in_the_runtimes_words() -> None:
    assert "executable file not found" in owned(seeing(with_volume())).found.en
