"""Sitting a mock exam: `exam start`, `sit`, `status`, `hand-in`, `close`, and `proctor`, which watches it."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING, NoReturn

from lab import i18n, log, paths
from lab.commands.arguments import Verbs, json_option, print_json
from lab.commands.drawing import draw_options, drawn_seed, load_blueprints
from lab.errors import LabError, UsageError
from lab.progress import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lab.authoring.exam_proof import ExamProof
    from lab.catalog.blueprint import Blueprint
    from lab.catalog.model import Catalog
    from lab.exam.begin import Begun
    from lab.exam.prepare import Wish
    from lab.exam.sittings import Journal, Sitting, Sittings
    from lab.exam.state import State
    from lab.practice.history import History
    from lab.progress import OnProgress
    from lab.ui.screens.lobby import Lobby
    from lab.ui.screens.sitting import Exam

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
    start.add_argument("--lost", type=int, metavar="N", help=i18n.text("cli.exam.only_lost"))
    json_option(start)
    json_option(exam.add("status", _status))
    json_option(exam.add("hand-in", _hand_in))
    close = exam.add("close", _close)
    close.add_argument("--abandon", action="store_true", help=i18n.text("cli.exam.abandon"))
    exam.add("sit", sit)
    prove = exam.add("prove", _prove)
    draw_options(prove)
    json_option(prove)
    exam.add("proctor", _proctor)


def require_none_under_way() -> None:
    """See that no exam is being sat: nothing helps in one.

    Raises:
        UsageError: one is (`exam.not_now`).
    """
    if number := is_under_way():
        raise UsageError("exam.not_now", number=number)


def is_under_way() -> int:
    """The number of the sitting that goes on or is being graded; 0: there is none."""
    from lab.exam.events import now
    from lab.exam.state import Phase

    sitting = _sittings().open()
    going_on = sitting is not None and sitting.state(now()).phase in (Phase.UNDER_WAY, Phase.ENDED)
    return sitting.number if sitting and going_on else 0


def sit(args: Namespace) -> int:
    """The app on the open sitting, or on the lobby where one begins."""
    from lab import settings
    from lab.commands.app import need_terminal
    from lab.ui import run

    need_terminal()
    code = run.run_exams(_exam_of(_sittings().open()) or _lobby(args.name), settings.load())
    if code == run.HOME:
        go("--name", args.name)
    if number := is_under_way():
        print(i18n.text("cli.exam.goes_on", number=number))
    return code


def go(*argv: str) -> NoReturn:
    """Become another `ckslab` that speaks the same language: each app has a process of its own."""
    os.execv(sys.executable, [sys.executable, "-m", "lab.cli", "--lang", i18n.language(), *argv])  # noqa: S606


def _lobby(lab: str) -> Lobby:
    from lab.cluster.engine import State
    from lab.commands.drawing import lack_text
    from lab.exam.begin import begin, session_on
    from lab.exam.plan import shortages
    from lab.exam.pool import pool_of
    from lab.exam.prepare import free_memory, names_of_labs
    from lab.practice.history import History
    from lab.ui import exam_view
    from lab.ui.screens.lobby import Lobby

    catalog, blueprints = load_blueprints()

    def about(blueprint: Blueprint) -> str:
        labs = [session_on(name, catalog).engine for name in names_of_labs(lab, blueprint.hosts)]
        running = sum(engine.status().state is State.READY for engine in labs)
        lacks = shortages(blueprint, pool_of(blueprint, catalog.exercises))
        sentences = [lack_text(catalog, lack) for lack in lacks]
        return exam_view.about(blueprint, catalog, sentences, free_memory(), running)

    def start(wish: Wish, progress: OnProgress) -> Exam:
        exam = _exam_of(begin(wish, lab, catalog, History(paths.history()), progress).sitting)
        assert exam is not None  # noqa: S101 - it has just begun
        return exam

    return Lobby(blueprints.known, about, lambda: drawn_seed()[0], start)


def _exam_of(sitting: Sitting | None) -> Exam | None:
    """What the app shows of a sitting."""
    from lab.exam import proctor
    from lab.exam.begin import close
    from lab.practice.history import History

    if sitting is None:
        return None
    catalog, history = load_blueprints()[0], History(paths.history())
    proctor.ensure(sitting)
    return exam_of(
        sitting,
        history,
        catalog,
        paths.state(),
        watch_over=lambda: proctor.ensure(sitting),
        close=lambda journal: close(sitting, journal, catalog),
    )


def exam_of(
    sitting: Sitting,
    history: History,
    catalog: Catalog,
    state: Path,
    *,
    watch_over: Callable[[], None],
    close: Callable[[Journal], None],
) -> Exam:
    """What an app shows of a sitting.

    Args:
        history: the learner's, with the sitting.
        state: the directory where the sitting's files are saved.
        watch_over: sees to it that somebody watches it.
        close: puts it behind its learner.
    """
    from lab.exam import notepad
    from lab.exam.begin import session_on
    from lab.exam.report import read_report
    from lab.exam.sittings import Journal, Sittings
    from lab.foreground import foreground
    from lab.ui.screens.sitting import Exam
    from lab.ui.shell import embedded_argv, full_screen_argv

    journal = Journal(Sittings(history.database), sitting)
    session = session_on(sitting.first_lab, catalog)
    engine = session.engine
    return Exam(
        plan=sitting.plan,
        catalog=catalog,
        journal=journal,
        notepad=notepad.of_sitting(state, sitting.number),
        shell_argv=lambda: embedded_argv(engine),
        full_shell=lambda: foreground(full_screen_argv(engine, i18n.text("ui.exam.returns")), journal.key),
        watch_over=watch_over,
        report=lambda: read_report(history, catalog, engine.lacks(), session.clock.now(), sitting.number),
        close=lambda: close(journal),
    )


def _start(args: Namespace) -> int:
    from lab.console import Console
    from lab.exam.begin import begin
    from lab.exam.events import now
    from lab.exam.prepare import Wish
    from lab.practice.history import History

    catalog, blueprints = load_blueprints()
    blueprint = blueprints.get(args.blueprint)
    seed, digest = args.seed or drawn_seed()
    history = History(paths.history())
    only = _lost_in(args.lost, history) if args.lost else frozenset()
    with Console() as progress:
        begun = begin(Wish(blueprint, seed, digest, args.hosts, only), args.name, catalog, history, progress)
    if args.json:
        print_json(_to_json(begun.sitting, begun.sitting.state(now())))
    else:
        _tell_start(begun, str(blueprint.title))
    return 0


def _lost_in(number: int, history: History) -> frozenset[str]:
    """The exercises of the tasks that were not wholly right in a sitting.

    Raises:
        UsageError: there is no such sitting (`exam.no_sitting`), or nothing was lost in it (`exam.nothing_lost`).
    """
    from lab.exam.sittings import Sittings

    sitting = Sittings(history.database).get(number)
    lost = sitting.state(sitting.last).lost_tasks
    if not lost:
        raise UsageError("exam.nothing_lost", number=number)
    return frozenset(sitting.plan.task(position).exercise for position in lost)


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
    from lab.exam.begin import hosts_of
    from lab.exam.finish import hand_in
    from lab.exam.sittings import Journal
    from lab.exam.state import Phase

    sittings = _sittings()
    sitting = _the_open_one(sittings)
    journal = Journal(sittings, sitting)
    if journal.state().phase is Phase.UNDER_WAY:
        hand_in(journal, hosts_of(sitting, load_blueprints()[0]))
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
    from lab.exam.begin import close
    from lab.exam.sittings import Journal
    from lab.exam.state import Phase

    sittings = _sittings()
    sitting = _the_open_one(sittings)
    journal = Journal(sittings, sitting)
    if journal.state().phase is not Phase.GRADED and not args.abandon:
        raise UsageError("exam.not_to_close", number=sitting.number)
    close(sitting, journal, load_blueprints()[0])
    print(i18n.text("cli.exam.closed", number=sitting.number))
    return 0


def _proctor(_: Namespace) -> int:
    from lab.exam import proctor
    from lab.exam.begin import hosts_of
    from lab.exam.finish import Finish
    from lab.exam.sittings import Journal
    from lab.exam.state import Phase

    sittings = _sittings()
    sitting = _the_open_one(sittings)
    catalog = load_blueprints()[0]
    with proctor.alone(sitting.number) as is_free:
        if not is_free:
            return 0
        journal, hosts = Journal(sittings, sitting), hosts_of(sitting, catalog)
        proctor.Proctor(journal, hosts).run(time.sleep)
        for _attempt in range(TRIES):
            if journal.state().phase is not Phase.ENDED:
                break
            try:
                Finish(sitting, journal, hosts, paths.state()).run()
            except LabError as error:
                log.fault("grading an exam", error)
                time.sleep(PAUSE)
    return 0


def _prove(args: Namespace) -> int:
    from lab.authoring.exam_proof import prove_exam
    from lab.console import Console
    from lab.exam.prepare import Wish

    require_none_under_way()
    catalog, blueprints = load_blueprints()
    seed, digest = args.seed or drawn_seed()
    with Console() as progress:
        wish = Wish(blueprints.get(args.blueprint), seed, digest, args.hosts)
        proof = prove_exam(wish, args.name, catalog, progress)
    if args.json:
        print_json(_proof_to_json(proof))
    else:
        print("\n".join(_proof_to_text(proof)))
    return 0 if proof.holds else 1


def _proof_to_text(proof: ExamProof) -> Iterator[str]:
    """A line for each task, and the seconds."""
    for each in proof.prepared.replaced:
        yield i18n.text("cli.exam.replaced", position=each.position, drawn=each.drawn, reason=each.reason)
    for solved in proof.tasks:
        mark = "✓" if solved.holds else "✗"
        earned, points = (solved.grade.earned, solved.grade.points) if solved.grade else (0, 0)
        yield f"{mark} {solved.task.position:2}  {solved.task.host}  {solved.task.exercise}  {earned}/{points}"
        if solved.problem:
            yield f"      {solved.problem.splitlines()[-1]}"
    yield i18n.text(f"cli.exam.proof.{'holds' if proof.holds else 'fails'}", seed=proof.prepared.plan.name)
    yield i18n.text("cli.exam.proof.seconds", **proof.seconds)


def _proof_to_json(proof: ExamProof) -> dict[str, object]:
    plan = proof.prepared.plan
    return {
        "blueprint": plan.blueprint,
        "seed": plan.name,
        "holds": proof.holds,
        "replaced": [asdict(each) for each in proof.prepared.replaced],
        "seconds": proof.seconds,
        "tasks": [
            {
                "position": each.task.position,
                "exercise": each.task.exercise,
                "host": each.task.host,
                "earned": each.grade.earned if each.grade else 0,
                "points": each.grade.points if each.grade else 0,
                "problem": each.problem,
            }
            for each in proof.tasks
        ],
    }


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
