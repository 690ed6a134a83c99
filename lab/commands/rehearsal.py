"""Whether all of it works, before anybody comes: `class check`."""

from __future__ import annotations

import shlex
from argparse import Namespace
from typing import TYPE_CHECKING

from lab import i18n, paths
from lab.commands.arguments import Verbs, exercise_argument, image_options
from lab.commands.class_file import file_option, load_class, wish_of

if TYPE_CHECKING:
    from lab.cluster.record import Record
    from lab.workshop.rehearsal import Outcome, Part


def add(class_: Verbs) -> None:
    """Enter this verb among those of `class`."""
    check = class_.add("check", _check)
    exercise_argument(check, nargs="?")
    image_options(check)
    file_option(check)


def _check(args: Namespace) -> int:
    from lab.cluster import create_lab
    from lab.console import Console
    from lab.workshop.rehearsal import Rehearsal

    class_, catalog = load_class(args)
    exercise = catalog.exercise(args.exercise or class_.exercises[0])
    chosen = wish_of(class_, args)
    rehearsal = Rehearsal(class_, catalog, exercise, lambda seat: create_lab(seat, chosen))
    print(i18n.text("cli.class.check.begins", exercise=exercise.id), flush=True)
    with Console() as progress:
        outcomes = rehearsal.run(progress, lambda outcome: _tell(outcome, rehearsal.seat, chosen))
    failed = [outcome for outcome in outcomes if outcome.problem]
    print(i18n.text("cli.class.check.failed" if failed else "cli.class.check.passed"))
    return 3 if failed else 0


def _tell(outcome: Outcome, seat: str, chosen: Record) -> None:
    """A line for each part, and below one that failed what came back and what to do."""
    name = i18n.text(f"cli.class.check.part.{outcome.part}")
    print(f"{'✗' if outcome.problem else '✓'} {name}  {outcome.seconds:.0f}s", flush=True)
    if outcome.problem:
        for line in outcome.problem.splitlines():
            print(f"    {line}")
        for advice in filter(None, (outcome.next_step, _advice(outcome.part, seat, chosen))):
            print(f"  → {advice}", flush=True)


def _advice(part: Part, seat: str, chosen: Record) -> str:
    """Where more can be found out about what failed in a part; empty where its error says all."""
    from lab.workshop.rehearsal import Part

    match part:
        case Part.SEAT if chosen.engine == "pods":
            named = (("--kubeconfig", chosen.kubeconfig), ("--context", chosen.context))
            options = "".join(f" {option} {shlex.quote(value)}" for option, value in named if value)
            return i18n.text("cli.class.check.advice.seat_of_pods", options=options)
        case Part.SEAT:
            return i18n.text("cli.class.check.advice.seat")
        case Part.BROWSER | Part.SSH:
            return i18n.text("cli.class.check.advice.door", log=paths.log())
        case Part.REMOVED:
            return i18n.text("cli.class.check.advice.removed", seat=seat)
    return ""
