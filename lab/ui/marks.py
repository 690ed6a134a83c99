"""How states are shown: a glyph and a word, with a colour that says nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from textual.content import Content

from checkers.api import Verdict
from lab import i18n
from lab.catalog.model import Criterion
from lab.cluster.engine import State
from lab.practice.attempt import Outcome
from lab.text import GLYPHS
from lab.ui.exercise_state import ExerciseState, Phase
from lab.ui.lab_view import LabView

Tone = Literal["success", "error", "warning", "primary", "muted"]
MUTED = "$foreground-muted"
"""The colour of what matters less. Inside of `Content`, Textual's `$text-muted` comes out as white."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as it is shown.

    Attributes:
        name: of its word in the locale files, under `ui.mark`.
        tone: which text colour of the theme.
    """

    glyph: str
    name: str
    tone: Tone

    @property
    def text(self) -> str:
        """Glyph and word, in the language in use."""
        return f"{self.glyph} {i18n.text(f'ui.mark.{self.name}')}"

    @property
    def content(self) -> Content:
        """Glyph and word in colour."""
        return Content.styled(self.text, self._style)

    @property
    def bare(self) -> Content:
        """The glyph alone, for where no two that may be mistaken for each other meet."""
        return Content.styled(self.glyph, self._style)

    @property
    def _style(self) -> str:
        return f"bold {MUTED if self.tone == 'muted' else f'$text-{self.tone}'}"


PENDING = Mark("·", "pending", "muted")
RUNNING = Mark("»", "running", "primary")

VERDICTS: Mapping[Verdict, Mark] = {
    Verdict.PASS: Mark(GLYPHS[Verdict.PASS], "pass", "success"),
    Verdict.FAIL: Mark(GLYPHS[Verdict.FAIL], "fail", "error"),
    Verdict.BROKEN: Mark(GLYPHS[Verdict.BROKEN], "broken", "warning"),
    Verdict.UNSEEN: Mark(GLYPHS[Verdict.UNSEEN], "unseen", "warning"),
}

OUTCOMES: Mapping[Outcome, Mark] = {
    Outcome.PASSED: VERDICTS[Verdict.PASS],
    Outcome.FAILED: VERDICTS[Verdict.FAIL],
    Outcome.SHOWN: Mark("◇", "shown", "warning"),
    Outcome.BEGUN: Mark("◐", "begun", "primary"),
}

NEW = Mark("○", "new", "muted")
BEGUN = OUTCOMES[Outcome.BEGUN]
BUSY = Mark("»", "busy", "primary")
IMPOSSIBLE = Mark("–", "impossible", "muted")

UNTOUCHED = Mark("○", "untouched", "muted")
RIGHT = Mark(GLYPHS[Verdict.PASS], "right", "success")
MISTAKE = Mark(GLYPHS[Verdict.FAIL], "mistake", "error")

API_DOWN = Mark("!", "api_down", "error")
API_STARTING = Mark("»", "api_starting", "primary")
LOOKING = Mark("·", "looking", "muted")
PREPARING = Mark("»", "preparing", "primary")
UNKNOWN = Mark("?", "unknown", "warning")

LAB_STATES: Mapping[State, Mark] = {
    State.ABSENT: Mark("○", "absent", "warning"),
    State.PARTIAL: Mark("◐", "partial", "warning"),
    State.STOPPED: Mark("○", "stopped", "warning"),
    State.UNREACHABLE: Mark("!", "unreachable", "error"),
    State.DEGRADED: Mark("!", "degraded", "error"),
    State.READY: Mark("✓", "ready", "success"),
    State.REPLAY: Mark("▷", "replay", "warning"),
}


def of_lab(lab: LabView) -> Mark:
    """The state of the lab."""
    if lab.work is not None or (lab.scenario is not None and not lab.ready):
        return PREPARING
    if lab.is_starting:
        return API_STARTING
    if lab.fault:
        return API_DOWN
    if lab.state is not None:
        return LAB_STATES[lab.state]
    return UNKNOWN if lab.looked else LOOKING


def of_exercise(state: ExerciseState) -> Mark:
    """The state of an exercise in a list."""
    if state.impossible:
        return IMPOSSIBLE
    if state.phase is not Phase.IDLE:
        return BUSY
    if state.trouble is not None and state.trouble.ours:
        return VERDICTS[Verdict.BROKEN]
    if state.grade is not None:
        return VERDICTS[state.grade.verdict]
    if state.outcome is not None:
        return OUTCOMES[state.outcome]
    return BEGUN if state.started else NEW


def of_criterion(state: ExerciseState, criterion: Criterion) -> Mark:
    """The state of one criterion. Where the lab failed amid a grading, what was not judged is the lab's fault too."""
    graded = state.found.get(criterion.id)
    if graded is not None:
        return VERDICTS[graded.finding.verdict]
    if state.trouble is not None and state.trouble.ours:
        return VERDICTS[Verdict.BROKEN]
    return RUNNING if criterion is state.graded_now else PENDING


def bar(share: float, cells: int) -> str:
    """A share, from 0 to 1, drawn on so many cells."""
    full = round(share * cells)
    return "━" * full + "╌" * (cells - full)
