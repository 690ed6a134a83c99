"""What a class of thirty and one of a hundred cost, whose learners replay recordings: no cluster is made.

    python -m bench.classroom [LEARNERS ...]

Beside the hub, with both doors open, there are three programs: one is the learners' browsers, each connected to an app
that draws a screenful of changes for each line that is typed; one grades recordings by the checks that grade a cluster,
as learners do by F5; this one reads the board, as `class board` does. All of it shares this machine. Aims: a mark is on
the board of 30 within a second of its grade, on that of 100 within two, for 95 of 100; the hub of 100 has at most
150 MB and takes at most a tenth of a core; killed, it is back within five seconds.
"""

from __future__ import annotations

import asyncio
import os
import random
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from lab.catalog.load import load
from lab.demo import DemoSession
from lab.exam.events import now
from lab.workshop.board import Following
from lab.workshop.class_file import Class, Learner, seat_name
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger
from lab.workshop.marks import to_detail
from lab.workshop.place import ClassHistory
from lab.workshop.tokens import hashed, issue

CLASSES = (30, 100)
EXERCISES = ("psa-warn-baseline", "busybox-security-context", "read-only-root")
PAST = 40
"""Events of each learner before it is measured: an hour of a class."""
SECONDS = 30.0
"""For which it is measured."""
GRADES_EVERY, TYPES_EVERY = 30.0, 2.0
"""Seconds between two grades, and between two lines, of the same learner; they come when they like."""
BOARD_EVERY = 0.5
DRAWN = 1500
"""Bytes that an app draws for a line."""
BOUND = 60.0
PORT, SSH_PORT = 18443, 18022
TICK = os.sysconf("SC_CLK_TCK")


def class_of(learners: int) -> Class:
    listed = (Learner(number, f"{number}", "", "en", seat_name("bench", number)) for number in range(1, learners + 1))
    return Class("bench", "Bench", EXERCISES, tuple(listed), "en", port=PORT, ssh_port=SSH_PORT)


def ledger_of(folder: Path) -> Ledger:
    return Ledger(folder / "class.db")


def key_of(learner: int) -> str:
    """What lets a learner's browser in."""
    return f"key-of-{learner}"


# The programs


def hub(folder: Path, class_: Class) -> None:
    """The hub, whose learners' apps are small."""
    from lab.workshop import authority
    from lab.workshop.hub import LOOPBACK, Hub, run

    app = ("sed", "--unbuffered", f"s/$/{'x' * DRAWN}/")
    proof = authority.of_class(folder, class_.address)
    run(Hub(class_, load(), ledger_of(folder), proof, lambda _: app), LOOPBACK, lambda: print("open", flush=True))


def browse(folder: Path, class_: Class) -> None:
    """All browsers: each types lines, and takes what is drawn."""
    import aiohttp

    async def one(session: aiohttp.ClientSession, learner: Learner, dice: random.Random) -> None:
        headers = {"Cookie": f"__Host-ckslab={key_of(learner.number)}"}
        async with session.ws_connect("/socket?width=120&height=36", headers=headers, origin=class_.origin) as socket:

            async def type_() -> None:
                while True:
                    await asyncio.sleep(dice.expovariate(1 / TYPES_EVERY))
                    await socket.send_str('["stdin", "ls\\r"]')

            typing = asyncio.create_task(type_())
            async for _ in socket:
                pass
            typing.cancel()

    async def all_() -> None:
        trust = ssl.create_default_context(cafile=str(folder / "hub.pem"))
        connector = aiohttp.TCPConnector(ssl=trust, limit=0)
        async with aiohttp.ClientSession(class_.origin, connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as it:
            dice = random.Random(7)  # noqa: S311 - the same learners each time
            await asyncio.gather(*(one(it, learner, dice) for learner in class_.learners))

    asyncio.run(all_())


def grade(folder: Path, class_: Class) -> None:
    """All learners grade recordings, each with a history and a ledger of their own, as their apps have."""
    dice = random.Random(11)  # noqa: S311 - the same grades each time
    session = DemoSession(load())
    histories = {
        learner.number: ClassHistory(learner, ledger_of(folder), folder / f"{learner.seat}.db")
        for learner in class_.learners
    }
    print("open", flush=True)
    while True:
        time.sleep(dice.expovariate(len(class_.learners) / GRADES_EVERY))
        exercise = session.exercise(dice.choice(EXERCISES))
        session.choose(exercise, dice.choice(exercise.answers))
        session.history = histories[dice.choice(class_.learners).number]
        session.grade(exercise)


# What is measured


@dataclass(frozen=True)
class Process:
    """A program that is measured from outside."""

    pid: int

    @property
    def megabytes(self) -> float:
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("VmRSS:")).split()[1]) / 1024

    @property
    def seconds(self) -> float:
        """Of a processor, that it has taken."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK


def prepare(folder: Path, class_: Class) -> None:
    """Everybody is let in, and has done something."""
    ledger, session = ledger_of(folder), DemoSession(load())
    grades = []
    for exercise in map(session.exercise, EXERCISES):
        for answer in exercise.answers:
            session.choose(exercise, answer)
            grades.append(to_detail(session.grade(exercise)))
    for learner in class_.learners:
        token, door = hashed(issue(ledger, learner)), "browser"
        ledger.add(Kind.BOUND, learner=learner.number, token=token, door=door, key=hashed(key_of(learner.number)))
        for number in range(PAST):
            ledger.add(Kind.GRADED, learner=learner.number, **grades[(learner.number + number) % len(grades)])
    ledger.close()


@contextmanager
def program(name: str, folder: Path, class_: Class, *, opens: bool) -> Iterator[subprocess.Popen[bytes]]:
    """One of the programs, until it is not needed any more."""
    argv = [sys.executable, "-m", "bench.classroom", name, str(folder), str(len(class_.learners))]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        try:
            if opens and process.stdout is not None:
                process.stdout.readline()
            yield process
        finally:
            process.kill()


def board_delays(folder: Path, class_: Class) -> list[float]:
    """Seconds from each grade until the board that has its mark was there."""
    ledger, following = ledger_of(folder), Following(class_)
    following.follow(ledger.events())
    delays, end = [], time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(BOARD_EVERY)
        new = ledger.events(following.followed)
        following.follow(new)
        following.board(now())
        seen = now().seconds
        delays += [seen - event.at.seconds for event in new if event.kind is Kind.GRADED]
    return delays


def measure(learners: int) -> None:
    class_ = class_of(learners)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, class_)
        with program("hub", folder, class_, opens=True) as serving:
            process = Process(serving.pid)
            with (
                program("browse", folder, class_, opens=False),
                program("grade", folder, class_, opens=True),
            ):
                before, began = process.seconds, time.monotonic()
                delays = board_delays(folder, class_)
                share = (process.seconds - before) / (time.monotonic() - began)
            came = sum(event.kind is Kind.CAME for event in ledger_of(folder).events())
            megabytes = process.megabytes
        back = seconds_until_back(folder, class_)
    p50, p95 = (quantiles(delays, n=100)[number - 1] for number in (50, 95))
    print(
        f"class of {learners:3}  grade to board: p50 {p50:.2f} s, p95 {p95:.2f} s ({len(delays)} grades)"
        f"   hub: {megabytes:.0f} MB, {share:.1%} of a core ({came} connected), back {back:.1f} s after a kill",
        flush=True,
    )


def seconds_until_back(folder: Path, class_: Class) -> float:
    """Seconds from the start of a hub, where one was killed, until it lets a learner in."""
    began = time.monotonic()
    with program("hub", folder, class_, opens=False):
        while not asyncio.run(lets_in(folder, class_)):
            if time.monotonic() - began > BOUND:
                raise TimeoutError(f"no hub after {BOUND:.0f} s")
            time.sleep(0.05)
        return time.monotonic() - began


async def lets_in(folder: Path, class_: Class) -> bool:
    import aiohttp

    trust = ssl.create_default_context(cafile=str(folder / "hub.pem"))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session:
        try:
            async with session.get(class_.origin, headers={"Cookie": f"__Host-ckslab={key_of(1)}"}) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["hub" | "browse" | "grade" as name, folder, learners]:
            role = {"hub": hub, "browse": browse, "grade": grade}[name]
            role(Path(folder), class_of(int(learners)))
        case sizes:
            for size in map(int, sizes or CLASSES):
                measure(size)
