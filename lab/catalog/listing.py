"""What `ckslab list` shows: little of each exercise, so that sixty of them need not be read for one line each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lab import paths
from lab.cached import cached


def listing(*, drafts: bool = False, root: Path | None = None) -> dict[str, Any]:
    """The catalog in short: `broken`, the number of mistakes in its files, and its `domains` with their `exercises`.

    Titles are in all languages, everything else is as `ckslab list --json` has it.

    Args:
        drafts: with the exercises that are being written.
    """
    root = root or paths.data("exercises")
    name = "listing-with-drafts" if drafts else "listing"
    return dict(cached(_files(root), name, lambda: _read(root, drafts=drafts)))


def _read(root: Path, *, drafts: bool) -> dict[str, Any]:
    from lab.catalog.load import load

    catalog = load(root, drafts=drafts)
    return {
        "broken": len(catalog.problems),
        "domains": [
            {
                "title": {"en": domain.title.en, "zh": domain.title.zh},
                "exercises": [
                    {
                        "id": exercise.id,
                        "domain": exercise.domain,
                        "title": {"en": exercise.title.en, "zh": exercise.title.zh},
                        "source": exercise.source,
                        "objective": exercise.objective,
                        "minutes": exercise.minutes,
                        "level": exercise.level,
                        "points": exercise.points,
                        "requires": list(exercise.requires),
                        "draft": exercise.draft,
                    }
                    for exercise in domain.exercises
                ],
            }
            for domain in catalog.domains
        ],
    }


def _files(root: Path) -> list[str]:
    """What the listing is made of: the exercises' files, and the code that reads them and knows whether they are right.

    As text, not as `Path`: to make hundreds of these takes longer than to ask for their times.
    """
    domains = _inside(str(root), folders=True)
    exercises = [exercise for domain in domains for exercise in _inside(domain, folders=True)]
    here = __file__.rpartition("/")[0]
    code = [*_inside(here, folders=False), *_inside(f"{here}/../../checkers", folders=False)]
    return [
        *(f"{domain}/domain.yaml" for domain in domains),
        *(f"{exercise}/exercise.yaml" for exercise in exercises),
        *(file for file in code if file.endswith(".py")),
    ]


def _inside(folder: str, *, folders: bool) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.path for entry in entries if entry.is_dir() == folders and entry.name[0] not in "._")
