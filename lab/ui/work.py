"""Long work, as the app shows it: its title and the news of it so far."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lab.progress import Progress

KEPT = 500
"""How many pieces of news are kept for the details."""


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of long work under way.

    Attributes:
        title: what it is for, in the learner's language.
        heard: when the newest news came, by the app's clock.
        news: the newest, oldest first.
        count: how much news there was in all; the last of `news` has this number.
    """

    title: str
    heard: float
    news: tuple[Progress, ...] = ()
    count: int = 0

    def with_news(self, progress: Progress, now: float) -> Work:
        """This work, one piece of news later. News that only tells of time passing takes the place of the last."""
        kept = self.news[-KEPT + 1 :]
        if kept and (kept[-1].number, kept[-1].detail) == (progress.number, progress.detail):
            return replace(self, heard=now, news=(*kept[:-1], progress))
        return replace(self, heard=now, news=(*kept, progress), count=self.count + 1)

    def since(self, number: int) -> tuple[Progress, ...]:
        """The news after that of this number, as far as it is kept."""
        return self.news[-(self.count - number) :] if number < self.count else ()

    @property
    def latest(self) -> Progress | None:
        """The newest news."""
        return self.news[-1] if self.news else None

    @property
    def step(self) -> str:
        """`2/7 node image`; empty before the first news."""
        latest = self.latest
        return f"{latest.number}/{latest.steps} {latest.step}" if latest is not None else ""

    def elapsed(self, now: float) -> float:
        """Seconds since the work began. They pass between two pieces of news as well."""
        return (self.latest.elapsed if self.latest else 0) + now - self.heard

    def left(self, now: float) -> float | None:
        """The estimate of the seconds to come; None where nothing is known, or the estimate has proved too short."""
        if self.latest is None or self.latest.left is None:
            return None
        left = self.latest.left - (now - self.heard)
        return left if left > 0 else None
