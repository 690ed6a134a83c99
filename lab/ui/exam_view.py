"""What the screens of an exam say, as rules without a screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.content import Content

from lab import i18n
from lab.catalog.blueprint import Blueprint
from lab.catalog.model import Catalog
from lab.exam.plan import Plan, PlannedTask
from lab.exam.state import Phase, State, TaskState
from lab.progress import duration
from lab.text import cells, cut
from lab.ui import results
from lab.ui.marks import MUTED

SOON = 300.0
"""Seconds that are left when the clock turns amber."""
FLAG = "⚑"


def top_line(plan: Plan, state: State, width: int) -> Content:
    """`EXAM  task 3 of 8 · 12 % · on cks1234: ssh cks1234        ⏱ 41:12`, in so many columns."""
    right = _clock(state)
    left = Content.assemble((i18n.text("ui.exam.name"), "bold"), "  ")
    if state.open_task:
        task = plan.task(state.open_task)
        facts = i18n.text(
            "ui.exam.task", position=task.position, tasks=len(plan.tasks), weight=task.weight, host=task.host
        )
        left = Content.assemble(left, cut(facts, max(10, width - cells(left.plain) - cells(right.plain) - 2)))
    space = max(2, width - cells(left.plain) - cells(right.plain))
    return Content.assemble(left, " " * space, right)


def _clock(state: State) -> Content:
    back = i18n.text("ui.exam.given_back", time=duration(state.given_back)) if state.given_back >= 1 else ""
    if state.gone:
        stands = i18n.text("ui.exam.stands_still", hosts=", ".join(sorted(state.gone)))
        return Content.assemble((stands, "bold $text-warning"), "  ", f"⏸ {results.clock(state.left)}")
    style = "bold $text-error" if state.left < 60 else "bold $text-warning" if state.left < SOON else "bold"
    return Content.assemble((back, MUTED), "  " if back else "", (f"⏱ {results.clock(state.left)}", style))


def task_lines(plan: Plan, catalog: Catalog, state: State, width: int) -> Iterator[Content]:
    """A line for each task: `3  12 %  ⚑ Title  4m`. What was never opened is dim."""
    for task, done in zip(plan.tasks, state.tasks, strict=True):
        title = str(catalog.exercise(task.exercise).title)
        yield _task_line(task, done, title, width, is_lost=task.host in state.lost)


def _task_line(task: PlannedTask, done: TaskState, title: str, width: int, *, is_lost: bool) -> Content:
    flag = f"{FLAG} " if done.flagged else "  "
    worked = duration(done.seconds) if done.visits else i18n.text("ui.exam.unopened")
    end = i18n.text("ui.exam.lost") if is_lost else worked
    head = f"{task.position:2} {task.weight:3} % "
    title = cut(title, max(8, width - cells(head + flag + end) - 1))
    space = " " * max(1, width - cells(head + flag + title + end))
    return Content.assemble(
        (head, MUTED), (flag, "bold $text-warning"), (title, "" if done.visits else MUTED), space, (end, MUTED)
    )


def task_text(plan: Plan, catalog: Catalog, position: int) -> str:
    """The task as Markdown, with where it is to be done."""
    task = plan.task(position)
    exercise = catalog.exercise(task.exercise)
    where = "ui.exam.where" if len(plan.hosts) > 1 else "ui.exam.where_one"
    return f"{i18n.text(where, host=task.host, weight=task.weight)}\n\n{exercise.task}"


def unfinished(plan: Plan, state: State) -> str:
    """What a learner should know before handing in: tasks that were never opened, and those with a flag."""
    tasks = list(zip(plan.tasks, state.tasks, strict=True))
    unopened = [str(task.position) for task, done in tasks if not done.visits]
    flagged = [str(task.position) for task, done in tasks if done.flagged]
    parts = [i18n.text("ui.exam.left", time=duration(state.left))]
    if unopened:
        parts.append(i18n.text("ui.exam.never_opened", tasks=", ".join(unopened)))
    if flagged:
        parts.append(i18n.text("ui.exam.with_flag", tasks=", ".join(flagged)))
    return " ".join(parts)


def ended(state: State) -> str:
    """What is said once nobody works any more."""
    if state.phase is Phase.ENDED:
        graded = sum(task.grade is not None for task in state.tasks)
        how = "ui.exam.handed_in" if state.handed_in else "ui.exam.over"
        return f"{i18n.text(how)} {i18n.text('ui.exam.grading', graded=graded, tasks=len(state.tasks))}"
    return i18n.text(f"ui.exam.{state.phase}")


def about(blueprint: Blueprint, catalog: Catalog, lacks: Iterable[str], free_bytes: int, running: int) -> str:
    """What an exam is and what it needs, as Markdown.

    Args:
        lacks: what the blueprint asks for and the exercises do not have, a sentence each.
        running: how many of its labs run already.
    """
    titles = {domain.id: str(domain.title) for domain in catalog.domains}
    facts = {"minutes": blueprint.minutes, "tasks": blueprint.tasks, "pass_mark": blueprint.pass_mark}
    free = round(free_bytes / 1024**3)
    parts = [
        f"# {blueprint.title}",
        i18n.text("ui.lobby.about", **facts, hosts=blueprint.hosts, free=free, there=running),
    ]
    if len(blueprint.domains) > 1:
        shares = ", ".join(f"{titles[domain]} {share} %" for domain, share in blueprint.domains.items())
        parts.append(i18n.text("ui.lobby.shares", shares=shares))
    if missing := list(lacks):
        parts.append(i18n.text("ui.lobby.lacks", lacks="; ".join(missing)))
    return "\n\n".join(parts)
