"""What the learner chooses while the app runs, saved for the next time."""

from __future__ import annotations

from lab import i18n, log, settings
from lab.errors import UsageError


class Preferences:
    """A language and a theme.

    Args:
        saved: whether they are saved; the demo saves nothing.
    """

    def __init__(self, *, saved: bool) -> None:
        self._saved = saved

    def switch_language(self) -> i18n.Language:
        """From English to Chinese or back. Returns the language that is in use from now on."""
        other: i18n.Language = "en" if i18n.language() == "zh" else "zh"
        i18n.use(other)
        self.save("language", other)
        return other

    def save(self, name: str, value: str) -> None:
        """Save a choice. Where that fails, it still holds for now."""
        if not self._saved:
            return
        try:
            settings.keep(name, value)
        except (OSError, UsageError) as error:
            log.fault(f"saving {name} in the settings", error)
