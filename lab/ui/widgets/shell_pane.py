"""The learner's shell on the screen, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.widgets import Static

from lab import i18n
from lab.ui import marks
from lab.ui.lab_view import LabView
from lab.ui.shell import TAKEN
from lab.ui.widgets.terminal import Terminal
from lab.ui.widgets.work_pane import WorkPane


class ShellPane(WorkPane):
    """Begins the shell as soon as the lab has one. When it has ended, Enter begins it again, or repairs the lab first.

    Args:
        argv: the shell; it is asked for when a shell is begun.
    """

    DEFAULT_CSS = """
    ShellPane { layers: screen note; }
    ShellPane Terminal { layer: screen; }
    ShellPane #note {
        layer: note;
        dock: bottom;
        height: auto;
        padding: 0 1;
        background: $panel;
        text-align: center;
    }
    ShellPane.-unstarted { border-title-color: $text-warning; border-title-style: bold; }
    ShellPane.-blank #note { height: 100%; background: $background; content-align: center middle; }
    """

    def __init__(self, argv: Callable[[], Sequence[str]]) -> None:
        super().__init__(classes="pane -blank")
        self._argv = argv
        self._ended = ""
        self._taken = False
        self._terminal = Terminal()
        self._note = Static(id="note", markup=False)

    def compose(self) -> ComposeResult:
        yield self._terminal
        yield self._note

    def on_mount(self) -> None:
        self.title()

    @property
    def is_running(self) -> bool:
        """Whether there is a shell."""
        return self._terminal.is_running

    @property
    def takes_letters(self) -> bool:
        """Whether a letter typed now is the shell's."""
        return self.has_focus_within

    @property
    def takes_all_keys(self) -> bool:
        """Whether a key pressed now is the shell's, whatever key it is."""
        return self.passes_all and self.is_running and self._terminal.has_focus

    def title(self) -> None:
        """Name it, and say what there is to say, in the language in use."""
        self.border_title = i18n.text("ui.shell.unstarted" if self.unstarted else "ui.pane.shell")
        self.set_class(self.unstarted, "-unstarted")
        self.border_subtitle = i18n.text("ui.shell.all_keys" if self.passes_all else "ui.shell.leave")
        self._note.display = not self.is_running
        self._note.update(self._why_not())

    def enter(self) -> None:
        """Give it the focus, at once: what is typed after F6 is for the shell, however busy the app is."""
        self.screen.set_focus(self._terminal)

    def type(self, text: str) -> None:
        """Put text at the shell's prompt."""
        self._terminal.type(text)

    def open(self) -> None:
        """Begin the shell, or come back to it."""
        try:
            self._terminal.run(self._argv())
        except OSError as error:
            self._ended = i18n.text("ui.shell.no_start", error=error)
        else:
            self._taken = False
            self.remove_class("-blank")
        self.title()

    def close(self) -> None:
        """Leave the shell; what runs in it goes on."""
        self._terminal.stop()

    def watch_lab(self, before: LabView, lab: LabView) -> None:
        """A lab that gets its shell, at first or after a repair, shows it."""
        if lab.has_shell and not before.has_shell and not self.is_running:
            self.open()
        self.title()

    def watch_passes_all(self) -> None:
        """The subtitle says so, and the footer shows the keys that are left."""
        self.title()
        self.screen.refresh_bindings()

    @on(Terminal.Ended)
    async def _take_end(self, event: Terminal.Ended) -> None:
        event.stop()
        self.passes_all = False
        self._taken = event.code == TAKEN
        self._ended = i18n.text("ui.shell.left") if event.code == 0 else i18n.text("ui.shell.ended", code=event.code)
        self.title()
        # Perhaps its machine has gone; then this is no time to wait for the next look.
        await self.run_action("app.look")

    async def on_key(self, event: events.Key) -> None:
        """Only keys that the shell did not take come here. They were meant for it: that it has ended, may be news."""
        event.stop()
        event.prevent_default()
        if event.key != "enter":
            return
        if self.lab.has_shell:
            self.open()
        else:
            await self.run_action("app.up")

    def _why_not(self) -> str:
        """Why there is no shell, and what to do."""
        if self.lab.has_shell and self._taken:
            return i18n.text("ui.shell.taken")
        if self.lab.has_shell:
            return f"{self._ended} {i18n.text('ui.shell.enter_opens')}"
        if self.lab.work is not None or not self.lab.looked:
            return i18n.text("ui.shell.soon")
        return i18n.text("ui.shell.no_lab", state=marks.of_lab(self.lab).text)
