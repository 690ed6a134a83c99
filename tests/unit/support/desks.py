"""A small catalog, findings, and desks that were led somewhere by events. Nothing here needs a screen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from checkers.api import Check, Finding, Text, Verdict, failed, passed
from lab.catalog.model import Answer, Catalog, Criterion, Domain, Exercise, Localized, Mistake, Scenario
from lab.clock import Clock
from lab.cluster.engine import State, Status
from lab.grading.grade import Grade, Graded
from lab.practice.history import History
from lab.ui import events, keys
from lab.ui.desk import Desk, Event, Past
from lab.ui.exercise_state import ExerciseState
from lab.ui.work import Work

keys.use({})  # texts name keys, which they have from there
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)

RIGHT = passed(Text("a Pod runs", "有 Pod 在运行"), Text("Pod web runs", "Pod web 正在运行"))
WRONG = failed(
    Text("the Pod is refused", "Pod 被拒绝"),
    Text("it was admitted", "它被接受了"),
    Text("A policy that only warns stops nobody.", "只警告的策略拦不住任何人。"),
    "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
    causes=("only-warns",),
)
MISTAKE = Mistake(Localized("Warning is not refusing.", "警告不等于拒绝。"), {"refused": frozenset(["only-warns"])})
LOST = Finding(
    Verdict.BROKEN, Text("an answer", "有响应"), Text("node kube-worker-1 is gone", "节点 kube-worker-1 不见了")
)


def exercise(folder: Path, name: str, title: Localized) -> Exercise:
    """An exercise of two criteria and a gate, its texts written into the folder."""
    folder = folder / name
    folder.mkdir(parents=True)
    for language, title_in in (("en", title.en), ("zh", title.zh)):
        (folder / f"task.{language}.md").write_text(f"# {title_in}\n\nTask of {name} ({language}).\n")
        (folder / f"hints.{language}.md").write_text(f"First hint of {name}.\n---\nSecond hint of {name}.\n")
        (folder / f"solution.{language}.md").write_text(f"Solution of {name}.\n")
    criteria = tuple(
        Criterion(name_of, Localized(en, zh), points, Check("fake", lambda cluster: RIGHT), {})
        for name_of, en, zh, points in (
            ("runs", "A Pod runs", "有一个 Pod 在运行", 2),
            ("refused", "A privileged Pod is refused", "特权 Pod 被拒绝", 3),
            ("intact", "The namespace is still there", "命名空间仍然存在", 0),
        )
    )
    return Exercise(
        id=name,
        domain="microservice-vulnerabilities",
        folder=folder,
        title=title,
        source="",
        objective="pod-security-standards",
        minutes=6,
        level="easy",
        requires=(),
        images=(),
        scenario=Scenario(),
        criteria=criteria,
        answers=(),
    )


def catalog(folder: Path) -> Catalog:
    """Two exercises in one domain."""
    return Catalog(
        (
            Domain(
                "microservice-vulnerabilities",
                Localized("Microservice vulnerabilities", "微服务漏洞"),
                (
                    exercise(folder, "psa-warn", Localized("Warn of baseline violations", "对违反 baseline 发出警告")),
                    exercise(folder, "run-as-user", Localized("Run as another user", "以其他用户运行")),
                ),
            ),
        )
    )


def with_scenario(catalog: Catalog) -> Catalog:
    """The catalog, whose first exercise has something that a start prepares."""
    (domain,) = catalog.domains
    first, *others = domain.exercises
    first = replace(first, scenario=Scenario(namespaces=("audited",)))
    return Catalog((replace(domain, exercises=(first, *others)),))


def grade_of(exercise: Exercise, *findings: Finding, at: datetime = NOON, mistake: Answer | None = None) -> Grade:
    """The grade of an exercise whose criteria were found so."""
    graded = tuple(
        Graded(criterion, finding, criterion.points if finding.verdict is Verdict.PASS else 0)
        for criterion, finding in zip(exercise.criteria, findings, strict=True)
    )
    return Grade(exercise, "kind", "v1.35.0", at, 1.0, graded, mistake)


@dataclass
class AnEngine:
    """Names what provides the lab."""

    name: str = "kind"
    lab: str = "cks"


@dataclass
class Play:
    """A desk, a history, and what happens to both."""

    catalog: Catalog
    state_at_first: State | None = State.READY
    now: datetime = NOON
    steps: list[events.Step] = field(default_factory=list)
    """What the app would have done by itself after the last event."""
    notices: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = AnEngine()
        self.history = History(clock=Clock(now=lambda: self.now))
        self.desk = Desk.of(self.catalog, "kind", "cks")

    def open(self) -> Play:
        """The app was opened: the history was read, and the lab was looked at."""
        self.happens(events.HistoryRead(self.past))
        if self.state_at_first is not None:
            self.sees(self.state_at_first)
        return self

    def happens(self, *some: Event) -> None:
        for event in some:
            before, self.desk = self.desk, self.desk.after(event)
            self.steps = events.steps(event, before, self.desk)
            notice = events.notice(event, before, self.desk)
            self.notices += [notice.text] if notice is not None else []

    def sees(self, state: State | None, **more: object) -> None:
        """The lab is looked at."""
        status = Status("kind", "cks", state) if state is not None else None
        self.happens(events.LabSeen(status, 0.0, **more))  # type: ignore[arg-type]

    def prepares(self, *, removing: bool = False) -> None:
        """`up` begins, or `down`."""
        self.happens(events.LabWorkBegan(Work("up", 0.0), removing))

    def starts(self, exercise: Exercise) -> None:
        """A start of the exercise begins and ends."""
        self.happens(events.ScenarioBegan(Work("start", 0.0), (exercise,)))
        self.history.begin(exercise, self.engine)  # type: ignore[arg-type]
        self.happens(events.ScenarioEnded((exercise,), True, self.past))

    def grades(self, exercise: Exercise, *findings: Finding) -> None:
        """A grading of the exercise begins and ends."""
        grade = grade_of(exercise, *findings, at=self.now)
        self.happens(events.GradingBegan(exercise))
        self.happens(*(events.CriterionGraded(exercise, graded) for graded in grade.criteria))
        self.history.add(grade, self.engine)  # type: ignore[arg-type]
        self.happens(events.ExerciseGraded(grade, self.past))

    @property
    def past(self) -> Past:
        return Past(self.history.attempts(), self.history.notes())

    @property
    def first(self) -> Exercise:
        return self.catalog.exercises[0]

    @property
    def second(self) -> Exercise:
        return self.catalog.exercises[1]

    def state(self, exercise: Exercise | None = None) -> ExerciseState:
        return self.desk.states[(exercise or self.first).id]
