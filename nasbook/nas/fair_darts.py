"""FairDARTS: DARTS in which operations do not compete: each has a sigmoid of its own, which is drawn towards 0 or 1.

    ō(x) = Σ_o σ(α_o) · o(x)                                            may all be 1, or none
    min_α L_val(w, α) + w₀₁ L₀₁(α),   L₀₁ = −(1/N) Σ (σ(α) − ½)²        N: the number of all α
    ∂L₀₁/∂α = −(2/N) (σ − ½) σ (1 − σ)

With a softmax an operation grows at the cost of the others on its edge, and a skip has an unfair start: it is the
easiest way for a gradient. With sigmoids both may be kept. L₀₁ closes the gap between a mixture and the choice that is
derived from it; its other form, −mean |σ − ½|, pushes hardest where nothing is decided yet.

All α start at exactly 0, where σ is ½ and L₀₁ has no gradient: only the loss breaks the tie. There is no `none` among
the operations. Derived is on each edge the operation with the largest σ, if that reaches the threshold; another edge is
dropped where the space has `none`, but each node keeps its strongest one. Where nodes read two edges, the two strongest
are kept.

The authors' code has a rate of 3e-3 for α, w₀₁ = 10, a threshold of 0.85, batches of 128 and 50 epochs. A search on
digits has 120 steps, in which Adam would move α by 0.36 and σ to 0.59 at most; so the rate is 0.02, as in `darts`.
Batches and epochs are smaller, as the images are.

Paper: Chu, Zhou, Zhang & Li, Fair DARTS: Eliminating Unfair Advantages in Differentiable Architecture Search, ECCV
2020. Read first: `loss`. The alternation is in parts/mixture.py. Left out: several operations on one edge,
which no configuration of these spaces can say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nasbook.kit.checks import one_of, setting, within
from nasbook.kit.start import Images as Batch
from nasbook.nas.parts.mixture import Mixture, MixtureSettings
from nasbook.nas.spaces.gates import Gates, Path, mixed

FORMS = ("square", "absolute")


@dataclass(frozen=True)
class FairDartsSettings(MixtureSettings):
    lr: float = setting(0.005, "rate of the weights at first")
    zero_one: float = setting(10.0, "weight of the loss that draws σ(α) towards 0 or 1 (w₀₁)")
    form: str = setting("square", "of that loss: −mean (σ − ½)² or −mean |σ − ½|", FORMS)
    threshold: float = setting(0.85, "σ(α) that an operation needs to be kept")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("zero_one", self.zero_one, 0)
        one_of("form", self.form, FORMS)
        within("threshold", self.threshold, 0, 1)


def zero_one_loss(sigma: Tensor, form: str = "square") -> Tensor:
    """L₀₁ of σ(α), of any shape."""
    away = sigma - 0.5
    return -(away.square() if form == "square" else away.abs()).mean()


class FairDarts(Mixture):
    name = "fair-darts"
    Settings = FairDartsSettings
    betas = (0.9, 0.999)

    def first(self) -> np.ndarray:
        return np.zeros(self.places.allowed.shape)

    def gates(self, alpha: Tensor) -> Gates:
        """ō = Σ_o σ(α)_o o(x) on every edge, `none` left out."""
        kept = self.places.kept
        return [[g for g in row if kept[p, g.op]] for p, row in enumerate(mixed(torch.sigmoid(alpha)))]

    def loss(self, w: Sequence[Tensor], alpha: Tensor, batch: Batch) -> Tensor:
        """L(w, α) + w₀₁ L₀₁(α) of a batch."""
        s, kept = self.settings, torch.from_numpy(self.places.kept).to(alpha.device)
        return self.look(w, self.gates(alpha), batch) + s.zero_one * zero_one_loss(torch.sigmoid(alpha)[kept], s.form)

    def derive(self, alpha: Tensor) -> Path:
        """The largest σ of each edge, and `none` where that is below the threshold and a better edge leads to the same
        node."""
        path = self.places.strongest(alpha)
        if not all("none" in options for options in self.places.choices.values()):
            return path
        none, found = self.places.ops.index("none"), torch.sigmoid(alpha.detach()[range(len(path)), path]).tolist()
        best: dict[int, float] = {}
        for (_, j), sigma in zip(self.places.edges, found, strict=True):
            best[j] = max(best.get(j, 0.0), sigma)
        needed = [min(best[j], self.settings.threshold) for _, j in self.places.edges]
        return tuple(op if s >= n else none for op, s, n in zip(path, found, needed, strict=True))

    def believe(self) -> Tensor:
        """σ(α); 0 for what is not among the operations."""
        return torch.sigmoid(self.alpha.detach()).cpu().masked_fill(torch.from_numpy(~self.places.kept), 0)
