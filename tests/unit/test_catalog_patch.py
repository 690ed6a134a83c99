"""An answer as a patch of another one: what becomes of it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import i18n
from lab.catalog.patch import PatchError, between, script_text

SOLUTION = """#!/usr/bin/env bash
# All as asked.
set -euo pipefail

kubectl apply -f - <<'EOF'
kind: Pod
spec:
  securityContext:
    runAsUser: 1000
    runAsGroup: 3000
  containers:
    - name: main
      securityContext:
        runAsUser: 1000
EOF
"""


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    i18n.use("en")
    (tmp_path / "solution.sh").write_text(SOLUTION)
    return tmp_path


def patched(answers: Path, patch: str, name: str = "other") -> str:
    (answers / f"{name}.patch").write_text(patch)
    return script_text(answers, name)


def test_a_script_that_is_written_out_is_taken_as_it_is(answers: Path) -> None:
    assert script_text(answers, "solution") == SOLUTION


def test_lines_go_and_come_where_the_lines_around_them_are(answers: Path) -> None:
    text = patched(answers, "--- solution\n@@\n-    runAsUser: 1000\n+    runAsUser: 0\n     runAsGroup: 3000\n")
    assert text == SOLUTION.replace("1000\n    runAsGroup", "0\n    runAsGroup")


def test_a_comment_takes_the_place_of_the_scripts(answers: Path) -> None:
    text = patched(answers, "# No group.\n# Why not?\n--- solution\n@@\n-    runAsGroup: 3000\n")
    assert text == SOLUTION.replace("    runAsGroup: 3000\n", "").replace("# All as asked.", "# No group.\n# Why not?")


def test_several_changes_may_come_in_any_order(answers: Path) -> None:
    text = patched(answers, "--- solution\n@@\n-    - name: main\n+    - name: app\n@@\n-kind: Pod\n+kind: Job\n")
    assert text == SOLUTION.replace("main", "app").replace("kind: Pod", "kind: Job")


def test_an_empty_line_of_the_script_may_be_written_without_its_space(answers: Path) -> None:
    text = patched(answers, "--- solution\n@@\n set -euo pipefail\n\n+id\n")
    assert text == SOLUTION.replace("pipefail\n\n", "pipefail\n\nid\n")


def test_a_patch_may_change_an_answer_that_is_a_patch(answers: Path) -> None:
    patched(answers, "--- solution\n@@\n-kind: Pod\n+kind: Job\n", "job")
    assert patched(answers, "--- job\n@@\n-kind: Job\n+kind: CronJob\n") == SOLUTION.replace("Pod", "CronJob")


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ("--- solution\n@@\n-kind: Job\n", "there 0 times"),
        ("--- solution\n@@\n-      securityContext:\n-        runAsUser: 2\n", "there 0 times"),
        ("--- solution\n@@\n-kind: Pod\n@@\n kind: Pod\n spec:\n", "about the same lines"),
        ("--- nobody\n@@\n-kind: Pod\n", "changes the answer nobody"),
        ("--- other\n@@\n-kind: Pod\n", "changes the answer other"),
        ("--- solution\n-kind: Pod\n", "line 2"),
        ("--- solution\n@@\n+only new\n", "not written as a patch"),
        ("just words\n", "line 1"),
        ("", "not written as a patch"),
    ],
)
def test_a_patch_that_cannot_be_applied_is_refused(answers: Path, patch: str, message: str) -> None:
    with pytest.raises(PatchError, match=message):
        patched(answers, patch)


def test_lines_that_are_there_twice_are_no_place(answers: Path) -> None:
    (answers / "solution.sh").write_text(SOLUTION.replace("        runAsUser", "    runAsUser"))
    with pytest.raises(PatchError, match="there 2 times"):
        patched(answers, "--- solution\n@@\n-    runAsUser: 1000\n")


def test_an_answer_without_a_file_is_told_as_one(answers: Path) -> None:
    with pytest.raises(FileNotFoundError):
        script_text(answers, "other")


@pytest.mark.parametrize(
    "script",
    [
        SOLUTION.replace("# All as asked.", "# Root.").replace("        runAsUser: 1000", "        runAsUser: 0"),
        SOLUTION.replace("    runAsGroup: 3000\n", ""),
        SOLUTION + "id\n",
        SOLUTION.replace("kind: Pod\nspec:\n", "kind: Pod\nmetadata:\n  name: a\nspec:\n  hostPID: true\n"),
        SOLUTION.replace("#!/usr/bin/env bash\n", "#!/bin/sh\n"),
        "true\n",
    ],
)
def test_the_patch_between_two_scripts_makes_the_one_of_the_other(answers: Path, script: str) -> None:
    assert patched(answers, between("solution", SOLUTION, script)) == script


def test_the_patch_between_two_scripts_has_no_line_more_than_it_needs(answers: Path) -> None:
    script = SOLUTION.replace("# All as asked.", "# No group.").replace("    runAsGroup: 3000\n", "")
    assert between("solution", SOLUTION, script) == "# No group.\n--- solution\n@@\n-    runAsGroup: 3000\n"
