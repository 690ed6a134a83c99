"""What a check is made of: it observes the cluster through an Observer and returns a Finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from posixpath import basename
from typing import Any, Concatenate, ParamSpec, Protocol


class Verdict(StrEnum):
    """What is known of a criterion. Only `PASS` earns points."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    BROKEN = "broken"
    """The lab is at fault: a node is gone, an image cannot be had. Never shown as the learner's fault."""
    UNSEEN = "unseen"
    """The check could not observe it in time. Never shown as the learner's fault."""


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in each language of the lab. Names, values and an API server's message stay as they are."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        expected: what had to be found.
        found: what was found, with names, values and the cluster's messages.
        why: one sentence on why it matters; only shown where the verdict is not `PASS`.
        link: the page of the official documentation that says so.
        causes: what is certainly wrong, in words that the check declares (`@check(..., causes=...)`).
            A known mistake is named only by them.
    """

    verdict: Verdict
    expected: Text
    found: Text
    why: Text | None = None
    link: str = ""
    causes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended, in a container or on a node."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the API server would have done with a request.

    Attributes:
        accepted: whether it would have carried it out.
        message: its own words where it refused.
        warnings: what it would have shown to the user besides.
    """

    accepted: bool
    message: str = ""
    warnings: tuple[str, ...] = ()


class NoObservation(Exception):  # noqa: N818 - it tells what is known, and is nobody's programming mistake
    """An observation gave nothing to judge by; `words` say what came instead."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


class NotSeen(NoObservation):
    """An observation did not come back within its bound. The criterion becomes `UNSEEN`."""


class LabBroken(NoObservation):
    """An observation failed for a reason that cannot be the learner's. The criterion becomes `BROKEN`."""


class LearnerBroke(NoObservation):
    """An observation failed because of what the learner did to the cluster itself. The criterion becomes `FAIL`."""


class NoExec(NotSeen):
    """A command could not be begun in a container: it is not in the image, or the container has just ended.

    A check that can observe it another way catches it; else the criterion is `UNSEEN`.
    """


class Refused(LabBroken):
    """The API server answered, and would not show what it holds; `words` have its own.

    A check that knows how the learner brought that about catches it; else the criterion is `BROKEN`.
    """


class Observer(Protocol):
    """The ways to observe the lab's cluster, each bounded in time.

    None of them changes it, but for namespaces that a grade may have for itself (`new_namespace`), which go with it.

    Every method may raise `NotSeen`, `LabBroken` or `LearnerBroke`; a check lets them pass, the grader turns them into
    a verdict.
    """

    def get(self, kind: str, name: str, namespace: str = "", *, version: str = "v1") -> dict[str, Any] | None:
        """An object as the API server holds it, such as `get("Pod", "web", "default")`; None if there is none."""

    def list(self, kind: str, namespace: str = "", *, version: str = "v1", name: str = "") -> Sequence[dict[str, Any]]:
        """All objects of a kind, in one namespace or, where none is named, in all; with `name` only those called so."""

    def now(self) -> datetime:
        """The time by the API server's clock, to the second: for the age of what an object tells of."""

    def wait(self, seconds: float) -> None:
        """Let time pass, for what needs a moment to show. It is no observation: a replay goes on at once."""

    def exec(self, pod: str, container: str, argv: Sequence[str], namespace: str = "default") -> Ran:
        """Run a command in a running container. May raise `NoExec`."""

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        """Run a command as root on a node, or on `base`, the learner's workstation. It must only read."""

    def events(self, obj: Mapping[str, Any]) -> Sequence[str]:
        """The messages of the events about this very object, not of a namesake before it; oldest first."""

    def logs(self, pod: str, container: str, namespace: str = "default", *, previous: bool = False) -> Sequence[str]:
        """The last lines that a container wrote, or the one that ran before it; none where there are none."""

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        """Ask the API server to create this object with `dryRun=All`: admission decides for real, nothing is stored.

        Refused is also what a webhook that cannot be reached refuses, a kind that is not served, a namespace that is
        not there: `message` tells them apart. Give `generateName` rather than `name`, lest a namesake is in the way.
        With a `user`, it is asked as that user, who may do everything; a ServiceAccount is in its groups.
        """

    def dry_run_update(self, manifest: Mapping[str, Any], *, subresource: str = "") -> DryRun:
        """Ask with `dryRun=All` whether an object that exists may become this. The manifest names it, and is whole.

        Some fields can only be changed through a subresource: `ephemeralcontainers` of a Pod.
        """

    def dry_run_delete(self, manifest: Mapping[str, Any]) -> DryRun:
        """Ask with `dryRun=All` whether an object that exists, and that the manifest names, may be deleted."""

    def review(self, asked: Mapping[str, Any]) -> DryRun:
        """Ask the API server whether somebody may do something: `asked` is the spec of a SubjectAccessReview.

        `message` is why, in the words of whoever decided; a review stores nothing.
        """

    def draw(self, purpose: str) -> str:
        """A random lower-case word that nobody can have written down beforehand, for a name, a label or a value.

        Within one grade, the same purpose gets the same word.
        """

    def drawn(self, name: str) -> str:
        """The value of this name that the start of the exercise drew (`scenario: draw:`), to compare with.

        No finding may tell it. A recording has another one in its place, wherever it was observed.
        """

    def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        """The name of a namespace that was made for this grade, after all that the learner did.

        It has a random name and, besides Kubernetes's own, these labels only. Within one grade, the same labels get the
        same namespace. Where the cluster refuses to make it, that is `Refused`.
        """

    def new_object(self, manifest: Mapping[str, Any]) -> DryRun:
        """Make an object in a `new_namespace`, for real, so that an update of it can be asked about.

        It must run nothing: a Deployment has `paused: true`, a Pod a scheduling gate.
        """

    def etcd_keys(self, prefix: str) -> Sequence[str]:
        """The keys in etcd below a prefix, such as `/registry/secrets/`."""

    def etcd_value(self, key: str) -> bytes | None:
        """The bytes that etcd holds under a key, as they are on the disk; None where there is no such key."""

    def etcd_values(self, prefix: str) -> Mapping[str, bytes]:
        """All that etcd holds below a prefix, by key: one request, however much that is."""

    def fingerprints(self, salt: str) -> Sequence[Mapping[str, Any]]:
        """What each Secret of the cluster holds, as `checkers.kept.fingerprints` has it: no values."""

    def unreadable(self, kind: str, prefix: str) -> Mapping[str, str]:
        """The keys below a prefix whose object the API server cannot show, with its message.

        Each object (`PREFIX/NAMESPACE/NAME`, of the API's version `v1`) is read by itself. A list of all would come
        from a cache, which is never filled where one of them cannot be decrypted, and shows what was readable once.
        """

    def request(self, pod: str, url: str, namespace: str = "default") -> Ran:
        """Send an HTTP request from the network of a running Pod, by its node.

        What comes back is `curl`'s: code 0 for any HTTP response, whose status line, headers and body are in `stdout`;
        another code where none came. The URL must have an address, since the node does not know the names of Services.
        A sandbox with a network stack of its own (gVisor) cannot be entered that way.
        """

    def provides(self, image: str) -> bool:
        """Whether the task names this image, so that it is the lab's fault if it cannot be had."""


P = ParamSpec("P")
CheckFunction = Callable[Concatenate[Observer, P], Finding]


@dataclass(frozen=True, slots=True)
class Check:
    """A check under the name that exercises call it by."""

    name: str
    run: Callable[..., Finding]
    causes: frozenset[str] = frozenset()


_checks: dict[str, Check] = {}


def check(name: str, *, causes: Iterable[str] = ()) -> Callable[[CheckFunction[P]], CheckFunction[P]]:
    """Enter a function among the checks, as `@check("psa.mode")`. Its keyword parameters are what `with:` may give.

    Args:
        causes: all that its findings may have among their `causes`; a known mistake names some of them.
    """

    def enter(run: CheckFunction[P]) -> CheckFunction[P]:
        if name in _checks:
            raise ValueError(f"two checks are called {name}")
        _checks[name] = Check(name, run, frozenset(causes))
        return run

    return enter


def entered() -> Mapping[str, Check]:
    """The checks of the modules that are imported so far, by name; `checkers.registry` imports them all."""
    return _checks


def passed(expected: Text, found: Text) -> Finding:
    """It is as it has to be."""
    return Finding(Verdict.PASS, expected, found)


def failed(expected: Text, found: Text, why: Text, link: str = "", causes: Iterable[str] = ()) -> Finding:
    """It is not as it has to be, and that is the learner's to mend."""
    return Finding(Verdict.FAIL, expected, found, why, link, frozenset(causes))


def broken(expected: Text, found: Text) -> Finding:
    """It cannot be judged, and that is the lab's to mend."""
    return Finding(Verdict.BROKEN, expected, found)


def is_image(given: str, wanted: str) -> bool:
    """Whether two names mean the same image: `docker.io/library/` goes without saying, and so does a digest."""
    return _full_name(given) == _full_name(wanted)


def _full_name(image: str) -> str:
    name = image.partition("@")[0]
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = "docker.io", name
    if first == "index.docker.io":
        first = "docker.io"
    if first == "docker.io" and "/" not in rest:
        rest = f"library/{rest}"
    if ":" not in basename(rest):
        rest += ":latest"
    return f"{first}/{rest}"
