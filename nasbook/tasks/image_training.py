"""Networks of a search space, trained on images of any size: in a notebook on 8×8 digits, on a GPU on your own.

    task = ImageTraining()                                                       # the digits, in a second or two
    task = ImageTraining(data="cifar-10-python.tar.gz", channels=16, stages=3, epochs=200, batch=256,
                         augment=("crop", "flip"), precision="bfloat16", channels_last=True)
    nasbook.search("regularized-evolution", task, trials=50)

What can be read stands in image_files.py. The recipe: SGD with Nesterov momentum, batches in a new order in each epoch,
and a learning rate that rises over `warmup` epochs and then falls to 0 as half a cosine. Where the images lie: all of
them as bytes on the device, if they fit; otherwise each batch is taken from the memory map. Random changes of a batch
(a crop, a mirror image, a hole) are made there, for all of its images at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from nasbook.kit import learner, parallel
from nasbook.kit.checks import flag, one_of, whole, within
from nasbook.kit.optimisers import SGD
from nasbook.kit.start import pick_device
from nasbook.parameters import Float, Parameter
from nasbook.space import Config, Json, Space
from nasbook.task import Fidelity
from nasbook.tasks import architectures, image_files, mup
from nasbook.tasks.architectures import Networks
from nasbook.tasks.image_spaces import of_images
from nasbook.tasks.objectives import weigh

if TYPE_CHECKING:
    from nasbook.kit.state import State

ROOM = 4 * 2**30  # bytes of images that may lie on the device whole
CHANGES = ("crop", "flip", "cutout")


class ImageTraining(Networks):
    """Validation error of a network of a search space on images, learned epoch by epoch.

    data: "digits", "messy", "textures", or a path (see `nasbook.tasks.image_files`); size: side of the images of a
    folder. space: a search space of architectures for images; further arguments, such as channels, go to it.
    train: how many images to learn from (None: all that are left); val: the share of them that is kept for validation.
    epochs: the full training, and the highest fidelity; batch, lr, momentum, weight_decay: of SGD; warmup: epochs in
    which the rate rises. augment: of "crop" (shifted by up to an eighth of the side), "flip" (left to right) and
    "cutout" (a square of a quarter of the side is emptied). label_smoothing, clip (longest gradient) and ema (decay of
    an average of the weights, which then is what is judged; .999 is usual): None or 0 is off.
    precision: "float32" or "bfloat16" (autocast; on an H100 a cell of 16 channels gained nothing by it: calls take its
    time, not arithmetic). compile: torch.compile. channels_last: the GPU's order in memory.
    device: "auto", "cpu", "cuda" … objectives: "error" with "parameters" or "flops" (millions). tune: which of lr,
    weight_decay, momentum and label_smoothing are searched with the architecture; base_width: for which lr is meant
    (see `Networks` for both).

    One process on a CPU gives the same numbers for the same seed, bit for bit, and a training that was cut off goes on
    to the same end; a GPU draws its own crops, and its last digits differ from run to run. Of n processes that torchrun
    has started each learns from `batch` images in a step, and together they do as one with n times as many (see
    nasbook.kit.parallel, also for batch norms). Raises ValueError, in a sentence, for arguments and files that it
    cannot serve.
    """

    name = "images"
    norm = 0.1
    together = True
    declares = {**Networks.declares, "batch": "batch", "size": "resolution"}
    TUNED: ClassVar[Mapping[str, Parameter]] = {**Networks.TUNED, "label_smoothing": Float(0.0, 0.3)}

    def __init__(
        self,
        space: str = "nb201-cell",
        data: str | Path = "digits",
        train: int | None = None,
        val: float = 0.2,
        size: int = 32,
        epochs: int = 12,
        batch: int = 50,
        lr: float = 0.1,
        momentum: float = 0.9,
        weight_decay: float = 5e-4,
        warmup: float = 0,
        augment: Sequence[str] = (),
        label_smoothing: float = 0.0,
        clip: float | None = None,
        ema: float | None = None,
        precision: str = "float32",
        compile: bool = False,
        channels_last: bool = False,
        device: str = "auto",
        objectives: Sequence[str] = (),
        tune: Sequence[str] = (),
        base_width: mup.BaseWidth = None,
        **options: object,
    ) -> None:
        given = {name: value for name, value in locals().items() if name in DEFAULTS}
        self._check(**given)
        given |= {"data": os.fspath(data), "augment": list(augment)}
        self.arguments = {k: v for k, v in given.items() if v != DEFAULTS[k]} | options
        self.recipe = {k: given[k] for k in RECIPE}
        self.epochs, self.batch, self.device = epochs, batch, device
        self.precision, self.compile, self.channels_last = precision, compile, channels_last
        self.fidelity = Fidelity("epoch", 1, epochs)
        try:
            self.found = image_files.read(data, size)
            self.rows = image_files.split(self.found.y, self.found.published, val=val, train=train)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
        if len(self.rows["train"]) < batch:
            left = len(self.rows["train"])
            raise ValueError(f"{self.name}: {left:,} images are left to learn from, too few for one batch of {batch}")
        self.classes = len(self.found.classes)
        self.architectures = of_images(self.name, space, options, classes=self.classes, shape=self.found.shape)
        self._narrow(base_width, space, options, classes=self.classes, shape=self.found.shape)
        self._weighed = weigh(self, objectives, ("parameters", "flops"))
        self._tune(tune)

    def _check(self, *, space: Space, data: object, augment: object, **v: Any) -> None:
        say = f"{self.name}: "
        if not isinstance(space, str):
            raise ValueError(f"{say}space is a name of the registry's search spaces, not {space!r:.60}")
        if not isinstance(data, str | os.PathLike):
            raise ValueError(f"{say}data is a name or a path, not {data!r:.60}")
        if isinstance(augment, str) or not isinstance(augment, Sequence) or not set(map(str, augment)) <= {*CHANGES}:
            raise ValueError(f"{say}augment is a list of some of {', '.join(CHANGES)}, not {augment!r:.60}")
        for name, least in (("size", 1), ("epochs", 1), ("batch", 1)):
            whole(say + name, v[name], least)
        if v["train"] is not None:
            whole(say + "train", v["train"], 1)
        within(say + "val", v["val"], 0, 0.9, above=True)
        within(say + "lr", v["lr"], 0, above=True)
        within(say + "warmup", v["warmup"], 0, v["epochs"])
        for name, high in (("momentum", 1), ("weight_decay", 1), ("label_smoothing", 1)):
            within(say + name, v[name], 0, high)
        if v["clip"] is not None:
            within(say + "clip", v["clip"], 0, above=True)
        if v["ema"] is not None:
            within(say + "ema", v["ema"], 0, 1)
        one_of(say + "precision", v["precision"], ("float32", "bfloat16"))
        flag(say + "compile", v["compile"])
        flag(say + "channels_last", v["channels_last"])
        pick_device(v["device"])

    def training(self, config: Config, seed: int) -> Training:
        return Training(self, config, seed)

    @property
    def scaling(self) -> dict[str, list[float]]:
        """{"mean", "std"} of each channel, by which what a file holds is standardised: (x − mean) / std."""
        images = self.tensors["train"][0]
        return {"mean": images.mean.flatten().tolist(), "std": images.std.flatten().tolist()}

    def data(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """{"train", "val"}: images (n, c, h, w) float32, standardised; labels (n,). The test is for `test` alone."""
        return {k: (self.tensors[k][0][:].cpu().numpy(), self.found.y[self.rows[k]]) for k in ("train", "val")}

    @cached_property
    def tensors(self) -> dict[str, tuple[Any, Tensor]]:
        """{"train", "val", "test"}: Images, which give batches, and labels on the device; made when first needed, so
        that a process can fork before it touches a GPU."""
        device, part = pick_device(self.device), self.found.x[np.sort(self.rows["train"][:50_000])]
        over = (0, 2, 3)
        mean, std = part.mean(over, dtype=np.float64), part.std(over, dtype=np.float64)
        scale = [torch.tensor(v, dtype=torch.float32, device=device)[:, None, None] for v in (mean, std + (std == 0))]
        return {
            k: (Images(self.found.x, rows, *scale), torch.from_numpy(self.found.y[rows]).to(device))
            for k, rows in self.rows.items()
        }


DEFAULTS = {k: p.default for k, p in signature(ImageTraining).parameters.items() if p.default is not p.empty}
DEFAULTS["augment"] = []
del DEFAULTS["objectives"], DEFAULTS["tune"]  # `weigh` and `_tune` keep them
RECIPE = ("lr", "momentum", "weight_decay", "warmup", "augment", "label_smoothing", "clip", "ema")


class Images:
    """Some rows of the images, as a training reads them: bytes in, standardised float32 on the device out."""

    def __init__(self, x: np.ndarray, rows: np.ndarray, mean: Tensor, std: Tensor) -> None:
        self.rows, self.mean, self.std = rows, mean, std
        size = len(rows) * x[0].nbytes
        self.x: Any = torch.from_numpy(x[rows]).to(mean.device) if size <= ROOM else x  # else it stays where it is

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: slice | Tensor) -> Tensor:
        """(b, c, h, w)"""
        if isinstance(self.x, Tensor):
            x = self.x[at]
        else:
            places = self.rows[at if isinstance(at, slice) else at.cpu().numpy()]
            order = np.argsort(places)  # a disk is read forwards
            x = torch.from_numpy(self.x[places[order]])[torch.from_numpy(np.argsort(order))].to(self.mean.device)
        return (x.float() - self.mean) / self.std

    def split(self, n: int) -> Iterator[Tensor]:
        return (self[i : i + n] for i in range(0, len(self), n))


class Changed:
    """The images as an epoch shows them: x[rows] with random changes."""

    def __init__(self, images: Images, changes: Sequence[str], draws: torch.Generator) -> None:
        self.images, self.changes, self.draws = images, changes, draws

    def __getitem__(self, rows: Tensor | slice) -> Tensor:
        return changed(self.images[rows], self.changes, self.draws)


def changed(x: Tensor, changes: Sequence[str], draws: torch.Generator) -> Tensor:
    """A batch (b, c, h, w) with the random changes, each image its own; what comes in from outside is 0, the mean."""
    b, _, h, w = x.shape
    whole = partial(torch.randint, generator=draws, device=x.device)
    if "crop" in changes:
        pad = max(1, h // 8)
        rows = torch.arange(h, device=x.device) + whole(0, 2 * pad + 1, (b, 1))  # (b, h): each row comes from there
        columns = torch.arange(w, device=x.device) + whole(0, 2 * pad + 1, (b, 1))
        image = torch.arange(b, device=x.device)[:, None, None]
        x = F.pad(x, (pad,) * 4).permute(0, 2, 3, 1)[image, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2)
    if "flip" in changes:
        x = torch.where(whole(0, 2, (b, 1, 1, 1)).bool(), x.flip(3), x)
    if "cutout" in changes:
        hole = max(1, h // 4)
        down = (torch.arange(h, device=x.device) - whole(0, h, (b, 1))).abs() <= hole / 2
        across = (torch.arange(w, device=x.device) - whole(0, w, (b, 1))).abs() <= hole / 2
        x = x * ~(down[:, None, :, None] & across[:, None, None, :])
    return x


class Training(architectures.Training):
    """One network while it learns by the whole recipe. What is random in an epoch depends on the seed and the epoch's
    number alone, so that nothing but weights has to be kept to go on."""

    task: ImageTraining

    def __init__(self, task: ImageTraining, config: Config, seed: int) -> None:
        self.task, self.seed, self.config = task, seed, task.whole(config)
        parallel.start(pick_device(task.device))
        self.recipe = r = task.recipe_of(config)
        device = pick_device(task.device)
        layout = torch.channels_last if task.channels_last else torch.contiguous_format
        self.net = task.network(self.config, seed).to(device=device, memory_format=layout)  # type: ignore[call-overload]
        self.run: nn.Module = torch.compile(self.net) if task.compile else self.net  # type: ignore[assignment]
        self.optimiser = SGD(
            task.weights(self.net, self.config, r),
            r["lr"],
            r["momentum"],
            weight_decay=r["weight_decay"],
            nesterov=r["momentum"] > 0,
        )
        self.average: AveragedModel | None = None
        if r["ema"]:
            average = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(r["ema"]), use_buffers=True)
            self.optimiser.register_step_post_hook(lambda *_: average.update_parameters(self.net))
            self.average = average
        bf16 = partial(torch.autocast, device.type, torch.bfloat16)
        self.precise: Callable[[], AbstractContextManager] = bf16 if task.precision == "bfloat16" else nullcontext
        self.batch = task.batch * parallel.world()  # images of a step, in all processes
        self.steps = len(task.rows["train"]) // self.batch  # an epoch; the rest waits for the next epoch's order
        if not self.steps:
            raise ValueError(
                f"{task.name}: {len(task.rows['train']):,} images are left to learn from, too few for one batch of "
                f"{task.batch} in each of {parallel.world()} processes"
            )
        self.rows: list[dict[str, float]] = []  # one an epoch

    def epoch(self) -> None:
        task, r, number = self.task, self.recipe, len(self.rows)
        x, y = task.tensors["train"]
        seeds = np.random.SeedSequence([self.seed, number])
        order = torch.from_numpy(np.random.default_rng(seeds).permutation(len(y))).to(y.device)
        n, here = parallel.world(), parallel.rank()
        draws = torch.Generator(y.device).manual_seed(int(seeds.generate_state(n)[here]))
        with self.precise():
            losses = learner.epoch(
                self.run,
                self.optimiser,
                Changed(x, r["augment"], draws),
                y,
                [rows.chunk(n)[here] for rows in order.split(self.batch)[: self.steps]],
                rate=lambda t: self.rate(number * self.steps + t),
                clip=r["clip"],
                loss=partial(F.cross_entropy, label_smoothing=r["label_smoothing"]),
            )
        loss, nets = torch.stack(losses).mean(), [self.net, self.average] if self.average else [self.net]
        parallel.average([loss, *(b for net in nets for b in net.buffers() if b.is_floating_point())])
        val_loss, error = self.measure("val")
        self.rows.append(parallel.same({"train_loss": loss.item(), "val_loss": val_loss, "error": error}))

    def rate(self, step: int) -> float:
        """It rises in a line for `warmup` epochs, and falls as half a cosine in those that are left."""
        highest, rise = self.recipe["lr"], round(self.recipe["warmup"] * self.steps)
        if step < rise:
            return highest * (step + 1) / rise
        return learner.cosine(highest, step - rise, self.task.epochs * self.steps - rise)

    @property
    def judged(self) -> nn.Module:
        return self.average.module if self.average else self.net

    def measure(self, split: str) -> tuple[float, float]:
        """(mean loss, fraction classified wrongly) on a split, of the averaged weights where there are some."""
        with self.precise():
            return learner.measure(self.average or self.run, *self.task.tensors[split], chunk=500)

    @property
    def what(self) -> Json:
        """What a checkpoint must agree with."""
        used = {k: v for k, v in self.task.arguments.items() if k not in ("device", "compile", "channels_last")}
        together = {"processes": parallel.world()} if parallel.world() > 1 else {}
        return {"config": self.config, "seed": self.seed, **used, **together}

    def state(self) -> State:
        return super().state() | {"average": self.average and self.average.state_dict()}

    def load(self, state: State) -> None:
        super().load(state)
        if self.average:
            self.average.load_state_dict(state["average"])
