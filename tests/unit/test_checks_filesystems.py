"""What containers may write and where a file lies, by observations made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from checkers.api import Finding, Ran, Verdict
from checkers.filesystems import in_volume, read_only
from tests.unit.support.observations import NAME, HandMade, Object, container, node, pod, seeing
from tests.unit.test_checks_kit_workload import of, replica_set, workload

CLOSED = "overlay / overlay ro 0 0\nproc /proc proc rw 0 0\nx /etc/hosts ext4 rw 0 0\n"
OPEN = CLOSED.replace(" ro ", " rw ")
TIGHT = {"readOnlyRootFilesystem": True}
LOG = "/var/log/web/log"
PATHS = ["/bin", "/etc", "/usr"]


def shown(lines: str) -> dict[str, Ran]:
    return {"cat /proc/mounts": Ran(0, lines, "")}


def found(obj: Object, **lines: str) -> Finding:
    """Of the mounts of each container."""
    lab = seeing(obj, {name: shown(of_container) for name, of_container in lines.items()})
    return read_only(lab, workload=NAME, kind="Pod", paths=PATHS)


def with_mounts(*mounts: str) -> str:
    """A root file system that is read-only, and more mounts that can be written."""
    return CLOSED + "".join(f"x {path} ext4 rw 0 0\n" for path in mounts)


def test_a_root_file_system_that_is_read_only_passes() -> None:
    finding = found(pod(), main=CLOSED)
    assert (finding.verdict, finding.found.en) == (Verdict.PASS, "container main: nothing can be written")


def test_a_volume_elsewhere_is_right() -> None:
    finding = found(pod(), main=with_mounts("/var/log/web"))
    assert (finding.verdict, finding.found.en) == (Verdict.PASS, "container main: only /var/log/web can be written")


def test_a_root_file_system_that_can_be_written_fails() -> None:
    finding = found(pod(), main=OPEN)
    assert finding.found.en == "container main: its root file system can be written"
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"root-writable"})


@pytest.mark.parametrize("place", ["/usr", "/usr/bin", "/etc/web"])
def test_a_volume_over_or_in_what_must_not_change_fails(place: str) -> None:
    finding = found(pod(), main=with_mounts(place))
    assert finding.found.en == f"container main: the volume at {place} can be written"
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"volume-over"})


def test_one_container_of_two() -> None:
    finding = found(pod([container(), container("helper")]), main=CLOSED, helper=OPEN)
    assert finding.found.en == "container helper: its root file system can be written"
    assert finding.causes == {"root-writable-in-some"}


@pytest.mark.parametrize(
    ("context", "causes"), [({}, {"root-writable-in-some", "init-container-left"}), (TIGHT, set())]
)
def test_an_init_container_that_has_ended_counts(context: dict[str, Any], causes: set[str]) -> None:
    finding = found(pod(init=[container("prepare", securityContext=context)]), main=CLOSED)
    assert finding.causes == causes
    assert finding.verdict is (Verdict.FAIL if causes else Verdict.PASS)


def test_a_workload_whose_pods_do_not_run_fails_with_the_reason() -> None:
    cluster = HandMade([workload(replicas=0), replica_set(), node()])
    finding = read_only(cluster, workload=NAME, namespace="shop")
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"no-pods", "scaled-to-zero"})


# A file in a volume


def placed(mounts: str, *, listed: Ran | None = None, recent: str = LOG, minutes: int = 2) -> Finding:
    ran = Ran(0, LOG, "") if listed is None else listed
    said = {"ls": ran, "find": Ran(0, recent, ""), **shown(mounts)}
    cluster = HandMade([workload(), replica_set(), of("r1", "web-a"), node()], {"main": said})
    return in_volume(cluster, workload=NAME, namespace="shop", container="main", path=LOG, minutes=minutes)


def test_a_file_in_a_volume_passes() -> None:
    finding = placed(with_mounts("/var/log/web"))
    assert finding.verdict is Verdict.PASS
    assert finding.found.en == f"Pod web-a: container main: {LOG} lies on the volume at /var/log/web"


@pytest.mark.parametrize(
    ("mounts", "more", "cause"),
    [
        (CLOSED, {}, "in-root"),
        (CLOSED + "x /var/log ext4 ro 0 0\n", {}, "read-only"),
        (CLOSED, {"listed": Ran(1, "", "No such file")}, "no-file"),
        (with_mounts("/var/log"), {"recent": ""}, "old"),
    ],
)
def test_what_is_wrong_with_a_file(mounts: str, more: dict[str, Any], cause: str) -> None:
    finding = placed(mounts, **more)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {cause})


def test_how_old_a_file_is_matters_only_where_it_is_asked() -> None:
    assert placed(with_mounts("/var/log"), recent="", minutes=0).verdict is Verdict.PASS


def test_the_container_that_has_to_write_it_is_meant() -> None:
    cluster = HandMade([workload(), replica_set(), of("r1", "web-a"), node()])
    finding = in_volume(cluster, workload=NAME, namespace="shop", container="printer", path=LOG)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"no-container"})
