"""Compound scaling: find once how depth, width and resolution should share more computing, then grow by that rule.

    d = α^φ,  w = β^φ,  r = γ^φ           how many times deeper, wider, finer than the base network (φ = 0)
    α · β² · γ² ≈ 2,   α, β, γ ≥ 1         FLOPs grow with d w² r², so a step of φ about doubles them

    1.  φ = 1:       a small grid of α, β, γ that satisfy the constraint;   (α*, β*, γ*) ← the best of them
    2.  φ = 2, 3, …:  the same three, and only φ grows

One search at a small size buys a family of networks. That the ratio found at φ = 1 is right at φ = 3, too, is the
rule's hope and nothing that it checks. On the 8×8 digits it depends on how well φ = 1 is measured: with five
trainings a point (`repeats`) the rule found is as good as width alone at φ = 3 (test error 7.3 ± 0.4 and 7.1 ± 0.2 %,
ten seeds) and ahead of depth alone (17.8), resolution alone (59.4) and the paper's three (26.5); with one it often
picks the wrong point (12.0 ± 2.4). `tests/benchmarks/compound.py` prints the table.

Defaults after the paper: the constraint is 2, and their answer, 1.2 · 1.1² · 1.15² = 1.92, is within the tolerance. The
steps of their grid they do not tell; these suit a base of 5 blocks, 10 channels and 5 pixels, which they change by
whole numbers. They train each once; more `repeats` are taken by their mean.

Paper: Tan & Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019. The rule as a
space stands in spaces/compound.py. Read first: `propose`. Left out: the search of the base network.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

from nasbook.kit.checks import setting, whole, within
from nasbook.method import Method
from nasbook.space import Config, Float, Int, Space
from nasbook.trace import Trial

NAMES = ("alpha", "beta", "gamma")
Triple = tuple[float, float, float]
LIMIT = 1_000_000  # points of the grid, before the constraint


@dataclass(frozen=True)
class CompoundSettings:
    flops: float = setting(2.0, "what a step of φ multiplies the FLOPs by (α·β²·γ²)")
    tolerance: float = setting(0.1, "how far α·β²·γ² may be from it")
    alpha_step: float = setting(0.2, "between two α of the grid, from 1")
    beta_step: float = setting(0.1, "between two β of the grid, from 1")
    gamma_step: float = setting(0.2, "between two γ of the grid, from 1")
    repeats: int = setting(1, "trainings of each point of the grid")

    def __post_init__(self) -> None:
        within("flops", self.flops, 1, above=True)
        within("tolerance", self.tolerance, 0)
        for name in ("alpha_step", "beta_step", "gamma_step"):
            within(name, getattr(self, name), 0, above=True)
        whole("repeats", self.repeats, 1)


@dataclass(frozen=True)
class CompoundView:
    """The grid, what was known of it when the method chose, and the rule, once it is found."""

    grid: tuple[Triple, ...]  # (α, β, γ)
    errors: tuple[float | None, ...]  # of each at φ = 1: the mean of what has ended
    best: Triple | None
    phi: int | None  # of the choice; None: it has none left


class CompoundScaling(Method):
    name = "compound"
    Settings = CompoundSettings
    View = CompoundView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.found: dict[Triple, list[float]] = {point: [] for point in self.grid}
        self.best: Triple | None = None
        self.phi: int | None = None
        phi: Any = space.parameters["phi"]
        self.plan = [(self.grid[0], 0)] if phi.low <= 0 else []  # the base network: φ = 0, whatever α, β, γ
        self.plan += [(point, 1) for point in self.grid for _ in range(self.settings.repeats)]
        self.larger = list(range(2, min(phi.high, 1_000) + 1))

    def check_space(self, space: Space) -> None:
        *factors, phi = (space.parameters.get(name) for name in (*NAMES, "phi"))
        numbers = all(isinstance(p, Float) for p in factors) and len(space.parameters) == 4
        reaches = isinstance(phi, Int) and phi.low <= 1 <= phi.high
        if not numbers or not reaches or any(space.conditions.values()):
            raise ValueError(
                "compound scales a network by four parameters, the Floats alpha, beta, gamma and the Int phi, as in "
                "'digits-compound', with φ = 1 among them; for another space use 'random' or 'grid'"
            )
        self.grid = self.satisfying(space)

    def satisfying(self, space: Space) -> tuple[Triple, ...]:
        """The (α, β, γ) of the grid that the constraint lets. ValueError where there are none, or too many."""
        s, axes = self.settings, []
        for name, power in zip(NAMES, (1, 2, 2), strict=True):
            p: Any = space.parameters[name]
            step, most = getattr(s, f"{name}_step"), min(p.high, (s.flops + s.tolerance) ** (1 / power))
            if (most - 1) / step > LIMIT:
                raise ValueError(f"compound: {name}_step = {step:g} makes a grid of more than {LIMIT:,} points")
            values = (round(1 + k * step, 9) for k in range(int((most - 1) / step + 1e-9) + 1))
            axes.append([v for v in values if p.low <= v <= p.high])
            off = [v for v in axes[-1] if p.step and abs((v - p.low) / p.step - round((v - p.low) / p.step)) > 1e-6]
            if off:
                at = f"{name} has steps of {p.step:g} from {p.low:g} here"
                raise ValueError(f"compound: {at}, and {name}_step = {step:g} asks for {off[0]:g}")
        if (n := len(axes[0]) * len(axes[1]) * len(axes[2])) > LIMIT:
            raise ValueError(f"compound: a grid of {n:,} points is more than {LIMIT:,}; take larger steps")
        grid = tuple((a, b, c) for a, b, c in product(*axes) if abs(a * b**2 * c**2 - s.flops) <= s.tolerance + 1e-9)
        if not grid:
            raise ValueError(
                f"compound: no α, β, γ of the grid has α·β²·γ² = {s.flops:g} ± {s.tolerance:g}; take smaller steps "
                "(alpha_step, beta_step, gamma_step), a larger tolerance or a wider space, or use 'random'"
            )
        return grid

    def new_configurations(self, trials: int) -> int:
        return 0  # it ends with the largest φ

    def before_ask(self) -> None:
        self.phi = None

    def propose(self) -> Config | None:
        if self.plan:
            return self.choose(*self.plan.pop(0))
        if self.best is None:
            ended = {point: mean for point, mean in zip(self.grid, self.errors(), strict=True) if mean is not None}
            if any(trial.config["phi"] == 1 for trial in self.pending.values()) or not ended:
                return None  # wait for the grid; or all of it has failed
            self.best = min(ended, key=lambda point: ended[point])
        return self.choose(self.best, self.larger.pop(0)) if self.larger else None

    def choose(self, point: Triple, phi: int) -> Config:
        self.phi = phi
        return {**dict(zip(NAMES, point, strict=True)), "phi": phi}

    def observe(self, trial: Trial) -> None:
        point = tuple(trial.config[name] for name in NAMES)
        if trial.value is not None and trial.status == "done" and trial.config["phi"] == 1 and point in self.found:
            self.found[point].append(trial.value)

    def errors(self) -> tuple[float | None, ...]:
        return tuple(sum(v / len(values) for v in values) if values else None for values in self.found.values())

    def view(self) -> CompoundView:
        return CompoundView(self.grid, self.errors(), self.best, self.phi)
