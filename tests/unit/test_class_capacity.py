"""How many seats fit, computed from what a machine has left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.catalog.load import load
from lab.cluster.host.facts import INOTIFY_WANTED
from lab.cluster.pods.room import Room, Share, of_a_seat
from lab.workshop.capacity import (
    BOOT_SECONDS,
    DISK_RESERVE,
    HUB_MEMORY,
    SEAT_DISK,
    SEAT_MEMORY,
    SEATS_PER_PROCESSOR,
    Capacity,
    Machine,
    boots_at_a_time,
    capacity,
    on_host_cluster,
)
from tests.unit.support.classes import class_of

CATALOG = load()
PLENTY = Machine(memory=2**50, processors=1000, inotify=10**6, disk=2**50)


def found(machine: Machine, learners: int = 9, made: int = 0, *exercises: str) -> Capacity:
    return capacity(class_of(learners, *exercises), CATALOG, machine, made)


@pytest.mark.parametrize(
    ("machine", "limit"),
    [
        (replace(PLENTY, memory=HUB_MEMORY + 3 * SEAT_MEMORY), "memory"),
        (replace(PLENTY, processors=1, inotify=3 * INOTIFY_WANTED), "inotify"),
        (replace(PLENTY, inotify=4 * INOTIFY_WANTED - 1), "inotify"),
        (replace(PLENTY, disk=DISK_RESERVE + 3 * SEAT_DISK), "disk"),
    ],
)
def test_the_scarcest_resource_limits_the_seats(machine: Machine, limit: str) -> None:
    plan = found(machine)
    assert (plan.limits[0].resource, plan.room, plan.fits) == (limit, 3, False)


def test_processors_carry_so_many_seats_each() -> None:
    assert found(replace(PLENTY, processors=2)).room == 2 * SEATS_PER_PROCESSOR


def test_the_reserve_counts_as_seats_that_must_fit() -> None:
    assert found(replace(PLENTY, inotify=10 * INOTIFY_WANTED), learners=9).fits
    assert not found(replace(PLENTY, inotify=10 * INOTIFY_WANTED), learners=10).fits


def test_seats_that_are_made_have_what_they_take_already() -> None:
    assert found(replace(PLENTY, memory=HUB_MEMORY + 2 * SEAT_MEMORY), made=3).room == 5
    assert found(replace(PLENTY, processors=2), made=3).room == 2 * SEATS_PER_PROCESSOR


def test_an_exercise_with_an_add_on_makes_every_seat_dearer() -> None:
    without, with_gatekeeper = (
        next(limit for limit in found(PLENTY, 9, 0, exercise).limits if limit.resource == "memory")
        for exercise in ("psa-warn-baseline", "gatekeeper-replica-limits")
    )
    assert with_gatekeeper.a_seat - without.a_seat == 600 * 2**20


def test_a_machine_that_has_no_room_at_all_says_so() -> None:
    assert found(replace(PLENTY, memory=0)).room == 0


@pytest.mark.parametrize(("processors", "boots"), [(1, 1), (2, 1), (3, 1), (4, 2), (16, 8)])
def test_one_lab_comes_up_at_a_time_for_each_two_processors(processors: int, boots: int) -> None:
    assert boots_at_a_time(processors) == boots


def test_the_time_is_that_of_the_seats_which_are_missing() -> None:
    assert found(replace(PLENTY, processors=4), learners=9, made=4).minutes == 3 * BOOT_SECONDS / 60


def on_nodes(*left: Share, made: int = 0, processors: float = 8) -> Capacity:
    return on_host_cluster(class_of(9), Room(left, processors, made))


def seats_worth(memory: int, processors: int, pods: int) -> Share:
    """A node that has each of these for so many seats, and nearly for one more."""
    seat = of_a_seat()
    return Share(seat.memory * (memory + 1) - 1, seat.processors * (processors + 0.9), seat.pods * pods)


def test_each_seat_of_pods_has_to_fit_on_one_host_node() -> None:
    plan = on_nodes(seats_worth(3, 9, 9), seats_worth(4, 9, 9))
    assert (plan.limits[0].resource, plan.limits[0].seats, plan.room, plan.fits) == ("memory", 7, 7, False)


def test_nodes_that_lack_different_things_have_less_room_than_any_limit_says() -> None:
    plan = on_nodes(seats_worth(1, 9, 9), seats_worth(9, 2, 9))
    assert [limit.seats for limit in plan.limits] == [10, 11, 18]
    assert plan.room == 3


def test_a_host_node_that_requests_more_than_it_has_carries_none() -> None:
    assert on_nodes(Share(-1, -0.5, -2)).room == 0


def test_labs_of_pods_come_up_by_the_processors_of_the_host_nodes() -> None:
    assert on_nodes(seats_worth(10, 10, 10), processors=16.0).boots == 8


def test_a_host_cluster_without_nodes_for_seats_has_no_room() -> None:
    assert on_nodes(processors=0).room == 0
