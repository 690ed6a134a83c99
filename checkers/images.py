"""Which images Pods may have by a rule of admission: the API server is asked about Pods, no rule is read.

Images are given as patterns: NAME, HOST and DIGEST stand for what nobody can know beforehand. The rule may be a
ValidatingAdmissionPolicy (`policy`) or a constraint of Gatekeeper (`constraint`); what refuses besides does not count.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from checkers.admission import CAUSES, LINKS, By, Probe, Rules
from checkers.api import Finding, Observer, Refused, Text, check, failed, passed
from checkers.kit.namespaces import new_for_pods
from checkers.kit.new_pods import new_pod, stored

_IMAGES = Text(
    "A rule about images is only one if it tells every spelling of a forbidden image from the allowed ones.",
    "关于镜像的规则必须能把禁止的镜像的每一种写法与允许的区分开来。",
)
_CONTAINERS = Text(
    "A Pod has containers of three kinds: `containers`, `initContainers`, and the `ephemeralContainers` that `kubectl "
    "debug` puts in through a subresource. Each of them runs an image.",
    "Pod 有三种容器：`containers`、`initContainers`，以及 `kubectl debug` 通过子资源放入的 `ephemeralContainers`。"
    "每一种都会运行镜像。",
)
_EVERY = Text(
    "A rule that depends on labels or on who asks, or only looks at what is created, is one that whoever wants to "
    "escape gets around.",
    "取决于标签、取决于由谁提交、或者只检查创建的规则，很容易被绕过。",
)
_NAMESPACES = Text(
    "Which namespaces a rule is for is decided by what it selects them by, those to come too.",
    "规则对哪些命名空间有效，取决于用什么来选择它们，将来的命名空间也是如此。",
)
_MESSAGE = Text(
    "Whoever is refused reads the message, and nothing else.",
    "被拒绝的人只能看到这条消息。",
)

_PLACES: Mapping[str, Text] = {
    "container": Text("a container", "容器"),
    "second": Text("a second container", "第二个容器"),
    "init": Text("an init container", "init 容器"),
    "sidecar": Text("a sidecar", "sidecar 容器"),
    "ephemeral": Text("an ephemeral container", "临时容器"),
}
"""Where a Pod has an image."""


class _Pods(Rules):
    """Asks what would become of Pods with certain images."""

    def image(self, pattern: str) -> str:
        """The image that a pattern stands for in this grade."""
        word, host = self.cluster.draw("image"), f"{self.cluster.draw('registry')}.test"
        digest = f"sha256:{hashlib.sha256(word.encode()).hexdigest()}"
        return pattern.replace("NAME", word).replace("HOST", host).replace("DIGEST", digest)

    def ask_for(self, image: str, namespace: str, *, wanted: bool, place: str = "container", beside: str = "") -> Probe:
        """About a new Pod with this image in one place; its other containers have the image `beside`."""
        word = self.cluster.draw("pod")
        manifest = new_pod(word, namespace, {word: word}, _spec(image, place, beside))
        return self.ask(image, _PLACES[place], manifest, wanted=wanted)

    def of_a_deployment(self, image: str, namespace: str, *, wanted: bool) -> Probe:
        """About a Pod as the controller of ReplicaSets makes it."""
        word = self.cluster.draw("pod")
        labels = {"app": word, "pod-template-hash": word}
        manifest = new_pod(word, namespace, labels, _spec(image, "container", ""))
        what = Text("a Deployment's Pod", "Deployment 的 Pod ")
        return self.ask_by_controller("ReplicaSet", image, what, manifest, wanted=wanted)

    def without_labels(self, image: str, namespace: str, *, wanted: bool) -> Probe:
        """About a Pod that has none."""
        manifest = new_pod(self.cluster.draw("pod"), namespace, {}, _spec(image, "container", ""))
        return self.ask(image, Text("a Pod without labels", "没有标签的 Pod "), manifest, wanted=wanted)

    def make_with(self, image: str, namespace: str) -> Probe:
        """Make a Pod, in a namespace of this grade."""
        manifest = new_pod(self.cluster.draw("pod that stays"), namespace, {}, _spec(image, "container", ""))
        return self.make(image, _PLACES["container"], manifest)

    def ask_change(self, made: Probe, image: str, *, wanted: bool) -> Probe:
        """About a Pod that was made, given another image."""
        obj = stored(self.cluster, made.manifest)
        (only,) = obj["spec"]["containers"]
        obj["spec"] = {**obj["spec"], "containers": [{**only, "image": image}]}
        what, by = Text("given to a Pod", "给已有的 Pod 换上"), self.cluster.dry_run_update
        return self.ask(image, what, obj, wanted=wanted, by=by, operation="UPDATE")

    def ask_debugger(self, made: Probe, image: str, *, wanted: bool) -> Probe:
        """About an ephemeral container with this image, put into a Pod that was made."""
        obj = stored(self.cluster, made.manifest)
        debugger = {"name": self.cluster.draw("debugger"), "image": image, "terminationMessagePolicy": "File"}
        obj["spec"] = {**obj["spec"], "ephemeralContainers": [debugger]}
        by = partial(self.cluster.dry_run_update, subresource="ephemeralcontainers")
        return self.ask(image, _PLACES["ephemeral"], obj, wanted=wanted, by=by, operation="UPDATE")


@check(
    "images.judged",
    causes=CAUSES | {"port-taken-for-tag", "digest-refused", "look-alike", "dot-for-any-letter", "hub-forgotten"},
)
def judged(cluster: Observer, *, by: By, namespace: str, refused: Sequence[str], accepted: Sequence[str]) -> Finding:
    """The rule refuses Pods with these images in this namespace, and Pods with those are accepted."""
    pods = _Pods(cluster, by)
    no, yes = [pods.image(pattern) for pattern in refused], [pods.image(pattern) for pattern in accepted]
    expected = Text(
        f"in {namespace}, the rule refuses Pods with {', '.join(no)}; with {', '.join(yes)} they are accepted",
        f"在 {namespace} 中，规则拒绝使用 {'、'.join(no)} 的 Pod；使用 {'、'.join(yes)} 的被接受",
    )
    if trouble := pods.trouble():
        return trouble.finding(expected, _IMAGES, LINKS[by])
    probes = [pods.ask_for(image, namespace, wanted=False) for image in no]
    probes += [pods.ask_for(image, namespace, wanted=True) for image in yes]
    return pods.finding(probes, expected, _IMAGES, _spellings(probes, yes))


def _spellings(probes: Sequence[Probe], accepted: Sequence[str]) -> Iterable[str]:
    """What the wrong rulings have in common, where the rule is one that tells images apart at all."""
    escaped = [probe.subject for probe in probes if probe.has_escaped]
    held = [probe.subject for probe in probes if not probe.wanted and probe.is_right]
    if escaped and held and all(_has_port(image) for image in escaped) and not any(map(_has_port, held)):
        yield "port-taken-for-tag"
    hosts = {image.partition("/")[0] for image in accepted if _has_host(image)}
    if escaped and held and all(any(host in image for host in hosts) for image in escaped):
        yield "look-alike"
    # Hosts have no other characters that mean something in a pattern.
    if escaped and held and all(any(re.match(f"{host}/", image) for host in hosts) for image in escaped):
        yield "dot-for-any-letter"
    if escaped and held and not any(map(_has_host, escaped)):
        yield "hub-forgotten"
    refused = [probe.subject for probe in probes if probe.wanted and not probe.is_right]
    if refused and all("@" in image for image in refused):
        yield "digest-refused"


def _has_host(image: str) -> bool:
    """Whether it says which registry it comes from; else it is docker.io."""
    first, slash, _ = image.partition("/")
    return bool(slash) and bool({".", ":"} & {*first})


def _has_port(image: str) -> bool:
    return ":" in image.rpartition("/")[0]


@check("images.every_container", causes=CAUSES | {"init-forgotten", "ephemeral-forgotten", "first-only"})
def every_container(
    cluster: Observer, *, by: By, namespace: str, label: str = "", refused: str, accepted: str
) -> Finding:
    """The rule is for every container of a Pod: further ones, init containers, sidecars, ephemeral ones.

    Ephemeral ones are asked about in a namespace made for this grade, with the label `KEY=VALUE`, since a Pod must be
    there to put them into. Where the rule does not hold there at all, another criterion says so.
    """
    expected = Text(
        "the rule is for every container of a Pod: init containers, sidecars and ephemeral containers too",
        "规则对 Pod 的每个容器都有效：init 容器、sidecar 和临时容器也不例外",
    )
    pods = _Pods(cluster, by)
    if trouble := pods.trouble():
        return trouble.finding(expected, _CONTAINERS, LINKS[by])
    no, yes = pods.image(refused), pods.image(accepted)
    of_place: dict[str, list[Probe]] = {}
    for place in ("container", "second", "init", "sidecar"):
        asks = ((no, False), (yes, True))
        of_place[place] = [
            pods.ask_for(image, namespace, wanted=wanted, place=place, beside=yes) for image, wanted in asks
        ]
    fresh = new_for_pods(cluster, _labels(cluster, label))
    if pods.ask_for(no, fresh, wanted=False).is_right:
        made = pods.make_with(yes, fresh)
        of_place["ephemeral"] = [made]
        if made.is_right:
            of_place["ephemeral"] += [
                pods.ask_debugger(made, image, wanted=wanted) for image, wanted in ((no, False), (yes, True))
            ]
    probes = [probe for asked in of_place.values() for probe in asked]
    return pods.finding(probes, expected, _CONTAINERS, _forgotten(of_place))


def _forgotten(of_place: Mapping[str, Sequence[Probe]]) -> Iterable[str]:
    """The kinds of containers that the rule knows nothing of, where it knows the first of them."""
    if of_place["container"][0].has_escaped:
        return
    free = {place for place, probes in of_place.items() if any(probe.has_escaped for probe in probes)}
    if {"init", "sidecar"} & free:
        yield "init-forgotten"
    if "ephemeral" in free:
        yield "ephemeral-forgotten"
    if "second" in free:
        yield "first-only"


@check("images.every_pod", causes=CAUSES | {"create-only"})
def every_pod(cluster: Observer, *, by: By, namespace: str, label: str = "", refused: str, accepted: str) -> Finding:
    """The rule is for every Pod, whatever its labels and whoever makes it, also when its image is changed.

    It keeps nobody from deleting a Pod. Changes and deletion are asked about in a namespace made for this grade, with
    the label `KEY=VALUE`. Where the rule does not hold there at all, another criterion says so.
    """
    expected = Text(
        "the rule is for every Pod, also without labels and made by a Deployment, and when its image is changed; and "
        "Pods can be deleted",
        "规则对每个 Pod 都有效，包括没有标签的和由 Deployment 创建的，更改镜像时也一样；Pod 可以删除",
    )
    pods = _Pods(cluster, by)
    if trouble := pods.trouble():
        return trouble.finding(expected, _EVERY, LINKS[by])
    no, yes = pods.image(refused), pods.image(accepted)
    asks: Sequence[Callable[..., Probe]] = (pods.ask_for, pods.without_labels, pods.of_a_deployment)
    probes = [ask(image, namespace, wanted=wanted) for ask in asks for image, wanted in ((no, False), (yes, True))]
    if not all(probe.is_right for probe in probes):
        return pods.finding(probes, expected, _EVERY)
    fresh = new_for_pods(cluster, _labels(cluster, label))
    if not pods.ask_for(no, fresh, wanted=False).is_right:
        return pods.finding(probes, expected, _EVERY)
    made = pods.make_with(yes, fresh)
    probes.append(made)
    changed = [pods.ask_change(made, no, wanted=False)] if made.is_right else []
    if made.is_right:
        allowed = pods.ask_change(made, f"{yes}0" if "@" not in yes else yes, wanted=True)
        probes += [*changed, allowed, pods.ask_deletion(made.manifest, yes)]
    return pods.finding(probes, expected, _EVERY, ["create-only"] if any(c.has_escaped for c in changed) else ())


@check("images.namespaces", causes=CAUSES | {"later-namespaces", "everywhere"})
def namespaces(
    cluster: Observer,
    *,
    by: By,
    label: str = "",
    refused: str,
    accepted: str,
    held: Sequence[str],
    free: Sequence[str] = (),
) -> Finding:
    """The rule holds in the namespaces `held` and in one made afterwards that has the label; not in those in `free`.

    With a label (`KEY=VALUE`), it does not hold either in one made afterwards that has none, or another value. Without,
    it holds in any, whatever labels it has.
    """
    pods = _Pods(cluster, by)
    expected = _where(label, held, free)
    if trouble := pods.trouble():
        return trouble.finding(expected, _NAMESPACES, LINKS[by])
    try:
        later = [new_for_pods(cluster, _labels(cluster, label))]
        other = {label.partition("=")[0]: cluster.draw("label")}
        outside = [new_for_pods(cluster), new_for_pods(cluster, other)] if label else []
    except Refused as error:
        return failed(expected, error.words, _NAMESPACES, LINKS[by], {"refused-too-much"})
    no, yes = pods.image(refused), pods.image(accepted)
    inside = [pods.ask_for(no, name, wanted=False) for name in (*held, *later)]
    beside = [pods.ask_for(yes, name, wanted=True) for name in (*held, *later)]
    others = [pods.ask_for(no, name, wanted=True) for name in (*free, *outside)]
    escaped = {probe.namespace for probe in inside if probe.has_escaped}
    causes = {"later-namespaces"} if escaped == {*later} else set()
    if not escaped and others and not any(probe.is_right for probe in others):
        causes.add("everywhere")
    return pods.finding([*inside, *beside, *others], expected, _NAMESPACES, causes)


@check("images.message", causes=CAUSES | {"other-message"})
def message(cluster: Observer, *, by: By, namespace: str, refused: str, words: str) -> Finding:
    """Whoever is refused by the rule reads these words."""
    expected = Text(f"the refusal says: {words}", f"拒绝消息中写着：{words}")
    pods = _Pods(cluster, by)
    if trouble := pods.trouble():
        return trouble.finding(expected, _MESSAGE, LINKS[by])
    probe = pods.ask_for(pods.image(refused), namespace, wanted=False)
    if not probe.is_right:
        return pods.finding([probe], expected, _MESSAGE)
    if words not in probe.ruling.words:
        return failed(expected, probe.ruling.text, _MESSAGE, LINKS[by], {"other-message"})
    return passed(expected, probe.ruling.text)


def _where(label: str, held: Sequence[str], free: Sequence[str]) -> Text:
    """What is expected of the namespaces."""
    inside, inside_zh = ", ".join(held), "、".join(held)
    if not label:
        return Text(
            f"the rule holds in {inside} and in a namespace made afterwards, whatever its labels",
            f"规则在 {inside_zh} 中有效，在以后新建的命名空间中也有效，无论其标签如何",
        )
    outside, outside_zh = ", ".join(free), "、".join(free)
    return Text(
        f"the rule holds in {inside} and in a namespace made afterwards that has {label}; not in {outside}, nor in one "
        "made afterwards that has not",
        f"规则在 {inside_zh} 中以及在以后新建的带有 {label} 的命名空间中有效；在 {outside_zh} 以及以后新建的没有它的"
        "命名空间中无效",
    )


def _labels(cluster: Observer, label: str) -> dict[str, str]:
    """Of a namespace in which the rule holds: the label `KEY=VALUE`, if there is one, and another one."""
    key, _, value = label.partition("=")
    word = cluster.draw("label")
    return {word: word, **({key: value} if key else {})}


def _spec(image: str, place: str, beside: str) -> dict[str, Any]:
    """A Pod that has the image in this place."""
    main, judged = {"name": "main", "image": beside}, {"name": "judged", "image": image}
    match place:
        case "second":
            return {"containers": [main, judged]}
        case "init":
            return {"initContainers": [judged], "containers": [main]}
        case "sidecar":
            return {"initContainers": [{**judged, "restartPolicy": "Always"}], "containers": [main]}
        case _:
            return {"containers": [judged]}
