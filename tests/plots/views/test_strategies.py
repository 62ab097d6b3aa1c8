"""The valley shows what the methods' views hold: at the right places, in the task's units, in readable words."""

import math

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots.views.strategies import METHODS, StrategyPicture, axis_of


def run(method, trials=60, **settings):
    task = nasbook.task("ellipsoid", condition=1000.0, shift=[1.5, 1.0], rotation=math.radians(30))
    return task, nasbook.search(method, task, trials=trials, seed=1, views=True, **settings).steps


def shown(line):
    return np.column_stack(line.get_data())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [0, 1, 60])
def test_every_word_can_be_read(method, n):
    task, steps = run(method)
    fig = StrategyPicture(task, method, 60).render_static((steps[:n], np.linspace(9, 1, n)))
    assert_legible(fig)
    assert method in fig.alt


@pytest.mark.parametrize("method", METHODS)
def test_the_newest_trial_and_the_best_are_where_they_were_tried(method):
    task, steps = run(method)
    picture = StrategyPicture(task, method, 60)
    picture.render_static((steps, None))
    config, best = steps[-1].trial.config, min((s.trial for s in steps), key=lambda t: t.value)
    assert shown(picture.newest)[0] == pytest.approx([config["x1"], config["x2"]])
    assert shown(picture.star)[0] == pytest.approx([best.config["x1"], best.config["x2"]])
    assert 10 ** picture.found.get_ydata()[-1] == pytest.approx(best.value)


def test_the_ellipse_is_two_deviations_of_the_distribution():
    task, steps = run("cma-es")
    picture, view = StrategyPicture(task, "cma-es", 60), steps[-1].view
    picture.render_static((steps, None))
    C = 100 * view.sigma**2 * view.C  # the box is 10 wide
    for k, line in enumerate(picture.outlines):
        x = shown(line) - picture.units(view.mean)
        assert np.sqrt(np.einsum("ni,ij,nj->n", x, np.linalg.inv(C), x)) == pytest.approx(k + 1)
    assert shown(picture.mean)[0] == pytest.approx(10 * view.mean - 5)
    assert len(shown(picture.rings["#009e73"])) == view.mu


def test_cma_es_finds_the_angle_of_the_valley():
    _, steps = run("cma-es", trials=200, population=10)
    long, angle = axis_of(steps[-1].view.C)
    assert angle == pytest.approx(30, abs=3) and 15 < long < 65


def test_an_ellipse_that_leans_to_the_left_is_said_with_a_minus_sign():
    steps = nasbook.search("cma-es", "branin", trials=30, seed=0, views=True).steps
    assert axis_of(steps[-1].view.C)[1] < 0
    fig = StrategyPicture(nasbook.task("branin"), "cma-es", 30).render_static((steps, None))
    assert_legible(fig)


def test_axis_of_a_known_covariance():
    c, s = math.cos(math.radians(-40)), math.sin(math.radians(-40))
    B = np.array([[c, -s], [s, c]])
    assert axis_of(B @ np.diag([9.0, 1.0]) @ B.T) == pytest.approx((3.0, -40.0))


def test_the_arrow_of_differential_evolution_ends_at_the_donor():
    task, steps = run("differential-evolution", population=10)
    picture, m = StrategyPicture(task, "differential-evolution", 60), steps[-1].view.mutation
    picture.render_static((steps, None))
    assert shown(picture.donor)[0] == pytest.approx(10 * m.donor - 5)
    assert shown(picture.rings["#d55e00"])[0] == pytest.approx(10 * steps[-1].view.vectors[m.target] - 5)


def test_a_child_without_mutation_lies_on_a_corner_of_its_parents_rectangle():
    task, steps = run("genetic", trials=200, mutation_rate=0.2)
    picture = StrategyPicture(task, "genetic", 200)
    seen = 0
    for n, step in enumerate(steps, 1):
        b = step.view.birth
        if b is None or len(set(b.parents)) < 2:
            continue
        picture.render_static((steps[:n], None))
        corners, child = picture.box.get_xy()[:4], shown(picture.newest)[0]
        near = np.abs(corners - child).sum(1).min()
        if not b.mutated and picture._used == 0:
            assert near < 0.06  # a twin of a living member is moved a little, here too little for an arrow
            seen += near < 1e-9
        elif picture._used:
            assert near > 1e-9
    assert seen > 3


def test_a_frame_does_not_carry_over_what_an_earlier_one_showed():
    task, steps = run("particle-swarm")
    moved = StrategyPicture(task, "particle-swarm", 60)
    for n in (60, 20, 0):
        pixels = moved.frame((steps[:n], None)).copy()
        fresh = StrategyPicture(task, "particle-swarm", 60).frame((steps[:n], None))
        np.testing.assert_array_equal(pixels, fresh)


def test_it_refuses_what_it_cannot_draw():
    with pytest.raises(ValueError, match="function of two variables"):
        StrategyPicture(nasbook.task("hartmann6"), "cma-es")
    with pytest.raises(ValueError, match="must be one of cma-es"):
        StrategyPicture(nasbook.task("branin"), "tpe")


@pytest.mark.parametrize(("method", "trials"), [("cma-es", 400), ("differential-evolution", 1000)])
def test_what_shrinks_to_a_dot_is_magnified(method, trials):
    task, steps = run(method, trials=trials)
    picture = StrategyPicture(task, method, trials)
    zooms = []
    for n in (1, trials // 2, trials):
        fig = picture.render_static((steps[:n], None))
        zooms.append(picture.magnifier.zoom)
        assert picture.magnifier.ax.get_visible() == (picture.magnifier.zoom > 1)
        assert_legible(fig)
    assert zooms[0] == 1 and zooms[-1] >= 8 and zooms == sorted(zooms)
    assert f"magnified {zooms[-1]:,}"[:11] in fig.alt
    window = picture.magnifier
    small = shown(window.outlines[1] if method == "cma-es" else window.dots)
    (x0, x1), (y0, y1) = window.ax.get_xlim(), window.ax.get_ylim()
    assert ((small > (x0, y0)) & (small < (x1, y1))).all()
    assert max(np.ptp(small, axis=0) / (x1 - x0, y1 - y0)) > 0.35  # and it fills the window


def test_a_frame_shows_and_hides_the_window():
    task, steps = run("cma-es", trials=200)
    picture = StrategyPicture(task, "cma-es", 200)
    first = picture.frame((steps[:3], None)).copy()
    picture.frame((steps, None))
    assert (picture.frame((steps[:3], None)) == first).all()
