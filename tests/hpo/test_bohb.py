"""BOHB's densities against the formula and scipy, its shares, its points; better than Hyperband, and so is DEHB."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from curve_tasks import Bowl, Line
from scipy import stats

import nasbook
from nasbook.hpo.bohb import BOHB, KDE
from nasbook.search import search, steps
from nasbook.space import Choice, Float, Space
from nasbook.trace import Trial


def test_bandwidths_by_hand():
    kde = KDE(np.array([[0.25, 0.4, 0.1], [0.75, 0.4, 0.9]]), np.array([0, 0, 5]))
    # σ = 0.25, 0 and 2 (options 0 and 4); n = 2, d = 3: 2^(-1/7) = 0.905724
    assert kde.h == pytest.approx([1.06 * 0.25 * 0.905724, 1e-3, 0.8], rel=1e-5)  # 0.8 makes all five options equal


def test_the_density_of_numbers_is_that_of_scipy():
    rng = np.random.default_rng(0)
    points, at = rng.random((12, 1)), rng.random((30, 1))
    kde = KDE(points, np.array([0]))
    factor = kde.h[0] / points.std(ddof=1)
    assert np.exp(kde.log_pdf(at)) == pytest.approx(stats.gaussian_kde(points.T, factor)(at.T))
    two = KDE(rng.random((9, 2)), np.array([0, 0]))
    u = rng.random((4, 2))
    expected = [np.mean([np.prod(stats.norm.pdf(v, m, two.h)) for m in two.U]) for v in u]
    assert np.exp(two.log_pdf(u)) == pytest.approx(expected)


def test_options_have_probabilities_that_sum_to_one():
    kde = KDE(np.array([[1 / 6]] * 9 + [[5 / 6]]), np.array([3]))
    p = np.exp(kde.log_pdf(np.array([[1 / 6], [0.5], [5 / 6]])))
    h = 1.06 * np.std([0] * 9 + [2]) * 10 ** (-1 / 5)
    assert h < 0.5  # far from 2/3, which would make all three alike
    assert p == pytest.approx([(9 * (1 - h) + h / 2) / 10, h / 2, ((1 - h) + 9 * h / 2) / 10])
    assert p.sum() == pytest.approx(1)
    drawn = kde.sample(3000, 3.0, np.random.default_rng(0)).ravel()
    assert set(drawn) == {1 / 6, 0.5, 5 / 6} and (drawn == 0.5).mean() == pytest.approx(h / 3, abs=0.03)


def test_draws_have_wider_bandwidths_and_stay_in_the_cube():
    kde = KDE(np.array([[0.45], [0.55]]), np.array([0]))
    draws = kde.sample(4000, 3.0, np.random.default_rng(0))
    # a mixture of two normals: variance 0.05² + (3 h)²; nothing is cut off as 3 h = 0.14
    assert draws.std() == pytest.approx(np.hypot(0.05, 3 * kde.h[0]), rel=0.04)
    edge = KDE(np.array([[0.0], [1.0]]), np.array([0])).sample(500, 3.0, np.random.default_rng(0))
    assert edge.min() >= 0 and edge.max() <= 1 and 0.2 < edge.mean() < 0.8


def test_two_thirds_of_the_configurations_come_from_the_model():
    trace = search("bohb", Bowl(), trials=900, seed=0, max_fidelity=9)
    new = [t for t in sorted(trace.trials, key=lambda t: t.id) if "continues" not in t.info]
    begin = next(i for i, t in enumerate(new) if t.info["model"])
    drawn = [t.info["model"] for t in new[begin:]]
    assert len(drawn) > 400
    assert abs(np.mean(drawn) - 2 / 3) < 3.5 * np.sqrt(2 / 9 / len(drawn))


def test_models_begin_with_enough_points_and_move_to_the_largest_fidelity():
    results, before = Counter(), None
    for step in steps("bohb", Bowl(), trials=120, seed=1, max_fidelity=9):
        view, t = step.view, step.trial
        if t.info.get("model"):
            enough = [r for r, n in results.items() if n >= 5]  # d + 1 + 2
            n = results[view.fidelity]
            assert view.fidelity == max(enough) == t.info["model_fidelity"]
            assert len(view.good.U) == max(3, int(0.15 * n)) and len(view.bad.U) == max(3, n - len(view.good.U))
            assert view.draws.shape == (64, 2)
            best = view.draws[np.argmax(view.good.log_pdf(view.draws) - view.bad.log_pdf(view.draws))]
            assert list(t.config.values()) == pytest.approx(list(best))
            before = before or sum(results.values())
        results[t.fidelity] += 1
    assert before >= 5


def test_good_points_are_the_best_and_failures_are_bad():
    method = BOHB(Line.space, max_fidelity=9, random=0.0)
    values = [0.5, None, 0.1, 0.4, None, 0.2, 0.3, 0.6, None, 0.7]
    told = [Trial(i, {"x": i / 10}, 9, status="failed" if v is None else "done", value=v) for i, v in enumerate(values)]
    method.remember(told)
    assert method.ask().info["model"]
    view = method.view()
    assert view.good.U.ravel().tolist() == [0.2, 0.5]  # N_min = 2 of ten
    assert sorted(view.bad.U.ravel().tolist()) == pytest.approx([0, 0.1, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9])


def test_a_share_of_the_results_is_good_and_a_promotion_is_settled():
    method = BOHB(Line.space, max_fidelity=9, random=0.0)
    method.remember([Trial(i, {"x": i / 40}, 9, status="done", value=i / 40) for i in range(40)])
    assert not method.settled()
    first = method.ask()
    assert first.info["model"] and len(method.view().good.U) == 6 and len(method.view().bad.U) == 34
    told = [first, *(method.ask() for _ in range(method.tables[0][0][0] - 1))]
    for t in told:
        method.tell(replace(t, status="done", value=t.config["x"]))
    promoted = [method.settled() and method.ask().info for _ in range(method.tables[0][1][0])]
    assert len(promoted) == 3 and all("continues" in info for info in promoted)


def test_inactive_parameters_are_filled_from_the_same_density():
    space = Space(c=Choice(["p", "q"]), x=Float(0, 1, when={"c": "p"}), y=Float(0, 1, when={"c": "q"}))
    method = BOHB(space)
    U = np.array([[0.25, 0.1, np.nan], [0.75, np.nan, 0.8], [0.25, 0.3, np.nan]])
    filled = method._fill(U)
    assert filled[1, 1] in (0.1, 0.3) and (filled[:, 2] == 0.8).all()
    nobody = method._fill(U[[0, 2]])
    assert ((nobody[:, 2] >= 0) & (nobody[:, 2] <= 1)).all()


class Bowl6(Bowl):
    """Six numbers; lowest at (0.2, 0.3 … 0.7)."""

    space = Space({f"x{i}": Float(0, 1) for i in range(6)})

    def curve(self, config, epoch):
        return sum((v - 0.2 - 0.1 * i) ** 2 for i, v in enumerate(config.values())) + 0.1 / epoch


def test_bohb_and_dehb_find_a_bowl_faster_than_hyperband():
    """15 pairs of seeds with equal seconds (= epochs); differences of ln regret."""
    ends = {}
    for name in ("hyperband", "bohb", "dehb"):
        runs = [search(name, Bowl6(), time=400.0, seed=s, max_fidelity=9) for s in range(15)]
        ends[name] = np.log([min(t.value for t in r.trials if t.fidelity == 9) - 0.1 / 9 for r in runs])
    for name in ("bohb", "dehb"):
        assert np.mean(ends["hyperband"] - ends[name]) > 0.4
        assert stats.wilcoxon(ends["hyperband"] - ends[name], alternative="greater").pvalue < 0.01


def test_bad_settings():
    with pytest.raises(ValueError, match=r"bohb: top must lie in \(0, 1\], not 15"):
        nasbook.method("bohb", Bowl.space, top=15)
