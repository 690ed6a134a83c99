"""A terminal in the app: a program, the screen it draws on, and the keys that reach it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events, on
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from lab.terminal import keys
from lab.terminal.clipboard import Copies
from lab.terminal.grid import Run, width
from lab.terminal.keys import Mouse
from lab.terminal.pty import CHUNK, Pty
from lab.terminal.screen import Cursor, Screen
from lab.terminal.style import Style

_BETWEEN_PAINTS, _IN_A_FLOOD = 1 / 120, 1 / 20
"""Seconds from one paint to the next."""
_FLOOD = 12
"""Paints with no pause between them, after which output counts as a flood: nobody reads it as it passes."""
_CURSOR = RichStyle(reverse=True)


class Terminal(Widget, can_focus=True):
    """Runs one program at a time; `run` begins it.

    All keys go to the program but those that the app has bound with priority. What it copies comes to the learner's
    clipboard. What it showed last stays after its end.
    """

    # The mouse is the program's: tmux and vim select by themselves.
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Terminal { width: 1fr; height: 1fr; }
    """

    @dataclass
    class Ended(Message):
        """The program has ended."""

        code: int | None

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=classes)
        self._pty: Pty | None = None
        self._screen = Screen(80, 24)
        self._copies = Copies()
        self._stale: set[int] = set()
        self._base: RichStyle | None = None
        self._paint_later: Timer | None = None
        self._paints_without_pause = 0
        self._read_later: asyncio.TimerHandle | None = None

    @property
    def is_running(self) -> bool:
        """Whether a program runs in it."""
        return self._pty is not None

    def run(self, argv: Sequence[str]) -> None:
        """Begin a program on a fresh screen.

        Raises:
            OSError: it cannot be begun.
        """
        self.stop()
        columns, rows = self._cells
        self._screen = Screen(columns, rows)
        self._copies = Copies()
        self._pty = Pty(argv, {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}, columns, rows)
        self._start_reading(self._pty)
        self.refresh()

    def stop(self) -> int | None:
        """Hang up on the program, if one runs. Returns its exit code."""
        if self._pty is None:
            return None
        if self._read_later is not None:
            self._read_later.cancel()
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._pty.fd)
        loop.remove_writer(self._pty.fd)
        code = self._pty.close()
        self._pty = None
        self.refresh()
        return code

    def type(self, text: str) -> None:
        """Put text where the program reads, as if it had been pasted."""
        self._send(keys.paste(text, bracketed=self._screen.modes.bracketed_paste))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Some rows of the screen. What the theme's colours are is the same for all of them, and long to find out."""
        self._base = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """A row of the screen, with the cursor in it while the terminal has the focus."""
        columns, base = self.content_size.width, self._base or self.rich_style
        # A window that changes its size may be drawn before `on_resize` has resized the screen.
        if y >= self._screen.rows:
            return Strip.blank(columns, base)
        segments = [Segment(_drawn(run), _rich_style(run.style, base)) for run in self._screen.line(y)]
        strip = Strip(segments, self._screen.columns)
        cursor = self._screen.cursor
        if y == cursor.row and cursor.visible and self.has_focus and self.is_running:
            strip = _with_cursor(strip, cursor)
        return strip.adjust_cell_length(columns, base)

    def on_unmount(self) -> None:
        """The window closes."""
        self.stop()

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def on_resize(self) -> None:
        """Tell the program."""
        columns, rows = self._cells
        self._screen.resize(columns, rows)
        if self._pty is not None:
            self._pty.resize(columns, rows)
        self.refresh()

    async def on_key(self, event: events.Key) -> None:
        """Send it on."""
        if self.is_running:
            event.stop()
            event.prevent_default()
            application = self._screen.modes.application_cursor
            self._send(keys.encode(event.key, event.character, application=application))

    @on(events.Paste)
    def _paste(self, event: events.Paste) -> None:
        event.stop()
        self.type(event.text)

    @on(events.MouseScrollUp)
    @on(events.MouseScrollDown)
    def _scroll(self, event: events.MouseScrollUp | events.MouseScrollDown) -> None:
        self._send_mouse(event, Mouse.WHEEL_UP if isinstance(event, events.MouseScrollUp) else Mouse.WHEEL_DOWN)

    @on(events.MouseDown)
    def _press(self, event: events.MouseDown) -> None:
        # A press in the pane may end outside of it.
        self.capture_mouse()
        self._send_mouse(event, event.button - 1)

    @on(events.MouseMove)
    def _drag(self, event: events.MouseMove) -> None:
        if event.button:
            self._send_mouse(event, event.button - 1 + Mouse.DRAG)

    @on(events.MouseUp)
    def _release(self, event: events.MouseUp) -> None:
        self.release_mouse()
        self._send_mouse(event, event.button - 1, released=True)

    @property
    def _cells(self) -> tuple[int, int]:
        """Columns and rows. A program gets at least a usable screen, of which a tiny window shows a part."""
        return max(self.content_size.width, 10), max(self.content_size.height, 3)

    def _send_mouse(self, event: events.MouseEvent, what: int, *, released: bool = False) -> None:
        if self._screen.modes.mouse:
            event.stop()
            columns, rows = self._cells
            at = event.offset - self.gutter.top_left
            column, row = min(max(at.x, 0), columns - 1), min(max(at.y, 0), rows - 1)
            self._send(keys.mouse(what, column, row, released=released))

    def _send(self, text: str) -> None:
        if self._pty is not None and text and not self._pty.write(text):
            asyncio.get_running_loop().add_writer(self._pty.fd, self._send_rest, self._pty)

    def _send_rest(self, pty: Pty) -> None:
        if pty.flush():
            asyncio.get_running_loop().remove_writer(pty.fd)

    def _start_reading(self, pty: Pty) -> None:
        asyncio.get_running_loop().add_reader(pty.fd, self._take_output, pty)

    def _take_output(self, pty: Pty) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        output = pty.read()
        if output is None:
            self.post_message(self.Ended(self.stop()))
            return
        self._stale |= self._screen.feed(output)
        for text in self._copies.feed(output):
            self.app.copy_to_clipboard(text)
        # The first piece after a pause, such as a key's echo, is painted at once.
        if self._paint_later is None:
            self._paints_without_pause = 0
            self._paint()
        if len(output) == CHUNK:
            # Much output gets half of the time, a flood a quarter; the rest is for the keys and the clock.
            rest = (loop.time() - began) * (3 if self._is_flooded else 1)
            loop.remove_reader(pty.fd)
            self._read_later = loop.call_later(rest, self._start_reading, pty)

    @property
    def _is_flooded(self) -> bool:
        return self._paints_without_pause >= _FLOOD

    def _paint_rest(self) -> None:
        self._paint_later = None
        if self._stale:
            self._paint()

    def _paint(self) -> None:
        width = self.content_size.width
        self.refresh(*(Region(0, row, width, 1) for row in self._stale))
        self._stale.clear()
        self._paints_without_pause += 1
        self._paint_later = self.set_timer(_IN_A_FLOOD if self._is_flooded else _BETWEEN_PAINTS, self._paint_rest)


def _with_cursor(strip: Strip, cursor: Cursor) -> Strip:
    """The row with the cell reversed in which the cursor stands."""
    start, end = cursor.column, cursor.column + cursor.width
    under = strip.crop(start, end).apply_style(_CURSOR)
    return Strip.join([strip.crop(0, start), under, strip.crop(end, strip.cell_length)])


def _drawn(run: Run) -> str:
    """Its text, which must take as many cells as Textual believes; there is no end of opinions about emoji."""
    if run.text.isascii() or cell_len(run.text) == run.cells:
        return run.text
    return set_cell_size(
        "".join(character if cell_len(character) == width(character) else "\ufffd" for character in run.text), run.cells
    )


@lru_cache(maxsize=1024)
def _rich_style(style: Style, base: RichStyle) -> RichStyle:
    """How Rich draws a style, on a base of the theme's colours."""
    return base + RichStyle(
        color=_colour(style.foreground),
        bgcolor=_colour(style.background),
        bold=style.bold or None,
        dim=style.dim or None,
        italic=style.italic or None,
        underline=style.underline or None,
        blink=style.blink or None,
        reverse=style.reverse or None,
        conceal=style.conceal or None,
        strike=style.strike or None,
    )


def _colour(name: str) -> Color | None:
    """A colour by its name; None is that of the theme."""
    return None if name == "default" else Color.parse(name)
