"""The language of the app, changed while it runs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from lab import i18n, settings


def switch() -> None:
    """From English to Chinese or back, now and for the next time. Whoever shows texts shows them anew."""
    other: i18n.Language = "en" if i18n.language() == "zh" else "zh"
    i18n.use(other)
    with suppress(OSError):  # where it cannot be kept, it still holds for now
        settings.save(replace(settings.load(), language=other))
