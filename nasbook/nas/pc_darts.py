"""PC-DARTS: DARTS in which only a part of the channels goes through the operations, and each edge has a weight.

    f_ij(x) = Σ_o softmax(α_ij)_o · o(S x)  ∥  (1 − S) x          S: the first C/K channels; the rest passes by
    x_j     = Σ_i softmax(β_·j)_i · shuffle(f_ij(x_i))            edge normalisation, over the edges into node j

α and β are learned together, by Adam on validation batches, after a warm-up in which only the weights learn. The cell
keeps what has the largest softmax(α) · softmax(β). Sampling channels spares 1 − 1/K of the memory and time of the mixed
operations. The authors argue that it also regularises: operations without weights, which are ready before the
convolutions are, gain less where a part of the input passes by anyhow. The parts of the method are settings:
`partial=1, edge_normalisation=False, warmup=0` is first-order DARTS, bit for bit.

The authors' code has K = 4, α and β at 6e-4, 15 of 50 epochs of warm-up, batches of 256 and a weights' rate of 0.1.
Here K = 2, for of 8 channels K = 4 would leave convolutions of two; a rate of 0.02, as in `darts`, for a search has 120
steps, not thousands; the same share of warm-up, 6 of 20 epochs; and DARTS' weights' rate, which fits batches of 50. The
batch norm that they put behind each pooling is left out: in the cell of NAS-Bench-201 there is none.

Paper: Xu et al., PC-DARTS: Partial Channel Connections for Memory-Efficient Architecture Search, ICLR 2020. Read
first: `gates`; then `PartialPlace` in spaces/partial.py. The alternation is in parts/mixture.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nasbook.kit.checks import flag, setting, whole
from nasbook.nas.parts.mixture import Mixture, MixtureSettings
from nasbook.nas.spaces.gates import Gated, Gates, Path, mixed


@dataclass(frozen=True)
class PcDartsSettings(MixtureSettings):
    partial: int = setting(2, "1/K of the channels go through the operations (K); 1: all of them")
    edge_normalisation: bool = setting(True, "does each edge have a weight β of its own?")
    warmup: int = setting(6, "epochs at the start in which only the weights learn")

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("partial", self.partial, 1)
        flag("edge_normalisation", self.edge_normalisation)
        if self.channels % self.partial:
            fit = [k for k in range(1, self.channels + 1) if self.channels % k == 0]
            raise ValueError(
                f"partial must divide channels = {self.channels}, so be one of {', '.join(map(str, fit))}, "
                f"not {self.partial}"
            )


class PcDarts(Mixture):
    """α and β are one tensor (places, ops + 1), of which β is the last column."""

    name = "pc-darts"
    Settings = PcDartsSettings

    def network(self, classes: int, in_channels: int) -> Gated:
        return self.places.net(self.settings.channels, classes, in_channels, partial=self.settings.partial)

    def first(self) -> np.ndarray:
        alpha = super().first()
        if not self.settings.edge_normalisation:
            return alpha
        return np.column_stack([alpha, 1e-3 * self.rng.standard_normal(len(alpha))])

    def weights(self, both: Tensor) -> Tensor:
        """softmax(α) · softmax(β) (places, ops)."""
        alpha = self.places.softmax(both[:, : len(self.places.ops)])
        return self.beta(both[:, -1])[:, None] * alpha if self.settings.edge_normalisation else alpha

    def beta(self, beta: Tensor) -> Tensor:
        """softmax over the edges that lead into the same node, (places,)."""
        into = torch.tensor([j for _, j in self.places.edges], device=beta.device)
        others = into[:, None] != into
        return torch.softmax(beta.expand(len(beta), -1).masked_fill(others, -torch.inf), 1).diagonal()

    def gates(self, alpha: Tensor) -> Gates:
        return mixed(self.weights(alpha))

    def derive(self, alpha: Tensor) -> Path:
        """What has the largest softmax(α) · softmax(β), `none` excluded."""
        return self.places.strongest(self.weights(alpha))

    def believe(self) -> Tensor:
        return self.weights(self.alpha.detach()).cpu()
