"""What a text gives to be typed: its words and blocks of code."""

from __future__ import annotations

from collections.abc import Iterator


def snippets(markdown: str) -> list[str]:
    """The code in a Markdown text, in its order, each once."""
    from markdown_it import MarkdownIt  # Textual's own parser, which comes with its Markdown widget

    tokens = (inner for token in MarkdownIt().parse(markdown) for inner in (token, *(token.children or ())))
    return list(dict.fromkeys(_code((token.type, token.content) for token in tokens)))


def _code(tokens: Iterator[tuple[str, str]]) -> Iterator[str]:
    return (text.strip("\n") for kind, text in tokens if kind in ("code_inline", "fence", "code_block"))
