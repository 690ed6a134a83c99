"""What a quick verb may cost: the heavy libraries stay out until something needs them."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("textual", "rich", "kubernetes", "urllib3", "requests", "asyncio", "sqlite3")
PROGRAM = """
import sys
from lab.cli import main
code = main(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "argv", [["list"], ["list", "--json"], ["task", "busybox-security-context"], ["author", "check"]]
)
def test_a_quick_verb_imports_nothing_heavy(argv: list[str]) -> None:
    process = subprocess.run([sys.executable, "-c", PROGRAM, *argv], capture_output=True, text=True, check=True)
    assert [module for module in process.stderr.split() if module in HEAVY] == []


def test_the_command_line_itself_knows_no_part_of_the_lab_that_it_was_not_asked_for() -> None:
    program = "import sys, lab.cli; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in modules if name.startswith(("lab.ui", "lab.cluster.kind.engine", "lab.practice"))] == []


def test_the_first_frame_of_the_app_waits_for_nothing_that_observes_or_changes_a_lab() -> None:
    program = "import sys, lab.practice.session, lab.ui.app; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    late = ("lab.grading.observe", "lab.cluster.machines", "lab.practice.scenario", "lab.ui.screens.practice")
    assert [name for name in modules if name.startswith(late)] == []
