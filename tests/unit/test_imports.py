"""What a quick verb may cost: the heavy libraries stay out until something needs them."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("textual", "rich", "kubernetes", "urllib3", "requests", "asyncio", "sqlite3")
QUICK = (["list"], ["list", "--json"], ["task", "busybox-security-context"], ["author", "check"])


def test_quick_verbs_import_nothing_heavy() -> None:
    program = f"import sys; from lab.cli import main; print(*map(main, {QUICK}), *sys.modules, file=sys.stderr)"
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    *_, said = process.stderr.splitlines()
    assert said.split()[: len(QUICK)] == ["0"] * len(QUICK)
    assert [name for name in said.split() if name in HEAVY] == []


def test_the_command_line_itself_knows_no_part_of_the_lab_that_it_was_not_asked_for() -> None:
    program = "import sys, lab.cli; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in modules if name.startswith(("lab.ui", "lab.cluster.kind.engine", "lab.practice"))] == []


def test_the_first_frame_of_the_app_waits_for_nothing_that_reads_exercises_or_observes_or_changes_a_lab() -> None:
    program = "import sys, lab.catalog.load, lab.practice.session, lab.ui.app; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    reads = ("lab.catalog.folders", "lab.catalog.reader", "lab.catalog.source", "checkers.registry")
    late = (*reads, "lab.grading.observe", "lab.cluster.machines", "lab.practice.scenario", "lab.ui.screens.practice")
    assert [name for name in modules if name.startswith(late)] == []
