"""Whatever bytes a program writes, nothing of a sequence is drawn, and nothing breaks."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from lab.terminal.parser import Parser
from lab.terminal.screen import Screen

ENDS_SEQUENCE = "\x18\x1a"
"""CAN and SUB."""
WITHIN = "\n\r\t\b\x07\x0e\x7f"
"""Control characters that act in the middle of a sequence."""
STRING = "".join(map(chr, range(0x20, 0x7F)))


class Drawn:
    """What was drawn, and which sequences were told."""

    def __init__(self) -> None:
        self.text = ""
        self.controls = ""
        self.sequences: list[str] = []

    def draw(self, text: str) -> None:
        self.text += text

    def control(self, character: str) -> None:
        self.controls += character

    def escape(self, name: str) -> None:
        self.sequences.append(name)

    def csi(self, name: str, parameters: str) -> None:
        self.sequences.append(f"[{parameters}{name}")


def parsed(*pieces: str) -> Drawn:
    drawn = Drawn()
    parser = Parser(drawn)
    for piece in pieces:
        parser.feed(piece)
    return drawn


def pieces(output: str, chance: random.Random) -> Iterator[str]:
    """Output as it may be cut when it is read."""
    while output:
        end = chance.randint(1, 12)
        yield output[:end]
        output = output[end:]


def some(chance: random.Random, characters: str, most: int) -> str:
    return "".join(chance.choice(characters) for _ in range(chance.randint(0, most)))


def sequence(chance: random.Random) -> str:
    """One sequence from its begin to its end; it may be one that nobody knows."""
    parameters, intermediates = some(chance, "0123456789;:<=>?" + WITHIN, 12), some(chance, " !\"#$%&'()*+,-./", 2)
    kinds = (
        f"\x1b[{parameters}{intermediates}{chance.choice(STRING[0x20:])}",
        f"\x1b[{intermediates}{parameters}{chance.choice(STRING[0x20:])}",
        f"\x1b[{parameters}{chance.choice(ENDS_SEQUENCE)}",
        f"\x1b{intermediates}{chance.choice('0123456789=>ABCDEFGHIJKLMNOQRSTUVWYZabcdefghijlmnopqrstuvwxyz{|}~')}",
        f"\x1b{chance.choice(']PX^_k')}{some(chance, STRING + '中é', 40)}{chance.choice((chr(7), chr(27) + chr(92)))}",
    )
    return chance.choice(kinds)


@pytest.mark.parametrize("seed", range(10))
def test_of_any_sequences_between_texts_only_the_texts_are_drawn(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    output, texts = "", ""
    for _ in range(1200):
        text = some(chance, "中é#", 5)
        texts += text
        output += text + sequence(chance)
    assert parsed(*pieces(output, chance)).text == texts


@pytest.mark.parametrize("seed", range(10))
def test_any_bytes_leave_a_screen_that_is_whole(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    columns, rows = chance.randint(2, 60), chance.randint(1, 20)
    screen = Screen(columns, rows)
    often = b"\x1b\x1b\x1b[[[;;?0123456789mHJKLMPXST@rhl\n\xe4\xb8\xad"
    for _ in range(400):
        screen.feed(bytes(chance.choice(often) if chance.random() < 0.7 else chance.randrange(256) for _ in range(99)))
        if chance.random() < 0.1:
            columns, rows = chance.randint(2, 60), chance.randint(1, 20)
            screen.resize(columns, rows)
        assert [sum(run.cells for run in screen.line(row)) for row in range(rows)] == [columns] * rows
        assert 0 <= screen.cursor.column < columns
        assert 0 <= screen.cursor.row < rows


def test_a_sequence_that_is_cut_is_whole_when_its_end_arrives() -> None:
    assert parsed("a\x1b", "[3", "1", "mb").sequences == ["[31m"]


def test_a_control_character_in_the_middle_of_a_sequence_acts_and_the_sequence_goes_on() -> None:
    drawn = parsed("a\x1b[3\n1mb")
    assert (drawn.text, drawn.controls, drawn.sequences) == ("ab", "\n", ["[31m"])


@pytest.mark.parametrize("end", ENDS_SEQUENCE)
def test_can_and_sub_end_a_sequence(end: str) -> None:
    drawn = parsed(f"a\x1b[3{end}1m")
    assert (drawn.text, drawn.sequences) == ("a1m", [])


def test_a_sequence_that_breaks_the_rules_is_skipped_to_its_end() -> None:
    assert parsed("a\x1b[ 3?1mb").text == "ab"


def test_a_new_escape_ends_the_sequence_before() -> None:
    drawn = parsed("a\x1b[3\x1b[1mb")
    assert (drawn.text, drawn.sequences) == ("ab", ["[1m"])
