"""Hold the screen against a real tmux for many seeds: `python -m tests.terminal --seeds 500`."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.terminal.learner import Learner, furnish
from tests.terminal.local import MISSING, Local


def practise(seed: int, tapes: Path | None = None) -> str:
    """What differed for this seed; empty if nothing did.

    Args:
        tapes: where to write what tmux sent, and the sizes of the screen, if something differs.
    """
    with tempfile.TemporaryDirectory(prefix=f"truth-{seed}-", ignore_cleanup_errors=True) as home:
        furnish(Path(home))
        chance = random.Random(seed)  # noqa: S311 - not for secrets
        with Local(Path(home), chance.randint(20, 130), chance.randint(8, 40)) as local:
            try:
                Learner(local, seed).practise()
            except Exception as error:
                if tapes is not None:
                    (tapes / f"seed-{seed}.tape").write_text("".join(f"{entry!r}\n" for entry in local.tape))
                return f"{type(error).__name__}: {error}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.terminal", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="how many at the same time")
    parser.add_argument("--tapes", type=Path, help="a directory for what tmux sent where a row differs")
    chosen = parser.parse_args()
    if MISSING:
        print(f"not on this machine: {', '.join(MISSING)}", file=sys.stderr)
        return 2
    seeds, began, failed = range(chosen.first, chosen.first + chosen.seeds), time.monotonic(), 0
    with ProcessPoolExecutor(chosen.jobs) as pool:
        for seed, differs in zip(seeds, pool.map(partial(practise, tapes=chosen.tapes), seeds), strict=True):
            if differs:
                failed += 1
                print(f"seed {seed}: {differs}", flush=True)
    print(f"{len(seeds)} seeds from {chosen.first}, {failed} with a difference, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
