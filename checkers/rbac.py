"""What service accounts may do, by what the API server decides for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checkers.api import DryRun, Finding, Observer, Text, check, failed, passed
from checkers.kit.text import NAMED, as_is, listed

LINK = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources"
PRACTICES = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"

_READING = ("list", "watch")
_CHANGING = ("create", "update", "patch", "delete", "deletecollection")
_RBAC = "rbac.authorization.k8s.io"
_OTHER_KINDS = {
    **dict.fromkeys(("configmaps", "pods", "services", "serviceaccounts", "persistentvolumeclaims"), ""),
    **{"deployments": "apps", "jobs": "batch", "roles": _RBAC, "rolebindings": _RBAC},
}
"""The kinds of objects that accounts are mostly given rights to -> their API group."""
_SUBRESOURCES = {"pods/exec": ("get", "create"), "pods/log": ("get",), "serviceaccounts/token": ("create",)}
"""Subresource -> its verbs."""

_NEEDED = Text(
    "A right that an account needs and does not have stops its work, until somebody gives it far too many.",
    "账户缺少需要的权限就无法工作，直到有人给了它过多的权限。",
)
_OTHERS = Text(
    "Whoever takes over a Pod has its account's rights: without names in the rule, that is every object of its kind.",
    "谁攻入 Pod，就有了其账户的权限：规则中没有名称时，就是该类型的所有对象。",
)
_VERBS = Text(
    "`list` and `watch` show the content of objects as `get` does, and `delete` or `update` need no reading at all.",
    "`list` 和 `watch` 与 `get` 一样会显示对象的内容，而 `delete` 和 `update` 根本不需要读取。",
)
_ELSEWHERE = Text(
    "A ClusterRoleBinding gives a right in every namespace, those to come too.",
    "ClusterRoleBinding 在每个命名空间中授予权限，包括以后创建的。",
)
_ACCOUNTS = Text(
    "Every Pod has an account: what is given to a group of accounts is given to all that its namespaces run.",
    "每个 Pod 都有账户：授予一组账户的权限，就授予了其命名空间中运行的一切。",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Something that an account may do or not. Without a name it is about all objects of the kind."""

    verb: str
    resource: str
    namespace: str
    name: str = ""
    group: str = ""

    @property
    def words(self) -> str:
        """As kubectl has it: `get secrets/web -n shop`, or `-A` where it is about all namespaces."""
        name = f"/{self.name}" if self.name else ""
        place = f"-n {self.namespace}" if self.namespace else "-A"
        return f"{self.verb} {self.resource}{name} {place}"


@check("rbac.allowed", causes=("denied",))
def allowed(
    cluster: Observer, *, account: str, namespace: str, verbs: Sequence[str], resource: str, name: str = ""
) -> Finding:
    """The service account may do this with the objects in its namespace, or with the one that is named."""
    expected = Text(
        f"{account} may {', '.join(verbs)} {name or 'all'} of {resource} in {namespace}",
        f"{account} 可以对 {namespace} 中的 {resource}（{name or '全部'}）执行 {', '.join(verbs)}",
    )
    said = [(asked, _review(cluster, account, namespace, asked)) for asked in _of(verbs, resource, namespace, [name])]
    denied = [(asked, answer) for asked, answer in said if not answer.accepted]
    if denied:
        return failed(expected, _denied(denied), _NEEDED, LINK, ["denied"])
    return passed(expected, _allowed(said))


@check("rbac.only_named", causes=("denied",))
def only_named(
    cluster: Observer, *, account: str, namespace: str, verb: str, resource: str, name: str, others: Sequence[str] = ()
) -> Finding:
    """The service account may do this with the object of this name, and with no other in its namespace.

    `others` are names that are there; names that nobody knows are drawn beside them.
    """
    expected = Text(
        f"{account} may {verb} {resource}/{name} in {namespace}, and no other",
        f"{account} 可以对 {namespace} 中的 {resource}/{name} 执行 {verb}，其他的都不可以",
    )
    wanted = _Asked(verb, resource, namespace, name)
    answer = _review(cluster, account, namespace, wanted)
    if not answer.accepted:
        return failed(expected, _denied([(wanted, answer)]), _NEEDED, LINK, ["denied"])
    names = [*others, f"{name}-{cluster.draw('suffix')}", cluster.draw("object"), ""]
    asked = _of([verb], resource, namespace, names)
    if wrong := _granted(cluster, account, namespace, asked):
        return failed(expected, _allowed(wrong), _OTHERS, LINK)
    return passed(expected, Text(f"refused: {len(asked)} others", f"其他 {len(asked)} 个都被拒绝"))


@check("rbac.only_verb", causes=("denied", "by-name", "by-role", "changes", "other-kinds", "other-kinds-by-name"))
def only_verb(cluster: Observer, *, account: str, namespace: str, verb: str, resource: str, name: str) -> Finding:
    """The service account may do this with the object of this name, and nothing else in its namespace.

    What it may do with an object of another name is another matter: `rbac.only_named`.
    """
    expected = Text(
        f"{account} may do nothing else in {namespace} than {verb} {resource}/{name}",
        f"除了对 {resource}/{name} 执行 {verb}，{account} 在 {namespace} 中不能做其他任何事",
    )
    wanted = _Asked(verb, resource, namespace, name)
    answer = _review(cluster, account, namespace, wanted)
    if not answer.accepted:
        return failed(expected, _denied([(wanted, answer)]), _NEEDED, LINK, ["denied"])
    verbs = [each for each in ("get", *_READING, *_CHANGING) if each != verb]
    asked = [
        *_of(verbs, resource, namespace, [name, ""]),
        *_about_other_kinds(namespace, [name, cluster.draw("object")]),
    ]
    wrong = _granted(cluster, account, namespace, asked)
    if not wrong:
        return passed(expected, Text(f"refused: {len(asked)} other requests", f"其他 {len(asked)} 种请求都被拒绝"))
    causes = set()
    is_of_kind = all(each.resource == resource for each, _ in wrong)
    if all(each.name == name for each, _ in wrong):
        causes.add("by-name" if is_of_kind else "other-kinds-by-name")
    if any(each.resource != resource and each.name != name for each, _ in wrong):
        causes.add("other-kinds")
    if all(answer.message.startswith("RBAC: allowed by RoleBinding") for _, answer in wrong):
        causes.add("by-role")
    if any(each.verb in _CHANGING and each.resource == resource for each, _ in wrong):
        causes.add("changes")
    return failed(expected, _allowed(wrong), _VERBS, PRACTICES, causes)


@check("rbac.nothing_elsewhere", causes=("namespace-right", "by-name-everywhere"))
def nothing_elsewhere(
    cluster: Observer, *, account: str, namespace: str, resource: str, names: Sequence[str] = ()
) -> Finding:
    """The service account may do nothing with such objects in any namespace but its own, nor in all at once.

    `names` are those that rules may name; one that nobody knows is drawn beside them.
    """
    expected = Text(
        f"outside {namespace}, {account} may do nothing with {resource}",
        f"在 {namespace} 之外，{account} 不能对 {resource} 做任何事",
    )
    verbs = ("get", *_READING, *_CHANGING)
    anywhere, unknown = cluster.draw("namespace"), cluster.draw("object")
    wrong = [
        found
        for place in ("default", "kube-system", anywhere, "")
        for found in _granted(cluster, account, namespace, _of(verbs, resource, place, [*names, unknown]))
    ]
    if not wrong:
        return passed(expected, Text("refused everywhere", "在各处都被拒绝"))
    if all(each.name in names for each, _ in wrong):
        is_everywhere = anywhere in {each.namespace for each, _ in wrong}
        return failed(expected, _allowed(wrong), _ELSEWHERE, PRACTICES, ["by-name-everywhere"] if is_everywhere else [])
    is_right = not _review(
        cluster, account, namespace, _Asked("get", resource, namespace, cluster.draw("object"))
    ).accepted
    return failed(expected, _allowed(wrong), _ELSEWHERE, PRACTICES, ["namespace-right"] if is_right else [])


@check("rbac.nobody_else", causes=("others-too",))
def nobody_else(cluster: Observer, *, namespace: str, verb: str, resource: str, name: str) -> Finding:
    """Accounts that nobody has bound anything to, in this namespace and in another one, may not do this."""
    expected = Text(
        f"an account that nothing was given to may not {verb} {resource}/{name} in {namespace}",
        f"没有被授权的账户不能对 {namespace} 中的 {resource}/{name} 执行 {verb}",
    )
    account, asked = cluster.draw("account"), _Asked(verb, resource, namespace, name)
    answers = {place: _review(cluster, account, place, asked) for place in (namespace, cluster.draw("namespace"))}
    wrong = [place for place, answer in answers.items() if answer.accepted]
    if wrong:
        found = listed(as_is(f"{place}/{account}: {answers[place].message}") for place in wrong)
        return failed(expected, found, _ACCOUNTS, PRACTICES, ["others-too"])
    return passed(expected, Text("refused", "被拒绝"))


def _of(verbs: Sequence[str], resource: str, namespace: str, names: Sequence[str]) -> list[_Asked]:
    """Each verb with each name; those that are never about one object have none."""
    nameless = ("create", "deletecollection")
    asked = [_Asked(verb, resource, namespace, "" if verb in nameless else name) for verb in verbs for name in names]
    return list(dict.fromkeys(asked))


def _about_other_kinds(namespace: str, names: Sequence[str]) -> list[_Asked]:
    """What else an account may be able to do in a namespace: the verbs of daily work with each kind."""
    named = [(verb, kind) for kind in _OTHER_KINDS for verb in ("get", "update", "delete")]
    named += [(verb, subresource) for subresource, verbs in _SUBRESOURCES.items() for verb in verbs]
    nameless = [(verb, kind) for kind in _OTHER_KINDS for verb in ("list", "create")]
    return [
        *(_Asked(verb, kind, namespace, name, _OTHER_KINDS.get(kind, "")) for verb, kind in named for name in names),
        *(_Asked(verb, kind, namespace, "", _OTHER_KINDS[kind]) for verb, kind in nameless),
    ]


def _granted(cluster: Observer, account: str, home: str, asked: Sequence[_Asked]) -> list[tuple[_Asked, DryRun]]:
    """Which of these an account may do."""
    answers = [(each, _review(cluster, account, home, each)) for each in asked]
    return [(each, answer) for each, answer in answers if answer.accepted]


def _review(cluster: Observer, account: str, home: str, asked: _Asked) -> DryRun:
    """What the API server says to the account of this namespace."""
    resource, _, subresource = asked.resource.partition("/")
    attributes = {
        "verb": asked.verb,
        "group": asked.group,
        "resource": resource,
        "namespace": asked.namespace,
        "name": asked.name,
        **({"subresource": subresource} if subresource else {}),
    }
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{home}", "system:authenticated"]
    user = f"system:serviceaccount:{home}:{account}"
    return cluster.review({"user": user, "groups": groups, "resourceAttributes": attributes})


def _allowed(said: Sequence[tuple[_Asked, DryRun]]) -> Text:
    """What may be done, and by which binding."""
    named = listed(as_is(f"{asked.words}: {answer.message}") for asked, answer in said[:NAMED])
    more = len(said) - NAMED
    return Text(f"{named.en}; and {more} more", f"{named.zh}；还有 {more} 种") if more > 0 else named


def _denied(said: Sequence[tuple[_Asked, DryRun]]) -> Text:
    words = listed(as_is(asked.words) for asked, _ in said)
    return Text(f"refused: {words.en}", f"被拒绝：{words.zh}")
