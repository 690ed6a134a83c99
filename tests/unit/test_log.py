"""What nobody foresaw is in the log, and the user knows where."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from checkers.api import Check, Observer, Verdict
from lab import cli, log, paths
from lab.catalog.model import Criterion, Localized
from lab.grading.grade import finding_of
from lab.ui.trouble import Trouble
from tests.unit.support.observations import HandMade

SECRET = "hunter2-is-what-it-was"  # noqa: S105 - what must not be found


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_seen", set())


def fail(words: str = "of its own") -> Exception:
    """An exception that was raised, in a function that had a secret."""
    password = SECRET
    try:
        raise ValueError(words if password else "")
    except ValueError as error:
        return error


def written() -> str:
    return paths.log().read_text(encoding="utf-8")


def test_a_fault_is_written_with_its_traceback_and_the_sentence_names_the_file() -> None:
    assert str(log.fault("check pods.runs", fail())) == f"The details are in {paths.log()}."
    assert "check pods.runs" in written()
    assert "ValueError: of its own" in written()
    assert "test_log.py" in written()


def test_values_of_variables_are_not_written() -> None:
    log.fault("anything", fail())
    assert SECRET not in written()


def test_of_what_an_exception_says_only_the_first_line_is_written() -> None:
    """Behind it there may be all of an answer that was not understood."""
    log.fault("reading", ValueError(f"not understood:\n{SECRET}"))
    assert "ValueError: not understood:" in written()
    assert SECRET not in written()


def test_nobody_but_its_owner_may_read_it() -> None:
    before = os.umask(0)
    try:
        log.fault("anything", fail())
    finally:
        os.umask(before)
    assert paths.log().stat().st_mode & 0o777 == 0o600


def test_it_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "BYTES", 2000)
    for number in range(50):
        log.fault("anything", fail(f"number {number}"))
    assert "number 49" in written()
    files = sorted(file.name for file in paths.log().parent.glob("ckslab.log*"))
    assert files == ["ckslab.log", "ckslab.log.1"]
    assert all((paths.log().parent / name).stat().st_size <= 2000 for name in files)
    assert all((paths.log().parent / name).stat().st_mode & 0o777 == 0o600 for name in files)


def test_the_same_fault_again_and_again_does_not_push_others_out() -> None:
    error = fail()
    for _ in range(3):
        log.fault("the state of the lab", error)
    assert written().count("of its own") == 1


def test_a_log_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "log", lambda: tmp_path / "nowhere" / "ckslab.log")
    said = str(log.fault("anything", fail()))
    assert "could not be written" in said
    assert "No such file" in said


def test_the_place_is_the_deepest_line_in_the_folder_that_is_meant() -> None:
    with pytest.raises(OSError, match="nowhere") as caught:
        Path("/nowhere").read_text(encoding="utf-8")
    assert log.place(caught.value, "tests").startswith("tests/unit/test_log.py:")
    assert "pathlib" in log.place(caught.value)


# Who names it


def broken_check(lab: Observer) -> object:
    return {}["spec"]  # type: ignore[var-annotated]


def test_a_checks_own_fault_is_the_labs_and_told_with_file_and_line() -> None:
    criterion = Criterion("a", Localized("a", "a"), 1, Check("pods.runs", broken_check), {})  # type: ignore[arg-type]
    finding = finding_of(criterion, HandMade())
    line = broken_check.__code__.co_firstlineno + 1
    assert finding.verdict is Verdict.BROKEN
    assert f"KeyError: 'spec' at tests/unit/test_log.py:{line}" in finding.found.en
    assert f"tests/unit/test_log.py:{line}" in finding.found.zh
    assert str(paths.log()) in finding.found.en
    assert "check pods.runs" in written()


def test_a_command_that_fails_unforeseen_ends_with_a_sentence_and_the_name_of_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(_: object) -> int:
        raise fail()

    monkeypatch.setattr(cli, "_run", run)
    assert cli.main(["list"]) == 3
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "ValueError: of its own" in said
    assert str(paths.log()) in said
    assert "Traceback" in written()


def test_what_the_operating_system_refused_is_in_the_log_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "_run", run)
    assert cli.main(["list"]) == 3
    assert str(paths.log()) in capsys.readouterr().err
    assert "No space left" in written()


def test_the_app_names_the_log_where_it_tells_of_a_fault() -> None:
    trouble = Trouble.of(fail())
    assert "ValueError: of its own" in trouble.came_back
    assert str(paths.log()) in trouble.came_back
    assert "Traceback" in written()
