"""What the app knows of its lab at a moment."""

from __future__ import annotations

from dataclasses import dataclass

from lab.cluster.engine import State, Status
from lab.ui import marks
from lab.ui.marks import Mark
from lab.ui.work import Work


@dataclass(frozen=True, slots=True)
class LabView:
    """The lab as last seen.

    Attributes:
        status: None until it has been looked at, or when the look failed.
        looked: whether it has been looked at, with or without success.
        inherited: something of it was there when the app was opened, so exercises may have been begun in it.
        work: what is under way on the whole of it: `setup` and `up`, or its removal.
        removing: the work is its removal.
    """

    status: Status | None = None
    looked: bool = False
    inherited: bool = False
    work: Work | None = None
    removing: bool = False

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
    def mark(self) -> Mark:
        """Its state, to be shown."""
        if self.work is not None:
            return marks.PREPARING
        if self.status is not None:
            return marks.LAB_STATES[self.status.state]
        return marks.UNKNOWN if self.looked else marks.LOOKING
