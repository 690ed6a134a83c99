"""A lab that is not there: its catalog is made up, and a test decides when each piece of its work goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Markdown, Static

from checkers.api import Finding, Verdict
from lab.catalog.model import Answer, Catalog, Exercise
from lab.clock import Clock
from lab.cluster.engine import Capability, Node, State, Status
from lab.errors import LabError
from lab.grading.grade import Grade, Graded, OnFinding
from lab.practice.session import Session
from lab.progress import OnProgress, Progress, ignore
from lab.settings import NOTHING_CHOSEN, Settings
from lab.ui.app import LabApp
from lab.ui.desk import Desk
from lab.ui.events import HistoryRead, LabSeen
from lab.ui.jobs import Happened
from lab.ui.screens.home import HomeScreen
from lab.ui.screens.practice import PracticeScreen
from lab.workshop.link import Link
from tests.unit.support.desks import NOON, RIGHT, WRONG

BOUND = 60
"""Seconds after which a piece of work that no test lets go on gives up."""


class Gate:
    """Where threads wait until the test lets them pass. Open unless a test shuts it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_open = True
        self._permits = 0

    def shut(self) -> None:
        self._is_open = False

    def open(self) -> None:
        """Let all pass."""
        with self._changed:
            self._is_open = True
            self._changed.notify_all()

    def let_pass(self) -> None:
        """Let one pass, once."""
        with self._changed:
            self._permits += 1
            self._changed.notify()

    def wait(self) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_open or self._permits, timeout=BOUND):
                raise TimeoutError("no test let this go on")
            if not self._is_open:
                self._permits -= 1


@dataclass
class FakeEngine:
    """A lab whose state is what the test says."""

    state: State = State.READY
    name: str = "kind"
    lab: str = "cks"
    pace: float = 1
    kubeconfig: Path = Path("/nonexistent")
    looks: int = 0
    program: Sequence[str] = ("cat",)
    """Stands for the learner's shell."""
    asked: Sequence[str] = ()
    """What the shell was last asked to run on base."""

    def up(self, progress: OnProgress) -> None:
        self.state = State.READY

    def down(self, progress: OnProgress) -> None:
        self.state = State.ABSENT

    def status(self) -> Status:
        self.looks += 1
        return Status(self.name, self.lab, self.state, "v1.35.0" if self.state is State.READY else "")

    def nodes(self) -> Sequence[Node]:
        if self.state is State.UNREACHABLE:
            raise LabError("node.gone", node="kube-control-plane")
        return ()

    def base(self) -> Node:
        raise NotImplementedError

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:
        self.asked = command
        return list(self.program)

    def lacks(self) -> Mapping[Capability, str]:
        return {}


class FakeSession(Session):
    """Work that ends at once, as the test prepared it."""

    def __init__(self, catalog: Catalog, engine: FakeEngine) -> None:
        super().__init__(catalog, engine, clock=Clock(now=lambda: self.today))
        self.today = NOON
        self.fake = engine
        self.findings: list[Finding] = [RIGHT, WRONG, RIGHT]
        self.known_mistake: Answer | None = None
        self.error: Exception | None = None
        self.gate = Gate()
        self.reasons: dict[Capability, str] = {}
        self.calls: list[str] = []

    def impossible(self, exercise: Exercise) -> dict[Capability, str]:
        return self.reasons if exercise.id == "psa-warn" else {}

    def start(self, *exercises: Exercise, progress: OnProgress = ignore) -> None:
        for exercise in exercises:
            self._do(f"start {exercise.id}", progress)
            self.history.begin(exercise, self.engine)

    def reset(self, exercise: Exercise | None = None, progress: OnProgress = ignore) -> None:
        self._do(f"reset {exercise.id if exercise else 'all'}", progress)
        if exercise is None:
            self.history.end_all(self.engine)
        else:
            self.history.end(exercise, self.engine)

    def down(self, progress: OnProgress = ignore) -> None:
        self._do("down", progress)
        super().down(progress)

    def _do(self, call: str, progress: OnProgress) -> None:
        self.calls.append(call)
        progress(Progress("Namespace", 1, 2, 0.0))
        self.gate.wait()
        progress(Progress("Pods", 2, 2, 1.0))
        if self.error is not None:
            raise self.error

    def grade(self, exercise: Exercise, on_finding: OnFinding | None = None) -> Grade:
        self.calls.append(f"grade {exercise.id}")
        graded = []
        for criterion, finding in zip(exercise.criteria, self.findings, strict=True):
            self.gate.wait()
            if self.error is not None:
                raise self.error
            earned = criterion.points if finding.verdict is Verdict.PASS else 0
            graded.append(Graded(criterion, finding, earned))
            if on_finding:
                on_finding(graded[-1])
        grade = Grade(exercise, "kind", "v1.35.0", self.today, 1.0, tuple(graded), self.known_mistake)
        self.history.add(grade, self.engine)
        return grade


@dataclass
class Preparation:
    """`setup` and `up` as the app calls them."""

    engine: FakeEngine
    gate: Gate = field(default_factory=Gate)
    news: Sequence[Progress] = (
        Progress("Node image", 1, 3, 0.0, left=240.0),
        Progress("Node image", 1, 3, 20.0, left=220.0, detail="go: downloading k8s.io/kubernetes v1.35.0"),
        Progress("Cluster", 3, 3, 200.0, left=40.0),
    )
    error: Exception | None = None
    calls: int = 0
    stopped: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    def __call__(self, progress: OnProgress) -> None:
        self.calls += 1
        try:
            for one in self.news:
                progress(one)
                self.gate.wait()
        except KeyboardInterrupt:
            self.stopped = True
            raise
        finally:
            self.ended.set()
        if self.error is not None:
            raise self.error
        self.engine.state = State.READY


class Time:
    """A clock that goes forward when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Heard:
    """Every message of the app, so that a test can wait for what a thread will say."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._more = asyncio.Event()

    def __call__(self, message: Message) -> None:
        self._messages.append(message)
        self._more.set()

    async def wait_for(self, kind: type[object], times: int = 1) -> None:
        """Until so many messages, or events of jobs, of this kind have come."""
        async with asyncio.timeout(BOUND):
            while self._count(kind) < times:
                self._more.clear()
                await self._more.wait()

    def _count(self, kind: type[object]) -> int:
        news = [message.event if isinstance(message, Happened) else message for message in self._messages]
        return sum(isinstance(one, kind) for one in news)


@dataclass
class Stage:
    """The app and everything that it works on."""

    engine: FakeEngine
    session: FakeSession
    preparation: Preparation
    time: Time = field(default_factory=Time)
    commands: list[Sequence[str]] = field(default_factory=list)
    heard: Heard = field(default_factory=Heard)
    settings: Settings = NOTHING_CHOSEN
    link: Link | None = None
    returns: int = 0
    """The exit code of what is given the whole terminal."""

    def __post_init__(self) -> None:
        self._app: LabApp | None = None
        self.reads_exercises = False
        """The app reads them itself, once its first frame is there; else it has them from the beginning."""

    @property
    def app(self) -> LabApp:
        """Made when it is first needed, of what the session is then."""
        if self._app is None:
            desk = None if self.reads_exercises else Desk.of(self.session.catalog, self.engine.name, self.engine.lab)
            self._app = LabApp(
                self.session,
                self.preparation,
                desk=desk,
                clock=self.time,
                run_command=self._run,
                settings=self.settings,
                link=self.link,
            )
        return self._app

    def _run(self, argv: Sequence[str]) -> int:
        self.commands.append(argv)
        return self.returns

    @asynccontextmanager
    async def show(self, size: tuple[int, int] = (120, 36), *, at_home: bool = False) -> AsyncIterator[Pilot[None]]:
        """The app in a terminal of this size, once it has looked at its lab; practice is open, or home."""
        self.reads_exercises = at_home
        self.app.opens_with = "home" if at_home else "practice"
        async with self.app.run_test(size=size, message_hook=self.heard) as pilot:
            await self.hear(pilot, LabSeen)
            if at_home:
                await self.hear(pilot, HistoryRead)
            yield pilot

    async def hear(self, pilot: Pilot[None], kind: type[object], times: int = 1) -> None:
        """Wait for messages or events, and until they are dealt with."""
        await self.heard.wait_for(kind, times)
        await pilot.pause()

    @property
    def practice(self) -> PracticeScreen:
        return self.app.get_screen("practice", PracticeScreen)

    @property
    def home(self) -> HomeScreen:
        return self.app.get_screen("home", HomeScreen)

    @property
    def task(self) -> str:
        """The Markdown before the learner."""
        return self.practice.query_one("TaskPane Markdown", Markdown).source

    @property
    def results(self) -> str:
        """The results pane as text."""
        return words(self.practice.query_one("ResultsPane"))

    @property
    def heading(self) -> str:
        """The top line of the practice screen."""
        return str(self.practice.line.render())

    @property
    def labels(self) -> list[str]:
        """The exercises as the tree shows them."""
        return [
            str(leaf.label)
            for domain in self.practice.exercises.exercise_tree.root.children
            for leaf in domain.children
        ]

    @property
    def notices(self) -> str:
        """What was notified, oldest first."""
        return "\n".join(notification.message for notification in self.app._notifications)


def words(widget: Widget) -> str:
    """The words of a widget's text parts that are shown, a line each; what stands beside a label is on its line."""
    lines: list[str] = []
    for part in widget.query(Static):
        if all(node.display for node in part.ancestors_with_self if isinstance(node, Widget)):
            if part.has_class("beside"):
                lines[-1] += f"  {part.content}"
            else:
                lines.append(str(part.content))
    return "\n".join(lines)
