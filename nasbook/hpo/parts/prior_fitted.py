"""A transformer that has learned to do Bayesian inference: shown points and values, it answers with a belief.

    (x_1, y_1), …, (x_n, y_n), x_q  ~  a prior over problems           problems.py
    loss(θ) = E[-log q_θ(y_q | x_q, (x_1, y_1), …, (x_n, y_n))]        least where q_θ is the posterior predictive
    q_θ: the points look at one another, a query looks at the points   `forward`; answers in bars (bars.py)

The order of the points is not told, so it cannot matter. A token that stands for "nothing yet" is always there, so that
a query without any point has something to look at: then the answer is the prior's.

Papers: Müller et al., Transformers Can Do Bayesian Inference, 2022; Müller, Feurer, Hollmann & Hutter, PFNs4BO:
In-Context Learning for Bayesian Optimization, 2023. Read first: `PriorFitted.forward`. How it was trained stands in
prior_fitting.py.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from nasbook.kit.safetensors import read_weights


class Layer(nn.Module):
    """Points look at the points, queries look at the points too; then each thinks for itself."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.q, self.kv, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, points: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.before(points)
        k, v = (self._split(part) for part in self.kv(seen).chunk(2, -1))
        new = []
        for h, look in ((points, seen), (queries, self.before(queries))):
            a = scaled_dot_product_attention(self._split(self.q(look)), k, v)
            h = h + self.out(a.transpose(1, 2).flatten(2))
            new.append(h + self.think(self.between(h)))
        return new[0], new[1]

    def _split(self, h: Tensor) -> Tensor:
        """(b, n, width) -> (b, heads, n, width / heads)."""
        return h.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class PriorFitted(nn.Module):
    """inputs: D, the numbers that describe a point; edges (B + 1,): of the bars."""

    edges: Tensor
    nothing: nn.Parameter

    def __init__(
        self, inputs: int, edges: Tensor, width: int = 64, layers: int = 3, heads: int = 4, hidden: int = 128
    ) -> None:
        super().__init__()
        self.register_buffer("edges", torch.as_tensor(edges, dtype=torch.float32))
        self.x, self.y = nn.Linear(inputs, width), nn.Linear(1, width)
        self.nothing = nn.Parameter(torch.randn(width) * 0.02)
        self.layers = nn.ModuleList(Layer(width, heads, hidden) for _ in range(layers))
        self.answer = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, len(edges) - 1))

    def forward(self, X: Tensor, y: Tensor, query: Tensor) -> Tensor:
        """Logits (b, m, B) of the bars at `query` (b, m, D), from points X (b, n, D) with values y (b, n)."""
        points = torch.cat([self.nothing.expand(len(X), 1, -1), self.x(X) + self.y(y[..., None])], 1)
        queries = self.x(query)
        for layer in self.layers:
            points, queries = layer(points, queries)
        return self.answer(queries)


def describe(u: Tensor, choice: Tensor) -> Tensor:
    """What the network sees of points u (…, most), NaN where a parameter does not exist: (…, 3 most)."""
    exists = ~u.isnan()
    return torch.cat([torch.where(exists, u - 0.5, 0.0), choice.expand(u.shape).float(), exists.float()], -1)


@cache
def read(path: Path, heads: int = 4) -> PriorFitted:
    """The network whose weights lie in a file (kit/safetensors.py), its sizes read off them."""
    weights = {name: w.float() for name, w in read_weights(path).items()}
    layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))
    width, inputs = weights["x.weight"].shape
    net = PriorFitted(inputs, weights["edges"], width, layers, heads, len(weights["layers.0.think.0.weight"]))
    net.load_state_dict(weights)
    return net.eval()


def bars_at(net: PriorFitted, U: np.ndarray, z: np.ndarray, query: np.ndarray, choice: np.ndarray) -> np.ndarray:
    """Probabilities (m, B) of the bars at `query` (m, d) after values z (n,) at U (n, d); choice (d,): no number."""
    most = net.x.in_features // 3

    def see(u: np.ndarray) -> Tensor:
        places = np.full((1, len(u), most), np.nan, np.float32)
        places[0, :, : u.shape[1]] = u
        return describe(torch.from_numpy(places), torch.from_numpy(np.pad(choice, (0, most - len(choice)))))

    with torch.inference_mode():
        logits = net(see(U), torch.tensor(z[None], dtype=torch.float32), see(query))
        return logits.softmax(-1)[0].double().numpy()
