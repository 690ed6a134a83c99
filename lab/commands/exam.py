"""Mock exams: `exam list` and `exam plan`. `lab.commands.sitting` has the verbs of a sitting."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands import exam_report, sitting
from lab.commands.arguments import Verbs, json_option, print_json
from lab.commands.drawing import draw_options, drawn_seed, lack_text, load_blueprints

if TYPE_CHECKING:
    from lab.catalog.blueprint import Blueprint
    from lab.catalog.model import Catalog
    from lab.exam.plan import Lack, Plan


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    exam = Verbs(verbs.add("exam"), parent="exam.")
    json_option(exam.add("list", _list))
    plan = exam.add("plan", _plan)
    draw_options(plan)
    json_option(plan)
    sitting.add(exam)
    exam_report.add(exam)


def _list(args: Namespace) -> int:
    from lab.exam.plan import shortages
    from lab.exam.pool import pool_of

    catalog, blueprints = load_blueprints()
    pools = {each.id: pool_of(each, catalog.exercises) for each in blueprints.known}
    if args.json:
        print_json([_to_json(each, shortages(each, pools[each.id])) for each in blueprints.known])
        return 0
    width = max((len(each.id) for each in blueprints.known), default=0)
    for each in blueprints.known:
        print(f"{each.id:{width}}  {_facts(f'{each.minutes:3}', f'{each.tasks:2}', each.pass_mark)}  {each.title}")
        for lack in shortages(each, pools[each.id]):
            print(f"{'':{width}}  {lack_text(catalog, lack)}")
    return 0


def _plan(args: Namespace) -> int:
    from lab.exam.plan import draw, require_pool, to_json
    from lab.exam.pool import pool_of

    catalog, blueprints = load_blueprints()
    blueprint = blueprints.get(args.blueprint)
    seed, digest = args.seed or drawn_seed()
    plan = draw(blueprint, pool_of(blueprint, catalog.exercises), seed, args.hosts)
    require_pool(plan, digest)
    if args.json:
        print_json(to_json(plan))
    else:
        print("\n".join(_to_text(plan, catalog, blueprint)))
    return 0


def _to_json(blueprint: Blueprint, lacks: tuple[Lack, ...]) -> dict[str, object]:
    return {
        "id": blueprint.id,
        "title": str(blueprint.title),
        "minutes": blueprint.minutes,
        "tasks": blueprint.tasks,
        "pass": blueprint.pass_mark,
        "domains": dict(blueprint.domains),
        "levels": dict(blueprint.levels),
        "lacks": [{"what": lack.what, "name": lack.name, "asked": lack.asked, "there": lack.there} for lack in lacks],
    }


def _to_text(plan: Plan, catalog: Catalog, blueprint: Blueprint) -> Iterator[str]:
    """What the exam is, a line a task, and what it lacks."""
    facts = _facts(plan.minutes, len(plan.tasks), plan.pass_mark)
    yield f"{blueprint.title} · {facts} · {i18n.text('cli.exam.drawn', seed=plan.name)}"
    for task in plan.tasks:
        level = i18n.text(f"ui.level.{task.level}")
        words = i18n.text(
            "cli.exam.task", level=level, minutes=task.minutes, title=catalog.exercise(task.exercise).title
        )
        yield f"{task.position:3}  {task.weight:3} %  {task.host}  {words}  ({task.exercise})"
    yield i18n.text("cli.exam.needs", minutes=plan.task_minutes)
    if len(plan.tasks) < plan.asked:
        yield i18n.text("cli.exam.fewer", tasks=len(plan.tasks), asked=plan.asked, minutes=plan.minutes)
    for lack in plan.lacks:
        yield f"  {lack_text(catalog, lack)}"
    if plan.left_out:
        yield i18n.text("cli.exam.left_out", exercises=", ".join(plan.left_out))


def _facts(minutes: object, tasks: object, pass_mark: int) -> str:
    return i18n.text("cli.exam.facts", minutes=minutes, tasks=tasks, pass_mark=pass_mark)
