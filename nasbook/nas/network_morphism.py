"""Network morphisms and hill climbing: networks grow while they learn; children begin with what their parent knows.

    a small chain is trained for `epochs` epochs
    repeat `steps` times:
        child 0:          the parent as it is
        child 1, 2, …:    the parent after `morphisms` random changes, each of which keeps the function it computes
        every child is trained for `epochs` epochs from these weights;
        the one with the lowest validation error is the next parent

The parent is trained on, too: so a child wins because it can do more, not because it has seen more epochs. Of equal
ones the first wins. A kind of change is drawn first (deepen, branch, widen, enlarge: see morphisms.py), then its place.

A trial is a training: `fidelity` is its epochs; info has its `step`, the trial id of its `parent`, its `morphisms`, and
`trained`, the epochs of its ancestors and its own. Its value is the error of weights with that history. The same chain
trained from scratch has another: train what was found before you compare it with other networks.

With inherit=False the same climb trains every child from fresh weights; child 0 is changed, too, and the parent stays,
untrained, if no child is better. On digits tests/benchmarks/morphism.py finds no gain (10 seeds). Chains only grow.

Paper: Elsken, Metzen & Hutter, Simple and Efficient Architecture Search for Convolutional Neural Networks, 2017. It has
8 children with 5 changes, 5 steps of 17 epochs, a rate of 0.05, and a last, long training of the winner, which is left
out. Here an epoch is six steps and a chain has five layers: so 2 changes, 3 epochs and 0.1. Read first: `run`, then
`child` and `train`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nasbook import registry
from nasbook.kit.checks import setting, whole
from nasbook.kit.learner import measure
from nasbook.kit.start import images_of
from nasbook.kit.state import Resumable, State
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.chain_growth import first_chain, growths
from nasbook.nas.parts.climb import Member, NetworkMorphismView
from nasbook.nas.parts.morphisms import apply
from nasbook.nas.parts.warm_restart import Learned, RestartSettings, learn
from nasbook.space import Config, Int, Space
from nasbook.task import OnADevice, Task, TrainsForReal, trial_seed
from nasbook.trace import Trial
from nasbook.trial import Info

if TYPE_CHECKING:
    from nasbook.nas.spaces.program import Program

SPACE = "conv-chain"  # what it climbs in
Born = tuple[Config, "Program", list[str]]  # a configuration, its network, and the changes from the parent to it


@dataclass(frozen=True)
class NetworkMorphismSettings(RestartSettings):
    steps: int = setting(5, "How often a new parent is chosen.")
    children: int = setting(8, "Trained in each step.")
    morphisms: int = setting(2, "Changes between a parent and a child.")
    inherit: bool = setting(True, "Children begin with their parent's weights; False: with fresh ones.", (True, False))

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("steps", self.steps, 1)
        whole("children", self.children, 2)
        whole("morphisms", self.morphisms, 1)
        if not isinstance(self.inherit, bool):
            raise ValueError(f"inherit must be True or False, not {self.inherit!r}")


class NetworkMorphism(Resumable):
    """Hill climbing over convolutional chains. After a run, `best` is the winner of the last step with its weights."""

    name = "network-morphism"
    Settings = NetworkMorphismSettings
    View = NetworkMorphismView
    parent: Member | None = None  # of this step
    best: Member | None = None  # of this step, so far

    def check_space(self, space: Space) -> None:
        depth = space.parameters.get("depth")
        if not isinstance(depth, Int) or registry.make("space", SPACE, depth=depth.high).space != space:
            raise ValueError(
                f"{self.name} grows convolutional chains and needs their whole space, as 'digits-conv-chain' has it; "
                "for another space use 'random', 'regularized-evolution' or 'local-search'"
            )

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, NetworkMorphismView]]:
        """Climb, and yield after each training. ValueError if the task does not build chains of convolutions.

        The task has `architectures`, a ConvChain, `network(config, seed)`, a network with fresh weights, and `data()`,
        {"train": (x, y), "val": (x, y)} with images (n, h, w) float32 and labels (n,)."""
        s = self.settings
        self._take(task)
        if self.count == 0:
            yield self.train(0, self.first)
        while (self.parent or self.best) and self.count <= s.steps * s.children:
            step, i = divmod(self.count - 1, s.children)
            if i == 0:  # the best of the last step is the next parent
                self.parent = self.best
                self.best = None if s.inherit else self.parent
            yield self.train(step + 1, partial(self.child, i))

    def first(self, rng: np.random.Generator) -> Born:
        """A small chain."""
        config = first_chain(self.spaces)
        return config, self._fresh(config), []

    def child(self, i: int, rng: np.random.Generator) -> Born:
        """The parent as it is, or, if i > 0, after random changes that keep what it computes."""
        assert self.parent is not None
        config, net, changes = self.parent.config, deepcopy(self.parent.net), []
        for _ in range(self.settings.morphisms if i or not self.settings.inherit else 0):
            possible = growths(self.spaces, config)
            if not possible:
                break  # the largest chain of the space
            kind = rng.choice(sorted({m.kind for m in possible}))
            possible = [m for m in possible if m.kind == kind]
            m = possible[rng.integers(len(possible))]
            config, net = apply(self.spaces, config, net, m, self.images["train"][0], rng)
            changes.append(str(m))
        return config, net if self.settings.inherit else self._fresh(config), changes

    def train(self, step: int, born: Callable[[np.random.Generator], Born]) -> tuple[Trial, NetworkMorphismView]:
        """Train what is born; it is the best of its step if no one before has a lower error."""
        s, begin, rng = self.settings, time.perf_counter(), np.random.default_rng([self.seed, self.count])
        config, net, changes = born(rng)
        _, before = measure(net, *self.images["val"])
        learned = learn(net, self.images["train"], self.images["val"], s, rng)
        known = self.parent.trained if self.parent and s.inherit else 0
        member = Member(self.count, config, net, learned.errors[-1], known + len(learned.errors))
        if learned.finite and (self.best is None or member.error < self.best.error):
            self.best = member
        if self.best is None and self.count % s.children == 0:
            self.best = self.parent  # all children of the step have failed
        trial = self._trial(member, learned, time.perf_counter() - begin, step, changes)
        parent, best = (None if m is None else m.id for m in (self.parent, self.best))
        self.count += 1
        return trial, NetworkMorphismView(step, parent, best, before)

    # ---- what a climb needs, and what it leaves ----------------------------------------------------------------

    def _take(self, task: Task) -> None:
        """The images and the networks of a task, and where a stopped climb stood."""
        chains = registry.find("space", SPACE).load()
        if not isinstance(task, TrainsForReal) or not isinstance(task.architectures, chains):
            raise ValueError(f"{self.name} grows networks, and {task.name} builds none; use 'digits-conv-chain'")
        self.spaces, self.network = task.architectures, task.network
        self.images = images_of(task, task.device if isinstance(task, OnADevice) else "auto")
        if (n := len(self.images["train"][1])) < self.settings.batch:
            raise ValueError(
                f"{self.name}: batch is {self.settings.batch}, but {task.name} has {n} images to learn from"
            )
        self.count, self.parent, self.best = 0, None, None
        if self.saved:
            self._load(self.saved)

    def _fresh(self, config: Config) -> Program:
        """A network whose weights know nothing."""
        return self.network(config, trial_seed(self.seed, self.count)).to(self.images["train"][0].device)

    def _trial(self, member: Member, learned: Learned, seconds: float, step: int, changes: list[str]) -> Trial:
        info: Info = {"step": step, "morphisms": changes, "trained": member.trained}
        if self.parent:
            info["parent"] = self.parent.id
        trial = Trial(
            member.id,
            member.config,
            float(self.settings.epochs),
            cost=seconds,
            info=info,
            curve=tuple((float(e), v) for e, v in enumerate(learned.errors, 1)),
        )
        if not learned.finite:
            return replace(trial, status="failed", reason="diverged: a loss is not finite")
        metrics = {"accuracy": 1 - member.error, "train_loss": learned.losses[-1], "val_loss": learned.val_loss}
        metrics["parameters"] = sum(p.numel() for p in member.net.parameters())
        return replace(trial, status="done", value=member.error, metrics=metrics)

    def state(self) -> State:
        """The two networks that the next training depends on, and where the climb stands."""
        members = {"parent": self.parent, "best": self.best}
        kept = {name: m and {**vars(m), "net": m.net.state_dict()} for name, m in members.items()}
        return {"count": self.count, **kept}

    def _load(self, saved: State) -> None:
        self.count = saved["count"]
        for name in ("parent", "best"):
            if kept := saved[name]:
                net = self.network(kept["config"], 0)
                net.load_state_dict(kept["net"])
                setattr(self, name, Member(**{**kept, "net": net.to(self.images["train"][0].device)}))
