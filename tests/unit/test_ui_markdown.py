"""How the app joins the lines of a Markdown text."""

from __future__ import annotations

import pytest

from lab.ui.markdown import parser


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("命名空间\n里的 Pod", "命名空间里的 Pod"),
        ("安装完成，\n再等待", "安装完成，再等待"),
        ("用户是\n`1000`", "用户是\n1000"),
        ("one line\nand another", "one line\nand another"),
    ],
)
def test_chinese_lines_are_joined_without_a_blank(text: str, joined: str) -> None:
    inline = parser().parse(text)[1]
    assert "".join("\n" if token.type == "softbreak" else token.content for token in inline.children or ()) == joined
