"""Looking back: `history` of what was tried, `note` of what was learned, `next` for what follows from it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs, exercise_argument, json_option, print_json
from lab.commands.exercises import open_session
from lab.commands.sitting import require_none_under_way

if TYPE_CHECKING:
    from datetime import datetime

    from lab.catalog.model import Catalog
    from lab.exam.sittings import Sitting
    from lab.practice.attempt import Attempt, PastGrade, Standing
    from lab.practice.history import History
    from lab.practice.suggestion import Suggestion

SHOWN = 20
"""How many attempts are listed; `--json` and `--export` tell all."""


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    history = verbs.add("history", _history)
    exercise_argument(history, nargs="?")
    json_option(history)
    history.add_argument("--export", type=Path, metavar="FILE", help=i18n.text("cli.history.export"))
    json_option(verbs.add("next", _next))
    note = verbs.add("note", _note)
    exercise_argument(note)
    note.add_argument("text", nargs="?", metavar="TEXT", help=i18n.text("cli.note.text"))


def _history(args: Namespace) -> int:
    from lab.exam.sittings import Sittings
    from lab.practice.attempt import standings

    if not args.export:
        require_none_under_way()
    session = open_session(args)
    exercises = [session.exercise(args.exercise)] if args.exercise else session.catalog.exercises
    attempts = session.history.attempts(args.exercise or "")
    found = standings(exercises, attempts)
    if args.export:
        sittings = () if args.exercise else _sittings(session.history)
        _export(args.export, attempts, sittings)
        words = i18n.text("cli.history.exported", count=len(attempts), sittings=len(sittings), file=args.export)
        print(words)
    elif args.json:
        told = [_standing_to_json(standing, session.history) for standing in found]
        print_json({"attempts": [_attempt_to_json(attempt) for attempt in attempts], "exercises": told})
    elif not attempts:
        print(i18n.text("cli.history.none"))
    else:
        print("\n".join([*_listed(attempts[:SHOWN]), "", *_summed_up(found)]))
    if args.export or args.json:
        return 0
    if args.exercise:
        (standing,) = found
        print("\n".join(_in_detail(standing, session.history)))
    if (sitting := Sittings(session.history.database).open()) is not None:
        print(i18n.text("cli.exam.phase.graded", number=sitting.number))
    return 0


def _next(args: Namespace) -> int:
    """Print what to practise, and why."""
    from lab.cluster import record
    from lab.exam.reviews import what_next
    from lab.practice.suggestion import to_json

    session = open_session(args)
    memory = record.load(args.name)
    lacks = memory.lacking() if memory else {}
    now = session.clock.now()
    exercises, history = session.catalog.exercises, session.history
    found = what_next(exercises, lacks, history.attempts(), _sittings(history), now)
    if args.json:
        print_json([to_json(suggestion, now) for suggestion in found])
    elif not found:
        print(i18n.text("cli.next.none"))
    else:
        print("\n".join(_in_order(found, session.catalog, now)))
    return 0


def _in_order(suggestions: Sequence[Suggestion], catalog: Catalog, now: datetime) -> Iterator[str]:
    """A line an exercise, best first."""
    from lab.practice.suggestion import why

    width = max(len(suggestion.exercise.id) for suggestion in suggestions)
    for suggestion in suggestions:
        exercise = suggestion.exercise
        reason = why(suggestion, now) or i18n.text("cli.next.new")
        facts = i18n.text("cli.next.facts", minutes=exercise.minutes, objective=catalog.objective(exercise))
        yield f"{exercise.id:{width}}  {facts}  {reason}"


def _note(args: Namespace) -> int:
    require_none_under_way()
    session = open_session(args)
    exercise = session.exercise(args.exercise)
    if args.text is not None:
        session.history.write_note(exercise, args.text)
    elif note := session.history.note(exercise):
        print(note)
    return 0


def _listed(attempts: Sequence[Attempt]) -> Iterator[str]:
    """A line an attempt."""
    from lab.practice.attempt import Outcome
    from lab.progress import duration
    from lab.text import cells, pad

    words = {outcome: i18n.text(f"history.outcome.{outcome}") for outcome in Outcome}
    width = max(map(cells, words.values()))
    for attempt in attempts:
        facts = [f"{attempt.started.astimezone():%Y-%m-%d %H:%M}", pad(words[attempt.outcome], width)]
        facts += [
            f"{_score(attempt.best):>5}",
            f"{duration(attempt.seconds) if attempt.grades else '-':>6}",
            attempt.exercise,
        ]
        facts += [i18n.text("history.hints", hints=attempt.hints)] if attempt.hints else []
        yield "  ".join(facts)


def _summed_up(standings: Sequence[Standing]) -> Iterator[str]:
    """A line an exercise that was tried."""
    tried = [standing for standing in standings if standing.attempts]
    width = max((len(standing.exercise.id) for standing in tried), default=0)
    for standing in tried:
        name, count = f"{standing.exercise.id:{width}}", len(standing.attempts)
        yield i18n.text("cli.history.summed_up", exercise=name, best=_score(standing.best), count=count)


def _score(grade: PastGrade | None) -> str:
    return f"{grade.score}/{grade.max}" if grade else "-"


def _in_detail(standing: Standing, history: History) -> Iterator[str]:
    """How each criterion was judged, and the learner's note."""
    if standing.best is not None:
        width = max(len(tally.criterion) for tally in standing.tallies())
        for tally in standing.tallies():
            name = f"{tally.criterion:{width}}"
            yield i18n.text("cli.history.tally", criterion=name, passed=tally.passed, failed=tally.failed)
    if note := history.note(standing.exercise):
        yield "\n" + i18n.text("history.note", note=note)


def _sittings(history: History) -> Sequence[Sitting]:
    """Every mock exam that was sat."""
    from lab.exam.sittings import Sittings

    return Sittings(history.database).all()


def _export(file: Path, attempts: Sequence[Attempt], sittings: Sequence[Sitting]) -> None:
    """Write the attempts, oldest first, then the sittings, one JSON value a line, for the user alone to read."""
    import json

    from lab.exam.sittings import to_json

    file.touch(mode=0o600)
    with file.open("w", encoding="utf-8") as lines:
        for attempt in reversed(attempts):
            print(json.dumps(_attempt_to_json(attempt), ensure_ascii=False), file=lines)
        for sitting in sittings:
            print(json.dumps(to_json(sitting), ensure_ascii=False), file=lines)


def _standing_to_json(standing: Standing, history: History) -> dict[str, object]:
    latest, passed, best = standing.latest, standing.passed, standing.best
    return {
        "id": standing.exercise.id,
        "attempts": len(standing.attempts),
        "outcome": latest.outcome if latest else None,
        "passed": passed.isoformat(timespec="seconds") if passed else None,
        "best": {"score": best.score, "max": best.max} if best else None,
        "criteria": [
            {"id": tally.criterion, "passed": tally.passed, "failed": tally.failed} for tally in standing.tallies()
        ],
        "note": history.note(standing.exercise),
    }


def _attempt_to_json(attempt: Attempt) -> dict[str, object]:
    return {
        "exercise": attempt.exercise,
        "lab": attempt.lab,
        "engine": attempt.engine,
        "started": attempt.started.isoformat(timespec="seconds"),
        "ended": attempt.ended.isoformat(timespec="seconds") if attempt.ended else None,
        "outcome": attempt.outcome,
        "seconds": round(attempt.seconds, 3),
        "hints": attempt.hints,
        "solution_seen": attempt.solution_seen,
        "grades": [_grade_to_json(grade) for grade in attempt.grades],
    }


def _grade_to_json(grade: PastGrade) -> dict[str, object]:
    return {
        "looked": grade.looked.isoformat(timespec="seconds"),
        "seconds": round(grade.seconds, 3),
        "kubernetes": grade.kubernetes,
        "verdict": grade.verdict,
        "scored": grade.scored,
        "score": grade.score,
        "max": grade.max,
        "criteria": [
            {"id": criterion.id, "points": criterion.points, "earned": criterion.earned, "verdict": criterion.verdict}
            for criterion in grade.criteria
        ],
    }
