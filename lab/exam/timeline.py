"""How much of a sitting's time has passed. It stands still while a lab is gone, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lab.exam.events import Event, Kind, Moment


class Timeline:
    """Turns moments into seconds since the start.

    Within one run of the computer its own clock counts, so that setting the date or suspending changes nothing. Across
    a restart only the time of day is left; but as long as the computer has run since then, so long it was at least.

    Args:
        events: of one sitting in the order in which they were saved; the first one starts it.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        start = events[0].at
        self._began = {start.boot: -start.seconds}
        """Run of the computer -> what turns its seconds into those since the start."""
        self._latest = start
        for event in events[1:]:
            self._meet(event.at)
        self._gone = _merged(self._spans(events))

    def elapsed(self, moment: Moment) -> float:
        """Seconds since the start, whatever happened meanwhile."""
        if moment.boot in self._began:
            return max(0.0, moment.seconds + self._began[moment.boot])
        return self.elapsed(self._latest) + _between_boots(self._latest, moment)

    def stood_still(self, moment: Moment) -> float:
        """Seconds up to then in which a lab was gone. Two that are gone at a time are counted once."""
        until = self.elapsed(moment)
        return sum(max(0.0, min(end, until) - begin) for begin, end in self._gone if begin < until)

    def used(self, moment: Moment) -> float:
        """Seconds that count."""
        return self.elapsed(moment) - self.stood_still(moment)

    def given_back(self, used: float) -> float:
        """Seconds for which a lab was gone before so many had been used."""
        back = 0.0
        for begin, end in self._gone:
            if begin - back < used:
                back += end - begin
        return back

    def _meet(self, moment: Moment) -> None:
        if moment.boot not in self._began:
            self._began[moment.boot] = self.elapsed(moment) - moment.seconds
        if self.elapsed(moment) >= self.elapsed(self._latest):
            self._latest = moment

    def _spans(self, events: Sequence[Event]) -> Iterable[tuple[float, float]]:
        """From when to when each lab was gone; without end for one that still is."""
        since: dict[str, float] = {}
        for event in events:
            if event.kind is Kind.GONE:
                since.setdefault(event.host, self.elapsed(event.at))
            elif event.kind in (Kind.BACK, Kind.LOST) and event.host in since:
                yield since.pop(event.host), self.elapsed(event.at)
        for begin in since.values():
            yield begin, float("inf")


def _between_boots(before: Moment, after: Moment) -> float:
    return max(0.0, after.seconds, (after.wall - before.wall).total_seconds())


def _merged(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The spans without what two of them have in common."""
    merged: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged
