"""The report of a mock exam: its total, where the points went, task by task, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from lab import i18n
from lab.exam.report import Report
from lab.exam.report_text import Line, Tone, lines
from lab.ui import keys
from lab.ui.marks import MUTED
from lab.ui.widgets.text_pane import TextPane
from lab.ui.widgets.too_small import TooSmall

_STYLES: Mapping[Tone, str] = {
    Tone.TITLE: "bold",
    Tone.HEADING: "bold $text-primary",
    Tone.MUTED: MUTED,
    Tone.GOOD: "$text-success",
    Tone.BAD: "$text-error",
    Tone.DOUBT: "$text-warning",
}


class ReportScreen(ModalScreen[None]):
    """A report over the screen that asked for it."""

    CSS_PATH = "report.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.LIKE_VI, Binding("escape,enter,ctrl+c,q", "dismiss", show=False)]

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report

    def compose(self) -> ComposeResult:
        pane = ReportPane(self._report)
        pane.border_title = i18n.text("ui.report.title")
        pane.border_subtitle = i18n.text("ui.close")
        yield pane
        yield TooSmall()


class ReportPane(TextPane):
    """The report in lines, as `ckslab exam report` has them, in as many columns as there are."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report

    def on_resize(self) -> None:
        self.write(*(_content(line) for line in lines(self._report, self.scrollable_content_region.width)))


def _content(line: Line) -> Content:
    return Content.styled(line.text, _STYLES.get(line.tone, ""))
