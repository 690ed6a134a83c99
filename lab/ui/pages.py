"""Names for pages of documentation: an address is long, cannot be read, and is cut where the line ends."""

from __future__ import annotations

import os
import re
import sys
from urllib.parse import urlsplit

from textual.app import App

_NAMES = {"apparmor": "AppArmor", "apparmor.d.5.en": "apparmor.d(5)", "constrainttemplates": "Constraint templates"}
"""What the last part of an address does not show as it is written."""


def page_name(link: str) -> str:
    """`Security context · kubernetes.io ↗`: the page and, behind a comma, its section, as far as the address tells."""
    address = urlsplit(link)
    parts = [part for part in address.path.split("/") if part]
    page = _words(re.sub(r"\.html?$", "", parts[-1])) if parts else ""
    section = f", {_words(address.fragment).lower()}" if address.fragment else ""
    return " · ".join(part for part in (page + section, address.netloc) if part) + " ↗"


def _words(slug: str) -> str:
    words = re.sub(r"[-_]+", " ", slug).strip()
    return _NAMES.get(slug, words[:1].upper() + words[1:])


def open_page(app: App[None], link: str) -> None:
    """Copy a link, and open it where there is a desktop; a terminal on another machine has no browser."""
    app.copy_to_clipboard(link)
    if sys.platform == "darwin" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ:
        app.open_url(link)
