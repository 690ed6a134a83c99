"""Blueprints: what exams are made of, read from `exercises/exams/NAME.yaml`. `lab.exam.draw` makes exams of them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lab import paths
from lab.catalog.format import BlueprintFile
from lab.catalog.model import Localized
from lab.catalog.reader import read
from lab.catalog.source import CatalogError, Problem, Source
from lab.errors import UsageError

EXAMS = "exams"
"""The folder of blueprints, beside the domains."""
MOST_HOSTS = 4
"""How many labs one exam may take."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What an exam is made of. Shares are in percent and add up to 100.

    Attributes:
        minutes: how long the whole exam takes.
        tasks: how many it has.
        pass_mark: the percent of all points that pass.
        domains: id -> the domain's share of the tasks.
        levels: level -> its share of the tasks.
        longest: the minutes that a task may take at most; 0: any.
        hosts: the labs that its tasks are spread over.
    """

    id: str
    title: Localized
    minutes: int
    tasks: int
    pass_mark: int
    domains: Mapping[str, int]
    levels: Mapping[str, int]
    longest: int = 0
    hosts: int = 2


@dataclass(frozen=True, slots=True)
class Blueprints:
    """All blueprints that are whole, by name, and what is wrong with the files of the others."""

    known: tuple[Blueprint, ...]
    problems: tuple[Problem, ...] = ()

    def get(self, name: str) -> Blueprint:
        """The blueprint of this name.

        Raises:
            UsageError: there is none (`exam.unknown`); it names the nearest.
        """
        for blueprint in self.known:
            if blueprint.id == name:
                return blueprint
        names = [blueprint.id for blueprint in self.known]
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or names
        raise UsageError("exam.unknown", name=name, near=", ".join(near))


def source_of(name: str, root: Path | None = None) -> Source:
    """A blueprint's file, for who wants to say something of one of its lines."""
    root = root or paths.data("exercises")
    return Source(root / EXAMS / f"{name}.yaml", root)


def load(domains: Sequence[str], root: Path | None = None) -> Blueprints:
    """The blueprints of a folder like `exercises/`, by default the lab's own. A broken file takes only itself away.

    Args:
        domains: the ids of all that there are.
    """
    root = root or paths.data("exercises")
    known: list[Blueprint] = []
    problems: list[Problem] = []
    for file in sorted((root / EXAMS).glob("*.yaml")):
        try:
            known.append(load_one(file, root, domains))
        except CatalogError as error:
            problems += error.problems
    return Blueprints(tuple(known), tuple(problems))


def load_one(path: Path, root: Path, domains: Sequence[str]) -> Blueprint:
    """One blueprint.

    Raises:
        CatalogError: it is broken; it names everything that is.
    """
    source = Source(path, root)
    file: BlueprintFile = read(source, "", source.value, BlueprintFile)
    if file.id != path.stem:
        source.problem("id", "not_the_file", file=path.stem)
    for field in ("minutes", "tasks"):
        _check_range(source, field, getattr(file, field), 1, 1000)
    _check_range(source, "pass", file.pass_, 1, 100)
    _check_range(source, "hosts", file.hosts, 1, MOST_HOSTS)
    _check_range(source, "longest", file.longest, 0, 1000)
    for domain in file.domains:
        if domain not in domains:
            source.problem(f"domains.{domain}", "no_choice", got=domain, allowed=", ".join(domains))
    levels: dict[str, int] = {level: share for level, share in asdict(file.levels).items() if share}
    _check_shares(source, "domains", file.domains)
    _check_shares(source, "levels", levels)
    source.close()
    return Blueprint(
        id=file.id,
        title=file.title,
        minutes=file.minutes,
        tasks=file.tasks,
        pass_mark=file.pass_,
        domains=file.domains,
        levels=levels,
        longest=file.longest,
        hosts=file.hosts,
    )


def _check_shares(source: Source, field: str, shares: Mapping[str, int]) -> None:
    for name, share in shares.items():
        if share < 1:
            source.problem(f"{field}.{name}", "too_small", least=1)
    if sum(shares.values()) != 100:
        source.problem(field, "not_whole", sum=sum(shares.values()))


def _check_range(source: Source, field: str, value: int, least: int, most: int) -> None:
    if value < least:
        source.problem(field, "too_small", least=least)
    elif value > most:
        source.problem(field, "too_large", most=most)
