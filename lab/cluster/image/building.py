"""Following a build of `node/`, `addons/` or `vagrant/`, which tells what it does in events (node/events.py)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab import i18n, paths
from lab.cluster.host import processes
from lab.cluster.host.steps import Step, Steps
from lab.cluster.machines.machine import refused
from lab.errors import LabError
from lab.progress import OnProgress


def follow(
    argv: Sequence[str],
    progress: OnProgress,
    *,
    env: Mapping[str, str] | None = None,
    title: Callable[[str], str] | None = None,
) -> None:
    """Run a build and show its events to the user.

    Args:
        env: variables besides those of this process.
        title: of a step, by its name.

    Raises:
        LabError: what its last event says (`image.command`, `image.disk-full`), or that it failed (`engine.refused`).
    """
    listener = _Listener(progress, title or (lambda step: i18n.text(f"image.step.{step}")))
    completed = processes.watch(argv, env={**environment(), **(env or {})}, on_line=listener.hear)
    if not completed.ok:
        raise listener.failure or refused(" ".join(argv[1:3]), completed)


def environment() -> dict[str, str]:
    """By which Python finds the programs that build."""
    return {"PYTHONPATH": str(paths.data("node").parent)}


@dataclass
class _Listener:
    """Turns the events of a build into progress. How long each step took here is remembered for the next guess."""

    progress: OnProgress
    title: Callable[[str], str]
    steps: Steps | None = None
    failure: LabError | None = None

    def hear(self, line: str | None) -> None:
        event: dict[str, Any] = {"event": "line", "text": None} if line is None else _event(line)
        match event.get("event"):
            case "plan":
                took = _durations()
                planned = [(step["name"], took.get(step["name"], step["seconds"])) for step in event["steps"]]
                self.steps = Steps([Step(self.title(name), seconds) for name, seconds in planned], self.progress)
            case "begin" if self.steps:
                self.steps.next()
            case "line" if self.steps:
                self.steps.say(event["text"])
            case "end":
                _remember(event["step"], event["seconds"])
            case "failed":
                self.failure = LabError(f"image.{event['problem']}", event["output"], step=self.title(event["step"]))


def _event(line: str) -> dict[str, Any]:
    """The event on a line; what is none (a traceback) has no type."""
    try:
        parsed = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _durations() -> dict[str, float]:
    try:
        remembered: dict[str, float] = json.loads((paths.cache() / "durations.json").read_text())
    except (OSError, json.JSONDecodeError):
        return {}
    return remembered


def _remember(step: str, seconds: float) -> None:
    """The longest time: a step whose compiler found everything in its cache says nothing of the next time."""
    durations = _durations()
    durations[step] = max(seconds, durations.get(step, 0))
    (paths.cache() / "durations.json").write_text(json.dumps(durations))
