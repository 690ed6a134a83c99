"""Where the learner does what the task asks for."""

from __future__ import annotations

from textual.containers import Vertical
from textual.reactive import reactive

from lab.ui.desk import Desk
from lab.ui.lab_view import LabView


class WorkPane(Vertical):
    """A shell, or what else there is to work with: subclasses say what. An exam or a demo chooses another one."""

    IS_FIRST = False
    """Whether it has the focus at first, in its part of the class `first`, and not the task."""
    HELP = "ui.help.text"
    """The name of the text that the help begins with."""
    RESULTS = "ui.pane.results"
    """The name of the text over the results."""
    KEEPS_TIME = True
    """Whether it means anything how long an exercise took."""

    lab = reactive(LabView())
    """The lab as last seen."""
    unstarted = reactive(False)
    """The exercise that is shown has to be started before there is anything to do."""
    passes_all = reactive(False, init=False)
    """Whether the function keys, too, are for what runs in it."""

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    def _follow(self, before: Desk, desk: Desk) -> None:
        self.lab = desk.lab
        self.unstarted = desk.state is not None and desk.needs_start(desk.state) and not desk.state.is_busy
        if desk.language != before.language:
            self.title()

    def watch_unstarted(self) -> None:
        """The title says so."""
        self.title()

    @property
    def takes_letters(self) -> bool:
        """Whether a letter typed now is its own."""
        return False

    @property
    def takes_all_keys(self) -> bool:
        """Whether a key pressed now is its own, whatever key it is."""
        return False

    @property
    def is_running(self) -> bool:
        """Whether there is something that text can be typed into."""
        return False

    def type(self, text: str) -> None:
        """Put text where the learner types."""

    def open(self) -> None:
        """Begin what the learner works with, or come back to it."""

    def close(self) -> None:
        """Leave it; what runs in it goes on."""

    def settle(self) -> None:
        """What the learner has just chosen in it holds before a grading begins, however fast the keys come."""

    def enter(self) -> None:
        """Give it the focus."""
        raise NotImplementedError

    def title(self) -> None:
        """Name it, and say what there is to say, in the language in use."""
        raise NotImplementedError
