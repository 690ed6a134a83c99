"""The code speaks the glossary: words that it says not to use are in no Python file of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("lab", "checkers", "node", "bench", "docs")
BANNED = {
    "a loop variable has the thing's name, not `own`": re.compile(r"\bfor own\b|\bfor \w+, own\b"),
    "docker, podman and nerdctl are runtimes": re.compile(r"container engine", re.IGNORECASE),
    "the observer of a check is called cluster": re.compile(r"\blab: Observer\b"),
}


@pytest.mark.parametrize("rule", BANNED)
def test_a_word_that_the_glossary_bans_is_in_no_file(rule: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for folder in FOLDERS
        for file in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if BANNED[rule].search(line)
    ]
    assert found == []


@pytest.mark.parametrize("page", ["map.md", "an-exercise.md", "a-check.md"])
def test_the_pages_name_files_and_commands_that_there_are(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:lab|checkers|tests|node|bench|exercises)/[\w./-]+)`", text)
    assert named, page
    assert [name for name in named if not (ROOT / name).exists() and not re.search(r"[A-Z]{2}", name)] == []
