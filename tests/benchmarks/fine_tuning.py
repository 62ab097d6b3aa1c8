"""A found cell that moves to another task, by the number of target images: frozen, partly, all, and starting anew.

    python tests/benchmarks/fine_tuning.py

The runs are those of nasbook/data/fine_tuning_seeds.csv; nasbook/data/make/fine_tuning_seeds.py makes them again and
says what the ways are. Test errors in %, mean ± standard error over the seeds; below, differences to training from
scratch with the same images and seed.
"""

import csv
from pathlib import Path

import numpy as np

import nasbook

FILE = Path(nasbook.__file__).parent / "data" / "fine_tuning_seeds.csv"


def told(x: np.ndarray, sign: str = "") -> str:
    return f"{x.mean():{sign}.1f} ± {x.std(ddof=1) / len(x) ** 0.5:.1f}"


def main() -> None:
    with FILE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    seeds, images = (sorted({int(r[name]) for r in rows}) for name in ("seed", "images"))

    def errors(source: str, way: str, n: int) -> np.ndarray:
        key = source, way, str(n)
        of = {int(r["seed"]): 100 * float(r["error"]) for r in rows if (r["source"], r["way"], r["images"]) == key}
        return np.array([of[s] for s in seeds])

    print(f"test error (%), {len(seeds)} seeds" + "".join(f"{n:>9} images" for n in images))
    ways = ("scratch", "all", "partly", "frozen")
    for source, way in [*((s, w) for s in ("messy", "textures") for w in ways), ("none", "searched")]:
        name = f"{source}: {way}" if source != "none" else "searched anew"
        print(f"  {name:22}" + "".join(f"{told(errors(source, way, n)):>16}" for n in images))
    print("difference to scratch")
    for source in ("messy", "textures"):
        for way in ways[1:]:
            gaps = [errors(source, way, n) - errors(source, "scratch", n) for n in images]
            print(f"  {source + ': ' + way:22}" + "".join(f"{told(gap, '+'):>16}" for gap in gaps))


if __name__ == "__main__":
    main()
