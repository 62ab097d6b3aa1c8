"""Thompson sampling draws a function and asks for its lowest point."""

import numpy as np
from hpo.told import LINE, parabola, run


def test_thompson_draws_a_function_and_asks_for_its_lowest_point():
    method = run(LINE, parabola, 8, acquisition="thompson", seed=4)
    method.ask()
    view, grid = method.view(), np.linspace(0, 1, 5001)[:, None]
    drawn = -view.acquire(grid)
    assert -view.acquire(view.next[None])[0] <= drawn.min() + 1e-3 * np.ptp(drawn)
    mean, std = view.gp.predict(view.see(grid))
    assert np.abs((drawn - mean) / np.maximum(std, 1e-9))[std > 1e-3 * std.max()].max() < 6
