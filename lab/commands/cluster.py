"""The lab itself: `setup`, `up`, `down`, `status`, `doctor`."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from lab import i18n
from lab.cluster import ENGINES
from lab.commands.arguments import (
    Verbs,
    external_options,
    image_options,
    json_option,
    kubeconfig_options,
    machine_options,
    print_json,
)
from lab.commands.exercises import open_session

if TYPE_CHECKING:
    from lab.cluster.engine import Engine, Status


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    setup = verbs.add("setup", _setup)
    setup.add_argument("--yes", action="store_true", help=i18n.text("cli.setup.consent"))
    image_options(setup)
    up = verbs.add("up", _up)
    up.add_argument("--engine", choices=ENGINES, default="kind", help=i18n.text("cli.up.engine"))
    image_options(up)
    machine_options(up)
    external_options(up)
    json_option(up)
    verbs.add("down", _down)
    json_option(verbs.add("status", _status))
    doctor = verbs.add("doctor", _doctor)
    doctor.add_argument("--engine", choices=ENGINES, default="", help=i18n.text("cli.doctor.engine"))
    kubeconfig_options(doctor)
    json_option(doctor)


def _setup(args: Namespace) -> int:
    from lab.cluster.image.node_image import setup
    from lab.console import Console

    with Console() as progress:
        setup(progress, runtime=args.runtime, image=args.image, yes=args.yes)
    print(i18n.text("cli.setup.done"))
    return 0


def _up(args: Namespace) -> int:
    from lab.cluster import create_lab
    from lab.cluster.record import wish
    from lab.console import Console

    engine = create_lab(args.name, wish(vars(args)))
    with Console() as progress:
        engine.up(progress)
    return _show(engine, as_json=args.json)


def _down(args: Namespace) -> int:
    from lab.console import Console

    with Console() as progress:
        open_session(args).down(progress)
    print(i18n.text("cli.down.done", lab=args.name))
    return 0


def _status(args: Namespace) -> int:
    from lab.cluster import open_lab

    return _show(open_lab(args.name), as_json=args.json)


def _show(engine: Engine, *, as_json: bool) -> int:
    """Print what there is of a lab; the exit code says whether it can be used."""
    from lab.cluster.engine import State
    from lab.cluster.image import addons

    status = engine.status()
    if as_json:
        print_json(asdict(status))
    else:
        print("\n".join(_told(status)))
        if addons.is_building():
            print(i18n.text("cli.status.addons"))
    return 0 if status.state is State.READY else 3


def _told(status: Status) -> list[str]:
    """A status, line by line."""
    state = i18n.text(f"cli.state.{status.state}", lab=status.lab)
    lines = [f"{status.lab} ({status.engine}): {state}"]
    if status.kubernetes:
        lines.append(f"Kubernetes {status.kubernetes}")
    width = max(map(len, status.nodes), default=0)
    lines += [f"  {name:{width}}  {condition}" for name, condition in status.nodes.items()]
    if status.detail:
        lines.append(status.detail)
    return lines


def _doctor(args: Namespace) -> int:
    from lab.cluster.doctor import examine
    from lab.text import pad

    found = examine(args.name, args.engine, args.kubeconfig or "", args.context or "")
    if args.json:
        print_json([{"name": it.name, "state": it.state, "says": it.says, "next_step": it.next_step} for it in found])
    else:
        for it in found:
            print(f"{pad(i18n.text(f'cli.doctor.{it.state}'), 8)} {it.name}: {it.says}")
            if it.next_step:
                print(f"    {it.next_step}")
    return 3 if any(it.state == "problem" for it in found) else 0
