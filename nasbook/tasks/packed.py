"""Many multilayer perceptrons trained as one: a hundred small networks in the time of a few.

    H_0 = X,   H_l = drop(σ(H_{l-1} W_l + b_l)),   logits = H_D W + b        of all M at once: H_l (M, B, width)
    L = Σ_m mean_i cross-entropy(logits_mi, y_mi)                            so ∂L/∂W_m is that of network m alone

A small network spends its time in calls: a step is some fifty operations, each of a few microseconds however few its
numbers. M networks side by side need the same number of calls. Each keeps what is its own: first weights, order of the
images, draws of dropout, learning rate, momentum, weight decay, optimiser, activation, batch, width and depth.

width   is filled up with units whose weights are 0. Such a unit puts out σ(0) = 0, so what it feeds has gradient 0, and
        as it feeds nothing, so has what feeds it: its weights stay 0, and no other unit notices it.
batch   is filled up with images without a label, which no loss counts. A network whose epoch has fewer steps rests.
depth   the deep networks stand first, and layer l is there for the first of them only.

What is filled up costs time, so networks that differ much are put into several packs (`packs`). In exact arithmetic
each network is what it would be alone; in floating point sums are taken in another order.

Read first: `Pack.forward`, then `Descent.step`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasbook.kit import learner
from nasbook.kit.optimisers import Optimiser
from nasbook.kit.replay import recorded
from nasbook.space import Config

NO_LABEL = -100  # an image that no loss counts
AT_ONCE = 2_000_000  # numbers of a layer's output when errors are measured


class Pack(nn.Module):
    """These networks as one. `epoch` trains each for an epoch, and `give_back` writes into each what it has learned."""

    def __init__(self, members: Sequence[Any]) -> None:
        """members: a Training of training.py each."""
        super().__init__()
        self.task = members[0].task
        self.members = sorted(members, key=lambda m: -m.config["depth"])
        configs = [m.config for m in self.members]
        self.depths = [c["depth"] for c in configs]
        self.linear = [[layer for layer in m.net.children() if isinstance(layer, nn.Linear)] for m in self.members]
        one = self.linear[0][0].weight  # its type and device are those of all

        width = max(c["width"] for c in configs)
        sizes = [one.shape[1], *[width] * self.depths[0], self.task.classes]
        # W_1 (in, out), b_1 (1, out), W_2, … of a network stand in one row, one after the other
        self.shapes = [shape for a, b in zip(sizes, sizes[1:], strict=False) for shape in ((a, b), (1, b))]
        self.theta = nn.Parameter(one.new_zeros(len(configs), sum(a * b for a, b in self.shapes)))
        self.descent = Descent(configs, self.theta)

        self.tanh = torch.tensor([c["activation"] == "tanh" for c in configs], device=one.device)[:, None, None]
        self.mixed = bool(self.tanh.any() and not self.tanh.all())
        self.drops = one.new_tensor([c["dropout"] for c in configs])[:, None, None, None]
        self.batch = max(min(c["batch"], len(self.task.tensors["train"][1])) for c in configs)
        shape = len(configs), self.depths[0], self.batch, width
        self.dropping = any(c["dropout"] for c in configs)
        self.draws = one.new_ones(shape if self.dropping else 0)  # of dropout, in this step
        x, y = self.task.tensors["train"]
        self.x = F.pad(x.flatten(1), (0, 0, 0, 1))  # one more image, which has no label
        self.y = F.pad(y, (0, 1), value=NO_LABEL)
        self._take()
        recorded(self, self.x[: self.batch].expand(len(configs), -1, -1).contiguous())

    def forward(self, x: Tensor) -> Tensor:
        """Images as rows (M, B, pixels), or (1, B, pixels) for all of them -> logits (M, B, classes)."""
        h = x.expand(len(self.members), -1, -1)
        pieces = self._cut(self.theta)
        for k in range(self.depths[0]):
            deep = sum(depth > k for depth in self.depths)
            weight, bias = pieces[2 * k][:deep], pieces[2 * k + 1][:deep]
            z = torch.baddbmm(bias, h[:deep], weight)
            a = self._activate(z, self.tanh[:deep])
            if self.training and self.dropping:
                a = a * (self.draws[:deep, k] >= self.drops[:deep, 0]) / (1 - self.drops[:deep, 0])
            if k and deep < len(h):
                a = torch.cat([a, h[deep:]])
            h = a
        return torch.baddbmm(pieces[-1], h, pieces[-2])

    def _activate(self, z: Tensor, tanh: Tensor) -> Tensor:
        if self.mixed:
            return torch.where(tanh, z.tanh(), z.relu())
        return z.tanh() if tanh[0] else z.relu()

    def epoch(self) -> None:
        found = torch.zeros(len(self.members), dtype=self.theta.dtype, device=self.x.device)

        def loss(logits: Tensor, y: Tensor) -> Tensor:
            each = F.cross_entropy(logits.mT, y, reduction="none").sum(1)  # classes before images, as it wants them
            found.add_(each.detach())
            return (each / (y != NO_LABEL).sum(1).clamp(min=1)).sum()

        learner.epoch(self, self.descent, self.x, self.y, self._batches(), loss=loss)
        losses, errors = (found / (len(self.y) - 1)).tolist(), self.errors("val")
        for m, one, error in zip(self.members, losses, errors, strict=True):
            m.losses.append(one)
            m.curve.append(error if math.isfinite(one) else math.nan)

    def _batches(self) -> Iterator[Tensor]:
        """The images of each step, (M, B) of their numbers; what fills a batch up is the one without a label."""
        n = len(self.y) - 1
        batch = [min(m.config["batch"], n) for m in self.members]
        rows = torch.full((len(batch), -(-n // min(batch)), max(batch)), n)
        for m, (member, size) in enumerate(zip(self.members, batch, strict=True)):
            order = torch.randperm(n, generator=member.rng)
            order = F.pad(order, (0, -n % size), value=n).view(-1, size)
            rows[m, : len(order), :size] = order
        counts = (rows < n).sum(2)
        rows = rows.to(self.x.device)
        for t in range(rows.shape[1]):
            self.descent.rest = (counts[:, t] == 0).nonzero()[:, 0].to(self.x.device)
            if self.dropping:
                self._draw(counts[:, t].tolist())
            yield rows[:, t]

    def _draw(self, counts: Sequence[int]) -> None:
        """The draws of dropout, of each network its own, in the order in which it would draw them alone."""
        for here, member, n in zip(self.draws, self.members, counts, strict=True):
            if n and member.config["dropout"]:
                here[: member.config["depth"], :n, : member.config["width"]].uniform_(generator=member.noise)

    @torch.no_grad()
    def errors(self, split: str) -> list[float]:
        """Of each network, the fraction of the images of a split that it classifies wrongly."""
        self.eval()
        x, y = self.task.tensors[split]
        chunk = max(1, AT_ONCE // (len(self.members) * self.shapes[0][1]))
        wrong = [self(a.flatten(1)[None]).argmax(-1) != b for a, b in zip(x.split(chunk), y.split(chunk), strict=True)]
        return torch.cat(wrong, 1).double().mean(1).tolist()

    # ---- between the networks and the pack -------------------------------------------------------------

    def _cut(self, rows: Tensor) -> list[Tensor]:
        parts = rows.split([a * b for a, b in self.shapes], 1)
        return [part.view(len(rows), *shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def _places(self, rows: Tensor) -> Iterator[tuple[int, Tensor, Tensor]]:
        """(network, a parameter of its own, its place in such rows), without what is filled up."""
        cut = self._cut(rows.detach())
        for m, linear in enumerate(self.linear):
            for layer, k in zip(linear, [*range(self.depths[m]), len(cut) // 2 - 1], strict=True):
                out, into = layer.weight.shape
                yield m, layer.weight, cut[2 * k][m, :into, :out].T
                yield m, layer.bias, cut[2 * k + 1][m, 0, :out]

    @torch.no_grad()
    def _take(self) -> None:
        for _, own, here in self._places(self.theta):
            here.copy_(own)
        for rows, names in self.descent.states:
            for m, own, here in self._places(rows):
                state = self.members[m].optimizer.state.get(own, {})
                if (there := state.get(names[self.descent.kinds[m]])) is not None:
                    here.copy_(there)
                self.descent.t[m] = float(state.get("step", 0))

    @torch.no_grad()
    def give_back(self) -> None:
        for _, own, here in self._places(self.theta):
            own.copy_(here)
        for rows, names in self.descent.states:
            for m, own, here in self._places(rows):
                if name := names[self.descent.kinds[m]]:
                    self.members[m].optimizer.state[own][name] = here.clone()
                    if self.descent.kinds[m] == "adamw":
                        self.members[m].optimizer.state[own]["step"] = torch.tensor(float(self.descent.t[m]))


class Descent(Optimiser):
    """SGD with momentum for some rows of θ (M, numbers of a network) and AdamW for the others, each with rates of its
    own; rows in `rest` stay as they are."""

    BETA, BETA2, EPS = 0.9, 0.999, 1e-8  # of AdamW, as torch has them

    def __init__(self, configs: Sequence[Config], theta: nn.Parameter) -> None:
        super().__init__([theta], {})

        def column(values: Sequence[float]) -> Tensor:
            return theta.new_tensor(values)[:, None]

        self.kinds = [c["optimizer"] for c in configs]
        self.adam = torch.tensor([kind == "adamw" for kind in self.kinds], device=theta.device)[:, None]
        self.some_adam = "adamw" in self.kinds
        self.lr, decay = column([c["lr"] for c in configs]), column([c["weight_decay"] for c in configs])
        self.pull, self.shrink = torch.where(self.adam, 0.0, decay), torch.where(self.adam, 1 - self.lr * decay, 1.0)
        self.beta = column([c.get("momentum", self.BETA) for c in configs])  # μ, or β
        self.gain = torch.where(self.adam, 1 - self.beta, 1.0)
        self.theta, self.t = theta, torch.zeros_like(self.lr)  # t: steps so far
        self.first, self.second = torch.zeros_like(theta), torch.zeros_like(theta)
        self.rest = torch.zeros(0, dtype=torch.int64, device=theta.device)

    @property
    def states(self) -> tuple[tuple[Tensor, dict[str, str]], ...]:
        """The rows that a next step depends on, and what torch's optimisers call them."""
        return (
            (self.first, {"sgd": "momentum_buffer", "adamw": "exp_avg"}),
            (self.second, {"sgd": "", "adamw": "exp_avg_sq"}),
        )

    @torch.no_grad()
    def step(self, closure: object = None) -> None:  # type: ignore[override]
        """SGD     g = ∇L + λ θ;         v ← μ v + g;              θ ← θ - η v
        AdamW   θ ← (1 - η λ) θ;      v ← β v + (1 - β) ∇L;     s ← β₂ s + (1 - β₂) ∇L²
                v̂ = v / (1 - βᵗ),   ŝ = s / (1 - β₂ᵗ);          θ ← θ - η v̂ / (√ŝ + ε)"""
        rows = (self.theta, self.first, self.second, self.t)
        before = [row[self.rest] for row in rows]
        self.t += 1
        assert self.theta.grad is not None
        g = torch.addcmul(self.theta.grad, self.pull, self.theta)
        self.first.mul_(self.beta).addcmul_(self.gain, g)
        rate, scale = self.lr, torch.ones_like(self.lr)
        if self.some_adam:
            self.theta.mul_(self.shrink)
            self.second.mul_(self.BETA2).addcmul_(g, g, value=1 - self.BETA2)
            rate = torch.where(self.adam, self.lr / (1 - self.BETA**self.t), rate)
            scale = torch.where(self.adam, (self.second / (1 - self.BETA2**self.t)).sqrt() + self.EPS, scale)
        self.theta.addcdiv_(rate * self.first, scale, value=-1)
        for row, was in zip(rows, before, strict=True):
            row[self.rest] = was


# ---- which networks go together --------------------------------------------------------------------------

# Seconds of the calls of a layer in a step, of a product (forwards and backwards), and of a step of one number: about
# what they are on one core of a CPU; on a GPU, calls are all that counts until there are very many numbers.
CALLS = {"cpu": 2.5e-4, "cuda": 2.5e-4}
PRODUCT = {"cpu": 6e-10, "cuda": 3e-13}
UPDATE = {"cpu": {"sgd": 3e-9, "adamw": 8e-9}, "cuda": {"sgd": 3e-11, "adamw": 6e-11}}


def seconds(configs: Sequence[Config], images: int, inputs: int, device: str = "cpu") -> float:
    """About what an epoch of such a pack takes on one core, or on a GPU."""
    kind = device if device in CALLS else "cuda"
    batch, width, depth = (max(c[name] for c in configs) for name in ("batch", "width", "depth"))
    steps = math.ceil(images / min(min(c["batch"] for c in configs), images))
    layers = sum(c["depth"] for c in configs)
    products = min(batch, images) * width * (len(configs) * inputs + (layers - len(configs)) * width)
    numbers = len(configs) * width * (inputs + (depth - 1) * width)
    updates = numbers * max(UPDATE[kind][c["optimizer"]] for c in configs)
    return steps * (CALLS[kind] * (1 + depth) + PRODUCT[kind] * products + updates)


def packs(configs: Sequence[Config], images: int, inputs: int, device: str = "cpu") -> list[list[int]]:
    """Which of these configurations train together: all, or, where two packs would take less time than one, those of
    smaller and of larger batches, widths or depths, or of either optimiser, each asked again."""

    def cost(part: list[int]) -> float:
        return seconds([configs[i] for i in part], images, inputs, device)

    def split(group: list[int]) -> list[list[int]]:
        best, parts = cost(group), [group]
        for name in ("batch", "width", "depth", "optimizer"):
            ordered = sorted(group, key=lambda i: configs[i][name])
            changes = [k for k in range(1, len(group)) if configs[ordered[k]][name] != configs[ordered[k - 1]][name]]
            for at in {changes[len(changes) * k // 8] for k in range(8) if changes}:
                if (both := cost(ordered[:at]) + cost(ordered[at:])) < best:
                    best, parts = both, [ordered[:at], ordered[at:]]
        return parts if len(parts) == 1 else [part for half in parts for part in split(half)]

    return split(list(range(len(configs)))) if configs else []
