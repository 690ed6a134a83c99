"""Sitting a mock exam: `exam start`, `status`, `hand-in`, `close`, and `proctor`, which watches it."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import TYPE_CHECKING

from lab import i18n, log, paths
from lab.commands.arguments import Verbs, json_option, print_json
from lab.commands.drawing import draw_options, drawn_seed, load_blueprints
from lab.errors import LabError, UsageError
from lab.progress import duration

if TYPE_CHECKING:
    from lab.exam.begin import Begun
    from lab.exam.sittings import Journal, Sitting, Sittings
    from lab.exam.state import State
    from lab.progress import OnProgress

TRIES = 3
"""How often the proctor tries to grade a sitting. What it cannot do then, the next one tries."""
PAUSE = 10.0
"""Seconds between two of these."""
GRADED_SECONDS = 900.0
"""Seconds in which a sitting that was handed in is graded at the latest."""


def add(exam: Verbs) -> None:
    """Enter these verbs."""
    start = exam.add("start", _start)
    draw_options(start)
    json_option(start)
    json_option(exam.add("status", _status))
    json_option(exam.add("hand-in", _hand_in))
    close = exam.add("close", _close)
    close.add_argument("--abandon", action="store_true", help=i18n.text("cli.exam.abandon"))
    exam.add("proctor", _proctor)


def require_none_under_way() -> None:
    """See that no exam is being sat: nothing helps in one.

    Raises:
        UsageError: one is (`exam.not_now`).
    """
    from lab.exam.events import now
    from lab.exam.state import Phase

    sitting = _sittings().open()
    if sitting and sitting.state(now()).phase in (Phase.UNDER_WAY, Phase.ENDED):
        raise UsageError("exam.not_now", number=sitting.number)


def _start(args: Namespace) -> int:
    from lab.console import Console
    from lab.exam.begin import begin
    from lab.exam.events import now
    from lab.exam.prepare import Wish
    from lab.practice.history import History

    catalog, blueprints = load_blueprints()
    blueprint = blueprints.get(args.blueprint)
    seed, digest = args.seed or drawn_seed()
    wish = Wish(blueprint, seed, digest, args.hosts)
    with Console() as progress:
        begun = begin(wish, args.name, catalog, History(paths.history()), progress)
    if args.json:
        print_json(_to_json(begun.sitting, begun.sitting.state(now())))
    else:
        _tell_start(begun, str(blueprint.title))
    return 0


def _tell_start(begun: Begun, title: str) -> None:
    sitting, plan, hosts = begun.sitting, begun.prepared.plan, len(begun.prepared.hosts)
    if hosts < min(begun.wanted, len(plan.tasks)):
        print(i18n.text("cli.exam.fewer_hosts", hosts=hosts, wanted=begun.wanted))
    for each in begun.prepared.replaced:
        print(i18n.text("cli.exam.replaced", position=each.position, drawn=each.drawn, reason=each.reason))
    facts = {"number": sitting.number, "title": title, "seed": plan.name, "minutes": plan.minutes}
    print(i18n.text("cli.exam.begun", **facts, tasks=len(plan.tasks)))
    print(i18n.text("cli.exam.how", hosts=", ".join(plan.hosts)))


def _status(args: Namespace) -> int:
    from lab.exam import proctor
    from lab.exam.events import now
    from lab.exam.state import Phase

    sitting = _the_open_one()
    state = sitting.state(now())
    if state.phase in (Phase.UNDER_WAY, Phase.ENDED):
        proctor.ensure(sitting)
    if args.json:
        print_json(_to_json(sitting, state))
        return 0
    print(_phase(sitting, state))
    for task, done in zip(sitting.plan.tasks, state.tasks, strict=True):
        flag = i18n.text("cli.exam.flagged") if done.flagged else ""
        worked = duration(done.seconds) if done.visits else i18n.text("cli.exam.unopened")
        print(f"{task.position:3}  {task.weight:3} %  {task.host}  {task.exercise}  {worked}{flag}")
    for host in sorted(state.gone):
        print(i18n.text("cli.exam.host_gone", host=host))
    for host in sorted(state.lost):
        print(i18n.text("cli.exam.host_lost", host=host))
    return 0


def _phase(sitting: Sitting, state: State) -> str:
    times = {"left": duration(state.left), "back": duration(state.given_back)}
    return i18n.text(f"cli.exam.phase.{state.phase}", number=sitting.number, **times)


def _hand_in(args: Namespace) -> int:
    from lab.console import Console
    from lab.exam import proctor
    from lab.exam.sittings import Journal
    from lab.exam.state import Phase

    sittings = _sittings()
    sitting = _the_open_one(sittings)
    journal = Journal(sittings, sitting)
    if journal.state().phase is Phase.UNDER_WAY:
        journal.hand_in()
    proctor.ensure(sitting)
    with Console() as progress:
        _await_grades(journal, sitting, progress)
    state = journal.state()
    if args.json:
        print_json(_to_json(sitting, state))
    else:
        print(
            i18n.text(f"cli.exam.phase.{state.phase}", number=sitting.number, left="", back=duration(state.given_back))
        )
    return 0


def _await_grades(journal: Journal, sitting: Sitting, progress: OnProgress) -> None:
    """Wait until the proctor has graded every task.

    Raises:
        LabError: it takes too long (`exam.ungraded`).
    """
    from lab.exam.state import Phase
    from lab.progress import Progress

    began = time.monotonic()
    while (state := journal.state()).phase is Phase.ENDED:
        done = sum(task.grade is not None for task in state.tasks)
        passed = time.monotonic() - began
        if passed > GRADED_SECONDS:
            raise LabError("exam.ungraded", number=sitting.number, log=paths.log())
        step = i18n.text("exam.step.end")
        progress(Progress(step, 1, 1, passed, detail=f"{done}/{len(state.tasks)}"))
        time.sleep(1)


def _close(args: Namespace) -> int:
    from lab.exam import hosts as exam_hosts
    from lab.exam.begin import places_of
    from lab.exam.sittings import Journal
    from lab.exam.state import Phase

    sittings = _sittings()
    sitting = _the_open_one(sittings)
    journal = Journal(sittings, sitting)
    if journal.state().phase is not Phase.GRADED and not args.abandon:
        raise UsageError("exam.not_to_close", number=sitting.number)
    journal.close()
    catalog = load_blueprints()[0]
    exam_hosts.part([place.host for place in places_of(sitting, catalog)])
    print(i18n.text("cli.exam.closed", number=sitting.number))
    return 0


def _proctor(_: Namespace) -> int:
    from lab.exam import proctor
    from lab.exam.begin import places_of
    from lab.exam.finish import Finish
    from lab.exam.sittings import Journal
    from lab.exam.state import Phase

    sittings = _sittings()
    sitting = _the_open_one(sittings)
    catalog = load_blueprints()[0]
    with proctor.alone(sitting.number) as is_free:
        if not is_free:
            return 0
        journal, places = Journal(sittings, sitting), places_of(sitting, catalog)
        proctor.Proctor(journal, [place.host for place in places]).run(time.sleep)
        for _attempt in range(TRIES):
            if journal.state().phase is not Phase.ENDED:
                break
            try:
                Finish(sitting, journal, places, paths.state()).run()
            except LabError as error:
                log.fault("grading an exam", error)
                time.sleep(PAUSE)
    return 0


def _sittings() -> Sittings:
    from lab.exam.sittings import Sittings
    from lab.practice.history import History

    return Sittings(History(paths.history()).database)


def _the_open_one(sittings: Sittings | None = None) -> Sitting:
    """The sitting that is not closed.

    Raises:
        UsageError: there is none (`exam.none`).
    """
    sitting = (sittings or _sittings()).open()
    if sitting is None:
        raise UsageError("exam.none")
    return sitting


def _to_json(sitting: Sitting, state: State) -> dict[str, object]:
    plan = sitting.plan
    return {
        "sitting": sitting.number,
        "blueprint": plan.blueprint,
        "seed": plan.name,
        "phase": state.phase.value,
        "minutes": plan.minutes,
        "left": round(state.left, 1),
        "used": round(state.used, 1),
        "given_back": round(state.given_back, 1),
        "hosts": [_host_to_json(name, sitting, state) for name in plan.hosts],
        "tasks": [
            {
                "position": task.position,
                "exercise": task.exercise,
                "weight": task.weight,
                "host": task.host,
                "flagged": done.flagged,
                "seconds": round(done.seconds, 1),
                "graded": done.grade is not None,
                "earned": done.grade.earned if done.grade else None,
                "points": done.grade.points if done.grade else None,
            }
            for task, done in zip(plan.tasks, state.tasks, strict=True)
        ],
    }


def _host_to_json(name: str, sitting: Sitting, state: State) -> dict[str, str]:
    condition = "lost" if name in state.lost else "gone" if name in state.gone else "there"
    return {"name": name, "lab": sitting.labs[name], "condition": condition}
