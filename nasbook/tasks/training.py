"""Real trainings: a multilayer perceptron and a small convolutional net on scikit-learn's 8×8 digits.

    task = DigitsMLP(epochs=10)
    task.evaluate(config, seed=0).value      # validation error after the last epoch
    task.test(config, seed=0)                # test error, for the report at the end; a search never sees it

One configuration trains in about half a second on one core. With `data=` a file of your own images takes the digits'
place, and with `device="auto"` a GPU is used where there is one. The learning rate stays constant, so a training of
three epochs is the beginning of one of ten.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.kit import learner
from nasbook.kit.checks import is_one_of
from nasbook.kit.optimisers import SGD, AdamW
from nasbook.kit.threads import one_thread
from nasbook.nas.spaces.program import sequence
from nasbook.space import Choice, Config, Float, Int, Json, Space
from nasbook.task import Evaluation, Fidelity, Report, Task
from nasbook.tasks import bundled, mup, packed
from nasbook.tasks.learner import Learner, evaluate_together
from nasbook.tasks.objectives import weigh, weighed
from nasbook.tasks.splits import Split, from_file, split

if TYPE_CHECKING:
    from nasbook.kit.state import State


class Digits(Task):
    """Images and labels, and a network that learns them epoch by epoch. A subclass gives `space` and `build`.

    epochs: length of the full training, and the highest fidelity. train: how many images to learn from.
    device: "auto" (a CUDA GPU if there is one), "cpu" or "cuda".
    data: an .npz file with x, images (n, h, w), (n, c, h, w) or plain rows (n, k), and y, labels (n,); or any other
    images that `nasbook.tasks.image_files` reads, such as CIFAR's archives or a folder, whose images get sides of
    `size`. A fifth is kept for validation and a fifth for the test, by a fixed draw; where the publishers made a test
    split, that is the test.
    objectives: ("error", "parameters") minimises both, the validation error and the size; () is the error alone.
    base_width: the width for which rates are meant, 32 or "1/8" of each network's own: others get them by the maximal
    update parametrisation (see nasbook.tasks.mup); with None every width is parametrised in the standard way.

    On the CPU the same seed gives the same numbers, bit for bit, and a resumed training those of an uninterrupted one;
    a GPU may differ in the last digits. Raises ValueError for arguments that cannot be served.
    """

    value_label = "validation error"
    limits = {
        "lr": (0, math.inf),
        "momentum": (0, 1),
        "weight_decay": (0, math.inf),
        "batch": (1, math.inf),
        "width": (1, math.inf),
        "depth": (1, math.inf),
        "channels": (1, math.inf),
        "dropout": (0, 0.99),
    }
    declares = {
        "width": "width", "channels": "width", "depth": "depth", "optimizer": "optimizer", "lr": "rate",
        "momentum": "momentum", "weight_decay": "decay", "batch": "batch", "dropout": "regularisation",
        "epochs": "epochs", "train": "data", "size": "resolution",
    }  # fmt: skip
    images = False  # does the network need two dimensions?
    dynamic = ("lr", "momentum", "weight_decay", "batch", "dropout")  # what may change while a network learns

    def __init__(
        self,
        epochs: int = 10,
        train: int = 1000,
        device: str = "auto",
        data: str | Path | None = None,
        objectives: Sequence[str] = (),
        size: int = 32,
        base_width: mup.BaseWidth = None,
    ) -> None:
        for label, number in (("epochs", epochs), ("train", train), ("size", size)):
            if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
                raise ValueError(f"{self.name}: {label} must be a whole number of at least 1, not {number!r}")
            if number > 1_000_000:
                raise ValueError(f"{self.name}: {label} must be at most 1,000,000, not {number:,}")
        if not is_one_of(device, ("auto", "cpu", "cuda")):
            raise ValueError(f"{self.name}: device must be 'auto', 'cpu' or 'cuda', not {device!r}")
        if device == "cuda" and not torch.cuda.is_available():
            raise ValueError(
                f"{self.name}: device is 'cuda', but this machine has no CUDA GPU; 'auto' takes what is there"
            )
        mup.check_base(self.name, base_width)
        self.epochs, self.train, self.device, self.base_width = int(epochs), int(train), device, base_width
        self.fidelity = Fidelity("epoch", 1, self.epochs)
        given = {"epochs": (epochs, 10), "train": (train, 1000), "device": (device, "auto"), "size": (size, 32)}
        given["base_width"] = (base_width, None)
        self.arguments = {k: v for k, (v, default) in given.items() if v != default}
        if not isinstance(data, str | os.PathLike | None):
            raise ValueError(f"{self.name}: data is a name or a path, not {data!r:.60}")
        if data is not None:
            self.arguments["data"] = os.fspath(data)
        self._weighed = weigh(self, objectives, ("parameters",))
        x, y, published = (*bundled.digits(), 0) if data is None else from_file(data, int(size))
        self.splits = split(x, y, self.train, published)
        self.classes = int(max(y.max() for _, y in self.splits.values())) + 1
        self.shape = self.splits["train"][0].shape[1:]  # (channels, h, w) of one image, or (k,)
        if self.images and len(self.shape) != 3:
            raise ValueError(f"{self.name}: images of shape (n, h, w) or (n, c, h, w) are needed; x has plain rows")

    def build(self, config: Config, noise: torch.Generator) -> nn.Module:
        """The untrained network: (batch, *shape) -> logits (batch, classes)."""
        raise NotImplementedError

    def weights(self, net: nn.Module, config: Config, noise: torch.Generator) -> mup.Weights:
        """What an optimiser is given: the parameters, or groups of them with a rate each where there is a base width,
        for which the first weights are scaled as well."""
        if self.base_width is None:
            return net.parameters()
        width = next(name for name in config if self.declares.get(name) == "width")
        with torch.device("meta"):  # its shapes are all that is needed
            base = self.build({**config, width: mup.base_of(config[width], self.base_width)}, noise)
        return mup.parametrise(net, base, config["lr"], config["optimizer"], config["weight_decay"])

    def data(self) -> dict[str, Split]:
        """{"train", "val", "test"}: images (n, *shape) float32, standardised by the training images; labels (n,)."""
        return self.splits

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
        """Validation error after `fidelity` epochs; NaN as soon as the training loss is no longer finite.

        With `checkpoint`, the state is kept in that file after every epoch, and a training that was cut off goes on
        from it, to the same result.
        """
        epochs = self.epochs if fidelity is None else max(1, round(fidelity))
        training = Training(self, config, seed)
        epochs = training.learn(epochs, report, checkpoint)
        return self.answer(training, epochs)

    def answer(self, training: Training, epochs: int, cost: float | None = None) -> Evaluation:
        """What a training was worth after so many epochs; cost: its seconds, where they are known."""
        curve = [(n, error) for n, error in enumerate(training.curve[:epochs], 1) if math.isfinite(error)]
        metrics = {"train_loss": training.losses[epochs - 1], "epochs": epochs, "parameters": training.parameters}
        answer = Evaluation(training.curve[epochs - 1], metrics=metrics, cost=cost, curve=curve)
        return weighed(answer, self._weighed, {"parameters": training.parameters})

    def training(self, config: Config, seed: int) -> Training:
        """One network that has still to learn."""
        return Training(self, config, seed)

    def member(self, config: Config, seed: int) -> Training:
        """One training to be led epoch by epoch: `epoch`, `state`, `load`, `set`; its errors are in `curve`."""
        return self.training(self.space.validate(config), seed)

    def plain(self, config: Config, net: nn.Module) -> tuple[str, dict[str, Tensor]]:
        """The network of a configuration as PyTorch that needs nothing of nasbook, and the weights for it."""
        title = f"A network of {self.name}, found with nasbook: {dict(config)}"
        return sequence(net, "Network", title), net.state_dict()

    @one_thread()
    def test(self, config: Config, *, seed: int = 0, fidelity: float | None = None) -> float:
        """Train as `evaluate` does and return the error on the test images, which no search has seen."""
        training = Training(self, self.space.validate(config), seed)
        for _ in range(self.epochs if fidelity is None else max(1, round(fidelity))):
            training.epoch()
        return training.error("test")

    @cached_property
    def tensors(self) -> dict[str, tuple[Tensor, Tensor]]:
        """The splits on the device; made when first needed, so that a process can fork before it touches a GPU."""
        name = self.device if self.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
        return {k: (torch.tensor(x, device=name), torch.tensor(y, device=name)) for k, (x, y) in self.splits.items()}

    def __getstate__(self) -> Json:
        return {k: v for k, v in self.__dict__.items() if k != "tensors"}


class Training(Learner):
    """One network while it learns. Its random numbers are its own, so that trainings do not disturb each other."""

    def __init__(self, task: Digits, config: Config, seed: int) -> None:
        task.check_config(config)
        self.task, self.config, self.seed = task, config, seed
        device = task.tensors["train"][0].device
        self.rng = torch.Generator().manual_seed(seed)  # first weights, order of the images
        self.noise = torch.Generator(device).manual_seed(seed)  # dropout
        self.net = task.build(config, self.noise)
        for layer in self.net.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=self.rng)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        self.net.to(device)
        self.parameters = sum(p.numel() for p in self.net.parameters())
        weights, lr, decay = task.weights(self.net, config, self.noise), config["lr"], config["weight_decay"]
        self.optimizer: torch.optim.Optimizer
        if config["optimizer"] == "sgd":
            self.optimizer = SGD(weights, lr, momentum=config["momentum"], weight_decay=decay)
        else:
            self.optimizer = AdamW(weights, lr, weight_decay=decay)
        self.curve: list[float] = []  # validation error after each epoch
        self.losses: list[float] = []  # mean training loss of each epoch

    def epoch(self) -> None:
        x, y = self.task.tensors["train"]
        batches = torch.randperm(len(y), generator=self.rng).to(x.device).split(self.config["batch"])
        losses = learner.epoch(self.net, self.optimizer, x, y, batches)
        total = sum(loss * len(rows) for loss, rows in zip(losses, batches, strict=True))
        self.losses.append(float(total) / len(y))
        self.curve.append(self.error("val") if math.isfinite(self.losses[-1]) else math.nan)

    @property
    def found(self) -> list[tuple[float, float]]:
        return list(zip(self.losses, self.curve, strict=True))

    def measure(self, split: str) -> tuple[float, float]:
        return learner.measure(self.net, *self.task.tensors[split], chunk=1024)

    def error(self, split: str) -> float:
        """Fraction of the images of a split that are classified wrongly."""
        return self.measure(split)[1]

    def set(self, config: Config) -> None:
        """Go on with other values of what may change while a network learns; ValueError for anything else."""
        config = self.task.space.validate(config)
        for name in config.keys() | self.config.keys():
            if name not in self.task.dynamic and config.get(name) != self.config.get(name):
                raise ValueError(f"{self.task.name}: {name} cannot change during a training, only {self.task.dynamic}")
        self.config = config
        for group in self.optimizer.param_groups:
            scale = group.get("scale", 1.0)
            group["lr"], group["weight_decay"] = config["lr"] * scale, config["weight_decay"] / scale
            if "momentum" in config:
                group["momentum"] = config["momentum"]
        for layer in self.net.modules():
            if isinstance(layer, Dropout):
                layer.p = config["dropout"]

    def state(self) -> State:
        """A copy of everything that the next epoch depends on, the configuration aside."""
        return deepcopy(
            {
                "net": self.net.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "rng": self.rng.get_state(),
                "noise": self.noise.get_state(),
                "curve": self.curve,
                "losses": self.losses,
            }
        )

    def load(self, state: State) -> None:
        """Go on from a `state` of the same network; the learning rate and its like stay those of `config`."""
        state = deepcopy(state)
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.rng.set_state(state["rng"])
        self.curve, self.losses = state["curve"], state["losses"]
        if state["noise"].shape == self.noise.get_state().shape:
            self.noise.set_state(state["noise"])
        else:  # kept on a device of another kind, which draws in another way
            self.noise.manual_seed(self.seed + len(self.curve))
        self.set(self.config)

    @property
    def what(self) -> Json:
        task = self.task
        base = {} if task.base_width is None else {"base_width": task.base_width}
        return {"task": task.name, "train": task.train, "config": dict(self.config), "seed": self.seed, **base}


class DigitsMLP(Digits):
    """A multilayer perceptron: `depth` hidden layers of `width` units."""

    name = "digits-mlp"
    space = Space(
        optimizer=Choice(["sgd", "adamw"]),
        lr=Float(1e-4, 1.0, log=True),
        momentum=Float(0.0, 0.99, when={"optimizer": "sgd"}),
        weight_decay=Float(1e-6, 1e-1, log=True),
        batch=Int(16, 256, log=True),
        width=Int(8, 128, log=True),
        depth=Int(1, 4),
        dropout=Float(0.0, 0.6),
        activation=Choice(["relu", "tanh"]),
    )

    def build(self, config: Config, noise: torch.Generator) -> nn.Module:
        activation = nn.ReLU if config["activation"] == "relu" else nn.Tanh
        sizes = [math.prod(self.shape)] + [config["width"]] * config["depth"]
        layers: list[nn.Module] = [nn.Flatten()]
        for a, b in zip(sizes, sizes[1:], strict=False):
            layers += [nn.Linear(a, b), activation(), Dropout(config["dropout"], noise)]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], self.classes))

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
        """What `evaluate` would answer to each, or raise: trained as one network where they are alike (see packed.py).
        The cost of each is its share of the seconds. In float32 the last digits differ from those of `evaluate`."""
        epochs = self.epochs if fidelity is None else max(1, round(fidelity))
        images, inputs = len(self.splits["train"][1]), math.prod(self.shape)
        device = self.tensors["train"][0].device.type
        return evaluate_together(
            configs,
            seeds,
            epochs,
            reports,
            checkpoints,
            start=lambda config, seed: Training(self, config, seed),
            divide=lambda able: self._divide(able, images, inputs, device),
            join=packed.Pack,
            answer=self.answer,
        )

    def _divide(self, configs: list[Config], images: int, inputs: int, device: str) -> list[list[int]]:
        """Which of these train together; those with a rate for each layer, each alone."""
        if self.base_width is not None:
            return [[i] for i in range(len(configs))]
        return packed.packs(configs, images, inputs, device)


class DigitsCNN(Digits):
    """`depth` blocks of 3×3 convolution, normalisation (or none), ReLU and pooling; each block doubles the channels."""

    name = "digits-cnn"
    images = True
    space = Space(
        optimizer=Choice(["sgd", "adamw"]),
        lr=Float(1e-4, 1.0, log=True),
        momentum=Float(0.0, 0.99, when={"optimizer": "sgd"}),
        weight_decay=Float(1e-6, 1e-1, log=True),
        batch=Int(16, 256, log=True),
        channels=Int(4, 32, log=True),
        depth=Int(1, 3),
        pooling=Choice(["max", "average"]),
        batch_norm=Choice([True, False]),
        dropout=Float(0.0, 0.6),
    )

    def build(self, config: Config, noise: torch.Generator) -> nn.Module:
        pooling = nn.MaxPool2d if config["pooling"] == "max" else nn.AvgPool2d
        a, *sides = self.shape
        layers: list[nn.Module] = []
        for block in range(config["depth"]):
            b = config["channels"] * 2**block
            layers += [nn.Conv2d(a, b, 3, padding=1, bias=not config["batch_norm"])]
            layers += [nn.BatchNorm2d(b)] if config["batch_norm"] else []
            layers += [nn.ReLU()]
            if min(sides) >= 2:
                layers, sides = [*layers, pooling(2)], [s // 2 for s in sides]
            a = b
        return nn.Sequential(
            *layers,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            Dropout(config["dropout"], noise),
            nn.Linear(a, self.classes),
        )


class Dropout(nn.Module):
    """Dropout that draws from a given generator, so that its draws can be kept in a checkpoint."""

    def __init__(self, p: float, rng: torch.Generator) -> None:
        super().__init__()
        self.p, self.rng = p, rng

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        keep = torch.rand(x.shape, generator=self.rng, device=x.device) >= self.p
        return x * keep / (1 - self.p)

    def extra_repr(self) -> str:
        return f"{self.p}"
