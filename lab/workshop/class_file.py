"""`class.yaml`: who is in a class, and what they are to do. Each mistake in it is told with its file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from lab import i18n
from lab.catalog.model import Catalog
from lab.catalog.reader import read
from lab.catalog.source import CatalogError, Problem, Source
from lab.cluster.record import Record
from lab.errors import UsageError
from lab.i18n import Language
from lab.workshop import class_list
from lab.workshop.class_list import Listed

FILE = "class.yaml"
MOST_LEARNERS = 100
HTTPS = 443
MOST_PORT = 65535
KEEP_DAYS = 30
RESERVE = 10
"""One seat more for so many learners, so that a seat that is lost can be replaced at once."""

_AS_USUAL = Record()
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ADDRESS = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
"""A name, or an IPv4 number, as browsers send it: in small letters."""
ID_LENGTH = 24
"""A seat's lab is called as the class, a hyphen and a number; a lab's name has 31 characters at most."""


@dataclass(frozen=True, slots=True)
class LearnerFile:
    """Somebody in the class. `id` is what a school's own list calls them by, `lang` what their app speaks."""

    name: str
    id: str = ""
    lang: Language | None = None


@dataclass(frozen=True, slots=True)
class ClassFile:
    """`class.yaml`. `list` is a CSV file beside it; `learners` are typed here, a name or a mapping each.

    `address` is the name or number by which learners reach the hub, `port` that of the browser's door, `ssh_port` that
    of the other one. `keep_days` after anything has happened last, names are deleted. `engine` and what follows it is
    what seats are made by, in the words of `ckslab up`.
    """

    id: str
    title: str
    exercises: tuple[str, ...]
    learners: tuple[str | LearnerFile, ...] = ()
    list: str = ""
    lang: Language = "en"
    address: str = "localhost"
    port: int = 8443
    ssh_port: int = 8022
    keep_days: int = KEEP_DAYS
    engine: Literal["kind", "pods"] = "kind"
    image: str = "auto"
    kubeconfig: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class Learner:
    """Somebody in the class.

    Attributes:
        number: their place on the list, from 1.
        id: what a school's own list calls them by; may be empty.
        seat: the one on their slip.
    """

    number: int
    name: str
    id: str
    language: Language
    seat: str


@dataclass(frozen=True, slots=True)
class Class:
    """A list of people, what they are to do, and the names of the seats for them.

    Attributes:
        exercises: ids, in the order in which they are to be done.
        address: by which learners reach the hub.
        keep_days: for which names are kept once nothing happens any more.
        wish: what seats are made by.
    """

    id: str
    title: str
    exercises: tuple[str, ...]
    learners: tuple[Learner, ...]
    language: Language
    address: str = "localhost"
    port: int = 8443
    ssh_port: int = 8022
    keep_days: int = KEEP_DAYS
    wish: Record = _AS_USUAL

    @property
    def origin(self) -> str:
        """What a page of the hub has as its origin, in a browser."""
        return f"https://{self.address}" if self.port == HTTPS else f"https://{self.address}:{self.port}"

    @property
    def seats(self) -> tuple[str, ...]:
        """The names of all seats, which are those of their labs: one for each learner, then the reserve."""
        return tuple(seat_name(self.id, number) for number in range(1, len(self.learners) + self.reserve + 1))

    @property
    def reserve(self) -> int:
        """How many seats there are for which there is no learner."""
        return -(-len(self.learners) // RESERVE)


def seat_name(class_id: str, number: int) -> str:
    """The name of a seat, and of its lab."""
    return f"{class_id}-{number:02}"


def load(path: Path, catalog: Catalog) -> Class:
    """The class of a file.

    Raises:
        UsageError: there is no such file (`class.none`), or it cannot be used (`class.broken`); then all that is wrong
            with it and with its list is told.
    """
    if not path.is_file():
        raise UsageError("class.none", file=path)
    source = Source(path, path.parent)
    file: ClassFile = read(source, "", source.value, ClassFile)
    _check_id(source, file.id)
    _check_exercises(source, file.exercises, catalog)
    _check_address(source, file)
    wish = _wish(source, file, path.parent)
    if file.keep_days < 1:
        source.problem("keep_days", "too_small", least=1)
    listed = list(_typed(source, file.learners))
    problems: Sequence[Problem] = ()
    if file.list:
        found = class_list.read_list(path.parent / file.list, (Path(source.file).parent / file.list).as_posix())
        listed += found.listed
        problems = found.problems
    elif not listed:
        source.problem("learners", "nobody")
    problems = (*source.problems, *problems, *_twice(listed))
    if not problems and len(listed) > MOST_LEARNERS:
        problems = (
            Problem(source.file, 1, "", "too_many_learners", (("most", MOST_LEARNERS), ("there", len(listed)))),
        )
    if problems:
        raise UsageError("class.broken", "\n".join(map(str, problems)), file=path)
    learners = tuple(
        Learner(number, each.name, each.id, each.language or file.lang, seat_name(file.id, number))
        for number, each in enumerate(listed, 1)
    )
    return Class(
        file.id,
        file.title,
        file.exercises,
        learners,
        file.lang,
        file.address,
        port=file.port,
        ssh_port=file.ssh_port,
        keep_days=file.keep_days,
        wish=wish,
    )


def require_id(name: str) -> None:
    """See that a class can be called so.

    Raises:
        UsageError: it cannot (`class.no_name`).
    """
    if not _ID.fullmatch(name) or len(name) > ID_LENGTH:
        raise UsageError("class.no_name", name=name, most=ID_LENGTH)


def written(name: str, exercises: Sequence[str], learners: Sequence[str], list_: str) -> str:
    """A `class.yaml` to begin with, with a word on what else it may say."""
    facts: dict[str, object] = {"id": name, "title": name, "exercises": list(exercises)}
    if learners:
        facts["learners"] = list(learners)
    if list_:
        facts["list"] = list_
    facts["lang"] = i18n.language()
    return _dumped(facts)


def for_cluster(path: Path, class_: Class, *, image: str, kubeconfig: str, context: str) -> str:
    """A class's file for a hub in a cluster: no list is beside it, and seats are made by what is there."""
    listed = [
        {"name": learner.name, **({"id": learner.id} if learner.id else {}), "lang": learner.language}
        for learner in class_.learners
    ]
    seats = {"engine": "pods", "image": image, "kubeconfig": kubeconfig, "context": context}
    return _dumped({**_with_learners(path, listed), **seats})


def forget_names(path: Path, class_: Class) -> None:
    """Write a class's file anew, with seats in place of names. A list beside it is somebody else's, and stays."""
    seats = [{"name": learner.seat, "lang": learner.language} for learner in class_.learners]
    facts = _with_learners(path, seats)
    new = path.with_name(f".{path.name}.new")
    new.write_text(_dumped(facts), encoding="utf-8")
    new.replace(path)


def _with_learners(path: Path, learners: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """What a class's file says, with these learners in place of its own and of its list."""
    facts: dict[str, object] = yaml.safe_load(path.read_text(encoding="utf-8"))
    facts.pop("list", None)
    return facts | {"learners": learners}


def _dumped(facts: Mapping[str, object]) -> str:
    comment = "".join(f"# {line}\n" for line in i18n.text("workshop.file_comment").splitlines())
    return comment + yaml.safe_dump(facts, allow_unicode=True, sort_keys=False)


def _check_id(source: Source, name: str) -> None:
    if name and (not _ID.fullmatch(name) or len(name) > ID_LENGTH):
        source.problem("id", "no_class_name", got=name, most=ID_LENGTH)


def _check_exercises(source: Source, names: Sequence[str], catalog: Catalog) -> None:
    if not names:
        source.problem("exercises", "is_empty")
    for number, name in enumerate(names):
        field = f"exercises[{number}]"
        if name in names[:number]:
            source.problem(field, "twice")
            continue
        try:
            catalog.exercise(name)
        except CatalogError as error:
            source.problem(field, "broken_exercise", file=error.problems[0].file)
        except UsageError as unknown:
            source.problem(field, "no_exercise", got=name, near=unknown.params.get("near", ""))


def _check_address(source: Source, file: ClassFile) -> None:
    if not _ADDRESS.fullmatch(file.address):
        source.problem("address", "no_address", got=file.address)
    for field, port in (("port", file.port), ("ssh_port", file.ssh_port)):
        if port < 1:
            source.problem(field, "too_small", least=1)
        elif port > MOST_PORT:
            source.problem(field, "too_large", most=MOST_PORT)
    if file.port == file.ssh_port:
        source.problem("ssh_port", "used_before", name=file.port)


def _wish(source: Source, file: ClassFile, folder: Path) -> Record:
    """What seats are made by. A kubeconfig is named from where the class's file is."""
    if file.engine != "pods":
        for field in ("kubeconfig", "context"):
            if getattr(file, field):
                source.problem(field, "only_pods")
        return Record(file.engine, image=file.image)
    kubeconfig = (folder / Path(file.kubeconfig).expanduser()).absolute() if file.kubeconfig else None
    if kubeconfig and not kubeconfig.is_file():
        source.problem("kubeconfig", "no_such_file", name=kubeconfig)
    return Record(file.engine, image=file.image, kubeconfig=str(kubeconfig or ""), context=file.context)


def _typed(source: Source, learners: Sequence[str | LearnerFile]) -> Iterator[Listed]:
    for number, learner in enumerate(learners):
        line = source.line(f"learners[{number}]")
        if isinstance(learner, str):
            yield Listed(source.file, line, learner)
        else:
            yield Listed(source.file, line, learner.name, learner.id, learner.lang)


def _twice(listed: Sequence[Listed]) -> Iterator[Problem]:
    """Two learners of one name are told apart by their ids."""
    first: dict[tuple[str, str], Listed] = {}
    for each in listed:
        before = first.setdefault((each.name, each.id), each)
        if before is not each and each.name:
            params = (("name", each.name), ("file", before.file), ("before", before.line))
            yield Problem(each.file, each.line, "", "learner_twice", params)
