"""The function with one axis that hardly matters: its parts by hand, its lowest value by brute force."""

import numpy as np
import pytest

import nasbook
from nasbook.tasks.uneven import Valleys, uneven_axes

GRID = np.linspace(0, 1, 2001)


def test_wells_worked_out_by_hand():
    one = Valleys(np.array([0.5, 9.0, -9.0]), np.array([1.0, 0.5, 0.5]), np.array([0.1, 0.1, 0.1]))
    assert one(np.array([0.5, 0.6, 0.7])) == pytest.approx([0.0, 1 - np.exp(-0.5), 1 - np.exp(-2.0)])
    assert one.lowest == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("importance", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("seed", [0, 1, 2, 17, 403])
def test_no_point_of_a_fine_grid_is_lower_than_the_optimum(importance, seed):
    f = uneven_axes(importance, seed)
    z = f(np.stack(np.meshgrid(GRID[::8], GRID[::8]), -1))
    assert f.optimum - 1e-12 <= z.min() <= f.optimum + 0.02
    assert f(f.minimisers)[0] == f.optimum and ((f.minimisers >= 0) & (f.minimisers <= 1)).all()


def test_importance_scales_what_the_second_axis_does_and_nothing_else():
    full, tenth, none = (uneven_axes(w, seed=5) for w in (1.0, 0.1, 0.0))
    at = lambda f, x1, x2: float(f([[x1, x2]])[0])  # noqa: E731
    change = at(full, 0.3, 0.2) - at(full, 0.3, 0.9)
    assert abs(change) > 0.01
    assert at(tenth, 0.3, 0.2) - at(tenth, 0.3, 0.9) == pytest.approx(0.1 * change)
    assert at(none, 0.3, 0.2) == at(none, 0.3, 0.9)
    assert at(full, 0.3, 0.2) - at(full, 0.8, 0.2) == pytest.approx(at(none, 0.3, 0.2) - at(none, 0.8, 0.2))


def test_the_two_axes_are_not_the_same_and_seeds_differ():
    f, other = uneven_axes(1.0, 0), uneven_axes(1.0, 1)
    assert abs(f.minimisers[0, 0] - f.minimisers[0, 1]) > 1e-3
    assert np.abs(f.minimisers - other.minimisers).max() > 1e-3


def test_it_is_made_again_from_its_name_and_arguments():
    task = nasbook.task("uneven-axes", importance=0.3, seed=9)
    trace = nasbook.search("random", task, trials=3)
    again = nasbook.task(trace.header.task, **trace.header.arguments)
    assert [again.evaluate(t.config).value for t in trace.trials] == [t.value for t in trace.trials]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"importance": 1.5}, r"importance must lie in \[0, 1\], not 1.5"),
        ({"importance": True}, "importance must lie"),
        ({"seed": -1}, "whole number of at least 0, not -1"),
        ({"seed": 0.5}, "whole number of at least 0, not 0.5"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        uneven_axes(**arguments)
