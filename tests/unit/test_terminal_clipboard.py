"""What a program copies reaches the learner's clipboard; what it asks for, or sends without end, does not."""

from __future__ import annotations

import base64

import pytest

from lab.terminal.clipboard import LIMIT, Copies


def copying(text: str, *, clipboards: str = "c", end: str = "\a") -> bytes:
    """What a program sends to have a text copied."""
    return f"\x1b]52;{clipboards};{base64.b64encode(text.encode()).decode()}{end}".encode()


@pytest.mark.parametrize("end", ["\a", "\x1b\\"])
@pytest.mark.parametrize("clipboards", ["", "c", "pc0"])
def test_a_text_is_copied(clipboards: str, end: str) -> None:
    assert Copies().feed(copying("kubectl get 节点\n", clipboards=clipboards, end=end)) == ["kubectl get 节点\n"]


@pytest.mark.parametrize("end", ["\a", "\x1b\\"])
def test_a_sequence_in_pieces_is_whole_wherever_it_is_cut(end: str) -> None:
    sequence = b"$ " + copying("one", end=end) + b"$ "
    for cut in range(len(sequence)):
        copies = Copies()
        assert copies.feed(sequence[:cut]) + copies.feed(sequence[cut:]) == ["one"]


def test_byte_by_byte_a_sequence_is_whole() -> None:
    copies = Copies()
    assert [text for byte in copying("one") + copying("two") for text in copies.feed(bytes([byte]))] == ["one", "two"]


def test_texts_come_in_their_order_from_among_other_output() -> None:
    assert Copies().feed(b"a" + copying("one") + b"\x1b[31mb\x1b]0;title\a" + copying("two") + b"c") == ["one", "two"]


@pytest.mark.parametrize("content", ["c;?", "c;", "c", "", "c;not base64", "c;/w==", "c;YQ=", "c;YWJj;YWJj"])
def test_what_asks_clears_or_is_damaged_copies_nothing(content: str) -> None:
    copies = Copies()
    assert copies.feed(f"\x1b]52;{content}\a".encode()) == []
    assert copies.feed(copying("next")) == ["next"]


@pytest.mark.parametrize("at_once", [100, 4096, 10 * LIMIT])
def test_what_is_too_long_is_not_copied_and_does_not_pile_up(at_once: int) -> None:
    copies = Copies()
    endless = copying("x" * 5 * LIMIT)
    pieces = [endless[start : start + at_once] for start in range(0, len(endless), at_once)]
    assert [text for piece in pieces for text in copies.feed(piece)] == []
    assert len(copies._unread) <= LIMIT + at_once
    assert copies.feed(copying("next")) == ["next"]


def test_an_end_that_never_comes_does_not_pile_up() -> None:
    copies = Copies()
    copies.feed(b"\x1b]52;c;")
    for _ in range(100):
        copies.feed(b"y\r\n" * 1000)
        assert len(copies._unread) <= LIMIT + 3000
