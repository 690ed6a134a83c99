"""What happens in a class, and when. Events are only added; `lab.workshop.state` computes from them what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lab.exam.events import Moment


class Kind(StrEnum):
    """What can happen. After each, what its event says besides the time."""

    MAKING = "making"
    """A seat's lab is being made, or made anew: `seat`."""
    READY = "ready"
    """It was looked at, and works: `seat`, `detail: seconds` that it took."""
    LOST = "lost"
    """It does not work: `seat`, `detail: reason` in words that may be shown."""
    STOPPED = "stopped"
    """Its machines were stopped on purpose; what is in them stays: `seat`."""
    TAKEN = "taken"
    """A seat in reserve is being made one for a learner whose own is lost: `seat`, `learner`."""
    MOVED = "moved"
    """From now on the learner is at this seat: `seat`, `learner`, `detail: seconds, kept`: for how long they had none,
    and whether it is their own, mended, with all that was in it."""
    REMOVED = "removed"
    """Nothing of it is left: `seat`."""
    CONSENTED = "consented"
    """The instructor knows what seats may do to this machine."""
    ISSUED = "issued"
    """A learner got a token: `learner`, `detail: token, beside`, its hash, and whether what let them in before goes on
    doing so."""
    BOUND = "bound"
    """A token was used, and is used up: `learner`, `detail: token, door, key`: the hash of what lets in from now on."""
    PROJECTED = "projected"
    """The board may be seen, without names, by a link: `detail: token`, the hash of what the newest one has in it."""
    ENDED = "ended"
    """The class is over: nobody is let in any more."""
    CAME = "came"
    """A learner's app began: `learner`, `detail: door`."""
    LEFT = "left"
    """It has ended, whoever ended it: `learner`."""
    BEGAN = "began"
    """A learner started an exercise: `learner`, `detail: exercise`."""
    GRADED = "graded"
    """It was graded: `learner`, and what `lab.workshop.marks` makes of it."""
    HINT = "hint"
    """A learner took a hint: `learner`, `detail: exercise, number`."""
    SOLUTION = "solution"
    """A learner saw the solution: `learner`, `detail: exercise`."""
    HAND = "hand"
    """A learner raised a hand, or took it down; the instructor may take it down, too: `learner`, `detail: up`."""
    RESET = "reset"
    """The instructor has undone what was done on a learner's seat: `learner`, `detail: exercise`, empty for all."""
    GIVEN = "given"
    """The instructor gave more to do than the class's file says: `learner`, or 0 for all, `detail: exercises`."""
    EXAM_COMING = "exam_coming"
    """A learner's seat is being made ready for a mock exam: `learner`, `detail: exam`, its blueprint and seed."""
    EXAM_CANCELLED = "exam_cancelled"
    """That was not possible: `learner`, `detail: reason`."""
    EXAM_BEGAN = "exam_began"
    """The clock of a learner's exam runs: `learner`, `detail: exam, seconds, tasks`, the ids of its exercises."""
    EXTENDED = "extended"
    """There is more time for it: `learner`, `detail: seconds`."""
    CLOCK = "clock"
    """It stood still, for the learner's seat did not work: `learner`, `detail: left`, the seconds that are left now."""
    EXAM_ENDED = "exam_ended"
    """It was handed in, or its time is over: `learner`. Then each task is `graded`, with `exam` in the detail."""
    EXAM_GRADED = "exam_graded"
    """All of it is: `learner`, `detail: exam, percent`, null where nothing could be judged, and `passed`."""
    HINTED = "hinted"
    """The instructor sent a learner a hint: `learner`, `detail: exercise, number`. Once it is shown, it is taken."""
    SAID = "said"
    """The instructor said something: `learner`, or 0 for all, `detail: text`."""
    FOLLOW_ASKED = "follow_asked"
    """The instructor asks to see a learner's shell: `learner`."""
    FOLLOW_ANSWERED = "follow_answered"
    """The learner has answered, or takes back what they allowed: `learner`, `detail: answer`, which is `once`, `today`
    or `refused`."""
    FOLLOWED = "followed"
    """The instructor sees the learner's shell from now on: `learner`, `detail: process`, by which they see it."""
    UNFOLLOWED = "unfollowed"
    """And no longer; or the question is taken back: `learner`."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        seat: the seat that it is about; empty: about none.
        learner: the number of whom it is about; 0: of nobody.
        detail: what else there is to know, as JSON can hold it.
    """

    kind: Kind
    at: Moment
    seat: str = ""
    learner: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)
