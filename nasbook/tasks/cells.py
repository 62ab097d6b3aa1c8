"""Cells of NAS-Bench-201, trained for real on 8×8 images.

    task = DigitsCells()
    task.evaluate(config, seed=0).value      # validation error after 12 epochs, about two seconds on one core

The network and the recipe are those of Digits-201, a table of every cell of this space trained on the same images:
stem → cell (8 channels) → stride 2 → cell (16 channels) → linear; SGD with Nesterov momentum 0.9, batches of 50, weight
decay 5·10⁻⁴, a learning rate that falls from 0.1 to 0 as half a cosine over the whole training. A shorter training is
the beginning of a full one: its learning rate has not fallen yet, so its errors are higher than those of a short
schedule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor, nn

from nasbook.kit.checks import whole
from nasbook.kit.start import init_weights
from nasbook.kit.threads import one_thread
from nasbook.nas.spaces.nb201.cell import cell_space, to_cell
from nasbook.nas.spaces.networks import CellNet
from nasbook.space import Config
from nasbook.task import Evaluation, Report
from nasbook.tasks import mup
from nasbook.tasks.architectures import LR, Networks
from nasbook.tasks.learner import evaluate_together
from nasbook.tasks.packed_cells import Groups, packs

if TYPE_CHECKING:
    from nasbook.nas.spaces.nb201.space import NB201Cells


class DigitsCells(Networks):
    """Validation error of a cell's network on 8×8 images, learned epoch by epoch.

    channels: of the first cell; the second has twice as many. The other arguments are those of `Networks`.
    """

    name = "digits-cells"
    space = cell_space()
    narrow: NB201Cells

    def __init__(
        self,
        data: str = "digits",
        train: int | None = None,
        epochs: int = 12,
        channels: int = 8,
        device: str = "auto",
        objectives: Sequence[str] = (),
        tune: Sequence[str] = (),
        base_width: mup.BaseWidth = None,
    ) -> None:
        whole(f"{self.name}: channels", channels, 1)
        super().__init__("nb201-cell", data, train, epochs, LR, device, objectives, tune, base_width, channels=channels)
        self.channels = channels
        self.arguments = {k: v for k, v in self.arguments.items() if k != "channels" or v != 8}

    def network(self, config: Config, seed: int) -> CellNet:
        """With the weights that every other trainer of Digits-201 starts from."""
        cell = to_cell(self.architecture(config))
        net = CellNet(cell, self.channels, self.classes)
        init_weights(net, np.random.default_rng([seed, *cell]))
        return net

    def network_like(self, config: Config) -> CellNet:
        return CellNet(to_cell(self.architecture(config)), self.narrow.channels, self.classes)

    def plain(self, config: Config, net: nn.Module) -> tuple[str, dict[str, Tensor]]:
        """The source leaves out edges from a node that nothing reaches, and has other names for the same layers."""
        names = ((r"(cell\d)\.edges\.(\d\d)", r"\1_\2"), (r"reduce\.", "reduce1."), (r"norm\.", "pooled.norm."))
        weights = net.state_dict()
        for pattern, name in names:
            weights = {re.sub(f"^{pattern}", name, k): v for k, v in weights.items()}
        architecture = self.architecture(config)
        used = self.architectures.build(architecture).state_dict()
        return self.architectures.source(architecture), {k: weights[k] for k in used}

    @one_thread()
    def evaluate_many(
        self,
        configs: Sequence[Config],
        *,
        fidelity: float | None = None,
        seeds: Sequence[int],
        reports: Sequence[Report],
        checkpoints: Sequence[Path | None],
    ) -> list[Evaluation | BaseException]:
        """What `evaluate` would answer to each, or raise: trained as one network of groups (see packed_cells.py). It is
        meant for a GPU; a CPU gains nothing. The cost of each is its share of the seconds."""
        return evaluate_together(
            configs,
            seeds,
            self._epochs(fidelity),
            reports,
            checkpoints,
            start=self.training,
            divide=self._packs,
            join=Groups,
            answer=self.answer,
        )

    def _packs(self, configs: list[Config]) -> list[list[int]]:
        """Which of them train together: cells that carry something, by one recipe."""
        if self.base_width is not None:  # a rate for each layer: each alone
            return [[i] for i in range(len(configs))]
        alike: dict[tuple, list[int]] = {}
        for i, config in enumerate(configs):
            alike.setdefault(tuple(self.recipe_of(config).values()), []).append(i)
        cells = [to_cell(self.architecture(c)) for c in configs]
        return [[rows[k] for k in pack] for rows in alike.values() for pack in packs([cells[i] for i in rows])]
