"""Figures that matter, each as a ratio to something known, so that they can be compared between machines.

They are printed and never asserted: a busy machine is no fault of the code.
"""

from __future__ import annotations

import subprocess
import sys
import time

from bench.terminal import App

RUNS = 7
ENTER, F6 = "\r", "\x1b[17~"
IDLE = 5.0
"""Seconds for which an app is left alone."""

BARE_PYTHON = "pass"
LIST = "import sys; from lab.cli import main; sys.exit(main(['list']))"
MINIMAL = """
from textual.app import App
from textual.widgets import Input
class Steady(Input):
    cursor_blink = False
class Minimal(App):
    def compose(self):
        yield Steady()
"""
MINIMAL_APP = """
from textual.app import App
class Minimal(App):
    def on_ready(self):
        self.exit()
app = Minimal()
app.run(headless=True)
raise SystemExit(app.return_code)
"""
OURS = """
from lab.catalog.load import load
from lab.cluster.engine import State, Status
from lab.practice.session import Session
from lab.ui.app import LabApp
class NoLab:
    name, lab = 'kind', 'bench'
    def status(self):
        return Status('kind', 'bench', State.READY)
    def lacks(self):
        return {}
    def shell_argv(self, *command):
        return ['cat']
"""
OUR_APP = (
    OURS
    + """
class Ours(LabApp):
    def on_ready(self):
        self.exit()
app = Ours(Session(load(), NoLab()), lambda progress: None)
app.run(headless=True)
raise SystemExit(app.return_code)
"""
)


def seconds(program: str) -> float:
    """The best of some runs of a Python program, from its start to its end."""
    return min(_once(program) for _ in range(RUNS))


def _once(program: str) -> float:
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - before


def compare(what: str, program: str, known: str, its_program: str) -> None:
    """Print one line: both times and their ratio."""
    ours, theirs = seconds(program) * 1000, seconds(its_program) * 1000
    print(f"{what:14} {ours:6.0f} ms   {known:20} {theirs:6.0f} ms   ratio {ours / theirs:.2f}", flush=True)


def compare_in_use(what: str, program: str, known: str, its_program: str, *keys: str) -> None:
    """Print the lines about an app that runs: how soon a key is seen, what it costs when nothing happens."""
    with App(program) as ours, App(its_program) as theirs:
        ours.press(*keys)
        mine, others = ours.echoes(), theirs.echoes()
        for share in (50, 95):
            own, known_to = mine[share] * 1000, others[share] * 1000
            print(f"{what} p{share:2} {own:6.0f} ms   {known:20} {known_to:6.0f} ms   ratio {own / known_to:.2f}")
        print(f"idle           {ours.idle(IDLE):6.1%} of a core, {ours.megabytes:.0f} MB resident", flush=True)


if __name__ == "__main__":
    compare("ckslab list", LIST, "bare python", BARE_PYTHON)
    compare("first frame", OUR_APP, "minimal Textual app", MINIMAL_APP)
    ours, minimal = OURS + "LabApp(Session(load(), NoLab()), lambda progress: None).run()", MINIMAL + "Minimal().run()"
    compare_in_use("key echo", ours, "Textual's Input", minimal, ENTER, F6)
