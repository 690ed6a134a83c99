"""Who may do what by Istio's AuthorizationPolicies, by requests from the networks of Pods through their proxies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.kit.mesh import PAST_THE_PROXY, ROOT, SECURITY, Object, in_time, selector, selects
from checkers.kit.network import NO_ANSWER, Place, Request, is_answer, no_service, of_service, statuses, wrong_ones
from checkers.kit.pod import Pod
from checkers.kit.text import NAMED, as_is, listed
from checkers.kit.trouble import Trouble
from checkers.kit.workload import CAUSES, pods_of

POLICIES = "https://istio.io/latest/docs/reference/config/security/authorization-policy/"
TASK = "https://istio.io/latest/docs/tasks/security/authorization/authz-http/"

_DENIED = "403"
_REFUSED = Text(
    "What a caller has no need of is what an intruder uses it for.",
    "调用方不需要的权限，正是入侵者会利用的。",
)
_ALLOWED = Text(
    "A rule that stops the work will be taken back by whoever has to get it going again.",
    "妨碍工作的规则，会被负责恢复工作的人撤销。",
)


@dataclass(frozen=True, slots=True)
class _Request:
    """A request of a Pod, and where it goes."""

    client: Pod
    method: str
    path: str
    place: Place

    @property
    def name(self) -> str:
        """Of who asks."""
        return f"{self.client.namespace}/{self.client.name}"

    @property
    def request(self) -> Request:
        """What is sent."""
        return Request(self.method, self.place.url.removesuffix("/") + self.path)

    def said(self, status: str) -> Text:
        asked = f"{self.name}: {self.method} {self.path}"
        outcome = Text("no answer", "没有应答") if status == NO_ANSWER else as_is(f"HTTP {status}")
        return Text(f"{asked}: {outcome.en}", f"{asked}：{outcome.zh}")


@check(
    "authorization.allows",
    causes=(*CAUSES, "no-service", "denied", "nothing-allowed", "spiffe-prefix", "whole-namespace"),
)
def allows(cluster: Observer, *, service: str, requests: Mapping[str, Sequence[str]]) -> Finding:
    """Each of these requests is answered: `NAMESPACE/DEPLOYMENT: [METHOD PATH]`, to `NAMESPACE/SERVICE:PORT`.

    They come from the Deployment's Pods, by their proxies. A `*` in a path stands for a word that is chosen at random.
    """
    expected = Text(f"{service} answers {_described(requests)}", f"{service} 应答 {_described(requests)}")
    asked = _requests(cluster, service, requests)
    if isinstance(asked, Trouble):
        return asked.finding(expected, _ALLOWED, TASK)
    if asked is None:
        return failed(expected, no_service(service), _ALLOWED, TASK, ("no-service",))
    seen = in_time(cluster, lambda: _ask(cluster, asked), lambda seen: all(map(is_answer, seen)))
    wrong = wrong_ones(asked, seen, is_answer, service)
    if not wrong:
        return passed(expected, Text(f"{len(asked)} were answered", f"{len(asked)} 个请求得到应答"))
    causes = _why_denied(cluster, service) if any(status == _DENIED for _, status in wrong) else set()
    return failed(expected, _found(wrong, len(asked)), _ALLOWED, TASK, causes)


@check(
    "authorization.denies",
    causes=(
        *(*CAUSES, "no-service", "answered", "no-policy", "policy-elsewhere", "audit-only"),
        *("by-namespace", "namesake", "by-address", "any-caller", "any-operation", "anything", "path-begins-alike"),
    ),
)
def denies(
    cluster: Observer, *, service: str, requests: Mapping[str, Sequence[str]], without_proxy: bool = False
) -> Finding:
    """Each of these requests gets 403 or no answer: `NAMESPACE/DEPLOYMENT: [METHOD PATH]`, to `NAMESPACE/SERVICE:PORT`.

    They come from the Deployment's Pods, by their proxies; `without_proxy` from the same addresses without a
    certificate. A `*` in a path stands for a word that is chosen at random.
    """
    how = Text(" without a certificate", "（没有证书）") if without_proxy else as_is("")
    expected = Text(
        f"{service} denies {_described(requests)}{how.en}", f"{service} 拒绝 {_described(requests)}{how.zh}"
    )
    asked = _requests(cluster, service, requests)
    if isinstance(asked, Trouble):
        return asked.finding(expected, _REFUSED, POLICIES)
    if asked is None:
        return failed(expected, no_service(service), _ALLOWED, POLICIES, ("no-service",))
    past = PAST_THE_PROXY if without_proxy else ()
    seen = in_time(cluster, lambda: _ask(cluster, asked, past), lambda seen: all(map(_is_denied, seen)))
    wrong = wrong_ones(asked, seen, _is_denied, service)
    if not wrong:
        return passed(expected, Text(f"{len(asked)} were denied", f"{len(asked)} 个请求被拒绝"))
    causes = _why_answered(cluster, service) if any(is_answer(status) for _, status in wrong) else set()
    return failed(expected, _found(wrong, len(asked)), _REFUSED, POLICIES, causes)


def _is_denied(status: str) -> bool:
    return status in (_DENIED, NO_ANSWER)


def _described(requests: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{client}: {', '.join(each)}" for client, each in requests.items())


def _requests(
    cluster: Observer, service: str, wanted: Mapping[str, Sequence[str]]
) -> Sequence[_Request] | Trouble | None:
    """Each that is meant, from each Pod; why a Deployment has no Pods to ask from; or None without the Service."""
    place = of_service(cluster, service)
    if place is None:
        return None
    found: list[_Request] = []
    for name, requests in wanted.items():
        pods = pods_of(cluster, name)
        if isinstance(pods, Trouble):
            return pods
        for request in requests:
            method, _, path = request.partition(" ")
            path = path.replace("*", cluster.draw("path"))
            found += [_Request(pod, method, path, place) for pod in pods]
    return found


def _ask(cluster: Observer, requests: Sequence[_Request], past: Sequence[str] = ()) -> list[str]:
    """The status of each answer."""
    found: dict[_Request, str] = {}
    for client in {each.name: each.client for each in requests}.values():
        of_client = [each for each in requests if each.client is client]
        said = statuses(cluster, client, [each.request for each in of_client], past)
        found |= dict(zip(of_client, said, strict=True))
    return [found[each] for each in requests]


def _found(wrong: Sequence[tuple[_Request, str]], of: int) -> Text:
    some = listed(request.said(status) for request, status in wrong[:NAMED])
    return Text(f"{len(wrong)} of {of} not: {some.en}", f"{of} 个中有 {len(wrong)} 个不符：{some.zh}")


def _why_denied(cluster: Observer, service: str) -> set[str]:
    """What the policies have that denies too much."""
    applied = _applied(cluster, service)
    allowing = [policy for policy in applied if _action(policy) == "ALLOW"]
    causes = {"denied"}
    if allowing and not any(True for policy in allowing for _ in _rules(policy)):
        causes.add("nothing-allowed")
    if any(name.startswith("spiffe://") for policy in applied for name in _named(policy, "principals")):
        causes.add("spiffe-prefix")
    if any(not selector(policy) for policy in applied):
        causes.add("whole-namespace")
    return causes


def _why_answered(cluster: Observer, service: str) -> set[str]:
    """What the policies lack, or allow besides."""
    applied = _applied(cluster, service)
    causes = {"answered"}
    if not applied:
        causes.add("no-policy")
        if any(policy["metadata"]["namespace"] not in (_space(service), ROOT) for policy in _policies(cluster)):
            causes.add("policy-elsewhere")
    elif {_action(policy) for policy in applied} == {"AUDIT"}:
        causes.add("audit-only")
    for policy in applied:
        if _action(policy) == "ALLOW":
            causes |= _too_wide(policy)
    return causes


def _too_wide(policy: Object) -> set[str]:
    """By what a policy may allow more than somebody means."""
    causes = set()
    for rule in _rules(policy):
        sources = [each.get("source") or {} for each in rule.get("from") or ()]
        names_callers, names_operations = bool(sources or rule.get("when")), bool(rule.get("to"))
        if not (names_callers or names_operations):
            causes.add("anything")
        elif not names_callers:
            causes.add("any-caller")
        elif not names_operations:
            causes.add("any-operation")
        paths = [path for each in rule.get("to") or () for path in (each.get("operation") or {}).get("paths") or ()]
        if any(path[:-1] and path.endswith("*") and not path.endswith("/*") for path in paths):
            causes.add("path-begins-alike")
        for source in sources:
            if source.get("namespaces") and not (source.get("principals") or source.get("serviceAccounts")):
                causes.add("by-namespace")
            if source.get("ipBlocks") or source.get("remoteIpBlocks"):
                causes.add("by-address")
            if any(name.startswith("*/") and "/ns/" not in name for name in source.get("principals") or ()):
                causes.add("namesake")
    return causes


def _applied(cluster: Observer, service: str) -> list[Object]:
    """The policies that hold for what is behind the Service; all that are enforced or audited."""
    whole, _, _ = service.partition(":")
    namespace, _, name = whole.partition("/")
    labels = ((cluster.get("Service", name, namespace) or {}).get("spec") or {}).get("selector") or {}
    return [
        policy
        for policy in _policies(cluster)
        if policy["metadata"]["namespace"] in (namespace, ROOT) and selects(policy, labels)
    ]


def _policies(cluster: Observer) -> Sequence[Object]:
    return cluster.list("AuthorizationPolicy", version=SECURITY)


def _space(service: str) -> str:
    return service.partition("/")[0]


def _action(policy: Object) -> str:
    return str((policy.get("spec") or {}).get("action") or "ALLOW")


def _rules(policy: Object) -> Sequence[Object]:
    return (policy.get("spec") or {}).get("rules") or ()


def _named(policy: Object, field: str) -> Iterator[str]:
    """What the sources of a policy have in a field."""
    for rule in _rules(policy):
        for each in rule.get("from") or ():
            yield from (each.get("source") or {}).get(field) or ()
