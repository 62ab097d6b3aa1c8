"""What searches on a supernet share: its data, its weights' optimiser, measuring, stopping and going on.

A strategy of this kind (DARTS and its relatives) keeps architecture parameters α beside the weights w of a
`SuperNet`. It subclasses `SupernetSearch` and says how α begins (`begin`), what one epoch does (`epoch`) and which
cell α means now (`derive`). Everything here happens in every such method.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from nasbook.kit import learner
from nasbook.kit.state import Resumable
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.nb201.cell import EDGES, OPS, Cell, cell_space, to_config
from nasbook.nas.spaces.networks import SuperNet, init_weights, pick_device
from nasbook.space import Space
from nasbook.task import HoldsImages, Task
from nasbook.trace import Trial

Batch = tuple[Tensor, Tensor]  # images (B, c, h, w), labels (B,)


class SupernetSearch(Resumable):
    """A training of `self.net` (weights `self.w`) and `self.alpha` (6, 5), epoch by epoch."""

    View = SupernetView

    def __init__(self, space: Space, seed: int = 0, **settings: Any) -> None:
        super().__init__(space, seed, **settings)
        self.done_epochs = 0

    def begin(self) -> tuple[Tensor, torch.optim.Optimizer]:
        """α (6, 5) at the start, and its optimiser."""
        raise NotImplementedError

    def epoch(self, train: Batch, val: Batch, xi: float) -> float:
        """One pass over the training images with the weights' rate ξ; returns the mean training loss."""
        raise NotImplementedError

    def derive(self, alpha: Tensor) -> Cell:
        """The cell that α (6, 5) means."""
        raise NotImplementedError

    def check_space(self, space: Space) -> None:
        if space != cell_space():
            raise ValueError(
                f"{self.name} searches the cells of NAS-Bench-201 (edge_0_1 … edge_2_3), as in 'digits-cells'; "
                "for another space use 'random', 'bayesian' or 'regularized-evolution'"
            )

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, SupernetView]]:
        """Search, and yield after each epoch. ValueError if the task has no images.

        task.data() is {"train": (x, y), "val": (x, y), …}: images (n, h, w) or (n, c, h, w) float32, labels (n,)."""
        s = self.settings
        train, val = self._images(task)
        classes = 1 + int(max(train[1].max(), val[1].max()))
        self.net = SuperNet(s.channels, classes, train[0].shape[1])
        init_weights(self.net, self.rng)
        self.net.to(train[0].device)
        self.w = list(self.net.parameters())
        self.w_optimiser = torch.optim.SGD(self.w, s.lr, momentum=s.momentum, weight_decay=s.weight_decay)
        self.alpha, self.alpha_optimiser = self.begin()
        self.done_epochs = 0
        if self.saved:
            self._load(self.saved)
        while self.done_epochs < s.epochs:
            begin = time.perf_counter()
            xi = learner.cosine(s.lr, self.done_epochs, s.epochs, s.lr_min)
            self.w_optimiser.param_groups[0]["lr"] = xi
            self.net.train()
            train_loss = self.epoch(train, val, xi)
            val_loss, accuracy = self.measure(val)
            self.done_epochs += 1
            trial, view = self._record(train_loss, val_loss, accuracy, time.perf_counter() - begin)
            yield trial, view
            if trial.status == "failed":
                return

    def _images(self, task: Task) -> tuple[Batch, Batch]:
        if not isinstance(task, HoldsImages):
            raise ValueError(f"{self.name} trains a supernet on images, and {task.name} has none; use 'digits-cells'")
        data, device, least = task.data(), pick_device(self.settings.device), self.settings.batch
        pairs = []
        for part in ("train", "val"):
            x, y = data[part]
            if len(y) < least:
                raise ValueError(f"{self.name}: batch is {least}, but {task.name} has {len(y)} images in {part!r}")
            images = torch.from_numpy(x.reshape(len(x), -1, *x.shape[-2:])).float()
            pairs.append((images.to(device), torch.from_numpy(y).to(device)))
        return pairs[0], pairs[1]

    # ---- tools of an epoch ---------------------------------------------------------------------------------

    def loss(self, w: Sequence[Tensor], alpha: Tensor, batch: Batch) -> Tensor:
        """L(w, α): cross-entropy of a batch with the weights w. Only a look: running statistics stay as they are."""
        names = [name for name, _ in self.net.named_parameters()]
        state = {**dict(zip(names, w, strict=True)), **{name: b.clone() for name, b in self.net.named_buffers()}}
        logits = functional_call(self.net, state, (batch[0], torch.softmax(alpha, 1)))
        return F.cross_entropy(logits, batch[1])

    def step_w(self, batch: Batch) -> float:
        """One step of SGD for the weights, α fixed; returns the loss before it."""
        loss = F.cross_entropy(self.net(batch[0], torch.softmax(self.alpha.detach(), 1)), batch[1])
        return learner.step(self.w_optimiser, loss, self.settings.clip).item()

    def batches(self, data: Batch) -> list[Batch]:
        """Full batches of the images in a new order."""
        x, y = data
        order = torch.from_numpy(self.rng.permutation(len(y))).to(x.device)
        return [(x[i], y[i]) for i in order.split(self.settings.batch) if len(i) == self.settings.batch]

    def measure(self, data: Batch) -> tuple[float, float]:
        """(loss, accuracy) of the supernet with its running statistics."""
        self.net.eval()
        weights = torch.softmax(self.alpha.detach(), 1)
        loss, error = learner.measure(lambda x: self.net(x, weights), *data)
        return loss, 1 - error

    def _record(
        self, train_loss: float, val_loss: float, accuracy: float, seconds: float
    ) -> tuple[Trial, SupernetView]:
        alpha = self.alpha.detach().cpu()
        cell = self.derive(alpha)
        ops = tuple(OPS[op] for op in cell)
        finite = lambda x: x if math.isfinite(x) else None  # noqa: E731
        found: dict[str, Any] = {
            "train_loss": finite(train_loss),
            "val_loss": finite(val_loss),
            "skips": ops.count("skip"),
        }
        view = SupernetView(
            self.done_epochs, self.settings.epochs, tuple(map(tuple, torch.softmax(alpha, 1).tolist())), OPS, EDGES,
            ops, val_accuracy=accuracy, **found,
        )  # fmt: skip
        trial = Trial(self.done_epochs - 1, to_config(cell), metrics={"accuracy": accuracy, **found}, cost=seconds)
        bad = None in found.values() or not bool(alpha.isfinite().all())
        if bad:
            return replace(trial, status="failed", reason="diverged: a loss or α is not finite"), view
        return replace(trial, status="done", value=1 - accuracy), view

    # ---- stopping and going on -----------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        return {
            "done_epochs": self.done_epochs,
            "net": self.net.state_dict(),
            "alpha": self.alpha.detach(),
            "w_optimiser": self.w_optimiser.state_dict(),
            "alpha_optimiser": self.alpha_optimiser.state_dict(),
            "rng": self.rng.bit_generator.state,
        }

    def _load(self, saved: dict[str, Any]) -> None:
        self.net.load_state_dict(saved["net"])
        with torch.no_grad():
            self.alpha.copy_(saved["alpha"])
        self.w_optimiser.load_state_dict(saved["w_optimiser"])
        self.alpha_optimiser.load_state_dict(saved["alpha_optimiser"])
        self.rng.bit_generator.state = saved["rng"]
        self.done_epochs = saved["done_epochs"]
