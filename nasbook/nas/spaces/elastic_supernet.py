"""One network that contains all networks of the space `elastic`: weights are shared inside an operation.

    expansion   the first e · C of the expanded channels, of all layers that have them
    kernel      K_small = M · middle(K_large):  the middle pixels, then a matrix that is learned, the identity at first
    depth       the first blocks of a stage

The operation of a place is "mb3e2" … or "skip"; a stage ends at the first block that is skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasbook.kit.start import blank
from nasbook.nas.spaces.elastic import Elastic
from nasbook.nas.spaces.gates import Gate, Gated, Gates, Path, Places
from nasbook.nas.spaces.place import total
from nasbook.nas.spaces.program import Program
from nasbook.nas.spaces.supernet_layers import made
from nasbook.space import Choice, Config, Space

SKIP = 0


class FirstNorm(nn.BatchNorm2d):
    """A batch norm of the first channels, as many as there are."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def forward(self, x: Tensor) -> Tensor:
        c, rate = x.shape[1], self.momentum
        if self.training:
            self.num_batches_tracked.add_(1)
            rate = 1 / float(self.num_batches_tracked) if rate is None else rate
        mean, var = self.running_mean[:c], self.running_var[:c]
        return F.batch_norm(x, mean, var, self.weight[:c], self.bias[:c], self.training, rate or 0.0, self.eps)


class ElasticBlock(nn.Module):
    """An MBConv of the largest kernel and expansion, and every smaller one in it: (B, C, H, W), kernel, expansion."""

    def __init__(self, c_in: int, c_out: int, stride: int, kernels: Sequence[int], expansion: int) -> None:
        super().__init__()
        c, self.kernels, self.stride, self.residual = expansion * c_in, kernels, stride, stride == 1 and c_in == c_out
        self.expand = blank(nn.Conv2d, c_in, c, 1, bias=False)
        self.spatial = blank(nn.Conv2d, c, c, kernels[-1], groups=c, bias=False)
        self.project = blank(nn.Conv2d, c, c_out, 1, bias=False)
        self.norms = nn.ModuleList(FirstNorm(n, momentum=0.3) for n in (c, c, c_out))
        self.matrices = nn.ParameterDict({str(k): nn.Parameter(torch.eye(k * k)) for k in kernels[:-1]})

    def kernel(self, k: int) -> Tensor:
        """The spatial weights (c, 1, k, k), from the largest kernel step by step to the smaller ones."""
        W = self.spatial.weight
        for smaller in [n for n in reversed(self.kernels[:-1]) if n >= k]:
            cut = (W.shape[-1] - smaller) // 2
            middle = W[:, :, cut:-cut, cut:-cut].flatten(2)
            W = (middle @ self.matrices[str(smaller)].T).unflatten(2, (smaller, smaller))
        return W

    def weights(self, k: int, e: int) -> tuple[Tensor, Tensor, Tensor]:
        """Of the three convolutions."""
        c = e * self.expand.in_channels
        return self.expand.weight[:c], self.kernel(k)[:c], self.project.weight[:, :c]

    def forward(self, x: Tensor, k: int, e: int) -> Tensor:
        expand, spatial, project = self.weights(k, e)
        y = F.relu(self.norms[0](F.conv2d(x, expand)))
        y = F.relu(self.norms[1](F.conv2d(y, spatial, stride=self.stride, padding=k // 2, groups=len(spatial))))
        y = self.norms[2](F.conv2d(y, project))
        return x + y if self.residual else y

    @torch.no_grad()
    def sort(self) -> None:
        """Order the expanded channels by how much of them the projection takes, Σ|weights|; the largest block computes
        what it did, and a narrow one keeps what matters most."""
        order = self.project.weight.abs().sum((0, 2, 3)).argsort(descending=True, stable=True)
        for p in (self.expand.weight, self.spatial.weight):
            p.copy_(p[order])
        self.project.weight.copy_(self.project.weight[:, order])
        for norm in self.norms[:2]:
            for t in norm.state_dict().values():
                if t.dim():
                    t.copy_(t[order])


class ElasticNet(Gated):
    """images (B, in_channels, H, W) and gates -> logits (B, classes)."""

    def __init__(self, places: ElasticPlaces, spaces: Elastic) -> None:
        super().__init__()
        self.places, self.spaces = places, spaces
        lines = {line.name: line for line in spaces.layers(places.largest)}
        self.stem, self.mean, self.head = (made(lines[name]) for name in ("stem", "mean", "head"))
        self.blocks = nn.ModuleList(
            ElasticBlock(before, c, stride, spaces.kernels, spaces.expansions[-1])
            for _, _, before, c, _, _, stride in spaces.blocks(places.largest)
        )

    def forward(self, x: Tensor, gates: Gates) -> Tensor:
        x, ended = self.stem(x), 0
        for (stage, _), block, gate, may in zip(self.places.at, self.blocks, gates, self.places.allowed, strict=True):
            if stage == ended:
                continue
            if len(gate) == 1 and gate[0].op == SKIP:
                ended = stage
                continue
            y = total([self.term(x, block, g) for g in gate if may[g.op]])
            x = torch.zeros_like(x) if y is None else y
        return self.head(self.mean(x))

    def term(self, x: Tensor, block: nn.Module, gate: Gate) -> Tensor:
        op, by, live = gate
        with torch.set_grad_enabled(live and torch.is_grad_enabled()):
            y = x if op == SKIP else block(x, *self.places.forms[op])
        return y if by is None else by * y

    def sort(self) -> None:
        """Order the channels of every block."""
        for block in self.modules():
            if isinstance(block, ElasticBlock):
                block.sort()

    def derive(self, path: Path) -> Program:
        """The network of one path, with copies of this network's weights and running statistics."""
        config = self.places.config(path)
        program = Program(self.spaces.layers(config)).to(next(self.parameters()))
        for name in ("stem", "head"):
            getattr(program, name).load_state_dict(getattr(self, name).state_dict())
        for s, b, _, _, k, e, _ in self.spaces.blocks(config):
            block: Any = self.blocks[self.places.at.index((s, b))]
            alone = getattr(program, f"block{s}_{b}")
            parts = zip((alone.expand, alone.spatial, alone.project), block.weights(k, e), block.norms, strict=True)
            for part, W, norm in parts:
                part[0].weight.data.copy_(W)
                for key, value in part[1].state_dict().items():
                    there = norm.state_dict()[key]
                    value.copy_(there[: len(value)] if value.dim() else there)
        for m in program.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.momentum = 0.3
        return program


class ElasticPlaces(Places):
    """The blocks of all stages, one behind the other."""

    def __init__(self, spaces: Elastic) -> None:
        self.spaces, self.space = spaces, spaces.space
        self.forms = [(0, 0), *((k, e) for k in spaces.kernels for e in spaces.expansions)]
        self.ops = ("skip", *(f"mb{k}e{e}" for k, e in self.forms[1:]))
        self.at = [(s, b) for s in range(1, spaces.stages + 1) for b in range(1, spaces.depths[-1] + 1)]
        self.edges = tuple((n, n + 1) for n in range(len(self.at)))
        self.allowed = np.ones((len(self.at), len(self.ops)), bool)
        self.allowed[[b <= spaces.depths[0] for _, b in self.at], SKIP] = False
        self.kept = self.allowed
        options = {name: p.options for name, p in self.space.parameters.items() if isinstance(p, Choice)}
        self.choices = {name: tuple(map(str, of)) for name, of in options.items()}
        self.largest: Config = {name: of[-1] for name, of in options.items()}

    @classmethod
    def of(cls, space: Space) -> ElasticPlaces | None:
        stages = sum(name.startswith("depth_") for name in space.parameters)
        places = cls(Elastic(stages=stages)) if 1 <= stages <= 8 else None
        return places if places is not None and places.space == space else None

    def net(self, channels: int, classes: int, in_channels: int, partial: int = 1) -> ElasticNet:
        if partial != 1:
            raise ValueError(f"elastic blocks share their channels already, so partial must be 1, not {partial}")
        with torch.random.fork_rng(devices=[]):  # layers draw first weights, which are drawn anew
            return ElasticNet(self, Elastic(channels, self.spaces.stages, classes, (in_channels, 8, 8)))

    def config(self, path: Path) -> Config:
        """A stage ends at its first skip."""
        found, depth = {}, {s: 0 for s, _ in self.at}
        for (s, b), op in zip(self.at, path, strict=True):
            if op != SKIP and depth[s] == b - 1:
                depth[s] = b
                found[f"kernel_{s}_{b}"], found[f"expansion_{s}_{b}"] = self.forms[op]
        return self.space.validate({**{f"depth_{s}": d for s, d in depth.items()}, **found})

    def path(self, config: Config) -> Path:
        config = self.space.validate(config)
        form = {(s, b): (k, e) for s, b, _, _, k, e, _ in self.spaces.blocks(config)}
        return tuple(self.forms.index(form[at]) if at in form else SKIP for at in self.at)
