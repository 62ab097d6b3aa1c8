"""FBNet: mix the operations by a random sample, and let the time that they take multiply the loss.

    z = softmax((log p + g) / τ),   p = softmax(α),   g ~ Gumbel(0, 1)                parts/gumbel.py
    LAT(z) = t_0 + Σ_edges Σ_o z_o t_o                                               parts/latency.py
    L(w, z) = CE(w, z) · c (log LAT(z))^β

    epoch:   w ← w − ξ ∇_w CE_train(w, z)                        over the training images, a sample z for each batch
             α ← α − Adam(∇_α L_val(w, z))                       then over the validation images, after the warm-up
    derive:  on every edge the likeliest operation except `none`

A latency that is longer by 1 % costs a loss that is higher by β / log LAT %, so the unit matters, and with LAT ≤ 1 the
formula means nothing. c scales the whole loss, and Adam takes out the scale: β says how much speed is worth.

Defaults after the paper: c = 0.2, β = 0.6, τ from 5 by the factor exp(−0.045) an epoch, 90 epochs of which the first
ten leave α alone, Adam's rate 0.01 and decay 5e-4 for α, rate 0.1 and decay 1e-4 for the weights. On digits, 40 epochs
are enough; τ falls as far in them, the warm-up is as long in proportion, and the rate of α is 0.02.

Paper: Wu et al., FBNet: Hardware-Aware Efficient ConvNet Design via Differentiable Neural Architecture Search, CVPR
2019. Read first: `run`. Left out: sampling several networks at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from nasbook.kit.checks import numbers, setting, whole, within
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.gumbel import Gumbel, GumbelSettings
from nasbook.nas.parts.latency import Priced
from nasbook.nas.parts.single_path import evaluate_path
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import mixed
from nasbook.space import Space
from nasbook.task import Task
from nasbook.trace import Trial


@dataclass(frozen=True)
class FBNetSettings(GumbelSettings):
    epochs: int = setting(40, "passes over the training images")
    lr: float = setting(0.1, "rate of the weights at first")
    weight_decay: float = setting(1e-4, "of the weights")
    alpha_weight_decay: float = setting(5e-4, "of α")
    tau: float = setting(5.0, "temperature of the samples in the first epoch")
    tau_min: float = setting(0.09, "and in the last")
    warm_up: int = setting(5, "epochs in which the weights alone learn")
    scale: float = setting(0.2, "of the loss (c)")
    power: float = setting(0.6, "what speed is worth (β); 0 leaves it out")
    latencies: tuple[float, ...] = setting((), "µs: the rest of the network, then each operation; (): those of a table")

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("warm_up", self.warm_up, 0)
        within("scale", self.scale, 0, above=True)
        within("power", self.power, 0)
        object.__setattr__(self, "latencies", numbers("latencies", self.latencies, 0))


class FBNet(Priced, Gumbel):
    name = "fbnet"
    Settings = FBNetSettings
    betas = (0.9, 0.999)

    def check_space(self, space: Space) -> None:
        super().check_space(space)
        self.latency.check_logarithm()

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, SupernetView]]:
        """Search, and yield after each epoch. ValueError if the task has no images."""
        train, val = self.start(task)
        for _ in self.epochs():
            losses = [self.step_w(batch, mixed(self.sample().detach())) for batch in self.batches(train)]
            for batch in self.batches(val) if self.done_epochs >= self.settings.warm_up else ():
                z = self.sample()
                self.step_alpha(self.priced(self.look(self.w, mixed(z), batch), z))
            path = self.derive(self.alpha)
            yield self.ended(sum(losses) / len(losses), path, *evaluate_path(self.net, path, val, train))

    def priced(self, ce: Tensor, z: Tensor) -> Tensor:
        """CE · c (log LAT(z))^β."""
        s = self.settings
        return ce * s.scale * self.latency(z).log() ** s.power

    def temperature(self, epoch: int) -> float:
        """From `tau` in epoch 0 to `tau_min` in the last, by the same factor from each to the next."""
        s = self.settings
        return s.tau * (s.tau_min / s.tau) ** (epoch / max(1, s.epochs - 1))
