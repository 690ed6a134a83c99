"""Following a learner's shell: the learner is asked first, sees it all the while, and it is written down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from lab.clock import SYSTEM, Clock, wait_until
from lab.errors import UsageError
from lab.exam.events import Moment, Watch, now
from lab.practice.history import History
from lab.workshop.class_file import Learner
from lab.workshop.events import Event, Kind
from lab.workshop.ledger import Ledger

Answer = Literal["once", "today", "refused"]
"""Yes, this once; yes, whenever it is asked today; no."""
ANSWERS: tuple[Answer, ...] = get_args(Answer)

ANSWER_SECONDS = 120.0
"""In which a learner answers, or it is taken for a no: perhaps they are not at their desk."""


class Consent:
    """Where a learner stands with it, followed event by event.

    Attributes:
        here: their app runs.
        asked: they are asked, and have not answered.
    """

    def __init__(self) -> None:
        self.here = self.asked = False
        self._followed: Event | None = None
        self._answer: Answer = "refused"
        self._since: Moment | None = None

    def follow(self, event: Event) -> None:
        """Something has happened to this learner."""
        match event.kind:
            case Kind.CAME:
                self.here = True
            case Kind.LEFT:
                self.here = False
            case Kind.FOLLOW_ASKED:
                self.asked = True
            case Kind.FOLLOW_ANSWERED:
                self.asked = False
                self._answer, self._since = event.detail["answer"], event.at
            case Kind.FOLLOWED:
                self._followed = event
            case Kind.UNFOLLOWED:
                self.asked, self._followed = False, None
                if self._answer == "once":
                    self._answer = "refused"
            case Kind.EXAM_COMING:
                self._answer = "refused"  # nobody looks over a shoulder in an exam
            case Kind.ISSUED if not event.detail.get("beside"):
                self._answer = "refused"  # perhaps it is somebody else now

    def is_followed(self, at: Moment) -> bool:
        """Whether their shell is seen at this time. What showed it may have been killed without a word."""
        if self._followed is None or self._followed.at.boot != at.boot:
            return False
        return _is_alive(int(self._followed.detail["process"]))

    def holds(self, at: Moment) -> bool:
        """Whether their shell may be seen at this time."""
        if self._answer != "today":
            return self._answer == "once"
        return self._since is not None and _day(self._since) == _day(at)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is somebody else's
        pass
    return True


def _day(moment: Moment) -> str:
    """By the clock on the wall of where this is asked."""
    return moment.wall.astimezone().date().isoformat()


class Follow:
    """What an instructor does to see the shell of one learner.

    Args:
        history: the learner's.
    """

    def __init__(
        self, learner: Learner, ledger: Ledger, history: History, *, watch: Watch = now, clock: Clock = SYSTEM
    ) -> None:
        self._learner = learner
        self._ledger = ledger
        self._history = history
        self._watch = watch
        self._clock = clock
        self._consent = Consent()
        self._read = 0

    @property
    def is_allowed(self) -> bool:
        """Whether the learner allows it, at this moment."""
        return self._now().holds(self._watch())

    def ask(self) -> None:
        """Ask the learner, and wait for the answer. Who stops waiting takes the question back.

        Raises:
            UsageError: they are not here (`class.follow.away`), refuse (`class.follow.refused`), or do not answer in
                time (`class.follow.silent`).
        """
        seat = self._learner.seat
        if not self._now().here:
            raise UsageError("class.follow.away", seat=seat)
        self._ledger.add(Kind.FOLLOW_ASKED, learner=self._learner.number)
        try:
            answered = wait_until(lambda: not self._now().asked, self._clock, bound=ANSWER_SECONDS)
        except BaseException:
            self._ledger.add(Kind.UNFOLLOWED, learner=self._learner.number)
            raise
        if not answered:
            self._ledger.add(Kind.UNFOLLOWED, learner=self._learner.number)
            raise UsageError("class.follow.silent", seat=seat, seconds=f"{ANSWER_SECONDS:.0f}")
        if not self.is_allowed:
            raise UsageError("class.follow.refused", seat=seat)

    @contextmanager
    def written_down(self) -> Iterator[None]:
        """While this lasts the shell is seen, by both histories."""
        self._ledger.add(Kind.FOLLOWED, learner=self._learner.number, process=os.getpid())
        self._history.followed()
        try:
            yield
        finally:
            self._history.unfollowed()
            self._ledger.add(Kind.UNFOLLOWED, learner=self._learner.number)

    def _now(self) -> Consent:
        for event in self._ledger.events(self._read):
            self._read += 1
            if event.learner == self._learner.number:
                self._consent.follow(event)
        return self._consent
