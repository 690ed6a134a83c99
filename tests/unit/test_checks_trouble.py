"""Why a Pod does not run, and whose it is to mend."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from checkers.api import Finding, LabBroken, NotSeen, Ran, Text, Verdict
from checkers.kit.pod import Pod
from checkers.kit.trouble import Trouble, of_running_pod, running_pod
from tests.unit.support.observations import (
    FINISHED,
    NAME,
    NOW,
    HandMade,
    Object,
    container,
    node,
    pod,
    seeing,
    waiting,
)


def trouble(lab: HandMade) -> Trouble:
    found = running_pod(lab, NAME, "default")
    assert isinstance(found, Trouble)
    return found


def test_a_pod_whose_containers_run_is_no_trouble() -> None:
    assert isinstance(running_pod(seeing(pod()), NAME, "default"), Pod)


def test_a_pod_with_a_finished_init_container_and_a_running_sidecar_is_no_trouble() -> None:
    obj = pod(init=[container("prepare"), container("proxy", restartPolicy="Always")])
    assert isinstance(running_pod(seeing(obj), NAME, "default"), Pod)


def test_a_container_that_has_done_its_work_beside_a_running_one_is_no_trouble() -> None:
    obj = pod([container(), container("writer")], states={"writer": FINISHED}, restartPolicy="OnFailure")
    assert isinstance(running_pod(seeing(obj), NAME, "default"), Pod)


def test_where_all_have_ended_nothing_runs_even_between_two_runs() -> None:
    obj = pod(states={"main": FINISHED})
    assert trouble(seeing(obj)).words.en.endswith("container main: ended with exit code 0 (Completed)")


def test_nobody_is_told_to_wait_for_what_has_failed() -> None:
    obj = pod(phase="Pending", states={"main": waiting("ContainerCreating")})
    message = "MountVolume.SetUp failed for volume x"
    assert trouble(seeing(obj, messages=[message])).words.en.endswith(message)
    assert "grade again" in trouble(seeing(obj, messages=["Pulling image"])).words.en


def test_an_ended_ephemeral_container_is_no_trouble() -> None:
    obj = pod(ephemeral=[container("debugger")], states={"debugger": {"terminated": {"exitCode": 1}}})
    assert isinstance(running_pod(seeing(obj), NAME, "default"), Pod)


def test_a_pod_that_is_not_there() -> None:
    found = trouble(HandMade())
    assert found.words.en == "There is no Pod web in namespace default."
    assert not found.is_labs


def test_a_pod_in_another_namespace_is_named() -> None:
    elsewhere = pod(metadata={"namespace": "shop"})
    assert "There is one in shop." in trouble(HandMade([elsewhere])).words.en


def test_a_pod_that_is_being_deleted() -> None:
    obj = pod(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    assert "being deleted" in trouble(seeing(obj)).words.en


def test_an_unschedulable_pod_tells_the_schedulers_reason() -> None:
    message = "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    found = trouble(seeing(pod(node="", phase="Pending", conditions=[condition])))
    assert message in found.words.en
    assert not found.is_labs


def test_an_unschedulable_pod_is_the_labs_fault_while_a_node_is_down() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes"}
    obj = pod(node="", phase="Pending", conditions=[condition])
    found = trouble(HandMade([obj, node(ready="Unknown", message="Kubelet stopped posting node status.")]))
    assert "Kubelet stopped posting node status." in found.words.en
    assert found.is_labs


def test_a_pod_that_was_just_made_is_worth_waiting_for() -> None:
    assert "Wait until it runs" in trouble(seeing(pod(node="", phase="Pending"))).words.en


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff"])
def test_a_misspelt_image_is_the_learners_and_told_with_the_events_message(reason: str) -> None:
    message = 'Failed to pull image "busybocks:1.28": not found'
    obj = pod([container(image="busybocks:1.28")], phase="Pending", states={"main": waiting(reason, "Back-off")})
    found = trouble(seeing(obj, messages=[message, "Error: ImagePullBackOff"]))
    assert message in found.words.en
    assert not found.is_labs


def test_an_image_of_the_task_that_cannot_be_pulled_is_the_labs_fault() -> None:
    obj = pod(phase="Pending", states={"main": waiting("ImagePullBackOff", "Back-off pulling image")})
    assert trouble(seeing(obj)).is_labs


def test_a_container_that_cannot_be_configured_tells_the_kubelets_message() -> None:
    message = "container has runAsNonRoot and image will run as root"
    obj = pod(phase="Pending", states={"main": waiting("CreateContainerConfigError", message)})
    assert f"CreateContainerConfigError: {message}" in trouble(seeing(obj)).words.en


def test_a_crashing_container_tells_its_exit_code_and_its_last_line() -> None:
    obj = pod(states={"main": waiting("CrashLoopBackOff", "back-off 10s")})
    obj["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"exitCode": 2, "reason": "Error"}}
    words = trouble(seeing(obj, lines=["sh: sleap: not found"])).words.en
    assert "container main: ended with exit code 2 (CrashLoopBackOff, Error): sh: sleap: not found" in words


def test_a_command_that_is_no_program_is_reported_in_the_runtimes_words() -> None:
    message = 'exec: "sleep 1h": executable file not found in $PATH'
    end = {"terminated": {"exitCode": 128, "reason": "StartError", "message": message}}
    assert message in trouble(seeing(pod(states={"main": end}))).words.en


def test_a_container_that_waits_for_an_init_container_tells_of_that_one() -> None:
    obj = pod(
        init=[container("prepare")],
        phase="Pending",
        states={"prepare": waiting("CrashLoopBackOff", "back-off 10s restarting"), "main": waiting("PodInitializing")},
    )
    assert "init container prepare: CrashLoopBackOff" in trouble(seeing(obj)).words.en


def test_a_sidecar_that_has_stopped_is_trouble_too() -> None:
    obj = pod(init=[container("proxy", restartPolicy="Always")], states={"proxy": {"terminated": {"exitCode": 1}}})
    assert "sidecar proxy: ended with exit code 1" in trouble(seeing(obj)).words.en


def test_a_container_being_created_tells_the_newest_event() -> None:
    obj = pod(phase="Pending", states={"main": waiting("ContainerCreating")})
    message = 'MountVolume.SetUp failed for volume "keys": secret "keys" not found'
    assert message in trouble(seeing(obj, messages=["Successfully assigned", message])).words.en


def test_an_ended_pod_tells_how_its_containers_ended() -> None:
    end = {"terminated": {"exitCode": 0, "reason": "Completed"}}
    words = trouble(seeing(pod(phase="Succeeded", states={"main": end}))).words.en
    assert "Succeeded; container main: ended with exit code 0" in words


def test_eviction_by_a_node_that_is_too_small_is_the_labs_fault() -> None:
    obj = pod(phase="Failed")
    obj["status"] |= {"reason": "Evicted", "message": "The node was low on resource: memory."}
    assert trouble(seeing(obj)).is_labs


def test_eviction_by_a_limit_of_the_pods_own_is_the_learners() -> None:
    obj = pod(phase="Failed")
    obj["status"] |= {"reason": "Evicted", "message": "Usage of EmptyDir volume exceeds the limit"}
    assert not trouble(seeing(obj)).is_labs


def test_whatever_the_pod_says_a_node_that_is_down_is_the_labs_fault() -> None:
    obj = pod(phase="Pending", states={"main": waiting("ContainerCreating")})
    found = trouble(HandMade([obj, node(ready="Unknown", message="Kubelet stopped posting node status.")]))
    assert found.is_labs
    assert "node kube-worker-1 is not ready" in found.words.en


def test_an_observation_that_fails_is_not_taken_for_a_missing_pod() -> None:
    with pytest.raises(LabBroken):
        running_pod(HandMade(fails=LabBroken(Text("refused", "拒绝"))), NAME, "default")


def test_both_languages_tell_the_same_names() -> None:
    words = trouble(HandMade()).words
    assert NAME in words.zh
    assert "default" in words.zh


# What happens to be up is not what stays up


def at(seconds: float) -> str:
    """A moment so many seconds before the check begins."""
    return (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def up(since: float) -> Object:
    return {"running": {"startedAt": at(since)}}


def ended(began: float, lasted: float, code: int = 0, reason: str = "Completed") -> Object:
    return {
        "terminated": {
            "exitCode": code,
            "reason": reason,
            "startedAt": at(began),
            "finishedAt": at(began - lasted),
        }
    }


def restarted(since: float, last: Object, times: int = 1, **more: Any) -> Object:
    """A Pod whose container runs for so many seconds now, and ended before."""
    obj = pod(states={"main": up(since)}, **more)
    obj["status"]["containerStatuses"][0] |= {"restartCount": times, "lastState": last}
    return obj


def then(obj: Object, *later: Object, **more: Any) -> HandMade:
    """An observer of a Pod that has become another whenever somebody has waited."""
    return HandMade([obj, node()], later=[[each, node()] for each in later], **more)


def is_up(lab: HandMade) -> bool:
    return isinstance(running_pod(lab, NAME, "default"), Pod)


def test_a_container_that_ended_at_once_and_was_started_again_is_not_up_whenever_one_looks() -> None:
    last = ended(20, 1, code=1, reason="Error")
    crashing = pod(states={"main": waiting("CrashLoopBackOff", "back-off 10s")})
    crashing["status"]["containerStatuses"][0]["lastState"] = last
    between = pod(states={"main": ended(2, 1, code=1, reason="Error")})
    for now in (restarted(0, last), restarted(1, last), crashing, between):
        words = trouble(then(now, crashing, lines=["nginx: invalid option"])).words.en
        assert "ended with exit code 1 " in words
        assert words.endswith("nginx: invalid option")


def test_one_that_ends_well_again_and_again_is_not_up_either() -> None:
    between = pod([container(), container("helper")], states={"main": ended(2, 1)})
    assert trouble(seeing(between)).words.en.endswith("container main: ended with exit code 0 (Completed)")
    last = ended(60, 30)
    found = trouble(seeing(restarted(3, last, times=4))).words
    assert "ended with exit code 0 (Completed) after 30 s, and was started again (restarts: 4)" in found.en
    assert "运行了 30 秒" in found.zh


def test_a_first_run_that_has_just_begun_is_watched_for_a_moment() -> None:
    lab = then(pod(states={"main": up(1)}), pod(states={"main": ended(1, 2)}))
    assert "ended with exit code 0" in trouble(lab).words.en


def test_a_right_pod_that_has_just_begun_passes_after_a_moment() -> None:
    lab = seeing(pod(states={"main": up(1)}))
    assert is_up(lab)
    assert lab.time - NOW == timedelta(seconds=4)


def test_a_pod_that_runs_for_long_is_not_waited_for() -> None:
    lab = seeing(pod())
    assert is_up(lab)
    assert lab.time == NOW


def test_a_container_that_runs_longer_than_it_did_when_it_ended_is_up() -> None:
    assert is_up(seeing(restarted(40, ended(100, 30))))
    assert is_up(seeing(restarted(2, ended(10, 3))))  # after a moment


def test_a_command_that_takes_an_hour_is_up_after_its_restart() -> None:
    assert is_up(seeing(restarted(1, ended(3601, 3600))))


def test_a_container_whose_machine_was_switched_off_is_up_again() -> None:
    assert is_up(seeing(restarted(6, ended(100, 90, code=255, reason="Unknown"))))


def test_clocks_that_differ_refuse_nobody() -> None:
    assert is_up(seeing(pod(states={"main": up(-300)})))


def made(seconds: float) -> Object:
    """The metadata of a Pod that was made so many seconds ago."""
    return {"creationTimestamp": at(seconds)}


def test_a_pod_on_its_way_is_waited_for() -> None:
    making = pod(phase="Pending", metadata=made(1), states={"main": waiting("ContainerCreating")})
    unplaced = pod(node="", phase="Pending", metadata=made(1))
    assert is_up(then(unplaced, making, pod(states={"main": up(0)}), messages=["Pulled"]))


@pytest.mark.parametrize(("age", "waited"), [(0, 10), (7, 3), (60, 0)])
def test_a_pod_that_does_not_get_there_is_told_to_be_waited_for(age: int, waited: int) -> None:
    making = pod(phase="Pending", metadata=made(age), states={"main": waiting("ContainerCreating")})
    lab = seeing(making, messages=["Pulling image"])
    assert "grade again" in trouble(lab).words.en
    assert lab.time - NOW == timedelta(seconds=waited)


def test_an_init_container_at_work_is_waited_for() -> None:
    at_work = pod(
        init=[container("prepare")],
        metadata=made(1),
        states={"prepare": up(0), "main": waiting("PodInitializing")},
    )
    assert is_up(then(at_work, pod()))
    assert "still running, and the others wait for it" in trouble(seeing(at_work)).words.en


def test_a_command_that_took_an_hour_is_about_to_be_started_again() -> None:
    between = pod(states={"main": ended(3600, 3599)}, metadata=made(3601))
    assert is_up(then(between, restarted(0, ended(3600, 3599))))


def test_a_volume_that_is_late_is_waited_for() -> None:
    making = pod(phase="Pending", metadata=made(1), states={"main": waiting("ContainerCreating")})
    message = 'MountVolume.SetUp failed for volume "kube-api-access": object "kube-root-ca.crt" not registered'
    assert is_up(then(making, pod(), messages=[message]))
    late = seeing(making, messages=[message])
    assert message in trouble(late).words.en


def test_what_never_comes_is_not_waited_for() -> None:
    making = pod(phase="Pending", metadata=made(1), states={"main": waiting("ContainerCreating")})
    lab = seeing(making, messages=['Failed to create pod sandbox: no runtime for "gvisor" is configured'])
    assert not is_up(lab)
    assert lab.time == NOW


def judged(lab: HandMade, judge: Any) -> Finding:
    words = Text("x", "x")
    return of_running_pod(lab, NAME, "default", judge, words, words, "")


def test_a_container_that_ends_while_it_is_judged_has_ended() -> None:
    lab = seeing(pod())

    def judge(seen: Pod) -> Finding:
        lab.objects = [pod(states={"main": ended(9, 8)}), node()]
        raise NotSeen(Text("it is gone", "没了"))

    finding = judged(lab, judge)
    assert finding.verdict is Verdict.FAIL
    assert "ended with exit code 0" in finding.found.en


def test_an_observation_that_came_to_nothing_though_the_pod_is_up_stays_unseen() -> None:
    def judge(seen: Pod) -> Finding:
        raise NotSeen(Text("slow", "慢"))

    with pytest.raises(NotSeen):
        judged(seeing(pod()), judge)


# What the lab does not have, and what it cannot do

OFFLINE = 'Failed to pull image "{}": failed to do request: dial tcp: lookup registry-1.docker.io: no such host'
IMAGES = ("docker.io/library/busybox:1.28", "docker.io/library/nginx:1.23.2", "registry.k8s.io/pause:3.10.1")


def without(
    image: str, *beside: Object, message: str = OFFLINE, has: tuple[str, ...] = IMAGES, **spec: Any
) -> HandMade:
    """A Pod whose container `odd` waits for this image, on a node that has those others."""
    obj = pod([container("odd", image=image, **spec), *beside], states={"odd": waiting("ImagePullBackOff", "Back-off")})
    listed = Ran(0, json.dumps({"images": [{"repoTags": [name]} for name in has]}), "")
    messages = [message.format(image), f'Back-off pulling image "{image}"']
    return seeing(obj, on_nodes={"kube-worker-1": {"crictl images": listed, "crictl": listed}}, messages=messages)


def test_to_pull_always_where_no_registry_answers_is_the_labs_and_the_policy_is_named() -> None:
    found = trouble(without("busybox:1.28", imagePullPolicy="Always"))
    assert found.is_labs
    assert "`imagePullPolicy: Always`" in found.words.en
    assert "Waiting mends nothing" in found.words.en
    assert "no such host" in found.words.zh
    assert "等待无济于事" in found.words.zh


def test_another_image_beside_the_tasks_is_the_labs_and_those_it_has_are_named() -> None:
    found = trouble(without("alpine:3.20", container()))
    assert found.is_labs
    assert "Images on kube-worker-1: busybox:1.28, nginx:1.23.2." in found.words.en
    assert "kube-worker-1 上的镜像：busybox:1.28, nginx:1.23.2。" in found.words.zh


def test_an_image_in_place_of_the_tasks_is_the_learners_and_those_there_are_are_named() -> None:
    found = trouble(without("busybox:1.82"))
    assert not found.is_labs
    assert "Images on kube-worker-1: busybox:1.28, nginx:1.23.2." in found.words.en


@pytest.mark.parametrize("message", ["docker.io/library/alpin:3: not found", "pull access denied, repository does not"])
def test_an_image_that_a_registry_does_not_know_is_the_learners(message: str) -> None:
    assert not trouble(without("alpin:3", container(), message=f'Failed to pull image "{{}}": {message}')).is_labs


def test_an_image_of_the_task_that_is_not_there_is_the_labs() -> None:
    found = trouble(without("busybox:1.28", has=IMAGES[1:]))
    assert found.is_labs
    assert "the task names this image and the lab does not have it" in found.words.en


def test_a_node_that_does_not_tell_its_images_changes_no_verdict() -> None:
    lab = without("alpine:3.20", container())
    lab.on_nodes = {}
    assert trouble(lab).is_labs
    assert "Images on" not in trouble(lab).words.en


def test_user_namespaces_that_the_runtime_does_not_have_are_the_labs() -> None:
    message = (
        "Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces"
    )
    obj = pod(phase="Pending", hostUsers=False, states={"main": waiting("ContainerCreating")})
    found = trouble(seeing(obj, messages=["Successfully assigned", message]))
    assert found.is_labs
    assert message in found.words.en
    assert "create the Pod anew without it" in found.words.en
    assert "重新创建 Pod" in found.words.zh


def test_a_sandbox_that_fails_for_another_reason_is_the_learners_with_user_namespaces_too() -> None:
    obj = pod(phase="Pending", hostUsers=False, states={"main": waiting("ContainerCreating")})
    assert not trouble(seeing(obj, messages=['Failed to create pod sandbox: no runtime for "x" is configured'])).is_labs


def test_apparmor_that_the_kernel_does_not_have_is_the_labs() -> None:
    obj = pod(phase="Failed")
    message = "Pod was rejected: Cannot enforce AppArmor: AppArmor is not enabled on the host"
    obj["status"] |= {"reason": "AppArmor", "message": message}
    found = trouble(seeing(obj))
    assert found.is_labs
    assert "`appArmorProfile`" in found.words.en


def test_an_init_container_that_fails_is_not_what_does_not_stay_up() -> None:
    obj = pod(init=[container("prepare")], states={"prepare": ended(9, 1, code=1), "main": waiting("PodInitializing")})
    assert trouble(seeing(obj)).causes == ("not-running",)
