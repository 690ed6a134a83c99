"""Who watches a sitting: time is given back while a lab is gone, and at the end everything is graded.

It is a process of its own, so that the app may be closed, killed or lose its terminal. Should it be killed itself, the
machines still close in time, and whoever asks for the sitting next starts another one.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from lab import log, paths
from lab.cluster.engine import Powered, State
from lab.cluster.machines.kubectl import Kubectl
from lab.errors import LabError
from lab.exam import events
from lab.exam import hosts as exam_hosts
from lab.exam.events import Moment, Watch
from lab.exam.hosts import Host
from lab.exam.recordings import folder
from lab.exam.sittings import Journal, Sitting
from lab.exam.state import Phase
from lab.exam.state import State as SittingState
from lab.progress import ignore

EVERY = 2.0
"""Seconds between two looks at the hosts, where nobody says otherwise."""
EVERY_WHILE_GONE = 1.0
"""The same while one of them is gone: its time is given back to the second."""
MEND_AFTER = 60.0
"""Seconds after which a host that does not come back by itself is started."""
GIVE_UP_AFTER = 300.0
"""Seconds after which a host that is still gone is replaced, or given up: the others' time goes on."""
API_SECONDS = 60.0
"""How long the API server of a host may take, once its machines run. After that its learner may have stopped it."""
POSTPONE_EVERY = 20.0
"""Seconds between two postponements of the end on the machines that run, while time stands still."""

_MENDABLE = frozenset({State.STOPPED, State.UNREACHABLE, State.DEGRADED})


class Proctor:
    """Watches the hosts of one sitting.

    Args:
        watch: tells the time.
        every: seconds between two looks at the hosts.
        set_again: sets the tasks of a host on another lab, and writes that down; None: it could not.
    """

    def __init__(
        self,
        journal: Journal,
        hosts: Sequence[Host],
        watch: Watch = events.now,
        every: float = EVERY,
        set_again: Callable[[Host], Host | None] = lambda _: None,
    ) -> None:
        self._journal = journal
        self._hosts = list(hosts)
        self._set_again = set_again
        self._watch = watch
        self._every = every
        self._worked = {host.name: watch() for host in hosts}
        """When each host was last known to work."""
        self._gone: dict[str, Moment] = {}
        self._running: dict[str, Moment] = {}
        """Since when the machines of a host run that is not back yet."""
        self._mended: set[str] = set()
        self._postponed = watch()
        self._shell = ""

    def run(self, sleep: Callable[[float], None]) -> None:
        """Watch until the sitting is over."""
        with self._tolerant():
            self._take_up()
        while (state := self._journal.state()).phase is Phase.UNDER_WAY:
            with self._tolerant():
                self.look(state)
            state = self._journal.state()
            sleep(min(self._every, state.left) if state.is_running else EVERY_WHILE_GONE)

    def look(self, state: SittingState) -> None:
        """Look at each host once, and write down what has changed."""
        for host in list(self._hosts):
            if host.name in state.lost:
                continue
            if _runs(host):
                self._meet_running(host)
            else:
                self._meet_gone(host)
        if self._gone:
            self._postpone(state)
        elif len(self._hosts) > 1 and (shell := exam_hosts.place_of_shell(self._hosts)) != self._shell:
            self._shell = shell
            self._journal.shell(shell)

    def _take_up(self) -> None:
        """Go on from what an earlier proctor has written down, and set the end on every machine anew."""
        state = self._journal.state()
        self._gone = {name: self._watch() for name in state.gone}
        self._shell = state.shell
        there = [host for host in self._hosts if host.name not in state.gone | state.lost and _runs(host)]
        exam_hosts.close_after(there, state.left)

    def _meet_running(self, host: Host) -> None:
        now = self._watch()
        if host.name not in self._gone:
            self._worked[host.name] = now
            return
        since = self._running.setdefault(host.name, now)
        if Kubectl(host.engine.nodes()[0]).answers() or now.seconds - since.seconds > API_SECONDS:
            with suppress(LabError):  # its learner may have stopped the API server
                if host.engine.status().state is not State.READY:
                    host.engine.up(ignore)
            self._bring_back(host)

    def _bring_back(self, host: Host) -> None:
        self._connect(host)
        self._journal.back(host.name)
        self._forget(host)
        if not self._gone:
            exam_hosts.close_after(self._there(), self._journal.state().left)

    def _connect(self, host: Host) -> None:
        """What was started anew has lost its way in, and perhaps its address."""
        there = [each for each in self._hosts if each is host or each in self._there()]
        if there[0] is self._hosts[0]:  # without the terminal there is nowhere to come from
            exam_hosts.connect(there)

    def _meet_gone(self, host: Host) -> None:
        self._running.pop(host.name, None)
        if host.name not in self._gone:
            self._gone[host.name] = self._worked[host.name]
            self._journal.gone(host.name, since=self._worked[host.name])
            return
        missing = self._watch().seconds - self._gone[host.name].seconds
        if missing > GIVE_UP_AFTER:
            self._go_elsewhere(host)
        elif missing > MEND_AFTER and host.name not in self._mended:
            self._mended.add(host.name)
            if host.engine.status().state in _MENDABLE:
                host.engine.up(ignore)
            else:
                self._go_elsewhere(host)

    def _go_elsewhere(self, host: Host) -> None:
        """Nothing is left of the work on a host, or it is out of reach."""
        if another := self._set_again(host):
            self._hosts[self._hosts.index(host)] = another
            self._bring_back(another)
        else:
            self._journal.lost(host.name)
            self._forget(host)

    def _forget(self, host: Host) -> None:
        """It is gone no more."""
        self._worked[host.name] = self._watch()
        for seen in (self._gone, self._running):
            seen.pop(host.name, None)
        self._mended.discard(host.name)

    def _postpone(self, state: SittingState) -> None:
        """While time stands still, the machines that run must not close by the time that they were told before."""
        now = self._watch()
        if now.seconds - self._postponed.seconds >= POSTPONE_EVERY:
            self._postponed = now
            exam_hosts.close_after(self._there(), state.left + POSTPONE_EVERY)

    def _there(self) -> list[Host]:
        lost = self._journal.state().lost
        return [host for host in self._hosts if host.name not in lost and host.name not in self._gone]

    @contextmanager
    def _tolerant(self) -> Iterator[None]:
        """What a host or the disk refuses now may go well the next time; the sitting goes on."""
        try:
            yield
        except LabError as error:
            log.fault("watching an exam", error)


def ensure(sitting: Sitting) -> None:
    """Start a proctor in the background, unless one is at work."""
    ensure_one(alone(sitting.number), "exam", "proctor")


def ensure_one(alone: AbstractContextManager[bool], *verb: str) -> None:
    """Run `ckslab VERB` in the background, whatever becomes of this program, unless it runs.

    Args:
        alone: says whether it does not.
    """
    with alone as is_free:
        pass
    if is_free:
        subprocess.Popen(
            [sys.executable, "-m", "lab.cli", *verb],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def alone(sitting: int) -> AbstractContextManager[bool]:
    """Be the only proctor of a sitting while the `with` block lasts; False: there is one already."""
    return alone_in(paths.private(folder(paths.state(), sitting)))


@contextmanager
def alone_in(folder: Path) -> Iterator[bool]:
    """Be the only proctor whose folder this is while the `with` block lasts; False: there is one already."""
    with (folder / "proctor.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _runs(host: Host) -> bool:
    """Whether its machines run. An API server that its learner has stopped does not count against the lab."""
    try:
        if isinstance(host.engine, Powered):
            return host.engine.runs()
        return all(machine.run(["true"]).ok for machine in host.machines)
    except LabError:
        return False
