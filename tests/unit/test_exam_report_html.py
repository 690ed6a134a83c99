"""A report as one page of HTML: all in one file, nothing that runs, nothing that is not the report."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from lab import i18n, paths
from lab.catalog.model import Localized
from lab.exam.events import Kind
from lab.exam.report import Report, report_of
from lab.exam.report_html import to_html
from lab.practice.suggestion import Reason, Suggestion
from tests.unit.support.clocks import BEGAN
from tests.unit.support.reports import CATALOG, FAIL, UNSEEN, made, report, sat

pytestmark = pytest.mark.usefixtures("english")
VOID = {"meta", "br"}


class Page(HTMLParser):
    """What is in a page; it complains of what is left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def whole(**of_first: Any) -> Report:
    suggestions = [Suggestion(made("ex-2"), Reason.UNREACHED, BEGAN, 3)]
    return report(
        sat(safe=FAIL, mistake="careless", others=FAIL, **of_first), others=[sat().sitting(1)], suggestions=suggestions
    )


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_page_is_whole_in_each_language(monkeypatch: pytest.MonkeyPatch, language: i18n.Language) -> None:
    monkeypatch.setattr(i18n, "_chosen", language)
    page = Page(to_html(whole()))
    assert ("html", {"lang": {"en": "en", "zh": "zh-Hans"}[language]}) in page.tags
    for key in ("lost", "tasks", "earlier", "next", "loss.mistake.short", "loss.unreached.long"):
        assert i18n.text(f"report.{key}") in page.text


def test_it_needs_nothing_else_and_runs_nothing() -> None:
    html = to_html(whole())
    page = Page(html)
    assert {"script", "link", "img", "iframe", "a", "form"}.isdisjoint(tag for tag, _ in page.tags)
    assert not {name for _, attributes in page.tags for name in attributes} & {"src", "href", "onclick", "onload"}
    assert re.search(r"https?:|url\(|@import|@font-face", html) is None
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in html


def test_it_tells_nothing_of_the_computer_or_of_who_sat_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "jane-roe")
    html = to_html(whole())
    assert [
        word for word in ("jane-roe", str(paths.state()), str(paths.data("exercises")), "/home") if word in html
    ] == []


def test_what_is_put_into_it_is_escaped() -> None:
    title = Localized("<b>bold</b> & co", "<b>粗</b>")
    sitting = sat().then(0, Kind.CLOSED).sitting()
    html = to_html(report_of(sitting, CATALOG, title=title, now=BEGAN))
    assert "<b>bold</b> & co" not in html
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; co" in html


def test_the_bar_of_where_the_points_went_is_as_long_as_the_exam() -> None:
    html = to_html(whole(runs=UNSEEN))
    assert sum(map(float, re.findall(r'<i class="is-\w+" style="width:([\d.]+)%', html))) == pytest.approx(100, abs=0.1)


def test_a_report_in_which_nothing_could_be_judged_has_a_page() -> None:
    page = Page(to_html(report(sat(runs=UNSEEN, safe=UNSEEN, others=UNSEEN))))
    assert "Nothing could be judged. That is the lab's fault, not yours." in page.text


def test_code_in_sentences_is_set_as_code() -> None:
    assert "<code>ckslab exam start short</code>" in to_html(whole())


def test_printed_its_parts_begin_on_a_new_page() -> None:
    html = to_html(whole())
    assert "@media print" in html
    assert html.count('<section class="part">') == 2
