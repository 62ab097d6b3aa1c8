"""The growth lab: chains of layers that grow by morphisms, or move by differences of others, trained for real.

    lab = nasbook.lab("growth", method="network-morphism", rounds=3, seed=0)
    lab.run(); lab.rounds(len(lab.steps))[-1].best      # the best network of the last step

A step of the lab is one training. Network morphism trains the children of one parent, which begin with what it knows;
differential evolution moves each member of a population by differences of others, layer by layer, and every network
begins with fresh weights. Both train for as many epochs, on 300 images of 8×8 digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import nasbook
from nasbook.plots.data import Quantity
from nasbook.plots.style import plural
from nasbook.plots.views.chains import ChainsPicture, Round, depth_of, rounds_of
from nasbook.trace import Step, Trial
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

if TYPE_CHECKING:
    from nasbook.nas.cnn_differential_evolution import CNNDEView
    from nasbook.nas.parts.climb import NetworkMorphismView

MORPHISM, EVOLUTION = "network-morphism", "cnn-differential-evolution"
METHODS = [("network morphism", MORPHISM), ("differential evolution", EVOLUTION)]
OF = {MORPHISM: ("morphisms", "inherit"), EVOLUTION: ("F", "CR")}


class GrowthLab(Lab[Step]):
    """Network morphism and differential evolution of convolutional chains.

    Arguments are settings: method, rounds (steps or generations after the first), networks (in each), morphisms,
    inherit, F, CR, epochs, seed.
    """

    name = "growth"
    telling = ("inherit", (True, False))
    unit = "network"
    lines = 4

    def settings(self) -> list[Setting]:
        return [
            choose("method", "Method", METHODS, MORPHISM,
                   "Morphism: children of one parent, changed so that they compute the same, and trained on. "
                   "Evolution: chains moved by differences of others, each trained from the start."),
            slide("rounds", "Rounds", 4, 1, 7, 1, "Steps, or generations after the first."),
            slide("networks", "Networks a round", 5, 4, 10, 1, "Children of a parent, or members of the population."),
            slide("morphisms", "Changes", 2, 1, 5, 1, "Morphism: random changes between a parent and a child.",
                  more=True),
            tick("inherit", "inherit the weights", True,
                 "Morphism: children begin with their parent's weights, else with fresh ones.", effect="search",
                 more=True),
            slide("F", "F", 0.6, 0.1, 1.5, 0.1, "Evolution: factor of the difference.", more=True),
            slide("CR", "CR", 0.5, 0.0, 1.0, 0.1, "Evolution: probability that a layer comes from the donor.",
                  more=True),
            slide("epochs", "Epochs", 3, 1, 12, 1, "How long each network is trained.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed makes other changes and weights.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        v = self.values
        return v["networks"] * v["rounds"] + (1 if v["method"] == MORPHISM else v["networks"])

    @property
    def grows(self) -> bool:
        return bool(self.values["method"] == MORPHISM)

    def prepare(self) -> None:
        v = self.values
        for label, method in METHODS:
            for name in OF[method]:
                self._settings[name].enable(None if v["method"] == method else f"Only {label} has it.")
        self.task = nasbook.task("digits-conv-chain", epochs=v["epochs"])
        of = {name: v[name] for name in OF[v["method"]]}
        if self.grows:
            of |= {"steps": v["rounds"], "children": v["networks"], "epochs": v["epochs"]}
        else:
            of |= {"population": v["networks"]}
        self.method = nasbook.method(v["method"], self.task.space, seed=v["seed"], **of)
        self.quantity = Quantity(self.task.value_label)
        word = "step" if self.grows else "generation"
        self.picture = ChainsPicture(depth_of(self.task.space), v["rounds"] + 1, self.quantity, word)
        self.use(self.picture)

    def make_search(self) -> Iterator[Step]:
        return self.search(self.method, self.task, trials=None if self.grows else self.total)

    def rounds(self, n: int) -> list[Round]:
        """The rounds of the first n networks."""
        return rounds_of([step.trial for step in self.steps[:n]], self.values["networks"])

    def frame(self, n: int) -> list[Round]:
        return self.rounds(n)

    # ---- words ---------------------------------------------------------------------------------------------

    def begin(self) -> str:
        v = self.values
        epochs = plural(v["epochs"], "epoch")
        if self.grows:
            return (
                f"A small chain waits to be trained for {epochs}. Then each step trains {v['networks']} children of "
                "the best: one as it is, the others changed so that they compute the same at first."
            )
        return (
            f"{v['networks']} random chains wait to be trained for {epochs} each. Then every one is challenged, once a "
            "generation, by a chain that is mixed of it and three others."
        )

    def sentence(self, n: int) -> str:
        step = self.steps[n - 1]
        trial = step.trial
        told = self._grown(trial, step.view) if self.grows else self._moved(trial, step.view)
        ended = self.rounds(n)[-1]
        if trial.status != "done":
            return f"{told}, but failed: {trial.reason}."
        best = f" That is the best of {'this step' if self.grows else 'all'} so far." if ended.best is trial else ""
        return f"{told}: {self.quantity.text(trial.value)}.{best}"

    def _grown(self, trial: Trial, view: NetworkMorphismView) -> str:
        if "parent" not in trial.info:
            return f"Network 1, the first chain, was trained for {plural(self.values['epochs'], 'epoch')}"
        who, parent = f"Network {trial.id + 1}", trial.info["parent"] + 1
        if not (changes := trial.info["morphisms"]):
            return f"{who} is network {parent} as it is, trained on from {self.quantity.text(view.before)}"
        knows = "with" if self.values["inherit"] else "with fresh weights at"
        return f"{who}, of network {parent} ({'; '.join(changes)}), began {knows} {self.quantity.text(view.before)}"

    def _moved(self, trial: Trial, view: CNNDEView) -> str:
        layers = plural(trial.config["depth"], "layer")
        if view.parents is None or view.target is None:
            return f"Network {trial.id + 1} is a random first member with {layers}"
        from_donor = [str(i) for i, donor in enumerate(view.from_donor, 1) if donor]
        r1, r2, r3 = (r + 1 for r in view.parents)
        which = "layer" if len(from_donor) == 1 else "layers"
        value = view.values[view.target]
        won = trial.value is not None and trial.value <= value
        end = "and takes its place" if won else "and does not beat it"
        return (
            f"Network {trial.id + 1} ({layers}) is member {view.target + 1} with {which} {', '.join(from_donor)} of "
            f"the donor {r1} + F ({r2} − {r3}), meets {self.quantity.text(value)} {end}"
        )
