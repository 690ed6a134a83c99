"""Every check by its name. A module beside this one is found by itself: nothing has to be entered anywhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from checkers import api


@cache
def checks() -> Mapping[str, api.Check]:
    """All checks by name."""
    here = Path(__file__).parent
    for module in pkgutil.iter_modules([str(here)]):
        if not module.ispkg:
            importlib.import_module(f"checkers.{module.name}")
    return api.entered()
