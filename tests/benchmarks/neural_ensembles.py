"""Ensembles of cells at the same number of trainings, over seeds: what neural ensemble search gains.

    python tests/benchmarks/neural_ensembles.py

The runs are those of nasbook/data/nes_seeds.csv; nasbook/data/make/nes_seeds.py makes them again and says what the ways
are. Means ± standard errors; differences are of the same seed. NLL in nats and errors in %, of 2,000 test images that
chose nothing; `validation` is the NLL on the 500 that did.
"""

import csv
from pathlib import Path

import numpy as np

import nasbook

FILE = Path(nasbook.__file__).parent / "data" / "nes_seeds.csv"
PAIRS = [
    ("NES-RE", "NES-RS"),
    ("NES-RE", "evolved deep"),
    ("NES-RS", "random deep"),
    ("NES-RS", "random best"),
    ("evolved deep", "random deep"),
]


def told(x: np.ndarray, digits: int = 4, sign: str = "") -> str:
    return f"{x.mean():{sign}.{digits}f} ± {x.std(ddof=1) / len(x) ** 0.5:.{digits}f}"


def main() -> None:
    with FILE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    seeds = sorted({int(row["seed"]) for row in rows})

    def column(way: str, M: int, name: str) -> np.ndarray:
        of = {int(r["seed"]): float(r[name]) for r in rows if r["way"] == way and int(r["M"]) == M}
        return np.array([of[s] for s in seeds])

    for M in (1, 3, 5):
        print(
            f"\nM = {M}, {len(seeds)} seeds     validation NLL      test NLL           its members alone  "
            "test error (%)    correlation of mistakes"
        )
        for way in ("random deep", "evolved deep", "random best", "NES-RS", "NES-RE"):
            numbers = [told(column(way, M, name)) for name in ("val_loss", "loss", "alone")]
            wrong, alike = told(100 * column(way, M, "error"), 2), told(column(way, M, "alike"), 3)
            print(f"  {way:20}  {'   '.join(numbers)}   {wrong:15}   {alike}")
        for a, b in PAIRS:
            loss, wrong = (column(a, M, name) - column(b, M, name) for name in ("loss", "error"))
            print(f"  {a} − {b:14} {told(loss, sign='+')} NLL, {told(100 * wrong, 2, '+')} points of error")


if __name__ == "__main__":
    main()
