"""A learner who does all sorts of things in the shell, in an order that a seed decides."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

from tests.terminal.local import DifferentError, Local

PREFIX = "\x02"
ESCAPE = "\x1b"
SCENES = 5
"""Things done for one seed."""
SAYINGS = (
    "敏捷的棕色狐狸 jumps over the lazy 狗。 " * 4,
    "e\u0301 combining a\u0300n\u0303 \u00e9 naïve — “quoted” … ✓ ✗ ● ",
    "日本語と한국어 and ＦＵＬＬ ｗｉｄｔｈ " * 3,
    "x" * 300,
    "│├─└ box ╭─╮ ▓▒░ → ⇒ ≤ ",
    "tab\tand\ttab\tstops " * 3,
)
WATCH = """
    import random, sys, time
    print("NAME       READY   STATUS    RESTARTS   AGE")
    for number in range(int(sys.argv[1])):
        name = random.choice(("web-7d4b9c", "api-5f6d8", "etcd-kube-control-plane"))
        state = random.choice(("Running", "Pending", "CrashLoopBackOff", "ContainerCreating"))
        print(f"{name:<12} 1/1     {state:<18} {number:<8} {number}s", flush=True)
        time.sleep(0.003)
"""
NOISE = r"""
    import random, shutil, sys
    random.seed(int(sys.argv[1]))
    columns, rows = shutil.get_terminal_size()
    # Left out is where tmux has one thing in its pane and sends another, whatever the terminal (3.3a, some up to 3.7):
    # what is left of a wide character that is cut by what is inserted or deleted in its row; rows inserted or deleted
    # outside of the margins; more blanks inserted than cells moved; a row begun by wrapping in insert mode.
    narrow, margins = random.random() < 0.5, random.random() < 0.5
    few = "ST" + ("XP" if narrow else "") + ("" if margins else "LM")
    words = ["a", "word", "x" * 30, " ", "# $", "12"]
    if not narrow:
        words += ["中", "文字", "\x1b(Be\u0301", "完" * 9, "─│┐"]
    chosen, wraps = random.choice, "\x1b[4l\x1b[?7h"
    def n(most):
        return random.randint(1, max(most, 1))
    acts = (
        lambda: f"\x1b[{n(rows)};{n(columns)}H",
        lambda: f"\x1b[{n(9)}{chosen('ABCDEF')}",
        lambda: f"\x1b[{n(columns)}G",
        lambda: f"\x1b[{n(6)}{chosen(few)}",
        lambda: "\x1b[@" if narrow else "",
        lambda: f"\x1b[999C\x1b[{(left := n(3))}D\x1b[{n((left + 1) // 2)}@" if narrow else "",
        lambda: f"\x1b[{chosen('012')}{chosen('JK')}",
        lambda: chosen(("\r\n", "\n", "\b", "\t")),
        lambda: chosen(("\x1bM", "\x1bD", "\x1bE", "\x1bH", "\x1b[Z")),
        lambda: chosen(("\x1b7", "\x1b8")),
        lambda: f"\x1b[{n(rows // 2)};{rows // 2 + n(rows // 2)}r" if margins else "",
        lambda: "\x1b[r",
        lambda: f"\x1b[{chosen((0, 1, 2, 3, 4, 5, 7, 22, 24, 27))}m",
        lambda: f"\x1b[{chosen((30, 90, 40, 100)) + random.randrange(8)}m",
        lambda: f"\x1b[{chosen((38, 48))};5;{random.randrange(256)}m",
        lambda: "\x1b[m",
        lambda: f"\x1b[{n(20)}b",
        lambda: chosen(("\x1b[?7l", wraps, wraps, "\x1b[?7l\x1b[4h" if narrow else "", "\x1b[4l", "\x1b[4l")),
        lambda: chosen(("\x1b(0", "\x1b(B", "\x1b(B", "\x1b]0;title\a")),
        lambda: chosen(("\x1b[?25l", "\x1b[?25h", "\x1b[?1049h", "\x1b[?1049l")),
    )
    for _ in range(int(sys.argv[2])):
        sys.stdout.write(chosen(words) * n(3) if random.random() < 0.5 else chosen(acts)())
        if random.random() < 0.1:
            sys.stdout.flush()
    sys.stdout.write("\x1b[r\x1b(B\x1b[m\x1b[4l\x1b[?7h\x1b[?25h")
"""


def furnish(home: Path) -> None:
    """What the learner works with: programs, a long file, a repository."""
    (home / "watch.py").write_text(textwrap.dedent(WATCH))
    (home / "noise.py").write_text(textwrap.dedent(NOISE))
    lines = [
        f"{number:4} {'·' * (number % 60)} {SAYINGS[number % len(SAYINGS)][: number % 90]}" for number in range(400)
    ]
    (home / "long.txt").write_text("\n".join(lines) + "\n")
    (home / "says.txt").write_text("\n".join(SAYINGS) + "\n")
    subprocess.run(["git", "-C", str(home), "init", "--quiet", "--initial-branch=main"], check=True)
    history = "".join(_commit(number, (home / "long.txt").read_text()) for number in range(12))
    subprocess.run(["git", "-C", str(home), "fast-import", "--quiet"], check=True, input=history.encode())


def _commit(number: int, text: str) -> str:
    """A commit as `git fast-import` reads it."""
    subject, content = f"{number} {SAYINGS[number % len(SAYINGS)][:70].strip()}", text[: 1000 * (number + 1)]
    return (
        f"commit refs/heads/main\ncommitter Learner <l@example.org> {1_700_000_000 + number} +0000\n"
        f"data {len(subject.encode())}\n{subject}\n"
        f"M 100644 inline long.txt\ndata {len(content.encode())}\n{content}\n"
    )


class Learner:
    """Does things, and looks after each whether the screen shows what tmux has."""

    def __init__(self, local: Local, seed: int) -> None:
        self._local = local
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._done: list[str] = []

    def practise(self) -> None:
        """Some scenes.

        Raises:
            DifferentError: with all that was done.
        """
        if not self._local.shows("$"):
            raise DifferentError("the shell has no prompt")
        # Keys that a busy machine delivers together are no paste.
        self._local.tmux("set-option", "-g", "assume-paste-time", "0")
        scenes = (
            self._lists, self._lists, self._watches, self._reads, self._edits, self._looks_at_top, self._reads_history,
            self._pastes, self._says, self._makes_noise, self._makes_noise, self._splits, self._scrolls_back,
            self._resizes, self._takes_another_window,
        )  # fmt: skip
        for _ in range(SCENES):
            scene = self._random.choice(scenes)
            self._done.append(scene.__name__)
            scene()
            self._compare()
            if self._random.random() < 0.3:
                self._resizes()

    def _compare(self) -> None:
        try:
            self._local.compare(styles=True)
        except DifferentError as difference:
            raise DifferentError(f"after {self._done}:\n{difference}") from None

    def _press(self, *texts: str) -> None:
        """Press keys one after the other, at different speeds; the screen is compared now and then."""
        for text in texts:
            self._done.append(repr(text))
            self._local.type(text)
            self._local.let_pass(self._random.choice((0.0, 0.01, 0.04)))
            if self._random.random() < 0.15:
                self._compare()
            if self._random.random() < 0.04:
                self._resizes()

    def _prefixed(self, *keys: str) -> None:
        """Press keys for tmux itself."""
        for key in keys:
            self._done.append("prefix")
            self._local.type(PREFIX)
            self._press(key)

    def _runs(self, command: str) -> None:
        """At the prompt."""
        self._local.comes_to_prompt()
        self._done.append(command)
        self._local.type(command + "\r")
        if self._random.random() < 0.2:
            self._local.let_pass(self._random.random() * 0.05)
            self._resizes()
        self._local.is_answered()

    def _some(self, least: int, most: int, *of: str) -> list[str]:
        return [self._random.choice(of) for _ in range(self._random.randint(least, most))]

    def _resizes(self) -> None:
        for _ in range(self._random.randint(1, 3)):
            columns, rows = self._random.randint(10, 150), self._random.randint(4, 45)
            self._done.append(f"{columns}x{rows}")
            self._local.resize(columns, rows)
            self._local.let_pass(self._random.choice((0, 0, 0.005, 0.05)))

    def _lists(self) -> None:
        count = self._random.choice((1, 3, 5, 12, 40, 2000))
        command = self._random.choice(
            (f"seq 1 {count}", f"ls -la --color /etc | head -{count}", "cat says.txt", "clear")
        )
        self._runs(command)

    def _watches(self) -> None:
        self._runs(f"{sys.executable} watch.py {self._random.randint(3, 60)}")
        self._local.comes_to_prompt()

    def _reads(self) -> None:
        self._runs("less long.txt")
        keys = (" ", "b", "j", "k", "\r", "d", "u", "G", "g", "/7\r", "n", "N", f"{ESCAPE}[B", f"{ESCAPE}[6~", "50p")
        self._press(*self._some(3, 10, *keys), "q")

    def _edits(self) -> None:
        setting = self._random.choice(
            ("set nonumber", "set number", "set cursorline number", "syntax on", "set nowrap")
        )
        self._runs(f"vim -u NONE -N -n -c '{setting}' long.txt")
        keys = (
            "j", "k", "5j", "\x04", "\x15", "\x05", "\x19", "\x06", "G", "gg", "dd", "3dd", "p", "P", "u", "x", "30l",
            "$", "otyped 中文\x1b", "Oabove\x1b", "iin the middle \x1b", "J", ">>", "zt", "zb", "zz", "/9\r",
            "A" + "w" * 90 + ESCAPE, ":split\r", ":vsplit\r", ":only\r", "\x17w", "V3jd", "cwchanged\x1b",
        )  # fmt: skip
        self._press(ESCAPE, *self._some(4, 16, *keys), ESCAPE, ":qa!\r")

    def _looks_at_top(self) -> None:
        self._runs("top -d 60")
        if not self._local.shows("top -"):  # what ran before has taken its name for keys
            return
        self._press(*self._some(1, 4, " ", "c", "1", "m", "t", "z", "x"), "\x03")  # it may lose a `q`

    def _reads_history(self) -> None:
        self._runs(self._random.choice(("git log --color=always --graph", "git log --color=always --stat --oneline")))
        self._press(*self._some(2, 6, " ", "j", "k", "G", "g", "b"), "q")

    def _pastes(self) -> None:
        lines = [
            f"# line {number} {self._random.choice(SAYINGS)[:80].strip()}".replace("\t", " ")
            for number in range(self._random.randint(1, 25))
        ]
        self._done.append("paste")
        self._local.paste("\n".join(lines))
        self._local.is_answered()
        self._compare()
        self._press("\x03")

    def _says(self) -> None:
        saying = self._random.choice(SAYINGS).replace("\t", " ")
        self._press(
            "# " + saying[: self._random.randint(1, len(saying))],
            *self._some(0, 8, "\x01", "\x05", f"{ESCAPE}b", "x", "中", "\x7f", "\x0b"),
        )
        self._compare()
        self._press("\x03")

    def _makes_noise(self) -> None:
        seed, length = self._random.randrange(10**6), self._random.choice((20, 100, 600))
        self._runs(f"{sys.executable} noise.py {seed} {length}")
        self._compare()
        self._runs(self._random.choice(("reset -Q", "clear", "tput rmcup; echo")))

    def _splits(self) -> None:
        self._prefixed(self._random.choice('%"'))
        self._local.comes_to_prompt()
        scenes: tuple[Callable[[], None], ...] = (self._lists, self._reads, self._makes_noise, self._says, self._edits)
        for _ in range(2):
            self._random.choice(scenes)()
            self._prefixed(*self._some(0, 2, "o", "z", " ", f"{ESCAPE}[1;5A", f"{ESCAPE}[1;5D"))
            self._compare()
        self._local.tmux("kill-pane")

    def _scrolls_back(self) -> None:
        last = self._random.randint(1000, 9000)
        self._runs(f"seq -f 'l %.0f' {last - 300} {last}")
        if not self._local.shows(f"l {last}\n"):  # what ran before has left a screen too narrow, or takes the keys
            return
        self._local.comes_to_prompt()
        keys = (f"{ESCAPE}[5~", f"{ESCAPE}[6~", f"{ESCAPE}[A", f"{ESCAPE}[B", f"{ESCAPE}[D", "\x06", " ")
        self._local.enters_copy_mode()
        self._prefixed("[")
        self._press(*self._some(2, 10, *keys))
        self._compare()
        self._press("q")

    def _takes_another_window(self) -> None:
        self._prefixed("c")
        self._local.comes_to_prompt()
        self._lists()
        self._compare()
        self._prefixed(*self._some(0, 3, "n", "p", "l"))
        self._compare()
