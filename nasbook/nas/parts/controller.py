"""A controller: an LSTM that writes a configuration, one decision after the other.

    p_θ(a) = Π_t p_θ(a_t | a_1 … a_{t−1})         a_t: which option the t-th parameter takes

    x_t = embedding of the option taken last;   h_t = LSTM(x_t, h_{t−1});   p_θ(a_t | …) = softmax(W_t h_t + b_t)

Every parameter of the space that is not constant is a decision, in the space's order: a Choice by its options, an Int
by its values where they are few. A parameter that does not exist, because its condition does not hold, is passed over:
it takes no step of the LSTM and has no probability. So p_θ sums to one over the configurations of any such space.

Paper: Zoph & Le, Neural Architecture Search with Reinforcement Learning, ICLR 2017: two layers of 35 units, weights
uniform in ±0.08; here one layer of 32. Read first: `unroll`. The methods that train it are reinforce.py and ppo.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.kit.checks import OPTIONS, needs_options
from nasbook.kit.start import blank
from nasbook.space import Config, Scalar, Space

INIT = 0.08


@dataclass(frozen=True)
class Rollout:
    """n configurations as the controller reads or writes them; T decisions."""

    actions: Tensor  # (n, T) int64: the option taken, −1 where the parameter does not exist
    log_p: Tensor  # (n,) log p(a), the sum over the decisions
    entropy: Tensor  # (n,) Σ_t H(p(· | a_1 … a_{t−1})), nats
    probabilities: list[Tensor]  # T tensors (n, V_t): p(· | a_1 … a_{t−1}), 0 where the parameter does not exist
    state: tuple[Tensor, Tensor]  # (n, hidden) twice: h and c after the last decision


Shown = tuple[tuple[str, ...], tuple[tuple[Scalar, ...], ...], tuple[tuple[float, ...], ...], float]


class Controller(nn.Module):
    """The network. seed: of its weights; the global generator of torch is neither read nor changed.

    `temperature` divides the logits, and `cap` bounds them by cap · tanh(logits / temperature); 0 is no bound.

    Raises ValueError for a space with a Float, or an Int of more than 64 values.
    """

    temperature, cap = 1.0, 0.0

    def __init__(self, space: Space, hidden: int = 32, seed: int = 0) -> None:
        super().__init__()
        needs_options("controller", space)
        self.space, self.names = space, list(space.free)
        self.options: list[list[Scalar]] = [list(space.parameters[n].levels(OPTIONS)) for n in self.names]
        self.place = {name: t for t, name in enumerate(self.names)}
        sizes = [len(o) for o in self.options]
        self.first = np.cumsum([1, *sizes[:-1]]).tolist()  # row of a decision's first option; row 0 is "begin"
        rows = torch.empty(1 + sum(sizes), hidden, dtype=torch.float64)
        self.embedding = nn.Embedding.from_pretrained(rows, freeze=False)
        self.lstm = blank(nn.LSTMCell, hidden, hidden, dtype=torch.float64)
        self.heads = nn.ModuleList([blank(nn.Linear, hidden, n, dtype=torch.float64) for n in sizes])
        generator = torch.Generator().manual_seed(seed)
        for p in self.parameters():
            nn.init.uniform_(p, -INIT, INIT, generator=generator)

    # ---- one decision after the other ------------------------------------------------------------------------

    def unroll(
        self, n: int, choose: Callable[[int, Tensor], Tensor], state: tuple[Tensor, Tensor] | None = None
    ) -> Rollout:
        """n configurations. choose(t, p) takes the options (n,), given their probabilities p (n, V_t). state: h and c
        (n, hidden) at the start, of a controller that has written what stands before; zeros if there is none."""
        zeros = torch.zeros(n, self.lstm.hidden_size, dtype=torch.float64)
        h, c = state or (zeros, zeros)
        token = torch.zeros(n, dtype=torch.int64)
        actions = torch.full((n, len(self.names)), -1)
        log_p = entropy = torch.zeros(n, dtype=torch.float64)
        probabilities = []
        for t, name in enumerate(self.names):
            exists = self.exists(name, actions)
            h_t, c_t = self.lstm(self.embedding(token), (h, c))
            log_all = torch.log_softmax(self.logits(t, h_t), 1)  # log p(· | a_1 … a_{t−1})
            p = log_all.exp()
            a = choose(t, p.detach())
            log_p = log_p + torch.where(exists, log_all.gather(1, a[:, None])[:, 0], 0.0)
            entropy = entropy - torch.where(exists, (p * log_all).sum(1), 0.0)
            probabilities.append(torch.where(exists[:, None], p, 0.0))
            actions[:, t] = torch.where(exists, a, -1)
            token = torch.where(exists, self.first[t] + a, token)
            h, c = torch.where(exists[:, None], h_t, h), torch.where(exists[:, None], c_t, c)
        return Rollout(actions, log_p, entropy, probabilities, (h, c))

    def logits(self, t: int, h: Tensor) -> Tensor:
        """Of the options of a decision (n, V_t), given h_t."""
        logits = self.heads[t](h) / self.temperature
        return self.cap * torch.tanh(logits) if self.cap else logits

    def exists(self, name: str, actions: Tensor) -> Tensor:
        """(n,) does the parameter exist, given the options taken before it?"""
        exists = torch.ones(len(actions), dtype=torch.bool)
        for parent, values in self.space.conditions[name].items():
            if parent in self.place:
                t = self.place[parent]
                allowed = torch.tensor([self.options[t].index(v) for v in values])
                exists &= torch.isin(actions[:, t], allowed)  # −1 is never allowed
            else:
                exists &= self.exists(parent, actions)  # a constant
        return exists

    def sample(self, u: np.ndarray, state: tuple[Tensor, Tensor] | None = None) -> Rollout:
        """Draw n configurations with uniform numbers u (n, T) in [0, 1): option k has the k-th part of [0, 1)."""
        numbers = torch.from_numpy(u)

        def draw(t: int, p: Tensor) -> Tensor:
            below = (p.cumsum(1) <= numbers[:, t, None]).sum(1)
            return below.clamp(max=p.shape[1] - 1)  # the sum may miss 1 by a rounding

        with torch.no_grad():
            return self.unroll(len(u), draw, state)

    def read(self, actions: Tensor, state: tuple[Tensor, Tensor] | None = None) -> Rollout:
        """The probabilities of given configurations (n, T), differentiable."""
        return self.unroll(len(actions), lambda t, p: actions[:, t].clamp(min=0), state)

    # ---- actions and configurations ---------------------------------------------------------------------------

    def actions(self, configs: list[Config]) -> Tensor:
        """(n, T) int64, −1 where a parameter does not exist."""
        rows = [
            [o.index(c[name]) if name in c else -1 for name, o in zip(self.names, self.options, strict=True)]
            for c in configs
        ]
        return torch.tensor(rows, dtype=torch.int64).reshape(len(configs), len(self.names))

    def config(self, actions: Tensor) -> Config:
        """The configuration of one row (T,)."""
        chosen = {n: o[a] for n, o, a in zip(self.names, self.options, actions.tolist(), strict=True) if a >= 0}
        return self.space.validate(chosen)

    def shown(self, drawn: Rollout) -> Shown:
        """What a view tells of a policy: names, options, mean probabilities and mean entropy of what it has drawn."""
        probabilities = tuple(tuple(p.mean(0).tolist()) for p in drawn.probabilities)
        return tuple(self.names), tuple(map(tuple, self.options)), probabilities, float(drawn.entropy.mean())


def spread(g: Tensor) -> float:
    """The variance of one row, summed over its entries (the trace of the covariance), estimated from n rows."""
    return float(((g - g.mean(0)) ** 2).sum() / (len(g) - 1))
