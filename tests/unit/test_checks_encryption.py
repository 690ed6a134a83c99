"""Which provider the API server writes Secrets by, and whether it would do so again after its next start."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from checkers.api import Finding, LabBroken, LearnerBroke, NotSeen, Ran, Text, Verdict
from checkers.encryption import key_gone, lasting
from tests.unit.support.observations import HandMade, Object

FLAG = "--encryption-provider-config"
RELOAD = f"{FLAG}-automatic-reload"
FOLDER = "/etc/kubernetes/manifests"
FILE = "/etc/kubernetes/enc/config.yaml"
NOW, LONG_AGO = 10_000.0, 100.0
RIGHT = ({"aescbc": {"keys": [{"name": "key1", "secret": "masked"}]}}, {"identity": {}})
BOX = {"secretbox": {"keys": [{"name": "box", "secret": "masked"}]}}


def config(*providers: Object, resources: Sequence[str] = ("secrets",)) -> str:
    return yaml.safe_dump({"resources": [{"resources": [*resources], "providers": [*(providers or RIGHT)]}]})


def pod(
    *args: str, mounts: Mapping[str, str] | None = None, paths: Mapping[str, Any] | None = None, command: str = ""
) -> Object:
    """A manifest of the API server; `mounts` are places in the container by volume, `paths` hostPaths by volume."""
    mounts = {"enc": "/etc/kubernetes/enc"} if mounts is None else mounts
    paths = {"enc": {"path": "/etc/kubernetes/enc"}} if paths is None else paths
    container = {
        "name": "kube-apiserver",
        "command": [command or "kube-apiserver", *(args or (f"{FLAG}={FILE}",)), "--secure-port=6443"],
        "volumeMounts": [{"name": name, "mountPath": place} for name, place in mounts.items()],
    }
    volumes = [{"name": name, "hostPath": path} for name, path in paths.items()]
    return {"kind": "Pod", "spec": {"containers": [container], "volumes": volumes}}


@dataclass
class Node(HandMade):
    """A control plane that encrypts as it should, unless its fields say otherwise.

    Attributes:
        marked: the file in use, in which the key of the start is marked.
        manifests: file in the static Pods' folder -> content, or text that is no Pod.
        files: path on the node -> content; each of them is loaded if `loaded` does not say what is.
        links: path on the node -> where it leads to.
        types: path on the node -> what `stat` calls it.
    """

    manifests: dict[str, Any] = field(default_factory=lambda: {"kube-apiserver.yaml": pod()})
    files: dict[str, str] = field(default_factory=lambda: {FILE: config()})
    loaded: Sequence[str] | None = None
    links: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    kubelet: str = "ActiveState=active\nUnitFileState=enabled\n"
    folder: str = FOLDER
    since: float = NOW - 500
    manifest_changed: float = LONG_AGO
    file_changed: float = LONG_AGO
    elsewhere: str = ""
    metrics: bool = True
    marked: str | None = None
    ran: list[str] = field(default_factory=list)

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        line = " ".join(argv)
        self.ran.append(line)
        if argv[0] == "systemctl":
            return Ran(0, self.kubelet, "")
        if argv[0] == "cat":
            return Ran(0, f"staticPodPath: {self.folder}\n", "")
        if argv[0] == "grep":
            return Ran(0, self.elsewhere, "")
        if "metrics" in line:
            return self._metrics()
        if argv[0] == "bash":
            return Ran(1, "", "No such file or directory") if self.marked is None else Ran(0, self.marked, "")
        if "kube-apiserver" in line:
            return self._listed(argv[-1])
        if "readlink" in line:
            return self._read(argv[-1])
        return Ran(0, "".join(f"{self.types.get(path, '')}\n" for path in argv[4:]), "")

    def _metrics(self) -> Ran:
        name = "apiserver_encryption_config_controller_last_config_info"
        loaded = [_hash(text) for text in self.files.values()] if self.loaded is None else self.loaded
        lines = [f'{name}{{apiserver_id_hash="sha256:8e03",hash="sha256:{each}"}} 1' for each in loaded]
        message = "\n".join([*lines, f"process_start_time_seconds {self.since:e}", ""])
        return Ran(0, message if self.metrics else "", "")

    def _listed(self, folder: str) -> Ran:
        texts = {name: pod if isinstance(pod, str) else yaml.safe_dump(pod) for name, pod in self.manifests.items()}
        files = [f"\036{name}\n{self.manifest_changed:.0f}\n{text}" for name, text in texts.items()]
        return Ran(0, f"{NOW:.0f}\n{''.join(files) if folder == self.folder else ''}", "")

    def _read(self, path: str) -> Ran:
        link = self.links.get(path, "")
        if path not in self.files:
            return Ran(1, f"{link}\n", f"stat: cannot statx '{path}': No such file or directory")
        text = self.files[path]
        return Ran(0, f"{link}\n{self.file_changed:.0f}\n{_hash(text)}  -\n{text}", "")


def _hash(text: str) -> str:
    return f"{abs(hash(text)):x}"


def finding_of(**shown: Any) -> Finding:
    """What is found on a node that shows this, and is right in all else."""
    return lasting(Node(**shown), provider="aescbc")


def of_manifest(manifest: Object, **shown: Any) -> Finding:
    return finding_of(manifests={"kube-apiserver.yaml": manifest}, **shown)


def causes(found: Finding) -> set[str]:
    assert found.verdict is Verdict.FAIL
    return set(found.causes)


# How it may be done


@pytest.mark.parametrize(
    "args",
    [
        [f"{FLAG}={FILE}"],
        [FLAG, FILE],
        [f"{FLAG}=/elsewhere", f"{FLAG}={FILE}"],
        [f"{FLAG}={FILE}", f"{RELOAD}=true"],
        ["--encryption_provider_config=/etc/kubernetes/enc/config.yaml"],
        [f"{FLAG}=/etc/kubernetes//enc/config.yaml"],
        [f"{FLAG}=etc/kubernetes/enc/config.yaml"],
    ],
)
def test_the_flag_may_be_written_in_any_way_and_the_last_one_counts(args: Sequence[str]) -> None:
    assert of_manifest(pod(*args)).verdict is Verdict.PASS


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
    names = {place: f"v{number}" for number, place in enumerate(mounts)}
    manifest = pod(
        f"{FLAG}={inside}",
        mounts={names[place]: place for place in mounts},
        paths={names[place]: {"path": path} for place, path in mounts.items()},
    )
    assert of_manifest(manifest, files={on_node: config()}).verdict is Verdict.PASS


@pytest.mark.parametrize("names", [["secrets"], ["configmaps", "secrets"], ["secrets."], ["*."], ["*.*"]])
def test_secrets_may_be_covered_by_a_group_of_resources(names: Sequence[str]) -> None:
    assert finding_of(files={FILE: config(resources=names)}).verdict is Verdict.PASS


def test_the_name_itself_counts_before_a_group_that_covers_it() -> None:
    entries = [
        {"resources": ["*.*"], "providers": [{"identity": {}}]},
        {"resources": ["secrets"], "providers": [*RIGHT]},
    ]
    assert finding_of(files={FILE: json.dumps({"resources": entries})}).verdict is Verdict.PASS


def test_other_providers_may_come_after_the_one_that_writes() -> None:
    assert finding_of(files={FILE: config(RIGHT[0], BOX)}).verdict is Verdict.PASS


def test_a_link_is_followed_as_the_container_sees_it() -> None:
    files = {"/etc/kubernetes/enc/real.yaml": config(), FILE: config()}
    assert finding_of(files=files, links={FILE: "real.yaml"}).verdict is Verdict.PASS
    gone = finding_of(files={FILE: config()}, links={FILE: "/root/real.yaml"})
    assert causes(gone) == {"not-mounted"}
    assert "/root/real.yaml is on no volume" in gone.found.en


def test_a_copy_of_the_manifest_that_names_the_same_file_does_no_harm() -> None:
    assert finding_of(manifests={"kube-apiserver.yaml": pod(), "backup.yaml": pod()}).verdict is Verdict.PASS


def test_a_file_beside_the_manifests_that_is_no_pod_does_no_harm() -> None:
    others = {"notes.txt": "kube-apiserver: [", "list.yaml": "kind: PodList # kube-apiserver"}
    assert finding_of(manifests={"kube-apiserver.yaml": pod(), **others}).verdict is Verdict.PASS


def test_the_folder_is_the_one_that_the_kubelet_reads() -> None:
    assert finding_of(folder="/var/lib/static").verdict is Verdict.PASS


# What is written next


def test_identity_first_fails_though_the_file_is_the_one_that_is_loaded() -> None:
    found = finding_of(files={FILE: config({"identity": {}}, RIGHT[0])})
    assert causes(found) == {"identity-first"}
    assert f"the first provider for secrets in {FILE} is identity" in found.found.en


def test_another_provider_first_fails() -> None:
    assert causes(finding_of(files={FILE: config(BOX, *RIGHT)})) == {"other-provider"}


@pytest.mark.parametrize("names", [["configmaps"], ["*.apps"], ["secret"]])
def test_a_file_that_does_not_name_secrets_fails(names: Sequence[str]) -> None:
    assert causes(finding_of(files={FILE: config(resources=names)})) == {"other-resource"}


# What would be loaded at the next start


def test_without_the_flag_it_fails() -> None:
    assert causes(of_manifest(pod(f"{RELOAD}=true"), loaded=[])) == {"flag-missing"}


def test_a_flag_that_another_program_was_given_is_found() -> None:
    elsewhere = f"{FOLDER}/kube-controller-manager.yaml\n"
    found = of_manifest(pod("--v=2"), loaded=[], elsewhere=elsewhere)
    assert causes(found) == {"flag-elsewhere"}
    assert "kube-controller-manager.yaml" in found.found.zh


def test_a_manifest_that_was_put_back_fails_though_what_runs_encrypts() -> None:
    found = of_manifest(pod("--v=2"))
    assert causes(found) == {"flag-removed"}
    assert "its next start has none" in found.found.en


def test_no_manifest_in_the_folder_fails_and_what_is_there_instead_is_reported() -> None:
    found = finding_of(manifests={"kube-apiserver.yaml": "kube-apiserver: ["})
    assert causes(found) == {"no-manifest"}
    assert f"{FOLDER}/kube-apiserver.yaml" in found.found.en


@pytest.mark.parametrize(
    "damage",
    [
        {"volumeMounts": [{"name": "enc"}, "enc"]},
        {"volumeMounts": "enc"},
        {"volumeMounts": [{"name": "enc", "mountPath": None}]},
        {"command": "kube-apiserver"},
        {"command": None, "args": {"a": 1}},
    ],
)
def test_a_manifest_that_no_kubelet_takes_is_still_judged(damage: Object) -> None:
    manifest = pod()
    manifest["spec"]["containers"][0] |= damage
    assert of_manifest(manifest).verdict is Verdict.FAIL


@pytest.mark.parametrize("volumes", [None, "enc", [{"hostPath": "x"}, None], [{"name": "enc", "hostPath": {}}]])
def test_volumes_that_no_kubelet_takes_are_still_judged(volumes: Any) -> None:
    manifest = pod()
    manifest["spec"]["volumes"] = volumes
    assert of_manifest(manifest).verdict is Verdict.FAIL


def test_a_kubelet_without_a_folder_starts_no_api_server() -> None:
    assert causes(finding_of(folder="")) == {"no-manifest"}


def test_a_copy_without_the_flag_beside_the_manifest_fails() -> None:
    found = finding_of(manifests={"kube-apiserver.yaml": pod(), "kube-apiserver.yaml.bak": pod("--v=2")})
    assert causes(found) == {"second-manifest", "flag-removed"}
    assert f"{FOLDER}/kube-apiserver.yaml, {FOLDER}/kube-apiserver.yaml.bak" in found.found.en


def test_the_manifest_that_gives_the_flag_is_no_other_programs_where_a_copy_of_it_does_not() -> None:
    copies = {"kube-apiserver.yaml": pod(), "kube-apiserver.yaml.bak": pod("--v=2")}
    found = finding_of(manifests=copies, elsewhere=f"{FOLDER}/kube-apiserver.yaml\n")
    assert causes(found) == {"second-manifest", "flag-missing"}


def test_a_file_that_only_the_container_has_fails() -> None:
    assert causes(of_manifest(pod(mounts={"enc": "/etc/kubernetes/encrypted"}))) == {"not-mounted"}
    assert causes(of_manifest(pod(mounts={}))) == {"not-mounted"}


def test_a_mount_of_a_volume_that_is_not_there_fails() -> None:
    assert "volume-unknown" in causes(of_manifest(pod(paths={})))


def test_a_volume_of_another_type_than_what_lies_there_fails() -> None:
    manifest = pod(paths={"enc": {"path": "/etc/kubernetes/enc", "type": "File"}})
    found = of_manifest(manifest, types={"/etc/kubernetes/enc": "directory"})
    assert causes(found) == {"hostpath-type"}
    assert "asks for /etc/kubernetes/enc of type File, and on kube-control-plane it is: directory" in found.found.en
    directory = pod(paths={"enc": {"path": "/etc/kubernetes/enc", "type": "Directory"}})
    assert of_manifest(directory, types={"/etc/kubernetes/enc": "directory"}).verdict is Verdict.PASS


def test_a_file_that_is_gone_fails_with_the_nodes_own_words() -> None:
    found = finding_of(files={})
    assert causes(found) == {"file-missing"}
    assert f"'{FILE}': No such file" in found.found.en


def test_a_file_that_was_changed_afterwards_fails() -> None:
    assert causes(finding_of(loaded=["another"])) == {"changed-afterwards"}


def test_a_file_that_was_changed_afterwards_also_fails_for_what_it_would_do() -> None:
    found = finding_of(files={FILE: config({"identity": {}}, RIGHT[0])}, loaded=["another"])
    assert causes(found) == {"changed-afterwards", "identity-first"}


def test_an_api_server_that_was_not_started_by_the_manifest_fails() -> None:
    assert causes(finding_of(loaded=[])) == {"not-loaded"}


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        ("ActiveState=inactive\nUnitFileState=enabled\n", "kubelet-stopped"),
        ("ActiveState=active\nUnitFileState=disabled\n", "kubelet-disabled"),
        ("ActiveState=active\nUnitFileState=masked\n", "kubelet-disabled"),
    ],
)
def test_a_kubelet_that_would_not_start_it_again_fails(state: str, cause: str) -> None:
    assert causes(finding_of(kubelet=state)) == {cause}


# What only needs time


def test_a_manifest_that_was_changed_a_moment_ago_is_not_seen_yet() -> None:
    with pytest.raises(NotSeen):
        finding_of(loaded=[], manifest_changed=NOW - 5)


def test_a_manifest_that_was_changed_long_ago_and_that_nothing_came_of_fails() -> None:
    assert causes(finding_of(loaded=[], manifest_changed=NOW - 120)) == {"not-loaded"}


def test_a_file_that_is_about_to_be_taken_in_is_not_seen_yet() -> None:
    manifest = pod(f"{FLAG}={FILE}", f"{RELOAD}=true")
    with pytest.raises(NotSeen):
        of_manifest(manifest, loaded=["another"], file_changed=NOW - 5)
    assert causes(of_manifest(manifest, loaded=["another"], file_changed=NOW - 300)) == {"changed-afterwards"}


# Whose fault it is


def test_a_kubernetes_that_does_not_show_its_metrics_cannot_be_judged() -> None:
    with pytest.raises(LabBroken):
        finding_of(metrics=False)


@dataclass
class Down(Node):
    """The API server does not answer, and its container said why."""

    message: str = "ended with exit code 1"

    def list(self, *args: Any, **more: Any) -> Sequence[Object]:
        raise LearnerBroke(Text(self.message, "以退出码 1 结束"))


def test_an_api_server_that_is_down_fails_with_its_own_last_line_and_what_is_wrong_with_its_manifest() -> None:
    message = 'err="error reading encryption provider configuration file: no such file or directory"'
    found = lasting(Down(manifests={"kube-apiserver.yaml": pod(mounts={})}, message=message), provider="aescbc")
    assert found.found.en == message
    assert causes(found) == {"not-mounted", "file-missing"}


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ('secret: Invalid value: "REDACTED": secrets must be base64 encoded', "key-not-base64"),
        ("secret is not of the expected length, got 5, expected one of [16 24 32]", "key-length"),
        ('error decoding encryption provider configuration file "/x": yaml: line 5', "config-syntax"),
        ("Error: unknown flag: --encription", "unknown-flag"),
    ],
)
def test_the_last_line_of_an_api_server_that_does_not_start_is_a_cause(message: str, cause: str) -> None:
    assert causes(lasting(Down(message=message), provider="aescbc")) == {cause}


def test_no_guess_is_a_cause() -> None:
    assert causes(lasting(Down(message="panic: something else"), provider="aescbc")) == set()


def test_no_key_leaves_the_node() -> None:
    node = Node()
    lasting(node, provider="aescbc")
    assert not [line for line in node.ran if line.startswith("cat") and FILE in line]
    assert [line for line in node.ran if "masked" in line]


# Which key writes


def keys(*names: str, held: str = "masked") -> Object:
    return {"aescbc": {"keys": [{"name": name, "secret": held} for name in names]}}


def of_key(*providers: Object, **shown: Any) -> Finding:
    return lasting(Node(files={FILE: config(*providers)}, **shown), provider="aescbc", key="autumn")


@pytest.mark.parametrize(
    "providers", [[keys("autumn")], [keys("autumn", "spring")], [keys("autumn"), keys("spring"), {"identity": {}}]]
)
def test_the_first_key_of_the_first_provider_writes(providers: Sequence[Object]) -> None:
    assert of_key(*providers).verdict is Verdict.PASS


@pytest.mark.parametrize("providers", [[keys("spring", "autumn")], [keys("spring"), keys("autumn")]])
def test_a_new_key_that_comes_second_only_reads(providers: Sequence[Object]) -> None:
    found = of_key(*providers)
    assert causes(found) == {"new-key-second"}
    assert "aescbc:spring, aescbc:autumn" in found.found.en


@pytest.mark.parametrize("providers", [[keys("spring")], [{"aescbc": {"keys": []}}], [{"aescbc": None}]])
def test_another_key_fails(providers: Sequence[Object]) -> None:
    assert causes(of_key(*providers)) == {"other-key"}


# Which key is gone


def of_old_key(text: str, **shown: Any) -> Finding:
    return key_gone(Node(marked=text, **shown), key="autumn")


def test_a_key_that_the_file_does_not_have_is_gone() -> None:
    assert of_old_key(config(keys("autumn"))).verdict is Verdict.PASS


def test_a_key_that_is_only_in_a_comment_is_gone() -> None:
    assert of_old_key(f"{config(keys('autumn'))}# old-key\n").verdict is Verdict.PASS


@pytest.mark.parametrize("resource", ["secrets", "configmaps"])
def test_a_key_that_still_reads_is_not_gone_and_its_name_is_reported(resource: str) -> None:
    found = of_old_key(config(keys("autumn"), keys("winter", held="old-key"), resources=[resource]))
    assert causes(found) == {"old-key-left"}
    assert "winter" in found.found.en


def test_a_key_that_still_writes_is_not_gone() -> None:
    assert causes(of_old_key(config(keys("spring", held="old-key"), keys("autumn")))) == {"old-key-there"}


def test_a_new_name_makes_no_new_key() -> None:
    assert causes(of_old_key(config(keys("autumn", held="old-key")))) == {"same-secret"}


def test_a_key_that_is_gone_from_the_file_alone_is_still_in_use() -> None:
    assert causes(of_old_key(config(keys("autumn")), loaded=["old"])) == {"changed-afterwards"}


def test_a_file_that_is_no_configuration_fails() -> None:
    assert causes(of_old_key("resources: secrets")) == {"config-syntax"}


def test_a_start_that_left_no_hash_of_the_key_is_the_labs_fault() -> None:
    with pytest.raises(LabBroken, match="old-encryption-key"):
        key_gone(Node(), key="autumn")
