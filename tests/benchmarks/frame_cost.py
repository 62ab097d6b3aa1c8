"""What a lab's frame costs: milliseconds of CPU per picture, to draw it and to make it a PNG.

    python tests/benchmarks/frame_cost.py

"data" is the median frame in which only data changed (the aim is 20 ms, PNG included), "limits" the median frame in
which the background was drawn again, "first" the first frame, which builds the picture. Nothing is asserted.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import io
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

import nasbook
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.nb201.cell import EDGES, OPS
from nasbook.plots import (
    Acquisition1D,
    Acquisition2D,
    CellPicture,
    CurvesPicture,
    HistoryPicture,
    ParallelPicture,
    Picture,
    PopulationPicture,
    Quantity,
    RacePicture,
    SlicePicture,
    Stack,
    SupernetPicture,
    TrainingPicture,
    TreePicture,
    WeightsPicture,
    random_baseline,
)

ERROR = Quantity("validation error")


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    image = Image.fromarray(pixels[..., :3])
    image.quantize(160, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", compress_level=1)
    return out.getvalue()


def measure(name: str, picture: Picture, states: Sequence[Any]) -> None:
    drawn: dict[bool, list[float]] = {True: [], False: []}
    update, changed = picture.update, [False]

    def watched(state: Any) -> bool:
        changed[0] = update(state)
        return changed[0]

    picture.update = watched  # type: ignore[method-assign]
    first, codes, sizes = 0.0, [], []
    for k, state in enumerate(states):
        begin = time.process_time()
        pixels = picture.frame(state)
        middle = time.process_time()
        sizes.append(len(png(pixels)))
        end = time.process_time()
        if k == 0:
            first = 1e3 * (end - begin)
            continue
        drawn[changed[0]].append(1e3 * (end - begin))
        codes.append(1e3 * (end - middle))
    data = np.median(drawn[False]) if drawn[False] else np.nan
    limits = np.median(drawn[True]) if drawn[True] else np.nan
    worst = max(drawn[False], default=np.nan)
    of_it = f"worst {worst:5.1f}, PNG {np.median(codes):4.1f}, {np.median(sizes) / 1024:3.0f} KiB"
    print(f"{name:32s} data {data:5.1f} ({of_it})   limits {limits:5.1f} × {len(drawn[True]):2d}   first {first:5.1f}")


def supernet_view(epoch: int, rng: np.random.Generator, drift: np.ndarray) -> SupernetView:
    """A view with a path of softmax(α) that was made up; only its shape matters for the cost."""
    a = np.exp(drift * epoch + rng.normal(size=(6, 5)) * 0.02)
    weights = tuple(map(tuple, a / a.sum(1, keepdims=True)))
    cell = tuple(OPS[1 + int(np.argmax(row[1:]))] for row in weights)
    accuracy = 0.97 - 0.8 * float(np.exp(-epoch / 4))
    return SupernetView(epoch, 50, weights, OPS, EDGES, cell, cell.count("skip"), None, None, accuracy)


def main() -> None:
    table = nasbook.task("nb201-cifar10")
    trace = nasbook.search("regularized-evolution", table, trials=500, seed=0, views=True)
    steps = trace.steps
    grown = [steps[: k + 1] for k in range(0, 100)]
    baseline = random_baseline(table, 200, 10)
    print("milliseconds of CPU per frame")
    measure("history, 100 trials", HistoryPicture(100, ERROR, baseline), grown)
    measure("history, 500 trials", HistoryPicture(500, ERROR, baseline), [steps[:k] for k in range(400, 500, 5)])
    one = nasbook.search("bayesian", "forrester", trials=30, seed=0, views=True)
    truth = nasbook.task("forrester")
    picture = Acquisition1D(one.space, truth=lambda c: truth.evaluate(c).value, trials=30)
    measure("acquisition, 1-D, 30 trials", picture, one.steps)
    two = nasbook.search("bayesian", "branin", trials=30, seed=0, views=True)
    measure("acquisition, 2-D, 30 trials", Acquisition2D(two.space, trials=30), two.steps)
    measure("population, 100 trials", PopulationPicture(100), grown)
    measure("population, 500 trials", PopulationPicture(500), [steps[:k] for k in range(400, 500, 5)])
    measure("family tree, 100 trials", TreePicture(100), grown)
    measure("family tree, 500 trials", TreePicture(500), [steps[:k] for k in range(400, 500, 5)])
    measure("cell", CellPicture(), steps[:40])
    both = Stack([PopulationPicture(100), TreePicture(100), CellPicture()])
    measure("population + tree + cell, 100", both, [(g, g, g[-1]) for g in grown])
    measure("slice, 100 trials", SlicePicture(table.space, 100, ERROR), grown)
    measure("parallel, 100 trials", ParallelPicture(table.space, 100, ERROR), grown)
    measure("parallel, 500 trials", ParallelPicture(table.space, 500, ERROR), [steps[:k] for k in range(400, 500, 5)])
    rng = np.random.default_rng(0)
    drift = 0.08 * rng.normal(size=(6, 5))
    views = [supernet_view(e, rng, drift) for e in range(1, 51)]
    so_far = [views[: k + 1] for k in range(50)]
    measure("weights, 50 epochs", WeightsPicture(50), so_far)
    measure("supernet", SupernetPicture(50), views)
    measure("training, 50 epochs", TrainingPicture(50), so_far)
    names = ("random", "regularized-evolution")
    runs = {n: [nasbook.search(n, table, trials=100, seed=s).steps for s in range(10)] for n in names}
    races = [{n: [s[:k] for s in runs[n]] for n in names} for k in range(1, 100)]
    measure("race, 2 methods × 10 seeds", RacePicture(names, 100, "trials", ERROR), races)
    measure("race over time", RacePicture(names, None, "time", ERROR), races)
    curves = []
    for i in range(60):
        a, b = rng.uniform(0.02, 0.2), rng.uniform(0.2, 1)
        curve = tuple((e, float(a + 0.8 * np.exp(-b * e))) for e in range(1, 28))
        curves.append(nasbook.Trial(i, {}, status="done", value=curve[-1][1], curve=curve))
    measure("learning curves, 60 × 27", CurvesPicture("epoch", 27, ERROR), [curves[:k] for k in range(1, 61)])


if __name__ == "__main__":
    main()
