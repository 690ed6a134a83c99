"""An author's work on a lab: every answer is run, and each verdict compared with the predicted one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.authoring.memory import Memory
from lab.authoring.prove import ProofEvent, Wanted, prove
from lab.authoring.sample import Budget, LeftOut, prove_within
from lab.authoring.script import run_as_learner
from lab.catalog.model import Answer, Exercise
from lab.cluster.engine import Capability, Completed, State
from lab.cluster.host.lock import hold
from lab.errors import LabError
from lab.practice.session import Session
from lab.progress import OnProgress, ignore


class AuthorSession(Session):
    """A session that can run answers. What it does is no learner's, so it keeps its history to itself."""

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
) -> Iterator[ProofEvent | LeftOut]:
    """Run the answers and compare each verdict with what its exercise predicts: all, or what a budget allows.

    Where the API server does not answer, which some answers are about, the lab goes back to its baseline first.
    Of that `progress` tells; of the proofs, the events.

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
        memory = Memory(status.engine, status.kubernetes)
        author = AuthorSession(session.catalog, session.engine, observe=session.observe, clock=session.clock)
        if budget is not None:
            yield from prove_within(budget, exercises, author, wanted, memory=memory, clock=session.clock)
            return
        for exercise in exercises:
            yield from prove(exercise, author, wanted, memory=memory, clock=session.clock)
