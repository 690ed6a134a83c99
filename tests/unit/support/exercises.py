"""Exercises made by hand: as files for the catalog, as values for what comes after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from checkers.api import Check, Finding, Observer, Text, Verdict
from lab.catalog.model import Answer, Criterion, Exercise, Localized, Mistake, Scenario
from lab.catalog.touches import derived

TITLE = {"en": "A title", "zh": "标题"}
EXPECTED = Text("it holds", "它成立")
FOUND = Text("what was found", "所见")


def content() -> dict[str, Any]:
    """What a whole `exercise.yaml` holds."""
    return {
        "id": "one",
        "title": dict(TITLE),
        "source": "chapter 5",
        "objective": "security-contexts",
        "minutes": 5,
        "level": "easy",
        "criteria": [
            {
                "id": "identity",
                "points": 2,
                "title": dict(TITLE),
                "check": "security_context.identity",
                "with": {"workload": "web", "kind": "Pod", "user": 1000, "group": 3000},
            },
            {
                "id": "intact",
                "title": dict(TITLE),
                "check": "security_context.no_escalation",
                "with": {"workload": "web", "kind": "Pod"},
            },
        ],
        "answers": [
            {"name": "solution", "expect": "pass"},
            {
                "name": "forgotten",
                "expect": {"identity": "fail"},
                "mistake": {**TITLE, "when": {"identity": "group-unset"}},
            },
        ],
    }


def write_domain(root: Path, *exercises: str, domain: str = "first", **more: Any) -> Path:
    """A domain that lists these exercises, with more keys in its file."""
    folder = root / domain
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"id": domain, "title": TITLE, "exercises": list(exercises), **more}, sort_keys=False)
    (folder / "domain.yaml").write_text(text, encoding="utf-8")
    return folder


def write_exercise(folder: Path, values: Mapping[str, Any]) -> Path:
    """An exercise with all that belongs beside its file."""
    own = folder / str(values["id"])
    (own / "answers").mkdir(parents=True)
    text = yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)
    (own / "exercise.yaml").write_text(text, encoding="utf-8")
    for language in ("en", "zh"):
        for name, words in (("task", "Do it."), ("hints", "First.\n---\nSecond."), ("solution", "Done.")):
            (own / f"{name}.{language}.md").write_text(words + "\n", encoding="utf-8")
    for answer in values["answers"]:
        (own / "answers" / f"{answer['name']}.sh").write_text("true\n", encoding="utf-8")
    return own


def finding(verdict: Verdict) -> Finding:
    """A finding; what is not right has a reason."""
    why = None if verdict is Verdict.PASS else Text("because", "因为")
    return Finding(verdict, EXPECTED, FOUND, why, "" if why is None else "https://kubernetes.io/docs/")


def criterion(name: str, verdict: Verdict = Verdict.PASS, points: int = 1) -> Criterion:
    """A criterion whose check always finds the same."""

    def look(lab: Observer) -> Finding:
        return finding(verdict)

    return Criterion(name, Localized(f"title of {name}", f"{name} 的标题"), points, Check(f"test.{name}", look), {})


def answer(
    name: str, verdicts: Mapping[str, Verdict], mistake: str = "", when: Mapping[str, Iterable[str]] | None = None
) -> Answer:
    """An answer; with a mistake it is a wrong one."""
    causes = {criterion: frozenset(named) for criterion, named in (when or {}).items()}
    misconception = Mistake(Localized(mistake, f"{mistake}（中文）"), causes) if mistake else None
    return Answer(name, Path(f"answers/{name}.sh"), verdicts, misconception)


def exercise(
    criteria: Sequence[Criterion],
    answers: Sequence[Answer] = (),
    *,
    name: str = "one",
    scenario: Scenario | None = None,
    **more: Any,
) -> Exercise:
    """An exercise of these criteria."""
    touches = frozenset(derived(scenario or Scenario()))
    facts: dict[str, Any] = {"requires": (), "images": (), **more, "touches": touches | more.get("touches", touches)}
    return Exercise(
        id=name,
        domain="first",
        folder=Path("exercises/first") / name,
        title=Localized("A title", "标题"),
        source="",
        objective="",
        minutes=5,
        level="easy",
        scenario=scenario or Scenario(),
        criteria=tuple(criteria),
        answers=tuple(answers),
        **facts,
    )
