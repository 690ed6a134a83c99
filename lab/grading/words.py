"""The lab's words in a finding: in each language, since a grade may be read in another one later."""

from __future__ import annotations

from checkers.api import Text
from lab import i18n
from lab.errors import LabError


def both(key: str, **params: object) -> Text:
    """The text with this key in each language."""
    return Text(i18n.text_in("en", key, **params), i18n.text_in("zh", key, **params))


def error_text(key: str, **params: object) -> Text:
    """The text of an error, for use in a finding."""
    return of_error(LabError(key, "", **params))


def of_error(error: LabError) -> Text:
    """What was tried, what came back, what to do next."""
    tried = both(f"errors.{error.key}.tried", **error.params)
    next_step = both(f"errors.{error.key}.next", **error.params)
    came_back = [error.came_back] if error.came_back else []
    return Text(" ".join([tried.en, *came_back, next_step.en]), " ".join([tried.zh, *came_back, next_step.zh]))
