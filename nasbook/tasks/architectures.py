"""Networks of a search space of architectures, trained for real on 8×8 images.

    task = Networks("conv-chain")
    task.evaluate(config, seed=0).value      # validation error after 12 epochs, about a second on one core

The recipe is that of Digits-201, a table of cells trained on the same images: SGD with Nesterov momentum 0.9, batches
of 50, weight decay 5·10⁻⁴, a learning rate that falls from 0.1 to 0 as half a cosine over the whole training. A shorter
training is the beginning of a full one: its learning rate has not fallen yet, so its errors are higher than those of a
short schedule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from zlib import crc32

import numpy as np
import torch
from torch import Tensor, nn

from nasbook import registry
from nasbook.fits import misfit
from nasbook.joining import join
from nasbook.kit import learner
from nasbook.kit.checks import is_number, is_one_of
from nasbook.kit.optimisers import SGD
from nasbook.kit.start import init_weights, pick_device
from nasbook.kit.threads import one_thread
from nasbook.nas.spaces.blocks import Noise
from nasbook.nas.spaces.cost import flops
from nasbook.parameters import Constant, Float, Parameter
from nasbook.space import Arguments, Config, Json, Space
from nasbook.task import Evaluation, Fidelity, Report, Task
from nasbook.tasks import images, mup
from nasbook.tasks.image_spaces import of_images
from nasbook.tasks.learner import Learner
from nasbook.tasks.objectives import weigh, weighed

if TYPE_CHECKING:
    from nasbook.kit.state import State

BATCH, LR, MOMENTUM, WEIGHT_DECAY = 50, 0.1, 0.9, 5e-4
TRAIN = {"digits": 300, "messy": 1000, "textures": 600}


class Networks(Task):
    """Validation error of a network of a search space on 8×8 images, learned epoch by epoch.

    space: a name of the registry's search spaces of architectures for images. data: "digits", "messy" or "textures"
    (see nasbook.tasks.images). train: how many images to learn from; with more than 300 digits, fewer are left for the
    test. epochs: length of the full training, and the highest fidelity. lr: the highest learning rate. device: "auto"
    (a CUDA GPU if there is one), "cpu" or "cuda". objectives: "error" with "parameters" or "flops" (millions), to be
    minimised together; () is the error alone. tune: which of TUNED are searched with the architecture. base_width: the
    width for which lr is meant, where the space takes one as an option, 8 or "1/8" of the networks' own: others get
    their rates by the maximal update parametrisation (see nasbook.tasks.mup). Further options go to the search space.

    A configuration may hold values of TUNED beside the architecture, of ranges of your own too: search in
    `nasbook.join(task.space, lr=Float(0.1, 1, log=True))`. What it does not hold is the recipe's.

    On the CPU the same seed gives the same numbers, bit for bit, and a resumed training those of an uninterrupted
    one; a GPU may differ in the last digits. Raises ValueError for arguments that cannot be served.
    """

    value_label = "validation error"
    limits = {}
    declares = {
        "channels": "width", "width": "width", "cells": "depth", "stages": "depth", "blocks": "depth",
        "lr": "sgd rate", "momentum": "momentum", "weight_decay": "decay", "label_smoothing": "regularisation",
        "epochs": "epochs", "train": "data",
    }  # fmt: skip
    kind = "sgd"  # of optimiser
    base_width: mup.BaseWidth = None
    batch = BATCH
    norm = 0.3  # momentum of batch norms' running statistics: an epoch may have only six steps
    TUNED: ClassVar[Mapping[str, Parameter]] = {
        "lr": Float(0.01, 3.0, log=True),
        "weight_decay": Float(1e-5, 0.03, log=True),
        "momentum": Float(0.5, 0.99),
    }
    LIMITS: ClassVar[Mapping[str, tuple[float, float]]] = {
        "lr": (0, math.inf),
        "weight_decay": (0, 1),
        "momentum": (0, 1),
        "label_smoothing": (0, 1),
    }

    def __init__(
        self,
        space: str = "conv-chain",
        data: str = "digits",
        train: int | None = None,
        epochs: int = 12,
        lr: float = LR,
        device: str = "auto",
        objectives: Sequence[str] = (),
        tune: Sequence[str] = (),
        base_width: mup.BaseWidth = None,
        **options: object,
    ) -> None:
        self.name = type(self).name or f"digits-{space}"
        if not isinstance(space, str):
            raise ValueError(f"{self.name}: space is a name of the registry's search spaces, not {space!r:.60}")
        if not is_one_of(data, images.DATA):
            raise ValueError(f"{self.name}: data must be one of {', '.join(images.DATA)}, not {data!r}")
        self.images, self.train = data, TRAIN[data] if train is None else train
        counts: dict[str, tuple[object, int]] = {"train": (self.train, BATCH), "epochs": (epochs, 1)}
        for label, (number, least) in counts.items():
            if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least:
                raise ValueError(f"{self.name}: {label} must be a whole number of at least {least}, not {number!r}")
            if number > 1_000_000:
                raise ValueError(f"{self.name}: {label} must be at most 1,000,000, not {number:,}")
        if not is_number(lr) or lr <= 0:
            raise ValueError(f"{self.name}: lr must be a positive number, not {lr!r}")
        pick_device(device)
        self.epochs, self.device = int(epochs), device
        self.fidelity = Fidelity("epoch", 1, self.epochs)
        self.splits = self._splits()
        self.classes = int(self.splits["train"][1].max()) + 1
        self.architectures = of_images(self.name, space, options, classes=self.classes)
        self.options = options
        self._narrow(base_width, space, options, classes=self.classes)
        self.recipe: Json = {"lr": lr, "weight_decay": WEIGHT_DECAY, "momentum": MOMENTUM}
        given = {"data": (data, "digits"), "train": (train, None), "epochs": (epochs, 12), "lr": (lr, LR)}
        given |= {"device": (device, "auto"), "base_width": (base_width, None)}
        self.arguments = {k: v for k, (v, default) in given.items() if v != default} | options
        self._weighed = weigh(self, objectives, ("parameters", "flops"))
        self._tune(tune)

    # ---- the architecture and its recipe -----------------------------------------------------------------

    def _tune(self, names: Sequence[str]) -> None:
        """Search these of TUNED with the architecture."""
        some = isinstance(names, Sequence) and all(is_one_of(name, self.TUNED) for name in names)
        if isinstance(names, str) or not some:
            raise ValueError(f"{self.name}: tune is a list of some of {', '.join(self.TUNED)}, not {names!r:.60}")
        self.space = join(self.architectures.space, *([{n: self.TUNED[n] for n in names}] if names else []))
        self.also = {name: p for name, p in self.TUNED.items() if name not in self.architectures.space.parameters}
        if names:
            self.arguments = {**self.arguments, "tune": list(names)}

    def architecture(self, config: Config) -> Config:
        """The validated architecture of a configuration; ValueError, in one sentence, where it holds none."""
        return self.architectures.check({k: v for k, v in config.items() if k not in self._beside(config)})

    def whole(self, config: Config) -> Config:
        """The validated architecture, and behind it what the configuration holds of the recipe."""
        return {**self.architecture(config), **{name: config[name] for name in self._beside(config)}}

    def recipe_of(self, config: Config) -> Json:
        """What the network is trained with: the task's recipe, and over it what the configuration holds."""
        own = {name: config[name] for name in self._beside(config)}
        for name, value in own.items():
            if not is_number(value):
                raise ValueError(f"{self.name}: {name} must be a finite number, not {value!r:.60}")
            if problem := self._unfit(name, Constant(value)):
                raise ValueError(f"{self.name}: {' '.join(problem)}")
        return {**self.recipe, **own}

    def _beside(self, names: Iterable[str]) -> list[str]:
        """Which of these names belong to the recipe and not to the architecture."""
        return [name for name in names if name in self.also]

    def misfit(self, space: Space) -> tuple[str, str] | None:
        beside = self._beside(space.parameters)
        rest = {name: p for name, p in space.parameters.items() if name not in beside}
        if not rest:
            words = (
                f"join it with nasbook.join(task.space, {beside[0]}=…), or give each of its parameters as a Constant"
            )
            return "this space", f"holds no architecture; {words}"
        found = misfit(self.architectures.space, self.limits, Space(rest))
        for name in beside:
            found = found or self._unfit(name, replace(space.parameters[name], when=None))
        return found

    def _unfit(self, name: str, p: Parameter) -> tuple[str, str] | None:
        own = Float(*self.LIMITS[name]) if self.LIMITS[name][1] < math.inf else self.TUNED[name]  # a decay may be 0
        return misfit(Space({name: own}), self.LIMITS, Space({name: p}))

    # ---- training ------------------------------------------------------------------------------------------

    def network(self, config: Config, seed: int) -> nn.Module:
        """The network of a configuration before its training."""
        config = self.architecture(config)
        net = self.architectures.build(config)
        for m in net.modules():
            if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d):
                m.momentum = self.norm
        rng = np.random.default_rng([seed, crc32(repr(self.architectures.space.key(config)).encode())])
        init_weights(net, rng)
        for m in net.modules():
            if isinstance(m, Noise):
                m.draws.fill_(int(rng.integers(2**31)))
        return net

    def _narrow(self, base: mup.BaseWidth, space: str, options: Arguments, **images: object) -> None:
        """Have the same search space at the base width at hand."""
        mup.check_base(self.name, base)
        self.base_width = base
        if base is None:
            return
        kind = registry.find("space", space).load()
        name = next((n for n in ("channels", "width") if n in signature(kind).parameters), None)
        if name is None:
            raise ValueError(f"{self.name}: the networks of {space} have no one width, so base_width cannot be given")
        own = options.get(name, signature(kind).parameters[name].default)
        self.narrow = of_images(self.name, space, {**options, name: mup.base_of(own, base)}, **images)

    def network_like(self, config: Config) -> nn.Module:
        """The network of a configuration at the base width, for its shapes."""
        return self.narrow.build(self.architecture(config))

    def weights(self, net: nn.Module, config: Config, recipe: Arguments) -> mup.Weights:
        """What the optimiser is given: the parameters, or groups of them with a rate each where there is a base width,
        for which the first weights are scaled as well."""
        if self.base_width is None:
            return net.parameters()
        return mup.parametrise(net, self.network_like(config), recipe["lr"], self.kind, recipe["weight_decay"])

    def optimiser(self, weights: mup.Weights, recipe: Arguments) -> torch.optim.Optimizer:
        return SGD(weights, **recipe, nesterov=recipe["momentum"] > 0)

    def training(self, config: Config, seed: int) -> Training:
        """One network that has still to learn."""
        return Training(self, config, seed)

    def plain(self, config: Config, net: nn.Module) -> tuple[str, dict[str, Tensor]]:
        """The network of a configuration as PyTorch that needs nothing of nasbook, and the weights for it."""
        return self.architectures.source(self.architecture(config)), net.state_dict()

    def value(self, row: dict[str, float]) -> float:
        """What is minimised, of train_loss, val_loss and error after an epoch."""
        return row["error"]

    def _splits(self) -> images.Splits:
        if self.images != "digits":
            return images.DATA[self.images](self.train)
        test = min(1197, 1797 - 300 - self.train)
        if test < 100:
            raise ValueError(f"{self.name}: there are 1,797 digits, so train may be at most 1397, not {self.train}")
        return images.digits(self.train, test=test)

    def data(self) -> images.Splits:
        """{"train", "val", "test"}: images (n, 8, 8) float32, standardised; labels (n,) int64."""
        return self.splits

    @cached_property
    def tensors(self) -> dict[str, tuple[Tensor, Tensor]]:
        """The splits on the device, images (n, 1, 8, 8); made when first needed, so that a process can fork before."""
        device = pick_device(self.device)
        return {
            k: (torch.tensor(x[:, None], device=device), torch.tensor(y, device=device))
            for k, (x, y) in self.splits.items()
        }

    def __getstate__(self) -> Json:
        return {k: v for k, v in self.__dict__.items() if k != "tensors"}

    @one_thread()
    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """Validation error after `fidelity` of the `epochs` epochs; NaN as soon as the training loss is not finite.

        With `checkpoint`, the state is kept in that file after every epoch, and a training that was cut off goes on
        from it, to the same result. Metrics: accuracy (validation), train_loss, val_loss, epochs, parameters,
        flops."""
        training = self.training(config, seed)
        return self.answer(training, training.learn(self._epochs(fidelity), report, checkpoint))

    def _epochs(self, fidelity: float | None) -> int:
        epochs = self.epochs if fidelity is None else round(fidelity)
        if not 1 <= epochs <= self.epochs:
            raise ValueError(f"{self.name}: fidelity must lie in 1 … {self.epochs} epochs, not {fidelity:g}")
        return epochs

    def answer(self, training: Training, epochs: int, cost: float | None = None) -> Evaluation:
        """What a training was worth after so many epochs; cost: its seconds, where they are known."""
        row = training.rows[epochs - 1]
        if not math.isfinite(row["train_loss"]):
            return Evaluation(math.nan, metrics={**row, "epochs": epochs}, cost=cost)
        costs = {"parameters": sum(p.numel() for p in training.net.parameters())}
        costs["flops"] = flops(training.net, self.tensors["train"][0][:1])
        metrics = {"accuracy": 1 - row["error"], "train_loss": row["train_loss"], "val_loss": row["val_loss"]}
        answer = Evaluation(
            self.value(row),
            metrics={**metrics, "epochs": epochs, **costs},
            cost=cost,
            curve=[(e, self.value(r)) for e, r in enumerate(training.rows[:epochs], 1)],
        )
        return weighed(answer, self._weighed, {**costs, "flops": costs["flops"] / 1e6})

    @one_thread()
    def test(self, config: Config, *, seed: int = 0) -> float:
        """Train to the end as `evaluate` does and return the value on the test part, which no search has seen."""
        training = self.training(config, seed)
        for _ in range(self.epochs):
            training.epoch()
        loss, error = training.measure("test")
        return self.value({"val_loss": loss, "error": error})

    @one_thread()
    @torch.no_grad()
    def predict(self, config: Config, *, seed: int = 0, parts: Sequence[str] = ("val",)) -> dict[str, np.ndarray]:
        """Train to the end as `evaluate` does: the probabilities (n, classes) of everything that is predicted in each
        of these parts."""
        training = self.training(self.space.validate(config), seed)
        with torch.enable_grad():
            training.learn(self.epochs)
        net = training.judged.eval()
        logits = {part: torch.cat([net(x) for x in self.tensors[part][0].split(300)]) for part in parts}
        return {part: z.double().softmax(-1).flatten(0, -2).cpu().numpy() for part, z in logits.items()}

    def labels(self, part: str) -> np.ndarray:
        """(n,) of "train", "val" or "test"."""
        return self.tensors[part][1].flatten().cpu().numpy()


class Training(Learner):
    """One network while it learns: a function of the task, the configuration, the seed and the number of epochs."""

    def __init__(self, task: Networks, config: Config, seed: int) -> None:
        self.task, self.seed, self.config = task, seed, task.whole(config)
        self.recipe = task.recipe_of(config)
        self.net = task.network(self.config, seed)
        self.net.to(task.tensors["train"][0].device)
        self.optimiser = task.optimiser(task.weights(self.net, self.config, self.recipe), self.recipe)
        n = len(task.tensors["train"][1])
        rng = np.random.default_rng(seed)  # the order of the images depends on the seed alone
        self.order = np.stack([rng.permutation(n) for _ in range(task.epochs)])
        self.steps = n // task.batch  # an epoch; what does not fill a batch waits for the next epoch's order
        self.rows: list[dict[str, float]] = []  # one an epoch

    def epoch(self) -> None:
        x, y = self.task.tensors["train"]
        done, end = len(self.rows) * self.steps, self.task.epochs * self.steps
        order = torch.from_numpy(self.order[len(self.rows)]).to(x.device)
        losses = learner.epoch(
            self.net,
            self.optimiser,
            x,
            y,
            order[: self.steps * self.task.batch].split(self.task.batch),
            rate=lambda t: learner.cosine(self.recipe["lr"], done + t, end),
        )
        val_loss, error = self.measure("val")
        train_loss = sum(loss.item() for loss in losses) / self.steps
        self.rows.append({"train_loss": train_loss, "val_loss": val_loss, "error": error})

    @property
    def found(self) -> list[tuple[float, float]]:
        return [(row["train_loss"], self.task.value(row)) for row in self.rows]

    def measure(self, split: str) -> tuple[float, float]:
        """(mean loss, fraction classified wrongly) on a split."""
        return learner.measure(self.net, *self.task.tensors[split])

    @property
    def what(self) -> Json:
        """What a checkpoint must agree with."""
        task = self.task
        recipe = {
            "data": task.images,
            "train": task.train,
            "epochs": task.epochs,
            "lr": task.recipe["lr"],
            **task.options,
            **({} if task.base_width is None else {"base_width": task.base_width}),
        }
        return {"config": self.config, "seed": self.seed, **recipe}

    def state(self) -> State:
        return {"net": self.net.state_dict(), "rows": self.rows, "optimiser": self.optimiser.state_dict()}

    def load(self, state: State) -> None:
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.rows = state["rows"]
