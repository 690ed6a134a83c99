"""Moving a learner to a seat in reserve: what they had at home comes along, and their exercises are set again.

So are the tasks of an exam, but by whoever watches it (`lab.workshop.proctor`).
"""

from __future__ import annotations

from collections.abc import Sequence

from lab import i18n, log
from lab.catalog.model import Catalog, Exercise
from lab.cluster.engine import Engine, State
from lab.errors import LabError, UsageError
from lab.exam import hosts as exam_hosts
from lab.exam.events import Watch, now
from lab.exam.hosts import Host
from lab.practice.session import Session
from lab.progress import OnProgress, Progress, ignore
from lab.workshop.class_file import Class, Learner
from lab.workshop.events import Event, Kind
from lab.workshop.homes import Homes
from lab.workshop.ledger import Ledger
from lab.workshop.place import open_session
from lab.workshop.seats import OpenEngine, look_at
from lab.workshop.state import Condition, passed, place_of, seats_of

TAKEN_SECONDS = 180.0
"""In which a learner is moved. After that whoever did it is gone, and somebody else may try."""


class Move:
    """What is done to give one learner another seat.

    Args:
        open_engine: makes no lab.
    """

    def __init__(
        self,
        class_: Class,
        learner: Learner,
        catalog: Catalog,
        ledger: Ledger,
        homes: Homes,
        open_engine: OpenEngine,
        *,
        watch: Watch = now,
    ) -> None:
        self._class = class_
        self._learner = learner
        self._catalog = catalog
        self._ledger = ledger
        self._homes = homes
        self._open = open_engine
        self._watch = watch

    def go(self, progress: OnProgress) -> str:
        """Move the learner; where no seat is in reserve and theirs is lost, mend that.

        Returns:
            The name of the seat that they are at from then on.

        Raises:
            UsageError: none is in reserve, and theirs works (`class.no_reserve`).
            LabError: theirs cannot be mended.
        """
        seats = {seat.name: seat for seat in seats_of(self._class, self._ledger.events(), self._watch())}
        mine = seats[place_of(self._class, self._learner, self._ledger.events())]
        try:
            taken = self._take()
        except UsageError:
            if mine.condition is not Condition.LOST:
                raise
            self._mend(self._open(mine.name), progress)
            return mine.name
        old, new = self._open(mine.name), self._open(taken)
        if mine.condition is not Condition.LOST:
            self._save_home(old)
        self._furnish(old, new, progress)
        self.arrive(new)
        return new.lab

    def set_again(self, exercises: Sequence[Exercise]) -> Engine:
        """Set the tasks of an exam again: on a seat in reserve, else on theirs, where nothing is left of what was done.

        What the learner had at home is there. They are at that seat once they `arrive`.

        Raises:
            LabError: no seat can be had.
        """
        try:
            for _ in self._class.seats:  # what fails is found to work again by the hub: it is not tried for ever
                seat = self._take()
                try:
                    return self._with_tasks(seat, exercises)
                except LabError as error:
                    log.fault(f"setting an exam again on seat {seat}", error)
        except UsageError:
            pass  # none is in reserve
        theirs = place_of(self._class, self._learner, self._ledger.events())
        if self._open(theirs).status().state not in (State.ABSENT, State.PARTIAL):
            raise UsageError("class.no_reserve", seat=theirs)  # what was done is there, should it come back
        self._ledger.add(Kind.TAKEN, seat=theirs, learner=self._learner.number)
        return self._with_tasks(theirs, exercises)

    def arrive(self, new: Engine) -> None:
        """From now on the learner is at that seat."""
        seconds = self._seconds_without(place_of(self._class, self._learner, self._ledger.events()))
        self._ledger.add(Kind.MOVED, seat=new.lab, learner=self._learner.number, seconds=seconds, kept=False)

    def _with_tasks(self, seat: str, exercises: Sequence[Exercise]) -> Engine:
        """A seat on which these were set, whatever state it was in."""
        engine = self._open(seat)
        session = Session(self._catalog, engine)
        try:
            engine.up(ignore)
            exam_hosts.reopen([Host(seat, session)])
            look_at(engine)
            self._put_back_home(engine)
            session.start(*exercises)
        except LabError as error:
            self._ledger.add(Kind.LOST, seat=seat, reason=f"{error.tried} {error.came_back}".strip())
            raise
        return engine

    def _mend(self, engine: Engine, progress: OnProgress) -> None:
        """Make a seat work again, with what can be had of what was in it."""
        is_kept = engine.status().state is State.STOPPED
        self._ledger.add(Kind.TAKEN, seat=engine.lab, learner=self._learner.number)
        try:
            engine.up(progress)
            look_at(engine)
        except LabError as error:
            self._ledger.add(Kind.LOST, seat=engine.lab, reason=f"{error.tried} {error.came_back}".strip())
            raise
        if not is_kept:
            self._furnish(engine, engine, progress)
        seconds = self._seconds_without(engine.lab)
        self._ledger.add(Kind.MOVED, seat=engine.lab, learner=self._learner.number, seconds=seconds, kept=is_kept)

    def _take(self) -> str:
        """Take a seat in reserve. Of two who want it, the first one to say so has it."""
        while True:
            seats = seats_of(self._class, self._ledger.events(), self._watch())
            free = [seat.name for seat in seats if not seat.learner and seat.condition is Condition.READY]
            if not free:
                raise UsageError("class.no_reserve", seat=self._learner.seat)
            mine = self._ledger.add(Kind.TAKEN, seat=free[0], learner=self._learner.number)
            last = [event for event in self._ledger.events() if event.seat == free[0]]
            if _first_taken(last) == mine:
                return free[0]

    def _save_home(self, old: Engine) -> None:
        """One who is moved from a seat that works loses nothing; of one that is lost there is an earlier copy."""
        try:
            self._homes.save(self._learner, old)
        except LabError as error:
            log.fault(f"the home of seat {self._learner.seat}", error)

    def _furnish(self, old: Engine, new: Engine, progress: OnProgress) -> None:
        """Put back what the learner had at home, and set the scenarios that they were at. What fails they may do."""
        progress(Progress(i18n.text("workshop.step.home"), 1, 1, 0, lab=new.lab))
        session = open_session(self._class, self._learner, self._catalog, new, self._ledger)
        try:
            exam_hosts.reopen([Host(new.lab, session)])  # an exam may have closed it that went on elsewhere
        except LabError as error:
            log.fault(f"opening seat {new.lab}", error)
        self._put_back_home(new)
        under_way = session.history.open_on(old)
        exercises = [exercise for exercise in session.catalog.exercises if exercise.id in under_way]
        session.history.end_all(old)
        if exercises:
            _start(session, exercises, progress)

    def _put_back_home(self, new: Engine) -> None:
        """Who has it not works without."""
        try:
            self._homes.put_back(self._learner, new)
        except LabError as error:
            log.fault(f"the home of seat {self._learner.seat}", error)

    def _seconds_without(self, seat: str) -> float:
        """For how long the learner has had no seat; 0: theirs works."""
        lost = [event for event in self._ledger.events() if event.seat == seat and event.kind is Kind.LOST]
        return round(passed(lost[-1].at, self._watch()), 1) if lost else 0.0


def _start(session: Session, exercises: Sequence[Exercise], progress: OnProgress) -> None:
    try:
        session.start(*exercises, progress=progress)
    except LabError as error:
        log.fault(f"setting exercises again on seat {session.engine.lab}", error)


def _first_taken(events: Sequence[Event]) -> Event | None:
    """Who has taken a seat since it was ready last."""
    ready = max((number for number, event in enumerate(events) if event.kind is Kind.READY), default=0)
    return next((event for event in events[ready:] if event.kind is Kind.TAKEN), None)
