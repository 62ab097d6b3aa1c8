"""A recurrent cell that learns to predict the next character of a small text.

    task = Characters()
    task.evaluate(config, seed=0).value      # validation bits per character

The text is `nasbook/data/characters.txt`, 42 paragraphs of plain English that were written for this project: 34
different characters after capitals are made small. Of eight paragraphs six are learned from, one is for validation and
one for the test. They are cut into pieces of 32 characters, and each piece begins with an empty state.

To compare with: a uniform guess costs log₂ 34 = 5.09 bits a character, the frequencies of single characters 4.1 bits,
and those of pairs 3.1. A text this small and a training this short show which cells learn quickly; they do not show
which would be best on a large one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.kit.checks import is_number, whole
from nasbook.kit.optimisers import Adam
from nasbook.kit.start import pick_device
from nasbook.nas.spaces.recurrent_cell import RecurrentCells
from nasbook.parameters import Float, Parameter
from nasbook.space import Arguments, Config, Json
from nasbook.task import Fidelity
from nasbook.tasks import mup
from nasbook.tasks.architectures import Networks

LENGTH, LR = 32, 0.04
Split = tuple[np.ndarray, np.ndarray]


class Characters(Networks):
    """Validation bits per character of a recurrent cell, learned epoch by epoch.

    epochs: length of the full training, and the highest fidelity. lr: the highest learning rate of Adam, which falls
    as half a cosine; with tune=["lr"] it is searched with the cell. nodes, width, output: of the cells (see
    RecurrentCells). device: "auto", "cpu" or "cuda". Raises ValueError for arguments that cannot be served."""

    name = "characters"
    architectures: RecurrentCells
    value_label = "validation bits per character"
    batch = 32
    declares = {"width": "width", "lr": "adam rate", "epochs": "epochs"}
    TUNED: ClassVar[Mapping[str, Parameter]] = {"lr": Float(0.004, 0.4, log=True)}

    def __init__(
        self,
        epochs: int = 10,
        nodes: int = 4,
        width: int = 32,
        output: str = "loose ends",
        lr: float = LR,
        device: str = "auto",
        tune: Sequence[str] = (),
    ) -> None:
        whole(f"{self.name}: epochs", epochs, 1)
        if not is_number(lr) or lr <= 0:
            raise ValueError(f"{self.name}: lr must be a positive number, not {lr!r}")
        pick_device(device)
        self.epochs, self.device = epochs, device
        self.fidelity = Fidelity("epoch", 1, epochs)
        self.alphabet, self.splits = text()
        self.classes, self.images, self.train = len(self.alphabet), "characters", len(self.splits["train"][1])
        self.options: Json = {"nodes": nodes, "width": width, "output": output}
        self.architectures = RecurrentCells(**self.options, classes=self.classes, length=LENGTH)
        self.recipe = {"lr": lr}
        given = {"epochs": (epochs, 10), "nodes": (nodes, 4), "width": (width, 32), "output": (output, "loose ends")}
        given |= {"lr": (lr, LR), "device": (device, "auto")}
        self.arguments = {k: v for k, (v, default) in given.items() if v != default}
        self._weighed = ()
        self._tune(tune)

    def network(self, config: Config, seed: int) -> nn.Module:
        """Uniform weights in ±1/√width, drawn with NumPy. The draw depends on the seed alone, because cells of equal
        size differ only in what their nodes do."""
        net, rng = self.architectures.build(self.architecture(config)), np.random.default_rng([seed, 0])
        with torch.no_grad():
            for p in net.parameters():
                draw = rng.uniform(-1, 1, p.shape) / math.sqrt(self.architectures.width)
                p.copy_(torch.from_numpy(draw.astype(np.float32)))
        return net

    def optimiser(self, weights: mup.Weights, recipe: Arguments) -> torch.optim.Optimizer:
        return Adam(weights, **recipe)

    def value(self, row: dict[str, float]) -> float:
        return row["val_loss"] / math.log(2)

    def data(self) -> dict[str, Split]:
        """{"train", "val", "test"}: characters (n, 32) as places in `alphabet`, int64, and the ones that follow."""
        return self.splits

    @cached_property
    def tensors(self) -> dict[str, tuple[Tensor, Tensor]]:
        device = pick_device(self.device)
        return {
            k: (torch.tensor(x, device=device), torch.tensor(y, device=device)) for k, (x, y) in self.splits.items()
        }


def text() -> tuple[str, dict[str, Split]]:
    """The alphabet, and the text in three parts, cut into pieces (n, 32) with what follows each character."""
    whole = (files("nasbook.data") / "characters.txt").read_text(encoding="utf-8").lower()
    alphabet = "".join(sorted(set(whole)))
    place = {c: i for i, c in enumerate(alphabet)}
    paragraphs = [" ".join(p.split()) for p in whole.split("\n\n")]
    parts: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for i, paragraph in enumerate(paragraphs):
        parts["val" if i % 8 == 3 else "test" if i % 8 == 7 else "train"].append(paragraph + "\n")
    splits = {}
    for name, part in parts.items():
        codes = np.array([place[c] for c in "".join(part)])
        n = (len(codes) - 1) // LENGTH
        splits[name] = codes[: n * LENGTH].reshape(n, LENGTH), codes[1 : n * LENGTH + 1].reshape(n, LENGTH)
    return alphabet, splits
