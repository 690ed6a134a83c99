"""What the app knows of its lab at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers.api import Verdict
from lab import i18n
from lab.cluster.engine import State, Status
from lab.ui.work import Work

if TYPE_CHECKING:
    from lab.grading.control_plane import Down

OFTEN, SELDOM = 3.0, 20.0
"""Seconds from one look at the lab's state to the next. One takes a tenth of a second of the machine's time."""
RESTLESS = 60.0
"""Seconds after a change of the state in which a lab that is half made, stopped or silent is looked at often: somebody
may be at work on it in another terminal."""
SETTLED = (State.READY, State.ABSENT, State.REPLAY)


@dataclass(frozen=True, slots=True)
class LabView:
    """The lab as last seen.

    Attributes:
        status: None until it was looked at, or where that failed.
        looked: whether it was looked at, with or without success.
        changed: when its state was last seen to be another one, by the app's clock.
        inherited: something of it was there when the app was opened, so exercises may have been begun in it.
        work: what is under way on the whole of it: `setup` and `up`, or its removal.
        removing: the work is its removal.
        scenario: a start or a reset under way, which may take the API server away and bring it back itself.
        down: why its API server does not answer, where its machines run; None: it answers, or nobody knows.
    """

    status: Status | None = None
    looked: bool = False
    changed: float = 0.0
    inherited: bool = False
    work: Work | None = None
    removing: bool = False
    scenario: Work | None = None
    down: Down | None = None

    @property
    def state(self) -> State | None:
        """Its state; None: nobody knows."""
        return self.status.state if self.status is not None else None

    @property
    def ready(self) -> bool:
        """Whether exercises can be graded."""
        return self.work is None and self.state in (State.READY, State.REPLAY)

    @property
    def is_replay(self) -> bool:
        """Whether recordings stand where a lab would be."""
        return self.state is State.REPLAY

    @property
    def is_coming(self) -> bool:
        """Whether it is being made ready."""
        return self.work is not None and not self.removing

    @property
    def has_shell(self) -> bool:
        """Whether its machines run. A learner who broke the API server mends it in the shell."""
        return self.work is None and self.state in (State.READY, State.DEGRADED, State.UNREACHABLE)

    @property
    def is_lost(self) -> bool:
        """Whether its API server went away though nobody is at work on it."""
        return self.state is State.UNREACHABLE and self.work is None and self.scenario is None

    @property
    def fault(self) -> str:
        """What keeps the API server from running and is the learner's to mend, in the words of a check; else empty."""
        return i18n.pick(self.down.words) if self.down is not None and self.down.verdict is Verdict.FAIL else ""

    @property
    def is_starting(self) -> bool:
        """Whether its API server is on its way, as after each change of its manifest."""
        return self.down is not None and self.down.verdict is Verdict.UNSEEN

    @property
    def advice(self) -> str:
        """The name of the text that says what to do where it is not ready; empty: there is nothing to be done."""
        is_changing = self.work is not None or self.scenario is not None
        if self.ready or is_changing or self.is_starting or not self.looked:
            return ""
        return "ui.state.fault" if self.fault else "ui.state.repair"

    def pause(self, now: float) -> float:
        """Seconds until it should be looked at again."""
        return SELDOM if self.state in SETTLED or now - self.changed > RESTLESS else OFTEN
