"""How a chain of convolutions can grow without losing what it computes: the configurations, not yet the weights.

    for m in growths(spaces, config):          # deepen, branch, widen, enlarge: see morphisms.py
        print(m, grow(spaces, config, m))

Which changes these are follows from the chain alone. An identity convolution ends in a ReLU, so it fits only behind
features that are never negative. A skip with a convolution in it must keep that convolution, so no change may make the
shapes on its two sides equal (see spaces/conv_chain.py). Source: Elsken, Metzen & Hutter (2017), section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nasbook.space import Config

if TYPE_CHECKING:
    from nasbook.nas.spaces.conv_chain import ConvChain


@dataclass(frozen=True)
class Growth:
    """One change of a chain. kind: "deepen" or "branch" put a new k×k convolution (k = `to`) behind layer `layer`, of
    which 0 is the input; "widen" gives layer `layer` `to` channels; "enlarge" gives it a kernel of `to`×`to`."""

    kind: str
    layer: int
    to: int

    @property
    def adds_layer(self) -> bool:
        return self.kind in ("deepen", "branch")

    def __str__(self) -> str:
        if self.kind == "widen":
            return f"widen layer {self.layer} to {self.to} channels"
        if self.kind == "enlarge":
            return f"enlarge the kernel of layer {self.layer} to {self.to}×{self.to}"
        new = "a skipped" if self.kind == "branch" else "an identity"
        return f"{self.kind}: {new} {self.to}×{self.to} convolution after layer {self.layer}"


class Chain:
    """A configuration layer by layer. `rows[i - 1]` has layer i's kind, kernel, channels, skip and stride; `c[i]` is
    the number of channels of its output h_i, and `c[0]` that of the images."""

    def __init__(self, spaces: ConvChain, config: Config) -> None:
        names = ("kind", "kernel", "channels", "skip", "stride")
        layers = range(1, config["depth"] + 1)
        self.rows = [{k: config[f"{k}_{i}"] for k in names if f"{k}_{i}" in config} for i in layers]
        self.c = [spaces.shape[0]]
        for row in self.rows:
            self.c.append(row.get("channels", self.c[-1]))

    def projects(self, i: int) -> bool:
        """Does layer i have a skip with a convolution in it?"""
        row = self.rows[i - 1]
        return bool(row.get("skip")) and (self.c[i - 1], row["stride"]) != (self.c[i], 1)

    def reader(self, i: int) -> int | None:
        """The convolution that reads the channels of layer i; None: the linear layer at the end does."""
        return next((j for j in range(i + 1, len(self.rows) + 1) if self.rows[j - 1]["kind"] == "conv"), None)

    def output(self, i: int) -> str:
        """The line of the program that gives h_i."""
        if i == 0:
            return "x"
        row = self.rows[i - 1]
        return f"pool{i}" if row["kind"] != "conv" else f"sum{i}" if row["skip"] else f"conv{i}"

    def never_negative(self, i: int) -> bool:
        """Is h_i ≥ 0 for every image?"""
        if i == 0:
            return False
        row = self.rows[i - 1]
        after_relu = row["kind"] == "conv" and not row["skip"]
        return after_relu or (not self.projects(i) and self.never_negative(i - 1))


def first_chain(spaces: ConvChain) -> Config:
    """A convolution to 8 channels, a pooling that halves the sides, and one more convolution, as far as they fit."""
    conv = {"kind": "conv", "kernel": 3, "channels": 8, "skip": False, "stride": 1}
    rows = [conv, {"kind": "maxpool", "stride": 2}, conv][: spaces.depth]
    flat = {f"{name}_{i}": value for i, row in enumerate(rows, 1) for name, value in row.items()}
    return spaces.space.validate({"depth": len(rows), **flat})


def growths(spaces: ConvChain, config: Config) -> list[Growth]:
    """Every change that keeps the function and leads to a chain of the space."""
    chain, found = Chain(spaces, config), []
    first: Any = spaces.space.parameters
    kernels, channels = first["kernel_1"].options, first["channels_1"].options
    for i, c in enumerate(chain.c):
        if len(chain.rows) < spaces.depth and c in channels:
            found += [Growth("branch", i, k) for k in kernels]
            if chain.never_negative(i):
                found += [Growth("deepen", i, k) for k in kernels]
    for i, row in enumerate(chain.rows, 1):
        if row["kind"] == "conv":
            found += [Growth("enlarge", i, k) for k in kernels if k > row["kernel"]]
            wider = [Growth("widen", i, c) for c in channels if c > row["channels"]]
            found += [m for m in wider if _keeps_projections(spaces, config, m)]
    return found


def grow(spaces: ConvChain, config: Config, m: Growth) -> Config:
    """The configuration after a change."""
    chain = Chain(spaces, config)
    if m.kind == "widen":
        chain.rows[m.layer - 1]["channels"] = m.to
    elif m.kind == "enlarge":
        chain.rows[m.layer - 1]["kernel"] = m.to
    else:
        new = {"kind": "conv", "kernel": m.to, "channels": chain.c[m.layer], "skip": m.kind == "branch", "stride": 1}
        chain.rows.insert(m.layer, new)
    flat = {f"{name}_{i}": value for i, row in enumerate(chain.rows, 1) for name, value in row.items()}
    return spaces.space.validate({"depth": len(chain.rows), **flat})


def _keeps_projections(spaces: ConvChain, config: Config, m: Growth) -> bool:
    old, new = Chain(spaces, config), Chain(spaces, grow(spaces, config, m))
    return all(new.projects(i) for i in range(1, len(old.rows) + 1) if old.projects(i))
