"""A small network that learns a prior of one variable within seconds, and what it believes on the way.

    for state in learn(PRIORS["any"], steps=800):      20 training steps each
        state.nll, state.exact                         on problems kept aside; nothing is below `exact`
    belief = state.learned
    belief.predict(x, y, at)                           mean and standard deviation at `at` after points x, y

The network is prior_fitted.py's, its training is prior_fitting.py's. It is told x as itself and by waves, sin 2ᵏπx and
cos 2ᵏπx, with which near points are told apart within seconds instead of minutes. Values are brought to mean 0 and
standard deviation 1 of what the prior draws. Up to MOST points are shown in training; of more it has no experience.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from nasbook.hpo.parts.bars import Bars
from nasbook.hpo.parts.prior_fitted import PriorFitted
from nasbook.hpo.parts.prior_fitting import edges_of, fit, nll
from nasbook.hpo.parts.priors_1d import Prior
from nasbook.hpo.parts.problems import Batch
from nasbook.kit.checks import whole
from nasbook.kit.safetensors import read_weights
from nasbook.kit.threads import one_thread_a_step

MOST, WAVES, BARS = 20, 4, 64
WEIGHTS = Path(__file__).parents[2] / "data" / "priors_1d.safetensors"
SIZES = {"width": 48, "layers": 2, "heads": 4, "hidden": 96}
SHOWN, ASKED, PROBLEMS = 6, 24, 250  # of the problems on which the progress is measured


@dataclass(frozen=True, eq=False)
class Learned:
    """A network, and the mean and the standard deviation of the values that its prior draws."""

    net: PriorFitted
    shift: float = 0.0
    scale: float = 1.0

    def p(self, x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Probabilities (m, BARS) of the bars at `at` (m,), after values y (n,) at x (n,)."""
        X, Y, query = (torch.as_tensor(np.asarray(part, np.float32))[None] for part in (x, y, at))
        with torch.inference_mode():
            return self.logits(X, Y, query).softmax(-1)[0].double().numpy()

    def predict(self, x: np.ndarray, y: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (m,)."""
        p = self.p(x, y, at)
        return self.bars.mean(p), self.bars.std(p)

    def band(self, x: np.ndarray, y: np.ndarray, at: np.ndarray, inside: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Ends (m,) of the interval that holds so much of the belief, as much below it as above."""
        p = self.p(x, y, at)
        return self.bars.quantile(p, (1 - inside) / 2), self.bars.quantile(p, (1 + inside) / 2)

    def on(self, problems: Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean and ends of the 95 % (b, m) at the queries of a batch."""
        x, y, query, target = problems
        with torch.inference_mode():
            p = self.logits(x, y, query).softmax(-1).double().flatten(0, 1).numpy()
        mean, low, high = self.bars.mean(p), self.bars.quantile(p, 0.025), self.bars.quantile(p, 0.975)
        return mean.reshape(target.shape), low.reshape(target.shape), high.reshape(target.shape)

    @property
    def bars(self) -> Bars:
        """In the units of the values."""
        return Bars(self.shift + self.scale * self.net.edges.double().numpy())

    def logits(self, x: Tensor, y: Tensor, query: Tensor) -> Tensor:
        return self.net(see(x), (y - self.shift) / self.scale, see(query))

    def nll(self, problems: Batch) -> Tensor:
        """-log q of each target of a batch, in the units of the values: (b, m)."""
        x, y, query, target = problems
        with torch.inference_mode():
            z = (target - self.shift) / self.scale
            return nll(self.logits(x, y, query), z, self.net.edges) + math.log(self.scale)

    def weights(self) -> dict[str, Tensor]:
        return {**self.net.state_dict(), "units": torch.tensor([self.shift, self.scale])}

    @classmethod
    def of(cls, weights: Mapping[str, Tensor]) -> Learned:
        kept = {name: w.float() for name, w in weights.items()}
        shift, scale = kept.pop("units").tolist()
        net = PriorFitted(1 + 2 * WAVES, kept["edges"], **SIZES)
        net.load_state_dict(kept)
        return cls(net.eval(), shift, scale)


@cache
def shipped(name: str) -> Learned | None:
    """The network that learned a prior of PRIORS for minutes (data/make/priors_1d.py); None for any other prior."""
    kept = read_weights(WEIGHTS)
    own = {key.partition("/")[2]: w for key, w in kept.items() if key.startswith(f"{name}/")}
    return Learned.of(own) if own else None


def see(x: Tensor) -> Tensor:
    """What the network is told of places x (…): (…, 1 + 2 WAVES)."""
    x = x[..., None]
    wave = math.pi * 2.0 ** torch.arange(WAVES) * x
    return torch.cat([x - 0.5, wave.sin(), wave.cos()], -1)


@dataclass(frozen=True, eq=False)
class Progress:
    step: int
    nll: float  # mean -log q on problems kept aside, six points shown
    exact: float | None  # the same of the exact posterior, the least that is possible; None where nobody knows it
    learned: Learned


def untrained(prior: Prior, seed: int = 0) -> Learned:
    """A network before its first step. Its bars lie where the prior's values do."""
    rng = torch.Generator().manual_seed(seed)
    values = torch.cat([prior.draw(100, 0, 24, rng)[3] for _ in range(12)]).double()
    shift, scale = float(values.mean()), float(values.std())
    if not scale > 0:
        raise ValueError(f"the prior {prior.name!r} draws the same value everywhere, so there is nothing to learn")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        edges = edges_of((values - shift) / scale, BARS)
        return Learned(PriorFitted(1 + 2 * WAVES, edges, **SIZES), shift, scale)


def kept_aside(prior: Prior, shown: int = SHOWN, seed: int = 10**6) -> Batch:
    """Problems for a test: PROBLEMS of them, so many points shown, ASKED asked about."""
    return prior.draw(PROBLEMS, shown, ASKED, torch.Generator().manual_seed(seed))


def gap(learned: Learned, prior: Prior, problems: Batch) -> float:
    """E[log p - log q]: KL(exact ‖ network) in nats, on average over the problems; 0 would be perfect."""
    return float((prior.log_p(*problems) + learned.nll(problems)).mean())


@one_thread_a_step
def learn(
    prior: Prior, steps: int = 800, every: int = 20, seed: int = 0, batch: int = 32, rate: float = 3e-3
) -> Generator[Progress, None, None]:
    """Train a network on problems that are drawn anew for each step, and report every so many of `steps`, the first
    time before any. Each report has a network of its own."""
    whole("steps", steps, 1)
    whole("every", every, 1)
    learned, test = untrained(prior, seed), kept_aside(prior)
    exact = -float(prior.log_p(*test).mean()) if prior.ells is not None else None
    rng = torch.Generator().manual_seed(seed + 1)

    def draw() -> Batch:
        shown = int(torch.randint(0, MOST + 1, (), generator=rng))
        x, y, query, target = prior.draw(batch, shown, 32, rng)
        return see(x), (y - learned.shift) / learned.scale, see(query), (target - learned.shift) / learned.scale

    def report(step: int) -> Progress:
        now = Learned(copy.deepcopy(learned.net).eval().requires_grad_(False), learned.shift, learned.scale)
        return Progress(step, float(now.nll(test).mean()), exact, now)

    yield report(0)
    for step, _ in enumerate(fit(learned.net, draw, steps, rate), 1):
        if step % every == 0 or step == steps:
            yield report(step)
