"""A learner's line to their instructor: a hand goes up, and what is said and given comes down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lab.catalog.model import Catalog
from lab.exam.events import Watch, now
from lab.workshop.assignments import is_for
from lab.workshop.class_file import Learner
from lab.workshop.events import Kind
from lab.workshop.exam_state import ExamState, after
from lab.workshop.follow import Answer, Consent
from lab.workshop.ledger import Ledger

SeatNews = Literal["", "lost", "moved", "mended"]


@dataclass(frozen=True, slots=True)
class News:
    """What there is for a learner.

    Attributes:
        said: the instructor's words that are new, oldest first. At first, only the newest of all.
        hand: whether the learner's hand is up.
        given: the ids of exercises that the instructor has given since it was last asked. At first, of all.
        hints: exercises, each with the number of the hint that the instructor has sent; not those that were taken, or
            that were for an attempt before.
        was_reset: whether the instructor has undone something on the learner's seat since it was last asked.
        asked: whether the instructor asks to see the learner's shell, and has no answer yet.
        followed: whether they see it now.
        exam: where they stand with the mock exam that they were given last; None: they were given none.
        seat: what became of the learner's seat: `lost` since it was last asked, `moved` or `mended` since they were
            here last; else empty.
    """

    said: tuple[str, ...] = ()
    hand: bool = False
    given: tuple[str, ...] = ()
    hints: tuple[tuple[str, int], ...] = ()
    was_reset: bool = False
    asked: bool = False
    followed: bool = False
    exam: ExamState | None = None
    seat: SeatNews = ""


class Link:
    """Reads the ledger for one learner, and writes to it for them. What was read before is not read again.

    Args:
        catalog: every exercise that an instructor may give.
    """

    def __init__(self, learner: Learner, ledger: Ledger, catalog: Catalog, watch: Watch = now) -> None:
        self.catalog = catalog
        self._watch = watch
        self._learner = learner.number
        self._ledger = ledger
        self._read = 0
        self._hand = False
        self._consent = Consent()
        self._exam: ExamState | None = None
        self._place = learner.seat
        self._moved: SeatNews = ""
        self._came_since = 0
        """How often the learner has come since then."""
        self._newest_alone = True

    def news(self) -> News:
        """What is new since it was last asked."""
        said, given, was_reset, is_lost = list[str](), list[str](), False, False
        hints = dict[str, int]()
        for event in self._ledger.events(self._read):
            self._read += 1
            if event.kind is Kind.SAID and is_for(event, self._learner):
                said.append(str(event.detail["text"]))
            elif event.kind is Kind.GIVEN and is_for(event, self._learner):
                given += event.detail["exercises"]
            elif event.kind is Kind.LOST and event.seat == self._place:
                is_lost = not self._newest_alone
            if event.learner != self._learner:
                continue
            self._consent.follow(event)
            self._exam = after(self._exam, event)
            if event.kind is Kind.HAND:
                self._hand = bool(event.detail["up"])
            elif event.kind is Kind.HINTED:
                hints[event.detail["exercise"]] = int(event.detail["number"])
            elif event.kind in (Kind.BEGAN, Kind.HINT):
                hints.pop(event.detail["exercise"], None)
            elif event.kind is Kind.RESET:
                was_reset = not self._newest_alone
            elif event.kind is Kind.MOVED:
                self._place, self._came_since = event.seat, 0
                self._moved = "mended" if event.detail.get("kept") else "moved"
            elif event.kind is Kind.CAME:
                self._came_since += 1
        moved = self._moved if self._newest_alone and self._came_since == 1 else ""
        new, self._newest_alone = said[-1:] if self._newest_alone else said, False
        return News(
            said=tuple(new),
            hand=self._hand,
            given=tuple(given),
            hints=tuple(hints.items()),
            was_reset=was_reset,
            asked=self._consent.asked,
            followed=self._consent.is_followed(self._watch()),
            exam=self._exam,
            seat="lost" if is_lost else moved,
        )

    def raise_hand(self, *, up: bool) -> None:
        """Ask for help, or no longer."""
        self._ledger.add(Kind.HAND, learner=self._learner, up=up)

    def answer(self, answer: Answer) -> None:
        """Let the instructor see the shell, or no longer."""
        self._ledger.add(Kind.FOLLOW_ANSWERED, learner=self._learner, answer=answer)
