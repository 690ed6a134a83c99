"""One criterion: its state, its points, its statement, and what was found of it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.style import Style

from checkers.api import Finding, Verdict
from lab import i18n
from lab.catalog.model import Criterion
from lab.console import columns, pad
from lab.ui.exercise_view import ExerciseView
from lab.ui.widgets.hanging import Hanging

DETAILS = ("expected", "found", "why", "link")
"""What is told of a finding, in this order."""


class CriterionRow(Vertical):
    """Shows how an exercise fares in one criterion."""

    DEFAULT_CSS = """
    CriterionRow {
        height: auto;

        .details {
            height: auto;
            padding: 0 0 0 2;
            margin: 0 0 1 0;

            .label { color: $text-muted; }
        }
    }
    """

    def __init__(self, criterion: Criterion) -> None:
        super().__init__()
        self._criterion = criterion
        self._headline = Hanging()
        self._details = {name: Hanging() for name in DETAILS}
        self._below = Vertical(*self._details.values(), classes="details")

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield self._headline
        yield self._below

    def show(self, view: ExerciseView) -> None:
        """Show what is known by now."""
        graded = view.found.get(self._criterion.id)
        points = _points(self._criterion, graded.earned if graded else None)
        mark = view.mark_of(self._criterion).content
        self._headline.update(Content.assemble(mark, "  ", (points, "bold")), Content(str(self._criterion.title)))
        self._below.display = graded is not None
        if graded is not None:
            self._show_details(graded.finding)

    def _show_details(self, finding: Finding) -> None:
        told = _told(finding)
        labels = {name: i18n.text(f"ui.results.{name}") for name in told}
        width = max(map(columns, labels.values()), default=0)
        for name, row in self._details.items():
            row.display = name in told
            if name in told:
                row.update(Content(pad(labels[name], width)), told[name])


def _points(criterion: Criterion, earned: int | None) -> str:
    """`2/3`, `3` while nothing is earned or lost, or the word for a criterion that earns nothing but must hold."""
    if criterion.is_gate:
        return i18n.text("ui.results.gate")
    if earned is None:
        return i18n.text("ui.results.points", points=criterion.points)
    return f"{earned}/{criterion.points}"


def _told(finding: Finding) -> dict[str, Content]:
    """What was found; where that is not as it should be, what was expected, why it matters, and where to read on."""
    said = {"found": i18n.pick(finding.found)}
    if finding.verdict is not Verdict.PASS:
        why = "" if finding.why is None else i18n.pick(finding.why)
        said = {"expected": i18n.pick(finding.expected), **said, "why": why, "link": finding.link}
    # A terminal can open a link that is broken over lines when it is told that it is one.
    styles = {"link": Style(link=finding.link)}
    return {name: Content.assemble((words, styles.get(name, ""))) for name, words in said.items() if words}
