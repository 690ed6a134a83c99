"""What a new exercise, a new check and a new answer begin with: files that are whole, and say what to write where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Template

import checkers
from checkers.kit.workload import CAUSES
from checkers.registry import checks
from lab import paths
from lab.catalog import patch
from lab.catalog.load import FileCatalog, load
from lab.catalog.model import SOLUTION, Answer, Exercise
from lab.catalog.source import Source
from lab.cluster.engine import Capability
from lab.errors import UsageError

_TEMPLATES = Path(__file__).parent / "templates"
_EXERCISE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CHECK = re.compile(r"([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)")
_TEXTS = ("task.en.md", "hints.en.md", "solution.en.md")


def new_exercise(name: str, domain: str, root: Path | None = None) -> list[Path]:
    """Make a draft that can be started, solved and graded as it is, and list it in its domain.

    Returns:
        The files that were written.

    Raises:
        UsageError: the name is none or taken (`author.name`, `author.taken`), the domain is none (`author.domain`).
    """
    root = root or paths.data("exercises")
    catalog = load(root, drafts=True)
    if not _EXERCISE.fullmatch(name):
        raise UsageError("author.name", name=name, example="host-namespaces")
    home = next((known for known in catalog.domains if known.id == domain), None)
    if home is None:
        raise UsageError("author.domain", name=domain, known=", ".join(known.id for known in catalog.domains))
    if any((folder / name).exists() for folder in root.iterdir()):
        raise UsageError("author.taken", name=name)
    words = {
        "id": name,
        "title": name.replace("-", " ").capitalize(),
        "objective": next(iter(home.objectives), "none"),
        "objectives": ", ".join(home.objectives) or "any",
        "capabilities": ", ".join(Capability),
    }
    folder = root / domain / name
    (folder / "answers").mkdir(parents=True)
    written = [_write(folder / "exercise.yaml", "exercise.yaml", words)]
    written += [_write(folder / text, text, words) for text in _TEXTS]
    written.append(_write(folder / "answers" / f"{SOLUTION}.sh", "solution.sh", words))
    listing = root / domain / "domain.yaml"
    listing.write_text(_with_item(listing, "exercises", f"  - {name}\n", root), encoding="utf-8")
    return [*written, listing]


def new_check(name: str, package: Path | None = None, tests: Path | None = None) -> list[Path]:
    """Make a check with a test that fails until both are written; in the file of its family, or in a new one.

    Raises:
        UsageError: the name is none or taken (`author.check_name`, `author.taken`); there are no tests here, since this
            is no checkout (`author.no_checkout`).
    """
    package = package or Path(checkers.__file__).parent
    tests = tests or package.parent / "tests" / "unit"
    parts = _CHECK.fullmatch(name)
    if parts is None:
        raise UsageError("author.check_name", name=name)
    if name in checks():
        raise UsageError("author.taken", name=name)
    if not tests.is_dir():
        raise UsageError("author.no_checkout", folder=tests)
    words = {"name": name, "family": parts[1], "function": parts[2]}
    code, test = package / f"{parts[1]}.py", tests / f"test_checks_{parts[1]}.py"
    return [
        _append(code, "function.py", words, head="check.py"),
        _append(test, "test_function.py", words, head="test.py"),
    ]


def new_answer(exercise: Exercise, name: str, *, like: str = "", mistake: bool = False) -> list[Path]:
    """Add an answer: a script, or a patch of the one that it is like.

    Raises:
        UsageError: the name is none or taken (`author.name`, `author.taken`); there is no answer that it is like
            (`exercise.no_answer`).
    """
    if not _EXERCISE.fullmatch(name):
        raise UsageError("author.name", name=name, example="one-container-only")
    if any(answer.name == name for answer in exercise.answers):
        raise UsageError("author.taken", name=name)
    file = exercise.folder / "exercise.yaml"
    listing = _with_item(file, "answers", _entry(exercise, name, mistake=mistake), exercise.folder.parents[1])
    if like:
        script = exercise.folder / "answers" / f"{name}.patch"
        script.write_text(_beginning(answer_of(exercise, like)), encoding="utf-8")
    else:
        script = _write(exercise.folder / "answers" / f"{name}.sh", "answer.sh", {})
    file.write_text(listing, encoding="utf-8")
    return [script, file]


def to_patch(exercise: Exercise, name: str, like: str) -> Path:
    """Make a patch of an answer's script; the script that comes of it stays the same to the byte.

    Raises:
        UsageError: there is no such answer (`exercise.no_answer`), it is no script or not shorter as a patch
            (`author.no_patch`).
    """
    answer, base = answer_of(exercise, name), answer_of(exercise, like)
    if not answer.script.is_file() or name == like:
        raise UsageError("author.no_patch", name=name, like=like)
    script = answer.script_text
    text = patch.between(like, base.script_text, script)
    file = answer.script.with_suffix(".patch")
    if len(text.splitlines()) >= len(script.splitlines()):
        raise UsageError("author.no_patch", name=name, like=like)
    if patch.apply(patch.parse(text, file), base.script_text, file) != script:
        raise UsageError("author.no_patch", name=name, like=like)
    file.write_text(text, encoding="utf-8")
    answer.script.unlink()
    return file


def answer_of(exercise: Exercise, name: str) -> Answer:
    """The answer of this name.

    Raises:
        UsageError: there is none (`exercise.no_answer`).
    """
    for answer in exercise.answers:
        if answer.name == name:
            return answer
    known = ", ".join(answer.name for answer in exercise.answers)
    raise UsageError("exercise.no_answer", exercise=exercise.id, name=name, known=known)


def used_by(check: str, catalog: FileCatalog) -> Iterator[str]:
    """The exercises that call a check."""
    for exercise in catalog.exercises:
        if any(criterion.check.name == check for criterion in exercise.criteria):
            yield exercise.id


def _entry(exercise: Exercise, name: str, *, mistake: bool) -> str:
    """An answer in `exercise.yaml`. A wrong one has to say at once which criterion fails, and by what cause."""
    if not mistake:
        return f"  - {{name: {name}, expect: pass}}\n"
    criterion = next(criterion for criterion in exercise.criteria if not criterion.is_gate)
    causes = sorted(criterion.check.causes, key=lambda cause: (cause in CAUSES, cause))  # the check's first
    return (
        f"  - name: {name}\n"
        f"    expect: {{{criterion.id}: fail}}\n"
        "    mistake:\n"
        f"      when: {{{criterion.id}: {causes[0]}}}  # {criterion.check.name} finds: {', '.join(causes)}\n"
        "      en: What this learner took for right, and what is so instead.\n"
    )


def _beginning(base: Answer) -> str:
    """A patch that changes nothing yet: one line of the script shows what to write."""
    lines = base.script_text.splitlines()
    line = next(line for line in lines if lines.count(line) == 1 and line and not line.startswith("#"))
    return f"# In one line: what this learner does, and why.\n--- {base.name}\n@@\n {line}\n"


def _with_item(file: Path, key: str, item: str, root: Path) -> str:
    """The file's text with an item more at the end of the list of this key, which is written in block style."""
    source = Source(file, root)
    lines = source.path.read_text(encoding="utf-8").splitlines(keepends=True)
    begin = source.line(key)
    if lines[begin - 1].split("#")[0].strip() == f"{key}: []":
        lines[begin - 1] = f"{key}:\n"
    end = begin
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith((" ", "-", "#"))):
        end += 1
    while not lines[end - 1].strip() or lines[end - 1].startswith("#"):
        end -= 1
    lines[end - 1] = lines[end - 1].rstrip("\n") + "\n"
    return "".join([*lines[:end], item, *lines[end:]])


def _write(file: Path, template: str, words: dict[str, str]) -> Path:
    file.write_text(_filled(template, words), encoding="utf-8")
    return file


def _append(file: Path, template: str, words: dict[str, str], head: str = "") -> Path:
    """Write behind what is there; where nothing is, with the head first."""
    there = file.read_text(encoding="utf-8").rstrip() + "\n\n\n" if file.exists() else ""
    if not there and head:
        there = _filled(head, words)
    file.write_text(there + _filled(template, words), encoding="utf-8")
    return file


def _filled(template: str, words: dict[str, str]) -> str:
    return Template((_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")).substitute(words)
