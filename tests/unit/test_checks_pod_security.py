"""What the API server says of a Pod that does not keep to a standard, and which of it is what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from checkers.api import DryRun, Finding, NotSeen, Text, Verdict
from checkers.kit.pod_security import Level
from checkers.pod_security import admits, elsewhere, enforces, keeps, quiet, warned_of, warns
from tests.unit.support.observations import NAME, HandMade, Object, container, node, pod

PRIVILEGED = {"securityContext": {"privileged": True}}
MODE = "pod-security.kubernetes.io/{}"


@dataclass(eq=False)
class PodSecurity(HandMade):
    """An API server with the admission controller: `privileged` violates baseline, an unset seccomp profile restricted.

    Attributes:
        also_warns: what is message to everybody besides.
        refuses: the words of another admission controller, which refuses every Pod.
    """

    also_warns: tuple[str, ...] = ()
    refuses: str = ""
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def draw(self, purpose: str) -> str:
        return f"{purpose}-by-chance"

    def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        if self.get("Namespace", "fresh") is None:
            made: Object = {"name": "fresh", "labels": dict(labels or {}), "creationTimestamp": "2026-01-01T00:30:00Z"}
            account = {"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "fresh"}}
            self.objects = [*self.objects, {"kind": "Namespace", "metadata": made}, account]
        return "fresh"

    def dry_run(self, manifest: Mapping[str, Any]) -> DryRun:
        if self.fails:
            raise self.fails
        self.asked.append(manifest)
        place = manifest["metadata"]["namespace"]
        namespace = self.get("Namespace", place)
        if namespace is None:
            return DryRun(accepted=False, message=f'namespaces "{place}" not found')
        if self.refuses:
            return DryRun(accepted=False, message=self.refuses)
        violated = _violated(manifest["spec"])
        enforced, warned = (_standard(namespace, mode) for mode in ("enforce", "warn"))
        if enforced.partition(":")[0] in violated or (enforced == "restricted:latest" and _is_root(manifest["spec"])):
            return DryRun(
                accepted=False, message=f'pods "x" is forbidden: violates PodSecurity "{enforced}": privileged'
            )
        speaks = warned.partition(":")[0] in violated
        warnings = (f'would violate PodSecurity "{warned}": privileged (container "x" must not ...)',) if speaks else ()
        return DryRun(accepted=True, warnings=(*self.also_warns, *warnings))


def _violated(spec: Mapping[str, Any]) -> set[str]:
    contexts = [each.get("securityContext") or {} for each in spec["containers"]]
    violated = {"restricted"} if any(not _is_tight(each) for each in contexts) else set()
    is_open = spec.get("hostPID") or any("hostPath" in volume for volume in spec.get("volumes") or ())
    adds = {name for each in contexts for name in (each.get("capabilities") or {}).get("add", ())}
    if is_open or adds - {"NET_BIND_SERVICE"} or any(each.get("privileged") for each in contexts):
        violated |= {"baseline", "restricted"}
    return violated


def _is_root(spec: Mapping[str, Any]) -> bool:
    """What only later versions of restricted forbid."""
    return any((each.get("securityContext") or {}).get("runAsUser") == 0 for each in spec["containers"])


def _is_tight(context: Mapping[str, Any]) -> bool:
    drops = (context.get("capabilities") or {}).get("drop", ())
    return "seccompProfile" in context and "ALL" in drops and context.get("runAsNonRoot") is True


def _standard(namespace: Object, mode: str) -> str:
    """As a message names it, such as `baseline:latest`."""
    labels = namespace["metadata"]["labels"]
    level, version = MODE.format(mode), MODE.format(f"{mode}-version")
    return f"{labels.get(level, 'privileged')}:{labels.get(version, 'latest')}"


def namespace(name: str = "audited", made: str = "2026-01-01T00:00:00Z", **modes: str) -> Object:
    labels = {MODE.format(mode.replace("_", "-")): value for mode, value in modes.items()}
    return {"kind": "Namespace", "metadata": {"name": name, "labels": labels, "creationTimestamp": made}}


def cluster(*objects: Object, **modes: str) -> PodSecurity:
    return PodSecurity([namespace(**modes), namespace("default"), *objects])


def in_audited(*containers: Object, **more: Any) -> Object:
    return pod(containers, metadata={"namespace": "audited"}, **more)


def verdicts(lab: PodSecurity, level: Level = "baseline") -> dict[str, Verdict]:
    """Of every statement about the namespace, those that hold left out."""
    found = {
        "warns": warns(lab, namespace="audited", level=level),
        "admits": admits(lab, namespace="audited"),
        "quiet": quiet(lab, namespace="audited", level=level),
        "elsewhere": elsewhere(lab, namespace="audited", level=level),
    }
    return {name: finding.verdict for name, finding in found.items() if finding.verdict is not Verdict.PASS}


def of_pod(lab: PodSecurity) -> Finding:
    return warned_of(lab, pod=NAME, namespace="audited", level="baseline")


@pytest.mark.parametrize(
    "modes",
    [
        {"warn": "baseline"},
        {"warn": "baseline", "warn_version": "latest"},
        {"warn": "baseline", "warn_version": "v1.33"},
        {"warn": "baseline", "enforce": "privileged"},
        {"warn": "baseline", "audit": "restricted"},
    ],
)
def test_whatever_else_is_set_a_warning_about_baseline_is_right(modes: dict[str, str]) -> None:
    assert verdicts(cluster(**modes)) == {}


@pytest.mark.parametrize(
    ("modes", "failing"),
    [
        ({}, {"warns"}),
        ({"audit": "baseline"}, {"warns"}),
        ({"warning": "baseline"}, {"warns"}),
        ({"warn": "privileged"}, {"warns"}),
        ({"warn": "restricted"}, {"warns", "quiet"}),
        ({"enforce": "baseline"}, {"warns", "admits"}),
        ({"enforce": "baseline", "warn": "baseline"}, {"warns", "admits"}),
    ],
)
def test_another_mode_or_standard_is_wrong(modes: dict[str, str], failing: set[str]) -> None:
    assert set(verdicts(cluster(**modes))) == failing


def test_restricted_is_known_by_a_pod_that_keeps_to_it() -> None:
    assert verdicts(cluster(warn="restricted"), level="restricted") == {}
    assert set(verdicts(cluster(warn="baseline"), level="restricted")) == {"warns"}


def test_a_label_that_says_nothing_is_shown() -> None:
    finding = warns(cluster(warning="baseline"), namespace="audited", level="baseline")
    assert finding.found.en == "accepted without a warning; audited: pod-security.kubernetes.io/warning=baseline"


def test_a_refusal_is_reported_in_the_api_servers_words() -> None:
    finding = admits(cluster(enforce="baseline"), namespace="audited")
    assert 'violates PodSecurity "baseline:latest"' in finding.found.en
    assert "enforce=baseline" in finding.found.zh


def test_a_refusal_by_something_else_is_no_warning() -> None:
    lab = PodSecurity([namespace(warn="baseline")], refuses='exceeded quota: none, used: pods=1, "baseline": no')
    assert set(verdicts(lab)) == {"warns", "admits", "quiet"}


def test_no_namespace_fails_in_the_api_servers_words() -> None:
    finding = warns(PodSecurity([namespace("default")]), namespace="audited", level="baseline")
    assert finding.verdict is Verdict.FAIL
    assert 'namespaces "audited" not found' in finding.found.en


def test_other_warnings_are_neither_taken_for_one_nor_shown() -> None:
    lab = PodSecurity([namespace()], also_warns=("metadata.name: baseline: this is used in the Pod's hostname",))
    assert set(verdicts(lab)) == {"warns"}
    lab = PodSecurity([namespace(warn="baseline")], also_warns=("unknown field",))
    assert "unknown" not in warns(lab, namespace="audited", level="baseline").found.en


def test_a_label_on_another_namespace_is_reported() -> None:
    lab = PodSecurity([namespace(warn="baseline"), namespace("default", warn="baseline"), namespace("web")])
    finding = elsewhere(lab, namespace="audited", level="baseline")
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == "default: pod-security.kubernetes.io/warn=baseline"


def test_a_namespace_that_labels_itself_is_left_out() -> None:
    lab = PodSecurity([namespace(enforce="restricted"), namespace("engine", enforce="restricted")])
    found = {
        exempt: elsewhere(lab, namespace="audited", level="restricted", exempt=exempt) for exempt in ((), ("engine",))
    }
    assert [finding.verdict for finding in found.values()] == [Verdict.FAIL, Verdict.PASS]


def test_a_namespace_that_the_learner_has_made_meanwhile_is_the_learners_own() -> None:
    scratch = namespace("scratch", made="2026-01-01T00:05:00Z", warn="baseline")
    lab = PodSecurity([namespace(warn="baseline"), namespace("default"), scratch])
    assert elsewhere(lab, namespace="audited", level="baseline").verdict is Verdict.PASS


def test_of_namespaces_that_are_labelled_alike_one_is_asked_and_all_are_reported() -> None:
    many = [namespace(f"n{number:03}", warn="baseline") for number in range(500)]
    lab = PodSecurity([namespace(warn="baseline"), namespace("default"), *many])
    finding = elsewhere(lab, namespace="audited", level="baseline")
    assert finding.verdict is Verdict.FAIL
    assert len(lab.asked) == 2
    assert finding.found.en.startswith("n000: pod-security.kubernetes.io/warn=baseline; n001: ")
    assert finding.found.en.endswith("; ...")


def test_a_rule_that_knows_one_violation_only_is_not_the_standard() -> None:
    class Policy(PodSecurity):
        def dry_run(self, manifest: Mapping[str, Any]) -> DryRun:
            (only,) = manifest["spec"]["containers"]
            message = ('would violate PodSecurity "baseline:latest"',)
            return DryRun(accepted=True, warnings=message if only["securityContext"].get("privileged") else ())

    assert set(verdicts(Policy([namespace()]))) == {"warns"}
    assert warns(Policy([namespace()]), namespace="audited", level="baseline").causes == {"some-only"}


def test_what_is_offered_has_names_that_nobody_could_have_written_down() -> None:
    lab = cluster(warn="baseline")
    verdicts(lab)
    for offered in lab.asked:
        (only,) = offered["spec"]["containers"]
        assert {offered["metadata"]["name"], *offered["metadata"]["labels"], only["name"], only["image"]} == {
            "pod-by-chance"
        }


def test_another_namespace_that_holds_pods_to_another_standard_was_so_before() -> None:
    lab = PodSecurity([namespace(warn="baseline"), namespace("system", warn="restricted")])
    assert elsewhere(lab, namespace="audited", level="baseline").verdict is Verdict.PASS


@pytest.mark.parametrize(
    "obj",
    [
        in_audited(container(**PRIVILEGED)),
        in_audited(container(), container("second", **PRIVILEGED)),
    ],
)
def test_a_pod_that_would_be_warned_about_passes(obj: Object) -> None:
    assert of_pod(cluster(obj, warn="baseline")).verdict is Verdict.PASS


def test_a_pod_that_keeps_to_the_standard_fails() -> None:
    assert of_pod(cluster(in_audited(), warn="baseline")).found.en == "accepted without a warning"


def test_a_pod_that_is_there_from_before_it_would_be_refused_fails() -> None:
    lab = cluster(in_audited(container(**PRIVILEGED)), warn="baseline", enforce="baseline")
    assert of_pod(lab).found.en.startswith("refused: ")


def test_a_pod_in_another_namespace_is_reported() -> None:
    finding = of_pod(cluster(pod([container(**PRIVILEGED)]), warn="baseline"))
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == f"There is no Pod {NAME} in namespace audited. There is one in default."


def test_a_pod_is_offered_as_its_author_wrote_it() -> None:
    notes = {"annotations": {"note": "x"}, "labels": {"app": "web"}, "ownerReferences": [{"name": "other"}]}
    obj = in_audited(container(), ephemeral=[container("debugger", **PRIVILEGED)])
    obj["metadata"] |= notes
    lab = cluster(obj, warn="baseline")
    of_pod(lab)
    offered = lab.asked[0]
    assert offered["metadata"] == {
        "name": "pod-by-chance",
        "namespace": "audited",
        "labels": {"app": "web"},
        "annotations": {"note": "x"},
    }
    assert "nodeName" not in offered["spec"]
    assert "ephemeralContainers" not in offered["spec"]


def test_an_observation_that_takes_too_long_is_left_to_the_grader() -> None:
    with pytest.raises(NotSeen):
        warns(PodSecurity(fails=NotSeen(Text("slow", "慢"))), namespace="audited", level="baseline")


# The causes that a known mistake goes by


@pytest.mark.parametrize(
    ("modes", "causes"),
    [
        ({}, {"no-label"}),
        ({"audit": "baseline"}, {"label-of-no-warning"}),
        ({"warn": "privileged"}, frozenset()),
        ({"warn": "restricted"}, {"stricter-standard"}),
        ({"enforce": "baseline"}, {"refused"}),
        ({"enforce": "baseline", "warn": "baseline"}, {"refused", "refused-though-warned"}),
    ],
)
def test_why_nobody_is_warned(modes: dict[str, str], causes: set[str]) -> None:
    assert warns(cluster(**modes), namespace="audited", level="baseline").causes == causes


def test_a_refusal_by_something_else_is_not_the_labels() -> None:
    lab = PodSecurity([namespace(warn="baseline")], refuses="exceeded quota")
    assert warns(lab, namespace="audited", level="baseline").causes == frozenset()


def test_a_pod_that_keeps_to_the_standard_is_the_cause_only_where_others_are_warned_about() -> None:
    assert of_pod(cluster(in_audited(), warn="baseline")).causes == {"keeps-to-it"}
    assert of_pod(cluster(in_audited())).causes == frozenset()


# A standard that is enforced


def why_not_enforced(**modes: str) -> frozenset[str] | None:
    """The causes; None where it is enforced."""
    finding = enforces(cluster(**modes), namespace="audited", level="restricted")
    return None if finding.verdict is Verdict.PASS else finding.causes


@pytest.mark.parametrize(
    ("modes", "causes"),
    [
        ({"enforce": "restricted"}, None),
        ({"enforce": "restricted", "enforce_version": "latest", "warn": "baseline"}, None),
        ({}, {"no-label"}),
        ({"warn": "restricted"}, {"label-of-no-refusal"}),
        ({"enforced": "restricted"}, {"label-of-no-refusal"}),
        ({"enforce": "baseline"}, {"weaker-standard"}),
        ({"enforce": "restricted", "enforce_version": "v1.18"}, {"old-version"}),
    ],
)
def test_whether_a_standard_is_enforced(modes: dict[str, str], causes: set[str] | None) -> None:
    assert why_not_enforced(**modes) == causes


def test_a_namespace_that_refuses_everything_enforces_no_standard() -> None:
    lab = PodSecurity([namespace(enforce="restricted")], refuses="exceeded quota")
    finding = enforces(lab, namespace="audited", level="restricted")
    assert finding.verdict is Verdict.FAIL
    assert "refused-too-much" in finding.causes


def test_what_a_namespace_lets_pass_is_shown_with_its_labels() -> None:
    finding = enforces(cluster(warn="baseline"), namespace="audited", level="restricted")
    assert finding.found.en == "accepted without a warning; audited: pod-security.kubernetes.io/warn=baseline"


# A workload that keeps to a standard

TIGHT = {
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
}


def deployment(*containers: Object, replicas: int = 1, made_of: Object | None = None) -> list[Object]:
    """A Deployment whose template has these containers, its ReplicaSet and its Pods, which may be of an older one."""
    controller = {"controller": True}
    metadata = {"namespace": "audited", "creationTimestamp": "2026-01-01T00:00:00Z", "generation": 1}
    whole = {
        "kind": "Deployment",
        "metadata": {"name": NAME, "uid": "d1", **metadata},
        "spec": {"replicas": replicas, "template": {"metadata": {}, "spec": {"containers": list(containers)}}},
        "status": {"observedGeneration": 1, "updatedReplicas": replicas},
    }
    owned = {"kind": "ReplicaSet", "metadata": {"name": NAME, "uid": "r1", **metadata}}
    owned["metadata"]["ownerReferences"] = [{"uid": "d1", **controller}]
    pods = [
        pod(
            [made_of] if made_of else containers,
            metadata={"name": f"{NAME}-{number}", "ownerReferences": [{"uid": "r1", **controller}], **metadata},
        )
        for number in range(replicas)
    ]
    return [whole, owned, *pods, node()]


def of_workload(lab: PodSecurity, pods: int = 1) -> Finding:
    return keeps(lab, workload=NAME, namespace="audited", level="restricted", pods=pods)


@pytest.mark.parametrize("modes", [{}, {"enforce": "restricted"}])
def test_a_workload_that_keeps_to_the_standard_passes_whether_it_is_enforced_or_not(modes: dict[str, str]) -> None:
    assert of_workload(cluster(*deployment(container(**TIGHT), replicas=2), **modes), pods=2).verdict is Verdict.PASS


def test_a_template_that_violates_it_fails_in_the_words_of_the_standard() -> None:
    finding = of_workload(cluster(*deployment(container())))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"violates"})
    assert 'violates PodSecurity "restricted:latest"' in finding.found.en


def test_where_its_own_namespace_refuses_the_next_pod_is_a_cause() -> None:
    assert of_workload(cluster(*deployment(container()), enforce="restricted")).causes == {"violates", "refused-here"}


def test_pods_of_an_older_template_fail() -> None:
    finding = of_workload(cluster(*deployment(container(**TIGHT), made_of=container())))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"violates"})
    assert finding.found.en.startswith(f"Pod {NAME}-0: ")


def test_a_workload_without_pods_fails() -> None:
    finding = of_workload(cluster(*deployment(container(**TIGHT), replicas=0)))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"no-pods", "scaled-to-zero"})


def test_fewer_pods_than_are_asked_for_fail() -> None:
    assert of_workload(cluster(*deployment(container(**TIGHT))), pods=2).causes == {"too-few"}


def test_a_workload_that_is_gone_fails() -> None:
    assert of_workload(cluster()).causes == {"no-workload"}
