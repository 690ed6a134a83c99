"""What is mounted where, and whom the files belong to."""

from __future__ import annotations

from typing import Any

import pytest

from checkers.api import Finding, Ran, Verdict
from checkers.volumes import empty_dir, file_group, fs_group
from tests.unit.support.observations import NAME, HandMade, Object, container, pod, proc_status, seeing

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


def test_another_path_fails_and_what_is_mounted_is_reported() -> None:
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
    message = "ls: /data/test/hello.txt: No such file or directory"
    finding = owned(seeing(with_volume(), listing("", 1, message)))
    assert finding.verdict is Verdict.FAIL
    assert message in finding.found.en


def test_a_directory_of_that_name_is_no_file() -> None:
    assert owned(seeing(with_volume(), listing(LS.replace("-rw-", "drwx", 1)))).verdict is Verdict.FAIL


@pytest.mark.parametrize("above", ["/data", "/data/"])
def test_a_volume_that_is_mounted_above_holds_the_file_and_is_no_mount_at_the_path(above: str) -> None:
    obj = with_volume(container(volumeMounts=[{"name": "scratch", "mountPath": above}]))
    assert owned(seeing(obj, listing())).verdict is Verdict.PASS
    found = mounted(seeing(obj))
    assert found.verdict is Verdict.FAIL
    assert found.why.en == "A volume is mounted above: /data/test is a directory in it, and no mount point."


def test_a_file_lies_in_the_innermost_volume_around_it() -> None:
    mounts = [{"name": "scratch", "mountPath": "/data"}, {"name": "other", "mountPath": "/data/test"}]
    obj = with_volume(container(volumeMounts=mounts))
    obj["spec"]["volumes"].append({"name": "other", "configMap": {"name": "settings"}})
    assert owned(seeing(obj, listing())).verdict is Verdict.FAIL


def test_a_file_outside_a_volume_fails_whatever_its_group() -> None:
    assert owned(seeing(pod(), listing())).verdict is Verdict.FAIL


def test_a_container_without_ls_fails_in_the_runtimes_words() -> None:
    assert "executable file not found" in owned(seeing(with_volume())).found.en


# In that very container

TASKS = ("sh", "-c", "sleep 1h")


def in_the_tasks_container(lab: HandMade) -> tuple[Verdict, Verdict]:
    """Of the mount and of the file."""
    asked = {"image": "busybox:1.28", "command": TASKS}
    return (
        empty_dir(lab, pod=NAME, path="/data/test", **asked).verdict,
        file_group(lab, pod=NAME, path="/data/test/hello.txt", group=2000, **asked).verdict,
    )


def helper(**spec: Any) -> Object:
    return container("helper", command=["sleep", "1h"], **spec)


def test_a_mount_in_another_container_than_the_tasks_is_not_that_one() -> None:
    lab = seeing(with_volume(helper(volumeMounts=MOUNT), container()), {"helper": listing()["main"], **listing()})
    assert in_the_tasks_container(lab) == (Verdict.FAIL, Verdict.FAIL)
    found = empty_dir(lab, pod=NAME, path="/data/test", image="busybox:1.28", command=TASKS).found.en
    assert found == "container helper: /data/test (emptyDir); container main: no volume mounted"


def test_a_mount_in_both_passes_and_so_does_one_of_two_that_are_alike() -> None:
    both = with_volume(helper(volumeMounts=MOUNT), container(volumeMounts=MOUNT))
    assert in_the_tasks_container(seeing(both, listing())) == (Verdict.PASS, Verdict.PASS)
    alike = with_volume(container("twin"), container(volumeMounts=MOUNT))
    assert in_the_tasks_container(seeing(alike, listing())) == (Verdict.PASS, Verdict.PASS)


def test_a_wrong_command_costs_the_mount_nothing() -> None:
    lab = seeing(with_volume(helper(volumeMounts=MOUNT)), {"helper": listing()["main"]})
    assert in_the_tasks_container(lab) == (Verdict.PASS, Verdict.PASS)


# The file system group


def grouped(owner: int = 2000, groups: str = "2000", **context: Any) -> Finding:
    """Of a Pod with this security context; `owner`: the group that the volume's root belongs to."""
    obj = with_volume()
    obj["spec"]["securityContext"] = context
    root = f"drwxrwsrwx    2 0        {owner}            40 Jan  1 00:00 /data/test"
    runs = {"main": {"ls": Ran(0, root, ""), "cat": proc_status(groups=groups)}}
    return fs_group(seeing(obj, runs), pod=NAME, group=2000)


def test_the_pods_fs_group_passes() -> None:
    finding = grouped(fsGroup=2000)
    assert finding.verdict is Verdict.PASS
    assert finding.found.en == "Pod web: fsGroup: 2000; container main: groups 2000; /data/test belongs to group 2000"


@pytest.mark.parametrize(
    ("owner", "groups", "context"),
    [
        (0, "2000", {"supplementalGroups": [2000]}),
        (0, "", {"runAsGroup": 2000}),
        (3000, "3000", {"fsGroup": 3000}),
        (2000, "2000", {"supplementalGroups": [2000]}),  # an init container as root has changed the owner
        (0, "2000", {"fsGroup": 2000}),  # and has changed it back
        (2000, "", {"fsGroup": 2000}),
    ],
)
def test_to_be_a_member_of_the_group_or_to_own_the_volume_is_not_enough(
    owner: int, groups: str, context: dict[str, Any]
) -> None:
    assert grouped(owner, groups, **context).verdict is Verdict.FAIL


def test_what_is_wrong_with_the_group_is_reported_by_field_member_and_owner() -> None:
    found = grouped(0, "2000", supplementalGroups=[2000]).found
    assert found.en == "Pod web: fsGroup: null; container main: groups 2000; /data/test belongs to group 0"
    assert found.zh == "Pod web: fsGroup: null；容器 main：附加组 2000；/data/test 属于组 0"


def test_a_pod_without_a_volume_has_a_file_system_group_all_the_same() -> None:
    obj = pod(securityContext={"fsGroup": 2000})
    assert fs_group(seeing(obj, {"main": {"cat": proc_status()}}), pod=NAME, group=2000).verdict is Verdict.PASS


def test_where_the_owner_cannot_be_seen_field_and_members_decide() -> None:
    obj = with_volume()
    obj["spec"]["securityContext"] = {"fsGroup": 2000}
    assert fs_group(seeing(obj, {"main": {"cat": proc_status()}}), pod=NAME, group=2000).verdict is Verdict.PASS


# The causes that a known mistake goes by


@pytest.mark.parametrize(
    ("owner", "context", "causes"),
    [
        (0, {}, {"fsgroup-unset"}),
        (0, {"supplementalGroups": [2000]}, {"fsgroup-unset", "supplemental-group"}),
        (2000, {"supplementalGroups": [2000]}, {"fsgroup-unset", "supplemental-group", "owner-changed"}),
        (3000, {"fsGroup": 3000}, {"fsgroup-other"}),
        (0, {"fsGroup": 2000}, set()),
    ],
)
def test_what_stands_in_place_of_fs_group(owner: int, context: dict[str, Any], causes: set[str]) -> None:
    assert grouped(owner, **context).causes == causes


def test_the_process_has_the_group_that_the_volume_should_have() -> None:
    lab = seeing(with_volume(), {"main": {"cat": proc_status(group=2000, groups="")}})
    assert fs_group(lab, pod=NAME, group=2000).causes == {"fsgroup-unset", "primary-group"}


def test_a_mount_in_another_container_is_a_cause_and_none_at_all_is_not() -> None:
    asked = {"path": "/data/test", "image": "busybox:1.28", "command": TASKS}
    lab = seeing(with_volume(helper(volumeMounts=MOUNT), container()))
    assert empty_dir(lab, pod=NAME, **asked).causes == {"mounted-in-another"}
    assert empty_dir(seeing(pod()), pod=NAME, **asked).causes == frozenset()


def test_a_file_that_is_not_there_is_a_cause_and_one_of_another_group_is_not() -> None:
    missing = listing("", 1, "ls: /data/test/hello.txt: No such file or directory")
    assert owned(seeing(with_volume(), missing)).causes == {"no-file"}
    assert owned(seeing(with_volume(), listing(LS.replace("2000", "3000")))).causes == frozenset()
