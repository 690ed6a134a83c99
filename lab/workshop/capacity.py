"""How many seats this machine or a host cluster carries, and what limits them: told before anything is made."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lab import paths
from lab.catalog.model import Catalog
from lab.cluster import open_lab
from lab.cluster.engine import State
from lab.cluster.host import facts
from lab.cluster.image import addon
from lab.cluster.pods import room as pods_room
from lab.cluster.pods.engine import PodsEngine
from lab.cluster.pods.room import Room
from lab.exam.prepare import free_memory
from lab.workshop.class_file import Class

_MEBIBYTE = 2**20

SEAT_MEMORY = 1200 * _MEBIBYTE
"""What a seat takes whose learner works: 770 MiB when it is new, 45 for the app. Add-ons come on top."""
HUB_MEMORY = 512 * _MEBIBYTE
"""What stays free for the hub and whoever uses this machine."""
SEAT_DISK = 1500 * _MEBIBYTE
"""What a seat writes in ninety minutes."""
DISK_RESERVE = 2048 * _MEBIBYTE
"""What stays free: a full disk breaks every seat at once."""
SEATS_PER_PROCESSOR = 4
"""Seats whose learners read and type most of the time. A kubelet and an API server are never quite idle."""
PROCESSORS_PER_BOOT = 2
"""A lab that comes up keeps two processors busy; more at a time only take longer each."""
BOOT_SECONDS = 60
"""From nothing to a seat that is ready, with its node image there."""

Resource = Literal["memory", "processors", "inotify", "disk", "pods"]


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine has left for seats: bytes, processors, inotify instances."""

    memory: int
    processors: int
    inotify: int
    disk: int


@dataclass(frozen=True, slots=True)
class Limit:
    """What one resource allows.

    Attributes:
        a_seat: what a seat takes of it.
        there: what is left of it, beside what is kept free.
        seats: how many seats that is enough for, with those that are made already.
    """

    resource: Resource
    a_seat: float
    there: float
    seats: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many seats are wanted, are made, and fit.

    Attributes:
        limits: the tightest first.
        boots: how many labs come up at a time.
        room: for how many seats there is room. Where seats are on several machines, each one needs all of it on one.
    """

    wanted: int
    made: int
    limits: tuple[Limit, ...]
    boots: int
    room: int

    @property
    def fits(self) -> bool:
        """Whether there is room for all that are wanted."""
        return self.room >= self.wanted

    @property
    def minutes(self) -> float:
        """How long it takes to make those that are missing, as far as they fit."""
        missing = max(0, min(self.wanted, self.room) - self.made)
        return -(-missing // self.boots) * BOOT_SECONDS / 60


def find(class_: Class, catalog: Catalog) -> Capacity:
    """What can be carried of a class now, where its file says that its seats are.

    Raises:
        LabError: the host cluster cannot be asked.
    """
    if class_.wish.engine == "pods":
        host = PodsEngine(class_.seats[0], class_.wish).host
        return on_host_cluster(class_, pods_room.find(host, class_.seats))
    return capacity(class_, catalog, this_machine(len(class_.seats)), count_made(class_.seats))


def on_host_cluster(class_: Class, room: Room) -> Capacity:
    """What a host cluster can carry of a class: a seat is on one of its nodes, which needs all that it requests."""
    seat = pods_room.of_a_seat()
    resources: tuple[tuple[Resource, float, list[float]], ...] = (
        ("memory", seat.memory, [left.memory for left in room.left]),
        ("processors", seat.processors, [left.processors for left in room.left]),
        ("pods", seat.pods, [left.pods for left in room.left]),
    )
    fit = {resource: [max(0, int(each / a_seat)) for each in left] for resource, a_seat, left in resources}
    limits = [Limit(resource, a_seat, sum(left), sum(fit[resource])) for resource, a_seat, left in resources]
    tightest = tuple(sorted(limits, key=lambda limit: limit.seats))
    together = sum(map(min, zip(*fit.values(), strict=True)))
    return Capacity(len(class_.seats), room.made, tightest, boots_at_a_time(int(room.processors)), together)


def capacity(class_: Class, catalog: Catalog, machine: Machine, made: int) -> Capacity:
    """What a machine can carry of a class.

    Args:
        machine: what is left on it now.
        made: how many of the class's seats run already; what is left is beside those.
    """
    memory = SEAT_MEMORY + _addons_memory(class_.exercises, catalog)
    limits = (
        _limit("memory", memory, machine.memory - HUB_MEMORY, made),
        # The seats that run have their share of the processors, which are never used up.
        _limit("processors", 1 / SEATS_PER_PROCESSOR, machine.processors - made / SEATS_PER_PROCESSOR, made),
        _limit("inotify", facts.INOTIFY_WANTED, machine.inotify, made),
        _limit("disk", SEAT_DISK, machine.disk - DISK_RESERVE, made),
    )
    tightest = tuple(sorted(limits, key=lambda limit: limit.seats))
    return Capacity(len(class_.seats), made, tightest, boots_at_a_time(machine.processors), tightest[0].seats)


def boots_at_a_time(processors: int) -> int:
    """How many labs may come up side by side."""
    return max(1, processors // PROCESSORS_PER_BOOT)


def this_machine(seats: int) -> Machine:
    """What is left here.

    Args:
        seats: how many are wanted. Inotify instances are counted for twice as many: more would not be believed.
    """
    return Machine(
        memory=free_memory(),
        processors=os.cpu_count() or 1,
        inotify=facts.inotify_left(2 * seats * facts.INOTIFY_WANTED),
        disk=facts.free_bytes(paths.state()),
    )


def count_made(seats: Iterable[str]) -> int:
    """How many of these seats have a lab whose machines run."""
    there = (State.READY, State.DEGRADED, State.UNREACHABLE)
    return sum(open_lab(seat).status().state in there for seat in seats if paths.lab(seat).exists())


def _limit(resource: Resource, a_seat: float, there: float, made: int) -> Limit:
    return Limit(resource, a_seat, there, made + max(0, int(there / a_seat)))


def _addons_memory(exercises: Sequence[str], catalog: Catalog) -> int:
    """What the add-ons of an exercise take, of the exercise that has the largest: one is done at a time."""
    wanted = ({*catalog.exercise(name).addons} for name in exercises)
    return max((sum(addon.find(each).memory for each in names) for names in wanted), default=0) * _MEBIBYTE
