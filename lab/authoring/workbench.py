"""An author's work on a lab, or on several: answers are run, and each verdict compared with the predicted one."""

from __future__ import annotations

import shutil
import threading
from collections import deque
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace

from lab import i18n
from lab.authoring.basis import basis, machines
from lab.authoring.memory import Memory, Remembered
from lab.authoring.plan import Budget, LeftOut, Plan, check_answer, check_first
from lab.authoring.prove import Case, Proof, Why, cases_of, differences, prove, replayed
from lab.authoring.recall import Wanted, recall
from lab.authoring.script import run_as_learner
from lab.authoring.side_by_side import side_by_side
from lab.catalog.model import Answer, Exercise
from lab.clock import Clock
from lab.cluster import create_lab, record
from lab.cluster.engine import Capability, Completed, Engine, State, Status
from lab.cluster.host.lock import hold
from lab.errors import LabError, UsageError
from lab.grading.record import place
from lab.practice.session import Session
from lab.progress import OnProgress, Progress, ignore

NOTICES_STOP = 0.5
"""Seconds after which work that waits has noticed that it is to stop."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """An exercise cannot be proved here, for this reason."""

    exercise: Exercise
    reason: str

    @property
    def id(self) -> str:
        """Of the exercise."""
        return self.exercise.id


Result = Proof | Impossible | LeftOut


class AuthorSession(Session):
    """A session that can run answers. What it does is no learner's, so it keeps its history to itself."""

    def start(self, *exercises: Exercise, progress: OnProgress = ignore) -> None:
        """Prepare the scenarios as for a learner with nothing else under way: no answer outlives its proof."""
        self.history.end_all(self.engine)
        super().start(*exercises, progress=progress)

    def answer(self, answer: Answer) -> Completed:
        """Do what an answer does, as the learner."""
        return run_as_learner(self.engine, answer)


def prove_exercises(
    session: Session,
    exercises: Sequence[Exercise],
    wanted: Wanted,
    progress: OnProgress = ignore,
    *,
    budget: Budget | None = None,
    labs: int = 1,
) -> Generator[Result, None, None]:
    """Compare each verdict with what its exercise predicts, in the catalog's order.

    The recordings of earlier proofs are graded first. What they cannot tell is run: all, or what a budget allows, on
    the session's lab and `labs - 1` others that are made for it if they are not there.

    Raises:
        LabError: the lab is not ready (`prove.not_ready`).
        UsageError: there is no such answer (`exercise.no_answer`), or the user's cluster is the only one there is
            (`prove.one_cluster`).
    """
    check_first(budget.first if budget else (), session.catalog.exercises)
    status = ready(session, progress)
    if labs > 1 and status.engine == "external":
        raise UsageError("prove.one_cluster", lab=status.lab)
    impossible, cases = _possible(session, exercises, wanted)
    memory = Memory(status.engine)
    proofs, to_run = recall(cases, memory, machines(status.engine, status.kubernetes), wanted)
    plan = Plan(to_run, memory, budget=budget, clock=session.clock)
    expected = {*(one.id for one in impossible), *(proof.id for proof in proofs), *(case.id for case, _ in to_run)}

    def results() -> Generator[Result, None, None]:
        yield from impossible
        yield from proofs
        with closing(_Runner(session, plan, memory, wanted, progress).run(labs)) as ran:
            yield from ran
        yield from plan.left_out

    with closing(results()) as found:
        for result in _in_order(found, _catalog_order(exercises, expected)):
            if wanted.record and isinstance(result, Proof) and result.holds:
                _record(result, memory)
            yield result


def ready(session: Session, progress: OnProgress = ignore) -> Status:
    """The state of a lab on which answers can be run.

    Where the API server does not answer, which some answers are about, the lab goes back to its baseline first.

    Raises:
        LabError: the lab is not ready (`prove.not_ready`).
    """
    with hold(session.engine.lab):
        status = session.engine.status()
        if status.state in (State.UNREACHABLE, State.DEGRADED) and Capability.BASELINE not in session.engine.lacks():
            session.reset(progress=progress)
            status = session.engine.status()
    if status.state is not State.READY:
        raise LabError("prove.not_ready", status.detail, lab=status.lab)
    return status


def _possible(session: Session, exercises: Iterable[Exercise], wanted: Wanted) -> tuple[list[Impossible], list[Case]]:
    """The exercises that the lab cannot do, and the answers of the others."""
    impossible: list[Impossible] = []
    cases: list[Case] = []
    for exercise in exercises:
        if wanted.answer:
            check_answer(wanted.answer, exercise)
        if lacking := session.impossible(exercise):
            impossible.append(Impossible(exercise, "; ".join(lacking.values())))
        else:
            cases += [case for case in cases_of(exercise) if wanted.answer in ("", case.name)]
    return impossible, cases


def _catalog_order(exercises: Iterable[Exercise], expected: Collection[str]) -> list[str]:
    """The ids of the results that will come, in the order in which they are wanted."""
    ids = (id_ for exercise in exercises for id_ in (exercise.id, *(case.id for case in cases_of(exercise))))
    return [id_ for id_ in ids if id_ in expected]


def _in_order(results: Iterable[Result], order: Sequence[str]) -> Iterator[Result]:
    """Hold each result back until those before it are there."""
    waiting = deque(order)
    here: dict[str, Result] = {}
    for result in results:
        here[result.id] = result
        while waiting and waiting[0] in here:
            yield here.pop(waiting.popleft())


class _Runner:
    """Runs the answers of a plan."""

    def __init__(self, session: Session, plan: Plan, memory: Memory, wanted: Wanted, progress: OnProgress) -> None:
        self._session = session
        self._plan = plan
        self._memory = memory
        self._wanted = wanted
        self._progress = progress
        self._began = session.clock.seconds()
        self._stop = threading.Event()

    def run(self, labs: int) -> Generator[Proof, None, None]:
        """Run all that the plan hands out, on so many labs."""
        engine, labs = self._session.engine, min(labs, self._plan.count)
        if labs == 1:
            yield from self._on(engine, self._session.clock, self._progress)
        elif labs > 1:
            others = [self._on_another(f"{engine.lab}-{number}") for number in range(2, labs + 1)]
            yield from side_by_side([self._on(engine, *self._stoppable(engine.lab)), *others], self._stop)

    def _on(self, engine: Engine, clock: Clock, progress: OnProgress) -> Iterator[Proof]:
        """Run answers on one lab until there are none left."""
        lab = AuthorSession(self._session.catalog, engine, observe=self._session.observe, clock=clock)
        with hold(engine.lab):
            lab_machines = machines(engine.name, engine.status().kubernetes)
            while handed := self._plan.next():
                number, (case, why) = handed
                step = i18n.text("grading.proof.step", exercise=case.exercise.id, answer=case.name, why=why.text)
                progress(Progress(step, number, self._plan.count, clock.seconds() - self._began))
                yield self._prove(case, lab, lab_machines, why)
            progress(Progress("", self._plan.count, self._plan.count, clock.seconds() - self._began))

    def _prove(self, case: Case, lab: AuthorSession, lab_machines: str, why: Why) -> Proof:
        now = basis(case.exercise, case.answer, lab_machines)  # the script may be changed while it runs
        proof = prove(case, lab, self._memory.recording(case.exercise, case.name), clock=lab.clock)
        if not proof.holds:
            # Ctrl-C ends the programs of this thread a moment before the thread hears of it.
            lab.clock.sleep(NOTICES_STOP)
        self._memory.save(case.exercise, case.name, Remembered(proof.holds, now, proof.seconds))
        self._plan.took(proof)
        if self._wanted.keep and not proof.holds:
            self._plan.end()
        return replace(proof, why=why, lab=lab.engine.lab)

    def _on_another(self, name: str) -> Iterator[Proof]:
        """Run answers on a lab that is made if it is not there, and removed then unless it is to be kept as it is."""
        chosen = record.load(self._session.engine.lab) or record.Record()
        engine = create_lab(name, record.wish(asdict(chosen)))
        clock, progress = self._stoppable(name)
        is_new, proof = engine.status().state is State.ABSENT, None
        try:
            engine.up(progress)
            for proof in self._on(engine, clock, progress):
                yield proof
        finally:
            is_kept = self._wanted.keep and proof is not None and not proof.holds
            if is_new and not is_kept:
                engine.down(ignore)

    def _stoppable(self, lab: str) -> tuple[Clock, OnProgress]:
        """A clock and a progress for work on this lab that end it when it is to stop."""

        def check() -> None:
            if self._stop.is_set():
                raise KeyboardInterrupt

        def sleep(seconds: float) -> None:
            left = seconds
            while left > 0:
                check()
                self._session.clock.sleep(min(left, NOTICES_STOP))
                left -= NOTICES_STOP
            check()

        def progress(news: Progress) -> None:
            check()
            self._progress(replace(news, lab=lab))

        return replace(self._session.clock, sleep=sleep), progress


def _record(proof: Proof, memory: Memory) -> None:
    """Save the observations beside the exercise: those of a run; else only where there is no recording as good."""
    case = proof.case
    file = place(case.exercise, case.name)
    if proof.why is None and file.is_file():
        graded = replayed(case, file)
        if graded is not None and not differences(case.expected, graded):
            return
    file.parent.mkdir(exist_ok=True)
    shutil.copyfile(memory.recording(case.exercise, case.name), file)
