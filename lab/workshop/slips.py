"""Slips: what each learner gets on a piece of paper. As text, and as a page to be printed and cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import segno
from jinja2 import Environment, StrictUndefined

from lab import i18n
from lab.workshop.authority import Authority
from lab.workshop.class_file import Class, Learner
from lab.workshop.tokens import readable

_TEMPLATE = Path(__file__).with_name("slips.html")
_LANGUAGES = {"en": "en", "zh": "zh-Hans"}
_FINGERPRINT_PARTS = 4
"""In so many lines a certificate's fingerprint is short enough to be compared."""


@dataclass(frozen=True, slots=True)
class Slip:
    """The address of the hub, a learner's seat, and the token that lets them in."""

    class_: Class
    learner: Learner
    token: str

    @property
    def link(self) -> str:
        """For the browser."""
        return f"{self.class_.origin}/s/{self.token}"

    @property
    def command(self) -> str:
        """For a terminal."""
        return f"ssh -p {self.class_.ssh_port} {self.learner.seat}@{self.class_.address}"

    @property
    def readable_token(self) -> str:
        """For who types it."""
        return readable(self.token)

    @property
    def code(self) -> str:
        """The link as a QR code, a picture that is part of the page."""
        return segno.make(self.link, error="m").svg_inline(scale=3, border=2, dark="#000", light="#fff")


def to_text(slips: Sequence[Slip], authority: Authority) -> str:
    """The slips, each a paragraph, in the language of its learner."""
    return "\n\n".join(
        i18n.text_in(
            slip.learner.language,
            "workshop.slip.text",
            title=slip.class_.title,
            name=slip.learner.name,
            seat=slip.learner.seat,
            link=slip.link,
            command=slip.command,
            token=slip.readable_token,
            fingerprint=authority.fingerprint,
            ssh_fingerprint=authority.ssh_fingerprint,
        ).rstrip()
        for slip in slips
    )


def to_html(slips: Sequence[Slip], authority: Authority) -> str:
    """The page. Everything that is put into it is escaped but the codes, which are made here."""
    pages = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = pages.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    pairs = authority.fingerprint.split(":")
    a_line = len(pairs) // _FINGERPRINT_PARTS
    lines = [":".join(pairs[start : start + a_line]) for start in range(0, len(pairs), a_line)]
    return template.render(
        slips=slips,
        fingerprint=lines,
        ssh_fingerprint=authority.ssh_fingerprint,
        language=_LANGUAGES[i18n.language()],
        t=i18n.text_in,
        title=slips[0].class_.title if slips else "",
    )
