"""What is on the learner's screen after a program has written."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from lab.terminal.screen import Cursor, Screen

ESC = "\x1b"


def text(screen: Screen, row: int) -> str:
    return "".join(run.text for run in screen.line(row)).rstrip()


def written(output: str, columns: int = 20, rows: int = 3) -> Screen:
    screen = Screen(columns, rows)
    screen.feed(output.encode())
    return screen


def colours(screen: Screen, row: int) -> Iterable[tuple[str, str]]:
    return [(run.text, run.style.foreground) for run in screen.line(row) if run.text.strip()]


def test_text_stands_where_it_was_written() -> None:
    screen = written("one\r\ntwo")
    assert [text(screen, row) for row in range(3)] == ["one", "two", ""]


def test_a_line_is_parted_where_its_look_changes() -> None:
    screen = written(f"{ESC}[31mred{ESC}[32mgreen{ESC}[38;2;1;2;3mtrue")
    assert colours(screen, 0) == [("red", "red"), ("green", "green"), ("true", "#010203")]


def test_attributes_are_kept() -> None:
    [run, *_] = written(f"{ESC}[1;3;4;7;9mx").line(0)
    assert (run.style.bold, run.style.italic, run.style.underline, run.style.reverse, run.style.strike) == (True,) * 5


def test_a_wide_character_moves_the_cursor_by_two_cells() -> None:
    screen = written("中a")
    assert (text(screen, 0), screen.cursor.column) == ("中a", 3)


def test_a_character_that_arrives_in_two_pieces_is_whole() -> None:
    screen = Screen(20, 3)
    first, second = "中".encode()[:1], "中".encode()[1:]
    screen.feed(first)
    screen.feed(second)
    assert text(screen, 0) == "中"


@pytest.mark.parametrize(
    ("output", "row"),
    [
        (f"abcdefghij{ESC}[9G{ESC}[2@", "abcdefgh"),
        (f"abcdefghij{ESC}[7G{ESC}[3@", "abcdef   g"),
    ],
)
def test_nothing_of_what_was_pushed_out_is_left(output: str, row: str) -> None:
    assert text(written(output, columns=10), 0) == row


@pytest.mark.parametrize(("output", "row"), [("ab日{}[4G{}[K", "ab日"), ("ab日c{}[3G{}[X", "ab  c")])
def test_a_wide_character_goes_only_with_its_first_half(output: str, row: str) -> None:
    """tmux 3.3a keeps it in its pane, and would draw it again (seed 39 of the truth test)."""
    assert text(written(output.format(ESC, ESC), columns=10), 0) == row


def test_what_wraps_in_insert_mode_pushes_the_next_row() -> None:
    """tmux 3.3a overwrites a cell of it in its pane, which made seed 193 of the truth test differ."""
    assert text(written(f"{ESC}[2;1H12{ESC}[1;9H{ESC}[4habc", columns=10), 1) == "c12"


def test_only_the_rows_that_changed_are_told() -> None:
    screen = written("one\r\ntwo\r\n", rows=5)
    assert screen.feed(b"three") == frozenset({2})


def test_the_row_that_the_cursor_left_is_told_too() -> None:
    screen = written("one", rows=5)
    assert screen.feed(f"{ESC}[4;1H".encode()) == frozenset({0, 3})


@pytest.mark.parametrize("move", ["", f"{ESC}[D"])
def test_a_cursor_on_a_wide_character_covers_all_of_it(move: str) -> None:
    screen = written(f"{'中' * 10}{move}")
    assert screen.cursor == Cursor(18, 0, visible=True, width=2)


def test_a_hidden_cursor_is_known() -> None:
    assert written(f"ab{ESC}[?25l").cursor == Cursor(2, 0, visible=False)


def test_the_cursor_never_stands_outside() -> None:
    assert written("x" * 20).cursor.column == 19


def test_what_the_program_asks_of_keyboard_and_mouse_is_known() -> None:
    screen = written(f"{ESC}[?1h{ESC}[?2004h{ESC}[?1000h")
    assert (screen.modes.application_cursor, screen.modes.bracketed_paste, screen.modes.mouse) == (True, True, True)
    screen.feed(f"{ESC}[?1l{ESC}[?2004l{ESC}[?1000l".encode())
    assert (screen.modes.application_cursor, screen.modes.bracketed_paste, screen.modes.mouse) == (False, False, False)


def test_text_survives_a_change_of_size() -> None:
    screen = written("one\r\ntwo")
    screen.resize(10, 5)
    assert [text(screen, row) for row in range(5)] == ["one", "two", "", "", ""]


@pytest.mark.parametrize("nonsense", ["[?5;5X", "[3;3;3r", "[1;2;3H", "[?6n"])
def test_after_a_sequence_that_nobody_knows_the_screen_goes_on(nonsense: str) -> None:
    screen = written(f"{ESC}{nonsense}")
    screen.feed(f"{ESC}cone".encode())
    assert text(screen, 0) == "one"
