"""Proofs as a terminal and a program read them."""

from __future__ import annotations

from typing import Any

import pytest

from checkers.api import Verdict
from lab import i18n
from lab.authoring.proof_report import exit_code, in_words, kept, reason, summary, table, to_json
from lab.authoring.prove import Case, Proof, Why
from lab.authoring.workbench import Impossible
from tests.unit.support.exercises import answer, criterion, exercise

pytestmark = pytest.mark.usefixtures("english")

SUBJECT = exercise([criterion("runs"), criterion("refused")])
PASS, FAIL = Verdict.PASS, Verdict.FAIL


def proof(name: str, **facts: Any) -> Proof:
    return Proof(
        Case(SUBJECT, answer(name, {"runs": PASS, "refused": PASS})), **{"why": Why.NEW, "lab": "cks", **facts}
    )


BOTH = {"runs": PASS, "refused": PASS}
HOLDS = proof("solution", verdicts=BOTH, seconds={"grade": 0.5, "all": 9.25})
FAILS = proof("forgotten", verdicts=BOTH, seconds={"grade": 0.4, "all": 8.0}, problems=("refused: as it was",))
STUCK = proof("other", problems=("no such lab\nmake it",), is_labs=True)
BEFORE = proof("earlier", verdicts={"runs": FAIL, "refused": PASS}, seconds={"grade": 0.3, "all": 7.0}, why=None)


def test_the_table_has_a_line_for_each_answer_and_below_it_what_is_otherwise() -> None:
    lines = table([HOLDS, FAILS, STUCK, BEFORE]).splitlines()
    assert lines[0] == "one: 2 of 4 as predicted"
    assert [line.split() for line in lines[1:3]] == [["1", "runs"], ["2", "refused"]]
    assert [line.split() for line in lines[3:]] == [
        ["1", "2", "grade", "all"],
        ["✓", "solution", "✓", "✓", "0.5", "s", "9.2", "s"],
        ["✗", "forgotten", "✓", "✓", "0.4", "s", "8.0", "s"],
        ["refused:", "as", "it", "was"],
        ["✗", "other", "-", "-", "-", "-"],
        ["no", "such", "lab"],
        ["make", "it"],
        ["✓", "earlier", "✗", "✓", "0.3", "s", "as", "before"],
    ]


def test_columns_stand_below_each_other_in_each_language() -> None:
    for language in i18n.LANGUAGES:
        i18n.use(language)
        rows = table([HOLDS, BEFORE]).splitlines()[-2:]
        assert len({row.index("0.") for row in rows}) == 1


def test_the_sum_counts_only_time_that_was_spent_now() -> None:
    assert summary([HOLDS, BEFORE]) == "2 of 2 answers as predicted: 1 run in 9 s, 1 replayed"
    assert summary([HOLDS]) == "1 of 1 answers as predicted, in 9 s"


def test_an_impossible_exercise_has_its_reason() -> None:
    assert "because no gVisor here" in reason(Impossible(SUBJECT, "no gVisor here"))


def test_json_holds_it_all() -> None:
    told = to_json([HOLDS, FAILS], [Impossible(SUBJECT, "no gVisor here")])
    assert told["holds"] is False
    assert told["proofs"][0] == {
        "exercise": "one",
        "answer": "solution",
        "holds": True,
        "remembered": False,
        "seconds": {"grade": 0.5, "all": 9.25},
        "verdicts": {"runs": "pass", "refused": "pass"},
        "problems": [],
        "why": "new",
        "lab": "cks",
    }
    assert told["impossible"] == [{"exercise": "one", "reason": "no gVisor here"}]


@pytest.mark.parametrize(("proofs", "code"), [([HOLDS, BEFORE], 0), ([HOLDS, FAILS], 1), ([FAILS, STUCK], 3), ([], 0)])
def test_exit_codes(proofs: list[Proof], code: int) -> None:
    assert exit_code(proofs) == code


def test_who_wanted_what_failed_hears_that_nothing_did() -> None:
    assert in_words([], failed=True) == "No answer failed the last time."
    assert in_words([], failed=False) == "0 of 0 answers as predicted, in 0 s"


def test_a_lab_that_is_kept_comes_with_the_commands_to_look_at_it() -> None:
    hint = kept([HOLDS, FAILS], "cks")
    assert "`ckslab --name cks grade one`" in hint
    assert "down" not in hint
    assert "`ckslab --name cks down`" in kept([FAILS], "another")
    assert kept([HOLDS, BEFORE], "cks") == ""
