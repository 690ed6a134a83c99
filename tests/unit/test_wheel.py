"""What an installed lab consists of."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all files of the wheel."""
    if UV is None:
        pytest.skip("no uv to build a wheel with")
    out = tmp_path_factory.mktemp("wheel")
    build = subprocess.run([UV, "build", "--wheel", "--out-dir", out, ROOT], capture_output=True, text=True)
    assert build.returncode == 0, build.stderr
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def tracked(*folders: str) -> set[str]:
    """The files of these folders that are in git, so that what a build left lying about is not asked for."""
    listed = subprocess.run(["git", "ls-files", "-z", *folders], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}


def test_the_program_is_in_it_with_its_texts_and_styles(content: set[str]) -> None:
    assert tracked("lab", "checkers") <= content
    assert {"lab/locale/en.yaml", "lab/locale/zh.yaml", "lab/py.typed"} <= content


def test_the_data_is_in_it_where_the_program_looks(content: set[str]) -> None:
    assert {f"lab/_data/{name}" for name in tracked("addons", "exercises", "hub", "node", "vagrant")} <= content


def test_it_takes_no_other_name_at_the_top(content: set[str]) -> None:
    tops = {name.partition("/")[0] for name in content}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"lab", "checkers"}


def test_nothing_that_a_tool_left_behind_is_in_it(content: set[str]) -> None:
    assert [name for name in content if "__pycache__" in name or name.endswith((".pyc", ".tar", ".img"))] == []


def test_the_licence_is_in_it(content: set[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in content)
