"""Games by their definitions, on a function that can be reckoned with."""

import numpy as np
import pytest

from nasbook import Float, FunctionTask, Space
from nasbook.explain.coalitions import members
from nasbook.explain.games import Game
from nasbook.explain.source import Truth

SPACE = Space(a=Float(0, 1), b=Float(0, 1))
SOURCE = Truth(FunctionTask(lambda c: 2 * c["a"] - c["b"], SPACE))
RNG = np.random.default_rng(0)
INNER, OUTER = RNG.random((8, 2)), np.full((8, 2), 0.25)


@pytest.mark.parametrize(("kind", "fold"), [("ablation", np.mean), ("tunability", np.min), ("sensitivity", np.var)])
def test_a_coalition_takes_its_members_values_from_one_side(kind, fold):
    game = Game(SOURCE, kind, np.arange(2), INNER, OUTER)
    worth, added = game.all()
    folded = []
    for S, (a, b) in enumerate(members(2)):
        f = 2 * np.where(a, INNER[:, 0], 0.25) - np.where(b, INNER[:, 1], 0.25)
        folded.append(fold(f))
        assert added[S].mean() == pytest.approx(folded[S])
    if kind == "tunability":  # who may tune both can leave one
        folded[3] = min(folded[1:])
    assert worth[0] == pytest.approx(folded)
