"""The top line: what this is, the lab's state, how far the learner is."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from lab import i18n
from lab.ui.lab_view import LabView


class StateLine(Widget):
    """One line, the state's word beside its glyph."""

    DEFAULT_CSS = """
    StateLine { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    lab = reactive(LabView())
    passed: reactive[int | None] = reactive[int | None](None)
    """None: not known yet."""
    count = reactive(0)

    def __init__(self, lab_name: str, count: int) -> None:
        super().__init__()
        self._lab_name = lab_name
        self.set_reactive(StateLine.count, count)

    def render(self) -> Content:
        """Its content."""
        parts: list[Content | str | tuple[str, str]] = [
            ("CKS Lab", "bold"),
            "  ",
            f"{self._lab_name}: ",
            self.lab.mark.content,
        ]
        if self.lab.status is not None and self.lab.status.kubernetes:
            parts.append(f"  Kubernetes {self.lab.status.kubernetes}")
        if self.passed is not None:
            parts.append("  " + i18n.text("ui.state.passed", passed=self.passed, count=self.count))
        if self.lab.advice:
            parts.append(("  " + i18n.text(self.lab.advice), "$text-warning"))
        return Content.assemble(*parts)
