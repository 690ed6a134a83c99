"""The language of the app, changed while it runs."""

from __future__ import annotations

from lab import i18n
from lab.ui import choices


def switch() -> None:
    """From English to Chinese or back, now and for the next time. Whoever shows texts shows them anew."""
    other: i18n.Language = "en" if i18n.language() == "zh" else "zh"
    i18n.use(other)
    choices.keep("language", other)
