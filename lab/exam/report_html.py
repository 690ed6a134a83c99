"""A report as one page of HTML that needs nothing else: no style sheet, no script, no network."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from lab import i18n
from lab.exam import report_text
from lab.exam.report import Report
from lab.text import GLYPHS

_TEMPLATE = Path(__file__).with_name("report.html")
_LANGUAGES = {"en": "en", "zh": "zh-Hans"}


def to_html(report: Report) -> str:
    """The page, in the language in use. Everything that is put into it is escaped."""
    pages = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = pages.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    said_alike = (
        "date",
        "loss_word",
        "minutes",
        "number",
        "of",
        "percent",
        "positions",
        "reason",
        "remarks",
        "times",
        "tone",
    )
    return template.render(
        {name: getattr(report_text, name) for name in said_alike},
        again=report_text.again(report),
        glyphs=GLYPHS,
        heading=report_text.heading(report),
        language=_LANGUAGES[i18n.language()],
        report=report,
        sentences=list(report_text.sentences(report)),
        shown=report_text.SHOWN,
        sitting=report_text.which(report),
        t=i18n.text,
        verdict=report_text.verdict(report),
        width=lambda points: f"{float(points):.2f}",
    )
