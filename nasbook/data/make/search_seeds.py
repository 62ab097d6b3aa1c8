"""What four methods find on three tables, 200 seeds each: the numbers of the statistics lab.

    python -m nasbook.data.make.search_seeds          # about five minutes of one core

`<task>` (methods, 200, 60): the best validation error so far after each of 60 trials, in validation images that are
wrong, of METHODS in their order with the seeds 0 … 199. A shorter search is the beginning of a longer one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from nasbook.search import search

OUT = Path(__file__).parents[1] / "search_seeds.npz"
METHODS = ("random", "genetic", "regularized-evolution", "tpe")
TASKS = {"digits-hpo-messy": 500, "digits-hpo-digits": 300, "digits201-textures": 500}  # validation images
SEEDS, TRIALS = 200, 60


def wrong(method: str, task: str, seed: int, trials: int = TRIALS) -> np.ndarray:
    """(trials,) validation images that the best so far gets wrong; all of them before the first success."""
    best = search(method, task, trials=trials, seed=seed).incumbent_values
    return np.rint(np.nan_to_num(best, nan=1.0) * TASKS[task]).astype(np.uint16)


def main() -> None:
    found: dict[str, Any] = {}
    for task in TASKS:
        found[task] = np.array([[wrong(m, task, s) for s in range(SEEDS)] for m in METHODS])
        print(task, file=sys.stderr)
    np.savez_compressed(OUT, **found)


if __name__ == "__main__":
    main()
