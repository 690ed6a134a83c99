"""The news of long work: what is told once is not told again."""

from __future__ import annotations

from lab.progress import Progress
from lab.ui.work import KEPT, Work


def news(number: int, detail: str = "", elapsed: float = 0.0) -> Progress:
    return Progress("a step", number, 3, elapsed, detail=detail)


def work_with(*parts: Progress) -> Work:
    work = Work("work", 0.0)
    for part in parts:
        work = work.with_news(part, 1.0)
    return work


def test_each_piece_of_news_has_a_number() -> None:
    work = work_with(news(1), news(1, "a line"), news(2))
    assert (work.count, work.since(0), work.since(2), work.since(3)) == (3, work.news, (news(2),), ())


def test_news_that_only_tells_of_time_passing_is_no_new_one() -> None:
    work = work_with(news(1), news(1, "a line"))
    later = work.with_news(news(1, "a line", elapsed=0.5), 2.0)
    assert later.since(work.count) == ()
    assert (later.latest, later.heard) == (news(1, "a line", elapsed=0.5), 2.0)


def test_of_much_news_the_newest_is_kept_under_its_number() -> None:
    work = work_with(*(news(1, f"line {number}") for number in range(KEPT + 10)))
    assert len(work.news) == KEPT
    assert [part.detail for part in work.since(KEPT + 8)] == [f"line {KEPT + 8}", f"line {KEPT + 9}"]
