"""Practice on a lab: the work is done in a shell."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lab import i18n
from lab.practice.session import Session
from lab.ui import shell
from lab.ui.screens.practice import PracticeScreen
from lab.ui.screens.snippets import SnippetsScreen
from lab.ui.snippets import snippets
from lab.ui.widgets.shell_pane import ShellPane


class ShellScreen(PracticeScreen):
    """The shell is the learner's, whatever the app does.

    Args:
        open_shell: leaves the whole terminal to it, under a title. Whether a check was asked for there.
    """

    def __init__(self, session: Session, clock: Callable[[], float], open_shell: Callable[[str], bool]) -> None:
        self.shell = ShellPane(partial(shell.embedded_argv, session.engine))
        super().__init__(session, clock, self.shell)
        self._open_shell = open_shell

    def action_all_keys(self) -> None:
        """Pass all keys to the shell, or no longer."""
        self.shell.passes_all = not self.shell.passes_all

    async def action_shell(self) -> None:
        """Give the terminal to the shell. Whoever comes back by the key for a check gets one."""
        if not self.lab.has_shell:
            self.say_not_ready()
            return
        self.shell.close()
        asks_for_check = self._open_shell(str(self.view.exercise.title))
        self.shell.open()
        if asks_for_check:
            await self.action_check()

    def action_copy(self) -> None:
        """Type something from the task into the shell: what is selected, else what is chosen."""
        if selected := self.get_selected_text():
            self.clear_selection()
            self._type(selected)
        elif found := snippets(self.task_pane.text):
            self.app.push_screen(SnippetsScreen(found), self._type)
        else:
            self.notify(i18n.text("ui.snippets.none"))

    def _type(self, text: str | None) -> None:
        if text is None:
            return
        if self.shell.is_running:
            self.shell.type(text)
            self.shell.enter()
        else:
            self.say_not_ready()
