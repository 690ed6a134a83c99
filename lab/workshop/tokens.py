"""What lets a learner in: a token for the first time, and from then on a key that only their browser or ssh has.

Neither is saved: the ledger has their hashes. A token is drawn from 128 bits, so nobody finds one by trying.
"""

from __future__ import annotations

import base64
import secrets
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Literal

from lab.errors import LabError
from lab.workshop.class_file import Class, Learner
from lab.workshop.events import Event, Kind
from lab.workshop.ledger import Ledger

Door = Literal["browser", "ssh"]

BYTES = 16
GROUP = 4
"""Characters of a token that stand together where it is read."""
TRIES = 10
"""Wrong tokens that one address may try in a minute."""
MINUTE = 60.0
_ADDRESSES = 10_000
"""How many addresses are remembered that have tried a wrong one; the one that was so first is forgotten first."""

Refusal = Literal["unknown", "used", "too_many", "ended"]


class Refused(LabError):  # noqa: N818 - no fault of the lab's
    """Somebody is not let in. `why` says why; what was tried is told nowhere."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(f"class.refused.{why}")
        self.why = why


def new_token() -> str:
    """A token: small letters and digits that cannot be taken for one another."""
    return base64.b32encode(secrets.token_bytes(BYTES)).decode().rstrip("=").lower()


def readable(token: str) -> str:
    """A token as a slip shows it: `abcd-efgh-…`."""
    return "-".join(token[start : start + GROUP] for start in range(0, len(token), GROUP))


def typed(text: str) -> str:
    """A token as somebody has typed it."""
    return "".join(text.split()).replace("-", "").lower()


def hashed(secret: str) -> str:
    """What is saved of a token or a key. It is drawn from too many for a table, so it needs no salt."""
    return sha256(secret.encode()).hexdigest()


@dataclass(slots=True)
class _Pass:
    """What lets one learner in: the hash of a token that is not used yet, and the hashes of keys for each door."""

    token: str = ""
    keys: dict[Door, str] = field(default_factory=dict)


class Passes:
    """Who may come in, by the events of the ledger."""

    def __init__(self) -> None:
        self._passes: defaultdict[int, _Pass] = defaultdict(_Pass)
        self._used: dict[str, int] = {}
        self.board = ""
        """The hash of the token that shows the board without names; empty: none does."""
        self.ended = False
        """The class is over."""

    def follow(self, event: Event) -> None:
        """Something has happened."""
        if event.kind is Kind.ISSUED:
            if not event.detail.get("beside"):
                self._passes[event.learner] = _Pass()
            self._passes[event.learner].token = str(event.detail["token"])
        elif event.kind is Kind.BOUND:
            mine = self._passes[event.learner]
            if mine.token == event.detail["token"]:
                self._used[mine.token] = event.learner
                mine.token = ""
                mine.keys[event.detail["door"]] = str(event.detail["key"])
        elif event.kind is Kind.PROJECTED:
            self.board = str(event.detail["token"])
        elif event.kind is Kind.ENDED:
            self.ended = True

    def has_pass(self, learner: int) -> bool:
        """Whether a token was issued to a learner, used or not."""
        return learner in self._passes

    def by_token(self, token: str) -> int:
        """The number of the learner whose unused token has this hash; 0: nobody's."""
        return next((learner for learner, mine in self._passes.items() if mine.token == token), 0)

    def by_key(self, door: Door, key: str) -> int:
        """The number of the learner whom this key lets in at a door; 0: nobody."""
        return next((learner for learner, mine in self._passes.items() if mine.keys.get(door) == key), 0)

    def is_used(self, token: str) -> bool:
        """Whether there was a token with this hash, which was used."""
        return token in self._used


class Tries:
    """Counts the wrong tokens that come from each address."""

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._wrong: dict[str, deque[float]] = {}

    def require_few(self, address: str) -> None:
        """See that an address has not tried too often.

        Raises:
            Refused: it has (`too_many`).
        """
        wrong = self._wrong.get(address)
        while wrong and self._seconds() - wrong[0] >= MINUTE:
            wrong.popleft()
        if wrong is not None and len(wrong) >= TRIES:
            raise Refused("too_many")

    def wrong(self, address: str) -> None:
        """A wrong one came from there."""
        tried = self._wrong.setdefault(address, deque(maxlen=TRIES))
        tried.append(self._seconds())
        while len(self._wrong) > _ADDRESSES:
            del self._wrong[next(iter(self._wrong))]


class Doorkeeper:
    """Lets learners of a class in, by the ledger as it is at that moment. Only the hub has one.

    Args:
        seconds: that only go forward.
    """

    def __init__(self, class_: Class, ledger: Ledger, seconds: Callable[[], float] = monotonic) -> None:
        self._learners: Mapping[int, Learner] = {learner.number: learner for learner in class_.learners}
        self._ledger = ledger
        self._tries = Tries(seconds)
        self._passes = Passes()
        self._read = 0

    def of_token(self, token: str, address: str) -> Learner:
        """The learner whose token this is. It is not used by that.

        Raises:
            Refused: it is nobody's, it was used, too many wrong ones came from this address, or the class is over.
        """
        self._tries.require_few(address)
        passes, secret = self._now(), hashed(typed(token))
        learner = self._learners.get(passes.by_token(secret))
        if learner is None and passes.is_used(secret):
            # Nobody guesses it: learners open their links again, and a whole class may have one address.
            raise Refused("used")
        if learner is None:
            self._tries.wrong(address)
            raise Refused("unknown")
        if passes.ended:
            raise Refused("ended")
        return learner

    def bind(self, token: str, address: str, door: Door, key: str) -> Learner:
        """Use a token up: from now on the key lets its learner in at this door.

        Raises:
            Refused: as `of_token`.
        """
        learner = self.of_token(token, address)
        secret = hashed(typed(token))
        self._ledger.add(Kind.BOUND, learner=learner.number, token=secret, door=door, key=hashed(key))
        return learner

    def require_board(self, token: str, address: str) -> None:
        """See that this is the token of the link to the board, also once the class is over.

        Raises:
            Refused: it is not, or too many wrong ones came from this address.
        """
        self._tries.require_few(address)
        if self._now().board != hashed(typed(token)):
            self._tries.wrong(address)
            raise Refused("unknown")

    def count_wrong(self, address: str) -> None:
        """A token came from an address that is right, but not for the seat that was asked for."""
        self._tries.wrong(address)

    def of_key(self, door: Door, key: str) -> Learner | None:
        """The learner whom a key lets in; None: nobody."""
        passes = self._now()
        return None if passes.ended else self._learners.get(passes.by_key(door, hashed(key)))

    def _now(self) -> Passes:
        for event in self._ledger.events(self._read):
            self._passes.follow(event)
            self._read += 1
        return self._passes


def issue(ledger: Ledger, learner: Learner, *, beside: bool = False) -> str:
    """A new token for a learner, in place of the one before.

    Args:
        beside: what lets them in already goes on doing so. Else it does so no longer.
    """
    token = new_token()
    ledger.add(Kind.ISSUED, learner=learner.number, token=hashed(token), beside=beside)
    return token


def issue_board(ledger: Ledger) -> str:
    """A new token for a link to the board without names, in place of the one before."""
    token = new_token()
    ledger.add(Kind.PROJECTED, token=hashed(token))
    return token
