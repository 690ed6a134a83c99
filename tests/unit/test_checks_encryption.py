"""Whether the API server would start again with the encryption that it runs with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from checkers.api import Finding, LabBroken, LearnerBroke, Ran, Text, Verdict
from checkers.encryption import lasting
from tests.unit.support.observations import HandMade, Object

NODE = "kube-control-plane"
FLAG = "--encryption-provider-config"
FILE = "/etc/kubernetes/enc/config.yaml"
FOLDER = {"/etc/kubernetes/enc": "/etc/kubernetes/enc"}
HASH = "284c2334caec7136"
METRIC = "apiserver_encryption_config_controller_last_config_info"


def loaded(value: str) -> Ran:
    return Ran(0, f'{METRIC}{{apiserver_id_hash="sha256:8e03",hash="sha256:{value}"}} 1\n', "")


def look(
    args: Sequence[str] = (f"{FLAG}={FILE}",),
    mounts: Mapping[str, str] = FOLDER,
    *,
    on_node: str = FILE,
    hashed: Ran | None = None,
    says: Ran | None = None,
) -> Finding:
    """What is found of an API server with these arguments and mounts; `on_node` is where the file lies."""
    places = [{"containerPath": inside, "hostPath": outside} for inside, outside in mounts.items()]
    container = json.dumps({"args": ["kube-apiserver", *args, "--secure-port=6443"], "mounts": places})
    seen = {
        "crictl ps --quiet --label=io.kubernetes.container.name=kube-apiserver": Ran(0, "newest\nolder\n", ""),
        "crictl": Ran(0, container, ""),
        f"sha256sum -- {on_node}": hashed or Ran(0, f"{HASH}  {on_node}\n", ""),
        "sha256sum": Ran(1, "", "sha256sum: No such file or directory"),
        "sh": says or loaded(HASH),
    }
    return lasting(HandMade(on_nodes={NODE: seen}))


@pytest.mark.parametrize(
    "args",
    [
        [f"{FLAG}={FILE}"],
        [FLAG, FILE],
        [f"{FLAG}=/elsewhere", f"{FLAG}={FILE}"],
        [f"{FLAG}={FILE}", f"{FLAG}-automatic-reload=true"],
        [f"{FLAG}=/etc/kubernetes//enc/config.yaml"],
        [f"{FLAG}=etc/kubernetes/enc/config.yaml"],
    ],
)
def test_the_file_that_it_has_loaded_passes_however_the_flag_is_written(args: Sequence[str]) -> None:
    assert look(args).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("inside", "mounts", "on_node"),
    [
        ("/enc/c.yaml", {"/enc": "/var/lib/keys"}, "/var/lib/keys/c.yaml"),
        ("/enc/c.yaml", {"/enc/": "/var/lib/keys/"}, "/var/lib/keys/c.yaml"),
        ("/enc/a/c.yaml", {"/enc": "/var/lib/keys"}, "/var/lib/keys/a/c.yaml"),
        ("/enc/c", {"/enc/c": "/root/at-rest.json"}, "/root/at-rest.json"),
        ("/enc/a/c", {"/enc": "/outer", "/enc/a": "/inner"}, "/inner/c"),
    ],
)
def test_the_file_is_found_on_the_node_wherever_it_is_mounted(
    inside: str, mounts: Mapping[str, str], on_node: str
) -> None:
    found = look([f"{FLAG}={inside}"], mounts, on_node=on_node)
    assert found.verdict is Verdict.PASS
    assert on_node in found.found.en


def test_without_the_flag_it_fails() -> None:
    assert f"without {FLAG}" in look([f"{FLAG}-automatic-reload=true"]).found.en


def test_a_file_that_only_the_container_has_fails() -> None:
    found = look(mounts={"/etc/kubernetes/encrypted": "/etc/kubernetes/enc"})
    assert found.verdict is Verdict.FAIL
    assert f"{FILE} is on no volume" in found.found.en


def test_a_file_that_was_changed_afterwards_fails() -> None:
    found = look(says=loaded("another"))
    assert found.verdict is Verdict.FAIL
    assert "changed after it started" in found.found.en


def test_a_file_that_is_gone_fails_with_the_nodes_own_words() -> None:
    found = look(hashed=Ran(1, "", f"sha256sum: {FILE}: No such file or directory"))
    assert found.verdict is Verdict.FAIL
    assert f"{FILE}: No such file" in found.found.en


def test_a_kubernetes_that_does_not_say_what_it_has_loaded_cannot_be_judged() -> None:
    with pytest.raises(LabBroken):
        look(says=Ran(1, "", ""))


def test_an_api_server_that_is_down_is_left_to_the_grader() -> None:
    class Down(HandMade):
        def list(self, *args: Any, **more: Any) -> Sequence[Object]:
            raise LearnerBroke(Text("ended with exit code 1", "以退出码 1 结束"))

    with pytest.raises(LearnerBroke):
        lasting(Down())
