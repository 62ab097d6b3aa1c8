"""ProxylessNAS: train one drawn path at a time, compare two operations an edge, and charge for the expected latency.

    p = softmax(α),   E[LAT] = t_0 + Σ_edges Σ_o p_o t_o                             parts/latency.py

    weights:       a path ~ p;   w ← w − ξ ∇_w L_train(w, path)                      in the warm-up: nothing else
    architecture,  every few steps, on a validation batch, on each edge:
        a, b ~ p without replacement,   q = softmax(α_a, α_b),   one of the two is active, drawn by q:
        ō(x) = g_a o_a(x) + g_b o_b(x),   g = 1 for the active one and 0 for the other, which has no graph
        ∂L/∂α_i = Σ_j ∂L/∂g_j q_j (δ_ij − q_i),   i, j ∈ {a, b}
        α ← α − Adam(∇_α),   then α_a, α_b are shifted by the same number so that p_a + p_b is what it was
    derive:        on every edge the likeliest operation except `none`

    L = CE + λ (E[LAT] − ref) / ref       ("add")        or        CE · (log E[LAT] / log ref)^β       ("multiply")

What was not drawn keeps its probability. So Adam must not remember: with β₁ > 0 or a decay, the α of operations that
have no gradient now would move as well. The latency's gradient, too, goes to the two alone: how E[LAT] changes with q
while p_a + p_b stays. An α step keeps two operations an edge in memory, one of them without a graph.

With "multiply", latencies must be above 1 in their unit: below, both logarithms are negative and faster networks are
punished. ref = 0 stands for E[LAT] at equal probabilities.

Defaults after the authors' code: λ = 0.1, β = 0.3, Adam's β₁ = 0. Theirs take an α step every fifth step at a rate of
1e-3, after 40 epochs of warm-up, in 120 epochs of hundreds of steps; on digits, with 360 steps, every second at 0.05
after 20 epochs of 60, and weights at 0.1 at first, as other single paths here. The authors' default mode runs all
operations; this is the paper's, of two paths. In that one their code counts E[LAT] as if these two were all, and leaves
α as it is where the active operation is `none`.

Paper: Cai, Zhu & Han, ProxylessNAS: Direct Neural Architecture Search on Target Task and Hardware, ICLR 2019. Read
first: `run`. Left out: label smoothing; the variant with REINFORCE.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from nasbook.kit.checks import numbers, one_of, setting, whole, within
from nasbook.kit.optimisers import Adam
from nasbook.kit.start import Images as Batch
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.latency import Priced
from nasbook.nas.parts.single_path import evaluate_path
from nasbook.nas.parts.supernet import SupernetSettings, SupernetView
from nasbook.nas.spaces.gates import Gate, Gates, Path
from nasbook.space import Space
from nasbook.task import Task
from nasbook.trace import Trial

OBJECTIVES = ("add", "multiply")


@dataclass(frozen=True)
class ProxylessSettings(SupernetSettings):
    epochs: int = setting(60, "passes over the training images")
    lr: float = setting(0.1, "rate of the weights at first")
    weight_decay: float = setting(4e-5, "of the weights")
    alpha_lr: float = setting(0.05, "rate of Adam for α")
    warm_up: int = setting(20, "epochs in which the weights alone learn")
    every: int = setting(2, "weight steps to each α step")
    objective: str = setting("add", "how latency enters the loss", OBJECTIVES)
    price: float = setting(0.1, "of latency, where it is added (λ)")
    power: float = setting(0.3, "of latency, where it multiplies (β)")
    reference: float = setting(0.0, "µs, the latency that costs nothing; 0: the expected one at the start")
    latencies: tuple[float, ...] = setting((), "µs: the rest of the network, then each operation; (): those of a table")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("alpha_lr", self.alpha_lr, 0, above=True)
        whole("warm_up", self.warm_up, 0)
        whole("every", self.every, 1)
        one_of("objective", self.objective, OBJECTIVES)
        for name in ("price", "power", "reference"):
            within(name, getattr(self, name), 0)
        object.__setattr__(self, "latencies", numbers("latencies", self.latencies, 0))


def likely(p: np.ndarray, rng: np.random.Generator) -> Path:
    """A path ~ p (places, ops), of which each row sums to 1."""
    u = rng.random(len(p))
    below = np.cumsum(p, axis=1) <= u[:, None]
    last = [int(np.flatnonzero(row)[-1]) for row in p]  # the sum may miss 1 by a rounding
    return tuple(min(int(k), end) for k, end in zip(below.sum(1), last, strict=True))


def two(g: Tensor, active: Path, other: Path) -> Gates:
    """The path `active`, and beside it `other` without a graph; g (places, ops) is 1 for the one, 0 for the other."""
    return [[Gate(a, row[a]), Gate(b, row[b], live=False)] for row, a, b in zip(g, active, other, strict=True)]


class ProxylessNAS(Priced):
    name = "proxylessnas"
    Settings = ProxylessSettings

    def check_space(self, space: Space) -> None:
        super().check_space(space)
        equal = self.latency(self.places.softmax(torch.zeros(self.places.allowed.shape))).item()
        self.reference = self.settings.reference or equal
        if self.settings.objective == "multiply":
            self.latency.check_logarithm(self.reference)
        elif self.reference <= 0:
            raise ValueError(f"{self.name}: no operation takes any time; give latencies above 0")

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, SupernetView]]:
        """Search, and yield after each epoch. ValueError if the task has no images."""
        train, val = self.start(task)
        for _ in self.epochs():
            losses, searching = [], self.done_epochs >= self.settings.warm_up
            for step, (batch, val_batch) in enumerate(self.alternate(train, val)):
                p = self.places.softmax(self.alpha.detach()).double().cpu().numpy()
                losses.append(self.step_paths(batch, [likely(p, self.rng)]))
                if searching and step % self.settings.every == 0:
                    self.step_pair(val_batch, self.pair())
            path = self.derive(self.alpha)
            yield self.ended(sum(losses) / len(losses), path, *evaluate_path(self.net, path, val, train))

    def adam(self, alpha: Tensor) -> torch.optim.Optimizer:
        """Without a memory of the direction, and without decay."""
        return Adam([alpha], self.settings.alpha_lr, betas=(0.0, 0.999))

    def pair(self) -> Tensor:
        """(places, 2): two operations drawn by p without replacement, the largest two of log p + Gumbel."""
        never = torch.from_numpy(~self.places.allowed).to(self.alpha.device)
        g = torch.from_numpy(self.rng.gumbel(size=tuple(self.alpha.shape))).to(self.alpha)
        return (self.alpha.detach() + g).masked_fill(never, -torch.inf).topk(2).indices

    def step_pair(self, batch: Batch, pair: Tensor) -> None:
        """A step of α for these two operations of each place, active by q; the others keep their probabilities."""
        q = torch.softmax(self.alpha.gather(1, pair), 1)
        active = (torch.from_numpy(self.rng.random(len(pair))).to(q) >= q[:, 0]).long()
        g = F.one_hot(active, 2) + q - q.detach()  # 1 and 0, with the gradient of q
        a, b = (pair.gather(1, x[:, None])[:, 0].tolist() for x in (active, 1 - active))
        p = self.places.softmax(self.alpha.detach())
        shared = p.scatter(1, pair, p.gather(1, pair).sum(1, keepdim=True) * q)
        ce = self.look(self.w, two(torch.zeros_like(p).scatter(1, pair, g), tuple(a), tuple(b)), batch)
        before = self.alpha.detach().gather(1, pair).logsumexp(1)
        self.step_alpha(self.charged(ce, self.latency(shared)))
        with torch.no_grad():
            shift = before - self.alpha.gather(1, pair).logsumexp(1)
            self.alpha.scatter_add_(1, pair, shift[:, None].expand(-1, 2))

    def charged(self, ce: Tensor, latency: Tensor) -> Tensor:
        """L of a cross-entropy and an expected latency."""
        s, ref = self.settings, self.reference
        if s.objective == "add":
            return ce + s.price * (latency - ref) / ref
        return ce * (latency.log() / torch.tensor(ref).log()) ** s.power
