"""What searches on a supernet share: its data, its weights' optimiser, measuring, stopping and going on.

A strategy of this kind (DARTS and its relatives) keeps architecture parameters α beside the weights w of a
`SuperNet`. It subclasses `SupernetSearch` and says how α begins (`begin`), what one epoch does (`epoch`) and which
cell α means now (`derive`). Everything here happens in every such method.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from nasbook.method import OneShot
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.nb201.cell import EDGES, OPS, Cell, cell_space, to_config
from nasbook.nas.spaces.networks import SuperNet, init_weights, pick_device
from nasbook.space import Space
from nasbook.task import Task
from nasbook.trace import Trial

Batch = tuple[Tensor, Tensor]  # images (B, c, h, w), labels (B,)


class SupernetSearch(OneShot):
    """A training of `self.net` (weights `self.w`) and `self.alpha` (6, 5), epoch by epoch."""

    View = SupernetView

    def __init__(self, space: Space, seed: int = 0, **settings: Any) -> None:
        super().__init__(space, seed, **settings)
        self.done_epochs = 0
        self._saved: dict[str, Any] | None = None

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
        if self._saved is not None:
            self._load(self._saved)
        while self.done_epochs < s.epochs:
            begin = time.perf_counter()
            xi = s.lr_min + (s.lr - s.lr_min) / 2 * (1 + math.cos(math.pi * self.done_epochs / s.epochs))
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
        if not hasattr(task, "data"):
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
        self.w_optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.w, self.settings.clip)
        self.w_optimiser.step()
        return loss.item()

    def batches(self, data: Batch) -> list[Batch]:
        """Full batches of the images in a new order."""
        x, y = data
        order = torch.from_numpy(self.rng.permutation(len(y))).to(x.device)
        return [(x[i], y[i]) for i in order.split(self.settings.batch) if len(i) == self.settings.batch]

    @torch.no_grad()
    def measure(self, data: Batch) -> tuple[float, float]:
        """(loss, accuracy) of the supernet with its running statistics."""
        self.net.eval()
        weights = torch.softmax(self.alpha, 1)
        logits = torch.cat([self.net(x, weights) for x in data[0].split(300)])
        return F.cross_entropy(logits, data[1]).item(), (logits.argmax(1) == data[1]).double().mean().item()

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

    def save(self, path: Path) -> None:
        """Everything that the next epoch depends on, in one move: a kill leaves the old file or the new one."""
        state = {
            "made_by": self._made_by(),
            "done_epochs": self.done_epochs,
            "net": self.net.state_dict(),
            "alpha": self.alpha.detach(),
            "w_optimiser": self.w_optimiser.state_dict(),
            "alpha_optimiser": self.alpha_optimiser.state_dict(),
            "rng": self.rng.bit_generator.state,
        }
        scratch = Path(path).with_name(Path(path).name + ".tmp")
        torch.save(state, scratch)
        os.replace(scratch, path)

    def restore(self, path: Path) -> None:
        """Let the next `run` go on from a file of `save`. ValueError if it cannot be read or is of another search."""
        try:
            saved = torch.load(path, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, UnpicklingError) as error:
            raise ValueError(
                f"{path} cannot be read ({type(error).__name__}); delete it, and the search trains again from its start"
            ) from None
        if saved["made_by"] != self._made_by():
            raise ValueError(f"{path} is the state of another search: {saved['made_by']}, not {self._made_by()}")
        self._saved = saved

    def _made_by(self) -> dict[str, Any]:
        return {"method": self.name, "seed": self.seed, **asdict(self.settings)}

    def _load(self, saved: dict[str, Any]) -> None:
        self.net.load_state_dict(saved["net"])
        with torch.no_grad():
            self.alpha.copy_(saved["alpha"])
        self.w_optimiser.load_state_dict(saved["w_optimiser"])
        self.alpha_optimiser.load_state_dict(saved["alpha_optimiser"])
        self.rng.bit_generator.state = saved["rng"]
        self.done_epochs = saved["done_epochs"]
