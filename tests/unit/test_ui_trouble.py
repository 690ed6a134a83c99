"""What an error advises on the command line is named by its key in the app."""

from __future__ import annotations

import pytest

from lab import i18n
from lab.ui.screens.trouble import keys_for


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "_chosen", "en")


def test_each_command_that_the_app_has_is_named_by_its_key() -> None:
    assert keys_for("Run `ckslab up` again; `ckslab doctor` says what is wrong.") == "Lab up · u, Examine · x"


def test_other_advice_is_left_alone() -> None:
    assert keys_for("Run `ckslab setup`.") == ""
