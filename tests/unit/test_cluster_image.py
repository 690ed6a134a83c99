"""Getting the node image: when it is pulled, when it is built, and what is told meanwhile."""

from __future__ import annotations

import json
import threading
import urllib.error
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.message import Message
from http.client import BadStatusLine
from pathlib import Path
from typing import Any

import pytest

from lab import i18n, paths
from lab.cluster.engine import Completed
from lab.cluster.host import facts as host
from lab.cluster.host import packages
from lab.cluster.host.containers import Containers
from lab.cluster.image import node_image as image
from lab.errors import LabError
from lab.progress import Progress, ignore
from node.commands import Commands
from node.debian import Debian
from node.golang import Go
from node.recipe import Recipe
from tests.unit.support.engines import done
from tests.unit.support.runtime import HandMadeContainers

GIBIBYTE = 2**30
PODMAN = Containers("podman")


class Machine(HandMadeContainers):
    """A machine where a build prints these lines and leaves kind, and `build` leaves an image."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[str] = []
        self.registry: Callable[[str], None] = _nothing_there
        self.asked: list[str] = []

    def watch(
        self, argv: Sequence[str], *, env: Mapping[str, str], on_line: Callable[[str | None], None], stdin: bytes = b""
    ) -> Completed:
        line = " ".join(argv)
        self.ran.append(line)
        for told in self.events:
            on_line(told)
        for words, said in self.answers.items():
            if words in line and isinstance(said, Completed):
                return said
        if "--tag" in argv:
            self.images.add(argv[argv.index("--tag") + 1])
        if "node.build" in argv:
            leave(paths.cache() / "bin" / "kind")
        return done(argv)

    def urlopen(self, address: str, *, timeout: float) -> Any:
        self.asked.append(address)
        self.registry(address)
        return open("/dev/null", "rb")  # noqa: PTH123 - something to be closed

    def built(self) -> list[str]:
        return self.did("node.build")

    def pulled(self) -> list[str]:
        return self.did("podman build")


def _nothing_there(address: str) -> None:
    raise urllib.error.URLError("no such host")


def leave(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


def answers_with(code: int) -> Callable[[str], None]:
    def answer(address: str) -> None:
        raise urllib.error.HTTPError(address, code, "", Message(), None)

    return answer


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    made.install(monkeypatch)
    monkeypatch.setattr("urllib.request.urlopen", made.urlopen)
    monkeypatch.setattr(host, "free_bytes", lambda _: 100 * GIBIBYTE)
    monkeypatch.setattr(packages, "for_building", lambda *_, **__: None)
    return made


@pytest.fixture
def told() -> list[Progress]:
    return []


def ensure(how: str = "auto", told: list[Progress] | None = None) -> str:
    return image.ensure(PODMAN, how, ignore if told is None else told.append)


# Which way


@pytest.mark.parametrize("how", ["auto", "pull", "build"])
def test_an_image_that_is_there_is_no_work(machine: Machine, how: str) -> None:
    machine.images.add(image.current())
    leave(image.kind_program())
    assert ensure(how) == image.current()
    assert machine.ran == [f"podman image inspect {image.current()}"]
    assert machine.asked == []


def test_auto_pulls_where_a_registry_answers(machine: Machine, told: list[Progress]) -> None:
    machine.registry = answers_with(401)
    assert ensure("auto", told) in machine.images
    assert len(machine.pulled()) == 1
    assert i18n.text("image.registry") in [step.detail for step in told]
    assert "--tag" not in machine.built()[0]


def test_auto_builds_where_none_answers_and_says_so(machine: Machine, told: list[Progress]) -> None:
    assert ensure("auto", told) in machine.images
    assert machine.pulled() == []
    assert i18n.text("image.no-registry") in [step.detail for step in told]


@pytest.mark.parametrize("code", [403, 502, 407])
def test_a_proxy_that_lets_nobody_through_is_no_registry(machine: Machine, code: int) -> None:
    machine.registry = answers_with(code)
    ensure()
    assert machine.pulled() == []


def test_what_does_not_speak_http_is_no_registry(machine: Machine) -> None:
    def gibberish(address: str) -> None:
        raise BadStatusLine("SSH-2.0")

    machine.registry = gibberish
    ensure()
    assert machine.pulled() == []


def test_gvisors_releases_must_be_there_too(machine: Machine) -> None:
    machine.registry = lambda address: answers_with(401 if "docker" in address else 403)(address)
    ensure()
    assert len(machine.asked) == 2
    assert machine.pulled() == []


@pytest.fixture
def silence(machine: Machine) -> Iterator[None]:
    """A name server that takes its time for ever, which no time-out of a connection bounds."""
    over = threading.Event()

    def silent(address: str) -> None:
        over.wait()
        _nothing_there(address)

    machine.registry = silent
    yield
    over.set()


@pytest.mark.usefixtures("silence")
def test_a_registry_that_says_nothing_is_waited_for_five_seconds_at_most(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert image._REGISTRY_SECONDS <= 5
    monkeypatch.setattr(image, "_REGISTRY_SECONDS", 0.05)
    ensure()
    assert machine.pulled() == []
    assert len(machine.built()) == 1


def test_build_and_pull_ask_no_registry_first(machine: Machine) -> None:
    ensure("build")
    machine.images.clear()
    ensure("pull")
    assert machine.asked == []
    assert len(machine.pulled()) == 1


def test_an_image_made_elsewhere_is_taken_as_it_is(machine: Machine) -> None:
    machine.images.add("example/node:1")
    assert ensure("example/node:1") == "example/node:1"
    (built,) = machine.built()
    assert "--tag" not in built


def test_an_image_made_elsewhere_is_pulled_if_it_is_not_here(machine: Machine) -> None:
    leave(image.kind_program())
    ensure("example/node:1")
    assert machine.did("podman pull") == ["podman pull example/node:1"]


def test_an_image_that_is_nowhere_is_told(machine: Machine) -> None:
    leave(image.kind_program())
    machine.answers["podman pull"] = done(code=125, stdout="manifest unknown")
    with pytest.raises(LabError) as caught:
        ensure("example/node:1")
    assert caught.value.key == "image.foreign"
    assert caught.value.came_back == "manifest unknown"


def test_older_images_go_once_the_new_one_is_there(machine: Machine) -> None:
    older = f"{image.REPOSITORY}:older"
    machine.answers["podman images"] = done(stdout=f"{older}\n{image.current()}\n")
    ensure("build")
    assert machine.did("rmi") == [f"podman rmi {older}"]


def test_the_tag_changes_with_every_file_of_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("one")
    monkeypatch.setattr(paths, "data", lambda _: tmp_path)
    names = [image.current()]
    (tmp_path / "a").write_text("two")
    names.append(image.current())
    (tmp_path / "a").rename(tmp_path / "b")
    names.append(image.current())
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "c.pyc").write_text("compiled")
    assert len(set(names)) == 3
    assert image.current() == names[-1]


# Room


@pytest.mark.parametrize(("how", "wanted"), [("build", 15), ("pull", 3)])
def test_a_disk_that_is_too_small_is_told_before_the_long_work(
    machine: Machine, how: str, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "free_bytes", lambda _: int(1.5 * GIBIBYTE))
    with pytest.raises(LabError) as caught:
        ensure(how)
    assert caught.value.key == "disk.short"
    assert "1.5 GiB free" in caught.value.tried
    assert f"{wanted} GiB" in caught.value.tried
    assert "CKSLAB_CACHE=" in caught.value.next_step
    assert not any("--tag" in line for line in machine.ran)


def test_the_disk_is_that_of_a_folder_still_to_be_made(tmp_path: Path) -> None:
    assert host.free_bytes(tmp_path / "not" / "yet") > 0


# Faults of a build


@pytest.mark.parametrize(
    ("problem", "key"),
    [("disk-full", "image.disk-full"), ("registry", "image.registry"), ("command", "image.command")],
)
def test_a_build_that_fails_is_told_with_its_step_and_words(machine: Machine, problem: str, key: str) -> None:
    machine.events = [event("failed", step="kubernetes", problem=problem, output="go build: exit code 1")]
    machine.answers["node.build"] = done(code=1)
    with pytest.raises(LabError) as caught:
        ensure("build")
    assert caught.value.key == key
    assert i18n.text("image.step.kubernetes") in caught.value.tried
    assert caught.value.came_back == "go build: exit code 1"


def test_a_build_that_crashes_is_told_with_its_last_lines(machine: Machine) -> None:
    machine.events = ["Traceback (most recent call last):"]
    machine.answers["node.build"] = done(code=1, stdout="KeyError: 'go'")
    with pytest.raises(LabError) as caught:
        ensure("build")
    assert caught.value.came_back == "KeyError: 'go'"


def test_a_pull_that_fails_names_the_other_way(machine: Machine) -> None:
    machine.answers["podman build"] = done(code=1, stdout="toomanyrequests")
    with pytest.raises(LabError) as caught:
        ensure("pull")
    assert caught.value.key == "image.pull"
    assert caught.value.came_back == "toomanyrequests"
    assert "--image build" in caught.value.next_step


# Progress


def event(name: str, **what: Any) -> str:
    return json.dumps({"event": name, **what})


def a_build(*seconds: float) -> list[str]:
    """The events of a build of two steps that took so long."""
    plan = [{"name": "kubernetes", "seconds": 330}, {"name": "gvisor", "seconds": 60}]
    lines = [event("plan", steps=plan)]
    for step, took in zip(plan, seconds, strict=True):
        lines += [event("begin", step=step["name"]), event("line", text="compiling")]
        lines += [event("end", step=step["name"], seconds=took)]
    return lines


def test_a_builds_steps_are_told_in_the_users_language(machine: Machine, told: list[Progress]) -> None:
    machine.events = a_build(1, 1)
    ensure("build", told)
    assert [(step.step, step.number, step.steps) for step in told if not step.detail] == [
        (i18n.text("image.step.kubernetes"), 1, 2),
        (i18n.text("image.step.gvisor"), 2, 2),
    ]
    assert told[0].left == pytest.approx(390, abs=1)


def test_what_a_step_took_here_is_the_next_guess(machine: Machine, told: list[Progress]) -> None:
    machine.events = a_build(100, 20)
    ensure("build")
    machine.images.clear()
    ensure("build", told)
    assert told[0].left == pytest.approx(120, abs=1)


def test_a_step_that_found_all_in_its_cache_teaches_nothing(machine: Machine, told: list[Progress]) -> None:
    for seconds in (100, 3):
        machine.events = a_build(seconds, 20)
        ensure("build")
        machine.images.clear()
    ensure("build", told)
    assert told[0].left == pytest.approx(120, abs=1)


def test_a_memory_that_was_damaged_is_no_obstacle(machine: Machine, told: list[Progress]) -> None:
    (paths.cache() / "durations.json").write_text('{"kuber')
    machine.events = a_build(1, 1)
    ensure("build", told)
    assert told[0].left == pytest.approx(390, abs=1)


def test_every_step_of_the_recipe_has_a_title_in_both_languages(tmp_path: Path) -> None:
    commands = Commands(print)
    recipe = Recipe(image.versions(), Go("go", tmp_path, commands), Debian("bookworm", commands), commands, "amd64")
    names = {artifact.name for artifact in recipe.artifacts} | {"assembly", "toolchain"}
    for language in i18n.LANGUAGES:
        assert all(i18n.text_in(language, f"image.step.{name}") for name in names)
