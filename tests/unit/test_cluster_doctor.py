"""The doctor: what it looks at, and what it advises."""

from __future__ import annotations

import pytest

from lab.cluster import doctor, record
from lab.cluster.doctor import Examined
from lab.cluster.host import containers
from lab.cluster.host import facts as host
from lab.cluster.host.containers import Containers, Runtime
from lab.cluster.image import addon, addons
from lab.cluster.image import node_image as image
from lab.cluster.kind import engine as kind
from lab.cluster.record import Record
from lab.errors import LabError
from tests.unit.support.engines import done
from tests.unit.support.runtime import HandMadeContainers

GIBIBYTE = 2**30


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> HandMadeContainers:
    """An ordinary machine with podman and the image, and no lab."""
    monkeypatch.setattr(containers, "find", lambda runtime: Containers("podman"))
    monkeypatch.setattr(kind, "find", lambda runtime: Containers("podman"))
    monkeypatch.setattr(host, "has_cgroup_v1", lambda: False)
    monkeypatch.setattr(host, "is_root", lambda: True)
    monkeypatch.setattr(host, "this_process", lambda: "CapEff:\t000001ffffffffff\n")
    monkeypatch.setattr(host, "inotify_left", lambda: host.INOTIFY_WANTED)
    monkeypatch.setattr(host, "free_bytes", lambda _: 50 * GIBIBYTE)
    monkeypatch.setattr(doctor, "_MEMORY_LOW", 0)
    monkeypatch.setattr(image, "current", lambda: "localhost/ckslab-node:current")
    return HandMadeContainers(images={"localhost/ckslab-node:current"}).install(monkeypatch)


def examined(name: str) -> list[Examined]:
    return [it for it in doctor.examine("own") if it.name == name]


def the(name: str) -> Examined:
    (found,) = examined(name)
    return found


def test_a_machine_in_order_has_no_problem() -> None:
    found = doctor.examine("own")
    assert [it for it in found if it.state == "problem"] == []
    assert [it.name for it in found] == [
        "runtime",
        "host",
        "memory",
        "disk",
        "node image",
        "stand-ins",
        *("add-on" for _ in addon.names()),
        "lab own",
        "security",
    ]


def test_each_add_on_is_named_with_its_memory_and_how_long_it_takes_to_build(monkeypatch: pytest.MonkeyPatch) -> None:
    (gatekeeper,) = [it for it in examined("add-on") if "Gatekeeper" in it.says]
    assert gatekeeper.state == "note"
    assert "600 MiB" in gatekeeper.says
    assert "about 5 minutes" in gatekeeper.says
    monkeypatch.setattr(addons, "is_building", lambda: True)
    assert any("in the background" in it.says for it in examined("add-on"))
    monkeypatch.setattr(addons, "is_built", lambda _: True)
    assert {it.state for it in examined("add-on")} == {"ok"}


def test_without_an_engine_the_rest_of_the_machine_is_still_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(runtime: Runtime | None) -> Containers:
        raise LabError("runtime.missing")

    monkeypatch.setattr(containers, "find", none)
    assert the("runtime").state == "problem"
    assert "ckslab setup --yes" in the("runtime").next_step
    assert the("disk").state == "ok"
    assert examined("lab own") == []


def test_every_restriction_of_the_host_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "has_cgroup_v1", lambda: True)
    monkeypatch.setattr(host, "this_process", lambda: "CapEff:\t00000000a80425fb\n")
    says = [(it.state, it.says) for it in examined("host")]
    assert [state for state, _ in says] == ["note", "note"]
    assert "cgroup v1" in says[0][1]
    assert "CAP_SYS_RESOURCE" in says[1][1]


def test_too_few_inotify_instances_come_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "inotify_left", lambda: 3)
    assert "only 3 more" in the("host").says
    assert "sysctl -w fs.inotify.max_user_instances" in the("host").next_step


def test_a_user_who_is_not_root_is_not_told_of_root_s_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "is_root", lambda: False)
    monkeypatch.setattr(host, "this_process", lambda: "CapEff:\t0000000000000000\n")
    assert the("host").state == "ok"


def test_a_small_disk_is_a_problem_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "free_bytes", lambda _: 2 * GIBIBYTE)
    assert the("disk").state == "problem"
    assert the("disk").says.startswith("2.0 GiB")
    assert "CKSLAB_CACHE" in the("disk").next_step


def test_little_memory_is_a_problem_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_MEMORY_LOW", 2**60)
    assert the("memory").state == "problem"
    assert the("memory").next_step


def test_an_image_still_to_be_made_is_a_note_with_the_command(machine: HandMadeContainers) -> None:
    machine.images.clear()
    assert the("node image").state == "note"
    assert "ckslab setup" in the("node image").next_step
    assert examined("stand-ins") == []


def test_stand_ins_are_listed_openly() -> None:
    assert the("stand-ins").state == "note"
    for name in image.versions()["stand-ins"]:
        assert name in the("stand-ins").says


def test_the_image_is_the_one_that_the_lab_was_made_from(machine: HandMadeContainers) -> None:
    machine.images.add("example/node:1")
    machine.answers["image inspect example/node:1"] = done(stdout='[{"Config": {}}]')
    record.save("own", Record(runtime="podman", made_from="example/node:1", ready=True))
    assert "example/node:1" in the("node image").says


@pytest.mark.parametrize(
    ("state", "answer", "verdict"),
    [("running", done(), "ok"), ("exited", done(), "ok"), ("running", done(code=1, stderr="refused"), "problem")],
)
def test_the_lab_itself_is_looked_at(machine: HandMadeContainers, state: str, answer: object, verdict: str) -> None:
    machine.make_lab("own", state)
    record.save("own", Record(runtime="podman", made_from="localhost/ckslab-node:current", ready=True))
    if verdict == "problem":
        machine.answers["get nodes,leases"] = answer  # type: ignore[assignment]
    assert the("lab own").state == verdict


def test_a_ready_lab_says_what_its_nodes_are_and_cannot_do(machine: HandMadeContainers) -> None:
    machine.make_lab("own")
    machine.answers["containerd config dump"] = done(
        stdout="[plugins.any.containerd.runtimes.runsc.options]\nConfigPath = '/etc/runsc.toml'"
    )
    machine.answers["cat -- /etc/runsc.toml"] = done(stdout='[runsc_config]\nplatform = "kvm"\n')
    record.save("own", Record(runtime="podman", ready=True, lacks={"internet": "capability.no-internet"}))
    assert the("nodes").says == "2 with cgroup v2; gVisor works by kvm."
    assert the("not possible here").says.startswith("internet: ")


@pytest.mark.parametrize("read", [done(code=1, stderr="No such file"), done(stdout="platform = systrap")])
def test_a_gvisor_whose_settings_cannot_be_read_is_not_said_to_work(machine: HandMadeContainers, read: object) -> None:
    machine.make_lab("own")
    machine.answers["containerd config dump"] = done(
        stdout="[plugins.any.containerd.runtimes.runsc.options]\nConfigPath = '/etc/runsc.toml'"
    )
    machine.answers["/etc/runsc.toml"] = read  # type: ignore[assignment]
    record.save("own", Record(runtime="podman", ready=True))
    assert the("nodes").says.endswith("without gVisor.")


def test_nodes_whose_containerd_knows_no_gvisor_are_said_to_have_none(machine: HandMadeContainers) -> None:
    machine.make_lab("own")
    machine.answers["containerd config dump"] = done(stdout="[plugins.any.containerd.runtimes.runc]")
    record.save("own", Record(runtime="podman", ready=True))
    assert the("nodes").says == "2 with cgroup v2, without gVisor."


def test_a_lab_half_made_is_a_problem(machine: HandMadeContainers) -> None:
    record.save("own", Record(runtime="podman", made_from="localhost/ckslab-node:current"))
    assert the("lab own").state == "problem"


def test_strangers_may_not_be_let_in() -> None:
    assert the("security").state == "note"
    assert "virtual machines" in the("security").next_step
