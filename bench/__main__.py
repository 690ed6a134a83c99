"""Figures that matter, each as a ratio to something known, so that they can be compared between machines.

They are printed and never asserted: a busy machine is no fault of the code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.terminal import App, echoes
from lab import paths
from lab.catalog.load import load

RUNS = 7
TICKS = 5
IDLE, SETTLES = 5.0, 1.0
"""Seconds for which an app is left alone."""
ENTER, F6, F9, SLASH = "\r", "\x1b[17~", "\x1b[20~", "/"

BARE_PYTHON = "pass"
LIST = "import sys; from lab.cli import main; sys.exit(main(['list']))"
MANY = """
import sys
from lab import cli, paths
known = paths.data
paths.data = lambda name: paths.Path(%r) if name == "exercises" else known(name)
sys.exit(cli.main(["list"]))
"""
EXERCISES = 60
MINIMAL = """
from textual.app import App
from textual.widgets import Input
class Steady(Input):
    cursor_blink = False
class Minimal(App):
    def compose(self):
        yield Steady("hello")
Minimal().run()
"""
OURS = """
from lab.ui import run
run.defer_gc()
import time
from lab.catalog.load import load
from lab.cluster.engine import State, Status
from lab.practice.session import Session
from lab.settings import Settings
class NoLab:
    name, lab = 'kind', 'bench'
    def status(self):
        return Status('kind', 'bench', State.READY)
    def lacks(self):
        return {}
    def shell_argv(self, *command):
        return ['%s']
class Slow(Session):
    def start(self, exercise, progress):
        time.sleep(600)
run.run(Slow(load(), NoLab()), lambda progress: None, Settings())
"""
QUIET, FLOOD = OURS % "cat", OURS % "yes"
TITLE, NAME, PRACTICE, BEGUN = "hello", "CKS Lab", "Shell on base", "Starting:"


def row(what: str, ours: float, known: str, theirs: float) -> None:
    """Print one line: two times and their ratio."""
    print(
        f"{what:22} {ours * 1000:6.1f} ms   {known:20} {theirs * 1000:6.1f} ms   ratio {ours / theirs:.2f}", flush=True
    )


def best(measure: Callable[[], float]) -> float:
    """The best of some runs."""
    return min(measure() for _ in range(RUNS))


def whole(program: str) -> float:
    """Seconds that a Python program takes from its start to its end."""
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - before


def first_frame(program: str, sign: str) -> float:
    """Seconds until a program has shown this."""
    with App(program) as app:
        return app.first_frame(sign)


def exercises(folder: Path) -> Path:
    """A catalog of many exercises: those of the lab, again and again under other names.

    Raises:
        ValueError: some of them would not be listed.
    """
    known = [file.parent for file in sorted(paths.data("exercises").glob("*/*/exercise.yaml"))]
    names = [f"{known[number % len(known)].name}-{number}" for number in range(EXERCISES)]
    for number, name in enumerate(names):
        source, target = known[number % len(known)], folder / "many" / name
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("recordings"))
        text = (source / "exercise.yaml").read_text(encoding="utf-8")
        (target / "exercise.yaml").write_text(text.replace(f"id: {source.name}", f"id: {name}", 1), encoding="utf-8")
    listed = "".join(f"\n  - {name}" for name in names)
    (folder / "many" / "domain.yaml").write_text(f"id: many\ntitle: {{en: Many, zh: 很多}}\nexercises:{listed}\n")
    if problems := load(folder).problems:
        raise ValueError("\n".join(map(str, problems)))
    return folder


def starts() -> None:
    """How soon one sees something."""
    row("ckslab list", best(lambda: whole(LIST)), "bare python", best(lambda: whole(BARE_PYTHON)))
    with tempfile.TemporaryDirectory() as folder:
        many = MANY % str(exercises(Path(folder)))
        row(f"list, {EXERCISES} exercises", best(lambda: whole(many)), "bare python", best(lambda: whole(BARE_PYTHON)))
    ours, theirs = best(lambda: first_frame(QUIET, NAME)), best(lambda: first_frame(MINIMAL, TITLE))
    row("first frame", ours, "minimal Textual app", theirs)
    first = load().exercises[0].title.en
    row("exercises shown", best(lambda: first_frame(QUIET, first)), "minimal Textual app", theirs)


def in_use() -> None:
    """How soon a key in the shell is seen, and what the app costs when nothing happens."""
    with App(QUIET) as ours, App(MINIMAL) as theirs:
        theirs.first_frame(TITLE)
        practise(ours)
        ours.type(F6, "")
        settle(ours)
        mine, others = echoes(ours, theirs)
        for share in (50, 95):
            row(f"key echo, shell p{share}", mine.seconds[share], "Textual's Input", others.seconds[share])
        row("key's CPU, shell", mine.cpu, "Textual's Input", others.cpu)
        print(f"idle                   {ours.idle(IDLE):6.1%} of a core, {ours.megabytes:.0f} MB resident", flush=True)


def in_flood() -> None:
    """How soon a key of the app is seen, and how late its clock is, while the shell writes without end."""
    with App(FLOOD) as flood, App(QUIET) as quiet:
        late = []
        for app in (flood, quiet):
            practise(app)
            app.type(F9, BEGUN)
            late.append(app.lateness(TICKS))
            app.type(SLASH, "Find by name")
            settle(app)
        mine, others = echoes(flood, quiet)
    for share in (50, 95):
        row(f"key echo, flood p{share}", mine.seconds[share], "no flood", others.seconds[share])
    row("clock late, flood", late[0], "no flood", late[1])


def practise(app: App) -> None:
    """Go to the practice screen."""
    app.first_frame(NAME)
    settle(app)
    app.type(ENTER, PRACTICE)
    settle(app)


def settle(app: App) -> None:
    """Let it do what it does at first."""
    app.idle(SETTLES)


if __name__ == "__main__":
    # As a user has it: what was compiled once is kept.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home}
        starts()
        in_use()
        in_flood()
    print(f"load average           {' '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")
