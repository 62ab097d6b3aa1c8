"""GDAS: draw one operation for each edge, run only those, and learn the probabilities through the draw.

    z = softmax((log p + g) / τ),   p = softmax(α),   g ~ Gumbel(0, 1)                parts/gumbel.py
    k = argmax_o z_o,   h = onehot(k) − z' + z                                       z': z without its gradient
    ō(x) = h_k · o_k(x)                                                              its value is o_k(x)

    repeat:  w ← w − ξ ∇_w L_train(w, k)                                             on a training batch, a draw
             α ← α − Adam(∇_α L_val(w, h))                                           on a validation batch, another
    derive:  on every edge the likeliest operation except `none`

A choice has no gradient, so that of the soft sample stands in for it. With k alone run, what reaches α is

    ∂L/∂α_i = z_k (δ_ik − z_i) ⟨∂L/∂ō, o_k(x)⟩ / τ

An epoch costs little more than that of one cell; but each operation is trained in only one step of about five.

Defaults after the authors' code: τ falls from 10 to 0.1 by equal steps; Adam's β = (0.5, 0.999) and decay for α; decay
of the weights 5e-4. Their α moves by 3e-4 a step, over 250 epochs of several hundred. An epoch on digits has six: so
here α moves by 0.02 and the weights by 0.1 at first, over 60 epochs. Their first version also added the numbers z of
operations that did not run, another estimator; this is `gdas_v1`.

Paper: Dong & Yang, Searching for a Robust Neural Architecture in Four GPU Hours, CVPR 2019. Read first: `run`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from nasbook.kit.checks import setting
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.gumbel import Gumbel, GumbelSettings
from nasbook.nas.parts.single_path import evaluate_path
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import Gate, Gates, Path
from nasbook.task import Task
from nasbook.trace import Trial


@dataclass(frozen=True)
class GdasSettings(GumbelSettings):
    epochs: int = setting(60, "passes over the training images")
    lr: float = setting(0.1, "rate of the weights at first")
    weight_decay: float = setting(5e-4, "of the weights")


def hard(z: Tensor, k: Path) -> Gates:
    """h_k o_k at every place: its value is that of o_k, and its gradient that of z (places, ops)."""
    return [[Gate(op, 1 + (row[op] - row[op].detach()))] for row, op in zip(z, k, strict=True)]


class Gdas(Gumbel):
    name = "gdas"
    Settings = GdasSettings

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, SupernetView]]:
        """Search, and yield after each epoch. ValueError if the task has no images."""
        train, val = self.start(task)
        for _ in self.epochs():
            losses = []
            for batch, val_batch in self.alternate(train, val):
                losses.append(self.step_paths(batch, [self.draw()[0]]))
                self.step_alpha(self.look(self.w, self.draw()[1], val_batch))
            path = self.derive(self.alpha)
            yield self.ended(sum(losses) / len(losses), path, *evaluate_path(self.net, path, val, train))

    def draw(self) -> tuple[Path, Gates]:
        """k, an operation for each edge, and ō = h_k o_k there."""
        z = self.sample()
        k = tuple(z.argmax(1).tolist())
        return k, hard(z, k)
