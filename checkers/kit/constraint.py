"""What keeps a constraint of Gatekeeper from judging an object: its match, its action, what is around it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from checkers.api import Text
from checkers.kit.text import as_is

NAME = "kubernetes.io/metadata.name"
"""The label with the name of a namespace."""
IGNORE = "admission.gatekeeper.sh/ignore"
"""The label that Gatekeeper allows to the system's own namespaces only."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a constraint is asked about.

    Attributes:
        object: its manifest.
        namespace: the Namespace that it is in.
        operation: `CREATE` or `UPDATE`.
    """

    object: Mapping[str, Any]
    namespace: Mapping[str, Any]
    operation: str = "CREATE"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request is not refused. The cause is one of `CAUSES`."""

    cause: str
    words: Text


CAUSES = frozenset(
    {
        "constraint-faulty",
        "not-enforced",
        "dryrun",
        "warn",
        "no-deny",
        "kind-not-matched",
        "group-not-matched",
        "namespaces-named",
        "namespaces-excluded",
        "namespace-selector",
        "label-selector",
        "name-matched",
        "scope",
        "source",
        "template-operations",
        "config-exempts",
        "webhook-narrowed",
    }
)


def reasons(constraint: Mapping[str, Any], template: Mapping[str, Any], request: Request) -> Sequence[Reason]:
    """Why this constraint cannot refuse the request; none if only its rule decides."""
    spec = constraint.get("spec") or {}
    return [
        *_state(constraint),
        *_action(spec),
        *_match(spec.get("match") or {}, request),
        *_operations(template, request.operation),
    ]


def by_pod(obj: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What each Pod of Gatekeeper says of a template or a constraint."""
    return (obj.get("status") or {}).get("byPod") or ()


def errors(obj: Mapping[str, Any]) -> list[str]:
    """What the Pods of Gatekeeper find wrong with a template or a constraint."""
    return sorted({error.get("message", "") for status in by_pod(obj) for error in status.get("errors") or ()})


def _state(constraint: Mapping[str, Any]) -> Iterable[Reason]:
    if messages := errors(constraint):
        yield Reason("constraint-faulty", as_is(" ".join(messages)))
    now = constraint["metadata"].get("generation")
    known = [status.get("enforced", False) and status.get("observedGeneration") == now for status in by_pod(constraint)]
    if not known or not all(known):
        yield Reason(
            "not-enforced",
            Text(
                "it is not yet enforced by every Pod of Gatekeeper: grade again in a few seconds",
                "它尚未由 Gatekeeper 的每个 Pod 执行：请过几秒再评分",
            ),
        )


def denies(constraint: Mapping[str, Any]) -> bool:
    """Whether its action is to refuse."""
    return not list(_action(constraint.get("spec") or {}))


def _action(spec: Mapping[str, Any]) -> Iterable[Reason]:
    action = spec.get("enforcementAction") or "deny"
    if action == "deny":
        return
    words = Text(f"its enforcementAction is {action}", f"其 enforcementAction 为 {action}")
    if action != "scoped":
        yield Reason(action if action in ("dryrun", "warn") else "no-deny", words)
        return
    actions = spec.get("scopedEnforcementActions") or ()
    if not any(_denies_requests(scoped) for scoped in actions):
        listing = json.dumps(actions)
        yield Reason("no-deny", Text(f"{words.en}, with {listing}", f"{words.zh}，内容为 {listing}"))


def _denies_requests(scoped: Mapping[str, Any]) -> bool:
    """Whether one of several actions is to refuse, at the webhook or in the API server."""
    points = {point.get("name") for point in scoped.get("enforcementPoints") or ()}
    return scoped.get("action") == "deny" and bool(points & {"*", "validation.gatekeeper.sh", "vap.k8s.io"})


def _match(match: Mapping[str, Any], request: Request) -> Iterable[Reason]:
    metadata, namespace = request.object["metadata"], request.namespace["metadata"]
    name, labels = namespace["name"], namespace.get("labels") or {}
    kinds = match.get("kinds")
    if kinds and not any(_is_kind(entry, request.object) for entry in kinds):
        has_kind = any(_has(entry.get("kinds"), request.object["kind"]) for entry in kinds)
        yield _field("group-not-matched" if has_kind else "kind-not-matched", "kinds", kinds)
    if match.get("scope") == "Cluster":
        yield _field("scope", "scope", "Cluster")
    if match.get("namespaces") and not is_among(name, match["namespaces"]):
        yield _field("namespaces-named", "namespaces", match["namespaces"])
    if is_among(name, match.get("excludedNamespaces") or ()):
        yield _field("namespaces-excluded", "excludedNamespaces", match["excludedNamespaces"])
    if not is_met(match.get("namespaceSelector"), labels):
        yield _field("namespace-selector", "namespaceSelector", match["namespaceSelector"])
    if not is_met(match.get("labelSelector"), metadata.get("labels") or {}):
        yield _field("label-selector", "labelSelector", match["labelSelector"])
    if match.get("name") and not fnmatchcase(metadata["name"], match["name"]):
        yield _field("name-matched", "name", match["name"])
    if match.get("source") == "Generated":
        yield _field("source", "source", "Generated")


def _field(cause: str, field: str, value: object) -> Reason:
    listing = json.dumps(value, ensure_ascii=False)
    return Reason(cause, Text(f"its match.{field} is {listing}", f"其 match.{field} 为 {listing}"))


def _is_kind(entry: Mapping[str, Any], obj: Mapping[str, Any]) -> bool:
    group = obj["apiVersion"].rpartition("/")[0]
    return _has(entry.get("kinds"), obj["kind"]) and _has(entry.get("apiGroups"), group)


def _has(names: Sequence[str] | None, name: str) -> bool:
    """Gatekeeper takes an empty list for all."""
    return not names or "*" in names or name in names


def _operations(template: Mapping[str, Any], operation: str) -> Iterable[Reason]:
    for target in template["spec"].get("targets") or ():
        operations = target.get("operations")
        if operations and not {operation, "*"} & {*operations}:
            listing = json.dumps(operations)
            words = Text(f"its template is for the operations {listing}", f"其模板只针对操作 {listing}")
            yield Reason("template-operations", words)


def config_reason(config: Mapping[str, Any], namespace: str) -> Reason | None:
    """Why Gatekeeper as a whole leaves out a namespace, by its own configuration."""
    for pattern in exempted(config):
        if fnmatchcase(namespace, pattern):
            name = config["metadata"]["name"]
            return Reason(
                "config-exempts",
                Text(
                    f"the Config {name} of Gatekeeper exempts namespace {namespace}, by {pattern}",
                    f"Gatekeeper 的 Config {name} 以 {pattern} 排除了命名空间 {namespace}",
                ),
            )
    return None


def exempted(config: Mapping[str, Any]) -> Sequence[str]:
    """The namespaces that a `Config` takes away from the webhook, as patterns."""
    entries = (config.get("spec") or {}).get("match") or ()
    webhook = [entry for entry in entries if {"*", "webhook"} & {*(entry.get("processes") or ())}]
    return [pattern for entry in webhook for pattern in entry.get("excludedNamespaces") or ()]


def webhook_reason(configuration: str, webhook: Mapping[str, Any], request: Request) -> Reason | None:
    """Why the API server does not ask Gatekeeper about a Deployment."""
    labels = request.namespace["metadata"].get("labels") or {}
    of_object = request.object["metadata"].get("labels") or {}
    if not any(_is_sent(rule, request) for rule in webhook.get("rules") or ()):
        field, value = "rules", webhook.get("rules")
    elif not is_met(webhook.get("namespaceSelector"), labels):
        field, value = "namespaceSelector", webhook["namespaceSelector"]
    elif not is_met(webhook.get("objectSelector"), of_object):
        field, value = "objectSelector", webhook["objectSelector"]
    elif webhook.get("matchConditions"):
        field, value = "matchConditions", webhook["matchConditions"]
    else:
        return None
    listing, operation = json.dumps(value, ensure_ascii=False), request.operation
    return Reason(
        "webhook-narrowed",
        Text(
            f"by the {field} of {configuration}, the API server does not ask Gatekeeper about this {operation}: "
            f"{listing}",
            f"由于 {configuration} 的 {field}，API server 不就此 {operation} 询问 Gatekeeper：{listing}",
        ),
    )


def _is_sent(rule: Mapping[str, Any], request: Request) -> bool:
    group, _, version = request.object["apiVersion"].rpartition("/")
    wanted = {
        "operations": request.operation,
        "apiGroups": group,
        "apiVersions": version,
        "resources": f"{request.object['kind'].lower()}s",
    }
    return all({value, "*"} & {*rule.get(field, ())} for field, value in wanted.items())


def is_among(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name is one of these, which may have `*`."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def is_met(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether labels meet a selector, as Kubernetes has it."""
    if not selector:
        return True
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_holds(expression, labels) for expression in selector.get("matchExpressions") or ())


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels


def escapes(selector: Mapping[str, Any] | None) -> Sequence[Mapping[str, str]]:
    """Labels with each of which an object does not meet a selector that it meets without labels."""
    expressions = (selector or {}).get("matchExpressions") or ()
    found = []
    for expression in expressions:
        if expression["operator"] == "NotIn":
            found.append({expression["key"]: expression["values"][0]})
        elif expression["operator"] == "DoesNotExist":
            found.append({expression["key"]: "any"})
    return found


def left_out(match: Mapping[str, Any], exempt: Sequence[str]) -> Sequence[str]:
    """What a match leaves out among namespaces that need not exist yet, but for those that are exempt."""
    patterns = [*(match.get("excludedNamespaces") or ()), *_left_out_by_selector(match.get("namespaceSelector"))]
    return [pattern for pattern in patterns if not is_among(pattern, exempt)]


def _left_out_by_selector(selector: Mapping[str, Any] | None) -> Iterable[str]:
    """The names that a selector of namespaces leaves out; where it goes by other labels, the labels in words."""
    for key, value in ((selector or {}).get("matchLabels") or {}).items():
        yield f"{key} != {value}"
    for expression in (selector or {}).get("matchExpressions") or ():
        key, operator, values = expression["key"], expression["operator"], expression.get("values") or ()
        if key == NAME and operator == "NotIn":
            yield from values
        elif not (key == IGNORE and operator == "DoesNotExist"):
            yield f"not ({' '.join([key, operator, *values])})"
