"""The menu's order."""

from __future__ import annotations

from lab.ui.menu import Entry, recent_first

ENTRIES = [Entry(title, "", lambda: None) for title in ("Check", "Hint", "Theme")]


def order(*recent: str) -> list[str]:
    return [entry.title for entry in recent_first(ENTRIES, recent)]


def test_what_was_chosen_lately_comes_first_the_newest_at_the_top() -> None:
    assert order("Theme", "Hint") == ["Theme", "Hint", "Check"]


def test_what_this_screen_does_not_offer_is_left_out() -> None:
    assert order("Remove lab") == ["Check", "Hint", "Theme"]
