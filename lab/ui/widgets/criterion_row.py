"""One criterion: its state, its points, its statement, and what was found of it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from checkers.api import Finding, Verdict
from lab import i18n
from lab.catalog.model import Criterion
from lab.console import columns, pad
from lab.ui.exercise_view import ExerciseView


class CriterionRow(Vertical):
    """Shows how an exercise fares in one criterion."""

    DEFAULT_CSS = """
    CriterionRow { height: auto; }
    CriterionRow .details { padding: 0 0 0 4; margin: 0 0 1 0; }
    """

    def __init__(self, criterion: Criterion) -> None:
        super().__init__()
        self._criterion = criterion
        self._headline = Static(classes="headline")
        self._details = Static(classes="details")

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield self._headline
        yield self._details

    def show(self, view: ExerciseView) -> None:
        """Show what is known by now."""
        graded = view.found.get(self._criterion.id)
        self._headline.update(
            Content.assemble(
                view.mark_of(self._criterion).content,
                "  ",
                (_points(self._criterion, graded.earned if graded else None), "bold"),
                "  ",
                str(self._criterion.title),
            )
        )
        self._details.display = graded is not None
        if graded is not None:
            self._details.update(_details(graded.finding))


def _points(criterion: Criterion, earned: int | None) -> str:
    """`2/3`, `3` while nothing is earned or lost, or the word for a criterion that earns nothing but must hold."""
    if criterion.is_gate:
        return i18n.text("ui.results.gate")
    if earned is None:
        return i18n.text("ui.results.points", points=criterion.points)
    return f"{earned}/{criterion.points}"


def _details(finding: Finding) -> Content:
    """What was found; where that is not as it should be, what was expected, why it matters, and where to read on."""
    said = {"found": i18n.pick(finding.found)}
    if finding.verdict is not Verdict.PASS:
        why = "" if finding.why is None else i18n.pick(finding.why)
        said = {"expected": i18n.pick(finding.expected), **said, "why": why, "link": finding.link}
    labels = {name: i18n.text(f"ui.results.{name}") for name, words in said.items() if words}
    width = max(map(columns, labels.values()), default=0)
    # A terminal can open a link that is broken over lines when it is told that it is one.
    styles = {"link": Style(link=finding.link)}
    return Content("\n").join(
        Content.assemble((pad(label, width), "$text-muted"), "  ", (said[name], styles.get(name, "")))
        for name, label in labels.items()
    )
