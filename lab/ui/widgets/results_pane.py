"""The criteria of an exercise and what the newest look has found."""

from __future__ import annotations

from collections.abc import Sequence
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
from lab.ui.exercise_view import ExerciseView
from lab.ui.pages import open_page
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

    def __init__(self) -> None:
        super().__init__(classes="pane")
        self.name_key = "ui.pane.results"
        self._exercise: Exercise | None = None
        self._grade: Grade | None = None
        self._chosen: CriterionRow | None = None
        self._summary = Static(id="summary", markup=False)
        self._card = Static(id="closing", markup=False)
        self._rows = Vertical(id="rows")
        self._remarks = Static(id="remarks", markup=False)
        self._legend = Static(id="legend", markup=False)

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield self._summary
        yield self._card
        yield self._rows
        yield self._legend

    async def show(self, view: ExerciseView, closing: Sequence[str] = ()) -> None:
        """Show what is known of an exercise by now; `closing` is what is said once it has passed, a line each."""
        if view.exercise is not self._exercise:
            self._exercise = view.exercise
            await self._rows.remove_children()
            if not self._rows.is_attached:
                return  # the learner quits at this moment
            await self._rows.mount_all(
                [*(CriterionRow(criterion) for criterion in view.exercise.criteria), self._remarks]
            )
            self._chosen = None
            self.scroll_home(animate=False)
        for row in self._criteria:
            row.show(view)
        self._summary.update(results.summary(view))
        self._card.display = bool(closing)
        self._card.update(Content("\n".join(closing)))
        remarks = results.remarks(view)
        self._remarks.display = bool(remarks)
        self._remarks.update(Content("\n\n".join(remarks)))
        self._legend.display = view.checked and bool(results.legend(view))
        self._legend.update(Content(results.legend(view)))
        self._show_name(view)
        if view.grade is not self._grade or view.grade is None:
            self._arrange(view)

    def _arrange(self, view: ExerciseView) -> None:
        """Put what failed first, open, and show it; what holds is folded to a line."""
        self._grade = view.grade
        criteria = results.order(view)
        places = {criterion.id: place for place, criterion in enumerate(criteria)}
        opened = [criterion for criterion in criteria if results.opens(view, criterion)]
        self._rows.sort_children(
            key=lambda row: places[row.criterion.id] if isinstance(row, CriterionRow) else len(opened) - 0.5
        )
        for row in self._criteria:
            row.open(opens=row.criterion in opened)
        if view.grade is not None:
            self._choose(self._criteria[0])
            self.call_after_refresh(self.scroll_home, animate=False)

    def _show_name(self, view: ExerciseView) -> None:
        """Name the pane, with the number of the look."""
        self.border_title = i18n.text(self.name_key)
        if view.grade is not None and view.checks:
            self.border_title += " · " + i18n.text("ui.results.check", number=view.checks)
        self.border_subtitle = _help_taken(view)

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


def _help_taken(view: ExerciseView) -> str:
    """The help that the learner has had, and the keys of the rows."""
    if view.solution_seen:
        return i18n.text("ui.results.unscored")
    if view.hints:
        return i18n.text("ui.results.hints", taken=view.hints)
    return i18n.text("ui.results.keys") if view.grade is not None else ""
