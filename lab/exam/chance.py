"""Chance that is the same on every machine: a seed, and an order of names that it gives.

The order is that of SHA-256 sums. Python's own `random.shuffle` has drawn other orders from the same seed in other
versions, and a set's order is another in each process; a sum of bytes is the same everywhere and for ever. It also lets
a draw change little when an exercise is added: the order of all others stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Chance:
    """What a seed decides. `subject` sets draws of one seed apart, such as two blueprints' draws."""

    seed: int
    subject: str = ""

    def rank(self, purpose: str, name: str) -> int:
        """Where a name stands in the order for this purpose: the smaller, the earlier."""
        text = "\0".join((str(self.seed), self.subject, purpose, name))
        return int.from_bytes(sha256(text.encode()).digest(), "big")

    def order(self, purpose: str, names: Iterable[str]) -> list[str]:
        """The names in the order for this purpose. It does not matter in which order they are given."""
        return sorted(names, key=lambda name: (self.rank(purpose, name), name))

    def number(self, purpose: str, below: int) -> int:
        """A number from 0 to one less than `below`."""
        return self.rank(purpose, "") % below
