"""The two locale files say the same things, and everything that the code wants said."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import i18n, paths
from lab.i18n import LANGUAGES

LAB = Path(i18n.__file__).parent
CALL = re.compile(r"""\b(i18n\.text|LabError|UsageError)\(\s*["']([^"']+)["']""")
"""A text is wanted, whose key is a plain string."""
TEXTS = {language: i18n._texts(language) for language in LANGUAGES}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def wanted() -> Iterator[tuple[str, str]]:
    """Each key that the code names: where, and the key."""
    for file in sorted(LAB.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        for call in CALL.finditer(text):
            where = f"{file.relative_to(LAB)}:{text.count(chr(10), 0, call.start()) + 1}"
            name, key = call.groups()
            if name == "i18n.text":
                yield where, key
            else:
                yield where, f"errors.{key}.tried"
                yield where, f"errors.{key}.next"


def test_both_languages_have_the_same_keys() -> None:
    assert TEXTS["en"].keys() == TEXTS["zh"].keys()


def test_both_languages_fill_in_the_same_things() -> None:
    en, zh = ({key: placeholders(text) for key, text in TEXTS[language].items()} for language in ("en", "zh"))
    assert {key: (en[key], zh[key]) for key in en if en[key] != zh[key]} == {}


def test_every_text_that_the_code_names_exists() -> None:
    assert [f"{where}: {key}" for where, key in wanted() if key not in TEXTS["en"]] == []


def test_the_scan_sees_the_code() -> None:
    assert {"errors.usage.command.next", "progress.minutes"} <= {key for _, key in wanted()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_a_word_that_yaml_reads_as_a_boolean(language: i18n.Language) -> None:
    lines = paths.locale(language).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.match(r"\s*(yes|no|on|off|true|false):", line, re.IGNORECASE)] == []


@pytest.mark.parametrize(("variable", "value", "spoken"), [("LANG", "zh_CN.UTF-8", "zh"), ("LC_ALL", "de_DE", "en")])
def test_the_environment_decides_where_nothing_was_chosen(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, spoken: str
) -> None:
    monkeypatch.setattr(i18n, "_chosen", None)
    for name in ("CKSLAB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    assert i18n.language() == spoken
