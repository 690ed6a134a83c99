"""The board without names, as a page for a projector that brings itself up to date."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

from lab import i18n
from lab.catalog.model import Catalog
from lab.exam.events import Watch, now
from lab.workshop import board_text
from lab.workshop.board import Board, Following
from lab.workshop.class_file import Class
from lab.workshop.exam_state import exercise_of
from lab.workshop.ledger import Ledger

ROWS = 25
"""Learners below one another; more stand beside them."""
OLD_SECONDS = 0.5
"""For which a board is good, however many ask for it."""

_PAGES = Path(__file__).parent / "pages"
_LANGUAGES = {"en": "en", "zh": "zh-Hans"}


class Projector:
    """Follows the ledger, and writes what the board comes to as HTML. One thread at a time may ask."""

    def __init__(self, class_: Class, catalog: Catalog, ledger: Ledger, watch: Watch = now) -> None:
        self._class = class_
        self._catalog = catalog
        self._ledger = ledger
        self._watch = watch
        self._following = Following(class_)
        self._written, self._at = "", float("-inf")

    def page(self) -> str:
        """The whole page. Everything that is put into it is escaped, but the board, which was."""
        return _template("board.html").render(
            title=self._class.title,
            language=_LANGUAGES[i18n.language()],
            gone=i18n.text("workshop.page.board_gone"),
            board=self.board(),
        )

    def board(self) -> str:
        """The part of it that changes."""
        moment = self._watch()
        if moment.seconds - self._at >= OLD_SECONDS:
            self._following.follow(self._ledger.events(self._following.followed))
            self._written, self._at = self._write(self._following.board(moment)), moment.seconds
        return self._written

    def _write(self, board: Board) -> str:
        return _template("board_rows.html").render(
            board=board,
            rows=ROWS,
            title=self._class.title,
            exercise=lambda name: self._catalog.exercise(exercise_of(name)).title,
            exam=lambda row: board_text.exam_piece(row.exam, row.left),
            pieces=lambda row, name: board_text.cell_pieces(row.cells.get(name), 0, is_at=name == row.exercise),
            presence=board_text.presence,
            place=board_text.place_piece,
            who=lambda row: board_text.who(row, names=False),
            stuck=lambda row: board_text.stuck_text(row.stuck, self._catalog),
            mistakes=[
                board_text.mistake_text(mistake, len(board.rows), self._catalog)
                for mistake in board.mistakes[: board_text.MISTAKES]
            ],
            t=lambda key, **params: i18n.text(f"workshop.{key}", **params),
        )


def _template(name: str) -> Template:
    pages = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return pages.from_string((_PAGES / name).read_text(encoding="utf-8"))
