"""PriorBand: Hyperband that an expert's belief steers, and that leaves it as soon as results speak against it.

    a new configuration of rung i comes from     with probability
      U   the uniform distribution                p_U = 1 / (1 + η^i)
      π   the prior                               (1 - p_U) S_π / (S_π + S_λ)
      λ   the incumbent, a part of it changed     (1 - p_U) S_λ / (S_π + S_λ)

    S_π = Σ_k w_k π(x_k),   S_λ = Σ_k w_k p_λ(x_k)      x_1 … x_K: the best η-th part of the highest rung that has η
    w_k = K + 1 - k                                      results, the best first;  p_λ: the prior, centred at the best

The more epochs new configurations begin with, the fewer of them are random. λ is left out (S_λ = 0) until one
configuration was trained fully, and as many epochs were spent as one bracket of successive halving costs. Then the
ratio asks who explains the best results: the expert, or the best of them. So a wrong prior costs about a bracket.

A change of the incumbent: each parameter with probability `mutation`, a number by a normal step of `step` times its
axis, folded at the ends as elsewhere here, a Choice to another option. p_λ gives the incumbent's option of a Choice the
probability that the prior's likeliest has, and the others the same share each. The prior is written as that of
'bayesian' (parts/prior.py): a centre and a width of a number, probabilities of a Choice, an operation of a cell too; of
what it does not name, and where there is none, π is uniform. A draw that was tried already, as a change that changes
nothing, is drawn again; a source that has no other gives way to the uniform distribution.

Paper: Mallik, Bergman, Hvarfner, Stoll, Janowski, Lindauer, Nardi & Hutter, PriorBand: Practical Hyperparameter
Optimization in the Age of Deep Learning, NeurIPS 2023. Where it is silent this follows NePS, the authors' program. Read
first: `shares`, then hyperband.py. Left out: its variant with a model in the last rung; and that NePS centres p_λ also
in what the prior does not name, with a width of .75, where here it is uniform.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbook.hpo.hyperband import Hyperband, HyperbandSettings
from nasbook.hpo.parts.prior import Prior
from nasbook.hpo.successive_halving import HalvingView
from nasbook.kit.beliefs import believable
from nasbook.kit.checks import setting, within
from nasbook.kit.untried import untried
from nasbook.space import Config, Space
from nasbook.trace import Trial
from nasbook.trial import Info

SOURCES = ("uniform", "prior", "incumbent")
DRAWS = 64  # of one source, until it is taken to have nothing that was not tried


@dataclass(frozen=True)
class PriorBandSettings(HyperbandSettings):
    prior: dict[str, list[float]] | None = setting(
        None, "Where the best may lie: [centre, width as a share of the axis] of a number, probabilities of a Choice."
    )
    mutation: float = setting(0.5, "Probability that a parameter of the incumbent is changed.")
    step: float = setting(0.25, "How far a changed number moves, as a share of its axis.")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("mutation", self.mutation, 0, 1, above=True)
        within("step", self.step, 0, 1, above=True)
        if self.prior is not None:
            object.__setattr__(self, "prior", believable(self.prior))


@dataclass(frozen=True, eq=False)
class PriorBandView(HalvingView):
    """Brackets as Hyperband's, and whence the last new configuration came."""

    shares: tuple[float, float, float] | None = None  # of uniform, prior and incumbent; None: a promotion
    source: str | None = None  # the one of them that was drawn


class PriorBand(Hyperband):
    name = "priorband"
    View = PriorBandView
    Settings = PriorBandSettings
    independent = False  # the next new configuration depends on what has ended

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.results: dict[float, list[tuple[float, Config]]] = {}  # epochs -> loss and configuration of each trial
        self.spent: float = 0  # epochs
        self.last: tuple[tuple[float, float, float], str] | None = None

    def check_space(self, space: Space) -> None:
        super().check_space(space)
        try:
            self.prior = Prior(space, self.settings.prior or {})
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None

    # ---- who proposes ------------------------------------------------------------------------------------

    def shares(self, rung: int) -> tuple[float, float, float]:
        """The probabilities of uniform, prior and incumbent for a new configuration that begins in a rung."""
        uniform = 1 / (1 + self.settings.eta**rung)
        if (best := self.best()) is None:
            return uniform, 1 - uniform, 0.0
        w = np.arange(len(best), 0, -1)
        U = self.space.encode_all(best)
        S_prior, S_incumbent = (float(w @ np.exp(p.log(U))) for p in (self.prior, self.centred()))
        share = S_prior / (S_prior + S_incumbent)
        return uniform, (1 - uniform) * share, (1 - uniform) * (1 - share)

    def best(self) -> list[Config] | None:
        """The best η-th part of the highest rung that has η results; None while the incumbent has no say."""
        s = self.settings
        full = self.results.get(s.max_fidelity)
        levels = [r for r in self.results if len(self.results[r]) >= s.eta]
        if not full or not levels or self.spent < self.cost_of_a_bracket:
            return None
        ranked = sorted(self.results[max(levels)], key=lambda pair: pair[0])
        return [config for _, config in ranked[: len(ranked) // s.eta]]

    @property
    def cost_of_a_bracket(self) -> int:
        """Epochs of the first bracket, in which a training that goes on costs only the rest."""
        before = (0, *self.settings.levels[:-1])
        return sum(n * (r - b) for (n, r), b in zip(self.tables[0], before, strict=True))

    @property
    def incumbent(self) -> Config:
        return min((pair for results in self.results.values() for pair in results), key=lambda pair: pair[0])[1]

    def centred(self) -> Prior:
        """p_λ: the prior with its centres at the incumbent."""
        moved, u = Prior(self.space, self.settings.prior or {}), self.space.encode(self.incumbent)
        for j, (_, width) in self.prior.numbers.items():
            if not np.isnan(u[j]):
                moved.numbers[j] = u[j], width
        for j, p in self.prior.choices.items():
            if not np.isnan(u[j]):
                moved.choices[j] = np.full(len(p), max(1 - p.max(), 1e-12) / max(1, len(p) - 1))
                moved.choices[j][int(u[j] * len(p))] = p.max()
        return moved

    # ---- drawing -----------------------------------------------------------------------------------------

    def sample(self, level: int) -> tuple[Config, Info]:
        shares, tried = self.shares(self.settings.levels.index(level)), self.tried
        source = SOURCES[int(self.rng.choice(3, p=shares))]
        draws = (self.draw(source) for _ in range(DRAWS))
        config = next((c for c in draws if self.space.key(c) not in tried), None)
        if config is None and (config := untried(self.space, tried, self.rng)) is not None:
            source = "uniform"
        self.last = shares, source
        return config or self.draw(source), {"source": source}

    def draw(self, source: str) -> Config:
        if source == "incumbent":
            return self.changed(self.incumbent)
        u = self.rng.random(self.space.d)
        return self.space.decode(self.prior.draw(u) if source == "prior" else u)

    def changed(self, config: Config) -> Config:
        """The incumbent with some of its parameters changed; what comes to life is drawn at random."""
        u = self.space.encode(config)
        for j, name in enumerate(self.space.free):
            p = self.space.parameters[name]
            if name in config and p.size > 1 and self.rng.random() < self.settings.mutation:
                u[j] = p.encode(p.mutate(config[name], self.rng, self.settings.step))  # type: ignore[union-attr]
        return self.space.decode(np.where(np.isnan(u), self.rng.random(len(u)), u))

    def before_ask(self) -> None:
        self.last = None

    def observe(self, trial: Trial) -> None:
        super().observe(trial)
        epochs = self.epochs(trial)
        earlier = max((r for r in self.settings.levels if r < epochs and "continues" in trial.info), default=0)
        reached = epochs if trial.status == "done" else max((f for f, _ in trial.curve), default=0)
        self.spent += max(0, reached - earlier)
        if trial.status == "done":
            self.results.setdefault(epochs, []).append((trial.loss, trial.config))

    def view(self) -> PriorBandView:
        halving, (shares, source) = super().view(), self.last or (None, None)
        return PriorBandView(halving.tables, halving.brackets, shares, source)
