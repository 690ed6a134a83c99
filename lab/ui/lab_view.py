"""What the app knows of its lab at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers.api import Verdict
from lab import i18n
from lab.cluster.engine import State, Status
from lab.ui import marks
from lab.ui.marks import Mark
from lab.ui.work import Work

if TYPE_CHECKING:
    from lab.grading.control_plane import Down


@dataclass(frozen=True, slots=True)
class LabView:
    """The lab as last seen.

    Attributes:
        status: None until it has been looked at, or when the look failed.
        looked: whether it has been looked at, with or without success.
        inherited: something of it was there when the app was opened, so exercises may have been begun in it.
        work: what is under way on the whole of it: `setup` and `up`, or its removal.
        removing: the work is its removal.
        scenario: a start or a reset under way, which may take the API server away and bring it back itself.
        down: why its API server does not answer, where its machines run; None: it answers, or nobody knows.
    """

    status: Status | None = None
    looked: bool = False
    inherited: bool = False
    work: Work | None = None
    removing: bool = False
    scenario: Work | None = None
    down: Down | None = None

    @property
    def ready(self) -> bool:
        """Whether exercises can be graded."""
        return self.work is None and self.status is not None and self.status.state in (State.READY, State.REPLAY)

    @property
    def is_replay(self) -> bool:
        """Whether recordings stand where a lab would be."""
        return self.status is not None and self.status.state is State.REPLAY

    @property
    def is_coming(self) -> bool:
        """Whether it is being made ready."""
        return self.work is not None and not self.removing

    @property
    def has_shell(self) -> bool:
        """Whether its machines run. A learner who broke the API server mends it in the shell."""
        running = self.status is not None and self.status.state in (
            State.READY,
            State.DEGRADED,
            State.UNREACHABLE,
        )
        return self.work is None and running

    @property
    def is_lost(self) -> bool:
        """Whether its API server went away though nobody is at work on it."""
        is_down = self.status is not None and self.status.state is State.UNREACHABLE
        return is_down and self.work is None and self.scenario is None

    @property
    def advice(self) -> str:
        """The name of the text that says what to do where it is not ready; empty: there is nothing to be done."""
        if self.ready or self.work is not None or self.scenario is not None or not self.looked:
            return ""
        if self.is_starting:
            return ""
        return "ui.state.fault" if self.fault else "ui.state.repair"

    @property
    def fault(self) -> str:
        """What keeps the API server from running and is the learner's to mend, in the words of a check; else empty."""
        return i18n.pick(self.down.words) if self.down is not None and self.down.verdict is Verdict.FAIL else ""

    @property
    def is_starting(self) -> bool:
        """Whether its API server is on its way, as after each change of its manifest."""
        return self.down is not None and self.down.verdict is Verdict.UNSEEN

    @property
    def mark(self) -> Mark:
        """Its state, to be shown."""
        if self.work is not None or (self.scenario is not None and not self.ready):
            return marks.PREPARING
        if self.is_starting:
            return marks.API_STARTING
        if self.fault:
            return marks.API_DOWN
        if self.status is not None:
            return marks.LAB_STATES[self.status.state]
        return marks.UNKNOWN if self.looked else marks.LOOKING
