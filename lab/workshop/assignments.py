"""What there is to do in a class: the exercises of its file, and what its instructor has given since."""

from __future__ import annotations

from collections.abc import Iterable

from lab.workshop.class_file import Class
from lab.workshop.events import Event, Kind


def exercises_of(class_: Class, events: Iterable[Event], learner: int = 0) -> tuple[str, ...]:
    """The ids of the exercises that a learner has, in the order in which they got them.

    Args:
        learner: their number; 0: the exercises that anybody has.
    """
    given = (event for event in events if event.kind is Kind.GIVEN and is_for(event, learner))
    names = [*class_.exercises, *(name for event in given for name in event.detail["exercises"])]
    return tuple(dict.fromkeys(names))


def is_for(event: Event, learner: int) -> bool:
    """Whether what was given or said is for this learner; 0: for anybody."""
    return not learner or event.learner in (0, learner)
