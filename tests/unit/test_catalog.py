"""The catalog as authors meet it: each mistake named with file, line and field, and no exercise lost for another's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checkers.api import Verdict
from lab import i18n
from lab.catalog.load import load
from lab.catalog.model import MachineFile
from lab.catalog.source import CatalogError, Problem, Source
from lab.cluster.engine import Capability
from lab.errors import UsageError
from tests.unit.support.exercises import TITLE, content, write_domain, write_exercise

pytestmark = pytest.mark.usefixtures("english")

Change = Callable[[dict[str, Any]], object]
FILE = {"machine": "base", "path": "/etc/a.conf", "from": "setup/no.conf"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "exercises"


def problems_after(root: Path, change: Change) -> list[Problem]:
    """What is wrong with an exercise that was whole before this change."""
    values = content()
    change(values)
    write_exercise(write_domain(root, str(values["id"])), values)
    return list(load(root).problems)


def only_problem_after(root: Path, change: Change) -> str:
    problems = problems_after(root, change)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return str(problems[0])


def line_of(root: Path, text: str) -> int:
    lines = (root / "first" / "one" / "exercise.yaml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


# What a whole exercise becomes


def test_a_whole_exercise_has_no_problems(root: Path) -> None:
    assert problems_after(root, lambda values: None) == []


def test_points_are_summed_and_a_criterion_without_points_is_a_gate(root: Path) -> None:
    problems_after(root, lambda values: None)
    exercise = load(root).exercises[0]
    assert exercise.points == 2
    assert [criterion.is_gate for criterion in exercise.criteria] == [False, True]


def test_a_check_gets_its_parameters_with_the_defaults(root: Path) -> None:
    problems_after(root, lambda values: None)
    parameters = load(root).exercises[0].criteria[0].parameters
    assert parameters == {
        "workload": "web",
        "kind": "Pod",
        "namespace": "default",
        "user": 1000,
        "group": 3000,
        "containers": (),
    }


def test_a_criterion_that_an_answer_does_not_name_passes(root: Path) -> None:
    problems_after(root, lambda values: None)
    wrong = load(root).exercises[0].answers[1]
    assert wrong.verdicts == {"identity": Verdict.FAIL, "intact": Verdict.PASS}
    assert not wrong.is_right


def test_hints_are_parted_and_texts_follow_the_language(root: Path) -> None:
    problems_after(root, lambda values: None)
    exercise = load(root).exercises[0]
    assert exercise.hints == ("First.", "Second.")
    i18n.use("zh")
    assert str(exercise.title) == "标题"


def test_what_an_exercise_requires_is_a_capability(root: Path) -> None:
    problems_after(root, lambda values: values.update(requires=["gvisor"]))
    assert load(root).exercises[0].requires == (Capability.GVISOR,)


def test_an_exercise_that_is_undone_by_the_baseline_requires_it(root: Path) -> None:
    problems_after(root, lambda values: values.update(scenario={"reset": "baseline"}, touches=["api-server"]))
    assert load(root).exercises[0].requires == (Capability.BASELINE,)


def test_an_exercise_that_removes_whatever_is_new_of_a_kind_requires_a_lab_of_its_own(root: Path) -> None:
    problems_after(root, lambda values: values.update(scenario={"remove": [{"kind": "RuntimeClass"}]}))
    assert load(root).exercises[0].requires == (Capability.BASELINE,)


def test_what_an_exercise_touches_is_declared_and_derived(root: Path) -> None:
    problems_after(root, lambda values: values.update(scenario={"namespaces": ["shop"]}, touches=["kernel"]))
    assert load(root).exercises[0].touches == {"namespace:shop", "kernel"}


def test_exercises_come_in_the_domains_order(root: Path) -> None:
    folder = write_domain(root, "two", "one")
    for name in ("one", "two"):
        write_exercise(folder, content() | {"id": name})
    assert [exercise.id for exercise in load(root).exercises] == ["two", "one"]


def test_a_domain_has_the_exams_weight_and_names_its_objectives(root: Path) -> None:
    folder = write_domain(root, "one", weight=20, objectives={"security-contexts": {"en": "contexts", "zh": "上下文"}})
    write_exercise(folder, content())
    catalog = load(root)
    assert catalog.domains[0].weight == 20
    assert catalog.objective(catalog.exercises[0]) == "contexts"


def test_where_a_domain_names_no_objectives_the_id_is_the_name(root: Path) -> None:
    problems_after(root, lambda values: None)
    catalog = load(root)
    assert catalog.objective(catalog.exercises[0]) == "security-contexts"


def test_domains_without_exercises_come_last(root: Path) -> None:
    write_domain(root, domain="a-domain")
    write_exercise(write_domain(root, "one", domain="b-domain"), content())
    assert [domain.id for domain in load(root).domains] == ["b-domain", "a-domain"]


def test_the_domains_of_the_exam_weigh_100_percent() -> None:
    assert sum(domain.weight for domain in load().domains) == 100
    assert len(load().domains) == 6


# What an author gets to read


def test_an_objective_that_the_domain_does_not_name_is_a_mistake(root: Path) -> None:
    folder = write_domain(root, "one", objectives={"secrets": {"en": "Secrets", "zh": "Secret"}})
    write_exercise(folder, content())
    assert [str(problem) for problem in load(root).problems] == [
        f"{root.name}/first/one/exercise.yaml:6: objective: must be one of secrets, not 'security-contexts'"
    ]


def test_a_problem_names_file_line_and_field(root: Path) -> None:
    said = only_problem_after(root, lambda values: values["criteria"][0]["with"].update(user="root"))
    line = line_of(root, "user: root")
    assert said == (
        f"exercises/first/one/exercise.yaml:{line}: criteria[0].with.user: must be a whole number, but 'root' is a text"
    )


def test_a_problem_speaks_the_language_in_use(root: Path) -> None:
    problem = problems_after(root, lambda values: values.pop("source"))[0]
    i18n.use("zh")
    assert str(problem).endswith("source: 缺失")


def test_a_missing_key_is_told_at_the_mapping_that_lacks_it(root: Path) -> None:
    said = only_problem_after(root, lambda values: values["criteria"][1].pop("title"))
    assert said.startswith(f"exercises/first/one/exercise.yaml:{line_of(root, 'id: intact')}: criteria[1].title:")


def test_all_problems_of_a_file_are_told_in_order(root: Path) -> None:
    def spoil(values: dict[str, Any]) -> None:
        values["minutes"] = "five"
        values["criteria"][1]["check"] = "no.such"
        values["answers"][1].pop("mistake")

    assert [problem.field for problem in problems_after(root, spoil)] == [
        "minutes",
        "criteria[1].check",
        "answers[1].mistake",
    ]


@pytest.mark.parametrize(
    ("change", "field", "word"),
    [
        (lambda v: v.update(colour="red"), "colour", "is no key here"),
        (lambda v: v.update(level="lunatic"), "level", "easy, medium, hard"),
        (lambda v: v.update(requires=["magic"]), "requires[0]", "gvisor"),
        (lambda v: v.update(minutes=True), "minutes", "true or false"),
        (lambda v: v.update(minutes=0), "minutes", "at least 1"),
        (lambda v: v.update(source=""), "source", "is empty"),
        (lambda v: v["title"].pop("zh"), "title.zh", "is missing"),
        (lambda v: v["criteria"][0].update(id="Identity!"), "criteria[0].id", "is no name"),
        (lambda v: v["criteria"][0].update(points=-1), "criteria[0].points", "at least 0"),
        (lambda v: v["criteria"][0].update(check="no.such"), "criteria[0].check", "security_context.identity"),
        (lambda v: v["criteria"][0]["with"].pop("user"), "criteria[0].with.user", "is missing"),
        (lambda v: v["criteria"][0]["with"].update(uid=1), "criteria[0].with.uid", "is no key here"),
        (lambda v: v["criteria"][0]["with"].update(group=True), "criteria[0].with.group", "whole number"),
        (lambda v: v["criteria"][0].pop("with"), "criteria[0].with.workload", "is missing"),
        (lambda v: v["criteria"][0].pop("points"), "criteria", "no criterion earns points"),
        (lambda v: v["answers"][0].update(expect="fail"), "answers[0].expect", "must be one of pass"),
        (lambda v: v["answers"][0].update(expect={"intact": "fail"}), "answers[0].expect", "reference solution"),
        (lambda v: v["answers"][1].update(expect={"identity": "wrong"}), "answers[1].expect.identity", "one of pass"),
        (lambda v: v["answers"][1].update(expect={"identity": "pass"}), "answers[1].expect", "write `pass`"),
        (lambda v: v["answers"][1].update(expect="pass"), "answers[1].mistake", "no mistake to tell"),
        (lambda v: v["answers"][1].pop("mistake"), "answers[1].mistake", "is missing"),
        (lambda v: v["answers"][1]["mistake"].pop("en"), "answers[1].mistake.en", "is missing"),
        (lambda v: v["answers"][1]["mistake"].pop("when"), "answers[1].mistake.when", "is missing"),
        (lambda v: v["answers"][1]["mistake"].update(when={}), "answers[1].mistake.when", "is empty"),
        (lambda v: v["answers"][1]["mistake"].update(when={"x": "y"}), "answers[1].mistake.when.x", "no criterion"),
        (
            lambda v: v["answers"][1]["mistake"].update(when={"identity": ["group-unset", "y"]}),
            "answers[1].mistake.when.identity",
            "y is no cause that this check finds",
        ),
        (lambda v: v["answers"].pop(0), "answers", "called solution"),
        (lambda v: v.update(scenario={"apply": ["setup/no.yaml"]}), "scenario.apply[0]", "setup/no.yaml"),
        (lambda v: v.update(scenario={"remove": [{"kind": "Pod"}]}), "scenario.remove[0]", "needs a name"),
        (lambda v: v.update(touches=["api"]), "touches[0]", "one of api-server"),
        (lambda v: v.update(touches=["pod:default/web"]), "touches[0]", "runtimeclass:NAME"),
        (
            lambda v: v.update(touches=["namespace:shop"], scenario={"namespaces": ["shop"]}),
            "touches[0]",
            "need not be declared",
        ),
        (lambda v: v.update(scenario={"reset": "baseline"}), "touches", "must say why"),
        (
            lambda v: v.update(scenario={"reset": "baseline", "install": ["gatekeeper"]}, touches=["admission"]),
            "scenario.install[0]",
            "gatekeeper is no add-on",
        ),
        (
            lambda v: v.update(scenario={"install": ["gatekeeper"]}, addons=["gatekeeper"]),
            "scenario.reset",
            "baseline",
        ),
        (
            lambda v: v.update(scenario={"run": [{"machine": "base", "script": "setup/no.sh"}]}),
            "scenario.run[0].script",
            "there is no file setup/no.sh",
        ),
        (
            lambda v: v.update(scenario={"run": [{"machine": "base", "script": "exercise.yaml"}]}),
            "scenario.reset",
            "baseline",
        ),
        (lambda v: v.update(scenario={"files": [FILE]}), "scenario.files[0].from", "there is no file setup/no.conf"),
        (lambda v: v.update(scenario={"files": [FILE | {"path": "a.conf"}]}), "scenario.files[0].path", "at the root"),
        (lambda v: v.update(scenario={"files": [FILE | {"machine": "mine"}]}), "scenario.files[0].machine", "base"),
    ],
)
def test_what_is_refused(root: Path, change: Change, field: str, word: str) -> None:
    problems = problems_after(root, change)
    assert field in [problem.field for problem in problems]
    assert word in "\n".join(str(problem) for problem in problems)


def test_a_criterion_that_is_not_there_cannot_be_expected(root: Path) -> None:
    said = problems_after(root, lambda values: values["answers"][1].update(expect={"identify": "fail"}))
    assert "the criteria are: identity, intact" in str(said[0])


def test_two_criteria_of_one_id_are_refused_at_the_second(root: Path) -> None:
    problems = problems_after(root, lambda values: values["criteria"][1].update(id="identity"))
    assert [problem.field for problem in problems] == ["criteria[1].id"]


def test_an_id_that_is_not_its_folders_is_refused(root: Path) -> None:
    folder = write_exercise(write_domain(root, "one"), content())
    folder.rename(folder.with_name("two"))
    write_domain(root, "two")
    assert [problem.field for problem in load(root).problems] == ["id"]


def test_what_is_no_yaml_is_told_with_its_line(root: Path) -> None:
    folder = write_exercise(write_domain(root, "one"), content())
    (folder / "exercise.yaml").write_text("id: one\ntitle: {en: x\nlevel: [\n", encoding="utf-8")
    problems = load(root).problems
    assert len(problems) == 1
    assert str(problems[0]).startswith("exercises/first/one/exercise.yaml:")
    assert "is no YAML" in str(problems[0])


def test_a_key_that_is_there_twice_is_told_at_the_second(root: Path) -> None:
    folder = write_exercise(write_domain(root, "one"), content())
    file = folder / "exercise.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines, "level: hard"]) + "\n", encoding="utf-8")
    assert str(load(root).problems[0]) == f"exercises/first/one/exercise.yaml:{len(lines) + 1}: level: is there twice"


@pytest.mark.parametrize("text", ["", "[]", "just words"])
def test_a_file_that_is_no_mapping_is_one_problem(root: Path, text: str) -> None:
    folder = write_exercise(write_domain(root, "one"), content())
    (folder / "exercise.yaml").write_text(text, encoding="utf-8")
    assert len(load(root).problems) == 1


# What stays when something is broken


def test_a_broken_exercise_leaves_the_others(root: Path) -> None:
    folder = write_domain(root, "one", "two")
    write_exercise(folder, content())
    write_exercise(folder, content() | {"id": "two", "level": "lunatic"})
    catalog = load(root)
    assert [exercise.id for exercise in catalog.exercises] == ["one"]
    assert [problem.file for problem in catalog.problems] == ["exercises/first/two/exercise.yaml"]


def test_a_broken_domain_file_leaves_its_exercises(root: Path) -> None:
    folder = write_domain(root, "one")
    write_exercise(folder, content())
    (folder / "domain.yaml").unlink()
    catalog = load(root)
    assert [exercise.id for exercise in catalog.exercises] == ["one"]
    assert "there is no such file" in str(catalog.problems[0])


def test_a_folder_that_is_not_listed_is_told_and_shown_last(root: Path) -> None:
    folder = write_domain(root, "one")
    for name in ("one", "another"):
        write_exercise(folder, content() | {"id": name})
    catalog = load(root)
    assert [exercise.id for exercise in catalog.exercises] == ["one", "another"]
    assert "the folder another is not listed" in str(catalog.problems[0])


def test_a_listed_exercise_without_a_folder_is_told(root: Path) -> None:
    write_exercise(write_domain(root, "one", "lost"), content())
    assert "exercises[1]: there is no folder lost" in str(load(root).problems[0])


def test_an_id_may_exist_in_one_domain_only(root: Path) -> None:
    for domain in ("first", "second"):
        write_exercise(write_domain(root, "one", domain=domain), content())
    catalog = load(root)
    assert [exercise.domain for exercise in catalog.exercises] == ["first"]
    assert "the domain first already has an exercise one" in str(catalog.problems[0])


# What is read


def test_one_exercise_is_had_without_reading_the_others(root: Path) -> None:
    folder = write_domain(root, "one", "two")
    for name in ("one", "two"):
        write_exercise(folder, content() | {"id": name})
    (folder / "two" / "exercise.yaml").write_text("{", encoding="utf-8")
    catalog = load(root)
    assert catalog.exercise("one").id == "one"
    assert "_all" not in vars(catalog)


def test_an_exercise_that_is_had_by_name_is_the_one_that_is_listed(root: Path) -> None:
    write_exercise(write_domain(root, "one", objectives={"security-contexts": TITLE}), content())
    catalog = load(root)
    assert [catalog.exercise("one")] == list(catalog.exercises)


def test_a_broken_exercise_that_is_asked_for_by_name_says_what_is_wrong(root: Path) -> None:
    write_exercise(write_domain(root, "one"), content() | {"level": "lunatic"})
    with pytest.raises(CatalogError, match="easy, medium, hard"):
        load(root).exercise("one")


@pytest.mark.parametrize("name", ["onn", "../first/one", ""])
def test_an_exercise_that_there_is_not_brings_the_nearest_ones(root: Path, name: str) -> None:
    write_exercise(write_domain(root, "one"), content())
    with pytest.raises(UsageError, match="one"):
        load(root).exercise(name)


# Drafts


@pytest.fixture
def draft(root: Path) -> Path:
    """An exercise in one language, beside a finished one."""
    folder = write_domain(root, "one", "sketch")
    write_exercise(folder, content())
    values = content() | {"id": "sketch", "draft": True, "title": {"en": "A sketch"}}
    return write_exercise(folder, values)


def test_a_draft_is_in_no_list_of_the_learners(root: Path, draft: Path) -> None:
    assert [exercise.id for exercise in load(root).exercises] == ["one"]


def test_its_author_sees_a_draft(root: Path, draft: Path) -> None:
    assert [exercise.id for exercise in load(root, drafts=True).exercises] == ["one", "sketch"]


def test_a_draft_is_there_for_who_asks_for_it_by_name(root: Path, draft: Path) -> None:
    assert load(root).exercise("sketch").draft


def test_a_draft_in_one_language_shows_it_in_both(root: Path, draft: Path) -> None:
    (draft / "task.zh.md").unlink()
    exercise = load(root).exercise("sketch")
    i18n.use("zh")
    assert (str(exercise.title), exercise.task) == ("A sketch", "Do it.\n")


def test_a_draft_may_have_no_hints_yet(root: Path, draft: Path) -> None:
    for language in i18n.LANGUAGES:
        (draft / f"hints.{language}.md").unlink()
    assert load(root).exercise("sketch").hints == ()


def test_a_broken_draft_is_no_mistake_that_a_learner_hears_of(root: Path, draft: Path) -> None:
    (draft / "exercise.yaml").write_text("id: sketch\ndraft: true\n", encoding="utf-8")
    assert load(root).problems == ()
    assert load(root, drafts=True).problems != ()


def test_an_error_of_the_catalog_carries_all_problems(tmp_path: Path) -> None:
    source = Source(tmp_path / "exercise.yaml", tmp_path)
    with pytest.raises(CatalogError) as caught:
        source.close()
    assert "there is no such file" in str(caught.value)
    assert "ckslab author check" in caught.value.next_step


def test_titles_of_domains_are_in_both_languages(root: Path) -> None:
    write_domain(root)
    assert load(root).domains[0].title.zh == TITLE["zh"]


def test_a_scenario_may_name_a_path_at_which_nothing_lies(root: Path) -> None:
    placed = {"machine": "base", "path": "/opt/profiles"}
    problems_after(root, lambda values: values.update(scenario={"files": [placed]}))
    assert load(root).exercises[0].scenario.files == (MachineFile("base", "/opt/profiles", None),)
