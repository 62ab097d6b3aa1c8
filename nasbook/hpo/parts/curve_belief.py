"""What a prior-fitted network expects of a training that has begun: the error after any later epoch, in bars.

    q_θ(y(t) | y(1) … y(n))        one forward pass of prior_fitted.py; learned on the trainings of curve_prior.py

`Measure` brings values of any unit to errors within 0 … 1. Trainings of more than 100 epochs are shrunk to 100, and
of a curve of more than 50 epochs the network is shown 50, the first and the last among them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nasbook.hpo.parts.bars import Bars
from nasbook.kit.values import Reach

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = Path(__file__).parents[2] / "data" / "pfn_curves.safetensors"
SHOWN, FEWEST, MOST = 50, 5, 100  # epochs that are shown, and of a whole training
LARGEST = float(np.finfo(float).max)
Curve = Sequence[tuple[float, float]]  # (epoch, value), rising epochs


@dataclass(frozen=True)
class Measure:
    """value = low + size · error; a value absurdly far above the others counts as an error of 1."""

    low: float = 0.0
    size: float = 1.0

    @classmethod
    def of(cls, values: Sequence[float] | np.ndarray) -> Measure:
        """For finite values of any unit: the largest becomes 0.9 and the lowest 0.18."""
        y = np.asarray(values, float)
        y = y[y <= Reach.of(y).limit]
        if not len(y):
            return cls()
        bottom, top = float(y.min()), float(y.max())
        low = bottom - (top / 4 - bottom / 4)
        low = max(low, -LARGEST)
        size = min(top / 0.9 - low / 0.9, LARGEST)
        return cls(low, size) if size > 1e-300 else cls(top - 0.5)

    @classmethod
    def of_one(cls, values: Sequence[float] | np.ndarray) -> Measure:
        """For one training: what can be errors within 0 … 1 is left as it is, as its height tells of its end."""
        return cls() if min(values, default=0) >= 0 and 0.1 <= max(values, default=1) <= 1 else cls.of(values)

    def error(self, value: float | np.ndarray) -> np.ndarray:
        return (np.asarray(value, float) / self.size - self.low / self.size).clip(0, 1)

    def value(self, error: float | np.ndarray) -> np.ndarray:
        return self.low + self.size * np.asarray(error, float)


@cache
def bars() -> Bars:
    """The bars of the network's answers, in errors."""
    from nasbook.hpo.parts.prior_fitted import read  # loads torch

    return Bars(read(WEIGHTS).edges.numpy())


def expected(curves: Sequence[Curve], at: Sequence[float] | np.ndarray, epochs: float, measure: Measure) -> np.ndarray:
    """Probabilities (k, m, B) of the bars at epochs `at` (m,) of k trainings of so many epochs, of each of which the
    beginning is known (an empty one says what the prior does)."""
    import torch

    from nasbook.hpo.parts.prior_fitted import read

    net = read(WEIGHTS)
    T = min(max(epochs, FEWEST), MOST)
    alike: dict[int, list[int]] = defaultdict(list)  # curves of one length are asked about together
    cut = [np.array(curve, float).reshape(-1, 2)[_spread(len(curve))] for curve in curves]
    for i, curve in enumerate(cut):
        alike[len(curve)].append(i)
    p = np.empty((len(cut), len(at), len(net.edges) - 1))
    with torch.inference_mode():
        for rows in alike.values():
            xy = torch.tensor(np.stack([cut[i] for i in rows]))
            asked = torch.tensor(np.asarray(at, float)).expand(len(rows), -1)
            points, queries = (when(t * (T / epochs), torch.full_like(t, T)).float() for t in (xy[..., 0], asked))
            y = torch.tensor(measure.error(xy[..., 1].numpy())).float()
            p[rows] = net(points, seen(y), queries).softmax(-1).double().numpy()
    return p


def when(t: Tensor, T: Tensor) -> Tensor:
    """What the network sees of epochs t (…) of trainings of T (…) epochs: (…, 3)."""
    import torch

    return torch.stack([t / T, t.log() / math.log(MOST), T.log() / math.log(MOST)], -1)


def seen(y: Tensor) -> Tensor:
    """Errors as the network sees them: small ones apart from each other."""
    return (y + 0.02).log() + 2


def _spread(n: int) -> np.ndarray:
    """Which of n epochs are shown."""
    return np.arange(n) if n <= SHOWN else np.linspace(0, n - 1, SHOWN).round().astype(int)
