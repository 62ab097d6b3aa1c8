"""Once-for-all: train one network that works at every depth, kernel and width, from the largest down to the smallest.

    1. train the largest network;  a copy of it is the teacher from then on
    2. progressive shrinking: in turn, draw the networks of a step
           with any kernel;  with fewer blocks;  with all depths;  (channels sorted) narrower;  with all expansions
       loss of a network = cross-entropy + λ · KL to the teacher's answers
       the gradients of 1, 1, 2, 2, 4, 4 networks a step add up, then one step of the weights

Weights are shared inside an operation: a small kernel is the middle of the large one, times a learned matrix; a narrow
block has the first of the channels, which are sorted by Σ|weights| before they are dropped; a shallow stage has the
first blocks. What is large is trained before what is small, so that small networks begin well.

No search is left to do in training: any network can be taken out at once. Let a method that asks and tells choose:

    nasbook.search("nsga2", nasbook.task("digits-supernet", task="digits-elastic", strategy="ofa",
                                         objectives=("error", "flops")))

or one that asks a predictor of accuracy, as theirs does, which has learned from 50 judged networks (theirs: 16,000):

    supernet = nasbook.task("digits-supernet", task="digits-elastic", strategy="ofa")
    nasbook.search("regularized-evolution", nasbook.estimate.estimator("mlp-predictor", supernet, train=50))

The authors train the stages for 180, 120, 25, 120, 25 and 120 epochs, kernels of 3, 5, 7, depths of 2, 3, 4 and
expansions of 3, 4, 6, with λ = 1; the kernels' rate is 0.03, that of the others 0.0025 and then 0.0075. Here the stages
are equally long, 8 epochs; kernels are 3 and 5, for images have 8 × 8 pixels and fewer behind the reduction; and all
rates behind the first stage are 0.3 · 0.1 = 0.03, for a stage has some 50 steps.

Paper: Cai, Gan, Wang, Zhang & Han, Once-for-All: Train One Network and Specialize It for Efficient Deployment, ICLR
2020. Read first: `run`; then ElasticBlock in spaces/elastic_supernet.py. Left out: elastic resolution, for which 8 × 8
pixels leave no room, and tables of latency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nasbook.kit import learner
from nasbook.kit.checks import setting, within
from nasbook.kit.start import Images as Batch
from nasbook.kit.state import Parts
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.sampling import PathSettings, PathTraining
from nasbook.nas.parts.stages import Stages
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import Path, single
from nasbook.space import Space
from nasbook.task import Task
from nasbook.trace import Trial

if TYPE_CHECKING:
    from nasbook.nas.spaces.elastic_supernet import ElasticNet, ElasticPlaces

STAGES = (  # the name; how many of the kernels, depths and expansions, from the largest down; networks a step
    ("the largest network", 1, 1, 1, 1),
    ("every kernel", 9, 1, 1, 1),
    ("fewer blocks", 9, 2, 1, 2),
    ("every depth", 9, 9, 1, 2),
    ("narrower", 9, 9, 2, 4),
    ("every expansion", 9, 9, 9, 4),
)
SORTED = 4  # before this stage


@dataclass(frozen=True)
class OfaSettings(PathSettings):
    epochs: int = setting(48, "passes over the training images, in six stages of equal length")
    shrink_lr: float = setting(0.3, "of the weights' rate, behind the first stage")
    distil: float = setting(1.0, "weight of the teacher's answers in the loss (λ)")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("shrink_lr", self.shrink_lr, 0, 1, above=True)
        within("distil", self.distil, 0)


class Ofa(Stages, PathTraining):
    name = "ofa"
    Settings = OfaSettings
    places: ElasticPlaces
    net: ElasticNet
    stages = len(STAGES)

    def check_space(self, space: Space) -> None:
        if "expansion_1_1" not in space.parameters:
            raise ValueError(
                f"{self.name} shares weights inside operations, in networks of elastic depth, kernel and expansion, as "
                "in 'digits-elastic'; for cells use 'spos' or 'fairnas', for another space use 'random'"
            )
        super().check_space(space)

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, SupernetView]]:
        """Train, and yield after each epoch the best of some networks of its stage. ValueError if the task has no
        images."""
        train, _ = self.start(task)
        self.stage, self.largest = 0, self.places.path(self.places.largest)
        self.teacher = self.net.derive(self.largest).eval()
        for xi in self.epochs():
            self.enter()
            self.w_optimiser.param_groups[0]["lr"] = xi * (self.settings.shrink_lr if self.stage else 1)
            losses = [self.step_networks(batch, self.networks()) for batch in self.batches(train)]
            self.train_loss = sum(losses) / len(losses)
            looks = [path for _ in range(self.settings.looks) for path in self.networks()[:1]]
            yield self.ended(self.train_loss, *self.judge_some([self.largest, *looks]))

    def step_networks(self, batch: Batch, paths: Sequence[Path]) -> float:
        """One step along the sum of these networks' gradients; returns the mean of their losses."""
        x, y = batch
        if self.stage:
            with torch.no_grad():
                taught = torch.softmax(self.teacher(x), 1)
        losses = []
        for path in paths:
            self.counts[range(len(path)), path] += 1
            logits = self.net(x, single(path))
            loss = F.cross_entropy(logits, y)
            if self.stage:
                loss = loss + self.settings.distil * F.cross_entropy(logits, taught)  # KL, but for a constant
            losses.append(loss)
        return learner.step(self.w_optimiser, torch.stack(losses).sum(), self.settings.clip).item() / len(paths)

    def networks(self) -> list[Path]:
        """Those of a step, drawn from what the stage allows."""
        _, kernels, depths, expansions, n = STAGES[self.stage]
        s = self.places.spaces
        part = type(s)(
            stages=s.stages,
            depths=s.depths[-depths:],
            kernels=s.kernels[-kernels:],
            expansions=s.expansions[-expansions:],
        )
        return [self.places.path(part.space.sample(self.rng)) for _ in range(n)]

    def next_stage(self) -> None:
        super().next_stage()
        if self.stage == 1:
            self.teacher.load_state_dict(self.net.derive(self.largest).state_dict())
        if self.stage == SORTED:
            self.net.sort()
        self.w_optimiser.state.clear()  # its momentum is of the stage before, and of channels in another order

    def parts(self) -> Parts:
        return {**super().parts(), "teacher": self.teacher}

    def shows(self, view: SupernetView) -> SupernetView:
        stage = f"stage {self.stage + 1} of {len(STAGES)}: {STAGES[self.stage][0]}"
        return replace(super().shows(view), stage=stage)
