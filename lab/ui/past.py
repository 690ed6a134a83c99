"""What is known of an attempt that was made earlier, to be read."""

from __future__ import annotations

from datetime import datetime

from lab import i18n
from lab.catalog.model import Exercise
from lab.practice.attempt import Attempt, PastGrade
from lab.progress import at_time, duration
from lab.ui import marks


def attempt_text(attempt: Attempt, exercise: Exercise | None, note: str, now: datetime) -> str:
    """Markdown: the attempt, each of its grades, newest first, and the learner's note on the exercise.

    Args:
        exercise: None where it is no more.
        note: empty where there is none.
    """
    minutes = i18n.text("ui.attempt.aim", minutes=exercise.minutes) if exercise else ""
    facts = [f"**{marks.OUTCOMES[attempt.outcome].text}**", at_time(attempt.started, now)]
    facts += [i18n.text("ui.attempt.took", time=duration(attempt.seconds)) + minutes] if attempt.grades else []
    facts += [i18n.text("history.hints", hints=attempt.hints)]
    facts += [i18n.text("history.outcome.shown")] if attempt.solution_seen else []
    parts = [" · ".join(facts), i18n.text("ui.attempt.lab", lab=f"{attempt.engine}/{attempt.lab}")]
    if not attempt.grades:
        parts.append(i18n.text("ui.attempt.unjudged"))
    titles = {criterion.id: str(criterion.title) for criterion in exercise.criteria} if exercise else {}
    for grade in reversed(attempt.grades):
        parts += [_heading(grade, attempt), "\n".join(_criteria(grade, titles))]
    if note:
        parts += [f"#### {i18n.text('ui.attempt.note')}", note]
    return "\n\n".join(parts)


def _heading(grade: PastGrade, attempt: Attempt) -> str:
    after = duration((grade.looked - attempt.started).total_seconds())
    score = i18n.text("ui.results.score", score=grade.score, points=grade.max)
    unscored = "" if grade.scored else f" · {i18n.text('ui.results.unscored')}"
    return (
        f"#### {marks.VERDICTS[grade.verdict].text} · {score} · {i18n.text('ui.attempt.after', time=after)}{unscored}"
    )


def _criteria(grade: PastGrade, titles: dict[str, str]) -> list[str]:
    """A line a criterion. One that the exercise no longer has is called by its id."""
    lines = []
    for criterion in grade.criteria:
        points = f"{criterion.earned}/{criterion.points}" if criterion.points else i18n.text("grading.gate")
        mark = marks.VERDICTS[criterion.verdict].text
        lines.append(f"- {mark}  {points}  {titles.get(criterion.id, criterion.id)}")
    return lines
