"""How long an architecture takes, as a sum over its places: expected, with a probability for each operation.

    E[LAT] = t_0 + Σ_places Σ_o p_o t_o,   p = softmax(α)                    ∂E/∂α_i = p_i (t_i − Σ_o p_o t_o)

t_0 is what stands around the places: stem, reduction, head. The times of the NAS-Bench-201 cell are those of
Digits-201, where a model was fitted to measured networks, for one image; chains of blocks were measured with 50.
`measured.latencies` measures any of them on your own machine.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from nasbook.nas.parts.alphas import Alphas
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import Places
from nasbook.space import Space


class Latency:
    """p (places, ops) -> E[LAT]. times: of the rest of the network, then of each operation; () are the known ones.

    ValueError where nobody has measured them, and where they are not one for each operation."""

    def __init__(self, method: str, places: Places, times: tuple[float, ...]) -> None:
        self.method = method
        times, needed = times or places.latencies, 1 + len(places.ops)
        if len(times) != needed:
            none = "nobody has measured this space (nas/parts/measured.py does); " if not times else ""
            what = f"of the rest of the network, then of {', '.join(places.ops)}"
            raise ValueError(f"{method}: {none}latencies must be {needed} numbers, {what}, not {len(times)}")
        self.rest, self.times = times[0], torch.tensor(times[1:], dtype=torch.float64)
        self.least = self.rest + float(np.where(places.allowed, times[1:], np.inf).min(1).sum())  # of any architecture

    def __call__(self, p: Tensor) -> Tensor:
        return self.rest + (p * self.times.to(p)).sum()

    def check_logarithm(self, reference: float = np.inf) -> None:
        """ValueError unless the logarithm of each architecture's latency, and of the reference, is above 0."""
        for what, time in (("the shortest latency", self.least), ("the reference", reference)):
            if time <= 1:
                raise ValueError(
                    f"{self.method}: its loss takes a logarithm, which must be above 0, but {what} is {time:g}; give "
                    "latencies in a smaller unit, such as µs, so that all are above 1"
                )


class Priced(Alphas):
    """A strategy whose loss knows the expected latency; for the first `warm_up` epochs, the weights learn alone."""

    def check_space(self, space: Space) -> None:
        super().check_space(space)
        self.latency = Latency(self.name, self.places, self.settings.latencies)

    def shows(self, view: SupernetView) -> SupernetView:
        stage = "warm-up" if self.done_epochs <= self.settings.warm_up else "search"
        return replace(super().shows(view), stage=stage, expected_cost=self.latency(self.believe()).item())
