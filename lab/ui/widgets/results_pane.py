"""The criteria of an exercise and what the newest grading has found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from lab import i18n
from lab.catalog.model import Exercise
from lab.grading.grade import Grade
from lab.ui import results
from lab.ui.desk import Desk
from lab.ui.exercise_state import ExerciseState
from lab.ui.pages import open_page
from lab.ui.results import Closing
from lab.ui.widgets.criterion_row import CriterionRow


class ResultsPane(VerticalScroll):
    """Fills in while the criteria of an exercise are judged; then what failed is open and comes first.

    One row is chosen: Enter opens or folds it, `o` opens the page that its link names.
    """

    DEFAULT_CSS = """
    ResultsPane {
        padding: 0 0 0 1;
        scrollbar-gutter: stable;

        & > * { height: auto; padding: 0 1 0 0; }  /* nothing touches the scrollbar */
        #closing { margin: 0 0 1 0; padding: 0 1; border-left: thick $success; }
        #remarks { height: auto; margin: 0 0 1 0; }
        #legend { color: $text-muted; }
        &:focus CriterionRow.-chosen .beside { background: $block-cursor-background 40%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1)", show=False),
        Binding("down,j", "choose(1)", show=False),
        Binding("enter", "open", show=False),
        Binding("o", "page", show=False),
    ]

    def __init__(self, now: Callable[[], datetime], name_key: str) -> None:
        super().__init__(classes="pane")
        self._now = now
        self._name_key = name_key
        self._desk: Desk | None = None
        self._exercise: Exercise | None = None
        self._grade: Grade | None = None
        self._chosen: CriterionRow | None = None
        self._summary = Static(id="summary", markup=False)
        self._card = Static(id="closing", markup=False)
        self._rows = Vertical(id="rows")
        self._remarks = Static(id="remarks", markup=False)
        self._legend = Static(id="legend", markup=False)

    def compose(self) -> ComposeResult:
        yield self._summary
        yield self._card
        yield self._rows
        yield self._legend

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    async def _follow(self, desk: Desk) -> None:
        """Show what is known of the exercise by now."""
        if desk.state is not None and desk.differs(self._desk, "states", "current", "language"):
            self._desk = desk
            await self._show(desk, desk.state)

    async def _show(self, desk: Desk, state: ExerciseState) -> None:
        if state.exercise is not self._exercise:
            self._exercise = state.exercise
            await self._rows.remove_children()
            if not self._rows.is_attached:
                return  # the learner quits at this moment
            await self._rows.mount_all(
                [*(CriterionRow(criterion) for criterion in state.exercise.criteria), self._remarks]
            )
            self._chosen = None
            self.scroll_home(animate=False)
        for row in self._criteria:
            row.show(state)
        self._summary.update(results.summary(state, self._now()))
        closing = Closing.of(desk, state).lines(self._now()) if state.has_full_score else []
        self._card.display = bool(closing)
        self._card.update(Content("\n".join(closing)))
        remarks = results.remarks(state)
        self._remarks.display = bool(remarks)
        self._remarks.update(Content("\n\n".join(remarks)))
        self._legend.display = state.is_graded and bool(results.legend(state))
        self._legend.update(Content(results.legend(state)))
        self._show_name(state)
        if state.grade is not self._grade or state.grade is None:
            self._arrange(state)

    def _arrange(self, state: ExerciseState) -> None:
        """Put what failed first, open, and show it; what holds is folded to a line."""
        self._grade = state.grade
        criteria = results.order(state)
        places = {criterion.id: place for place, criterion in enumerate(criteria)}
        opened = [criterion for criterion in criteria if results.opens(state, criterion)]
        self._rows.sort_children(
            key=lambda row: places[row.criterion.id] if isinstance(row, CriterionRow) else len(opened) - 0.5
        )
        for row in self._criteria:
            row.open(opens=row.criterion in opened)
        if state.grade is not None:
            self._choose(self._criteria[0])
            self.call_after_refresh(self.scroll_home, animate=False)

    def _show_name(self, state: ExerciseState) -> None:
        """Name the pane, with the number of the grading."""
        self.border_title = i18n.text(self._name_key)
        if state.grade is not None and state.gradings:
            self.border_title += " · " + i18n.text("ui.results.check", number=state.gradings)
        self.border_subtitle = _help_taken(state)

    @property
    def _criteria(self) -> list[CriterionRow]:
        """The rows, as they are shown."""
        return list(self._rows.query_children(CriterionRow))

    # The row that is chosen

    def action_choose(self, by: int) -> None:
        """Go to the next row, or the one before; through a row that is longer than the pane, go by lines."""
        rows = self._criteria
        chosen = self._chosen
        if chosen is None or chosen not in rows:
            return
        region, view = chosen.virtual_region_with_margin, self.scrollable_content_region
        top = self.scroll_offset.y
        offset = self._rows.virtual_region.y
        if by > 0 and offset + region.bottom > top + view.height:
            self.scroll_relative(y=min(3, offset + region.bottom - top - view.height), animate=False)
        elif by < 0 and offset + region.y < top:
            self.scroll_relative(y=-min(3, top - offset - region.y), animate=False)
        elif 0 <= rows.index(chosen) + by < len(rows):
            self._choose(rows[rows.index(chosen) + by])
            self._show_chosen()
        else:
            self.scroll_relative(y=3 * by, animate=False)

    def action_open(self) -> None:
        """Open the chosen row, or fold it."""
        if self._chosen is not None:
            self._chosen.open(opens=not self._chosen.is_open)
            self.call_after_refresh(self._show_chosen)

    def action_page(self) -> None:
        """Open the page that tells more of the chosen row."""
        if self._chosen is not None and self._chosen.link:
            open_page(self.app, self._chosen.link)
        else:
            self.notify(i18n.text("ui.results.no_page"))

    @on(CriterionRow.Clicked)
    def _take_click(self, event: CriterionRow.Clicked) -> None:
        event.stop()
        self._choose(event.row)
        self.action_open()

    def _choose(self, row: CriterionRow) -> None:
        self._chosen = row
        for other in self._criteria:
            other.set_class(other is row, "-chosen")

    def _show_chosen(self) -> None:
        if self._chosen is not None:
            self.scroll_to_widget(self._chosen, animate=False)


def _help_taken(state: ExerciseState) -> str:
    """The help that the learner has had, and the keys of the rows."""
    if state.solution_seen:
        return i18n.text("ui.results.unscored")
    if state.hints:
        return i18n.text("ui.results.hints", taken=state.hints)
    return i18n.text("ui.results.keys") if state.grade is not None else ""
