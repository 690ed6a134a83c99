"""`ckslab exam`: what is there, and the plan of an exam."""

from __future__ import annotations

import json

import pytest

from lab import cli, i18n

pytestmark = pytest.mark.usefixtures("english")
Output = pytest.CaptureFixture[str]


def test_the_exams_are_listed_with_what_they_lack(capsys: Output) -> None:
    assert cli.main(["exam", "list"]) == 0
    told = capsys.readouterr().out
    assert "chapter   60 min ·  8 tasks · 67 % to pass  This chapter" in told
    assert "Cluster Setup: too few exercises" in told
    assert cli.main(["exam", "list", "--json"]) == 0
    assert [each["id"] for each in json.loads(capsys.readouterr().out)] == ["chapter", "cks", "drill"]


def test_a_plan_shows_each_task_with_its_weight_and_host(capsys: Output) -> None:
    assert cli.main(["exam", "plan", "drill", "--seed", "7", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert cli.main(["exam", "plan", "drill", "--seed", f"7@{plan['digest']}"]) == 0
    first, *tasks = capsys.readouterr().out.splitlines()
    facts = f"{plan['minutes']} min · {len(plan['tasks'])} tasks · 67 % to pass"
    assert first == f"Speed drill · {facts} · seed 7@{plan['digest']}"
    for task, line in zip(plan["tasks"], tasks, strict=False):
        assert f"{task['weight']:3} %  {task['host']}" in line
        assert line.endswith(f"({task['exercise']})")


def test_a_plan_says_in_each_language_what_is_missing(capsys: Output) -> None:
    assert cli.main(["--lang", "en", "exam", "plan", "cks"]) == 0
    assert "of 16 tasks, and so" in capsys.readouterr().out
    assert cli.main(["--lang", "zh", "exam", "plan", "cks"]) == 0
    assert "集群安装：练习太少" in capsys.readouterr().out


def test_without_a_seed_each_plan_is_another(capsys: Output) -> None:
    seeds = set()
    for _ in range(3):
        cli.main(["exam", "plan", "--json"])
        seeds.add(json.loads(capsys.readouterr().out)["seed"])
    assert len(seeds) > 1


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["plan", "drlil"], "drill"),
        (["plan", "--seed", "x"], "x is no seed"),
        (["plan", "--seed", "7@000000000000"], "other exercises"),
        (["plan", "--hosts", "9"], "9 labs"),
    ],
)
def test_what_cannot_be_is_refused_and_explained(argv: list[str], said: str, capsys: Output) -> None:
    assert cli.main(["exam", *argv]) == 2
    assert said in capsys.readouterr().err
    assert i18n.language() == "en"
