"""Explain a configuration: which of its parameters made it what it is.

    found = explain(trace)                                  # the best configuration against the mean of the space
    found = explain(trace, trial=7, default="first", game="tunability")
    print(found)                                            # a table; found.phi, found.interactions are the numbers

Up to twelve parameters that differ, all 2ⁿ coalitions are looked at (coalitions.py); beyond, Shapley values are means
over random orders, with their standard errors. What they are looked up in, or guessed by, is said with them
(source.py), the games stand in games.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from nasbook.explain import coalitions
from nasbook.explain.games import GAMES, Game, optimiser
from nasbook.explain.source import Source, point, source_of
from nasbook.kit.checks import whole
from nasbook.parameters import Constant
from nasbook.space import Config, Json, Space
from nasbook.task import TaskLike
from nasbook.trace import Trace
from nasbook.trial import on_one_line

Which: TypeAlias = str | int | Config  # a configuration by a word, by the number of its trial, or itself

DEFAULTS = ("mean", "middle", "first")
DRAWS, ROWS = 128, 2**16  # random points that stand for the space where there is no table of it; of all coalitions
FEW_DRAWS, FEW_ROWS = 32, 2**12  # the same where each of them is a call of a function
ORDERS = 200  # random orders beyond twelve parameters
MOST_TUNED = 8  # parameters of the optimiser game, which runs a search for each coalition
NEGATIVE = "What was maximised is explained as its negative: lower is better here."
TELLS = {
    "ablation": "of which each parameter changes",
    "tunability": "that tuning each parameter gains",
    "sensitivity": "of the variance that each parameter brings",
    "optimiser": "that the method leaves in each parameter",
}


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each parameter of a game is worth, sorted by the space's order.

    names (n,): parameters that can change something; phi (n,): their Shapley values, in the unit of the value (of the
    variance: squared), below 0 where the parameter lowers it; errors (n,): their standard errors, from what was sampled
    and, of a forest, from the disagreement of its trees, 0 where neither is the case (how far a minimum over random
    points lies above the true one is not in them); base: v(∅); total: v(N), which
    is base + Σ phi unless it was sampled. interactions (n, n) or None beyond twelve. old, new: what each parameter was
    and is, as text ("" where it has no single value). played: the game itself, all of whose coalitions can be asked.
    worth (2ⁿ,) or None beyond twelve: what each coalition is worth (coalitions.py says in which order).
    """

    names: tuple[str, ...]
    phi: np.ndarray
    errors: np.ndarray
    base: float
    total: float
    interactions: np.ndarray | None
    old: tuple[str, ...]
    new: tuple[str, ...]
    config: Config
    default: str
    game: str
    source: Source
    played: Game
    worth: np.ndarray | None = None

    @property
    def order(self) -> np.ndarray:
        """The parameters (n,) by the size of their values, the largest first."""
        return np.argsort(-np.abs(self.phi), kind="stable")

    @property
    def sampled(self) -> bool:
        """Would other random points, orders or searches give other values?"""
        drawn = self.source.grid is None and len(self.played.inner) > 1
        return bool(drawn or self.errors.any() or self.game == "optimiser")

    @property
    def note(self) -> str:
        """What a reader of the numbers has to know besides; "" where there is nothing."""
        return NEGATIVE if self.source.maximised else ""

    @property
    def basis(self) -> str:
        """What the values come from, and how wrong that is."""
        if self.source.exact:
            return f"{'sampled' if self.sampled else 'exact'}, from {self.source}"
        useless = ", no better than their mean" if getattr(self.source, "useless", False) else ""
        return f"guessed by {self.source}, which is wrong by {self.source.error:.3g} on those unseen{useless}"

    def to_dict(self) -> Json:
        """Plain types, the largest first; the error of a forest is that on trials that a tree has not seen."""
        rows = [
            {
                "parameter": self.names[i],
                "was": self.old[i],
                "is": self.new[i],
                "shapley": float(self.phi[i]),
                "error": float(self.errors[i]),
            }
            for i in self.order
        ]
        source = {"name": str(self.source), "exact": self.source.exact, "error": float(self.source.error)}
        ends = {"base": self.base, "total": self.total}
        return {
            "game": self.game,
            "default": self.default,
            **ends,
            "config": self.config,
            "parameters": rows,
            "source": source,
            "note": self.note,
        }

    def __str__(self) -> str:
        width = max([len(n) for n in self.names] + [9])
        change = [f"{o} → {n}" if o and n and o != n else n or o for o, n in zip(self.old, self.new, strict=True)]
        wide = max([len(c) for c in change] + [0])
        lines = [f"{self.game} against {self.default}: {self.base:.4g} to {self.total:.4g}, {TELLS[self.game]}"]
        for i in self.order:
            error = f" ± {self.errors[i]:.2g}" if self.errors[i] > 0 else ""
            worth = f"{self.phi[i]:+.4g}{error}".replace("-", "−")
            lines.append(f"{self.names[i]:{width}}  {change[i]:{wide}}  {worth}")
        return "\n".join(map(on_one_line, [*lines, self.basis, *filter(None, [self.note])]))


def explain(
    trace: Trace,
    trial: Which = "best",
    default: Which | None = None,
    game: str = "ablation",
    *,
    task: TaskLike | None = None,
    truth: bool = True,
    trees: int = 32,
    orders: int = ORDERS,
    method: str = "random",
    trials: int = 20,
    seeds: int = 3,
    seed: int = 0,
) -> Attribution:
    """Shapley values of a trace's configuration.

    trial: "best", the id of a trial (from 0), or a configuration.
    default: what it is compared with: "mean" (the mean over the space; for the game of ablation and where nothing is
        said), "middle" of every range, the "first" value of every parameter, the id of a trial, or a configuration.
    game: one of GAMES.
    task: a table or function that knows the truth, where the trace's own name does not tell it; truth=False: use the
        forest although the truth is known. trees: of the forest. orders: random orders where more than twelve
        parameters differ. method, trials, seeds: of the optimiser game.

    Raises ValueError, in one sentence, where nothing can be explained: fewer than four trials that succeeded and no
    known truth, an unknown trial, game or default."""
    if game not in GAMES:
        raise ValueError(f"explain: game is one of {', '.join(GAMES)}, not {game!r}")
    for name, number, least in (("orders", orders, 2), ("trials", trials, 1), ("seeds", seeds, 1)):
        whole(f"explain: {name}", number, least, 100_000)
    source, rng = source_of(trace, task, truth=truth, trees=trees, seed=seed), np.random.default_rng(seed)
    default = default if default is not None else "mean" if game == "ablation" else "middle"
    words, others = backgrounds(trace, default, source, rng)
    if game != "ablation" and len(others) > 1:
        raise ValueError(f"explain: the game of {game} starts from one default, which cannot be {words}")
    config = chosen(trace, trial)
    mine = point(trace.space, config, others[0] if len(others) == 1 else None)
    inner = mine[None] if game == "ablation" else draws(source, rng)
    inner, outer = (np.repeat(x, max(1, len(y) // len(x)), 0) for x, y in ((inner, others), (others, inner)))
    played = Game(
        source, "tunability" if game == "optimiser" else game, differing(trace.space, inner, outer), inner, outer
    )
    n, pairs, v = len(played.axes), None, None
    if game == "optimiser" and n > MOST_TUNED:
        raise ValueError(
            f"explain: the optimiser game runs a search for each of 2ⁿ coalitions, so it takes at most {MOST_TUNED} "
            f"parameters, not {n}"
        )
    if n <= coalitions.MOST:
        trees_say, draws_say = played.all()
        v = trees_say.mean(0)
        if game == "optimiser":
            missed = optimiser(source, played.axes, others[0], v, method, trials, seeds)
            v = np.maximum(missed.mean(1), 0)
            trees_say, draws_say = v[None], missed
        phi, pairs = coalitions.shapley(v), coalitions.interactions(v)
        errors = _spread(trees_say, draws_say)
        base, total = float(v[0]), float(v[-1])
    else:
        phi, errors = coalitions.sampled(played.drawn, n, orders, rng)
        base, total = (float(x) for x in played.each(np.repeat([[False], [True]], n, 1)).mean(0))
    was = others[0] if len(others) == 1 else None
    return Attribution(
        names=tuple(trace.space.free[j] for j in played.axes),
        phi=phi,
        errors=errors,
        base=base,
        total=total,
        interactions=pairs,
        old=tuple(text(trace.space, j, was) for j in played.axes),
        new=tuple(text(trace.space, j, mine if game == "ablation" else None) for j in played.axes),
        config=config,
        default=words,
        played=played,
        game=game,
        source=source,
        worth=v,
    )


def _spread(trees: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """(n,) how far Shapley values are unsure: the deviation over trees (B, 2ⁿ), and the standard error of the mean over
    K drawn points or searches (2ⁿ, K)."""
    K = draws.shape[1]
    error = coalitions.shapley(draws).std(1, ddof=1) / np.sqrt(K) if K > 1 else 0.0
    return np.sqrt(coalitions.shapley(trees.T).var(1) + error**2)


def chosen(trace: Trace, trial: object) -> Config:
    """The configuration that is meant: "best", a trial's number, or a configuration; ValueError for none of these."""
    if isinstance(trial, str) and trial == "best":
        if trace.incumbent is None:
            raise ValueError("explain: no trial of this trace has succeeded, so there is no best configuration")
        return trace.incumbent.config
    if isinstance(trial, Mapping):
        try:
            return trace.space.validate(trial)
        except ValueError as error:
            raise ValueError(f"explain: {error}") from None
    if isinstance(trial, int | np.integer) and not isinstance(trial, bool):
        for t in trace.trials:
            if t.id == trial:
                return t.config
        raise ValueError(f"explain: this trace has no trial {trial} that has ended")
    raise ValueError(f"explain: a trial is 'best', its number or a configuration, not {trial!r:.60}")


def backgrounds(trace: Trace, default: object, source: Source, rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """(in words, points (K, d)) of what is compared with: K = 1 but for the mean over the space."""
    d = trace.space.d
    if isinstance(default, str) and default != "best":
        if default not in DEFAULTS:
            raise ValueError(
                f"explain: a default is one of {', '.join(DEFAULTS)}, a trial's number or a configuration, not "
                f"{default!r:.60}"
            )
        if default == "mean":
            return "the mean of the space", draws(source, rng)
        words = {"middle": "the middle of every range", "first": "the first value of every parameter"}[default]
        return words, np.full((1, d), 0.5 if default == "middle" else 0.0)
    config = chosen(trace, default)
    words = "another configuration" if isinstance(default, Mapping) else f"trial {default}"
    return words, point(trace.space, config)[None]


def draws(source: Source, rng: np.random.Generator) -> np.ndarray:
    """(K, d) random points for the space; a table of it all is summed without them."""
    d = source.space.d
    most, rows = (FEW_DRAWS, FEW_ROWS) if source.exact and source.grid is None else (DRAWS, ROWS)
    return rng.random((min(most, max(8, rows >> min(d, coalitions.MOST))), d))


def differing(space: Space, inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """(n,) the axes on which some pair of points stands for different values: the others change nothing."""
    parameters: list[Any] = [space.parameters[name] for name in space.free]
    apart = [np.any(p.snap(inner[:, j]) != p.snap(outer[:, j])) for j, p in enumerate(parameters)]
    return np.flatnonzero(apart)


def text(space: Space, j: int, u: np.ndarray | None) -> str:
    """The value of a parameter at a point (d,), as text; "" where there is none."""
    p = space.parameters[space.free[j]]
    if u is None or isinstance(p, Constant):
        return ""
    value = p.decode(float(u[j]))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
