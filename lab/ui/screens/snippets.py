"""Choosing a piece of the task's code, to have it typed in the shell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList

from lab import i18n
from lab.ui.widgets.too_small import TooSmall


def snippets(markdown: str) -> list[str]:
    """The words and blocks of code in a Markdown text, in its order, each once."""
    from markdown_it import MarkdownIt  # Textual's own parser, which comes with its Markdown widget

    tokens = (inner for token in MarkdownIt().parse(markdown) for inner in (token, *(token.children or ())))
    code = (token.content for token in tokens if token.type in ("code_inline", "fence", "code_block"))
    return list(dict.fromkeys(text.strip("\n") for text in code))


class SnippetsScreen(ModalScreen[str | None]):
    """A piece of code, or none."""

    CSS_PATH = "snippets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+c,q,c,f11", "dismiss", show=False)]

    def __init__(self, snippets: Sequence[str]) -> None:
        super().__init__()
        self._snippets = snippets

    def compose(self) -> ComposeResult:
        choices = OptionList(*(Content(snippet) for snippet in self._snippets))
        choices.border_title = i18n.text("ui.snippets.title")
        choices.border_subtitle = i18n.text("ui.snippets.keys")
        yield choices
        yield TooSmall()

    @on(OptionList.OptionSelected)
    def _answer(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._snippets[event.option_index])
