"""A class from its list to its end: seats on kind, a learner in a browser, one by ssh, the board, and nothing left."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from lab.paths import state
from lab.terminal.pty import Pty
from lab.workshop.class_file import Learner
from lab.workshop.ledger import folder
from lab.workshop.visit import COLUMNS, ROWS, Window, by_ssh, followed
from tests.live.support import belongings, engine_of, remains
from tests.vagrant.conftest import Watch
from tests.workshop import chromium
from tests.workshop.conftest import EXERCISES, OPEN_SECONDS, Room
from tests.workshop.learner import (
    CATALOG,
    F6,
    F9,
    GRADE_SECONDS,
    START_SECONDS,
    answer,
    come_in,
    grade,
    script,
    start,
    until,
)

FIRST, SECOND = EXERCISES
MISTAKE = "enforce-instead"
EXAM_SECONDS = 1800.0

pytestmark = pytest.mark.usefixtures("english")


def in_browser(room: Room) -> Learner:
    """The learner who comes by browser."""
    return room.class_.learners[0]


def by_terminal(room: Room) -> Learner:
    """The one who comes by ssh: another one, where there is any."""
    return room.class_.learners[min(1, len(room.class_.learners) - 1)]


async def test_a_learner_in_a_browser_makes_a_mistake_and_solves_it(served: Room, watch: Watch) -> None:
    chromium.require()
    learner = in_browser(served)
    slip = served.slip(learner)
    wrong, right = (script(served, learner, FIRST, name) for name in (MISTAKE, "solution"))
    async with chromium.browser() as page:
        await page.call("Page.navigate", url=slip.link)
        await page.until("!!document.getElementById('enter')")
        assert learner.name in await page.evaluate("document.body.innerText")
        began = time.monotonic()
        await page.evaluate("document.getElementById('enter').click()")
        async with page.window() as window:
            await come_in(window)
            watch.note("token to prompt, in a browser", time.monotonic() - began)
            await start(window, served, learner, FIRST)
            await window.type(F6)
            await answer(window, wrong)
            cell, seconds = await grade(window, served, learner, FIRST, 1)
            watch.note("F5 to its marks, as `class board --json` tells them", seconds)
            assert (cell["passed"], cell["mistake"]) == (False, MISTAKE)
            await window.see("violates PodSecurity", GRADE_SECONDS)
            assert "`enforce` does not tell, it refuses" in served.must("board")
            await start(window, served, learner, FIRST, anew=True)
            await answer(window, right)
            cell, _ = await grade(window, served, learner, FIRST, 2)
            assert (cell["passed"], cell["mistake"]) == (True, "")
        origin = served.class_.origin
        elsewhere = [
            url for url in page.requested if not url.startswith((origin, origin.replace("https", "wss"), "data:"))
        ]
        assert elsewhere == []


async def test_another_comes_by_ssh_and_solves_the_next_one(served: Room) -> None:
    learner = by_terminal(served)
    slip = served.slip(learner, "--another-door")
    place = script(served, learner, SECOND, "solution")
    async with by_ssh(slip, served.proof) as window:
        await come_in(window)
        await window.type("\x1b[19~")  # F8, the next exercise
        await window.see(str(CATALOG.exercise(SECOND).title), OPEN_SECONDS)
        await start(window, served, learner, SECOND)
        await window.type(F6)
        await answer(window, place)
        cell, _ = await grade(window, served, learner, SECOND, 1)
        assert cell["passed"]
        served.must("say", "Well done", "--to", learner.seat)
        await window.see("Well done", OPEN_SECONDS)
        served.must("give", "read-only-root")
        await window.see("Your instructor has given you more", OPEN_SECONDS)


@asynccontextmanager
async def following(room: Room, learner: Learner) -> AsyncIterator[Window]:
    """The instructor's terminal, in which the learner's shell is followed."""
    program = Pty(room.argv("follow", learner.seat), {**os.environ, "TERM": "xterm-256color"}, COLUMNS, ROWS)

    async def read() -> bytes:
        while True:
            drawn = program.read()
            if drawn != b"":
                return drawn or b""
            await asyncio.sleep(0.05)

    async def send(keys: str) -> None:
        program.write(keys)

    try:
        async with followed(Window(read, send)) as window:
            yield window
    finally:
        await asyncio.to_thread(program.close)


async def test_a_shell_is_seen_once_its_learner_allows_it_and_nobody_else_types_there(served: Room) -> None:
    learner = by_terminal(served)
    slip = served.slip(learner, "--another-door")
    async with by_ssh(slip, served.proof) as window:
        await come_in(window)
        async with following(served, learner) as instructor:
            await window.see("Do you allow it?", OPEN_SECONDS)
            assert "@base" not in instructor.text
            await window.type("\x1b")
            await instructor.see("does not want you to see the shell", OPEN_SECONDS)
        async with following(served, learner) as instructor:
            await window.see("Do you allow it?", OPEN_SECONDS)
            await window.type("\x1b[C")
            await window.type("\r")
            await window.see("Your instructor sees your shell", OPEN_SECONDS)
            await window.type(F6)
            await window.type("echo seen-$((6*7))\r")
            await instructor.see("seen-42", OPEN_SECONDS)
            await instructor.type("echo typed-$((6*7))\r")
            await window.type("echo after-$((6*7))\r")
            await instructor.see("after-42", OPEN_SECONDS)
            assert "typed-" not in window.text
            await instructor.type("q")
            await instructor.see("You no longer see the shell", OPEN_SECONDS)
    kinds = [json.loads(line)["kind"] for line in served.must("export", "--events").splitlines()]
    assert (kinds.count("followed"), kinds.count("unfollowed")) == (1, 1)


async def test_a_hub_that_is_killed_comes_back_and_has_lost_nothing(served: Room, watch: Watch) -> None:
    chromium.require()
    first, second = in_browser(served), by_terminal(served)
    key = asyncssh.generate_private_key("ssh-ed25519")
    slip = served.slip(second, "--another-door")
    async with by_ssh(slip, served.proof, key) as window:
        await come_in(window)
        await window.type(F6)
        await window.type("echo still-$((6*7))\r")
        await window.see("still-42", OPEN_SECONDS)
    async with chromium.browser() as page:
        await page.call("Page.navigate", url=served.slip(first, "--another-door").link)
        await page.until("!!document.getElementById('enter')")
        await page.evaluate("document.getElementById('enter').click()")
        await page.until("document.body.classList.contains('-first-byte')")
        before = served.must("export")
        served.kill()
        await page.until("document.body.classList.contains('-closed')")
        with watch.step("the hub is back after kill -9"):
            served.open()
        await page.until("document.body.classList.contains('-first-byte') && !document.body.dataset.gone")
    assert served.must("export") == before
    async with by_ssh(slip, served.proof, key) as window:
        await come_in(window, "still-42")


async def test_an_exam_is_sat_extended_handed_in_and_graded(served: Room, watch: Watch) -> None:
    learner = by_terminal(served)
    key = asyncssh.generate_private_key("ssh-ed25519")
    slip = served.slip(learner, "--another-door")
    async with by_ssh(slip, served.proof, key) as window:
        await window.see("CKS Lab", OPEN_SECONDS)
        with watch.step("give an exam to a seat"):
            await asyncio.to_thread(served.must, "give", "drill", "--seed", "7", "--to", learner.seat)
        await window.see("task 1 of", OPEN_SECONDS)
        await window.see("@base", OPEN_SECONDS)
        await window.type("echo exam-$((6*7))\r")
        await window.see("exam-42", OPEN_SECONDS)
        assert served("reset", learner.seat).returncode == 2
        before = served.board(learner)["exam"]["left"]
        served.must("extend", "10")
        await window.see("given you 10m00s more", OPEN_SECONDS)
        assert served.board(learner)["exam"]["left"] > before + 500
        await window.type(F9)
        await window.see("Hand the exam in?", OPEN_SECONDS)
        await window.type("y")
        with watch.step("grade that exam"):
            await until(lambda: served.board(learner)["exam"]["phase"] == "graded", window, EXAM_SECONDS)
        await window.see("0 %: not passed", OPEN_SECONDS)
        exam = served.board(learner)["exam"]
        assert (exam["exam"], exam["percent"], exam["passed"]) == ("drill@7", 0, False)


async def test_who_loses_their_seat_is_at_one_in_reserve_with_what_they_had(served: Room, watch: Watch) -> None:
    learner = in_browser(served)
    copy = folder(served.class_.id) / "homes" / f"{learner.seat}.tar.gz"
    async with by_ssh(served.slip(learner, "--another-door"), served.proof) as window:
        await come_in(window)
        await start(window, served, learner, FIRST, anew=served.board(learner)["cells"][FIRST]["begun"])
        await window.type(F6)
        await window.type("echo kept-$((6*7)) > kept.txt\r")
        written = time.time()
        await until(lambda: copy.exists() and copy.stat().st_mtime > written + 1, window, OPEN_SECONDS)
        place = served.board(learner)["place"]
        engine_of(place).must("kill", f"{place}-base")
        with watch.step("a machine killed to `LOST` on the board"):
            await until(lambda: served.board(learner)["state"] == "lost", window, OPEN_SECONDS)
        assert "base" in served.board(learner)["reason"]
        with watch.step("from there to the shell on another seat"):
            await window.see("You are at another seat now", START_SECONDS)
            await window.type("e")
            await window.see("@base", OPEN_SECONDS)
        assert served.board(learner)["place"] == served.class_.seats[-1]
        assert served.board(learner)["cells"][FIRST]["begun"]
        await window.type(F6)
        await window.type("clear; cat kept.txt; kubectl get namespace audited\r")
        await window.see("kept-42", OPEN_SECONDS)
        await window.see("Active", OPEN_SECONDS)


def test_marks_are_exported(served: Room) -> None:
    rows = list(csv.DictReader(io.StringIO(served.must("export"))))
    marks = {(row["assignment"], row["student_id"]): (row["score"], row["max_score"]) for row in rows}
    for learner, exercise in ((in_browser(served), FIRST), (by_terminal(served), SECOND)):
        points = str(sum(criterion.points for criterion in CATALOG.exercise(exercise).criteria))
        assert marks[exercise, learner.seat] == (points, points)
    assert marks["drill@7", by_terminal(served).seat] == ("0", "100")
    kinds = {json.loads(line)["kind"] for line in served.must("export", "--events").splitlines()}
    assert {"ready", "came", "began", "graded", "said", "given", "exam_began", "extended", "exam_graded"} <= kinds


def test_a_purge_leaves_nothing(served: Room) -> None:
    class_ = served.class_
    owned = [belongings(seat) for seat in class_.seats]
    place = state() / "classes" / class_.id
    assert place.exists()
    served.close()
    served.must("purge", "--consent", class_.id)
    assert [each for one in owned for each in remains(one)] == []
    assert not place.exists()
    named = [file for file in state().rglob("*") if file.is_file() and _holds(file, class_.learners[0].name)]
    assert named == []


def _holds(file: Path, name: str) -> bool:
    try:
        return name.encode() in file.read_bytes()
    except OSError:
        return False
