"""Write digits_jahs.md: what the table Digits-JAHS says as a whole.

python -m nasbook.data.make.digits_jahs_statistics        # about a second; nothing is trained
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nasbook.data.make.digits201 import markdown as md
from nasbook.statistics.ranks import spearman
from nasbook.tasks.digits_jahs import DEFAULT, RECIPE, TABLE, flips

PAGE = TABLE.with_suffix(".md")
RATES, DECAYS = (RECIPE.parameters[name].levels(9) for name in ("lr", "weight_decay"))
USUAL = DECAYS.index(DEFAULT["weight_decay"])


def test_errors() -> np.ndarray:
    """(337, rates, decays, seeds) of the distinct cells."""
    with np.load(TABLE) as table:
        return 1 - table["test"] / 2000


def flips_of_runs(errors: np.ndarray, first: int, second: int) -> float:
    """The same of single trainings with two different seeds, at two rates or, as what noise alone does, at one; mean
    over the ordered pairs of seeds."""
    seeds = [(s, t) for s in range(3) for t in range(3) if s != t]
    return float(np.mean([flips(errors[:, first, USUAL, s], errors[:, second, USUAL, t]) for s, t in seeds]))


def regrets(errors: np.ndarray) -> list[tuple[float, float, float]]:
    """For each rate: the lowest mean error at it with the usual decay; that cell with its best recipe; the lowest of
    all."""
    mean = errors.mean(-1)
    cells = [int(mean[:, r, USUAL].argmin()) for r in range(len(RATES))]
    return [(mean[c, r, USUAL], mean[c].min(), mean.min()) for r, c in enumerate(cells)]


def page() -> str:
    errors = test_errors()
    mean = errors.mean(-1)
    best = np.array([np.unravel_index(m.argmin(), m.shape) for m in mean])
    text = """# Digits-JAHS in numbers

Written by `python -m nasbook.data.make.digits_jahs_statistics` from `digits_jahs.npz`: 337 classes of cells (512 cells)
on the messy digits, 5 learning rates × 3 weight decays × 3 seeds, 12 epochs. Test errors in per cent, means of three
seeds, unless something else is said.

## Errors by recipe

Mean over the cells / the best cell / for how many cells this recipe is the best one.

"""

    def cell(r: int, d: int) -> str:
        chosen = int((best == (r, d)).all(1).sum())
        return f"{md.percent(mean[:, r, d].mean())} / {md.percent(mean[:, r, d].min())} / {chosen}"

    text += md.rows(
        ("learning rate", *(f"decay {d:g}" for d in DECAYS)),
        [(f"{rate:g}", *(cell(r, d) for d in range(len(DECAYS)))) for r, rate in enumerate(RATES)],
    )
    text += """
## How far the ranks of cells hold from one learning rate to the next

Weight decay 0.0005. Spearman's ρ is of the means of three seeds. The share of pairs of cells that change their order is
of single trainings with different seeds; *noise alone* is the same with both trainings at the first rate.

"""
    lines = []
    for a, b in [*pairwise(range(len(RATES))), (1, 3), (0, 3)]:
        row = (spearman(mean[:, a, USUAL], mean[:, b, USUAL]), flips_of_runs(errors, a, b), flips_of_runs(errors, a, a))
        shares = (md.percent(row[1]), md.percent(row[2]))
        lines.append((f"{RATES[a]:g} and {RATES[b]:g}", f"{row[0]:.2f}", *shares))
    text += md.rows(("rates", "ρ", "pairs that flip, %", "noise alone, %"), lines)
    text += f"""
## What is lost by choosing the cell first

The cell that is best at one rate (decay 0.0005), and the same cell with its own best recipe afterwards, both known
exactly; the best of all 5,055 pairs of class and recipe is {100 * mean.min():.1f} %.

"""
    text += md.rows(
        ("chosen at the rate", "error there", "after tuning", "lost to the joint best"),
        [
            (f"{rate:g}", md.percent(at), md.percent(then), md.percent(then - joint, 2))
            for rate, (at, then, joint) in zip(RATES, regrets(errors), strict=True)
        ],
    )
    noise = errors.var(-1, ddof=1).mean(0) ** 0.5
    text += "\n## Seeds\n\nStandard deviation of one training's test error around the mean of its row, in points.\n\n"
    text += md.rows(
        ("learning rate", *(f"decay {d:g}" for d in DECAYS)),
        [(f"{rate:g}", *(md.percent(noise[r, d]) for d in range(len(DECAYS)))) for r, rate in enumerate(RATES)],
    )
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {PAGE.stat().st_size:,} bytes")
