"""The search-space lab: edit an architecture by its graph or by its decisions, and see what it is and what it costs.

    lab = nasbook.lab("spaces", space="nb201-cell", table="nb201-cifar10")
    lab.edit("edge_0_1", "conv3x3"); lab.config, lab.facts

There is no search here. A click on an edge gives its first decision the next option; a click on a grey dot puts an edge
there; a click on a dot of the lower picture goes to that neighbour. Step makes a random mutation, so Play is a random
walk. Every edit is kept, and the scrubber leads back to it.

What is known of an architecture is in known.py. The true accuracy is the table's mean over its trainings; no search
sees it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nasbook import registry
from nasbook.hpo.random import RandomSearch
from nasbook.loop import Run
from nasbook.nas.spaces.architecture import Architectures
from nasbook.nas.spaces.edits import Edits, Slot, change, changed_by, following
from nasbook.plots.graph import GraphPicture, GraphState, stage
from nasbook.plots.labs.neighbours import AroundPicture, AroundState
from nasbook.plots.picture import Stack
from nasbook.plots.style import plural
from nasbook.prepare import header_of
from nasbook.space import Config, Scalar
from nasbook.trace import Trace
from nasbook.widgets.decisions import Decisions, Press
from nasbook.widgets.known import Known, size, tables
from nasbook.widgets.parts import exchange
from nasbook.widgets.shell import Lab, Setting, choose, count, slide

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NEIGHBOURS = 24  # whose parameters are counted at each edit
SAMPLED = 40  # architectures that show where the others of a space lie
NO_TABLE = ""


@dataclass(frozen=True)
class Edit:
    """An architecture, and how it came about."""

    config: Config
    words: str
    origin: int | None = None  # the edit that it changes, where that is not the one before it


class SpacesLab(Lab[Edit]):
    """One architecture of a search space, to be edited.

    Arguments are settings: space, table (of true accuracies, where there is one), trials (edits of Play), seed. From
    Python: `config`, `facts`, `edit(decision, value)`, `show(config)`, `mutate()`, `draw()`, `keep()`, `cross()`,
    `source`.
    """

    name = "spaces"
    telling = ("space", ("mlp-chain", "conv-chain", "nb201-cell", "darts-cells"))
    lines = 4
    unit = "edit"
    anew = "the edits begin anew"

    def __init__(self, **values: object) -> None:
        self._asked: list[Edit] = []  # edits of the learner, on their way into the steps
        self._drawn_for: tuple[str, str] | None = None
        self._given, self._no_table = "table" in values, values.get("table") == NO_TABLE
        super().__init__(**values)
        self._given = False

    # ---- settings ----------------------------------------------------------------------------------------

    def settings(self) -> list[Setting]:
        names = [entry.name for entry in registry.SPACES]
        known = [name for entry in registry.SPACES for name in tables(entry.name)]
        return [
            choose("space", "Search space", names, "nb201-cell", "What can be chosen in an architecture."),
            choose(
                "table",
                "True accuracy from",
                [*known, ("no table knows it", NO_TABLE)],
                "nb201-cifar10",
                "A table in which every architecture of this space has been trained.",
                effect="live",
            ),
            slide("trials", "Edits of Play", 30, 1, 200, 1, "When Play ends.", effect="live", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed begins with another architecture.", more=True),
        ]

    @property
    def total(self) -> int | None:
        return None  # a learner may edit as long as they like

    def prepare(self) -> None:
        v = self.values
        self._offer_tables(v["space"])
        self._asked.clear()
        if self._drawn_for is None or self._drawn_for[0] != v["space"]:
            self.spaces: Architectures = registry.make("space", v["space"])
            self.known = Known(self.spaces)
            self.decisions = Decisions(self.spaces, self._guarded, self._buttons(), self._listed, lambda: self.config)
            exchange(self.below, [self.decisions])
        self.rng = np.random.default_rng(v["seed"])
        self.first = self._random()
        self.parent: Config | None = None
        self.slot: Slot | None = None
        self._pictures()
        self.files.layout.display = "" if self.known.table else "none"  # without a table there is no value to keep

    def _offer_tables(self, space: str) -> None:
        known, asked = tables(space), self.values["table"]
        if self._given and asked not in (*known, NO_TABLE):
            has = f"it can be {', '.join(map(repr, known))}" if known else "no table knows this space"
            raise ValueError(f"table {asked!r} does not hold the architectures of {space}; {has}")
        options = [*((name, name) for name in known), ("none" if known else "no table knows it", NO_TABLE)]
        with self._silently():
            dropdown = self.controls["table"]
            if list(dropdown.options) != options:
                dropdown.options = options
            dropdown.value = asked if asked in known or self._no_table else (*known, NO_TABLE)[0]
        self._settings["table"].enable(None if known else "No table of true accuracies has been made of this space.")

    def _pictures(self) -> None:
        v = self.values
        if self._drawn_for != (v["space"], v["table"]):
            self._drawn_for = v["space"], v["table"]
            self.known.use(v["table"])
            self.graph = GraphPicture(stage(self.spaces))
            if self.known.table is not None:
                self.around = AroundPicture("true accuracy (%), the mean of its trainings", self.known.all, higher=True)
            else:
                rng = np.random.default_rng(0)
                others = [self.spaces.parameters(self._valid(rng)) for _ in range(SAMPLED)]
                self.around = AroundPicture("parameters", np.array(others), log=True)
            self.use(Stack([self.graph, self.around]))
        self.clickable(
            "Click an edge for its next option, a grey dot for an edge there, or a neighbour's dot to go to it. Keys: "
            "arrows move a cross, Enter clicks.",
            self.graph.ax,
            self.around.ax,
        )

    def changed(self, name: str) -> None:
        if name == "table":
            self._no_table = self.values["table"] == NO_TABLE
            with self.exchanging():
                self._pictures()
            self.files.layout.display = "" if self.known.table else "none"
            self.redraw()
        elif len(self.steps) < self.values["trials"]:
            self.runner.reopen()

    # ---- architectures -------------------------------------------------------------------------------------

    @property
    def config(self) -> Config:
        """The architecture that is shown."""
        return self._config(self.at)

    def _config(self, n: int) -> Config:
        return dict(self.steps[n - 1].config if n else self.first)

    def _valid(self, rng: np.random.Generator) -> Config:
        while True:
            config = self.spaces.space.sample(rng)
            if self.spaces.is_valid(config):
                return config

    def _random(self) -> Config:
        return self._valid(self.rng)

    def show(self, config: Config, words: str = "You chose an architecture.") -> None:
        """Go to an architecture. ValueError if it is none of the space."""
        config = self.spaces.check(config)
        with self.changing():
            self._asked.append(Edit(config, words, self._seen))
            self._seen = None
        self.runner.reopen()
        self.step()

    def edit(self, name: str, value: Scalar) -> None:
        """Change one decision. ValueError says why there is no such architecture."""
        if name not in self.spaces.space.parameters:
            self.spaces.space.validate({**self.config, name: value})  # says which there are
        self.show(change(self.spaces, self.config, name, value), "You")

    def mutate(self) -> None:
        """Change one decision at random."""
        self.show(self.spaces.mutate(self.config, self.rng), "A mutation")

    def draw(self) -> None:
        """Go to a random architecture."""
        self.show(self._random(), "Drawn at random.")

    def keep(self) -> None:
        """Keep the architecture that is shown as a parent for `cross`."""
        self.parent = self.config
        self.decisions.allow(
            "crossover", "A child of the kept architecture and this one: each decision from one of them."
        )
        self.say("Kept as a parent. Edit on, or draw another one; Crossover then mixes the two.")

    def cross(self) -> None:
        """A child of the kept architecture and the one that is shown. ValueError if none is kept."""
        if self.parent is None:
            raise ValueError("no architecture is kept: keep one first, then go to another one")
        a, b = self.parent, self.config
        child = self.spaces.crossover(a, b, self.rng)
        mine = sum(child[n] == a.get(n) != b.get(n) for n in child)
        other = sum(child[n] == b.get(n) != a.get(n) for n in child)
        self.show(
            child, f"A child: {plural(mine, 'decision')} from the kept parent alone, {other} from the other alone."
        )

    def make_search(self) -> Iterator[Edit]:
        while True:
            if self._asked:
                yield self._asked.pop(0)
            elif len(self.steps) < self.values["trials"]:
                yield Edit(self.spaces.mutate(self._config(len(self.steps)), self.rng), "A mutation")
            else:
                return

    def _buttons(self) -> list[Press]:
        return [
            Press("draw", "Random", "refresh", self.draw, "Draw an architecture at random."),
            Press("mutate", "Mutate", "bolt", self.mutate, "Change one decision at random, as Step does."),
            Press("keep", "Keep as parent", "thumb-tack", self.keep, "Keep this architecture as a parent."),
            Press(
                "crossover", "Crossover", "random", self.cross, "Keep an architecture first: a child needs two.", False
            ),
        ]

    # ---- what is known of one -----------------------------------------------------------------------------

    @property
    def facts(self) -> dict[str, str]:
        """What is known of the architecture that is shown, in words."""
        return self.known.facts(self.config)

    @property
    def source(self) -> str:
        """PyTorch code of the architecture that is shown."""
        return self.spaces.source(self.config)

    # ---- what is shown -------------------------------------------------------------------------------------

    def frame(self, n: int) -> tuple[GraphState, AroundState]:
        config = self._config(n)
        around = self.known.edits(config)
        self._shown_neighbours = around.neighbours
        if self.known.table is not None:
            own = self.known.accuracy(config)
            values = np.array([self.known.accuracy(c) for c in around.neighbours])
        else:
            every = -(-len(around.neighbours) // MOST_NEIGHBOURS) or 1
            self._shown_neighbours = around.neighbours[::every]
            own = float(self.known.cost(config)[0])
            values = np.array([self.spaces.parameters(c) for c in self._shown_neighbours], float)
        self._follow_config(config, around)
        facts = list(self.known.facts(config).items())
        graph = GraphState(self.spaces.graph(config), frozenset(around.offers), self.slot)
        return graph, AroundState(facts, own, values, len(around.neighbours))

    def picked(self, axes: Axes, x: float, y: float) -> None:
        if axes is self.around.ax:
            i = self.around.nearest(x, y)
            if i is not None:
                self.show(self._shown_neighbours[i], "You")
            return
        slot = self.graph.nearest(x, y)
        if slot is None:
            self.slot = None
            self.redraw()
            return
        around = self.known.edits(self.config)
        if slot in around.offers:
            self.slot = slot
            self.show(around.offers[slot], "You")
        elif not around.decisions.get(slot):
            self.note("Nothing is chosen there: every architecture of this space has it.")
        else:
            again = slot == self.slot and self.decisions.turn.value in around.decisions[slot]
            name = self.decisions.turn.value if again else around.decisions[slot][0]
            self.slot = slot
            self.show(following(self.spaces, self.config, name), "You")

    def _listed(self, name: str, value: Scalar) -> None:
        """A list of the decisions was set."""
        if self.config.get(name, value) == value:
            return  # the page has sent back what it was told to show, or what has gone since
        try:
            self.edit(name, value)
        except ValueError:
            self._follow_config(self.config, self.known.edits(self.config))  # the list goes back
            raise

    def _follow_config(self, config: Config, around: Edits) -> None:
        """Let the lists and the source show the architecture."""
        with self._silently():
            self.decisions.follow(config, around.decisions.get(self.slot, ()) if self.slot else ())

    # ---- words -----------------------------------------------------------------------------------------------

    def begin(self) -> str:
        return (
            "A random architecture. Click an edge for its next option, a grey dot for an edge there, or choose below. "
            f"Step makes a random mutation. The space has {size(self.spaces.space.size)} architectures."
        )

    def sentence(self, n: int) -> str:
        edit = self.steps[n - 1]
        before = self._config(n - 1 if edit.origin is None else edit.origin)
        told = edit.words
        changed = [k for k in self.spaces.space.parameters if before.get(k) != edit.config.get(k)]
        if told in ("You", "A mutation"):
            if not changed:
                return "Nothing changed."
            name = changed_by(self.spaces, before, edit.config)
            if edit.origin is not None:
                told += f" went back to {f'edit {edit.origin}' if edit.origin else 'the first architecture'} and"
            told += f" changed {name}: {_said(before.get(name))} → {_said(edit.config.get(name))}."
            if len(changed) > 1:
                told += f" With it, {plural(len(changed) - 1, 'other decision')} came, went or took a middle value."
        if self.spaces.canonical(before) == self.spaces.canonical(edit.config):
            told += " It is the same network as before, under another name."
        elif changed:
            a, b = self.known.cost(before), self.known.cost(edit.config)
            told += f" Parameters {a[0]:,} → {b[0]:,}"
            told += f", FLOPs {a[1]:,} → {b[1]:,}"
            if self.known.table is not None:
                told += f", true accuracy {self.known.accuracy(before):.2f} → {self.known.accuracy(edit.config):.2f} %"
            told += "."
        if not self.graph.connected:
            told += " Nothing reaches the output: the network gives every input the same answer."
        elif self.graph.unused:
            told += f" {plural(self.graph.unused, 'edge')} {'has' if self.graph.unused == 1 else 'have'} no effect."
        return told

    # ---- the trace -----------------------------------------------------------------------------------------------

    @property
    def trace(self) -> Trace | None:
        """The edits as trials that were chosen by hand, with values of the table; None where there is none."""
        if not self.steps or self.known.table is None:
            return None
        method = RandomSearch(self.known.table.space, self.values["seed"])
        run = Run(method, self.known.table, Trace(header_of(method, self.known.table)))
        for edit in self.steps:
            method.enqueue(edit.config)
            run.step()
        return run.trace

    @trace.setter
    def trace(self, _: object) -> None:
        """The edits are the trace; the shell's own is not needed."""


def _said(value: Scalar) -> str:
    return "not there" if value is None else str(value)
