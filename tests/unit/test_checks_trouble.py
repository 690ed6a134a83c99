"""Why a Pod does not run, and whose it is to mend."""

from __future__ import annotations

import pytest

from checkers.api import LabBroken, Text
from checkers.pod import Pod
from checkers.trouble import Trouble, running_pod
from tests.unit.support.observations import FINISHED, NAME, HandMade, container, node, pod, seeing, waiting


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
    said = "MountVolume.SetUp failed for volume x"
    assert trouble(seeing(obj, messages=[said])).words.en.endswith(said)
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
    said = "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}
    found = trouble(seeing(pod(node="", phase="Pending", conditions=[condition])))
    assert said in found.words.en
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
    said = 'Failed to pull image "busybocks:1.28": not found'
    obj = pod([container(image="busybocks:1.28")], phase="Pending", states={"main": waiting(reason, "Back-off")})
    found = trouble(seeing(obj, messages=[said, "Error: ImagePullBackOff"]))
    assert said in found.words.en
    assert not found.is_labs


def test_an_image_of_the_task_that_cannot_be_pulled_is_the_labs_fault() -> None:
    obj = pod(phase="Pending", states={"main": waiting("ImagePullBackOff", "Back-off pulling image")})
    assert trouble(seeing(obj)).is_labs


def test_a_container_that_cannot_be_configured_tells_the_kubelets_message() -> None:
    said = "container has runAsNonRoot and image will run as root"
    obj = pod(phase="Pending", states={"main": waiting("CreateContainerConfigError", said)})
    assert f"CreateContainerConfigError: {said}" in trouble(seeing(obj)).words.en


def test_a_crashing_container_tells_its_exit_code_and_its_last_line() -> None:
    obj = pod(states={"main": waiting("CrashLoopBackOff", "back-off 10s")})
    obj["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"exitCode": 2, "reason": "Error"}}
    words = trouble(seeing(obj, lines=["sh: sleap: not found"])).words.en
    assert "container main: ended with exit code 2 (CrashLoopBackOff, Error): sh: sleap: not found" in words


def test_a_command_that_is_no_program_is_told_in_the_runtimes_words() -> None:
    said = 'exec: "sleep 1h": executable file not found in $PATH'
    end = {"terminated": {"exitCode": 128, "reason": "StartError", "message": said}}
    assert said in trouble(seeing(pod(states={"main": end}))).words.en


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
    said = 'MountVolume.SetUp failed for volume "keys": secret "keys" not found'
    assert said in trouble(seeing(obj, messages=["Successfully assigned", said])).words.en


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


def test_a_look_that_fails_is_not_taken_for_a_missing_pod() -> None:
    with pytest.raises(LabBroken):
        running_pod(HandMade(fails=LabBroken(Text("refused", "拒绝"))), NAME, "default")


def test_both_languages_tell_the_same_names() -> None:
    words = trouble(HandMade()).words
    assert NAME in words.zh
    assert "default" in words.zh
