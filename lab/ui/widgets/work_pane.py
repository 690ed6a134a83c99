"""Where the learner does what the task asks for."""

from __future__ import annotations

from textual.containers import Vertical
from textual.reactive import reactive

from lab.ui.lab_view import LabView


class WorkPane(Vertical):
    """What it holds is for those who make one: a shell, or what else there is to work with."""

    lab = reactive(LabView())
    """The lab as last seen."""
    unstarted = reactive(False)
    """The exercise that is shown has to be started before there is anything to do."""

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

    def enter(self) -> None:
        """Give it the focus."""
        raise NotImplementedError

    def title(self) -> None:
        """Name it, and say what there is to say, in the language in use."""
        raise NotImplementedError
