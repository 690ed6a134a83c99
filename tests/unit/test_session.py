"""A learner's session: what it asks of the lab, and in which order."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from checkers.api import Verdict
from lab.authoring.recall import Wanted
from lab.authoring.workbench import AuthorSession, prove_exercises
from lab.catalog.model import (
    Catalog,
    Domain,
    Exercise,
    Localized,
    MachineFile,
    MachineScript,
    Resource,
    Scenario,
)
from lab.clock import Clock
from lab.cluster.engine import Capability, Completed, State
from lab.cluster.machines import baseline, inventory
from lab.errors import LabError, UsageError
from lab.practice.session import Session
from lab.progress import Progress
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeEngine, HandMadeNode, done
from tests.unit.support.exercises import answer, criterion, exercise
from tests.unit.support.observations import HandMade
from tests.unit.support.programs import at_work

POD = Resource("Pod", "web", "default")


class Eyes(HandMade):
    """A hand-made observer that knows its API server's version."""

    def kubernetes(self) -> str:
        return "v1.36.1"

    def close(self) -> None:
        """It makes nothing."""


def session(engine: HandMadeEngine, *exercises: Exercise, hands: Hands | None = None) -> Session:
    catalog = Catalog((Domain("first", Localized("", ""), exercises),))
    clock = (hands or Hands()).clock
    return Session(
        catalog,
        engine,
        observe=lambda engine, images, values: Eyes(images=tuple(images), values=dict(values)),
        clock=clock,
    )


def one(scenario: Scenario | None = None, **more: Any) -> Exercise:
    return exercise([criterion("a")], scenario=scenario, **more)


def asked(node: HandMadeNode) -> list[str]:
    """What kubectl was asked, without what each command begins with."""
    begin = "kubectl --kubeconfig=/etc/kubernetes/admin.conf "
    return [line.removeprefix(begin) for line in node.ran if not line.startswith("bash -s compare")]


# Finding an exercise


def test_an_exercise_is_found_by_its_id() -> None:
    own = one(name="gvisor-runtimeclass")
    assert session(HandMadeEngine(), own).exercise("gvisor-runtimeclass") is own


def test_an_unknown_id_gets_the_nearest_ones() -> None:
    with pytest.raises(UsageError) as caught:
        session(HandMadeEngine(), one(name="gvisor-runtimeclass")).exercise("gvisor-runtime")
    assert caught.value.exit_code == 2
    assert "gvisor-runtimeclass" in caught.value.next_step


# What an engine cannot


def test_what_the_engine_lacks_makes_an_exercise_impossible() -> None:
    engine = HandMadeEngine(lacking={Capability.GVISOR: "no runsc", Capability.INTERNET: "no way out"})
    own = one(requires=(Capability.GVISOR, Capability.ETCD))
    assert session(engine, own).impossible(own) == {Capability.GVISOR: "no runsc"}


def test_what_is_not_required_may_be_lacking() -> None:
    engine = HandMadeEngine(lacking={Capability.GVISOR: "no runsc"})
    own = one()
    assert session(engine, own).impossible(own) == {}


def test_an_impossible_exercise_is_not_started() -> None:
    engine = HandMadeEngine(lacking={Capability.GVISOR: "no runsc"})
    own = one(requires=(Capability.GVISOR,))
    with pytest.raises(UsageError, match="no runsc"):
        session(engine, own).start(own)
    assert engine.node.ran == []


# Starting


@pytest.fixture
def useless_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Going back to the baseline changes nothing."""
    monkeypatch.setattr("lab.cluster.machines.baseline.restore", lambda *_: None)


def test_start_clears_then_makes_then_waits(tmp_path: Path) -> None:
    manifest = tmp_path / "web.yaml"
    manifest.write_text("kind: Pod\n", encoding="utf-8")
    engine, own = HandMadeEngine(), one(Scenario(("shop",), (manifest,)))
    engine.node.answers["delete namespace"] = done()
    session(engine, own).start(own)
    assert asked(engine.node) == [
        "create --dry-run=server --filename=-",
        "delete namespace shop --ignore-not-found --wait=false --output=name",
        "create namespace shop",
        "get serviceaccount default --namespace=shop",
        "apply -f -",
        "get pods --namespace=shop --output=json",
    ]
    assert b"kind: Pod\n" in engine.node.stdins


def test_pods_of_a_namespace_that_goes_have_one_second_before_its_controller_begins() -> None:
    engine, own = HandMadeEngine(), one(Scenario(("shop", "media")))
    engine.node.answers["delete namespace"] = done(stdout="namespace/media\n")
    session(engine, own).reset(own)
    assert asked(engine.node) == [
        "delete namespace shop media --ignore-not-found --wait=false --output=name",
        "delete pods --all --namespace=media --grace-period=1 --wait=false",
        "wait --for=delete namespace/media --timeout=60s",
    ]


@pytest.mark.usefixtures("useless_baseline")
def test_start_remembers_what_secrets_hold_where_the_learner_works_on_the_whole_cluster() -> None:
    data = {"password": base64.b64encode(b"correct-horse").decode()}
    secret = {"metadata": {"name": "db", "namespace": "shop"}, "type": "Opaque", "data": data}
    engine, own = HandMadeEngine(), one(Scenario(("shop",), reset="baseline"))
    engine.node.answers["get secrets"] = done(stdout=json.dumps({"items": [secret]}))
    session(engine, own).start(own)
    kept = json.loads(engine.node.files["/var/lib/ckslab/secrets-at-start.json"])
    assert [each["name"] for each in kept["secrets"]] == ["db"]
    assert "correct-horse" not in str(kept)
    assert data["password"] not in str(kept)


@pytest.mark.usefixtures("useless_baseline")
def test_what_an_exercise_under_way_remembers_of_secrets_follows_those_that_another_start_makes_anew() -> None:
    def held(namespace: str, value: str) -> dict[str, Any]:
        return {"metadata": {"name": "db", "namespace": namespace}, "type": "Opaque", "data": {"key": value}}

    engine = HandMadeEngine(ReadableNode())
    etcd = one(Scenario(("payments",), reset="baseline"), name="etcd")
    shop = one(Scenario(("shop",)), name="shop")
    at_lab = session(engine, etcd, shop)
    engine.node.answers["get secrets"] = done(
        stdout=json.dumps({"items": [held("payments", "MQ=="), held("shop", "Mg==")]})
    )
    at_lab.start(etcd)
    before = remembered_secrets(engine)
    engine.node.answers["get secrets"] = done(
        stdout=json.dumps({"items": [held("payments", "Mw=="), held("shop", "NA==")]})
    )
    at_lab.start(shop)
    after = remembered_secrets(engine)
    assert after["payments"] == before["payments"]
    assert after["shop"] != before["shop"]


class ReadableNode(HandMadeNode):
    """A node whose files can be read again."""

    def read(self, path: str) -> bytes:
        return self.files[path]


def remembered_secrets(engine: HandMadeEngine) -> dict[str, Any]:
    """Namespace -> the hashes that are remembered of its Secret."""
    secrets = json.loads(engine.node.files["/var/lib/ckslab/secrets-at-start.json"])["secrets"]
    return {secret["namespace"]: secret["hashes"] for secret in secrets}


def test_start_lays_the_scenarios_files_on_their_machines_in_place_of_whatever_is_there(tmp_path: Path) -> None:
    content = tmp_path / "profile"
    content.write_bytes(b"profile web {}\n")
    engine = HandMadeEngine()
    own = one(Scenario(files=(MachineFile("base", "/opt/profile", content),)))
    session(engine, own).start(own)
    assert engine.workstation.ran == ["rm --recursive --force -- /opt/profile"]
    assert engine.workstation.files == {"/opt/profile": b"profile web {}\n"}
    assert engine.node.files == {}


def test_nothing_lies_at_a_path_of_the_scenario_that_has_no_content() -> None:
    engine = HandMadeEngine()
    own = one(Scenario(files=(MachineFile("base", "/opt/profiles", None),)))
    session(engine, own).start(own)
    assert engine.workstation.ran == ["rm --recursive --force -- /opt/profiles"]
    assert engine.workstation.files == {}


def test_a_file_for_base_lies_on_the_node_that_serves_as_base(tmp_path: Path) -> None:
    content = tmp_path / "notes"
    content.write_bytes(b"read me\n")
    engine = HandMadeEngine()
    engine.workstation = engine.node
    own = one(Scenario(files=(MachineFile("base", "/opt/notes", content),)))
    session(engine, own).start(own)
    assert engine.node.files == {"/opt/notes": b"read me\n"}


def test_a_lab_without_the_machine_of_a_file_says_which_is_missing(useless_baseline: None, tmp_path: Path) -> None:
    own = one(Scenario(files=(MachineFile("kube-worker-1", "/opt/profile", tmp_path / "profile"),)))
    with pytest.raises(LabError, match="kube-worker-1"):
        session(HandMadeEngine(), own).start(own)


def machine_changing(tmp_path: Path) -> Exercise:
    """An exercise with a file on its machine, a script that uses it, and a manifest."""
    content, script, manifest = tmp_path / "policy", tmp_path / "audit.sh", tmp_path / "pod.yaml"
    content.write_bytes(b"rules: []\n")
    script.write_bytes(b"install /opt/policy /etc/DRAWN(word)\n")
    manifest.write_bytes(b"kind: Pod\n")
    scenario = Scenario(
        files=(MachineFile("kube-control-plane", "/opt/policy", content),),
        scripts=(MachineScript("kube-control-plane", script),),
        apply=(manifest,),
        draw={"word": ()},
        reset="baseline",
    )
    return one(scenario, touches=frozenset({"api-server"}))


def test_a_script_runs_on_its_machine_with_what_was_drawn_before_anything_is_applied(
    restores: list[str], tmp_path: Path
) -> None:
    engine, own = HandMadeEngine(), machine_changing(tmp_path)
    session(engine, own).start(own)
    assert asked(engine.node)[-4:-1] == ["rm --recursive --force -- /opt/policy", "bash -euo pipefail -s", "apply -f -"]
    script = engine.node.stdins[-3]
    assert script.startswith(b"install /opt/policy /etc/")
    assert b"DRAWN" not in script


def test_a_script_that_fails_is_told_with_its_machine_and_its_last_lines(restores: list[str], tmp_path: Path) -> None:
    class Failing(HandMadeNode):
        def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
            said = super().run(argv, stdin=stdin, timeout=timeout)
            return done(argv, code=1, stdout="begun", stderr="no such file") if "-euo" in argv else said

    own = machine_changing(tmp_path)
    with pytest.raises(LabError) as refused:
        session(HandMadeEngine(Failing()), own).start(own)
    assert refused.value.came_back == "begun\nno such file"
    assert "audit.sh" in refused.value.tried
    assert "kube-control-plane" in refused.value.tried


@pytest.mark.usefixtures("useless_baseline")
def test_what_an_installed_add_on_makes_kinds_of_is_applied_until_it_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(HandMadeNode):
        def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
            said = super().run(argv, stdin=stdin, timeout=timeout)
            is_early = "apply -f -" in self.ran[-1] and len([line for line in self.ran if "apply" in line]) == 1
            return done(argv, code=1, stderr="no matches for kind") if is_early else said

    installed: list[str] = []
    monkeypatch.setattr("lab.cluster.image.addons.build", lambda *_: None)
    monkeypatch.setattr("lab.cluster.image.addons.load", lambda *_: None)
    monkeypatch.setattr("lab.cluster.image.addons.install", lambda _, names: installed.extend(names))
    manifest = tmp_path / "constraint.yaml"
    manifest.write_text("kind: NoHostPaths\n", encoding="utf-8")
    engine = HandMadeEngine(Late())
    own = one(Scenario(apply=(manifest,), reset="baseline", install=("gatekeeper",)), addons=("gatekeeper",))
    session(engine, own).start(own)
    assert installed == ["gatekeeper"]
    assert asked(engine.node).count("apply -f -") == 3


def test_start_waits_for_the_default_account_that_comes_late() -> None:
    hands, engine = Hands(), HandMadeEngine()
    engine.node.answers["get serviceaccount"] = done(code=1, stderr="not found")
    hands_sleep = hands.sleep

    def account_appears(seconds: float) -> None:
        hands_sleep(seconds)
        engine.node.answers.clear()

    hands.clock = type(hands.clock)(hands.clock.now, hands.clock.seconds, account_appears)
    own = one(Scenario(remove=(POD,)))
    session(engine, own, hands=hands).start(own)
    assert [line for line in asked(engine.node) if "serviceaccount" in line] == [
        "get serviceaccount default --namespace=default"
    ] * 2


def test_a_wait_has_a_bound_and_says_what_for(useless_baseline: None) -> None:
    engine = HandMadeEngine()
    engine.node.answers["get serviceaccount"] = done(code=1)
    own = one(Scenario(("shop",)))
    with pytest.raises(LabError) as caught:
        session(engine, own).start(own)
    assert "ServiceAccount shop/default" in str(caught.value)


def init_container(state: dict[str, Any]) -> dict[str, Any]:
    """One in this state, and a container that waits for it."""
    waits = {"waiting": {"reason": "PodInitializing"}}
    return {"initContainerStatuses": [{"state": state}], "containerStatuses": [{"state": waits}]}


@pytest.mark.parametrize(
    ("status", "is_settled"),
    [
        ({"phase": "Running"}, True),
        ({"phase": "Pending"}, False),
        ({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False"}]}, True),
        ({"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}, False),
        ({"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull"}}}]}, True),
        ({"phase": "Pending", **init_container({"waiting": {"reason": "CreateContainerConfigError"}})}, True),
        ({"phase": "Pending", **init_container({"running": {}})}, False),
    ],
)
def test_a_scene_has_settled_when_no_pod_is_on_its_way(status: dict[str, Any], is_settled: bool) -> None:
    engine, own = HandMadeEngine(), one(Scenario(("shop",)))
    engine.node.answers["get pods"] = done(stdout=json.dumps({"items": [{"status": status}]}))
    if is_settled:
        session(engine, own).start(own)
    else:
        with pytest.raises(LabError, match="Pods in shop"):
            session(engine, own).start(own)


def test_a_refusal_is_told_with_the_command_and_the_words_that_came_back(useless_baseline: None) -> None:
    engine, own = HandMadeEngine(), one(Scenario(("shop",)))
    engine.node.answers["create namespace"] = done(code=1, stderr="namespaces is forbidden")
    with pytest.raises(LabError) as caught:
        session(engine, own).start(own)
    assert "create namespace shop" in str(caught.value)
    assert "namespaces is forbidden" in str(caught.value)


def test_start_tells_its_steps() -> None:
    told: list[Progress] = []
    own = one(Scenario(remove=(POD,)))
    session(HandMadeEngine(), own).start(own, progress=told.append)
    assert [(step.number, step.steps) for step in told] == [(1, 2), (2, 2)]
    assert [step.step for step in told] == ["Setting the scene", "Waiting until everything has settled"]


# Starting several


def test_the_scenes_of_several_are_cleared_before_the_first_is_set_and_settle_together() -> None:
    engine = HandMadeEngine()
    engine.node.answers["delete namespace"] = done()
    shop, media = one(Scenario(("shop",)), name="shop"), one(Scenario(("media",)), name="media")
    session(engine, shop, media).start(shop, media)
    assert [line for line in asked(engine.node) if " namespace " in line or " pods " in line] == [
        "delete namespace shop --ignore-not-found --wait=false --output=name",
        "delete namespace media --ignore-not-found --wait=false --output=name",
        "create namespace shop",
        "create namespace media",
        "get pods --namespace=shop --output=json",
        "get pods --namespace=media --output=json",
    ]


def test_two_that_touch_the_same_are_not_started_together() -> None:
    engine = HandMadeEngine()
    etcd, audit = (one(name=name, touches=frozenset({"api-server"})) for name in ("etcd", "audit"))
    with pytest.raises(UsageError) as caught:
        session(engine, etcd, audit).start(etcd, audit)
    assert "etcd and audit" in caught.value.tried
    assert "the API server's configuration" in caught.value.tried
    assert engine.node.ran == []


def test_several_that_need_the_baseline_go_back_to_it_once(restores: list[str]) -> None:
    etcd, gatekeeper = (one(Scenario((name,), reset="baseline"), name=name) for name in ("etcd", "gatekeeper"))
    engine = HandMadeEngine()
    session(engine, etcd, gatekeeper).start(etcd, gatekeeper)
    assert len(restores) == 1
    assert {"create namespace etcd", "create namespace gatekeeper"} <= set(asked(engine.node))


# Attempts at other exercises


def still_open(session: Session) -> set[str]:
    return session.history.open_on(session.engine)


def test_attempts_at_exercises_that_touch_something_else_go_on() -> None:
    shop, media = one(Scenario(("shop",)), name="shop"), one(Scenario(("media",)), name="media")
    at_lab = session(HandMadeEngine(), shop, media)
    at_lab.start(shop)
    at_lab.start(media)
    assert still_open(at_lab) == {"shop", "media"}


def test_an_attempt_whose_work_a_start_takes_away_ends() -> None:
    first, second = one(Scenario(("shop",)), name="first"), one(Scenario(("shop",)), name="second")
    at_lab = session(HandMadeEngine(), first, second)
    at_lab.start(first)
    at_lab.start(second)
    assert still_open(at_lab) == {"second"}


def test_at_the_baseline_nothing_is_left_of_any_attempt(restores: list[str]) -> None:
    shop, etcd = one(Scenario(("shop",)), name="shop"), one(Scenario(reset="baseline"), name="etcd")
    at_lab = session(HandMadeEngine(), shop, etcd)
    at_lab.start(shop)
    at_lab.start(etcd)
    assert still_open(at_lab) == {"etcd"}


def test_a_namesake_in_the_namespace_of_an_exercise_under_way_stays() -> None:
    engine, web, shop = HandMadeEngine(), one(Scenario(remove=(POD,))), one(Scenario(("shop",)), name="shop")
    at_lab = session(engine, web, shop)
    at_lab.start(shop)
    engine.node.answers["field-selector=metadata.name=web"] = in_namespaces("default", "shop")
    at_lab.reset(web)
    assert not any("--namespace=shop" in line for line in asked(engine.node) if line.startswith("delete"))


# Resetting


def test_reset_removes_the_pod_at_once_and_waits_until_it_is_gone() -> None:
    engine, own = HandMadeEngine(), one(Scenario(remove=(POD,)))
    session(engine, own).reset(own)
    assert [line for line in asked(engine.node) if line.startswith("delete")] == [
        "delete Pod web --namespace=default --ignore-not-found --grace-period=0 --force --wait --timeout=30s"
    ]


def in_namespaces(*names: str) -> Completed:
    return done(stdout=json.dumps({"items": [{"metadata": {"name": "web", "namespace": name}} for name in names]}))


def test_reset_also_removes_what_was_made_by_that_name_in_another_namespace() -> None:
    engine, own = HandMadeEngine(), one(Scenario(remove=(POD,)))
    engine.node.answers["field-selector=metadata.name=web"] = in_namespaces("default", "wrong")
    session(engine, own).reset(own)
    deleted = [line.split()[:4] for line in asked(engine.node) if line.startswith("delete")]
    assert deleted == [["delete", "Pod", "web", f"--namespace={name}"] for name in ("default", "wrong")]


def test_in_a_cluster_that_is_not_the_labs_alone_a_namesake_elsewhere_is_left_alone() -> None:
    engine, own = HandMadeEngine(lacking={Capability.BASELINE: "the cluster is yours"}), one(Scenario(remove=(POD,)))
    engine.node.answers["field-selector=metadata.name=web"] = in_namespaces("default", "theirs")
    session(engine, own).reset(own)
    assert not any("theirs" in line for line in asked(engine.node))


@pytest.fixture
def inventoried() -> HandMadeEngine:
    """A lab that remembers what it had at first."""
    engine = HandMadeEngine()
    engine.node.answers["get --raw"] = done(stdout="{}")
    engine.node.answers["--output=name"] = done(stdout="runtimeclass.node.k8s.io/owners\nnamespace/default\n")
    inventory.save(engine)
    engine.node.ran.clear()
    return engine


def test_where_no_name_is_given_all_objects_of_the_kind_go_that_the_lab_did_not_have(
    inventoried: HandMadeEngine,
) -> None:
    names = "runtimeclass.node.k8s.io/mine\nruntimeclass.node.k8s.io/owners\n"
    inventoried.node.answers["--output=name"] = done(stdout=names)
    sandbox = one(Scenario(remove=(Resource("RuntimeClass"),)))
    session(inventoried, sandbox).reset(sandbox)
    assert asked(inventoried.node) == [
        "get RuntimeClass --output=name",
        "delete runtimeclass.node.k8s.io/mine --ignore-not-found --timeout=60s",
    ]


def test_namespaces_of_exercises_under_way_are_not_among_them(inventoried: HandMadeEngine) -> None:
    audit, shop = one(Scenario(remove=(Resource("Namespace"),))), one(Scenario(("shop",)), name="shop")
    at_lab = session(inventoried, audit, shop)
    at_lab.start(shop)
    inventoried.node.answers["--output=name"] = done(stdout="namespace/default\nnamespace/shop\nnamespace/mine\n")
    at_lab.reset(audit)
    assert "delete namespace mine --ignore-not-found --wait=false --output=name" in asked(inventoried.node)


def test_a_lab_that_does_not_remember_what_it_had_goes_back_to_the_baseline(restores: list[str]) -> None:
    sandbox = one(Scenario(remove=(Resource("RuntimeClass"),)))
    engine = HandMadeEngine()
    engine.node.answers["--output=name"] = done()
    with pytest.raises(LabError) as caught:
        session(engine, sandbox).reset(sandbox)
    assert caught.value.key == "start.not_inventoried"
    assert len(restores) == 1


def test_reset_gives_other_kinds_their_time() -> None:
    engine, own = HandMadeEngine(), one(Scenario(remove=(Resource("RuntimeClass", "gvisor"),)))
    session(engine, own).reset(own)
    assert asked(engine.node) == ["delete RuntimeClass gvisor --ignore-not-found --timeout=30s"]


def test_reset_frees_an_object_that_a_finalizer_keeps() -> None:
    class Kept(HandMadeNode):
        """Its first delete runs out of time."""

        def run(self, argv: Any, *, stdin: bytes = b"", timeout: float = 30) -> Completed:
            first = not self.ran
            done_ = super().run(argv, stdin=stdin, timeout=timeout)
            return done(code=1, stderr="timed out waiting for the condition") if first else done_

    engine, own = HandMadeEngine(Kept()), one(Scenario(remove=(POD,)))
    session(engine, own).reset(own)
    assert [line.split()[0] for line in asked(engine.node)] == ["delete", "patch", "delete", "get"]
    assert '{"metadata":{"finalizers":null}}' in engine.node.ran[1]


def test_reset_takes_the_scenarios_files_away(tmp_path: Path) -> None:
    engine = HandMadeEngine()
    own = one(Scenario(files=(MachineFile("base", "/opt/profile", tmp_path / "profile"),)))
    session(engine, own).reset(own)
    assert engine.workstation.ran == ["rm --recursive --force -- /opt/profile"]
    assert engine.workstation.files == {}


# Going back to the baseline


@pytest.fixture
def restores(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A baseline that is gone back to at once. Holds what the node had been asked for by then, and lets it obey."""
    asked_before: list[str] = []

    def restore(engine: HandMadeEngine, say: Callable[[str], None], clock: Clock) -> None:
        asked_before.append("; ".join(asked(engine.node)))
        engine.node.ran.clear()
        engine.node.answers.clear()

    monkeypatch.setattr("lab.cluster.machines.baseline.restore", restore)
    return asked_before


def test_reset_without_an_exercise_goes_back_to_the_baseline(restores: list[str]) -> None:
    engine = HandMadeEngine()
    session(engine, one(Scenario(("shop",)))).reset()
    assert restores == [""]
    assert engine.node.ran == []


def test_an_exercise_that_says_so_starts_from_the_baseline(restores: list[str]) -> None:
    engine, own = HandMadeEngine(), one(Scenario(("shop",), reset="baseline"))
    session(engine, own).start(own)
    assert restores == [""]
    assert "create namespace shop" in asked(engine.node)


def test_an_exercise_that_says_so_is_reset_to_the_baseline(restores: list[str]) -> None:
    own = one(Scenario(("shop",), reset="baseline"))
    session(HandMadeEngine(), own).reset(own)
    assert restores == [""]


def test_an_exercise_whose_objects_can_be_deleted_leaves_the_rest_alone(restores: list[str]) -> None:
    engine, own = HandMadeEngine(), one(Scenario(("shop",)))
    session(engine, own).start(own)
    session(engine, own).reset(own)
    assert restores == []


CHANGED = done(code=68, stdout="/etc/containerd/config.toml\n")


def test_a_node_that_was_changed_besides_takes_the_start_back_to_the_baseline(restores: list[str]) -> None:
    engine, busybox = HandMadeEngine(), one(Scenario(("shop",)))
    engine.node.answers["bash -s compare"] = CHANGED
    heard: list[Progress] = []
    session(engine, busybox).start(busybox, progress=heard.append)
    assert len(restores) == 1
    assert any("/etc/containerd/config.toml" in step.detail for step in heard)


def test_a_node_that_an_exercise_under_way_changes_is_left_alone(restores: list[str]) -> None:
    engine, busybox = HandMadeEngine(), one(Scenario(("shop",)), name="busybox")
    etcd = one(Scenario(reset="baseline"), name="etcd", touches=frozenset({"api-server"}))
    at_lab = session(engine, busybox, etcd)
    at_lab.start(etcd)
    engine.node.answers["bash -s compare"] = CHANGED
    at_lab.start(busybox)
    assert len(restores) == 1
    assert still_open(at_lab) == {"etcd", "busybox"}


def test_what_an_exercise_under_way_took_for_itself_only_the_baseline_gives_back(restores: list[str]) -> None:
    engine, sandbox = HandMadeEngine(), one(name="sandbox", touches=frozenset({"runtimeclass:*"}))
    runtime = one(
        Scenario(reset="baseline"), name="runtime", touches=frozenset({"node-runtime", "runtimeclass:gvisor"})
    )
    at_lab = session(engine, sandbox, runtime)
    at_lab.start(runtime)
    at_lab.start(sandbox)
    assert len(restores) == 2
    assert still_open(at_lab) == {"sandbox"}


def test_nodes_of_a_cluster_that_is_not_the_labs_alone_are_not_compared(restores: list[str]) -> None:
    engine, busybox = HandMadeEngine(lacking={Capability.BASELINE: "the cluster is yours"}), one(Scenario(("shop",)))
    engine.node.answers["bash -s compare"] = CHANGED
    session(engine, busybox).start(busybox)
    assert restores == []


def test_what_one_answer_made_of_a_node_is_in_the_way_of_the_next_proof(restores: list[str]) -> None:
    engine, busybox = HandMadeEngine(), one(Scenario(("shop",)), name="busybox")
    etcd = one(Scenario(reset="baseline"), name="etcd", touches=frozenset({"api-server"}))
    author = AuthorSession(session(engine, busybox, etcd).catalog, engine, clock=Hands().clock)
    author.start(etcd)
    engine.node.answers["bash -s compare"] = CHANGED
    author.start(busybox)
    assert len(restores) == 2


@pytest.mark.parametrize("refused", ["delete namespace", "create namespace"])
def test_a_start_that_the_cluster_is_in_no_state_for_begins_again_from_the_baseline(
    refused: str, restores: list[str]
) -> None:
    engine, own = HandMadeEngine(), one(Scenario(("shop",)))
    engine.node.answers[refused] = done(code=1, stderr="failed calling webhook")
    session(engine, own).start(own)
    assert refused in restores[0]
    assert "create namespace shop" in asked(engine.node)


def test_a_reset_that_deleting_does_not_help_goes_back_to_the_baseline(restores: list[str]) -> None:
    engine, own = HandMadeEngine(), one(Scenario(("shop",)))
    engine.node.answers["delete namespace"] = done(code=1, stderr="connection refused")
    told: list[Progress] = []
    session(engine, own).reset(own, told.append)
    assert len(restores) == 1
    assert "baseline" in told[-1].detail


def test_where_the_baseline_may_not_be_used_the_refusal_itself_is_told(restores: list[str]) -> None:
    engine, own = HandMadeEngine(lacking={Capability.BASELINE: "the cluster is yours"}), one(Scenario(("shop",)))
    engine.node.answers["delete namespace"] = done(code=1, stderr="connection refused")
    with pytest.raises(LabError, match="connection refused"):
        session(engine, own).reset(own)
    assert restores == []


# Grading and proving


def test_a_grade_tells_the_engine_and_the_version_of_the_cluster() -> None:
    own = one()
    grade = session(HandMadeEngine(), own).grade(own)
    assert (grade.engine, grade.kubernetes, grade.verdict) == ("kind", "v1.36.1", Verdict.PASS)


def test_a_proof_runs_the_answers_script_as_the_learner(tmp_path: Path) -> None:
    script = tmp_path / "solution.sh"
    script.write_text("exit 3\n", encoding="utf-8")
    right = answer("solution", {"a": Verdict.PASS})
    own = exercise([criterion("a")], [type(right)("solution", script, right.verdicts, None)])
    proof = list(prove_exercises(session(HandMadeEngine(), own), [own], Wanted("solution", force=True)))[-1]
    assert "exit code 3" in proof.problems[0]  # type: ignore[union-attr]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> HandMadeEngine:
    """A lab whose API server an answer has taken away; its baseline brings it back."""
    engine = HandMadeEngine(state=State.UNREACHABLE)

    def restore(engine: HandMadeEngine, *_: object) -> None:
        engine.state = State.READY

    monkeypatch.setattr(baseline, "restore", restore)
    return engine


def test_a_proof_begins_from_the_baseline_where_the_api_server_does_not_answer(broken: HandMadeEngine) -> None:
    own = one()
    told: list[Progress] = []
    assert len(list(prove_exercises(session(broken, own), [own], Wanted(force=True), told.append))) == 1
    assert told[0].step == "Going back to the baseline"


def test_a_lab_whose_baseline_may_not_be_used_is_not_taken_back_for_a_proof(broken: HandMadeEngine) -> None:
    broken.lacking = {Capability.BASELINE: "no consent"}
    own = one()
    with pytest.raises(LabError) as caught:
        list(prove_exercises(session(broken, own), [own], Wanted()))
    assert (caught.value.key, broken.state) == ("prove.not_ready", State.UNREACHABLE)


# Beside other programs


def _prove(session: Session, own: Exercise) -> object:
    return list(prove_exercises(session, [own], Wanted("untouched", force=True)))


CHANGES: dict[str, Callable[[Session, Exercise], object]] = {
    "start": Session.start,
    "reset": Session.reset,
    "reset of all": lambda session, _: session.reset(),
    "proof": _prove,
}


@pytest.mark.parametrize("work", [*CHANGES.values(), Session.grade], ids=[*CHANGES, "grade"])
def test_a_lab_that_another_program_works_on_is_left_alone(
    restores: list[str], work: Callable[[Session, Exercise], object]
) -> None:
    engine, own = HandMadeEngine(), one()
    with at_work(engine.lab), pytest.raises(LabError) as caught:
        work(session(engine, own), own)
    assert caught.value.key == "lab.busy"
    assert (engine.node.ran, restores) == ([], [])


@pytest.mark.parametrize("work", CHANGES.values(), ids=CHANGES)
def test_a_lab_that_another_program_looks_at_is_not_changed(
    restores: list[str], work: Callable[[Session, Exercise], object]
) -> None:
    engine, own = HandMadeEngine(), one()
    with at_work(engine.lab, only_looking=True), pytest.raises(LabError):
        work(session(engine, own), own)
    assert (engine.node.ran, restores) == ([], [])


def test_two_programs_may_grade_at_a_time() -> None:
    engine, own = HandMadeEngine(), one()
    with at_work(engine.lab, only_looking=True):
        assert session(engine, own).grade(own).verdict is Verdict.PASS


def test_between_two_answers_of_a_proof_nobody_else_gets_the_lab() -> None:
    engine, own = HandMadeEngine(), one()
    proving = prove_exercises(session(engine, own), [own], Wanted(force=True))
    next(proving)
    with pytest.raises(AssertionError), at_work(engine.lab):
        pass
