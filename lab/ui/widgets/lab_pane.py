"""The lab: its state, its machines, and what can be done with it."""

from __future__ import annotations

from textual.content import Content

from lab import i18n
from lab.cluster.engine import State
from lab.text import cells, pad
from lab.ui import marks
from lab.ui.desk import Desk
from lab.ui.lab_view import LabView
from lab.ui.marks import MUTED
from lab.ui.widgets.text_pane import TextPane


class LabPane(TextPane):
    """Shows the lab as last seen."""

    def __init__(self) -> None:
        super().__init__()
        self._desk: Desk | None = None

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    def _follow(self, desk: Desk) -> None:
        if not desk.differs(self._desk, "lab", "language"):
            return
        self._desk, lab = desk, desk.lab
        # The header says all there is to say of a lab that is ready.
        self.display = not lab.ready or lab.is_replay
        self.border_title = i18n.text("ui.home.lab")
        lines = [Content.assemble(f"{desk.engine}/{desk.lab_name}  ", marks.of_lab(lab).content)]
        if lab.status is not None:
            if lab.status.kubernetes:
                lines.append(Content(f"Kubernetes {lab.status.kubernetes}"))
            width = max(map(cells, lab.status.nodes), default=0)
            lines += [Content(f"  {pad(node, width)}  {state}") for node, state in lab.status.nodes.items()]
            if lab.status.detail:
                lines.append(Content(lab.status.detail))
        self.write(*lines, Content(""), *(Content.styled(i18n.text(key), MUTED) for key in _advice(lab)))


def _advice(lab: LabView) -> tuple[str, ...]:
    """The names of the texts that say what to do with it."""
    if lab.scenario is not None:
        return ("ui.work.meanwhile",)
    state = lab.state or State.ABSENT
    if state is State.REPLAY:
        return ("ui.home.replay",)
    return ("ui.home.manage", "ui.home.demo") if state is State.ABSENT else ("ui.home.manage",)
