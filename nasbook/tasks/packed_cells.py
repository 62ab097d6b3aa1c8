"""Many cells of NAS-Bench-201, with different operations, trained as one network of groups.

    images (B, M, h, w), channel m that of network m:   conv = one convolution of M groups;   batch norm = by channel
    L = Σ_m mean_i cross-entropy(logits_mi, y_mi)       so ∂L/∂w_m is that of network m alone

A convolution of M groups holds M convolutions side by side. On an edge of the cell the networks have different
operations, so those with a 3×3 convolution there form one group convolution, those with pooling one pooling, and what
comes out is put at the networks' own channels. A batch norm works channel by channel, its running statistics included,
so those of M networks are one of M times the channels. All have one recipe: one optimiser and one learning rate serve
them; each keeps its own first weights and its own order of the images.

An edge that reads a node that nothing reaches must not be there: its batch norm would make a learned shift of zero.

In exact arithmetic each network is what it would be alone. On a CPU nothing is gained, because the arithmetic of a
convolution takes longer than its call; on a GPU a small convolution is mostly its call. On an H100, 128 cells train at
once 19 times as fast as one after the other (tests/benchmarks/gpu.csv).

Read first: `Groups.cell`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasbook.kit import learner
from nasbook.kit.replay import recorded
from nasbook.nas.spaces.nb201.cell import CONV1, CONV3, EDGES, NONE, POOL, SKIP, Cell
from nasbook.nas.spaces.networks import CellNet

if TYPE_CHECKING:
    from nasbook.tasks.architectures import Training

AT_ONCE = {"cpu": 2_400, "cuda": 80_000}  # images times networks that are judged at a time


def live(cell: Cell) -> list[int]:
    """The edges, as places in EDGES, that carry something from the input to the output."""
    fed, read = {0}, {3}
    for (i, j), op in zip(EDGES, cell, strict=True):
        if op != NONE and i in fed:
            fed.add(j)
    for (i, j), op in reversed(list(zip(EDGES, cell, strict=True))):
        if op != NONE and j in read:
            read.add(i)
    return [e for e, (i, j) in enumerate(EDGES) if cell[e] != NONE and i in fed and j in read]


def packs(cells: Sequence[Cell]) -> list[list[int]]:
    """Which of these cells train together: all that carry something; each of the others alone."""
    together = [k for k, cell in enumerate(cells) if live(cell)]
    return [pack for pack in [together, *[[k] for k in range(len(cells)) if k not in together]] if pack]


class Convolution(nn.Conv2d):
    """A convolution of groups. A GPU's library may take the groups one after the other, so there it is one product of
    matrices for each group, all in one call: y_m = W_m · columns(x_m), a column being what the filter sees at a place.
    """

    def forward(self, x: Tensor) -> Tensor:
        return self.products(x) if x.is_cuda else super().forward(x)

    def products(self, x: Tensor) -> Tensor:
        """Images (B, M·C, h, w) -> (B, M·C', h', w')."""
        k, stride = self.kernel_size[0], self.stride[0]
        seen = F.pad(x.unflatten(1, (self.groups, -1)), (k // 2,) * 4).unfold(3, k, stride).unfold(4, k, stride)
        b, m, c, h, w, _, _ = seen.shape
        columns = seen.permute(1, 2, 5, 6, 0, 3, 4).reshape(m, c * k * k, b * h * w)
        y = torch.bmm(self.weight.view(m, -1, c * k * k), columns)  # (M, C', B·h'·w')
        return y.unflatten(2, (b, h, w)).permute(2, 0, 1, 3, 4).flatten(1, 2)


class Groups(nn.Module):
    """These networks as one. `epoch` trains each for an epoch, and `give_back` writes into each what it has learned.

    What nothing reads is not computed: its weights do not learn when it is trained alone either."""

    def __init__(self, members: Sequence[Training]) -> None:
        super().__init__()
        self.task, self.members = members[0].task, list(members)
        self.nets: list[CellNet] = [m.net for m in members]
        self.joined: list[tuple[nn.Module, list[nn.Module]]] = []  # a module of groups, and those that it is made of
        self.channels, self.classes, _ = self.nets[0].shape
        self.stem, self.reduce = (self._join([getattr(net, name) for net in self.nets]) for name in ("stem", "reduce"))
        self.norm, self.head = (self._join([getattr(net, name) for net in self.nets]) for name in ("norm", "head"))
        self.operations = nn.ModuleDict()
        self.rows: dict[str, Tensor] = {}  # which networks have an operation on an edge
        carries = [live(net.cell) for net in self.nets]
        for e, (i, j) in enumerate(EDGES):
            for op in (SKIP, CONV1, CONV3, POOL):
                have = [m for m, net in enumerate(self.nets) if net.cell[e] == op and e in carries[m]]
                if have:
                    self.rows[f"{i}{j}{op}"] = torch.tensor(have)
                    for cell in ("cell1", "cell2"):
                        own = [getattr(self.nets[m], cell).edges[f"{i}{j}"] for m in have]
                        self.operations[f"{cell}_{i}{j}{op}"] = self._join(own)
        device = self.task.tensors["train"][0].device
        self.to(device)
        self.rows = {name: rows.to(device) for name, rows in self.rows.items()}
        self.optimiser = self.task.optimiser(self.parameters(), members[0].recipe)
        self._take()
        x = self.task.tensors["train"][0][: self.task.batch]
        recorded(self, x[:, None].expand(-1, len(self.nets), *x.shape[1:]).contiguous())

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, M, 1, h, w) -> logits (B, M, classes)."""
        n = len(self.nets)
        x = self.cell("cell1", self.stem(x.flatten(1, 2)).unflatten(1, (n, -1)))
        x = self.cell("cell2", self.reduce(x.flatten(1, 2)).unflatten(1, (n, -1)))
        features = F.relu(self.norm(x.flatten(1, 2))).mean((2, 3)).unflatten(1, (n, -1))  # (B, M, 2C)
        weight, bias = self.head.weight.view(n, self.classes, -1), self.head.bias.view(n, 1, -1)
        return torch.baddbmm(bias, features.transpose(0, 1), weight.mT).transpose(0, 1)

    def cell(self, name: str, x: Tensor) -> Tensor:
        """node_j = Σ_{i<j} op_ij(node_i), of each network its own op_ij: (B, M, C, h, w) -> (B, M, C, h, w)."""
        nodes = [x]
        for j in (1, 2, 3):
            node = torch.zeros_like(x)
            for edge, rows in self.rows.items():
                if edge[1] == str(j):
                    read = nodes[int(edge[0])].index_select(1, rows)
                    y = self.operations[f"{name}_{edge}"](read.flatten(1, 2)).view_as(read)
                    node = node.index_add(1, rows, y)
            nodes.append(node)
        return nodes[3]

    def epoch(self) -> None:
        x, y = self.task.tensors["train"]
        first = self.members[0]
        steps, done, end = first.steps, len(first.rows) * first.steps, self.task.epochs * first.steps
        order = torch.stack([torch.from_numpy(m.order[len(m.rows)]) for m in self.members], 1).to(x.device)
        found = []

        def loss(logits: Tensor, y: Tensor) -> Tensor:
            each = _losses(logits, y).mean(0)
            found.append(each.detach())
            return each.sum()

        learner.epoch(
            self,
            self.optimiser,
            x,
            y,
            order[: steps * self.task.batch].split(self.task.batch),
            rate=lambda t: learner.cosine(first.recipe["lr"], done + t, end),
            loss=loss,
        )
        train = (torch.stack(found).sum(0) / steps).tolist()
        for m, one, (val_loss, error) in zip(self.members, train, self.measure("val"), strict=True):
            m.rows.append({"train_loss": one, "val_loss": val_loss, "error": error})

    @torch.no_grad()
    def measure(self, split: str) -> list[tuple[float, float]]:
        """Of each network: (mean loss, fraction classified wrongly) on a split."""
        self.eval()
        x, y = self.task.tensors[split]
        shape = len(self.nets), *x.shape[1:]
        parts = x.split(max(1, AT_ONCE["cuda" if x.is_cuda else "cpu"] // len(self.nets)))
        logits = torch.cat([self(part[:, None].expand(-1, *shape)) for part in parts])
        labels = y[:, None].expand(-1, len(self.nets))
        losses, wrong = _losses(logits, labels).mean(0), (logits.argmax(-1) != labels).double().mean(0)
        return list(zip(losses.tolist(), wrong.tolist(), strict=True))

    # ---- between the networks and the groups -----------------------------------------------------------

    def _join(self, modules: list[nn.Module]) -> Any:
        """The module that holds these, alike but for their numbers, side by side."""
        n, one = len(modules), modules[0]
        whole: nn.Module
        if isinstance(one, nn.Conv2d):
            a, b, k = one.in_channels * n, one.out_channels * n, one.kernel_size
            whole = Convolution(a, b, k, one.stride, one.padding, groups=n, bias=False)  # type: ignore[arg-type]
        elif isinstance(one, nn.BatchNorm2d):
            whole = nn.BatchNorm2d(one.num_features * n, momentum=one.momentum)
        elif isinstance(one, nn.Linear):
            whole = nn.Linear(one.in_features, one.out_features * n)  # only holds them: see `forward`
        elif isinstance(one, nn.Sequential):
            return nn.Sequential(*[self._join(list(parts)) for parts in zip(*modules, strict=True)])
        else:
            return one  # nothing to learn: ReLU, pooling, identity
        self.joined.append((whole, modules))
        return whole

    def _tensors(self) -> Iterator[tuple[Tensor, list[Tensor], list[int]]]:
        """Each tensor of the groups, and those of the networks, of which it is made along its first dimension."""
        owner = {id(module): m for m, net in enumerate(self.nets) for module in net.modules()}
        for whole, parts in self.joined:
            own = [dict([*part.named_parameters(), *part.named_buffers()]) for part in parts]
            for name, tensor in [*whole.named_parameters(), *whole.named_buffers()]:
                if tensor.dim():
                    yield tensor, [one[name] for one in own], [owner[id(part)] for part in parts]
                else:  # how many batches a norm has seen: the same for all
                    yield tensor, [one[name] for one in own], []

    @torch.no_grad()
    def _take(self) -> None:
        for whole, parts, owners in self._tensors():
            whole.copy_(torch.cat(parts) if owners else parts[0])
            states = [self.members[m].optimiser.state.get(p, {}) for m, p in zip(owners, parts, strict=bool(owners))]
            if states and all("momentum_buffer" in s for s in states):
                self.optimiser.state[whole]["momentum_buffer"] = torch.cat([s["momentum_buffer"] for s in states])

    @torch.no_grad()
    def give_back(self) -> None:
        for whole, parts, owners in self._tensors():
            for own, here in zip(parts, whole.chunk(len(parts)) if owners else [whole] * len(parts), strict=True):
                own.copy_(here)
            if (v := self.optimiser.state.get(whole, {}).get("momentum_buffer")) is not None:
                for m, own, here in zip(owners, parts, v.chunk(len(parts)), strict=True):
                    self.members[m].optimiser.state[own]["momentum_buffer"] = here.clone()


def _losses(logits: Tensor, y: Tensor) -> Tensor:
    """(B, M) of logits (B, M, classes) and labels (B, M)."""
    return F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none").view_as(y)
