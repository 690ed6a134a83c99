"""Reads the folders of `exercises/`: domains and their exercises. A broken file takes only its own exercise away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from checkers.api import Check, Verdict
from checkers.registry import checks
from lab.catalog import drawn
from lab.catalog.blueprint import EXAMS
from lab.catalog.format import AnswerFile, CriterionFile, DomainFile, ExerciseFile, MistakeFile, ScenarioFile
from lab.catalog.model import (
    SOLUTION,
    Answer,
    Catalog,
    Criterion,
    Domain,
    Exercise,
    Localized,
    MachineFile,
    MachineScript,
    Mistake,
    Scenario,
)
from lab.catalog.reader import parameters_of, read, read_mapping
from lab.catalog.source import CatalogError, Problem, Source
from lab.catalog.touches import AREAS, OBJECTS, derived, is_touch
from lab.cluster.engine import Capability
from lab.cluster.image import addon
from lab.cluster.kinds import OF_CLUSTER

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def read_all(root: Path, *, drafts: bool) -> Catalog:
    """All exercises.

    Args:
        drafts: with those that are being written.
    """
    domains: list[Domain] = []
    problems: list[Problem] = []
    for folder in _domains(root):
        domain, found = _load_domain(folder, root, drafts=drafts)
        domains.append(domain)
        problems += found
    known, twice = _without_twins(domains)
    in_order = sorted(known, key=lambda domain: not domain.exercises)
    return Catalog(tuple(in_order), tuple(problems + twice))


def read_exercise(name: str, root: Path) -> Exercise | None:
    """The exercise with this id; None: there is none.

    Raises:
        CatalogError: it is broken.
    """
    folders = [domain / name for domain in _domains(root)]
    folder = next((folder for folder in folders if (folder / "exercise.yaml").is_file()), None)
    if folder is None or not _NAME.fullmatch(name):
        return None
    domain = _read_domain(Source(folder.parent / "domain.yaml", root))
    return load_exercise(folder, root, folder.parent.name, tuple(domain.objectives or ()))


def load_exercise(folder: Path, root: Path, domain: str, objectives: Sequence[str] = ()) -> Exercise:
    """One exercise.

    Args:
        objectives: those of its domain; none: the domain names none, and any will do.

    Raises:
        CatalogError: it is broken; it names everything that is.
    """
    source = Source(folder / "exercise.yaml", root)
    file: ExerciseFile = read(source, "", source.value, ExerciseFile)
    _check_id(source, file.id, folder)
    if file.minutes < 1:
        source.problem("minutes", "too_small", least=1)
    if objectives and file.objective not in objectives:
        source.problem("objective", "no_choice", got=file.objective, allowed=", ".join(objectives))
    scenario = _scenario(source, file.scenario, folder)
    exercise = Exercise(
        id=file.id,
        domain=domain,
        folder=folder,
        title=file.title,
        source=file.source,
        objective=file.objective,
        minutes=file.minutes,
        level=file.level,
        requires=_requires(file),
        images=file.images,
        scenario=scenario,
        criteria=_criteria(source, file.criteria),
        answers=_answers(source, file, folder),
        draft=file.draft,
        touches=_touches(source, file, scenario),
        addons=_addons(source, file),
    )
    _check_installed(source, file)
    if (file.scenario.install or file.scenario.run) and file.scenario.reset != "baseline":
        source.problem("scenario.reset", "no_choice", got=file.scenario.reset, allowed="baseline")
    source.close()
    return exercise


def _requires(file: ExerciseFile) -> tuple[Capability, ...]:
    """What its author names, and what its way back takes."""
    is_alone = file.scenario.reset == "baseline" or any(not resource.name for resource in file.scenario.remove)
    return (*file.requires, *((Capability.BASELINE,) if is_alone else ()))


def _addons(source: Source, file: ExerciseFile) -> tuple[str, ...]:
    if not file.addons:
        return ()
    known = addon.names()
    for number, name in enumerate(file.addons):
        if name not in known:
            source.problem(f"addons[{number}]", "no_addon", got=name, known=", ".join(known))
    return file.addons


def _check_installed(source: Source, file: ExerciseFile) -> None:
    """Only what is loaded onto the lab can be installed there."""
    for number, name in enumerate(file.scenario.install):
        if name not in file.addons:
            source.problem(f"scenario.install[{number}]", "no_addon", got=name, known=", ".join(file.addons))


def _read_domain(source: Source) -> DomainFile:
    file: DomainFile = read(source, "", source.value, DomainFile)
    return file


def _touches(source: Source, file: ExerciseFile, scenario: Scenario) -> frozenset[str]:
    """What its author declares, and what its scenario names."""
    found = frozenset(derived(scenario))
    for number, touch in enumerate(file.touches):
        if not is_touch(touch):
            kinds = ", ".join(f"{kind}:NAME" for kind in OBJECTS)
            source.problem(f"touches[{number}]", "no_touch", got=touch, areas=", ".join(AREAS), kinds=kinds)
        elif touch in found:
            source.problem(f"touches[{number}]", "derived_touch", got=touch)
    if scenario.reset == "baseline" and not file.touches:
        source.problem("touches", "nothing_touched", areas=", ".join(AREAS))
    return found | frozenset(file.touches)


def _load_domain(folder: Path, root: Path, *, drafts: bool) -> tuple[Domain, list[Problem]]:
    """A domain with those of its exercises that are whole, and what is wrong with the others."""
    source = Source(folder / "domain.yaml", root)
    file = _read_domain(source)
    _check_id(source, file.id, folder)
    _check_unique(source, "exercises[{}]", file.exercises)
    there = [inner.name for inner in _folders(folder)]
    for number, name in enumerate(file.exercises):
        if name not in there:
            source.problem(f"exercises[{number}]", "no_folder", folder=name)
    for name in there:
        if name not in file.exercises:
            source.problem("exercises", "not_listed", folder=name)
    problems: list[Problem] = []
    exercises: list[Exercise] = []
    listed = [name for name in dict.fromkeys(file.exercises) if name in there]
    for name in listed + [name for name in there if name not in listed]:
        try:
            exercise = load_exercise(folder / name, root, folder.name, tuple(file.objectives or ()))
        except CatalogError as error:
            if drafts or not error.is_drafts:
                problems += error.problems
        else:
            if drafts or not exercise.draft:
                exercises.append(exercise)
    try:
        source.close()
    except CatalogError as error:
        problems = [*error.problems, *problems]
    return Domain(folder.name, file.title, tuple(exercises), file.weight, file.objectives or {}), problems


def _without_twins(domains: list[Domain]) -> tuple[tuple[Domain, ...], list[Problem]]:
    """Ids are typed on the command line without their domain, so each may exist once; the first one stays."""
    first: dict[str, Exercise] = {}
    problems: list[Problem] = []
    for exercise in (exercise for domain in domains for exercise in domain.exercises):
        other = first.setdefault(exercise.id, exercise)
        if other is not exercise:
            file = f"{exercise.folder.parent.parent.name}/{exercise.domain}/{exercise.id}/exercise.yaml"
            problems.append(Problem(file, 1, "id", "elsewhere", (("name", exercise.id), ("domain", other.domain))))
    unique = (
        replace(domain, exercises=tuple(each for each in domain.exercises if first[each.id] is each))
        for domain in domains
    )
    return tuple(unique), problems


def _domains(root: Path) -> Iterator[Path]:
    return (folder for folder in _folders(root) if folder.name != EXAMS)


def _folders(parent: Path) -> Iterator[Path]:
    return (entry for entry in sorted(parent.iterdir()) if entry.is_dir() and entry.name[0] not in "._")


def _scenario(source: Source, file: ScenarioFile, folder: Path) -> Scenario:
    for field, name in _files_of(file).items():
        if not (folder / name).is_file():
            source.problem(f"scenario.{field}", "no_such_file", name=name)
    for number, placed in enumerate(file.files):
        if not placed.path.startswith("/"):
            source.problem(f"scenario.files[{number}].path", "not_absolute", got=placed.path)
    for number, name in enumerate(file.namespaces):
        _check_name(source, f"scenario.namespaces[{number}]", name)
    for number, resource in enumerate(file.remove):
        if not resource.name and resource.kind not in OF_CLUSTER:
            source.problem(f"scenario.remove[{number}]", "no_name_of_kind", kinds=", ".join(OF_CLUSTER))
    return Scenario(
        namespaces=file.namespaces,
        apply=tuple(folder / name for name in file.apply),
        files=tuple(
            MachineFile(placed.machine, placed.path, folder / placed.from_ if placed.from_ else None)
            for placed in file.files
        ),
        scripts=tuple(MachineScript(step.machine, folder / step.script) for step in file.run),
        remove=file.remove,
        reset=file.reset,
        draw=_draw(source, file, folder),
        install=file.install,
    )


def _draw(source: Source, file: ScenarioFile, folder: Path) -> drawn.Draw:
    """What is drawn: each value comes into a file, and each place in a file has its value."""
    draw: drawn.Draw = {name: () if what == drawn.WORD else tuple(what) for name, what in (file.draw or {}).items()}
    for name in draw:
        _check_name(source, f"scenario.draw.{name}", name)
    known, used = set(drawn.names(draw)), set[str]()
    for field, name in _files_of(file).items():
        path = folder / name
        in_it = drawn.named(path.read_bytes()) if path.is_file() else set[str]()
        used |= in_it
        for unknown in sorted(in_it - known):
            source.problem(f"scenario.{field}", "not_drawn", name=unknown, known=", ".join(sorted(known)))
    for name, items in draw.items():
        if not used & set(drawn.names({name: items})):
            source.problem(f"scenario.draw.{name}", "drawn_in_vain", name=name)
    return draw


def _files_of(file: ScenarioFile) -> dict[str, str]:
    """The field of each file that the scenario names."""
    named = {f"apply[{number}]": name for number, name in enumerate(file.apply)}
    named |= {f"run[{number}].script": step.script for number, step in enumerate(file.run)}
    return named | {f"files[{number}].from": placed.from_ for number, placed in enumerate(file.files) if placed.from_}


def _criteria(source: Source, files: tuple[CriterionFile, ...]) -> tuple[Criterion, ...]:
    _check_unique(source, "criteria[{}].id", [file.id for file in files])
    if not any(file.points for file in files):
        source.problem("criteria", "no_points")
    return tuple(_criterion(source, f"criteria[{number}]", file) for number, file in enumerate(files))


def _criterion(source: Source, field: str, file: CriterionFile) -> Criterion:
    _check_name(source, f"{field}.id", file.id)
    if file.points < 0:
        source.problem(f"{field}.points", "too_small", least=0)
    check = checks().get(file.check)
    parameters: Mapping[str, Any] = {}
    if check is None:
        source.problem(f"{field}.check", "no_check", name=file.check, known=", ".join(sorted(checks())))
        check = Check(file.check, _never)
    else:
        parameters = read_mapping(source, f"{field}.with", dict(file.with_ or {}), parameters_of(check.run))
    return Criterion(file.id, file.title, file.points, check, parameters)


def _answers(source: Source, file: ExerciseFile, folder: Path) -> tuple[Answer, ...]:
    names = [answer.name for answer in file.answers]
    _check_unique(source, "answers[{}].name", names)
    if SOLUTION not in names:
        source.problem("answers", "no_solution", name=SOLUTION)
    causes: dict[str, frozenset[str]] = {}
    for criterion in file.criteria:
        causes.setdefault(criterion.id, _causes(criterion.check))
    return tuple(
        _answer(source, f"answers[{number}]", answer, causes, folder) for number, answer in enumerate(file.answers)
    )


def _causes(check: str) -> frozenset[str]:
    """What the check of this name may find to be the cause; nothing where there is no such check."""
    return checks()[check].causes if check in checks() else frozenset()


def _answer(source: Source, field: str, file: AnswerFile, causes: Mapping[str, frozenset[str]], folder: Path) -> Answer:
    """`causes` are those that each criterion's check may find."""
    _check_name(source, f"{field}.name", file.name)
    script = folder / "answers" / f"{file.name}.sh"
    # What is not named passes, so that a wrong answer tells only what is wrong with it.
    named = {} if isinstance(file.expect, str) else file.expect
    for name in named:
        if name not in causes:
            source.problem(f"{field}.expect.{name}", "no_criterion", known=", ".join(causes))
    is_right = all(verdict is Verdict.PASS for verdict in named.values())
    if is_right and not isinstance(file.expect, str):
        source.problem(f"{field}.expect", "all_pass")
    elif file.name == SOLUTION and not is_right:
        source.problem(f"{field}.expect", "solution_fails")
    elif is_right and file.mistake is not None:
        source.problem(f"{field}.mistake", "no_mistake")
    elif not is_right and file.mistake is None:
        source.problem(f"{field}.mistake", "missing")
    mistake = _mistake(source, f"{field}.mistake", file.mistake, causes) if file.mistake else None
    return Answer(file.name, script, {name: named.get(name, Verdict.PASS) for name in causes}, mistake)


def _mistake(source: Source, field: str, file: MistakeFile, causes: Mapping[str, frozenset[str]]) -> Mistake:
    when = {name: frozenset([named] if isinstance(named, str) else named) for name, named in file.when.items()}
    if not when:
        source.problem(f"{field}.when", "is_empty")
    for name, named in when.items():
        if name not in causes:
            source.problem(f"{field}.when.{name}", "no_criterion", known=", ".join(causes))
        elif unknown := named - causes[name]:
            known = ", ".join(sorted(causes[name]))
            source.problem(f"{field}.when.{name}", "no_cause", got=", ".join(sorted(unknown)), known=known)
    return Mistake(Localized(file.en, file.zh), when)


def _check_id(source: Source, name: str, folder: Path) -> None:
    _check_name(source, "id", name)
    if name != folder.name:
        source.problem("id", "not_the_folder", folder=folder.name)


def _check_name(source: Source, field: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        source.problem(field, "no_name", got=name)


def _check_unique(source: Source, field: str, names: list[str] | tuple[str, ...]) -> None:
    """No two may have the same name; the second one is told."""
    counts: Counter[str] = Counter()
    for number, name in enumerate(names):
        counts[name] += 1
        if counts[name] == 2:
            source.problem(field.format(number), "used_before", name=name)


def _never(*args: object, **parameters: object) -> Any:
    """Stands where a check is not known; the exercise is refused, so nothing calls it."""
    raise NotImplementedError
