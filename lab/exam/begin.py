"""A sitting begins, when its labs are chosen and made ready, and is closed, when they are given back."""

from __future__ import annotations

from dataclasses import dataclass

from lab.catalog.model import Catalog
from lab.cluster import open_lab
from lab.errors import UsageError
from lab.exam import events, proctor
from lab.exam import hosts as exam_hosts
from lab.exam.hosts import Host
from lab.exam.prepare import Prepared, Wish, free_memory, labs_of, prepare
from lab.exam.sittings import Journal, Sitting, Sittings
from lab.practice.history import History
from lab.practice.session import Session
from lab.progress import OnProgress


@dataclass(frozen=True, slots=True)
class Begun:
    """A sitting whose clock runs. `wanted`: the hosts that were asked for; memory may have been short."""

    sitting: Sitting
    prepared: Prepared
    wanted: int


def begin(wish: Wish, lab: str, catalog: Catalog, history: History, progress: OnProgress) -> Begun:
    """Prepare an exam on the learner's lab and others beside it, and start its clock.

    Raises:
        UsageError: another sitting is not closed yet (`exam.under_way`), or this exam cannot be drawn.
        LabError: a lab cannot be made ready.
    """
    sittings = Sittings(history.database)
    if open_one := sittings.open():
        raise UsageError("exam.under_way", number=open_one.number)
    wanted = wish.hosts or wish.blueprint.hosts
    sessions = labs_of(lab, wanted, lambda name: session_on(name, catalog), free_memory())
    for session in sessions:
        history.end_all(session.engine)  # what was practised there goes
    prepared = prepare(wish, sessions, progress)
    exam_hosts.close_after(prepared.hosts, prepared.plan.minutes * 60)
    labs = {host.name: host.engine.lab for host in prepared.hosts}
    sitting = sittings.begin(prepared.plan, events.now(), labs)
    proctor.ensure(sitting)
    return Begun(sitting, prepared, wanted)


def close(sitting: Sitting, journal: Journal, catalog: Catalog) -> None:
    """Put a sitting behind its learner: its labs may be used for something else.

    Raises:
        LabError: a lab that is there refuses; the sitting is closed all the same.
    """
    journal.close()
    exam_hosts.part(hosts_of(sitting, catalog))


def hosts_of(sitting: Sitting, catalog: Catalog) -> list[Host]:
    """The hosts of a sitting, in the plan's order."""
    return [Host(name, session_on(sitting.labs[name], catalog)) for name in sitting.plan.hosts]


def session_on(lab: str, catalog: Catalog) -> Session:
    """What is done on a host is no practice: its history lasts as long as the session."""
    return Session(catalog, open_lab(lab))
