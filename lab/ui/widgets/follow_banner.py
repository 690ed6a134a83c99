"""The line that a learner sees for as long as their instructor sees their shell."""

from __future__ import annotations

from textual.widgets import Static

from lab import i18n
from lab.ui.desk import Desk


class FollowBanner(Static):
    """One line, in a colour that nothing else has."""

    DEFAULT_CSS = """
    FollowBanner {
        height: 1;
        padding: 0 1;
        display: none;
        color: white;
        background: darkred;
        text-style: bold;
        text-align: center;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._desk: Desk | None = None

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    def _follow(self, desk: Desk) -> None:
        if desk.differs(self._desk, "followed", "language"):
            self._desk = desk
            self.display = desk.followed
            self.update(i18n.text("ui.follow.banner"))
