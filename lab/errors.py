"""The one kind of error that a user sees: what was tried, what came back, what to do next."""

from __future__ import annotations

from lab import i18n


class LabError(Exception):
    """A failure told in the learner's language.

    The texts are `errors.KEY.tried` and `errors.KEY.next` of the locale files; `params` fill their braces.

    Args:
        key: names the failure, such as `runtime.missing`.
        came_back: the words of whatever refused, untranslated; empty where there are none.
    """

    exit_code = 3
    """What the command line ends with: 3, the lab is at fault or could not look."""

    def __init__(self, key: str, came_back: str = "", **params: object) -> None:
        self.key = key
        self.came_back = came_back.strip()
        self.params = params
        super().__init__(key)

    @property
    def tried(self) -> str:
        """What did not work, in one sentence."""
        return i18n.text(f"errors.{self.key}.tried", **self.params)

    @property
    def next_step(self) -> str:
        """What to do now, with the command to run."""
        return i18n.text(f"errors.{self.key}.next", **self.params)

    def __str__(self) -> str:
        return "\n".join(part for part in (self.tried, self.came_back, self.next_step) if part)


class UsageError(LabError):
    """The user asked for something that is not there, or in a way that is not understood."""

    exit_code = 2
