"""What the learner's shell receives for a key."""

from __future__ import annotations

import pytest

from lab.terminal.keys import Mouse, encode, mouse, paste

ESC = "\x1b"


@pytest.mark.parametrize(
    ("key", "character", "sent"),
    [
        ("a", "a", "a"),
        ("A", "A", "A"),
        ("full_stop", ".", "."),
        ("plus", "+", "+"),
        ("space", " ", " "),
        ("中", "中", "中"),
        ("enter", "\r", "\r"),
        ("tab", "\t", "\t"),
        ("shift+tab", None, f"{ESC}[Z"),
        ("escape", ESC, ESC),
        ("backspace", "\x7f", "\x7f"),
        ("delete", None, f"{ESC}[3~"),
        ("ctrl+a", "\x01", "\x01"),
        ("ctrl+c", "\x03", "\x03"),
        ("ctrl+z", "\x1a", "\x1a"),
        ("ctrl+space", None, "\x00"),
        ("ctrl+backslash", "\x1c", "\x1c"),
        ("ctrl+right_square_bracket", "\x1d", "\x1d"),
        ("ctrl+underscore", "\x1f", "\x1f"),
        ("alt+b", None, f"{ESC}b"),
        ("alt+full_stop", None, f"{ESC}."),
        ("alt+enter", None, f"{ESC}\r"),
        ("alt+backspace", None, f"{ESC}\x7f"),
        ("up", None, f"{ESC}[A"),
        ("end", None, f"{ESC}[F"),
        ("ctrl+left", None, f"{ESC}[1;5D"),
        ("alt+right", None, f"{ESC}[1;3C"),
        ("shift+home", None, f"{ESC}[1;2H"),
        ("ctrl+shift+up", None, f"{ESC}[1;6A"),
        ("pageup", None, f"{ESC}[5~"),
        ("ctrl+pagedown", None, f"{ESC}[6;5~"),
        ("f1", None, f"{ESC}OP"),
        ("f4", None, f"{ESC}OS"),
        ("shift+f1", None, f"{ESC}[1;2P"),
        ("f5", None, f"{ESC}[15~"),
        ("f12", None, f"{ESC}[24~"),
        ("ctrl+f5", None, f"{ESC}[15;5~"),
    ],
)
def test_a_key_is_sent_as_xterm_sends_it(key: str, character: str | None, sent: str) -> None:
    assert encode(key, character) == sent


@pytest.mark.parametrize("key", ["f13", "alt+f19", "ctrl+1", "scroll_up"])
def test_a_key_that_terminals_do_not_know_sends_nothing(key: str) -> None:
    assert encode(key) == ""


def test_cursor_keys_change_in_application_mode() -> None:
    assert encode("up", application=True) == f"{ESC}OA"


def test_a_cursor_key_with_a_modifier_does_not_change_in_application_mode() -> None:
    assert encode("ctrl+up", application=True) == f"{ESC}[1;5A"


def test_the_lines_of_a_paste_are_typed() -> None:
    assert paste("one\ntwo\r\n", bracketed=False) == "one\rtwo\r"


def test_a_bracketed_paste_does_not_run_its_lines() -> None:
    assert paste("one\ntwo", bracketed=True) == f"{ESC}[200~one\rtwo{ESC}[201~"


def test_a_paste_cannot_end_its_own_bracket() -> None:
    assert paste(f"harmless{ESC}[201~\nrm -rf ~", bracketed=True) == f"{ESC}[200~harmless\rrm -rf ~{ESC}[201~"


def test_the_wheel_is_sent_with_the_cell_it_was_turned_over() -> None:
    assert mouse(Mouse.WHEEL_UP, 0, 4) == f"{ESC}[<64;1;5M"
    assert mouse(Mouse.WHEEL_DOWN, 9, 0) == f"{ESC}[<65;10;1M"


def test_a_button_is_pressed_dragged_and_released() -> None:
    assert mouse(Mouse.LEFT, 1, 2) == f"{ESC}[<0;2;3M"
    assert mouse(Mouse.LEFT + Mouse.DRAG, 3, 2) == f"{ESC}[<32;4;3M"
    assert mouse(Mouse.LEFT, 3, 2, released=True) == f"{ESC}[<0;4;3m"
