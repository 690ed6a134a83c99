"""The top line of home: what this is, the lab's state, how far the learner is."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from lab import i18n
from lab.ui import marks
from lab.ui.desk import Desk


class StateLine(Widget):
    """One line, the state's word beside its glyph."""

    DEFAULT_CSS = """
    StateLine { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._desk: Desk | None = None

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    def _follow(self, desk: Desk) -> None:
        if desk.differs(self._desk, "lab", "states", "language"):
            self._desk = desk
            self.refresh()

    def render(self) -> Content:
        return Content("") if self._desk is None else _line(self._desk)


def _line(desk: Desk) -> Content:
    lab = desk.lab
    parts: list[Content | str | tuple[str, str]] = [
        ("CKS Lab", "bold"),
        f"  {desk.engine}/{desk.lab_name}: ",
        marks.of_lab(lab).content,
    ]
    if lab.status is not None and lab.status.kubernetes:
        parts.append(f"  Kubernetes {lab.status.kubernetes}")
    if desk.past is not None:
        passed, count = desk.passed()
        parts.append("  " + i18n.text("ui.state.passed", passed=passed, count=count))
    if lab.advice:
        parts.append(("  " + i18n.text(lab.advice), "$text-warning"))
    return Content.assemble(*parts)
