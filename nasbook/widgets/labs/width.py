"""The width lab: one network at many learning rates and several widths, and where its best rate goes as it grows.

    lab = nasbook.lab("width", parametrisation="standard", width=512)
    lab.run(); lab.best                       # {32: -6, 64: -7, 128: -8, 256: -8, 512: -9}: the rates are 2 to these

Each step trains the next width at all rates, with all seeds at once (nasbook/tasks/widths.py). The first width is the
toy: its best rate is taken to the widest network, under the standard parametrisation or under μP. What was trained is
kept, so that a setting that is moved back answers at once. Save and Export take a search for the toy's rate: a
grid on 'digits-mlp' with the same network.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import ipywidgets as W
import numpy as np

import nasbook
from nasbook.plots.labs.width import WidthPicture, WidthState, power
from nasbook.plots.style import number, plural
from nasbook.search import search
from nasbook.space import Config, Constant, Float, Space
from nasbook.trace import Trace
from nasbook.widgets.shell import Lab, Setting, choose, count, slide

EXPONENTS = {"adam": tuple(range(-10, -2)), "sgd": tuple(range(-9, -1))}  # the rates are 2 to the power of these
TOY = 1000  # images of 'digits-mlp' to learn from: it keeps two fifths of all for the judging
WIDTHS = (16, 32, 64, 128, 256, 512)
NAMES = {"standard": "Standard", "mup": "μP", "adam": "Adam", "sgd": "SGD"}
IMAGES = {"train": "the images learned from", "val": "other images"}


class WidthLab(Lab[tuple[int, np.ndarray]]):
    """Loss against learning rate at several widths.

    Arguments are settings: width (the widest), parametrisation ("standard", "mup"), optimizer ("adam", "sgd"), seeds,
    steps (of a training), base (width of the toy), images ("train", "val": what the loss is of), seed (the first).
    """

    name = "width"
    telling = ("parametrisation", ("standard", "mup"))
    unit = "width"
    lines = 4
    anew = "the widths are trained again"

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self._speed.value = float("inf")

    def settings(self) -> list[Setting]:
        wide = W.SelectionSlider(
            options=[(str(w), w) for w in WIDTHS[2:]], value=256, description="Widest", continuous_update=False,
            tooltip="Units of a hidden layer of the largest network. It, the toy, and what lies between are trained; "
            "512 takes some seconds.",
        )  # fmt: skip
        return [
            Setting("width", wide, "live"),
            choose("parametrisation", "Parametrisation", [("standard", "standard"), ("μP", "mup")], "standard",
                   "standard: every weight has the same learning rate. μP: first weights and rates are scaled with "
                   "the width, each by the role of its layer.", effect="live"),
            choose("optimizer", "Optimiser", [("Adam", "adam"), ("SGD", "sgd")], "adam",
                   "What follows the gradient: Adam, or SGD with momentum 0.9.", effect="live"),
            slide("seeds", "Seeds", 3, 1, 8, 1, "With how many seeds each network is trained.", effect="live",
                  more=True),
            slide("steps", "Steps", 80, 10, 160, 10, "How many batches of 32 images each network learns from.",
                  effect="live", more=True),
            choose("base", "Toy's width", list(WIDTHS[:2]), 32,
                   "The narrowest network, on which the rate is found. μP is the standard there.", effect="live",
                   more=True),
            choose("images", "Loss on", [(words, name) for name, words in IMAGES.items()], "train",
                   "What the loss is measured on. μP promises something for the images learned from only.",
                   effect="live", more=True),
            count("seed", "First seed", 0, 0, 9999, "The seeds are this one and those that follow it.", effect="live",
                  more=True),
        ]  # fmt: skip

    drawn_only: ClassVar[tuple[str, ...]] = ("images",)

    @property
    def widths(self) -> list[int]:
        return [w for w in WIDTHS if self.values["base"] <= w <= self.values["width"]]

    @property
    def total(self) -> int | None:
        return len(self.widths)

    def prepare(self) -> None:
        self._draw_anew()

    def _draw_anew(self) -> None:
        v = self.values
        words = f"{NAMES[v['parametrisation']]}, {NAMES[v['optimizer']]}"
        self.picture = WidthPicture(self.widths, EXPONENTS[v["optimizer"]], words, IMAGES[v["images"]], v["seeds"])
        self.use(self.picture)

    def make_search(self) -> Iterator[tuple[int, np.ndarray]]:
        """Each step is a width and its losses, (2, rates, seeds): on the images learned from, and on others."""
        from nasbook.tasks.widths import losses  # loads torch, which the first picture does not need

        v = self.values
        rates = [2.0**e for e in EXPONENTS[v["optimizer"]]]
        given = {name: v[name] for name in ("parametrisation", "optimizer", "steps", "base")}
        for width in self.widths:
            found = []
            for seed in range(v["seed"], v["seed"] + v["seeds"]):
                if self.runner.outdated:
                    return
                found.append(losses(width, rates, [seed], **given))
            if self.trace is None:
                self.trace = self._toy()
            yield width, np.concatenate(found, -1)

    def _toy(self) -> Trace:
        """The search that a user would make: a grid of the toy's rates on 'digits-mlp', for about as many steps."""
        v, exponents = self.values, EXPONENTS[self.values["optimizer"]]
        fixed: Config = {"optimizer": "adamw"} if v["optimizer"] == "adam" else {"optimizer": "sgd", "momentum": 0.9}
        fixed |= {"weight_decay": 1e-6, "batch": 32, "width": v["base"], "depth": 2, "dropout": 0.0}
        fixed["activation"] = "relu"
        own = {name: Constant(value) for name, value in fixed.items()}
        space = Space(lr=Float(2.0 ** exponents[0], 2.0 ** exponents[-1], log=True), **own)
        many = len(exponents)
        mlp = nasbook.task("digits-mlp", train=TOY, epochs=max(1, round(v["steps"] * 32 / TOY)))
        return search("grid", mlp, space=space, trials=many, resolution=many, shuffle=False, seed=v["seed"])

    def changed(self, name: str) -> None:
        """Another setting, and as much of it as there was before, or was asked for."""
        if name == "images":
            with self.exchanging():
                self._draw_anew()
            self.redraw()
            return
        asked = self.runner.asked
        self.restart(f"{self._settings[name].label} changed, so {self.anew}.")
        if math.isinf(asked):
            self.runner.play()
        elif asked:
            self.runner.step(min(int(asked), len(self.widths)))

    # ---- picture and words -----------------------------------------------------------------------------------

    def frame(self, n: int) -> WidthState:
        v = self.values
        which = list(IMAGES).index(v["images"])
        return WidthState(EXPONENTS[v["optimizer"]], {width: found[which] for width, found in self.steps[:n]})

    @property
    def best(self) -> dict[int, int]:
        """Of each width so far, the best rate as a power of 2."""
        state = self.frame(len(self.steps))
        return {w: state.exponents[state.best(w)] for w in state.widths}

    def begin(self) -> str:
        v, rates = self.values, EXPONENTS[self.values["optimizer"]]
        return (
            f"Play trains a network of two hidden layers on 8×8 digits at {plural(len(self.widths), 'width')}, each "
            f"with rates from {power(rates[0])} to {power(rates[-1])} and {plural(v['seeds'], 'seed')}. Where will the "
            "best rate be?"
        )

    def sentence(self, n: int) -> str:
        state = self.frame(n)
        toy, last = state.widths[0], state.widths[-1]
        if not np.isfinite(state.mean(last)).any():
            return f"Width {last} learned nothing at any rate in {plural(self.values['steps'], 'step')}. More may help."
        own, best = state.best(last), float(state.mean(last).min())
        told = f"Width {last} learns best at {power(state.exponents[own])}, to a loss of {number(best, 2)}."
        if last == toy:
            return f"{told} This is the toy: its best rate is taken to the wider ones."
        if not np.isfinite(state.mean(toy)).any():
            return f"{told} The toy learned nothing, so there is no rate to take from it."
        first, seeds = state.best(toy), state.losses[last]
        luck = " With one seed this may be luck." if seeds.shape[1] == 1 else ""
        if first == own:
            return f"{told} That is the toy's best rate, too: found at width {toy}, it is taken over as it is.{luck}"
        rate, there = power(state.exponents[first]), float(state.mean(last)[first])
        if not np.isfinite(there):
            return f"{told} At the toy's best rate, {rate}, it is no better than guessing.{luck}"
        told += f" The toy's best rate, {rate}, gives it {number(there, 2)}, {number(there / best, 2)} times as much"
        apart = int((seeds[first] > seeds[own]).sum())
        return f"{told}.{luck}" if luck else f"{told}; worse with {apart} of {seeds.shape[1]} seeds."

    def keeps(self) -> str:
        return f"{plural(len(self.trace or ()), 'trial')} of the toy's rate on digits-mlp"
