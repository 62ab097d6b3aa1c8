"""The be-the-optimiser game: you and an algorithm search the same hidden surface, with the same number of trials.

    lab = nasbook.lab("game", surface="uneven-axes", importance=10, opponent="bayesian", trials=15, seed=3)
    lab.move(x1=0.3, x2=0.7); lab.run(); lab.score      # run() lets chance make the moves that are left
    nasbook.lab("game", code="U10B15-3")                # the same game, from its code

A click in your map is a trial. Your trials go through the search core: they are enqueued in a method of the opponent's
kind, which is told their values, so your game is a Trace like any other (`lab.trace`; the opponent's is
`lab.opponent`). The score compares the best value b of each player with what random search finds:

    score = 100 · (1 − (b − f*) / (E[best of n random trials] − f*)),        f* the lowest value, n the trials

100 is the lowest value, 0 is as good as random search is on average, and worse is below 0.
"""

from __future__ import annotations

import math
import random
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as W
import numpy as np

import nasbook
from nasbook.loop import Run
from nasbook.method import Method
from nasbook.plots.labs.board import Player
from nasbook.plots.labs.game import EDGE, GamePicture, GameState
from nasbook.plots.style import number, plural
from nasbook.prepare import header_of
from nasbook.space import Config
from nasbook.tasks.functions import Function
from nasbook.trace import Trace, Trial
from nasbook.widgets.parts import exchange
from nasbook.widgets.shell import Lab, Setting, Values, choose, count, slide, tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SURFACES = {  # letter of the code, label, arguments; all are moved and turned by the seed
    "uneven-axes": ("U", "Uneven axes (2-D)"),
    "branin": ("B", "Branin (2-D)"),
    "ackley": ("A", "Ackley (2-D)"),
    "rosenbrock": ("R", "Rosenbrock (2-D)"),
    "ellipsoid": ("E", "Ellipsoid (2-D)"),
    "forrester": ("F", "Forrester (1-D)"),
}
OPPONENTS = {
    "random": "R",
    "grid": "G",
    "sobol": "S",
    "halton": "H",
    "latin-hypercube": "L",
    "bayesian": "B",
    "tpe": "T",
    "cma-es": "C",
    "differential-evolution": "D",
    "particle-swarm": "P",
}
TRIALS, SEEDS = (4, 36), 9999
CODE = re.compile(r"([A-Z])(\d{1,3})?([A-Z])(\d{1,2})-(\d{1,4})")
BY_CODE = ("surface", "importance", "opponent", "trials", "seed")


def game_code(surface: str, importance: int, opponent: str, trials: int, seed: int) -> str:
    """The code of a game, e.g. U10B15-3: uneven axes, importance 10 %, Bayesian optimisation, 15 trials, seed 3."""
    weight = str(importance) if surface == "uneven-axes" else ""
    return f"{SURFACES[surface][0]}{weight}{OPPONENTS[opponent]}{trials}-{seed}"


def read_code(code: str) -> Values:
    """The settings behind a code. ValueError says what is wrong with it."""
    found = CODE.fullmatch(code.strip().upper())
    if not found:
        raise ValueError(
            f"{code!r} is no game code: one looks like U10B15-3 (surface, importance in %, opponent, trials, seed)"
        )
    letter, weight, who, trials, seed = found.groups()
    surfaces = {mark: name for name, (mark, _) in SURFACES.items()}
    opponents = {mark: name for name, mark in OPPONENTS.items()}
    if letter not in surfaces:
        raise ValueError(f"game code {code!r}: no surface has the letter {letter}; there are {_letters(surfaces)}")
    if who not in opponents:
        raise ValueError(f"game code {code!r}: no opponent has the letter {who}; there are {_letters(opponents)}")
    if (surfaces[letter] == "uneven-axes") != (weight is not None) or int(weight or 0) > 100:
        raise ValueError(f"game code {code!r}: U, and no other letter, is followed by an importance from 0 to 100")
    if not TRIALS[0] <= int(trials) <= TRIALS[1]:
        raise ValueError(f"game code {code!r}: a game has {TRIALS[0]} to {TRIALS[1]} trials, not {int(trials)}")
    values = {"surface": surfaces[letter], "opponent": opponents[who], "trials": int(trials), "seed": int(seed)}
    return values | ({"importance": int(weight)} if weight is not None else {})


def _letters(table: dict[str, str]) -> str:
    return ", ".join(f"{mark} ({name})" for mark, name in table.items())


def surface_of(name: str, seed: int, importance: int = 100) -> Function:
    """The surface of a game: drawn, or moved and turned, by the seed, so that no textbook tells its lowest point."""
    if name == "uneven-axes":
        return nasbook.task(name, importance=importance / 100, seed=seed)
    return nasbook.task(name, shift=seed, **({} if name == "forrester" else {"rotation": seed}))


def expected_best(f: Function, trials: int, points: int = 40_000) -> np.ndarray:
    """(trials,) the mean best value of n = 1 … trials uniform random trials, from the values on a fine grid.

    With the grid's values in rising order v_1 ≤ … ≤ v_M, the best of n is v_i with probability
    (1 − (i − 1)/M)ⁿ − (1 − i/M)ⁿ.
    """
    side = round(points ** (1 / f.d))
    axes = [low + (high - low) * (np.arange(side) + 0.5) / side for low, high in f.box]
    values = np.sort(f(np.stack(np.meshgrid(*axes), -1).reshape(-1, f.d)))
    left = 1 - np.arange(len(values) + 1) / len(values)
    return np.array([-np.diff(left**n) @ values for n in range(1, trials + 1)])


@dataclass(frozen=True)
class Round:
    """Your trial and the opponent's."""

    mine: Trial
    theirs: Trial


class GameLab(Lab[Round]):
    """You against an algorithm on a hidden surface.

    Arguments are settings: surface, importance (in %: how much x2 of 'uneven-axes' matters), opponent, trials, seed,
    show (draw the opponent's points during the game); or `code`, which stands for the first five.
    """

    name = "game"
    telling = ("opponent", ("random", "grid", "bayesian"))
    chooses = "opponent"
    unit = "round"
    anew = "a new game begins"
    lines = 4

    def __init__(self, code: str | None = None, **values: object) -> None:
        if code is not None:
            both = [name for name in BY_CODE if name in values]
            if both:
                raise ValueError(f"the code {code!r} says already what {both[0]} is: give the code or the settings")
            values |= read_code(code)
        self._moves: deque[Config] = deque()
        super().__init__(**values)
        self._speed.value = 5.0
        self._choosers()

    def settings(self) -> list[Setting]:
        code = W.Text(
            "",
            description="Game code",
            continuous_update=False,
            tooltip="Type a code and press Enter: the same surface, the same opponent.",
        )
        return [
            choose("surface", "Surface", [(label, name) for name, (_, label) in SURFACES.items()], "uneven-axes",
                   "What is searched. The seed draws it, or moves and turns it."),
            slide("importance", "x2 matters (%)", 100, 0, 100, 5,
                  "How much the second axis changes the value, compared with the first."),
            choose("opponent", "Opponent", list(OPPONENTS), "random", "The algorithm that plays against you."),
            slide("trials", "Trials each", 16, *TRIALS, 1, "How many points you, and the opponent, may try.",
                  more=True),
            count("seed", "Seed", 18, 0, SEEDS, "Another seed gives another surface, and the opponent other luck.",
                  more=True),
            Setting("code", code, "live"),
            tick("show", "Show the opponent's points", False, "Otherwise they stay hidden until the end."),
        ]  # fmt: skip

    # ---- the game -------------------------------------------------------------------------------------------

    @property
    def code(self) -> str:
        """The code of this game, for somebody else to type in."""
        return game_code(**{name: self.values[name] for name in BY_CODE})

    @property
    def over(self) -> bool:
        return len(self.steps) >= self.values["trials"]

    def prepare(self) -> None:
        v = self.values
        self._settings["importance"].enable(
            None if v["surface"] == "uneven-axes" else "Only the surface with uneven axes has this setting."
        )
        with self._silently():
            self._settings["code"].put(self.code)
        self._moves.clear()
        self.task = surface_of(v["surface"], v["seed"], v["importance"])
        self.expected = expected_best(self.task, v["trials"])
        levels = math.ceil(v["trials"] ** (1 / self.task.d) - 1e-9)
        size = {"grid": {"resolution": max(2, levels)}, "latin-hypercube": {"points": v["trials"]}}

        def method() -> Method:
            return nasbook.method(v["opponent"], self.task.space, seed=v["seed"], **size.get(v["opponent"], {}))

        self.method, self.opponent = method(), Trace(header_of(method(), self.task))
        self._mine = Run(self.method, self.task, Trace(header_of(self.method, self.task)))
        self._theirs = Run(method(), self.task, self.opponent)
        self.trace = self._mine.trace
        self._chance = np.random.default_rng([v["seed"], 1])
        self.picture = GamePicture(self.task, v["opponent"], v["trials"])
        self.use(self.picture)
        first = self.picture.boards[0].ax
        hint = "Click in your map to try a point. Keys: arrows move a cross, Enter tries the point."
        self.clickable(hint, first, *(ax for ax in self.picture.make_figure().axes if ax is not first))
        left, top, w, h = self.image.areas[0]
        dx, dy = EDGE / self.image.width, EDGE / self.image.height
        self.image.crossed = 1
        self.image.areas = [*self.image.areas, (left - dx, top - dy, w + 2 * dx, h + 2 * dy)]

    def make_search(self) -> Iterator[Round]:
        while len(self.trace or ()) < self.values["trials"]:
            if self._moves:
                self.method.enqueue(self._moves.popleft())
            else:
                self.method.enqueue(self.task.space.decode(self._chance.random((self.task.d,))), move="chance")
            mine, theirs = self._mine.step(), self._theirs.step()
            assert mine is not None and theirs is not None, f"{self.values['opponent']} has no more trials"
            yield Round(mine.trial, theirs.trial)

    def move(self, **config: object) -> None:
        """Try this point, e.g. `move(x1=0.3, x2=0.7)`; the opponent tries one, too. ValueError says what is wrong."""
        self._enqueue(config)
        self._go()
        self.wait()

    def _enqueue(self, config: Config) -> None:
        if self._unready:
            raise self._unready
        config = self.task.space.validate(config)
        if len(self.steps) + len(self._moves) >= self.values["trials"]:
            raise ValueError(
                f"all {self.values['trials']} trials are made: Reset plays this game again, New game another"
            )
        if config in [s.mine.config for s in self.steps] or config in self._moves:
            raise ValueError(f"you have tried {self._where(config)} already: it would have the same value again")
        self._moves.append(config)

    def _go(self) -> None:
        """One more round; the search ends with the last."""
        self._follow()
        last = len(self.steps) + len(self._moves) >= self.values["trials"]
        self.runner.step(2 if last else 1)

    def picked(self, axes: Axes, x: float, y: float) -> None:
        if axes is not self.picture.boards[0].ax:
            raise ValueError("a click there is no trial: click in your map, the one with “you” above it")
        u = [(v - low) / (high - low) for v, (low, high) in zip((x, y), self.task.box, strict=False)]
        self._enqueue(self.task.space.decode(u))
        self._go()

    # ---- controls of its own ----------------------------------------------------------------------------------

    def _choosers(self) -> None:
        """A point that is typed, for those without a mouse, and a button for another game."""
        self.typed = W.Text(
            "",
            description="Your next point",
            placeholder="0.3, 0.7",
            tooltip="Numbers of x1 and x2 with a comma between them. Enter tries it.",
        )
        self._try = W.Button(description="Try it", icon="check", tooltip="Try the point that is typed.")
        self._new = W.Button(description="New game", icon="random", tooltip="Another seed: another surface.")
        named = ((self.typed, "typed"), (self._try, "try"), (self._new, "new"))
        for widget, name in named:
            widget.add_class(f"nb-{name}")
        self.add_class("nb-own-left")
        self._try.on_click(partial(self._guarded, self._try_typed))
        self._new.on_click(partial(self._guarded, self._new_game))
        exchange(self.below, [widget for widget, _ in named])

    def entered(self, text: str) -> None:
        with self._silently():
            self.typed.value = text
        self._try_typed()

    def _try_typed(self) -> None:
        names = self.task.space.free
        parts = [part for part in re.split(r"[,;\s]+", self.typed.value.strip()) if part]
        try:
            values = [float(part) for part in parts]
        except ValueError:
            values = []
        if len(values) != len(names):
            example = ", ".join(number(float(np.mean(side))) for side in self.task.box)
            raise ValueError(f"a point is {plural(len(names), 'number')}, such as {example}, not {self.typed.value!r}")
        self._enqueue(dict(zip(names, values, strict=True)))
        self._go()

    def _new_game(self) -> None:
        with self._silently():
            self._settings["seed"].put(random.SystemRandom().randint(0, SEEDS))
        self.restart(f"A new game, {self.code}.")

    def changed(self, name: str) -> None:
        values = read_code(self.values["code"])
        if any(self.values[key] != value for key, value in values.items()):
            with self._silently():
                for key, value in values.items():
                    self._settings[key].put(value)
            self.restart(f"The game {self.code} begins.")

    # ---- score, picture and words -------------------------------------------------------------------------------

    @property
    def score(self) -> dict[str, float] | None:
        """Both scores, {'you': …, 'tpe': …}, or None before the end. 100: the lowest value, 0: random on average."""
        if not self.over:
            return None
        lowest = float(self.task.optimum or 0.0)
        best = {"you": self.trace.best.value, self.values["opponent"]: self.opponent.best.value}  # type: ignore[union-attr]
        chance = float(self.expected[-1]) - lowest
        return {who: 100 * (1 - (float(value or 0.0) - lowest) / chance) for who, value in best.items()}

    def frame(self, n: int) -> GameState:
        names = list(self.task.space.parameters)
        mine, theirs = (Player.of([getattr(s, who) for s in self.steps[:n]], names) for who in ("mine", "theirs"))
        return GameState(mine, theirs, self.values["show"], self.over, self.expected)

    def begin(self) -> str:
        who, n = self.values["opponent"], self.values["trials"]
        if self.over:
            return f"The surface, before the first of {n} trials."
        return (
            f"You and {who} have {n} trials each on the same hidden surface; the lowest value wins. Click in your "
            "map to try a point. (Step and Play let chance move for you.)"
        )

    def _where(self, config: Config) -> str:
        return ", ".join(f"{name} = {number(float(value))}" for name, value in config.items())

    def sentence(self, n: int) -> str:
        step, who = self.steps[n - 1], self.values["opponent"]
        mine, theirs = ([getattr(s, k).value for s in self.steps[:n]] for k in ("mine", "theirs"))
        chance = step.mine.info.get("move") == "chance"
        text = f"{'Chance' if chance else 'You'} tried {self._where(step.mine.config)}: {number(mine[-1])}"
        text += ", your best so far." if n > 1 and mine[-1] < min(mine[:-1]) else "."
        if self.values["show"] or self.over:
            text += f" {who} tried {self._where(step.theirs.config)}: {number(theirs[-1])}."
        else:
            text += f" {who}'s best is {number(min(theirs))}; its points stay hidden until the end."
        if not self.over or n < len(self.steps):
            return text
        score = self.score or {}
        you, they = (f"{score[k]:.0f}".replace("-", "−") for k in ("you", who))
        won = "you win" if score["you"] > score[who] else f"{who} wins" if score[who] > score["you"] else "a draw"
        lowest, expected = number(self.task.optimum), number(float(self.expected[-1]))
        return (
            f"{text} The game is over: you score {you}, {who} {they}: {won}. 100 means the lowest value "
            f"({lowest}), 0 means what {plural(n, 'random trial')} find on average ({expected}). "
            f"Code of this game: {self.code}."
        )

    def keeps(self) -> str:
        return f"your {plural(len(self.trace or ()), 'trial')}"
