"""An answer that changes another one: `answers/NAME.patch`, applied to that answer's script.

    # Why somebody would do this. These lines take the place of the comment at the head of the script.
    --- solution
    @@
       securityContext:
    -    runAsUser: 1000
    +    runAsUser: 0

After `---` comes the answer that is changed. Each `@@` begins one change: lines with `-` go, lines with `+` come, and
lines with a space stay and show where. What a change goes by must be found exactly once in the script.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

MARKS = " -+"


class PatchError(LabError):
    """A patch cannot be applied: it is not written as one, or does not fit the script that it changes."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `before` are the lines that must be there once, `after` what stands in their place."""

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Patch:
    """What a patch file says.

    Attributes:
        comment: the lines that take the place of the script's comment; none: it stays.
        base: the answer that is changed.
    """

    comment: tuple[str, ...]
    base: str
    changes: tuple[Change, ...]


def script_text(folder: Path, name: str) -> str:
    """The script of an answer: `NAME.sh` as it is, or `NAME.patch` applied to the answer that it names.

    Raises:
        PatchError: a patch does not fit, or changes itself in a circle.
        FileNotFoundError: there is neither.
    """
    patches: list[tuple[Path, Patch]] = []
    while not (script := folder / f"{name}.sh").is_file():
        file = folder / f"{name}.patch"
        if not patches and not file.is_file():
            raise FileNotFoundError(2, "No such file", str(script))
        if not file.is_file() or any(known == file for known, _ in patches):
            raise PatchError("patch.base", file=patches[-1][0], name=name)
        patch = parse(file.read_text(encoding="utf-8"), file)
        patches.append((file, patch))
        name = patch.base
    text = script.read_text(encoding="utf-8")
    for file, patch in reversed(patches):
        text = apply(patch, text, file)
    return text


def parse(text: str, file: Path) -> Patch:
    """The text of a patch file.

    Raises:
        PatchError: it is not written as one.
    """
    comment: list[str] = []
    base = ""
    changes: list[Change] = []
    for number, line in enumerate(text.rstrip().splitlines(), start=1):
        if not base and line.startswith("#"):
            comment.append(line)
        elif not base and line.startswith("--- "):
            base = line.removeprefix("--- ").strip()
        elif base and line.startswith("@@"):
            changes.append(Change((), ()))
        elif changes and (line == "" or line[0] in MARKS):
            changes[-1] = _with(changes[-1], line or " ")
        else:
            raise PatchError("patch.syntax", line, file=file, line=number)
    if not base or not all(change.before for change in changes):
        raise PatchError("patch.syntax", file=file, line=1)
    return Patch(tuple(comment), base, tuple(changes))


def apply(patch: Patch, script: str, file: Path) -> str:
    """The script with the patch applied. The order of the changes makes no difference.

    Raises:
        PatchError: what a change goes by is not there exactly once, or is changed by another as well.
    """
    lines = script.splitlines()
    if patch.comment:
        begin, end = _comment(lines)
        lines[begin:end] = patch.comment
    found: dict[int, Change] = {}
    for change in patch.changes:
        places = _places(lines, change.before)
        if len(places) != 1:
            raise PatchError("patch.place", "\n".join(change.before), file=file, base=patch.base, times=len(places))
        found[places[0]] = change
    untouched = len(lines)
    for place, change in sorted(found.items(), reverse=True):
        end = place + len(change.before)
        if end > untouched or len(found) < len(patch.changes):
            raise PatchError("patch.overlap", "\n".join(change.before), file=file)
        lines[place:end] = change.after
        untouched = place
    return "\n".join(lines) + "\n"


def between(base: str, base_script: str, script: str) -> str:
    """The patch file that makes one script of another, with no more lines around each change than it needs."""
    old, new = base_script.splitlines(), script.splitlines()
    (begin, end), comment = _comment(old), new[slice(*_comment(new))]
    if comment == old[begin:end]:
        comment = []
    if comment:
        old[begin:end] = comment
    written = [*comment, f"--- {base}"]
    for begin, end, after in _changes(old, new):
        written += ["@@", *_hunk(old, begin, end, after)]
    return "\n".join(written) + "\n"


def _with(change: Change, line: str) -> Change:
    mark, text = line[0], line[1:]
    before = change.before if mark == "+" else (*change.before, text)
    after = change.after if mark == "-" else (*change.after, text)
    return Change(before, after)


def _places(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where these lines begin, each time that they are there in a row."""
    last = len(lines) - len(wanted)
    return [number for number in range(last + 1) if tuple(lines[number : number + len(wanted)]) == tuple(wanted)]


def _comment(lines: Sequence[str]) -> tuple[int, int]:
    """Where the comment at the head of a script begins and ends; the line that names the shell is none of it."""
    begin = 1 if lines and lines[0].startswith("#!") else 0
    end = begin
    while end < len(lines) and lines[end].startswith("#"):
        end += 1
    return begin, end


def _changes(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, Sequence[str]]]:
    """From line, to line, what stands there instead; what comes close together is one change."""
    found: list[tuple[int, int, Sequence[str]]] = []
    for tag, begin, end, new_begin, new_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        after = new[new_begin:new_end]
        begin, end, after = _anchored(old, begin, end, after)
        if found and begin < found[-1][1]:
            before_begin, before_end, before_after = found.pop()
            # The lines that both stand on are there once.
            shared = before_end - begin
            after = [*before_after, *after[shared:]]
            begin = before_begin
        found.append((begin, end, after))
    return found


def _anchored(old: Sequence[str], begin: int, end: int, after: Sequence[str]) -> tuple[int, int, Sequence[str]]:
    """The change with as many lines before it, then behind it, as make its place the only one."""
    while begin == end or len(_places(old, old[begin:end])) != 1:
        if begin > 0:
            begin -= 1
            after = [old[begin], *after]
        elif end < len(old):
            after = [*after, old[end]]
            end += 1
        else:
            break
    return begin, end, after


def _hunk(old: Sequence[str], begin: int, end: int, after: Sequence[str]) -> list[str]:
    marked: list[str] = []
    before = old[begin:end]
    for tag, first, last, new_first, new_last in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        if tag == "equal":
            marked += [f" {line}".rstrip() for line in before[first:last]]
        else:
            marked += [f"-{line}" for line in before[first:last]] + [f"+{line}" for line in after[new_first:new_last]]
    return marked
