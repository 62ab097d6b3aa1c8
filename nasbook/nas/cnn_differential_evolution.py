"""Differential evolution over networks of different lengths: differences are taken layer by layer.

    genome: a list of layers x = (x^1 … x^L), each a vector of genes in [0, 1].   For target i, again and again:
    donor   v^l = x_r1^l + F (x_r2^l - x_r3^l) where all three have a layer l; else x_r1's layer, or beyond its end
            that of x_r2.  Its length is L_r1 + F (L_r2 - L_r3), rounded at random to a whole number.
    trial   u^l = v^l with probability CR, else x_i^l; at least one layer is from v; its length is that of v or of x_i
    x_i ← u where f(u) ≤ f(x_i)      greedy: no target ever gets worse

A layer's genes stand for its parameters (kind, kernel, channels …) as in hpo/differential_evolution.py: a Choice takes
the option in whose cell the gene lies, and a layer keeps the genes that its kind does not use. Every genome within the
space's depth is a network, so nothing has to be repaired. The loop over targets is in hpo/parts/duels.py.

It serves any chain: a space with a whole number `depth` and parameters `…_1`, `…_2`, … that exist where the chain is
long enough (conv-chain, mlp-chain).

Papers: after Ghosh, Jana, Mallik & Zhao, Designing Optimal Convolutional Neural Network Architecture Using Differential
Evolution Algorithm (IDECNN), Patterns 2022, and Wang, Sun, Xue & Zhang, A Hybrid Differential Evolution Approach to
Designing Deep Convolutional Neural Networks (DECNN), 2018. Read first: `donor` and `cross`. Different here: IDECNN
compares layers kind by kind with a heuristic of its own, and DECNN changes the length by a second crossover; here the
genes and the length follow one formula.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from nasbook.hpo.parts.duels import Duels
from nasbook.kit.checks import setting, whole, within
from nasbook.space import Config, Constant, Int, Space

Genome = np.ndarray  # (L, m): L layers of m genes


@dataclass(frozen=True)
class CNNDESettings:
    population: int = setting(10, "Number of networks (N).")
    F: float = setting(0.6, "Factor of the difference.")
    CR: float = setting(0.5, "Probability that a layer comes from the donor.")

    def __post_init__(self) -> None:
        whole("population", self.population, 4)
        within("F", self.F, 0, 2, above=True)
        within("CR", self.CR, 0, 1)


@dataclass(frozen=True, eq=False)
class CNNDEView:
    """The population when the method chose, and how it chose."""

    configs: tuple[Config | None, ...]  # (N,) None where a member has not been evaluated
    values: tuple[float, ...]  # (N,) inf there
    ids: tuple[int | None, ...]  # the trial behind each member
    lengths: tuple[int, ...]  # (N,) number of layers
    target: int | None  # None for a first member
    parents: tuple[int, ...] | None  # r1, r2, r3
    from_donor: tuple[bool, ...]  # of each layer of the trial


class CNNDifferentialEvolution(Duels):
    name = "cnn-differential-evolution"
    Settings = CNNDESettings
    View = CNNDEView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        depth = space.parameters["depth"]
        assert isinstance(depth, Int)
        self.depth = depth
        names = [re.fullmatch(r"(.+)_1", name) for name in space.parameters]
        self.genes = [m[1] for m in names if m]  # "kind", "kernel", …: what one layer has
        self.begin([self.fresh() for _ in range(self.settings.population)])
        self.how: tuple[int | None, tuple[int, ...] | None, tuple[bool, ...]] = None, None, ()

    def check_space(self, space: Space) -> None:
        super().check_space(space)
        depth = space.parameters.get("depth")
        layers = {name.rpartition("_")[2] for name in space.parameters if name != "depth"}
        if not isinstance(depth, Int) or layers != {str(i) for i in range(1, depth.high + 1)}:
            raise ValueError(
                f"{self.name} needs a chain, with a whole number 'depth' and parameters such as 'kernel_1' for each "
                "layer (conv-chain, mlp-chain); use 'genetic', 'regularized-evolution' or 'differential-evolution'"
            )

    def before_ask(self) -> None:
        self.how = None, None, ()

    def rival(self, i: int, ready: np.ndarray) -> Genome:
        x, r = self.vectors, tuple(int(r) for r in self.rng.choice(ready[ready != i], 3, replace=False))
        u, mask = self.cross(x[i], self.donor(*(x[k] for k in r)))
        self.how = i, r, tuple(map(bool, mask))
        return u

    def donor(self, x1: Genome, x2: Genome, x3: Genome) -> Genome:
        F = self.settings.F
        wished = len(x1) + F * (len(x2) - len(x3))
        length = int(np.clip(np.floor(wished + self.rng.random()), self.depth.low, self.depth.high))
        v = self.rng.random((length, len(self.genes)))  # beyond the ends of x1 and x2, new layers
        for layer in range(length):
            if layer < min(len(x1), len(x2), len(x3)):
                moved = x1[layer] + F * (x2[layer] - x3[layer])
                v[layer] = np.where((moved < 0) | (moved > 1), v[layer], moved)
            elif layer < max(len(x1), len(x2)):
                v[layer] = x1[layer] if layer < len(x1) else x2[layer]
        return v

    def cross(self, x: Genome, v: Genome) -> tuple[Genome, np.ndarray]:
        """The trial, and which of its layers are the donor's."""
        length = len(v) if self.rng.random() < self.settings.CR else len(x)
        mask = self.rng.random(length) < self.settings.CR
        mask[self.rng.integers(min(length, len(v)))] = True
        mask = np.array([(layer < len(v)) and (m or layer >= len(x)) for layer, m in enumerate(mask)])
        return np.array([v[layer] if m else x[layer] for layer, m in enumerate(mask)]), mask

    # ---- genomes -------------------------------------------------------------------------------------------

    def fresh(self) -> Genome:
        return self.rng.random((self.depth.decode(self.rng.random()), len(self.genes)))

    def decode(self, x: Genome) -> Config:
        config: Config = {}
        genes = {f"{what}_{i}": g for i, layer in enumerate(x, 1) for what, g in zip(self.genes, layer, strict=True)}
        for name, p in self.space.parameters.items():
            if name == "depth":
                config[name] = len(x)
            elif self.space.is_active(name, config):
                config[name] = p.value if isinstance(p, Constant) else p.decode(genes[name])
        return config

    def encode(self, config: Config) -> Genome:
        x = self.rng.random((config["depth"], len(self.genes)))
        for i in range(len(x)):
            for k, what in enumerate(self.genes):
                p = self.space.parameters[f"{what}_{i + 1}"]
                if f"{what}_{i + 1}" in config and not isinstance(p, Constant):
                    x[i, k] = p.encode(config[f"{what}_{i + 1}"])
        return x

    def view(self) -> CNNDEView:
        values = self.values.tolist()
        configs = tuple(None if v == np.inf else self.decode(x) for x, v in zip(self.vectors, values, strict=True))
        return CNNDEView(configs, tuple(values), tuple(self.ids), tuple(map(len, self.vectors)), *self.how)
