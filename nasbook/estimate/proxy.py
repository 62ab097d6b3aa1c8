"""A zero-cost proxy as an estimator: judge a network by one batch, before it has learned anything.

    ŷ(a) = −score(a)               score: one of zero_cost.py, larger is better; "parameters" and "flops" just count

A task that trains for real is asked for the network with its first weights and for its first images. Digits-201 has the
scores in its table, and there the cost is told in steps of training: `STEPS` were measured, on 40 random cells, by
tests/benchmarks/proxy_cost.py. "Zero-cost" means cheap next to hours of training, not free: where an epoch has only six
steps, a proxy costs up to two thirds of one. A network must be built to be counted, so counting has a price as well.

Paper: Abdelfattah, Mehrotra, Dudziak & Lane, Zero-Cost Proxies for Lightweight NAS, ICLR 2021.
"""

from __future__ import annotations

import math

from nasbook.estimate.estimator import Estimator
from nasbook.kit.threads import one_thread
from nasbook.space import Config
from nasbook.task import Evaluation, KnowsScores, Report, Task, TrainsForReal

BATCH = 50
STEPS = {
    "parameters": 0.62,
    "flops": 0.91,
    "grad_norm": 2.5,
    "snip": 2.5,
    "grasp": 4.1,
    "synflow": 1.7,
    "fisher": 2.3,
    "jacov": 2.4,
    "naswot": 2.7,
}


class ZeroCost(Estimator):
    """Minus a proxy's score. proxy: a name of nasbook.estimate.zero_cost.PROXIES.

    ValueError if there is no such proxy, if the task has neither networks nor scores, and for a network whose score is
    not finite, as jacov's may be."""

    def __init__(self, task: Task | str, proxy: str = "synflow") -> None:
        if proxy not in STEPS:
            raise ValueError(f"there is no proxy {proxy!r}; it can be {', '.join(STEPS)}")
        self.proxy = proxy
        super().__init__(task)
        self.looks_up = isinstance(self.task, KnowsScores)
        if not self.looks_up and not isinstance(self.task, TrainsForReal):
            raise ValueError(f"{proxy}: {self.task.name} has neither networks nor scores of them")

    @property
    def kind(self) -> str:
        return self.proxy

    @one_thread()
    def estimate(self, config: Config, seed: int, report: Report | None) -> Evaluation:
        cost = None
        if self.looks_up:
            score = self.task.proxy(self.proxy, config)
            cost = STEPS[self.proxy] * float(self.task.columns["step"][self.task.row(config)])
        else:
            from nasbook.estimate.zero_cost import PROXIES

            x, y = (part[:BATCH] for part in self.task.tensors["train"])
            net = self.task.network(config, seed).to(x.device)
            score = float(PROXIES[self.proxy](net, x, y))
        if not math.isfinite(score):
            raise ValueError(f"{self.proxy} of this network is {score}: it cannot be ranked")
        return Evaluation(-score, metrics={"estimator": self.proxy, "score": score}, cost=cost)
