"""Spans of time, and the console that shows the steps of long work."""

from __future__ import annotations

import contextlib
import io
import time
from datetime import UTC, datetime, timedelta

import pytest

from lab import i18n
from lab.console import Console
from lab.progress import Progress, ago, at_time, duration, remaining
from lab.text import cells, cut, pad, printable

pytestmark = pytest.mark.usefixtures("english")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Watched:
    """A console whose output and clock are in the test's hands; its own thread is never started."""

    def __init__(self, *, live: bool, width: int = 80) -> None:
        self.clock = Clock()
        self.stream = io.StringIO()
        self.console = Console(self.stream, live=live, clock=self.clock, width=lambda: width)

    def hear(self, number: int, step: str, *, left: float | None = None, detail: str = "", lab: str = "") -> None:
        self.console(Progress(step=step, number=number, steps=3, elapsed=0, left=left, detail=detail, lab=lab))

    def tick(self, seconds: float) -> None:
        self.clock.now += seconds
        self.console.tick()

    def lines(self) -> list[str]:
        """What stays on the screen, and last what the live line holds."""
        screen = [line.rpartition("\r\x1b[K")[2] for line in self.stream.getvalue().split("\n")]
        return screen if screen[-1] else screen[:-1]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0s"), (-1, "0s"), (59.9, "59s"), (60, "1m00s"), (80, "1m20s"), (3599, "59m59s"), (3720, "1h02m")],
)
def test_a_span_of_time_is_said_in_the_fewest_words(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_an_estimate_is_no_finer_than_it_is_true() -> None:
    assert remaining(None) == ""
    assert remaining(10) == "less than a minute left"
    assert remaining(370) == "about 6 min left"


def test_a_terminal_has_one_live_line_that_counts_and_finished_steps_stay() -> None:
    seen = Watched(live=True)
    seen.hear(1, "Debian", left=400)
    seen.tick(80)
    assert seen.lines() == ["[1/3] Debian … 1m20s, about 5 min left"]
    seen.hear(2, "Kubernetes", detail="compiling")
    assert seen.lines() == ["[1/3] Debian 1m20s", "[2/3] Kubernetes … 0s, compiling"]


def test_news_of_the_same_step_does_not_begin_it_anew() -> None:
    seen = Watched(live=True)
    seen.hear(1, "Debian")
    seen.tick(5)
    seen.hear(1, "Debian", detail="unpacking")
    assert seen.lines() == ["[1/3] Debian … 5s, unpacking"]


def test_the_live_line_shows_the_step_under_way_in_each_lab() -> None:
    seen = Watched(live=True, width=200)
    seen.hear(1, "one solution", lab="pa")
    seen.tick(2)
    seen.hear(2, "one forgotten", lab="pa-2")
    seen.tick(3)
    assert seen.lines() == ["pa [1/3] one solution … 5s | pa-2 [2/3] one forgotten … 3s"]


def test_a_step_that_ends_in_one_lab_does_not_end_that_of_another() -> None:
    seen = Watched(live=False)
    seen.hear(1, "one solution", lab="pa")
    seen.hear(2, "one forgotten", lab="pa-2")
    seen.tick(5)
    seen.hear(3, "", lab="pa")
    seen.tick(2)
    seen.hear(3, "", lab="pa-2")
    assert seen.lines() == ["pa [1/3] one solution 5s", "pa-2 [2/3] one forgotten 7s"]


@pytest.mark.parametrize("live", [True, False])
def test_a_step_with_nothing_to_do_leaves_no_line(live: bool) -> None:
    seen = Watched(live=live)
    for number in (1, 2, 3):
        seen.hear(number, "done before")
    seen.hear(3, "")
    assert seen.lines() == []


def test_without_a_terminal_there_is_a_line_a_step_and_a_heartbeat() -> None:
    seen = Watched(live=False)
    seen.hear(1, "Debian")
    for _ in range(59):
        seen.tick(1)
        seen.hear(1, "Debian", detail="unpacking")
    seen.hear(2, "Kubernetes")
    assert seen.lines() == ["[1/3] Debian … 30s, unpacking", "[1/3] Debian 59s"]
    assert "\x1b" not in seen.stream.getvalue()


def test_a_live_line_never_fills_its_row_and_counts_wide_characters_twice() -> None:
    seen = Watched(live=True, width=20)
    seen.hear(1, "构建节点镜像的根文件系统")
    assert seen.lines() == ["[1/3] 构建节点镜像…"]
    assert cells(seen.lines()[0]) == 19


def test_the_step_that_failed_stays_on_the_screen() -> None:
    stream = io.StringIO()
    with contextlib.suppress(RuntimeError), Console(stream, live=False, clock=Clock()) as progress:
        progress(Progress(step="Debian", number=1, steps=3, elapsed=0, detail="no space left"))
        raise RuntimeError
    assert stream.getvalue() == "[1/3] Debian … 0s, no space left\n"


def test_foreign_output_cannot_move_the_cursor() -> None:
    assert printable("\x1b[31mred\x1b[0m\r\n\x07 end") == "red end"


def test_what_fits_is_not_cut() -> None:
    assert cut("通过", 4) == "通过"
    assert cut("通过", 3) == "通…"


def test_padding_counts_wide_characters_twice() -> None:
    assert pad("通过", 6) + "|" == "通过  |"


def test_a_result_stands_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    seen = Watched(live=True)
    seen.hear(1, "proving")
    seen.console.result("it holds")
    assert capsys.readouterr().out == "it holds\n"
    assert seen.stream.getvalue().split("\r\x1b[K")[1:] == ["[1/3] proving … 0s", "", "[1/3] proving … 0s"]


NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("past", "said"),
    [
        (timedelta(hours=1), "today"),
        (timedelta(hours=20), "yesterday"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=13), "13 days ago"),
        (timedelta(days=14), "2 weeks ago"),
        (timedelta(days=59), "8 weeks ago"),
        (timedelta(days=60), "2 months ago"),
    ],
)
def test_how_long_ago_is_told_by_the_calendar(monkeypatch: pytest.MonkeyPatch, past: timedelta, said: str) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert ago(NOON - past, NOON) == said


def test_a_moment_is_told_with_its_hour_while_that_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 25, 12).astimezone()
    assert at_time(now - timedelta(hours=9, minutes=56), now) == "today 02:04"
    assert at_time(now - timedelta(days=1), now) == "yesterday 12:00"
    assert at_time(now - timedelta(days=3), now) == "3 days ago"
    monkeypatch.setattr(i18n, "_chosen", "zh")
    assert at_time(now - timedelta(hours=9, minutes=56), now) == "今天 02:04"
