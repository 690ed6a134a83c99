"""The program's own words, in the language of its user. Exercises carry their own texts (`lab.catalog`)."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Literal, Protocol, get_args

from lab import paths
from lab.cached import cached

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_chosen: Language | None = None
_given: dict[str, object] = {}


class Bilingual(Protocol):
    """The same words in each language: a finding's `Text`, an exercise's `Localized`."""

    @property
    def en(self) -> str:
        """In English."""

    @property
    def zh(self) -> str:
        """In Chinese."""


def use(language: Language) -> None:
    """Speak this language from now on."""
    global _chosen
    _chosen = language


def language() -> Language:
    """The language in use: the one chosen, else `CKSLAB_LANG`, else the locale of the environment."""
    if _chosen is not None:
        return _chosen
    for variable in ("CKSLAB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def give(**params: object) -> None:
    """Parameters that every text may name from now on."""
    _given.update(params)


def text(key: str, **params: object) -> str:
    """The text with this dotted key; `{name}` in it is replaced by the parameter of that name."""
    return text_in(language(), key, **params)


def text_in(language: Language, key: str, **params: object) -> str:
    """The text with this key in one language, for what is kept and may be read in another later."""
    return _texts(language)[key].format(**_given, **params)


def pick(words: Bilingual) -> str:
    """Those of the words that are in the language in use: of a finding, or of an exercise."""
    return words.zh if language() == "zh" else words.en


@cache
def _texts(language: Language) -> dict[str, str]:
    file = paths.locale(language)

    def read() -> dict[str, str]:
        import yaml  # with its parsing the dearest part of a quick verb

        return dict(_flat(yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)))

    texts: dict[str, str] = cached([str(file)], f"texts-{language}", read)
    return texts


def _flat(tree: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in tree.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{name}.")
        else:
            pairs.append((f"{prefix}{name}", str(value)))
    return pairs
