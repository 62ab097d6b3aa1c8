"""Names that nobody expected in the pictures that only labs draw: plain text, on the canvas, clear of each other."""

import warnings

import numpy as np
import pytest
from plots.legible import problems

import nasbook
from nasbook import Float, Space
from nasbook.estimate.compare import Judgement
from nasbook.plots.data import Quantity
from nasbook.plots.labs.board import Player
from nasbook.plots.labs.designs import designs
from nasbook.plots.labs.estimators import Comparison, EstimatorsPicture
from nasbook.plots.labs.game import GamePicture, GameState
from nasbook.plots.labs.neighbours import AroundPicture, AroundState
from nasbook.plots.labs.transfer import TransferPicture, TransferState
from nasbook.plots.names import plain
from nasbook.plots.views.objectives import ConfigPicture, FrontPicture, FrontState
from nasbook.trace import Trial

LONG = "rate_of_the_" + "very_" * 30 + "long_layer"
HOSTILE = ("$5 to $10", "$x_{$", LONG, "学习率 😀 سرعة", "<b>bold</b> & \\frac{", "two\nlines\t", " ")
RNG = np.random.default_rng(0)


def pairs(names=HOSTILE):
    return list(zip(names, (*names[1:], names[0]), strict=True))


def drawn(fig):
    """The figure, which must be drawn without a warning, with words that can be read and are no formulas."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fig.canvas.draw()
    assert not problems(fig), problems(fig)
    assert fig.alt == plain(fig.alt) and fig.sentence == plain(fig.sentence)
    return fig


@pytest.mark.parametrize(("x", "y"), pairs())
def test_the_plane_of_two_objectives(x, y):
    table = RNG.random((30, 2))
    trials = [Trial(i, {}, status="done", value=b, values=(b, a)) for i, (a, b) in enumerate(table[:9])]
    for chosen in (None, (0.5, 0.5)):
        state = FrontState(trials, weight=0.5, chosen=chosen, alive=frozenset({0, 1}))
        drawn(FrontPicture(Quantity(x), Quantity(y, accuracy=False), table, (0.9, 0.9)).render_static(state))


def test_a_configuration_as_a_list():
    config = dict(zip(HOSTILE, (*HOSTILE[1:], HOSTILE[0]), strict=True))
    drawn(ConfigPicture(list(HOSTILE)).render_static((LONG + " $x_{$", config)))
    drawn(ConfigPicture(list(HOSTILE)).render_static(("$5 to $10", None)))


@pytest.mark.parametrize(("x", "y"), pairs())
def test_transfer(x, y):
    warm = RNG.uniform(1, 2, (3, 20))
    cells = np.column_stack([90 - RNG.exponential(5, 500), RNG.uniform(20, 40, 500)])
    state = TransferState(warm, warm + 0.5, np.full((3, 20), 0.3), cells[:20], 5)
    drawn(TransferPicture(cells, 20, (x, y), 5.0).render_static(state))


@pytest.mark.parametrize("first", range(len(HOSTILE)))
def test_estimators(first):
    truth, families = np.linspace(0.6, 0.95, 60), ("count", "zero-cost", "training", "predictor")
    judged = [
        (families[i % 4], Judgement(name, 1 - truth + 0.1 * RNG.normal(size=60), np.full(60, 0.01 * 4**i), 0.0, truth))
        for i, name in enumerate((*HOSTILE[first:], *HOSTILE[:first]))
    ]
    drawn(EstimatorsPicture().render_static(Comparison(judged, 0, 2.0, 20)))


class Bowl(nasbook.Task):
    """A function of two numbers with names that somebody has chosen."""

    d, noise, optimum, value_label = 2, 0.0, 0.0, LONG
    box, minimisers = np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([[0.3, 0.7]])

    def __init__(self, x, y):
        self.name, self.space = LONG, Space({x: Float(0, 1), y: Float(0, 1)})

    def __call__(self, x):
        return ((np.asarray(x) - self.minimisers[0]) ** 2).sum(-1)

    def evaluate(self, config, **context):
        return float(self(list(config.values())))


@pytest.mark.parametrize(("x", "y"), pairs())
def test_the_game(x, y):
    task = Bowl(x, y)
    traces = {name: nasbook.search("random", task, trials=9, seed=i) for i, name in enumerate((y, x, LONG + "2"))}
    mine, theirs = (Player.of(traces[name].trials, [x, y]) for name in (x, y))
    for over in (False, True):
        state = GameState(mine, theirs, over, over, np.linspace(0.6, 0.3, 9))
        drawn(GamePicture(task, y, 9).render_static(state))
    drawn(designs(task, traces))


@pytest.mark.parametrize("name", HOSTILE)
def test_an_architecture_among_others(name):
    others = RNG.uniform(10, 90, 300)
    facts = [(name, name)] * 8
    drawn(AroundPicture(name, others, higher=True).render_static(AroundState(facts, 50.0, others[:24], 24)))
