"""Shares of a whole number: each part gets the whole number below or above what it is due."""

from __future__ import annotations

from collections.abc import Mapping

from lab.exam.chance import Chance


def apportion(shares: Mapping[str, int], total: int, chance: Chance, purpose: str) -> dict[str, int]:
    """As much of `total` for each name as its share says; together all of it.

    What whole numbers leave over goes to the largest remainders; chance decides between equal ones.
    """
    whole = sum(shares.values())
    parts = {name: share * total // whole for name, share in shares.items()}
    left = total - sum(parts.values())
    by_remainder = sorted(shares, key=lambda name: (-(shares[name] * total % whole), chance.rank(purpose, name)))
    for name in by_remainder[:left]:
        parts[name] += 1
    return parts


def around(shares: Mapping[str, int], total: int) -> dict[str, tuple[int, int]]:
    """The whole numbers just below and just above what each name is due; the same one where it is due a whole one."""
    whole = sum(shares.values())
    return {name: (share * total // whole, -(-share * total // whole)) for name, share in shares.items()}
