"""How the app reads Markdown: as Textual does, but Chinese lines are joined without a blank."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from textual.widgets import Markdown

from lab.text import cells


def markdown(text: str) -> Markdown:
    """A widget that shows the text. Whoever mounts it opens links."""
    return Markdown(text, parser_factory=parser, open_links=False)


def parser() -> MarkdownIt:
    """What Textual parses Markdown with, and how Chinese lines are joined."""
    found = MarkdownIt("gfm-like")
    found.core.ruler.push("join_wide", _join_wide)
    return found


def _join_wide(state: StateCore) -> None:
    """Where a line ends in a wide character and the next begins with one, the break between them is no blank."""
    for token in state.tokens:
        children = token.children or []
        for before, here, after in zip(children, children[1:], children[2:], strict=False):
            if here.type == "softbreak" and _is_wide(before, -1) and _is_wide(after, 0):
                here.type, here.content = "text", ""


def _is_wide(token: Token, place: int) -> bool:
    return bool(token.content) and cells(token.content[place]) == 2
