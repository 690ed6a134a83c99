"""What an error advises on the command line is named by its key in the app."""

from __future__ import annotations

import pytest

from lab.ui.screens.trouble import keys_for

pytestmark = pytest.mark.usefixtures("english")


def test_each_command_that_the_app_has_is_named_by_its_key() -> None:
    assert keys_for("Run `ckslab up` again; `ckslab doctor` says what is wrong.") == "Lab up · u, Examine · x"


def test_other_advice_is_left_alone() -> None:
    assert keys_for("Run `ckslab setup`.") == ""
