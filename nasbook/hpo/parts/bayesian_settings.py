"""What Bayesian optimisation can be told, and where its acquisitions are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nasbook.hpo.parts.kernels import KERNELS
from nasbook.kit.beliefs import believable
from nasbook.kit.checks import one_of, setting, whole, within

LIES: dict[str, Callable[[np.ndarray], float]] = {"min": np.min, "mean": np.mean, "max": np.max}
ACQUISITIONS = {name: "nasbook.hpo.parts.closed_form:ClosedForm" for name in ("log_ei", "ei", "pi", "ucb")} | {
    "thompson": "nasbook.hpo.parts.thompson:Thompson",
    "ei_per_second": "nasbook.hpo.parts.per_second:PerSecond",
    "knowledge_gradient": "nasbook.hpo.parts.knowledge_gradient:KnowledgeGradient",
}
PRIOR = "nasbook.hpo.parts.prior"  # what somebody believes about the best
NAMES = list(ACQUISITIONS)
BELIEVED = [*LIES, "believer"]


@dataclass(frozen=True)
class BayesianSettings:
    acquisition: str = setting("log_ei", "What makes a point worth a trial.", NAMES)
    kernel: str = setting("matern52", "How smooth the function is believed to be.", KERNELS)
    lengthscale: float | None = setting(None, "Distance, in the unit cube, over which values are alike. None: fitted.")
    noise: float | None = setting(None, "Noise variance as a share of the variance of the values. None: fitted.")
    xi: float = setting(0.0, "PI and EI: how much better is wanted, in standard deviations of the values.")
    kappa: float = setting(2.576, "UCB: how many standard deviations are added for not knowing.")
    startup: int | None = setting(None, "Quasi-random trials before the first fit. None: 2d + 1, at most 10.")
    lie: str = setting(
        "min", "What a trial in flight counts as: this statistic of the values seen, or the mean believed.", BELIEVED
    )
    prior: dict[str, list[float]] | None = setting(
        None, "Where the best may lie: [centre, width as a share of the axis] of a number, probabilities of a Choice."
    )
    beta: float = setting(10.0, "How long the prior lasts: its exponent is β/n after n trials.")

    def __post_init__(self) -> None:
        for name, options in (("acquisition", NAMES), ("kernel", KERNELS), ("lie", BELIEVED)):
            one_of(name, getattr(self, name), options)
        if self.lengthscale is not None:
            within("lengthscale (None: fitted)", self.lengthscale, 0, above=True)
        if self.noise is not None:
            within("noise (None: fitted)", self.noise, 0)
        for name in ("xi", "kappa", "beta"):
            within(name, getattr(self, name), 0)
        if self.startup is not None:
            whole("startup", self.startup, 1)
        if self.prior is not None:
            object.__setattr__(self, "prior", believable(self.prior))
