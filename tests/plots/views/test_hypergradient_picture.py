"""The pictures of hypergradients show the numbers they are given, at the right places, in readable words."""

import math

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots.views.hypergradient import MODES, Unroll, UnrollPicture, WalkPicture, share, squash

T = np.arange(1, 101)
EXACT = np.array([0.0, 0.5])


def unroll(factor=0.9, mode="reverse", length=20, exact=EXACT, memory=True):
    """Gradients whose error is factor^k exactly."""
    found = {m: EXACT + np.column_stack([0 * T, 0.5 * factor**T]) for m in ("reverse", "truncated", "implicit")}
    held = {m: [(1, 10_000), (100, 210_000 if m in ("reverse", "truncated") else 10_000)] for m in MODES}
    return Unroll(found, exact, held if memory else None, mode, length, 5.0)


@pytest.mark.parametrize(
    "state",
    [unroll(), unroll(1.5), unroll(memory=False), unroll(1.5, exact=None), unroll(mode="online"), unroll(1e4)],
    ids=range(6),
)
def test_every_word_of_the_unroll_can_be_read(state):
    assert_legible(UnrollPicture().render_static(state))


def test_the_lines_are_the_error_the_norm_and_the_memory():
    picture = UnrollPicture()
    fig = picture.render_static(unroll())
    assert 10 ** picture.lines[picture.ax, "reverse"].get_ydata() == pytest.approx(0.9**T)
    assert 10 ** picture.lines[picture.ax_norm, "forward"].get_ydata() == pytest.approx(0.5 + 0.5 * 0.9**T)
    assert list(picture.lines[picture.ax_memory, "reverse"].get_ydata()) == [10, 210]
    (x,), (y,) = picture.dots[picture.ax].get_data()
    assert (x, 10**y) == (20, pytest.approx(0.9**20))
    (x,), (y,) = picture.dots[picture.ax_memory].get_data()
    assert y == pytest.approx(10 + 200 * 19 / 99)
    assert "off by 12 % with 20 steps" in fig.sentence and "reverse 210 kB at 100" in fig.alt


def test_an_explosion_is_said_and_leaves_through_the_ceiling():
    picture = UnrollPicture()
    fig = picture.render_static(unroll(1.5))
    assert "explodes, 1.2 → 2e+17 in 100 steps" in fig.sentence
    assert picture.lines[picture.ax_norm, "reverse"].get_ydata()[-1] > picture.ax_norm.get_ylim()[1]
    assert not unroll(0.9).explodes and unroll(1.2).explodes


@pytest.fixture(scope="module", params=["ridge-digits", "logistic-cancer"])
def walk(request):
    task = nasbook.task(request.param)
    return task, nasbook.search("hypergradient", task, epochs=5, steps=5, rate=0.3, views=True).steps


def test_the_walk_shows_hyperparameters_losses_and_slopes(walk):
    task, steps = walk
    picture = WalkPicture(task.space, 6, 0.7, 100)
    full = [0.5, 0.4, 0.3, 0.2, 0.1]
    for n in (5, 0):
        fig = picture.render_static((steps[:n], full[:n]))
        assert_legible(fig)
    picture.update((steps, full))
    for j, name in enumerate(task.space.parameters):
        assert 10 ** picture.walk[j].get_ydata() == pytest.approx([s.trial.config[name] for s in steps])
        assert picture.slopes[j].get_ydata() == pytest.approx([squash(s.view.gradient[j]) for s in steps])
    assert picture.loss.get_ydata() == pytest.approx([s.trial.value for s in steps])
    assert list(picture.full.get_ydata()) == full
    assert "100 steps with these hyperparameters: 0.1" in picture.sentence()
    assert f"lr {steps[-1].trial.config['lr']:.3g}" in picture.alt()


def test_online_has_no_gradient_to_show(walk):
    task = walk[0]
    picture = WalkPicture(task.space, 4, 0.7)
    steps = nasbook.search("hypergradient", task, epochs=3, steps=5, mode="online", views=True).steps
    assert_legible(picture.render_static((steps, None)))
    assert picture.words.get_text() == "online has none" and len(picture.slopes[0].get_ydata()) == 0


def test_squash_passes_through_zero_and_keeps_order():
    x = np.array([-math.inf, -100, -1e-3, 0, 1e-3, 100, math.inf])
    y = squash(x)
    assert y[3] == 0 and y[4] == pytest.approx(math.log10(2)) and np.all(np.diff(y) > 0) and np.isfinite(y).all()


def test_share_in_words():
    assert [share(x) for x in (0.044, 2.07, 3e-8, 50.0, math.inf)] == [
        "4.4 %",
        "207 %",
        "3e-08",
        "a factor of 50",
        "infinitely much",
    ]
