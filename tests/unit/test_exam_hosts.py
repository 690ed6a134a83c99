"""Labs as the hosts of an exam."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.cluster.engine import State
from lab.errors import LabError, UsageError
from lab.exam import hosts as exam_hosts
from lab.exam.hosts import Host
from tests.unit.support.engines import HandMadeEngine, done
from tests.unit.support.exam_labs import ExamLab, hosts, lab_of, session

pytestmark = pytest.mark.usefixtures("english")


def test_the_first_base_reaches_every_host_by_name_and_by_the_key_it_has() -> None:
    first, second = hosts("cks", "cks-2")
    exam_hosts.connect([first, second])
    terminal, other = lab_of(first).workstation, lab_of(second).workstation
    assert lab_of(first).joined == ["cks-2"]
    assert terminal.files["/etc/hosts"].decode().splitlines() == [
        "127.0.0.1\tlocalhost",
        "address of cks\tcks1111\t# exam",
        "address of cks-2\tcks2222\t# exam",
    ]
    assert terminal.files["/etc/ssh/ssh_known_hosts"] == b"cks1111 host key of cks\ncks2222 host key of cks-2\n"
    assert other.files["/home/candidate/.ssh/authorized_keys"] == b"key of cks"
    assert [line.split()[-2:] for line in terminal.ran if "BatchMode" in line] == [
        ["cks1111", "true"],
        ["cks2222", "true"],
    ]


def test_connecting_again_names_no_host_twice() -> None:
    both = hosts("cks", "cks-2")
    exam_hosts.connect(both)
    exam_hosts.connect(both)
    assert lab_of(both[0]).workstation.files["/etc/hosts"].count(b"cks2222") == 1


def test_the_prompt_behind_ssh_names_the_host_of_this_exam_and_not_of_an_earlier_one() -> None:
    first, second = hosts("cks", "cks-2")
    exam_hosts.connect([first, second])
    renamed = [replace(first, name="cks3333"), replace(second, name="cks4444")]
    exam_hosts.connect(renamed)
    prompts = [lab_of(host).workstation.files["/etc/ssh/sshd_config.d/10-ckslab-host.conf"] for host in renamed]
    assert prompts == [b"SetEnv debian_chroot=cks3333\n", b"SetEnv debian_chroot=cks4444\n"]


def test_one_host_needs_no_way_to_itself() -> None:
    (only,) = hosts("cks")
    exam_hosts.connect([only])
    assert lab_of(only).workstation.ran == []


def test_labs_that_cannot_be_connected_are_named() -> None:
    with pytest.raises(UsageError) as caught:
        exam_hosts.connect([Host("cks1111", session(HandMadeEngine(name="vagrant"), [])), *hosts("cks-2")])
    assert caught.value.key == "exam.one_host"
    assert "vagrant" in caught.value.tried


def test_a_host_that_nobody_gets_to_is_named() -> None:
    first, second = hosts("cks", "cks-2")
    lab_of(first).workstation.answers["cks2222 true"] = done(code=255, stderr="Connection refused")
    with pytest.raises(LabError) as caught:
        exam_hosts.connect([first, second])
    assert caught.value.key == "exam.no_way"
    assert "Connection refused" in str(caught.value)


def test_every_machine_of_every_host_closes_in_time() -> None:
    both = hosts("cks", "cks-2")
    exam_hosts.close_after(both, 90)
    for host in both:
        assert [lines[-1] for lines in (lab_of(host).workstation.ran, lab_of(host).node.ran)] == [
            "bash /run/ckslab/access close-after 90"
        ] * 2


def test_a_node_that_is_base_as_well_is_one_machine() -> None:
    lab = ExamLab()
    lab.workstation = lab.node
    assert len(Host("cks1111", session(lab, [])).machines) == 1


def test_labs_that_are_parted_are_open_and_apart() -> None:
    both = hosts("cks", "cks-2")
    exam_hosts.connect(both)
    exam_hosts.part(both)
    assert lab_of(both[0]).joined == []
    assert all(lab_of(host).did("access reopen") for host in both)


def test_a_lab_that_is_gone_does_not_keep_the_others_from_being_parted() -> None:
    both = hosts("cks", "cks-2")
    exam_hosts.connect(both)
    lab_of(both[1]).state = State.ABSENT
    exam_hosts.part(both)
    assert lab_of(both[0]).joined == []
    assert lab_of(both[1]).did("access reopen") == []


def test_where_even_the_runtime_is_gone_there_is_nothing_to_part() -> None:
    both = hosts("cks", "cks-2")
    for host in both:
        lab_of(host).state = LabError("runtime.missing")  # type: ignore[assignment]
    exam_hosts.part(both)


@pytest.mark.parametrize(
    ("listed", "place"),
    [
        ("", ""),
        ("ssh cks2222\n", "cks2222"),
        ("ssh cks2222\nssh -t cks1111 bash\n", "cks1111"),
        ("ssh kube-worker-1\n", ""),
    ],
)
def test_the_newest_ssh_from_the_terminal_says_where_its_learner_is(listed: str, place: str) -> None:
    both = hosts("cks", "cks-2")
    lab_of(both[0]).workstation.answers["ps -C ssh"] = done(stdout=listed)
    assert exam_hosts.place_of_shell(both) == place
