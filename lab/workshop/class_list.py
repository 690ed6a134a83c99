"""The list of a class as a CSV file, as schools and spreadsheets write it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.catalog.source import Problem
from lab.i18n import LANGUAGES, Language

_ENCODINGS = ("utf-8-sig", "gb18030")
"""What spreadsheets write, the second one in Chinese. What is no UTF-8 is nearly always that."""
_DELIMITERS = ",;\t"
_NAME, _ID, _LANGUAGE = "name", "id", "lang"


@dataclass(frozen=True, slots=True)
class Listed:
    """A learner as a list has them, and the line that says so."""

    file: str
    line: int
    name: str
    id: str = ""
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class List:
    """What a file holds, and what is wrong with it."""

    listed: tuple[Listed, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_list(path: Path, shown: str) -> List:
    """The learners of a CSV file: with a first line that names its columns (`name`, `id`, `lang`), or a name a line.

    Args:
        shown: how the file is called where something is said of it.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return List(problems=(Problem(shown, 1, "", "no_file"),))
    text = _decoded(content)
    if text is None:
        return List(problems=(Problem(shown, 1, "", "no_text"),))
    rows = list(_rows(text))
    if not rows:
        return List(problems=(Problem(shown, 1, "", "is_empty"),))
    columns = [cell.casefold() for cell in rows[0][1]]
    has_header = _NAME in columns
    listed: list[Listed] = []
    problems: list[Problem] = []
    for line, cells in rows[1:] if has_header else rows:
        named = dict(zip(columns, cells, strict=False)) if has_header else {_NAME: ", ".join(filter(None, cells))}
        name, language = named.get(_NAME, ""), named.get(_LANGUAGE, "").casefold()
        if not name:
            problems.append(Problem(shown, line, _NAME, "is_empty"))
        elif language and language not in LANGUAGES:
            params = (("got", language), ("allowed", ", ".join(LANGUAGES)))
            problems.append(Problem(shown, line, _LANGUAGE, "no_choice", params))
        else:
            chosen = next((each for each in LANGUAGES if each == language), None)
            listed.append(Listed(shown, line, name, named.get(_ID, ""), chosen))
    if not listed and not problems:
        problems.append(Problem(shown, 1, "", "is_empty"))
    return List(tuple(listed), tuple(problems))


def _decoded(content: bytes) -> str | None:
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _rows(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Each row that says something, and its line."""
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(), delimiter=max(_DELIMITERS, key=first.count))
    for row in reader:
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield reader.line_num, cells
