"""What a grade makes in the cluster: a namespace of its own, which goes with the grade."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import Any

import pytest

from checkers.api import Refused
from lab.clock import SYSTEM
from lab.grading.observe import KubernetesObserver
from lab.grading.scratch import ANNOTATION
from tests.unit.support.api_server import ApiServer
from tests.unit.support.engines import HandMadeEngine

NAMESPACES = "/api/v1/namespaces"


@pytest.fixture
def observer(api: ApiServer, engine: HandMadeEngine) -> KubernetesObserver:
    api.answers[NAMESPACES] = {"items": []}
    return KubernetesObserver(engine)


def namespace(name: str, *, age: timedelta, annotations: dict[str, str]) -> dict[str, Any]:
    made = (SYSTEM.now() - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"metadata": {"name": name, "creationTimestamp": made, "annotations": annotations}}


def test_a_word_is_the_same_for_the_same_purpose(observer: KubernetesObserver) -> None:
    assert observer.draw("label") == observer.draw("label")


def test_words_for_other_purposes_and_of_other_grades_differ(
    observer: KubernetesObserver, engine: HandMadeEngine
) -> None:
    words = {observer.draw("label"), observer.draw("name"), KubernetesObserver(engine).draw("label")}
    assert len(words) == 3


def test_the_namespace_is_made_once_a_grade(api: ApiServer, observer: KubernetesObserver) -> None:
    assert observer.new_namespace() == observer.new_namespace()
    (made,) = api.sent
    assert made["metadata"]["name"] == observer.new_namespace()


def test_each_set_of_labels_has_a_namespace_and_all_go_with_the_grade(
    api: ApiServer, observer: KubernetesObserver
) -> None:
    names = [observer.new_namespace(labels) for labels in ({"tier": "a"}, {"tier": "b"}, {"tier": "a"}, None)]
    assert names[0] == names[2]
    assert [made["metadata"].get("labels") for made in api.sent] == [{"tier": "a"}, {"tier": "b"}, None]
    observer.close()
    assert api.deleted == [f"{NAMESPACES}/{name}" for name in dict.fromkeys(names)]


def test_nothing_but_a_random_name_tells_a_rule_of_the_namespace(api: ApiServer, observer: KubernetesObserver) -> None:
    observer.new_namespace()
    (made,) = api.sent
    assert "labels" not in made["metadata"]
    assert "ckslab" not in made["metadata"]["name"]


def test_the_namespace_goes_with_the_grade(api: ApiServer, observer: KubernetesObserver) -> None:
    name = observer.new_namespace()
    observer.close()
    observer.close()
    assert api.deleted == [f"{NAMESPACES}/{name}"]


def test_a_grade_that_asked_for_no_namespace_deletes_none(api: ApiServer, observer: KubernetesObserver) -> None:
    observer.close()
    assert api.deleted == []


def test_what_grades_that_were_killed_left_is_removed(api: ApiServer, observer: KubernetesObserver) -> None:
    old, young = timedelta(hours=1), timedelta(seconds=5)
    api.answers[NAMESPACES] = {
        "items": [
            namespace("left", age=old, annotations={ANNOTATION: "1@another-computer"}),
            namespace("of-another-grade", age=young, annotations={ANNOTATION: "1@another-computer"}),
            namespace("of-the-learner", age=old, annotations={}),
        ]
    }
    observer.new_namespace()
    assert api.deleted == [f"{NAMESPACES}/left"]


@pytest.mark.usefixtures("observer")
def test_what_a_process_of_this_computer_made_that_has_ended_is_removed_at_once(
    api: ApiServer, engine: HandMadeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    KubernetesObserver(engine).new_namespace()
    monkeypatch.setattr("os.getpid", lambda: ended.pid)
    KubernetesObserver(engine).new_namespace()
    still_at_work, killed = (sent["metadata"] for sent in api.sent)
    now = timedelta(seconds=5)
    api.answers[NAMESPACES] = {
        "items": [namespace(each["name"], age=now, annotations=each["annotations"]) for each in (still_at_work, killed)]
    }
    KubernetesObserver(engine).new_namespace()
    assert api.deleted == [f"{NAMESPACES}/{killed['name']}"]


def test_a_cluster_that_refuses_the_namespace_says_why(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers[NAMESPACES] = (403, {"message": "denied the request: no namespace without an owner"})
    with pytest.raises(Refused, match="no namespace without an owner"):
        observer.new_namespace()


def test_objects_are_made_in_the_namespace_of_the_grade_only(observer: KubernetesObserver) -> None:
    elsewhere = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"}}
    with pytest.raises(ValueError, match="own namespace"):
        observer.new_object(elsewhere)


def test_an_update_is_asked_of_the_object_itself(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers["/api/v1/namespaces/shop/pods/web"] = {"kind": "Pod"}
    web = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
    assert observer.dry_run_update(web).accepted
    assert api.asked[-1].startswith("/api/v1/namespaces/shop/pods/web?dryRun=All")


def test_a_deletion_is_asked_about_and_nothing_is_deleted(api: ApiServer, observer: KubernetesObserver) -> None:
    api.answers["/api/v1/namespaces/shop/pods/web"] = {"kind": "Pod"}
    web = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
    assert observer.dry_run_delete(web).accepted
    assert api.deleted == [api.asked[-1]]
    assert api.asked[-1].startswith("/api/v1/namespaces/shop/pods/web?dryRun=All")


def test_ephemeral_containers_are_asked_about_through_their_subresource(
    api: ApiServer, observer: KubernetesObserver
) -> None:
    api.answers["/api/v1/namespaces/shop/pods/web/ephemeralcontainers"] = {"kind": "Pod"}
    web = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
    assert observer.dry_run_update(web, subresource="ephemeralcontainers").accepted
